"""Whose fault it is when an XML-RPC or JSON-RPC call fails: what JSON-2 says with its status.

There every answer has status 200, and a typing slip of the caller raises what a bug of ours does.
All of it is looked at when a call has failed, none before.
"""

import inspect
import xmlrpc.client
from collections.abc import Mapping
from xml.parsers.expat import ExpatError

from werkzeug.exceptions import HTTPException

from odoo.exceptions import UserError

_MALFORMED = (ExpatError, xmlrpc.client.Error, ValueError, TypeError, IndexError)


def before_the_service(error):
    """:return: the class of what stopped a call before any service had it, or None"""
    if isinstance(error, HTTPException):
        return None  # its status says it
    if isinstance(error, KeyError):
        return "client"  # no such service
    return "contract" if isinstance(error, _MALFORMED) else None


def before_the_method(error):
    """:return: the class of what stopped a call of a model before its method was known, or None"""
    if isinstance(error, NameError) or type(error) is UserError:
        return "client"  # no such way to call, no such model
    return "contract" if isinstance(error, ValueError | TypeError) else None


def in_the_method(records, name, args, kwargs):
    """:return: ``client`` when the model has no such method, or not with these arguments"""
    method = getattr(type(records), name, None) if isinstance(name, str) else None
    if not callable(method) or not isinstance(kwargs, Mapping):
        return "client"
    args = list(args)
    if getattr(method, "_api_model", False):
        args.insert(0, None)  # called without ids
    # The context is taken out of the arguments before the method is called.
    given = {key: value for key, value in kwargs.items() if key != "context"}
    return None if args and fits(method, args, given) else "client"


def fits(function, args, kwargs=None):
    """Whether the function takes these arguments."""
    try:
        inspect.signature(function).bind(*args, **(kwargs or {}))
    except (TypeError, ValueError):
        return False
    return True
