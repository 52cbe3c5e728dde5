from . import test_connect_correct
from . import test_connect_wizard
from . import test_webhook_access
from . import test_webhook_evidence
from . import test_webhook_fuzz
from . import test_webhook_http
from . import test_webhook_refusals
from . import test_webhook_secrets
