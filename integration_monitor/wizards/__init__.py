from . import integration_breaker_switch
from . import integration_issue_archive
from . import integration_runbook_skip
from . import integration_runbook_start
from . import integration_replay_override
from . import integration_replay_wizard
from . import integration_subscription_rewind_wizard
