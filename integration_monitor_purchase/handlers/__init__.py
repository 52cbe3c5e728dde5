from . import integration_event_data
