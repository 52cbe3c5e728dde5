"""Which names and which shapes are secret or personal: the vocabulary of the redactor."""

from __future__ import annotations

import re
from functools import lru_cache

MASK = "[redacted]"

# What opens doors or moves money: never readable, whatever a flow says.
# Parts are found anywhere in a name from which everything but letters and digits was removed.
_CREDENTIAL_PARTS = (
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "token",
    "secret",
    "signature",
    "hmac",
    "authorization",
    "apikey",
    "appkey",
    "authkey",
    *(
        f"{of}key"
        for of in "functions master shared signing subscription access private encryption account"
        " transaction session mashape consumer client merchant webhook license licence storage"
        " security login authentication mac enc".split()
    ),
    "clientassertion",
    "samlresponse",
    "connectionstring",
    # passwords of other languages, without what is no letter of ASCII
    "passwort",
    "kennwort",
    "wachtwoord",
    "motdepasse",
    "contrasena",
    "contrasea",
    "parolachiave",
    "credential",
    "cookie",
    "sessionid",
    "sessid",
    "cardnumber",
    "creditcard",
    "securitycode",
)
_NAME_PARTS = (
    *_CREDENTIAL_PARTS,
    "iban",
    "accountnumber",
    "routingnumber",
    "email",
    "phone",
    "street",
    "addressline",
)
# Found only as a whole word of a name (`card` must not hide `discard` or `cardinality`).
_CREDENTIAL_WORDS = frozenset(
    "card cc pw psk cvv cvv2 cvc cvc2 pan pin pwd pass auth otp sig jwt senha dpop".split()
)
_NAME_WORDS = _CREDENTIAL_WORDS | frozenset(
    "ssn mobile fax mail tel address1 address2 address3".split()
)
#: Only as the whole name: a session is a credential, its number of calls is none.
_CREDENTIAL_NAMES = frozenset("session xsession bearer dsn authentication apiuser".split())
_NAME_PAIRS = (("address", "1"), ("address", "2"), ("address", "3"), ("e", "mail"))
# Query parameters that carry credentials although the word alone is harmless elsewhere.
QUERY_NAMES = frozenset({"key", "code", "sig", "auth", "sid", "session", "assertion"})
# Harmless in most names, but a flow that leaves them readable means a credential.
_KEPT_HIDDEN_WORDS = _CREDENTIAL_WORDS | {"key", "sid", "session"}
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_NOT_ALNUM = re.compile(r"[^a-z0-9]")

URL = re.compile(r"\b[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s\"'<>\\]+")
_NO_SECRET = r"(?!(?:token|tokens|authentication|authorization|auth|scheme|realm|user)\b)"
_PATTERNS = tuple(
    (re.compile(pattern, flags), replacement)
    for pattern, flags, replacement in (
        (r"-----BEGIN [^-]{1,60}-----.*?(?:-----END [^-]{1,60}-----|\Z)", re.DOTALL, MASK),
        (
            rf"\b(bearer|basic|digest|apikey)(\s+){_NO_SECRET}[^\s,;\"'<>]{{4,}}",
            re.IGNORECASE,
            rf"\1\2{MASK}",
        ),
        # "API key: x", "No such token x": what holds letters and digits is no word of a sentence.
        (
            r"(?<![A-Za-z0-9])"
            r"(pass(?:word|wd|phrase|wort)|kennwort|secret|token|(?:api|access)[ _-]?key)"
            r"(\s{0,2}[:=]?\s{1,4})(?=[^\s0-9]{0,256}[0-9])(?=[^\sA-Za-z]{0,256}[A-Za-z])"
            r"[\w.+/=~$!@#%^&*-]{8,}",
            re.IGNORECASE,
            rf"\1\2{MASK}",
        ),
        # curl -u user:password, mysql -ppassword
        (r"(?<!\S)(-u|-U|--user|--proxy-user)([ =]?[^\s:@/]{1,64}:)\S+", 0, rf"\1\2{MASK}"),
        (
            r"\b((?:mysql|mariadb)[\w-]{0,20}|sshpass)\b([^\n]{0,200}?\s-p)[^\s]+",
            0,
            rf"\1\2{MASK}",
        ),
        (r"\beyJ[\w-]{4,}\.[\w-]+(?:\.[\w-]*)?", 0, MASK),
        # user:password@host without a scheme
        (r"(?<=\w):[^\s:/@,;]{1,256}@(?=[\w\[])", 0, f":{MASK}@"),
        (r"\bwh(?:sec|sk)_[\w+/=-]+", 0, MASK),
        (r"\b(?:sk|rk|pk)_(?:live|test)_\w+", 0, MASK),
        (
            r"\b(?:shp(?:at|ss|ca|pa)|gh[pousr]|glpat|github_pat|cs|ck)[_-][A-Za-z0-9_-]{16,}",
            0,
            MASK,
        ),
        (r"\bxox[a-z]-[\w-]{8,}", 0, MASK),
        (r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b", 0, MASK),
        (r"\bAIza[\w-]{20,}", 0, MASK),
    )
)
_PERSONAL_PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        r"[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}",
        r"(?<![\w+])\+[0-9](?:[ ()./-]{0,2}[0-9]){7,14}(?![0-9])",
    )
)
# One of two thousand UUIDs begins with the digits of a card, or ends with them, and one of ten of
# these adds up.
_NO_UUID = (
    r"(?![0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}(?![0-9A-Za-z]))"
    r"(?!(?<=[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-)[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}"
    r"(?![0-9A-Za-z]))"
)
_IBAN = re.compile(rf"\b{_NO_UUID}[A-Z]{{2}}[0-9]{{2}}(?:[ -]?[A-Z0-9]){{11,30}}\b")
_CARD = re.compile(rf"(?<![0-9A-Za-z.]){_NO_UUID}[0-9](?:[ -]?[0-9]){{12,18}}(?![0-9A-Za-z])")


def squeeze(name: str) -> str:
    """``Customer-Note``, ``customer_note`` and ``customerNote`` are one name."""
    return _NOT_ALNUM.sub("", name.lower())


@lru_cache(maxsize=4096)
def is_sensitive_name(name: str) -> bool:
    """Whether the value under this key, header, field or parameter must be masked."""
    if _is_one_of(name, _NAME_PARTS, _NAME_WORDS):
        return True
    words = [word.lower() for word in _WORDS.findall(name)]
    return any(pair in _NAME_PAIRS for pair in zip(words, words[1:], strict=False))


def is_credential_name(name: str) -> bool:
    """Whether the name stands for what must stay hidden in any case."""
    return _is_one_of(name, _CREDENTIAL_PARTS, _KEPT_HIDDEN_WORDS)


def _is_one_of(name: str, parts: tuple[str, ...], words: frozenset[str]) -> bool:
    squeezed = squeeze(name)
    if squeezed in words or squeezed in _CREDENTIAL_NAMES:
        return True
    if any(part in squeezed for part in parts):
        return True
    return any(word.lower() in words for word in _WORDS.findall(name))


def mask_patterns(text: str, *, personal: bool = True) -> str:
    """Mask what is recognisable by its shape, wherever it stands.

    :param personal: also mail addresses, telephone numbers and bank accounts; False for the
        fields that a flow leaves readable.
    """
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    if personal:
        for pattern in _PERSONAL_PATTERNS:
            text = pattern.sub(MASK, text)
        text = _IBAN.sub(_mask_iban, text)
    return _CARD.sub(_mask_card, text)


def _mask_iban(match: re.Match[str]) -> str:
    # A check sum would fail when words follow; eight digits keep ordinary codes readable.
    return MASK if sum(char.isdigit() for char in match.group()) >= 8 else match.group()


def _mask_card(match: re.Match[str]) -> str:
    digits = [int(char) for char in match.group() if char.isdigit()]
    total = 0
    for position, digit in enumerate(reversed(digits)):
        doubled = digit * 2 if position % 2 else digit
        total += doubled - 9 if doubled > 9 else doubled
    return MASK if total % 10 == 0 else match.group()
