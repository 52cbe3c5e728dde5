"""What makes two faults two issues, and how they are called."""

from odoo.tests import tagged

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
