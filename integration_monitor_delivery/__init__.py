from . import models
from . import handlers
from .hooks import uninstall_hook
