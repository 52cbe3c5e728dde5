"""What makes two faults two issues, and how they are called."""

import itertools

from odoo.tests import tagged

from ..instrumentation import log_writer
from ..tools.observation import Observation
from .common_issue import IssueCase


@tagged("post_install", "-at_install")
class TestIssueScope(IssueCase):
    def test_unrelated_faults_are_apart(self):
        """Whoever mends one scheduled action believes that the other one is mended, too."""
        common = {"error_class": "unknown", "error_message": "KeyError: 'x'", "flow_id": None}
        for name in ("Import prices", "Send orders", "Import prices"):
            self.lines(kind="cron", operation=name, **common)
        for host in ("a.invalid", "b.invalid", "a.invalid"):
            said = f"ConnectionError: HTTPConnectionPool(host='{host}', port=80): Max retries"
            said += f" exceeded with url: /{host}/x (Caused by NameResolutionError())"
            self.lines(
                kind="http_out", direction="outbound", host=host,
                **{**common, "error_class": "dns", "error_message": said},
            )  # fmt: skip
            said = "The partner answered HTTP 500."
            self.lines(
                kind="http_out", direction="outbound", host=host, status_code=500,
                **{**common, "error_class": "server", "error_message": said},
            )  # fmt: skip
        self.roll_up()
        self.assertEqual(
            sorted((issue.count, issue.name.partition(": ")[0]) for issue in self.issues()),
            [(1, "Send orders"), (1, "b.invalid"), (1, "b.invalid"), (2, "Import prices"),
             (2, "a.invalid"), (2, "a.invalid")],
        )  # fmt: skip
        self.assertTrue(
            self.issues(name="a.invalid: The partner answered HTTP 500."), "no number is missing"
        )

    def test_the_first_minute_after_an_outage(self):
        """Of more faults than two thousand the rest never becomes issues."""
        words = ["".join(word) for word in itertools.product("abcdefghijklm", repeat=3)]
        log_writer.write_on(
            self.env.cr,
            [
                Observation(
                    "custom",
                    outcome="error",
                    error_class="server",
                    error_message=f"fault {word}",
                    system_id=self.system.id,
                )
                for word in words
            ],
        )
        self.roll_up()
        self.assertEqual(len(self.issues()), 2197)
