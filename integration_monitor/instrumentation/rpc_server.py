"""Around ``odoo.service.model``: what XML-RPC and JSON-RPC call, and each attempt at it.

Both are looked up by name when a call comes in, so that wrapping the module's names is enough.
The parameters hold a password: it is neither looked at nor kept.
"""

import functools

from odoo.modules.registry import Registry
from odoo.service import common, db, model

from . import inbound_call, log_writer, rpc_mistakes

_MARK = "_integration_monitor_wrapped"


def install():
    """Wrap ``model.dispatch``, ``model.call_kw``, ``common.dispatch``, ``db.dispatch``; once."""
    for module, name, wrap in (
        (model, "dispatch", _wrap_dispatch),
        (model, "call_kw", _wrap_call_kw),
        (common, "dispatch", _wrap_common),
        (db, "dispatch", _wrap_db),
    ):
        original = getattr(module, name)
        if not getattr(original, _MARK, False):
            wrapper = functools.wraps(original)(wrap(original))
            setattr(wrapper, _MARK, True)
            setattr(module, name, wrapper)


def _wrap_dispatch(original):
    def dispatch(method, params):
        call = inbound_call.current()
        if call is None:
            return original(method, params)
        call.reached = True
        _note(call, params)
        try:
            return original(method, params)
        except Exception as error:
            if not call.attempt:
                call.mistake = rpc_mistakes.before_the_method(error)
            raise

    return dispatch


def _note(call, params):
    """Keep database, user and operation of a call, as far as they make sense.

    A caller who confuses the order of the parameters puts the password where the model belongs:
    nothing is kept that Odoo does not know.
    """
    if not isinstance(params, list | tuple) or len(params) < 5:
        return
    database, uid, _password, model_name, method_name = params[:5]
    registry = Registry.registries.get(database) if isinstance(database, str) else None
    if registry is None:
        return
    call.dbname = database
    if isinstance(uid, int):
        call.login = f"user {uid}"
    known = isinstance(model_name, str) and model_name in registry
    if known and isinstance(method_name, str) and hasattr(registry[model_name], method_name):
        call.operation = f"{model_name}.{method_name}"


def _wrap_call_kw(original):
    def call_kw(records, name, args, kwargs):
        # The password was right: this runs as the caller, once for each attempt.
        call = inbound_call.current()
        if call is not None and not call.interactive:
            try:
                call.begin_attempt()
                call.login = None
                call.identified(
                    records.env.uid,
                    records.env["res.users"]._integration_company_of(records.env.uid),
                    records.env["integration.flow"]._flows_of_operation(call.operation),
                )
            except Exception:  # the call is the caller's, whatever we make of it
                log_writer.note_failure("A call was not identified.")
        try:
            return original(records, name, args, kwargs)
        except (AttributeError, TypeError, IndexError):
            if call is not None and not call.interactive:
                _note_mistake(call, rpc_mistakes.in_the_method, records, name, args, kwargs)
            raise

    return call_kw


def _note_mistake(call, whose, *what):
    try:
        call.mistake = whose(*what)
    except Exception:  # the caller gets his own exception, whatever ours is
        log_writer.note_failure("A failed call was not looked at.")


def _wrap_common(original):
    def dispatch(method, params):
        call = inbound_call.current()
        if call is None:
            return original(method, params)
        call.reached = True
        function = getattr(common, f"exp_{method}", None)
        if function is not None:
            call.operation = f"common.{method}"
        if params and isinstance(params[0], str) and params[0] in Registry.registries:
            call.dbname = params[0]
        try:
            return original(method, params)
        except Exception:
            _note_mistake(call, _mistake_of_common, function, params)
            raise

    return dispatch


def _mistake_of_common(function, params):
    return None if function is not None and rpc_mistakes.fits(function, params) else "client"


def _wrap_db(original):
    def dispatch(method, params):
        call = inbound_call.current()
        if call is not None:
            call.reached = True
        return original(method, params)

    return dispatch
