"""Ways in which texts say a secret: of which each must be masked, whatever it is."""

import base64
import json
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape, quoteattr


def named_texts(name, secret):
    """Ways in which a text says that something called ``name`` is ``secret``."""
    pair = {name: secret}
    dumped = json.dumps(pair)
    return [
        f"{name}={secret}",
        f"HTTP 401 for {pair!r}",
        f"HTTP 401 for { {name.encode(): secret.encode()}!r}",
        f"headers: {list(pair.items())!r}",
        f"headers: {json.dumps(list(pair.items()))}",
        f"failed\n{name}: {secret}\nnext line",
        f"body was {dumped}",
        f"body was {json.dumps(dumped)} and more",
        f"body was {json.dumps({'a': json.dumps({'b': dumped})})}",
        json.dumps({"list": [{"name": name, "value": secret}, {name: {"deep": [secret]}}]}),
        json.dumps(pair, indent=2)[:-1],
        f'{{"{name}":\n   "{secret}", broken',
        f"<r><{name}>{escape(secret)}</{name}></r>",
        f"<soap:Body><x:{name} k='v'>{escape(secret)}</x:{name}></soap:Body>",
        f"<login {name}={quoteattr(secret)} user='u'/>",
        f"<{name} value={quoteattr(secret)}/>",
        f"<entry key='{name}'>{escape(secret)}</entry>",
        f"<input type='hidden' name='{name}' value={quoteattr(secret)}>",
        f"a=1&{quote_plus(name)}={quote_plus(secret)}&b=2",
        f"GET https://h.example/p?x=1&{quote_plus(name)}={quote_plus(secret)}#f failed",
        f"GET /p?x=1&{quote_plus(name)}={quote(secret)} HTTP/1.1",
        f"GET /p?q={quote(dumped)} HTTP/1.1",
        f"GET https://h.example/p?q={quote(quote(dumped))} HTTP/1.1",
        f"GET /p?state={base64.b64encode(dumped.encode()).decode()} HTTP/1.1",
        f"GET /p?state={quote(base64.urlsafe_b64encode(dumped.encode()).decode())}",
        f"state {base64.b64encode(f'{name}={secret}'.encode()).decode()} is unknown",
        f"tool --{name} '{secret}' -v",
        f"https://user:{quote(secret, safe='')}@h.example:8443/p",
        *form_texts(name, secret),
        *statement_texts(name, secret),
        *path_texts(secret),
    ]


def form_texts(name, secret):
    """Formats in which the name stands beside its value, or behind an encoding."""
    dumped = json.dumps({name: secret})
    part = f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{secret}\r\n--x--'
    typed = part.replace('"\r\n', '"\r\nContent-Type: text/plain\r\n', 1)
    return [
        part,
        typed,
        f"sent {typed.encode()!r}",
        f"<member><name>{name}</name><value><string>{escape(secret)}</string></value></member>",
        f"<x:key>{name}</x:key>\n  <x:value>{escape(secret)}</x:value>",
        f"<a>{escape(f'<{name}>{escape(secret)}</{name}>')}</a>",
        f"<a>{escape(escape(f'<b {name}={quoteattr(secret)}/>'))}</a>",
        f"<a>{escape(dumped, {chr(34): '&quot;'})}</a>",
        f"<a b={quoteattr(dumped)}/>",
        json.dumps([[name, secret]]),
        json.dumps({"headers": [["Accept", "x"], [name, secret]]}),
        json.dumps({"domain": ["|", [name, "=", secret], [name, "in", [secret]]]}),
        *(json.dumps([{key: name, value: secret}])
          for key, value in (("Name", "Value"), ("label", "value"), ("id", "value"),
                             ("parameter", "value"), ("Key", "Content"))),
        f'[{{"Name": "{name}", "Value": "{secret}", broken',
        f"login:\n  {name}:\n    {secret}\nnext: 1",
        f"- {name}: |\n    first\n    {secret}\nnext: 1",
        f'a:1:{{s:{len(name)}:"{name}";s:{len(secret)}:"{secret}";}}',
        base64.b64encode(base64.b64encode(dumped.encode())).decode(),
        f"state {base64.b64encode(f'x {base64.b64encode(dumped.encode()).decode()}'.encode())!r}",
    ]  # fmt: skip


def statement_texts(name, secret):
    """What PostgreSQL, and others, say of a statement that they refuse."""
    unique = (
        f'duplicate key value violates unique constraint "x_uniq"\n'
        f"DETAIL:  Key (login, {name})=(bob, {secret}) already exists.\n"
    )
    # Behind a blank or a comma `a=b` is another name with its value: nobody can tell.
    chosen = secret.replace("=", "-")
    return [
        unique,
        f"ValueError: UniqueViolation({unique!r}) while evaluating",
        f'null value in column "n"\nDETAIL:  Failing row contains (4, ), {secret}, null).\n',
        f"FEHLER\nDETAIL:  Fehlgeschlagene Zeile enthält (4, x, {secret}, null).\n",
        f"DETAIL:  Schlüssel »({name})=({secret})« existiert bereits.",
        f"relation \"x\" does not exist\nLINE 1: select 1 from x where {name} in ('{secret}')\n"
        f"                      ^\n",
        f"UPDATE t SET {name} = '{secret}' WHERE id = 1",
        f"SELECT 1 FROM t WHERE {name} IN ('a', '{secret}')",
        f"INSERT INTO t (id, {name}) VALUES (1, 'a', 'it''s', '{secret}')",
        f"CREATE USER x IDENTIFIED BY '{secret}'",
        f"ALTER ROLE x WITH PASSWORD '{secret}'",
        f"Wrong password '{secret}' for bob",
        f"password: my {chosen} phrase",
        f"user=bob password=ab,{chosen}; timeout=3",
        f"Passwort=ab;{chosen}",
    ]


def path_texts(secret):
    """A path that carries its credential."""
    token = quote(secret, safe="")
    return [
        f"HTTPConnectionPool(host='h', port=80): Max retries exceeded with url: /token/{token}/x"
        " (Caused by X)",
        f"GET https://h.example/api-keys/{token}/orders failed",
        f"POST /secret/{token} HTTP/1.1",
        f"https://h.example/x;jsessionid={token}?a=1",
    ]
