"""What deliveries leave in the log."""

from types import SimpleNamespace

from odoo.tests import tagged

from odoo.addons.integration_monitor.instrumentation import log_writer
from odoo.addons.integration_monitor.tools import signature

from ..controllers import evidence
from .common import WebhookCase, WebhookHttpCase


@tagged("post_install", "-at_install")
class TestRefusalsAreSeen(WebhookHttpCase):
    def seen_after(self, deliver):
        """The refusals that the log writer got while ``deliver`` ran."""
        with self.observed() as seen:
            deliver()
        return [item for item in seen if item.kind == "webhook_in"]

    def test_each_kind_is_logged(self):
        """Whatever is refused can be found in the log with flow, status and reason."""
        path = self.flow.webhook_path
        cases = {
            404: lambda: self.send("/integration/webhook/none.such", b"{}", {}),
            405: lambda: self.send(path, None, {}, "GET"),
            401: lambda: self.deliver(secret=signature.generate_secret()),
            400: lambda: self.deliver(raw=b"{"),
            413: lambda: self.deliver(raw=b"x" * 2_000_000),
            415: lambda: self.deliver(headers={"Content-Type": "text/plain"}),
        }
        for status, deliver in cases.items():
            with self.subTest(status):
                [item] = self.seen_after(deliver)
                self.assertEqual(item.outcome, "refused")
                self.assertEqual(item.retention_class, "refused")
                self.assertEqual(item.status_code, status)
                self.assertEqual(item.count, 1)
                self.assertTrue(item.error_message and item.correlation_id and item.error_class)
                self.assertEqual(item.flow_id, self.flow.id if status not in (404, 405) else None)

    def test_reason_is_for_us(self):
        """The administrator reads why a signature was refused; the partner does not."""
        [item] = self.seen_after(lambda: self.deliver(timestamp=1))
        self.assertEqual((item.error_class, item.error_message), ("auth", "too_old"))

    def test_flood(self):
        """A hundred forged deliveries are counted to the last, on few lines."""

        def flood():
            for _ in range(100):
                self.deliver(signed=b"forged")

        with self.observed() as seen:
            flood()
            held = [item for _db, item in log_writer.refusals.due(everything=True)]
        lines = [item for item in [*seen, *held] if item.kind == "webhook_in"]
        self.assertLess(len(lines), 5)
        self.assertEqual(sum(item.count for item in lines), 100)


@tagged("post_install", "-at_install")
class TestReceiptsAreSeen(WebhookCase):
    def test_recorded_after_commit_only(self):
        """A delivery that was rolled back is not shown as accepted."""
        message, _created = self.flow._receive(b"{}", {}, external_id="x")
        reception = SimpleNamespace(
            profile=self.env["integration.flow"]._webhook_profile(self.flow.code),
            request=SimpleNamespace(env=self.env),
            http=SimpleNamespace(method="POST", remote_addr="192.0.2.1"),
            database=self.env.cr.dbname,
            correlation_id="c-1",
            started=0.0,
            size=2,
        )
        with self.observed() as seen:
            evidence.accepted(reception, True, message)
            self.env.cr.postcommit.clear()
        self.assertFalse([item for item in seen if item.kind == "webhook_in"])
        with self.observed() as seen:
            evidence.accepted(reception, True, message)
            self.env.cr.postcommit.run()
        [item] = [item for item in seen if item.kind == "webhook_in"]
        self.assertEqual((item.outcome, item.status_code), ("ok", 200))
        self.assertEqual((item.message_uid, item.flow_id), (message.message_uid, self.flow.id))
