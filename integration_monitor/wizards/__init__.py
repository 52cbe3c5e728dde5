from . import integration_issue_archive
from . import integration_runbook_skip
from . import integration_runbook_start
