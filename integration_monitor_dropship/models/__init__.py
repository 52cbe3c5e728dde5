from . import integration_process
