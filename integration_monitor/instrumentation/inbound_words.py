"""What may be kept of the words in a request: a stranger's own, his password among them, may not.

Kept is what Odoo knows by itself: names of models, methods and services.
"""

import re

from odoo.modules.registry import Registry

from ..tools.path_template import path_template

RPC_PATHS = ("/json/2/", "/jsonrpc", "/xmlrpc/")
OURS = "/integration/"
_SERVICE = re.compile(r"/jsonrpc/?|/xmlrpc/(?:2/)?(?:common|object|db)/?")
_JSON2 = re.compile(r"/json/2/([A-Za-z0-9_.]{1,64})/([A-Za-z0-9_]{1,64})/?")
_CALL_KW = re.compile(r"/web/dataset/call_(?:kw|button)/([A-Za-z0-9_.]{1,64})/([A-Za-z0-9_]{1,64})")


def operation_in(path):
    """``model.method`` as the path of a JSON-2 call or of the web client names it, or None."""
    match = _named(path)
    return ".".join(match.groups()) if match else None


def named_path(path):
    """The path of such a call, as far as it names model and method."""
    return _named(path).group().rstrip("/")


def _named(path):
    return _JSON2.fullmatch(path) or _CALL_KW.match(path)


def is_known(dbname, operation):
    """Whether ``model.method`` exists in a database that is loaded in this process."""
    registry = Registry.registries.get(dbname) if isinstance(dbname, str) else None
    model, _dot, method = (operation or "").rpartition(".")
    return bool(registry is not None and model in registry and hasattr(registry[model], method))


def stranger_path(path, status):
    """The template of a path over which a stranger called Odoo's API or our own routes."""
    if _SERVICE.fullmatch(path) or (path.startswith(OURS) and status != 404):
        return path_template(path)
    return next((start for start in (*RPC_PATHS, OURS) if path.startswith(start)), "/") + "…"


def without(message, operation):
    """The message without the names in ``operation``: Odoo quotes what it does not know."""
    for name in operation.rsplit(".", 1):
        message = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "…", message)
    return message
