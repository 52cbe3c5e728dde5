from . import test_access
from . import test_credential
from . import test_exception
from . import test_flow_receive
from . import test_message_drain
from . import test_pause
from . import test_retry
from . import test_sweeper
