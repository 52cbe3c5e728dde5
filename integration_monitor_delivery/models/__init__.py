from . import delivery_carrier
from . import integration_flow
from . import integration_mapping
from . import integration_outcome_mixin
from . import stock_picking
from . import account_move
from . import sale_order
