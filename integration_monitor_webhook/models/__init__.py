from . import integration_credential
from . import integration_flow
from . import integration_flow_last_delivery
from . import integration_flow_test_event
from . import integration_message
from . import integration_system
