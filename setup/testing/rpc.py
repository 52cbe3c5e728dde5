"""A client of Odoo's web API: what a person's browser calls, with a session."""

from __future__ import annotations

from typing import Any

import requests


class RpcError(Exception):
    """Odoo answered a call with an error.

    ``name`` is the exception's full class name (``odoo.exceptions.AccessError``), ``debug`` its
    traceback.
    """

    def __init__(self, error: dict[str, Any]) -> None:
        """Take the ``error`` member of the answer."""
        data = error.get("data") or {}
        self.name = str(data.get("name", ""))
        self.debug = str(data.get("debug", ""))
        super().__init__(str(data.get("message") or error.get("message")))


class RpcClient:
    """A logged-in user of one database."""

    def __init__(
        self, url: str, database: str, login: str = "admin", password: str = "admin"
    ) -> None:
        """Log in.

        :raise RpcError: when the credentials are refused
        """
        self.url = url
        self.session = requests.Session()
        # Proxies of the environment have no business with a local server.
        self.session.trust_env = False
        answer = self.post(
            "/web/session/authenticate",
            {"db": database, "login": login, "password": password},
        )
        self.uid = int(answer["uid"])
        self.context: dict[str, Any] = dict(answer.get("user_context") or {})

    def post(self, path: str, params: dict[str, Any], timeout: float = 60) -> Any:
        """Call a JSON-RPC route and return its result.

        :raise RpcError: when the answer is an error
        :raise requests.RequestException: when there is no answer
        """
        body = {"jsonrpc": "2.0", "method": "call", "params": params, "id": None}
        response = self.session.post(f"{self.url}{path}", json=body, timeout=timeout)
        response.raise_for_status()
        answer = response.json()
        if "error" in answer:
            raise RpcError(answer["error"])
        return answer.get("result")

    def call(self, model: str, method: str, *args: Any, **kwargs: Any) -> Any:
        """Call a method of a model: ``call("sale.order", "read", [7], ["state"])``."""
        context = {**self.context, **kwargs.pop("context", {})}
        return self.post(
            f"/web/dataset/call_kw/{model}/{method}",
            {
                "model": model,
                "method": method,
                "args": list(args),
                "kwargs": {**kwargs, "context": context},
            },
        )

    def search_read(
        self, model: str, domain: list[Any], fields: list[str], **kwargs: Any
    ) -> list[dict[str, Any]]:
        """Return the records of *model* that match."""
        return list(self.call(model, "search_read", domain, fields, **kwargs))
