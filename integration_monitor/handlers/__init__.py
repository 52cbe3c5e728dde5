from . import integration_handler
from . import integration_handler_noop
from . import integration_shop_partner
from . import integration_shop_line
from . import integration_shop_tax
from . import integration_handler_shop_order
from . import integration_handler_shop_order_shopify
from . import integration_handler_shop_order_woocommerce
