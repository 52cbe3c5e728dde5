"""The base of a partner simulator: how a request passes, and what all of them offer."""

import hmac
import logging
import sqlite3
import time
from typing import Any

from . import checks
from .catalogue import Catalogue
from .config import Config
from .control import add_control_routes
from .deliverer import Deliverer
from .faults import Fault, Faults, InboundPlan
from .idempotency import Idempotency
from .ledger import Ledger
from .outbox import Outbox
from .router import Route, Router, is_control
from .server import Peer
from .timers import Timers
from .wire import Drop, Problem, Request, Response

_logger = logging.getLogger(__name__)


class Simulator:
    """One partner system. Subclasses name it, add routes in `setup` and state `defaults`."""

    name = "partner"
    #: first values of the behaviour settings
    defaults: dict[str, Any] = {}
    #: ledger pages of the present state: page name → kind of entity
    entity_pages: dict[str, str] = {}

    def __init__(self, ledger: Ledger, config: Config, odoo_url: str) -> None:
        self.config = config
        self.body_limit = config.body_limit
        self.ledger = ledger
        self.base_url = ""
        self.faults = Faults()
        self.faults.add(config.faults)
        self.outbox = Outbox(ledger)
        self.catalogue = Catalogue(ledger, config.catalogue)
        self.deliverer = Deliverer(self.outbox, self.faults, config, odoo_url)
        self.timers = Timers(ledger)
        self.idempotency = Idempotency(ledger)
        self.router = Router()
        with ledger.transaction():
            if config.targets and not self.outbox.targets():
                self.outbox.set_targets(config.targets)
        add_control_routes(self)
        self.router.add("GET", "/health", lambda _r: Response.of({"status": "ok"}), public=True)
        self.router.add("GET", "/account", self._account)
        self.router.add("POST", "/events", self._take_event)
        self.setup()

    def setup(self) -> None:
        """Add the routes and timers of this partner."""
        raise NotImplementedError

    def took_event(self, event: dict[str, Any], request: Request) -> None:
        """Do what follows from a CloudEvent that came for the first time; most do nothing."""

    def start(self) -> None:
        """Begin to send webhooks and to run timers."""
        self.deliverer.start(self.ledger)
        self.timers.start()

    def stop(self) -> None:
        """Stop sending; let hanging requests go."""
        self.timers.stop()
        self.deliverer.stop()
        self.faults.clear()

    # -- settings ----------------------------------------------------------------------------

    def behaviour(self) -> dict[str, Any]:
        """Return how this partner behaves by itself: defaults, configuration, control API."""
        changed = self.ledger.setting("behaviour", {})
        return {**self.defaults, **self.config.behaviour, **changed}

    def set_behaviour(self, changes: dict[str, Any]) -> dict[str, Any]:
        """Change the given settings durably. Raises Problem 422 for an unknown one."""
        unknown = sorted(set(changes) - set(self.defaults))
        if unknown:
            raise Problem(
                422, "Unknown behaviour", f"{unknown}; known are {sorted(self.defaults)}."
            )
        stored = self.ledger.setting("behaviour", {})
        self.ledger.set_setting("behaviour", {**stored, **changes})
        return self.behaviour()

    # -- the way of a request ----------------------------------------------------------------

    def handle(self, request: Request, peer: Peer) -> Response | Drop:
        """Answer a request; never raises."""
        try:
            if is_control(request.path):
                return self._control(request)
            return self._partner_api(request, peer)
        except Problem as problem:
            return problem.response()
        except sqlite3.ProgrammingError:
            return Drop(reset=True)  # the process is stopping
        except Exception:
            _logger.exception("%s %s failed inside the simulator", request.method, request.path)
            return Problem(500, "Internal error", "See the log of the simulator.").response()

    def _control(self, request: Request) -> Response:
        route, arguments = self.router.match(request)
        with self.ledger.transaction():
            return route.handler(request, **arguments)

    def _partner_api(self, request: Request, peer: Peer) -> Response | Drop:
        plan = self.faults.plan_in(request.method, request.path)
        if plan.before:
            time.sleep(plan.latency)
            plan.latency = 0.0
            failed = self._fail_before(request, plan.before, peer)
            if failed is not None:
                return failed
        try:
            route, arguments = self.router.match(request)
            if not route.public:
                self._authenticate(request)
            with self.idempotency.claim(request) as stored:
                time.sleep(plan.latency)
                if stored is not None:
                    return self._replay(request, plan, stored, peer)
                answer = self._execute(request, route, arguments, plan)
        except Problem as problem:
            answer = problem.response()
            self._record(request, plan.name, answer.status)
            return answer
        return self._fail_after(plan.after, answer, peer) if plan.after else answer

    def _execute(
        self, request: Request, route: Route, arguments: dict[str, str], plan: InboundPlan
    ) -> Response:
        """Run the handler; its effects, the request and the kept answer are one transaction."""
        known = request.ledger_id
        try:
            with self.ledger.transaction():
                self.ledger.add_request(request, plan.name)
                answer = route.handler(request, **arguments)
                self.idempotency.store(request, answer)
                status = _status_on_the_wire(plan.after, answer)
                executed = request.method not in ("GET", "HEAD")
                self.ledger.settle_request(request, status, executed=executed)
        except BaseException:
            request.ledger_id = known  # what was written is rolled back
            raise
        return answer

    def _replay(
        self, request: Request, plan: InboundPlan, stored: Response, peer: Peer
    ) -> Response | Drop:
        status = _status_on_the_wire(plan.after, stored)
        self._record(request, plan.name, status, replayed=True)
        return self._fail_after(plan.after, stored, peer) if plan.after else stored

    def _record(
        self, request: Request, fault: str | None, status: int | None, replayed: bool = False
    ) -> None:
        """Record a request that had no effect."""
        with self.ledger.transaction():
            self.ledger.add_request(request, fault)
            self.ledger.settle_request(request, status, executed=False, replayed=replayed)

    def _authenticate(self, request: Request) -> None:
        """Raise Problem 401 unless the bearer token is the configured one."""
        if self.config.token is None:
            return
        given = request.headers.get("authorization", "")
        expected = f"Bearer {self.config.token}"
        if not hmac.compare_digest(given.encode(), expected.encode()):
            raise Problem(
                401,
                "Unauthorized",
                "Send the header Authorization: Bearer with the token of this system.",
                headers={"WWW-Authenticate": 'Bearer realm="partner"'},
            )

    # -- faults ------------------------------------------------------------------------------

    def _fail_before(self, request: Request, fault: Fault, peer: Peer) -> Response | Drop | None:
        """Fail a request that has had no effect; None when it goes on (a hang was cleared)."""
        if fault.kind == "hang":
            self._record(request, fault.kind, None)
            return None if _hang(fault, peer) else Drop(reset=False)
        if fault.kind == "reset":
            self._record(request, fault.kind, None)
            return Drop(reset=True)
        answer = _fault_answer(fault)
        self._record(request, fault.kind, answer.status)
        return answer

    def _fail_after(self, fault: Fault, answer: Response, peer: Peer) -> Response | Drop:
        """Lose the answer to a request that did have its effect."""
        if fault.kind == "reset_after":
            return Drop(reset=True)
        if fault.kind == "hang_after":
            return answer if _hang(fault, peer) else Drop(reset=False)
        return _fault_answer(fault)

    def _account(self, _request: Request) -> Response:
        return Response.of({"name": self.name, "status": "ok"})

    def _take_event(self, request: Request) -> Response:
        """Keep a CloudEvent; one with a known id has no further effect."""
        event = request.json_object()
        known = f"{checks.text(event, 'source')} {checks.text(event, 'id')}"
        checks.text(event, "type")
        if self.ledger.get("event", known) is None:
            self.ledger.put("event", known, event)
            self.ledger.add_effect("event", known, event, request)
            self.took_event(event, request)
        return Response.of({"status": "noted"}, 202)


def _status_on_the_wire(after: Fault | None, answer: Response) -> int | None:
    if after is None:
        return answer.status
    return after.status if after.kind == "status_after" else None


def _fault_answer(fault: Fault) -> Response:
    headers = {}
    if fault.retry_after is not None or fault.kind == "rate_limit":
        wait = 1 if fault.retry_after is None else fault.retry_after
        headers["Retry-After"] = f"{wait:g}"
    status = 429 if fault.kind == "rate_limit" else fault.status
    title = "Too many requests" if status == 429 else "Simulated failure"
    return Problem(status, title, "A fault is switched on.", headers=headers).response()


def _hang(fault: Fault, peer: Peer) -> bool:
    """Wait until the fault is cleared or over; False when the client has gone before."""
    end = None if fault.seconds is None else time.monotonic() + fault.seconds
    while not fault.cleared.wait(0.05):
        if peer.is_gone():
            return False
        if end is not None and time.monotonic() >= end:
            break
    return not peer.is_gone()
