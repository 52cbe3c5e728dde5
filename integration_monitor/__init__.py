from . import handlers
from . import models
from . import wizards
from .hooks import post_init_hook, post_load, uninstall_hook
