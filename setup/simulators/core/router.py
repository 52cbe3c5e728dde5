"""Routes: a method and a path pattern such as `/orders/<id>/fulfillments`."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from .wire import Problem, Request, Response

Handler = Callable[..., Response]
CONTROL_PREFIXES = ("/control/", "/ledger/")


@dataclass(frozen=True)
class Route:
    """One route; `public` routes need no bearer token."""

    method: str
    pattern: re.Pattern[str]
    handler: Handler
    public: bool = False


def is_control(path: str) -> bool:
    """Tell whether `path` belongs to the tester, not to the partner's API.

    Such requests meet no fault, need no token and leave no trace in the ledger.
    """
    return path == "/health" or path.startswith(CONTROL_PREFIXES)


class Router:
    """Finds the handler of a request."""

    def __init__(self) -> None:
        self._routes: list[Route] = []

    def add(self, method: str, path: str, handler: Handler, public: bool = False) -> None:
        """Add a route. `<name>` matches one segment, `<name*>` the rest, slashes included."""
        expression = ""
        for literal, name, rest in re.findall(r"([^<]+)|<(\w+)(\*?)>", path):
            if literal:
                expression += re.escape(literal)
            else:
                expression += f"(?P<{name}>{'.+' if rest else '[^/]+'})"
        self._routes.append(Route(method, re.compile(f"{expression}$"), handler, public))

    def match(self, request: Request) -> tuple[Route, dict[str, str]]:
        """Return the route and its path arguments. Raises Problem 404 or 405."""
        allowed = set()
        for route in self._routes:
            found = route.pattern.match(request.path)
            if found and route.method == request.method:
                return route, found.groupdict()
            if found:
                allowed.add(route.method)
        if allowed:
            allow = ", ".join(sorted(allowed))
            detail = f"{request.path} knows {allow}."
            raise Problem(405, "Method not allowed", detail, headers={"Allow": allow})
        raise Problem(404, "Not found", f"There is nothing at {request.path}.")
