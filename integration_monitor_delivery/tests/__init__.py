from . import test_carrier_booking
from . import test_carrier_expected
from . import test_carrier_invoice
from . import test_carrier_tracking
from . import test_flow_form
from . import test_shop_carrier
from . import test_outcome_carrier
