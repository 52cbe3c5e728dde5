"""Examples for partners: sign and send a test event with what every machine has."""

from __future__ import annotations

import json
import shlex

TEST_BODY = json.dumps({"type": "integration.test"})


def shell(url: str, secret: str, database: str | None = None) -> str:
    """A script for ``sh`` with openssl and curl.

    :param database: value of the header that names the database, or None.
    """
    lines = [
        f"SECRET={shlex.quote(secret)}",
        f"BODY={shlex.quote(TEST_BODY)}",
        'ID="msg_$(date +%s)_$$"',
        'TIME="$(date +%s)"',
        'KEY="$(printf %s "${SECRET#whsec_}" | openssl base64 -d -A \\',
        "  | od -An -vtx1 | tr -d ' \\n')\"",
        'SIGNATURE="$(printf %s "$ID.$TIME.$BODY" \\',
        '  | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$KEY" -binary | openssl base64 -A)"',
        f"curl -sS {shlex.quote(url)} \\",
        '  -H "Content-Type: application/json" \\',
    ]
    if database:
        lines.append(f"  -H {shlex.quote(f'X-Odoo-Database: {database}')} \\")
    lines += [
        '  -H "webhook-id: $ID" \\',
        '  -H "webhook-timestamp: $TIME" \\',
        '  -H "webhook-signature: v1,$SIGNATURE" \\',
        '  --data-binary "$BODY"',
    ]
    return "\n".join(lines) + "\n"


def python(url: str, secret: str, database: str | None = None) -> str:
    """A program for Python 3 without further packages.

    :param database: value of the header that names the database, or None.
    """
    header = f'        "X-Odoo-Database": {json.dumps(database)},\n' if database else ""
    return f"""import base64, hashlib, hmac, time, urllib.request, uuid

secret = {json.dumps(secret, ensure_ascii=False)}
body = {TEST_BODY!r}.encode()
message_id, moment = "msg_" + uuid.uuid4().hex, str(int(time.time()))
key = base64.b64decode(secret.removeprefix("whsec_"))
signed = f"{{message_id}}.{{moment}}.".encode() + body
signature = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
request = urllib.request.Request(
    {json.dumps(url)},
    data=body,
    headers={{
        "Content-Type": "application/json",
{header}        "webhook-id": message_id,
        "webhook-timestamp": moment,
        "webhook-signature": "v1," + signature,
    }},
)
with urllib.request.urlopen(request, timeout=30) as response:
    print(response.status, response.read().decode())
"""
