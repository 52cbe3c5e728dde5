from . import integration_dashboard
from . import integration_dashboard_exceptions
from . import integration_dashboard_systems
from . import integration_dashboard_traffic
from . import integration_dashboard_transactions
from . import integration_metrics
from . import integration_metrics_gauges
from . import res_config_settings
