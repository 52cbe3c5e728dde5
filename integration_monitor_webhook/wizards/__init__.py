from . import integration_webhook_handover
from . import integration_connect_wizard
from . import integration_connect_sign_in
from . import integration_connect_steps
from . import integration_connect_create
from . import integration_connect_correct
from . import integration_connect_wizard_line
from . import integration_connect_preset
