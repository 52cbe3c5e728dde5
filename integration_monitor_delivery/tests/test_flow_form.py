from lxml import etree

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from odoo.addons.integration_monitor.tests.common import ROLES

from .common import CarrierCase


@tagged("post_install", "-at_install")
class TestFlowForm(CarrierCase):
    def as_role(self, role, further=""):
        """:return: the booking flow, as somebody with this role of the monitor and little else"""
        user = new_test_user(
            self.env,
            f"im_form_{role}",
            groups=f"base.group_user,integration_monitor.group_{role}{further}",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        self.env.invalidate_all()
        return self.booking_flow.with_user(user)

    def opened(self, flow):
        """Read what the form shows, as the browser does.

        :return: (what was read, whether the delivery methods may be chosen)
        """
        arch = etree.fromstring(flow.get_views([(False, "form")])["views"]["form"]["arch"])
        shown = {
            node.get("name"): node
            for node in arch.iter("field")
            if not any(parent.tag == "field" for parent in node.iterancestors())
        }
        names = {"fields": {"display_name": {}}}
        specification = {name: names if flow._fields[name].relational else {} for name in shown}
        methods = shown["delivery_method_ids"]
        return flow.web_read(specification)[0], methods.get("readonly") not in ("1", "True")

    def test_without_rights_in_sales_and_stock(self):
        """Who looks after integrations cannot open a flow: delivery methods are for sellers."""
        for role in ROLES:
            values, may_choose = self.opened(self.as_role(role))
            shown = [method["display_name"] for method in values["delivery_method_ids"]]
            self.assertEqual((shown, may_choose), (["Test Parcel"], False))

    def test_an_administrator_of_the_monitor_saves(self):
        """The form opens, and cannot be saved; or it opens the methods themselves."""
        flow = self.as_role("administrator")
        flow.web_save({"name": "Bookings"}, {"delivery_method_ids": {"fields": {}}})
        self.assertEqual(flow.name, "Bookings")
        with self.assertRaises(AccessError):
            self.carrier.with_user(flow.env.user).integration_service = "standard"

    def test_who_keeps_delivery_methods_chooses(self):
        """Nobody can choose the methods that a carrier serves any more."""
        flow = self.as_role("administrator", ",sales_team.group_sale_manager")
        self.assertTrue(self.opened(flow)[1])
        flow.web_save({"delivery_method_ids": [(3, self.carrier.id)]}, {})
        self.assertFalse(flow.delivery_method_ids)
