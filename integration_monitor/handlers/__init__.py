from . import integration_handler
from . import integration_handler_noop
