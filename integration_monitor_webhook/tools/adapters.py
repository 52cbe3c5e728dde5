"""Signature adapters: how a provider authenticates its deliveries and names them.

A further provider is one small class: subclass :class:`Adapter`, give it ``code`` and ``label``,
implement :meth:`Adapter.authenticate` and decorate it with :func:`register`. It is then offered
in the field *Signature* of inbound flows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

from odoo.addons.integration_monitor.tools import signature

from .refusal import Refusal

ADAPTERS: dict[str, Adapter] = {}


@dataclass(frozen=True, slots=True)
class Authenticated:
    """What a good signature proves.

    :param external_id: the provider's name of this delivery, the same at every repetition.
    :param occurred_at: when it was sent, UTC without zone, or None.
    :param secret_index: which of the given secrets matched.
    """

    external_id: str
    occurred_at: datetime | None
    secret_index: int


class Adapter:
    """One provider's way to sign. Stateless: one instance serves every thread."""

    code: str
    label: str

    def authenticate(
        self, raw: bytes, headers: Mapping[str, str], secrets: Sequence[str], now: float
    ) -> Authenticated:
        """Verify ``raw``, the body exactly as it was sent.

        :param secrets: the active secrets, newest first.
        :param now: Unix time, seconds.
        :raises Refusal: 401, with a reason for our log alone.
        """
        raise NotImplementedError


def register(cls: type[Adapter]) -> type[Adapter]:
    """Make an adapter known under its code. :raises ValueError: the code is taken."""
    if cls.code in ADAPTERS:
        raise ValueError(f"signature adapter {cls.code!r} exists already")
    ADAPTERS[cls.code] = cls()
    return cls


@register
class StandardWebhooks(Adapter):
    """Standard Webhooks 1.0 (standardwebhooks.com); also understands Svix's header names."""

    code = "standard"
    label = "Standard Webhooks"

    def authenticate(
        self, raw: bytes, headers: Mapping[str, str], secrets: Sequence[str], now: float
    ) -> Authenticated:
        """See :meth:`Adapter.authenticate`; timestamps may be 300 s off, either way."""
        try:
            verified = signature.verify(secrets, headers, raw, now=now)
        except signature.SignatureError as error:
            raise Refusal("unauthenticated", error.reason) from error
        except ValueError as error:
            # One of our own secrets is unusable: a fault of ours, told to us alone.
            raise Refusal("unauthenticated", f"unusable secret: {error}") from error
        moment = datetime.fromtimestamp(verified.timestamp, timezone.utc).replace(tzinfo=None)
        return Authenticated(verified.message_id, moment, verified.secret_index)
