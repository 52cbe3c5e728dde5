"""Orders from before the installation get their transactions."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..tools.return_root import RETURN
from ..tools.return_snapshot_sql import IS_RETURN
from .form_guard import check_editable

# What people choose; the rest is the engine's, and the buttons'.
EDITABLE = frozenset({"company_id", "root_model", "since"})
OPEN_STATES = ("draft", "running", "paused")


class IntegrationAdoption(models.Model):
    """One pass over a company's confirmed orders, the newest first; see ``_run``.

    Orders that have a transaction are left out, so that a pass may be repeated, and that whatever
    moves meanwhile is recorded by itself.
    """

    _name = "integration.adoption"
    _description = "Adoption of existing orders"
    _order = "id desc"
    _rec_name = "company_id"

    company_id = fields.Many2one(
        "res.company",
        required=True,
        ondelete="cascade",
        index=True,
        default=lambda self: self.env.company,
    )
    root_model = fields.Selection(
        [("sale.order", "Sales Orders"), ("stock.picking", "Customer Returns")],
        string="Which Orders",
        required=True,
        default="sale.order",
    )
    since = fields.Date(
        string="Ordered Since", help="Older orders are left alone. Empty: every confirmed order."
    )
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("running", "Running"),
            ("paused", "Paused"),
            ("done", "Done"),
            ("cancelled", "Cancelled"),
        ],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
    )
    cursor_id = fields.Integer(
        readonly=True, copy=False, help="Orders from this one on have been looked at; 0: none yet."
    )
    total_count = fields.Integer(string="Orders", readonly=True, copy=False)
    done_count = fields.Integer(string="Adopted", readonly=True, copy=False)
    failed_count = fields.Integer(string="Failed", readonly=True, copy=False)
    failed_names = fields.Char(string="Which Failed", readonly=True, copy=False)
    started_at = fields.Datetime(readonly=True, copy=False)
    worked_at = fields.Datetime(string="Last Progress", readonly=True, copy=False)
    ended_at = fields.Datetime(readonly=True, copy=False)
    worked_seconds = fields.Float(readonly=True, copy=False, help="Without pauses.")
    progress = fields.Float(string="Progress (%)", compute="_compute_progress", aggregator=None)
    remaining_minutes = fields.Integer(
        string="Minutes Left", compute="_compute_progress", aggregator=None
    )

    _open_uniq = models.UniqueIndex(
        "(company_id, root_model) WHERE state IN ('draft', 'running', 'paused')",
        "An adoption of these orders of the company is open already: continue or cancel that one.",
    )

    @api.depends("state", "total_count", "done_count", "failed_count", "worked_seconds")
    def _compute_progress(self):
        """Tell how much is done, and how long the rest takes at the same speed."""
        for adoption in self:
            seen = adoption.done_count + adoption.failed_count
            left = max(adoption.total_count - seen, 0)
            share = 100.0 * seen / adoption.total_count if adoption.total_count else 0.0
            adoption.progress = 100.0 if adoption.state == "done" else min(share, 99.9)
            speed = seen / adoption.worked_seconds if adoption.worked_seconds else 0.0
            running = adoption.state in ("running", "paused") and speed
            adoption.remaining_minutes = -(-left // (speed * 60)) if running else 0

    @api.model_create_multi
    def create(self, vals_list):
        """Counters are the engine's, also over RPC."""
        for vals in vals_list:
            check_editable(self, vals, EDITABLE)
        return super().create(vals_list)

    def write(self, vals):
        """As on creation; what runs keeps what it was started with."""
        check_editable(self, vals, EDITABLE)
        if EDITABLE & set(vals) and self.filtered(lambda adoption: adoption.state != "draft"):
            raise UserError(
                self.env._(
                    "An adoption that was started keeps its orders: cancel it, and begin anew."
                )
            )
        return super().write(vals)

    def action_start(self):
        """Count what there is to do, and begin or go on."""
        self.check_access("write")
        for adoption in self.filtered(lambda adoption: adoption.state in ("draft", "paused")):
            values = {"state": "running", "worked_at": fields.Datetime.now()}
            if adoption.state == "draft":
                values |= {"started_at": fields.Datetime.now(), "total_count": adoption._count()}
            adoption.sudo().write(values)  # what happens is the engine's to write down
            adoption._enqueue()

    def action_pause(self):
        """Stop after the batch in work; :meth:`action_start` goes on from there."""
        self._set_state("paused", ("running",))

    def action_cancel(self):
        """Stop for good; what was adopted stays."""
        self._set_state("cancelled", OPEN_STATES)

    def _set_state(self, state, allowed):
        self.check_access("write")
        adoptions = self.filtered(lambda adoption: adoption.state in allowed)
        values = {"state": state}
        if state == "cancelled":
            values["ended_at"] = fields.Datetime.now()
        adoptions.sudo().write(values)  # as above

    def action_open_transactions(self):
        """Open the transactions of the company."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "integration_monitor.action_integration_transaction"
        )
        action["context"] = {}
        action["domain"] = [
            ("company_id", "=", self.company_id.id),
            ("res_model", "=", self.root_model),
        ]
        return action

    @api.ondelete(at_uninstall=False)
    def _unlink_unless_running(self):
        """Keep the ground under a job."""
        if self.filtered(lambda adoption: adoption.state == "running"):
            raise UserError(self.env._("Cancel the adoption first: it is running."))

    def _date_column(self):
        """:return: SQL of the column that says when an order was made"""
        returns = self.root_model == RETURN.model
        return SQL.identifier("create_date" if returns else "date_order")

    def _waiting_orders(self):
        """:return: SQL from ``FROM`` on, of the orders ``o`` that wait for adoption"""
        self.ensure_one()
        root = self.env["integration.transaction"]._roots()[self.root_model]
        return SQL(
            """FROM %(table)s o
              WHERE o.company_id = %(company)s AND o.state = ANY(%(states)s) AND %(since)s
                AND %(rest)s AND %(kind)s
                AND NOT EXISTS (SELECT FROM integration_transaction t
                                 WHERE t.res_model = %(model)s AND t.res_id = o.id)""",
            table=SQL.identifier(root.table),
            model=root.model,
            states=list(root.followed),
            company=self.company_id.id,
            since=SQL("o.%s >= %s", self._date_column(), self.since) if self.since else SQL("TRUE"),
            # Of transfers only some own a transaction.
            kind=SQL(IS_RETURN.format("o")) if self.root_model == RETURN.model else SQL("TRUE"),
            rest=SQL("o.id < %s", self.cursor_id) if self.cursor_id else SQL("TRUE"),
        )

    def _count(self):
        """:return: number of orders that wait for adoption"""
        self.env[self.root_model].flush_model()
        query = SQL("SELECT count(*) %s", self._waiting_orders())
        return self.env.execute_query(query)[0][0]

    @api.model
    def _adopt_all(self, root_model="sale.order"):
        """Begin for each company that has confirmed orders; called after the installation."""
        adoptions = self.create(
            [
                {"company_id": company.id, "root_model": root_model}
                for company in self.env["res.company"].search([])
            ]
        )
        idle = adoptions.filtered(lambda adoption: not adoption._count())
        idle.unlink()
        (adoptions - idle).action_start()
