from . import test_dropship_adoption
from . import test_dropship_blame
from . import test_dropship_gate
from . import test_dropship_matrix
from . import test_dropship_notice
from . import test_dropship_process
from . import test_dropship_rule
from . import test_record_cost
