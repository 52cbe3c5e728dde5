from . import test_flow_receive
from . import test_message_drain
