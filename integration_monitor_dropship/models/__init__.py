from . import integration_gate
from . import integration_process
