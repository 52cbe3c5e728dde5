import os

from odoo.tests import TransactionCase, tagged

from odoo.addons.integration_monitor.tests.common_company import COPY_VARIABLE

PARAMETER = "integration_monitor.test_kept_caches"
EXTERNAL_ID = "integration_monitor.test_kept_caches"


@tagged("post_install", "-at_install")
class TestKeptCaches(TransactionCase):
    """Tests run in the order of their names: what one has cached may meet the next one."""

    def test_1_changes(self):
        """What the tests below look for is there, and cached."""
        self.env["ir.config_parameter"].set_param(PARAMETER, "changed")
        self.assertEqual(self.env["ir.config_parameter"].get_param(PARAMETER), "changed")

    def test_2_names(self):
        """The same of an external id, for which nobody empties a cache."""
        names = self.env["ir.model.data"]
        partner = self.env.user.partner_id
        names._update_xmlids([{"xml_id": EXTERNAL_ID, "record": partner}])
        self.assertEqual(names._xmlid_to_res_id(EXTERNAL_ID), partner.id)

    def test_3_nothing_of_it_is_left(self):
        """A test sees in a cache what another one has made and taken back."""
        self.assertFalse(self.env["ir.config_parameter"].get_param(PARAMETER))
        self.assertFalse(self.env["ir.model.data"]._xmlid_to_res_id(EXTERNAL_ID))

    def test_4_what_nobody_changed_stays(self):
        """Each test reads what the one before it has read; as it does without the test runner."""
        with self.assertQueryCount(0 if os.environ.get(COPY_VARIABLE) else 1):
            self.env["ir.config_parameter"].get_param(PARAMETER)
