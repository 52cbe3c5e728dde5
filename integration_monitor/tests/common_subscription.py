"""Subscribers of business events, and the job that serves them."""

from odoo import Command

from ..tools.http_client import HttpResponse
from .common import IntegrationCase
from .test_wms_release import WmsCase

OK = HttpResponse(status=202, headers={}, body=b"", elapsed_ms=1.0, address="127.0.0.1")


class SubscriptionCase(WmsCase):
    """A warehouse with stock, and subscribers as many as a test asks for."""

    own_flow = IntegrationCase.own_flow
    drain = IntegrationCase.drain
    answers = IntegrationCase.answers

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.service.group_ids |= cls.env.ref("account.group_account_readonly")
        cls.product = cls.products["IPOD2008GREEN"]

    @classmethod
    def event_types(cls, *codes):
        """:return: the kinds of events with these codes"""
        return cls.env["integration.event.type"].search([("code", "in", codes)])

    @classmethod
    def subscriber(cls, *codes, flow=None, **values):
        """:return: a subscription with a flow of its own, to ``codes`` or else to stock"""
        number = cls.env["integration.flow"].search_count([])
        flow = flow or cls._make_flow(
            "integration.handler.event",
            f"subscriber.{number}",
            direction="outbound",
            endpoint_id=cls.endpoint.id,
            style="event",
            payload_policy="keep",
        )
        return cls.env["integration.subscription"].create(
            {
                "name": f"Subscriber {number}",
                "flow_id": flow.id,
                "event_type_ids": [
                    Command.set(cls.event_types(*(codes or ("stock.changed",))).ids)
                ],
                **values,
            }
        )

    def change_stock(self, products=None, warehouse=None):
        """Let a level change, as a reservation that Odoo corrects does."""
        warehouse = warehouse or self.warehouse
        levels = self.env["integration.milestone"]._notes().levels
        levels[self.company.id, warehouse.id].update((products or self.product).ids)
        self.env.cr.flush()

    def fan_out(self):
        """Run the job as the queue does, on a cursor of its own."""
        self.env.cr.flush()
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            self.env["integration.subscription"].sudo().with_env(
                self.env(cr=cr, su=True)
            )._fan_out()
        self.env.invalidate_all()

    def messages(self, subscription):
        """:return: the messages of a subscriber, oldest first"""
        return self.env["integration.message"].search(
            [("flow_id", "=", subscription.flow_id.id)], order="id"
        )

    def events(self):
        """:return: all events, oldest first"""
        return self.env["integration.event"].search([], order="id")

    def payload(self, message):
        """:return: what the handler builds for a message, as the service account"""
        message = message.with_user(self.service).sudo(False)
        message = message.with_context(allowed_company_ids=self.company.ids)
        return message.flow_id._handler()._prepare(message)
