"""Around ``odoo.service.model``: what XML-RPC and JSON-RPC call, and each attempt at it.

Both are looked up by name when a call comes in, so that wrapping the module's names is enough.
The parameters hold a password: it is neither looked at nor kept.
"""

import functools

from odoo.modules.registry import Registry
from odoo.service import common, db, model

from . import inbound_call, log_writer, rpc_mistakes
from .inbound_words import is_known
from .wrapping import has_suite

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
        noted = _note(call, params)
        try:
            return original(method, params)
        except Exception as error:
            if not call.attempt:
                call.mistake = rpc_mistakes.before_the_method(error)
            raise
        finally:
            if not noted:
                _note(call, params)  # the first call of a process has loaded the database

    return dispatch


def _note(call, params):
    """Keep database, user and operation of a call, as far as they make sense.

    A caller who confuses the order of the parameters puts the password where the model belongs:
    nothing is kept that Odoo does not know.

    :return: whether the call names a database that is loaded
    """
    if not isinstance(params, list | tuple) or len(params) < 5:
        return False
    database, uid, _password, model_name, method_name = params[:5]
    if not isinstance(database, str) or database not in Registry.registries:
        return False
    call.dbname = database
    if isinstance(uid, int) and not call.user_id:
        call.login = f"user {uid}"
    if is_known(database, operation := f"{model_name}.{method_name}"):
        call.operation = operation
    return True


def _wrap_call_kw(original):
    def call_kw(records, name, args, kwargs):
        # The password was right: this runs as the caller, once for each attempt.
        call = inbound_call.current()
        if call is not None and not has_suite(records.env.cr.dbname):
            call = None
        if call is not None and not call.interactive:
            try:
                call.begin_attempt()
                if call.dbname != records.env.cr.dbname:
                    # The first call of a process: the database was loaded after it was named.
                    call.dbname = records.env.cr.dbname
                    operation = f"{records._name}.{name}"
                    call.operation = operation if is_known(call.dbname, operation) else None
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
        try:
            return original(method, params)
        except Exception:
            _note_mistake(call, _mistake_of_common, function, params)
            raise
        finally:
            # Signing in loads the database, and whoever is refused there is told all the same.
            name = params[0] if isinstance(params, list | tuple) and params else None
            if isinstance(name, str) and name in Registry.registries:
                call.dbname = name

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
