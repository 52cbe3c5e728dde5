from . import test_business_rule
from . import test_purchase_access
from . import test_purchase_bills
from . import test_purchase_blame
from . import test_purchase_matrix
from . import test_purchase_record
from . import test_purchase_supply
from . import test_purchase_risk
