"""What a person has seen, and no message told."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from ..models.integration_exception import CATEGORIES


class IntegrationExceptionByHand(models.TransientModel):
    """Opens an exception as the engine does: owner rules, activity, deadline and blame.

    It closes when a person closes it, and not by itself: nobody but he who saw it can tell that it
    is over.
    """

    _name = "integration.exception.by.hand"
    _description = "Open an integration exception by hand"

    name = fields.Char(string="Title", required=True)
    text = fields.Text(string="What Happened", required=True)
    category = fields.Selection(CATEGORIES, required=True, default="business")
    severity = fields.Selection(
        [("critical", "Critical"), ("high", "High"), ("normal", "Normal"), ("low", "Low")],
        required=True,
        default="normal",
    )
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    system_id = fields.Many2one(
        "integration.system", help="Whose it is, if it is about a system; owner rules ask for it."
    )
    transaction_id = fields.Many2one("integration.transaction")
    document = fields.Reference(selection="_selection_document")
    user_id = fields.Many2one(
        "res.users",
        string="Owner",
        domain=[("share", "=", False)],
        help="Empty: whom the owner rules name.",
    )
    deadline_at = fields.Datetime(string="Deadline", help="Empty: as the owner rules say.")

    @api.model
    def _document_models(self):
        """:return: models of the documents that an exception may be about"""
        return ["sale.order", "stock.picking", "account.move", "account.payment"]

    @api.model
    def _selection_document(self):
        models_ = self.env["ir.model"].sudo()  # names of models are no secret
        return [(model, models_._get(model).name) for model in self._document_models()]

    @api.model
    def default_get(self, fields_list):
        """Take the transaction or document that is looked at."""
        values = super().default_get(fields_list)
        model, record_id = self.env.context.get("active_model"), self.env.context.get("active_id")
        if not record_id or model not in (*self._document_models(), "integration.transaction"):
            return values
        record = self.env[model].browse(record_id)
        if model == "integration.transaction":
            values.setdefault("transaction_id", record.id)
        else:
            values.setdefault("document", f"{model},{record.id}")
            values.setdefault("transaction_id", record.integration_transaction_ids[:1].id)
        if record.company_id:
            values["company_id"] = record.company_id.id
        return values

    def action_open(self):
        """Open the exception, and show it."""
        self.ensure_one()
        if not (self.name or "").strip() or not (self.text or "").strip():
            raise ValidationError(self.env._("Say in a title and a text what happened."))
        transaction, document = self.transaction_id, self.document
        # As the person: nobody writes about what he may not see.
        for record in (transaction, document, self.system_id):
            if record:
                record.check_access("read")
        company = transaction.company_id or (document and document.company_id) or self.company_id
        if company not in self.env.user.company_ids:
            raise AccessError(self.env._("You do not work for %s.", company.sudo().name))
        self._check_owner(company)
        engine = transaction.sudo()  # amounts are not shown, they order the list
        if not document and engine.res_id and engine.res_model in self.env:
            document = self.env[engine.res_model].browse(engine.res_id)
        [exception] = self.env["integration.exception"]._open(
            [
                {
                    "name": self.name.strip(),
                    "error_message": self.text.strip(),
                    "category": self.category,
                    "severity": self.severity,
                    "company_id": company.id,
                    "system_id": self.system_id.id,
                    "transaction_id": transaction.id,
                    "res_model": document._name if document else False,
                    "res_id": document.id if document else False,
                    "partner_id": engine.partner_id.id or self.system_id.partner_id.id,
                    "amount_at_stake": 0.0
                    if engine.state == "completed"
                    else engine.amount_company,
                    "user_id": self.user_id.id,
                    "deadline_at": self.deadline_at,
                    "opened_by_id": self.env.uid,
                    "by_person": True,
                }
            ]
        )
        return {
            "type": "ir.actions.act_window",
            "res_model": exception._name,
            "res_id": exception.id,
            "views": [(False, "form")],
        }

    def _check_owner(self, company):
        """Raise UserError if the owner could not see the exception."""
        owner = self.user_id.sudo()  # groups of others
        if owner and (
            not owner.has_group("integration_monitor.group_viewer")
            or company not in owner.company_ids
        ):
            raise UserError(
                self.env._(
                    "%(user)s cannot see exceptions of %(company)s: choose another owner.",
                    user=owner.name,
                    company=company.name,
                )
            )
