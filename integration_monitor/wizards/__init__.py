from . import integration_issue_archive
