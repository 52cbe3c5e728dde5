"""A vendor's system that takes purchases, confirms them and announces what comes."""

from odoo.addons.integration_monitor.instrumentation import log_writer
from odoo.addons.integration_monitor.tests.common_partner import PartnerMixin
from odoo.addons.integration_monitor.tests.common_users import new_user

from .common import PurchaseCommon


class VendorCommon(PurchaseCommon):
    """Three flows of one system, with the service account that works for them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.goods.default_code = "HOOK"
        cls.system = cls.edi()
        cls.service = new_user(
            cls.env,
            "im_vendor_service",
            groups="integration_monitor.group_service,purchase.group_purchase_user,"
            "stock.group_stock_user",
            company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)],
        )
        cls.sending = cls.edi_flow(
            cls.system, "purchase.order", trigger_event="purchase.confirmed",
            handler="integration.handler.purchase.order", service_user_id=cls.service.id,
        )  # fmt: skip
        cls.confirming = cls.edi_flow(
            cls.system, "purchase.acknowledgement", service_user_id=cls.service.id,
            handler="integration.handler.purchase.acknowledgement",
        )  # fmt: skip
        cls.announcing = cls.edi_flow(
            cls.system, "purchase.asn", service_user_id=cls.service.id,
            handler="integration.handler.purchase.asn",
        )  # fmt: skip

    def told(self, flow, payload):
        """Apply what a vendor sent, as the service account, all or nothing. :return: documents"""
        flow = flow.with_user(self.service).sudo(False)
        order = self.env["purchase.order"]
        message = self.message(flow.sudo(), order).with_user(self.service).sudo(False)
        self.assertFalse(flow.env.su)
        with self.env.cr.savepoint():
            return flow._handler()._handle(message, payload)


class ListeningVendorCommon(PartnerMixin, VendorCommon):
    """A vendor who takes purchases over HTTP."""

    def setUp(self):
        super().setUp()
        self.partner.open = True
        self.sending.endpoint_id.base_url = self.partner.url

    def drain(self):
        """Work on what is due, as the queue does."""
        self.env.cr.precommit.run()
        service = self.sending._as_service()
        with (
            self.enter_registry_test_mode(),
            self.registry.cursor() as cr,
            log_writer.captured(),
        ):
            service.with_env(service.env(cr=cr))._drain()
        self.env.invalidate_all()
