"""Secrets at rest: Fernet with rotation."""

from __future__ import annotations

import base64
import binascii

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from .errors import IntegrationError, MissingKeyError

HOW_TO_SET_A_KEY = (
    "No encryption key is set, so secrets cannot be kept. Make one with "
    '`python3 -c "from cryptography.fernet import Fernet; '
    'print(Fernet.generate_key().decode())"` and give it to Odoo as environment variable '
    "INTEGRATION_MONITOR_KEY, or as integration_monitor_key in the [options] of its "
    "configuration file; then restart Odoo. Keep a copy: without the key the secrets are lost."
)

HOW_TO_MEND_A_KEY = (
    "It was probably cut or mistyped: put the right one back into the environment variable "
    "INTEGRATION_MONITOR_KEY, or into integration_monitor_key of Odoo's configuration file, and "
    "restart Odoo. Do not replace it by a new one: what was stored with it would be lost."
)


class DecryptionError(IntegrationError):
    """A stored secret fits none of the configured keys."""


def generate_key() -> str:
    """A new key: 44 characters of URL-safe base64."""
    return Fernet.generate_key().decode()


def encrypt(text: str, key: str | None) -> str:
    """A token for ``text``, made with the first (newest) of the comma-separated keys.

    :raises MissingKeyError: no key, or one that is not a Fernet key.
    """
    return _fernet(key).encrypt(text.encode()).decode()


def decrypt(token: str, key: str | None) -> str:
    """The text of a token made with any of the keys.

    :raises MissingKeyError: no key, or one that is not a Fernet key.
    :raises DecryptionError: none of the keys fits.
    """
    fernet = _fernet(key)
    try:
        return fernet.decrypt(token.encode()).decode()
    except (InvalidToken, UnicodeDecodeError) as error:
        raise DecryptionError(
            "A stored secret cannot be decrypted: the encryption key was changed. Add the former "
            "key behind the new one, separated by a comma, or enter the secret again."
        ) from error


def rotate(token: str, key: str | None) -> str:
    """The same secret under the newest key. :raises: as :func:`decrypt`."""
    return encrypt(decrypt(token, key), key)


def _fernet(key: str | None) -> MultiFernet:
    keys = [part.strip() for part in (key or "").split(",") if part.strip()]
    if not keys:
        raise MissingKeyError(HOW_TO_SET_A_KEY)
    for position, part in enumerate(keys, start=1):
        if not _is_key(part):
            # The key itself must never reach a log or a screen.
            raise MissingKeyError(
                f"Encryption key {position} of {len(keys)} is no Fernet key (44 characters of "
                f"URL-safe base64). {HOW_TO_MEND_A_KEY}"
            )
    return MultiFernet([Fernet(part) for part in keys])


def _is_key(text: str) -> bool:
    try:
        return len(base64.urlsafe_b64decode(text.encode("ascii"))) == 32
    except (binascii.Error, UnicodeEncodeError, ValueError):
        return False
