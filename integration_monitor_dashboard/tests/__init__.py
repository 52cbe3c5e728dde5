from . import test_control_tower
from . import test_hoot
from . import test_metrics
from . import test_metrics_limits
from . import test_health
from . import test_tour
