from . import integration_carrier_invoice
from . import integration_handler_carrier_booking
from . import integration_handler_carrier_tracking
from . import integration_handler_shop_order
from . import integration_handler_wms_release
from . import integration_handler_replay_carrier
