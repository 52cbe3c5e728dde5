from datetime import timedelta

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from odoo import fields
from odoo.tests import tagged

from ..models.integration_message import UNFINISHED
from ..tools import errors
from ..tools.http_client import HttpResponse
from .common import IntegrationCase

OK = HttpResponse(status=200, headers={}, body=b"{}", elapsed_ms=1.0, address=None)
GARBAGE = HttpResponse(status=200, headers={}, body=b"\x00\xff{", elapsed_ms=1.0, address=None)
# Each way in which an attempt can end badly; a partner's answers, broken lines, our own mistakes.
FAILURES = {
    "connect": lambda: errors.TransportError("No connection.", error_class="connect"),
    "timeout": lambda: errors.TimeoutError_("It hangs."),
    "server": lambda: errors.RemoteError(503, "Down."),
    "client": lambda: errors.RemoteError(422, "Not like that."),
    "slow down": lambda: errors.RateLimited(retry_after=3600),
    "auth": lambda: errors.AuthError("Who are you?"),
    "contract": lambda: errors.ContractError("Not what was agreed."),
    "business": lambda: errors.BusinessError("No."),
    "mapping": lambda: errors.MappingError("res.partner", "ref", "IM-REF"),
    "later": lambda: errors.RetryLater(60),
    "unexpected": lambda: ZeroDivisionError("a mistake in a handler"),
}


class MessageMachine(RuleBasedStateMachine):
    """What people, partners and crashes do to the messages of an inbound and an outbound lane.

    The real methods on the real models, on the cursor of the test; the clock is moved by letting
    what is stored be older.
    """

    case = None  # the test case

    def __init__(self):
        super().__init__()
        self.env = self.case.env
        self.savepoint = self.env.cr.savepoint()
        self.flows = self.case.inbound | self.case.outbound
        self.messages = self.env["integration.message"]

    # What happens

    @initialize()
    def begins(self):
        for inbound in (True, False):
            self.arrives(inbound, "a")
            self.arrives(inbound, "b")

    @rule(inbound=st.booleans(), key=st.sampled_from(["a", "b"]))
    @precondition(lambda self: len(self.messages) < 8)
    def arrives(self, inbound, key):
        if inbound:
            message, _created = self.case.receive({"n": len(self.messages)})
        else:
            partner = self.env.user.partner_id
            message = self.case.outbound._emit(
                [{"res_model": "res.partner", "res_id": partner.id, "ordering_key": key}]
            )
        self.messages |= message

    @rule(answer=st.sampled_from([OK, GARBAGE]))
    def works(self, answer):
        self._drain([answer])

    @rule(name=st.sampled_from(sorted(FAILURES)), rest=st.booleans())
    def fails(self, name, rest):
        """The next message fails, and all others, or not."""
        self._drain([FAILURES[name](), *([OK] if rest else [])])

    @rule(inbound=st.booleans(), limit=st.integers(1, 3))
    def crashes(self, inbound, limit):
        """A worker dies with what it claimed: what is committed is the claim."""
        flow = self.case.inbound if inbound else self.case.outbound
        with self.case.own_flow(flow) as lane:
            if inbound:
                lane._claim_batch(limit)
            else:
                lane._claim(lane._new_turn(20))
            lane._commit_step()
        self._forget()

    @rule(seconds=st.sampled_from([40, 4000]))
    def time_passes(self, seconds):
        shift = timedelta(seconds=seconds)
        moments = {
            "integration.message": ("next_attempt_at", "claimed_at", "received_at", "budget_at"),
            "integration.endpoint": ("breaker_until", "breaker_probe_until", "throttled_until",
                                     "breaker_closed_at"),
        }  # fmt: skip
        for model, names in moments.items():
            for record in self.env[model].sudo().search([]):
                record.write({n: record[n] - shift for n in names if record[n]})

    @rule()
    def sweeps(self):
        self.env["integration.message"]._sweep()
        self.env.cr.precommit.run()

    # What people do

    @rule(inbound=st.booleans())
    def pauses(self, inbound):
        (self.case.inbound if inbound else self.case.endpoint).action_pause()

    @rule(inbound=st.booleans())
    def resumes(self, inbound):
        (self.case.inbound if inbound else self.case.endpoint).action_resume()

    @rule(index=st.integers(0, 7))
    def retries(self, index):
        message = self.messages[index : index + 1]
        if message.state in ("dead", "quarantined", "cancelled", "retry"):
            message.action_retry()

    @rule(index=st.integers(0, 7), named=st.booleans())
    def cancels(self, index, named):
        """A person gives up any message, or one that an exception names."""
        messages = self._exceptions().message_id if named else self.messages
        number = index % max(len(messages), 1)
        message = messages[number : number + 1]
        if message and message.state not in ("done", "processing", "cancelled"):
            message.action_cancel()

    @rule(index=st.integers(0, 7))
    def replays(self, index):
        message = self.messages[index : index + 1]
        if len(self.messages) < 8 and message.state in ("done", "dead", "quarantined"):
            self.messages |= self.messages.browse(message._replay("Test").values())

    @rule(operation=st.sampled_from(["open", "close", "reset"]))
    def switches_the_breaker(self, operation):
        self.case.endpoint._switch_breaker(operation, "A person did it.")

    @rule(spare=st.booleans())
    def moves(self, spare):
        """The flow gets another endpoint, or its first one again."""
        self.case.outbound.endpoint_id = self.case.spare if spare else self.case.endpoint

    @rule(how=st.sampled_from(["ignore", "resolve", "discard"]))
    def closes_exceptions(self, how):
        getattr(self._exceptions(), f"action_{how}")()

    @rule()
    def corrects_the_source(self):
        """The customer that exceptions name is there now, and those who waited try again."""
        named = self._exceptions().filtered("source_value")
        self.env["res.partner"].create({"name": "Missing", "ref": "IM-REF"})
        self.env.cr.precommit.run()
        named._release()

    # What must hold

    @invariant()
    def nothing_is_lost(self):
        """Finished, or scheduled, or held for a reason that somebody sees, or an exception."""
        self.env.flush_all()
        now = fields.Datetime.now()
        for message in self.messages:
            state = message.state
            if state in ("dead", "quarantined"):
                # Unless a person closed what told of it: nobody else may.
                told = message.let_pass or self._tells_of(message)
                assert told, f"{message} is {state}, and no open exception tells of its matter"
            elif state == "processing":
                # A crash left it behind: the sweep finds it by the moment of its claim.
                assert message.claimed_at, f"{message} is in work since never"
            elif state in ("pending", "retry"):
                assert not message.held or message.hold_reason, f"{message} is held for nothing"
                late = message.next_attempt_at and message.next_attempt_at - now
                assert not late or late < timedelta(hours=7), f"{message} waits for ever"
            else:
                assert state in ("done", "cancelled")
                assert message.done_at, f"{message} ended at no time"

    def teardown(self):
        """The next example begins with no message, and no breaker open."""
        try:
            self._comes_to_an_end()
        finally:
            self.env.cr.precommit.clear()
            self.savepoint.close(rollback=True)

    def _comes_to_an_end(self):
        """Whatever happened: once all is well, every message is finished."""
        self._all_is_well()
        for _round in range(20):
            self.time_passes(4000)
            self.sweeps()
            self._drain([OK])
            if not self._waiting():
                break
        left = [(message.id, message.state, message.hold_reason) for message in self._waiting()]
        assert not left, f"never finished: {left}"
        failed = self.messages.filtered(lambda m: m.state in ("dead", "quarantined"))
        assert all(failed.mapped("exception_ids")) or not failed

    def _all_is_well(self):
        for switched in (self.case.inbound, self.case.endpoint):
            switched.action_resume()
        for endpoint in (self.case.endpoint, self.case.spare):
            endpoint._switch_breaker("reset", "All is well.")
        # Whoever looks after messages sees what failed by its exceptions, and by nothing else.
        failed = self._exceptions()._retry_messages()
        failed.filtered(lambda m: m.state in ("dead", "quarantined"))._retry()
        # What a later message about the same matter took the place of is given up.
        replaced = self._exceptions().filtered(lambda e: not e._retry_messages())
        if replaced._open_messages():
            replaced.action_discard()

    def _waiting(self):
        """:return: the messages that have not ended, and that nobody decided to leave failed"""
        return self.messages.filtered(lambda m: m.state in UNFINISHED and not m.let_pass)

    def _exceptions(self):
        return self.env["integration.exception"].search(
            [("flow_id", "in", self.flows.ids), ("is_open", "=", True)]
        )

    def _tells_of(self, message):
        """:return: the open exception about the matter of a failed message"""
        keys = [message.matter or message._dedupe_key(), f"message:{message.id}"]
        return self.env["integration.exception"].search(
            [("is_open", "=", True), ("dedupe_key", "in", keys)]
        )

    def _drain(self, answers):
        """Let both lanes work; what the partner answers is what the inbound handler raises."""
        queue = list(answers)

        def handle(_handler, _message, _payload):
            answer = queue.pop(0) if len(queue) > 1 else queue[0]
            if isinstance(answer, BaseException):
                raise answer

        with self.case.answers(*answers), self.case.handler(self.case.inbound, _handle=handle):
            for flow in self.flows:
                self.case.drain(flow)
        self._forget()

    def _forget(self):
        """Read anew what the lanes have written on cursors of their own."""
        self.env.invalidate_all()


@tagged("post_install", "-at_install")
class TestMessageStates(IntegrationCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.outbound.ordering = True
        cls.spare = cls.env["integration.endpoint"].create(
            {**cls._endpoint_values(), "name": "Spare API", "code": "im_spare_api"}
        )
        limits = {"breaker_failure_limit": 2, "breaker_timeout_limit": 1}
        (cls.endpoint | cls.spare).write(limits)

    def test_what_an_exception_names_is_given_up(self):
        """A way that chance seldom goes: one of several that share an exception is cancelled."""
        for failure in ("client", "auth", "business"):
            machine = type("Machine", (MessageMachine,), {"case": self})()
            machine.begins()
            machine.fails(failure, rest=False)
            machine.nothing_is_lost()
            machine.cancels(0, named=True)
            machine.nothing_is_lost()
            machine.teardown()

    def test_no_message_is_ever_lost(self):
        """A sequence of events leaves a message neither finished, nor scheduled, nor visible."""
        machine = type("Machine", (MessageMachine,), {"case": self})
        with self.assertLogs("odoo.addons.integration_monitor"):
            run_state_machine_as_test(
                machine,
                settings=settings(
                    max_examples=25,
                    stateful_step_count=20,
                    deadline=None,
                    derandomize=True,
                    database=None,
                    # Making a failure smaller would take minutes; its steps are told as they are.
                    phases=[Phase.generate],
                    suppress_health_check=list(HealthCheck),
                ),
            )
