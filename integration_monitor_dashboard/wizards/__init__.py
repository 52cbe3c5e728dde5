from . import integration_metrics_token
