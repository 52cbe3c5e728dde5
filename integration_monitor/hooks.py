"""Installation hooks of the engine."""


def post_load():
    """Install the process-wide wrappers once the addon's code is loaded."""


def post_init_hook(env):
    """Prepare a database on which the engine was just installed."""


def uninstall_hook(env):
    """Leave nothing behind: drop what the ORM does not know of."""
