from . import integration_exception_by_hand
