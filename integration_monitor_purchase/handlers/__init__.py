from . import integration_event_data
from . import integration_purchase_document
from . import integration_handler_purchase_order
from . import integration_handler_purchase_acknowledgement
from . import integration_handler_purchase_asn
