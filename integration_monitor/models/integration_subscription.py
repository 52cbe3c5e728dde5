"""Who is told of which business events, and how far he has been told."""

from ast import literal_eval

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import SQL, ormcache

from .form_guard import check_editable

CONFIGURATION = frozenset({"active", "flow_id", "event_type_ids"})
# Moved by the engine, and by rewinding, which is audited.
ENGINE_FIELDS = frozenset(
    {
        "cursor_id",
        "repeat_until_id",
        "repeat_end_id",
        "repeat_new_key",
        "state",
        "pause_reason",
        "paused_at",
        "paused_by_id",
    }
)


class IntegrationSubscription(models.Model):
    """One subscriber: the events that he wants, the flow by which he gets them, his cursor.

    The cursor is the id of the last event that was handed over to the flow as a message. What
    happens to a message then (retries, dead letters, breaker, log) is the flow's matter: a
    subscriber that fails delays nobody else.
    """

    _name = "integration.subscription"
    _description = "Subscription to business events"
    _inherit = ["mail.thread", "integration.pause.mixin"]
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char(required=True, tracking=True, help="Who is told, for example “Data hub”.")
    active = fields.Boolean(default=True)
    flow_id = fields.Many2one(
        "integration.flow",
        string="Flow",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
        tracking=True,
        help="How the subscriber gets his messages: endpoint, service account, retries. Each "
        "subscriber has a flow of his own.",
    )
    system_id = fields.Many2one(related="flow_id.system_id")
    company_id = fields.Many2one(related="flow_id.company_id", store=True, index=True)
    event_type_ids = fields.Many2many("integration.event.type", string="Events", required=True)
    event_codes = fields.Char(compute="_compute_event_codes", store=True)
    warehouse_ids = fields.Many2many(
        "stock.warehouse",
        string="Warehouses",
        check_company=True,
        help="Only events of these warehouses, and those that know none: prices. Invoices and "
        "payments belong to the warehouse of their order. Empty: every warehouse.",
    )
    pricelist_id = fields.Many2one(
        "product.pricelist",
        check_company=True,
        help="Prices are told as in this pricelist. Empty: every change in every pricelist, and "
        "of the products' own prices.",
    )
    document_domain = fields.Char(
        string="Condition",
        help="Only events of documents that match, for example [('sale_ok', '=', True)]. Judged "
        "when the event is handed over.",
    )
    coalesce = fields.Boolean(
        string="Newest State Only",
        default=True,
        help="Stock and prices: changes of one product that wait together are one message.",
    )
    start_at = fields.Datetime(
        string="Events Since",
        default=fields.Datetime.now,
        required=True,
        copy=False,
        help="Events that happened before are not told. A time in the past tells of those that "
        "are kept still.",
    )
    cursor_id = fields.Integer(string="Cursor", readonly=True, copy=False)
    repeat_until_id = fields.Integer(
        readonly=True, copy=False, help="Events up to this one were told before a rewind."
    )
    repeat_end_id = fields.Integer(
        readonly=True,
        copy=False,
        help="The last event that a rewind tells again, where it does not tell all: what happened "
        "between the request and its approval was told once, and is left out.",
    )
    repeat_new_key = fields.Boolean(readonly=True, copy=False)

    _flow_uniq = models.UniqueIndex(
        "(flow_id)", "Another subscription uses this flow: each subscriber has one of his own."
    )

    @api.depends("event_type_ids.code")
    def _compute_event_codes(self):
        """Keep the codes beside each other, for the statements that compare them."""
        for subscription in self:
            codes = subscription.event_type_ids.mapped("code")
            subscription.event_codes = ",".join(sorted(codes))

    @api.model_create_multi
    def create(self, vals_list):
        """Put the cursor where the subscription begins."""
        for vals in vals_list:
            check_editable(self, vals, frozenset(self._fields) - ENGINE_FIELDS)
        subscriptions = super().create(vals_list)
        for subscription in subscriptions:
            subscription._place_cursor(subscription.start_at)
        self.env.registry.clear_cache()
        subscriptions._wake_fan_out()
        return subscriptions

    def write(self, vals):
        """Forget what was cached when somebody subscribes to something else."""
        check_editable(self, vals, frozenset(self._fields) - ENGINE_FIELDS - {"start_at"})
        result = super().write(vals)
        if CONFIGURATION & set(vals):
            self.env.registry.clear_cache()
        return result

    def unlink(self):
        """Forget what was cached, and what was told about the subscription."""
        self._resolve_told(self)
        result = super().unlink()
        self.env.registry.clear_cache()
        return result

    @api.model
    @ormcache()
    def _subscribed(self):
        """:return: dict of event code → frozenset of ids of the companies that have a subscriber

        A paused subscriber counts: his events wait for him.
        """
        found = {}
        for subscription in self.sudo().search([]):  # asked on behalf of whoever moves a document
            for code in subscription.event_type_ids.mapped("code"):
                found.setdefault(code, set()).add(subscription.company_id.id)
        return {code: frozenset(companies) for code, companies in found.items()}

    @api.constrains("flow_id")
    def _check_flow_id(self):
        """The flow must send, on nobody else's behalf, and know what an event is."""
        for subscription in self:
            flow = subscription.flow_id
            handler = flow._handler()
            if flow.direction != "outbound" or not handler._takes_events():
                raise ValidationError(
                    self.env._(
                        "Flow “%(flow)s” cannot deliver events: choose an outbound flow whose "
                        "handler is “%(handler)s”.",
                        flow=flow.name,
                        handler=self.env["integration.handler.event"]._label(),
                    )
                )
            if flow.trigger_event:
                raise ValidationError(
                    self.env._(
                        "Flow “%(flow)s” sends by itself at “%(event)s”, so its subscriber would "
                        "be told twice: empty the event on the flow, or choose another flow.",
                        flow=flow.name,
                        event=flow.trigger_event,
                    )
                )

    @api.constrains("event_type_ids")
    def _check_event_type_ids(self):
        """A subscriber of nothing is a mistake."""
        for subscription in self:
            if not subscription.event_type_ids:
                raise ValidationError(
                    self.env._("Choose at least one event for “%s”.", subscription.name)
                )

    @api.constrains("document_domain", "event_type_ids")
    def _check_document_domain(self):
        """A condition that fails would stop the subscriber's events: try it."""
        for subscription in self.filtered("document_domain"):
            model = set(subscription.event_type_ids.mapped("res_model"))
            if len(model) > 1:
                raise ValidationError(
                    self.env._(
                        "The events of “%(name)s” are about different documents, so that one "
                        "condition cannot fit all: make a subscription for each kind.",
                        name=subscription.name,
                    )
                )
            try:
                # Any document will do, also one that the administrator may not read.
                self.env[model.pop()].sudo().search(subscription._document_condition(), limit=1)
            except (ValueError, SyntaxError, TypeError, KeyError) as error:
                raise ValidationError(
                    self.env._(
                        "The condition of “%(name)s” cannot be used: %(error)s. Write it like "
                        "[('sale_ok', '=', True)].",
                        name=subscription.name,
                        error=error,
                    )
                ) from error

    def _document_condition(self):
        """:return: the ``Domain`` of the condition"""
        return Domain(literal_eval(self.document_domain or "[]"))

    def _place_cursor(self, since):
        """Put the cursor before the first event that happened at or after a moment.

        :param datetime since: UTC
        """
        self.ensure_one()
        event = self.env["integration.event"]
        horizon, _complete = event._horizon()
        row = self.env.execute_query(
            SQL("SELECT min(id) FROM integration_event WHERE occurred_at >= %s", since)
        )[0]
        # What is being written happened just now: it is behind the horizon.
        first = min(horizon, row[0] - 1) if row[0] else horizon
        self.sudo().cursor_id = first  # the engine's, whoever makes the subscription

    def _hold_waiting(self):
        """Nothing to do: the events behind the cursor wait, the messages are the flow's."""

    def _wake_after_resume(self):
        """Hand over what waited."""
        self._wake_fan_out()
