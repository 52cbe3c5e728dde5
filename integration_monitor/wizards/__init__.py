from . import integration_breaker_switch
from . import integration_issue_archive
