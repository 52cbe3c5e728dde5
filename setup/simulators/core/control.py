"""The control API and the ledger pages that every simulator has."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from .listing import list_entities, list_table
from .wire import Problem, Request, Response

if TYPE_CHECKING:
    from .app import Simulator


def add_control_routes(app: Simulator) -> None:
    """Add `/control/*` and `/ledger/*` to `app`."""
    add = app.router.add
    add("GET", "/control/faults", lambda _r: Response.of(app.faults.shown()))
    add("POST", "/control/faults", lambda r: Response.of(app.faults.add(r.json()), 201))
    add("DELETE", "/control/faults", partial(_clear_faults, app))
    add("GET", "/control/targets", lambda _r: Response.of(app.outbox.targets()))
    add("PUT", "/control/targets", partial(_set_targets, app, merge=False))
    add("PATCH", "/control/targets", partial(_set_targets, app, merge=True))
    add("GET", "/control/catalogue", lambda _r: Response.of({"skus": app.catalogue.entries()}))
    add("PUT", "/control/catalogue", partial(_set_catalogue, app))
    add("GET", "/control/behaviour", lambda _r: Response.of(app.behaviour()))
    add("PUT", "/control/behaviour", lambda r: Response.of(app.set_behaviour(r.json_object())))
    add("DELETE", "/control/ledger", partial(_empty, app))
    for table in ("requests", "effects", "deliveries"):
        add("GET", f"/ledger/{table}", partial(_table, app, table))
    for page, kind in app.entity_pages.items():
        add("GET", f"/ledger/{page}", partial(_entities, app, kind))


def _clear_faults(app: Simulator, request: Request) -> Response:
    number = request.query.get("id")
    if number is not None and not number.isdigit():
        raise Problem(422, "Invalid filter", "id must be a whole number.")
    kind = request.query.get("kind")
    return Response.of({"cleared": app.faults.clear(int(number) if number else None, kind)})


def _set_targets(app: Simulator, request: Request, merge: bool) -> Response:
    return Response.of(app.outbox.set_targets(request.json_object(), merge=merge))


def _set_catalogue(app: Simulator, request: Request) -> Response:
    app.catalogue.replace(request.json_object().get("skus"))
    return Response.of({"skus": app.catalogue.entries()})


def _empty(app: Simulator, _request: Request) -> Response:
    app.ledger.empty()
    return Response.of({"status": "emptied"})


def _table(app: Simulator, table: str, request: Request) -> Response:
    return Response.of(list_table(app.ledger, table, request.query))


def _entities(app: Simulator, kind: str, request: Request) -> Response:
    return Response.of(list_entities(app.ledger, kind, request.query))
