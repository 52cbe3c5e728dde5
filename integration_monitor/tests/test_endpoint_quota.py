from datetime import timedelta

from odoo import fields
from odoo.tests import Form, tagged

from ..instrumentation import log_writer
from ..tools.observation import Observation
from .common import IntegrationCase


@tagged("post_install", "-at_install")
class TestEndpointQuota(IntegrationCase):
    """What the endpoint's form says about the partner's limits."""

    def told(self, ago=0, **values):
        """Log a call whose answer told a quota."""
        when = fields.Datetime.now() - timedelta(seconds=ago)
        line = Observation("http_out", endpoint_id=self.endpoint.id, occurred_at=when, **values)
        log_writer.write_on(self.env.cr, [line])
        self.endpoint.invalidate_recordset(["quota_text", "quota_at"])

    def test_the_newest_counts(self):
        """The form shows the quota of yesterday, or of a call that told none."""
        self.assertFalse(self.endpoint.quota_text)
        self.told(ago=60, quota_limit=40, quota_remaining=1)
        self.told(ago=30, quota_limit=40, quota_remaining=8, quota_reset=30 + 300)
        self.told()
        self.assertRegex(self.endpoint.quota_text, "^8 of 40 left, renewed in 5 min$")
        self.assertAlmostEqual(
            self.endpoint.quota_at,
            fields.Datetime.now() - timedelta(seconds=30),
            delta=timedelta(seconds=5),
        )
        with Form(self.endpoint) as form:
            self.assertEqual(form.quota_text, self.endpoint.quota_text)

    def test_words(self):
        """People read seconds since 1970."""
        for values, words in (
            ({"quota_remaining": 5}, "5 left"),
            ({"quota_remaining": 0, "quota_limit": 9}, "0 of 9 left"),
            (
                {"quota_remaining": 0, "quota_limit": 9, "quota_reset": 0},
                "0 of 9 left, renewed since then",
            ),
            (
                {"quota_remaining": 1, "quota_limit": 9, "quota_reset": 3 * 3600 + 20},
                "1 of 9 left, renewed in 3 h",
            ),
            (
                {"quota_remaining": 2, "quota_limit": 9, "quota_reset": 9 * 86400 + 20},
                "2 of 9 left, renewed in 9 days",
            ),
        ):
            self.told(**values)
            self.assertEqual(self.endpoint.quota_text, words)
            self.env.cr.execute(
                "DELETE FROM integration_log_data WHERE endpoint_id = %s", (self.endpoint.id,)
            )

    def test_an_index_serves_the_form(self):
        """Opening an endpoint without quotas reads a million lines."""
        self.env.cr.execute(
            "SELECT indexdef FROM pg_indexes WHERE indexname = 'integration_log_data_quota_idx'"
        )
        (definition,) = self.env.cr.fetchone()
        self.assertIn("(endpoint_id, occurred_at) WHERE (quota_remaining IS NOT NULL)", definition)
