from . import dispatcher
from . import webhook
