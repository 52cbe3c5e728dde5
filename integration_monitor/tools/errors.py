"""The error tree: an exception says what happened, who must act and whether a retry can help."""

from __future__ import annotations

from typing import Any, TypedDict

ERROR_CLASSES = (
    "dns",
    "connect",
    "tls",
    "timeout",
    "auth",
    "rate_limit",
    "client",
    "server",
    "contract",
    "business",
    "unknown",
)
CATEGORIES = ("technical", "business", "partner")
RETRYABLE_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504})


class ErrorSource(TypedDict):
    """The record a person must correct: its model, and the key and value that did not fit."""

    res_model: str
    key: str
    value: Any


class IntegrationError(Exception):
    """Root of the tree.

    :param message: one or two sentences: what happened and what to do.
    :param retry_after: seconds the other side asked to wait, or None.
    :param source: the record a person must correct, or None.
    :param error_class: overrides the class attribute (one of ``ERROR_CLASSES``).
    :param maybe_delivered: the other side may have acted on the request although it failed.
    """

    error_class: str = "unknown"
    retryable: bool = False

    def __init__(
        self,
        message: str = "",
        *,
        retry_after: float | None = None,
        source: ErrorSource | None = None,
        error_class: str | None = None,
        maybe_delivered: bool = False,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.retry_after = retry_after
        self.source = source
        self.maybe_delivered = maybe_delivered
        if error_class is not None:
            if error_class not in ERROR_CLASSES:
                raise ValueError(f"unknown error class {error_class!r}")
            self.error_class = error_class

    @property
    def category(self) -> str:
        """Who must act (one of ``CATEGORIES``)."""
        return category_of(self.error_class)


class TransportError(IntegrationError):
    """No usable answer came. TLS faults are not retried: a certificate does not heal itself."""

    error_class = "connect"
    retryable = True

    def __init__(self, message: str = "", *, error_class: str = "connect", **kwargs: Any) -> None:
        super().__init__(message, error_class=error_class, **kwargs)
        self.retryable = error_class != "tls"


class AddressRefused(TransportError):
    """The address may not be called from here (private range, other host, scheme not HTTP)."""

    def __init__(self, message: str = "", **kwargs: Any) -> None:
        super().__init__(message, error_class="connect", **kwargs)
        self.retryable = False


class RequestUnusable(AddressRefused):
    """Nothing was sent: the address, a header or a secret cannot be part of a request."""

    def __init__(self, message: str = "", **kwargs: Any) -> None:
        super().__init__(message, **kwargs)
        self.error_class = "client"  # the fault is ours: it tells nothing of the partner's health


class TimeoutError_(TransportError):
    """A connect, read or overall deadline passed."""

    error_class = "timeout"

    def __init__(self, message: str = "", **kwargs: Any) -> None:
        super().__init__(message, error_class="timeout", **kwargs)


class RemoteError(IntegrationError):
    """The other side answered with a status that is no success.

    :param status: HTTP status code.
    """

    def __init__(self, status: int, message: str = "", **kwargs: Any) -> None:
        if "error_class" not in kwargs and type(self).error_class == "unknown":
            kwargs["error_class"] = _class_of_status(status)
        super().__init__(message or f"The partner answered HTTP {status}.", **kwargs)
        self.status = status
        self.retryable = status in RETRYABLE_STATUSES


class RateLimited(RemoteError):
    """HTTP 429 or an equivalent: slower, please.

    :param retry_after: seconds to wait at least, or None.
    """

    error_class = "rate_limit"

    def __init__(
        self,
        retry_after: float | None = None,
        message: str = "",
        *,
        status: int = 429,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            status,
            message or "The partner asks us to slow down.",
            retry_after=retry_after,
            **kwargs,
        )
        self.retryable = True


class AuthError(RemoteError):
    """The other side refuses our credentials; a person must renew them."""

    error_class = "auth"

    def __init__(self, message: str = "", *, status: int = 401, **kwargs: Any) -> None:
        super().__init__(
            status, message or "The partner refuses our credentials: renew them.", **kwargs
        )
        self.retryable = False


class ContractError(IntegrationError):
    """A payload breaks the agreed format. The message is quarantined until somebody decides."""

    error_class = "contract"


class BusinessError(IntegrationError):
    """The payload is well-formed but cannot be booked; dead at once, a person must correct it."""

    error_class = "business"


class MappingError(BusinessError):
    """A value of the partner has no counterpart in Odoo.

    :param res_model: model that should hold the counterpart (``product.product``).
    :param key: what was looked up (``default_code``).
    :param value: the partner's value (``"SKU-9"``).
    """

    def __init__(
        self, res_model: str, key: str, value: Any, message: str = "", **kwargs: Any
    ) -> None:
        super().__init__(
            message or f"No {res_model} has {key} “{value}”: create or map it, then retry.",
            source={"res_model": res_model, "key": key, "value": value},
            **kwargs,
        )


class RetryLater(IntegrationError):
    """A handler asks to be run again; counted as an attempt.

    :param seconds: how long to wait at least.
    """

    retryable = True

    def __init__(self, seconds: float, message: str = "", **kwargs: Any) -> None:
        super().__init__(
            message or f"Not possible yet; trying again in {seconds:g} s.",
            retry_after=seconds,
            **kwargs,
        )
        self.seconds = seconds


class MissingKeyError(IntegrationError):
    """No encryption key is configured; the text says how to make and set one."""


def _class_of_status(status: int) -> str:
    if status == 429:
        return "rate_limit"
    if status in (401, 403, 407):
        return "auth"
    if status in (408, 504):
        return "timeout"
    if status >= 500:
        return "server"
    return "client"


def category_of(error_class: str | None) -> str:
    """Who must act, from the class alone: the partner, whoever keeps the data, or engineers."""
    return {"contract": "partner", "business": "business"}.get(error_class or "", "technical")
