"""Messages and attempts at known moments, and what is measured of them."""

from datetime import datetime, timedelta

from ..instrumentation import log_writer
from ..tools.observation import Observation
from .common import IntegrationCase

NOW = datetime(2026, 3, 31, 12, 0, 0)


class ServiceCase(IntegrationCase):
    """Messages and lines of the log at known moments around ``NOW``."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.inbound.write({"latency_tolerance": 10, "recovery_time": 60})
        # What other tests wrote is none of these figures.
        cls.env["integration.metric"]._roll_up_on(cls.env.cr)

    def message(self, state="done", at=NOW, seconds=0, flow=None, **values):
        """One message that ended then, after so many seconds."""
        flow = flow or self.inbound
        return self.env["integration.message"].create(
            {
                "flow_id": flow.id,
                "system_id": flow.system_id.id,
                "company_id": flow.company_id.id,
                "direction": flow.direction,
                "state": state,
                "received_at": at - timedelta(seconds=seconds),
                "done_at": at,
                **values,
            }
        )

    def line(self, at, error_class=None, message=None, flow=None):
        """One attempt in the log."""
        flow = flow or self.inbound
        line = Observation(
            kind="message",
            outcome="error" if error_class else "ok",
            error_class=error_class,
            flow_id=flow.id,
            company_id=flow.company_id.id,
            message_id=message and message.id,
            occurred_at=at,
        )
        self.env.flush_all()
        log_writer.write_on(self.env.cr, [line])

    def done(self, *seconds, at=NOW, **values):
        """Messages that were done then, each with its line."""
        for each in seconds:
            self.line(at, message=self.message(at=at, seconds=each, **values))

    def roll(self):
        """Count the new lines."""
        self.env.flush_all()
        self.assertTrue(self.env["integration.metric"]._roll_up_on(self.env.cr))
        self.env.invalidate_all()

    def measured(self, days="30", now=NOW, flow=None):
        """:return: the figures of the flow"""
        self.roll()
        self.env["integration.flow.service"]._watch_promises(now)
        self.env.invalidate_all()
        return (flow or self.inbound).service_ids.filtered(lambda s: s.days == days)

    def outages(self):
        """:return: list of (first failure, next success, failures), the first one first"""
        self.roll()
        return [
            (outage.began_at, outage.ended_at, outage.failure_count)
            for outage in self.inbound.outage_ids.sorted("began_at")
        ]
