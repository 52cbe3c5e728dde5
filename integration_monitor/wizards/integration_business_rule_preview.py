"""What a business rule would find now."""

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..models.integration_business_rule_sweep import _FINDING, PREVIEW_TIMEOUT_MS

#: Lines that are shown; the counts are of all.
SHOWN = 80
VERDICTS = [
    ("new", "Would open"),
    ("changed", "Open, with other facts"),
    ("open", "Open already"),
    ("early", "Within the grace"),
    ("accepted", "A person accepted it"),
]


class IntegrationBusinessRulePreview(models.TransientModel):
    """The judgement of the sweep without its consequences, for the person's companies."""

    _name = "integration.business.rule.preview"
    _description = "Preview of a business rule"

    rule_id = fields.Many2one("integration.business.rule", required=True, ondelete="cascade")
    summary = fields.Char()
    line_ids = fields.One2many("integration.business.rule.preview.line", "preview_id")
    hidden_count = fields.Integer(string="Not Shown")

    @api.model
    def _of_rule(self, rule):
        """Judge a rule now.

        :return: the preview
        :raise UserError: the rule takes too long
        """
        # The engine judges for everybody; only documents of the person's companies are shown.
        judge = rule.sudo()
        now = fields.Datetime.now()
        self.env.flush_all()
        try:
            with self.env.cr.savepoint():
                judge._limit_time(PREVIEW_TIMEOUT_MS)
                rows = self.env.execute_query(
                    SQL(
                        """
                        %(judged)s
                        SELECT j.verdict, count(*) OVER (PARTITION BY j.verdict), %(finding)s
                          FROM judged j
                         ORDER BY array_position(ARRAY['new', 'changed', 'open', 'early'],
                                                 j.verdict), j.since, j.dedupe_key
                        """,
                        judged=judge._judged(now, self.env.companies),
                        finding=_FINDING,
                    )
                )
                judge._limit_time()
        except psycopg2.errors.QueryCanceled as error:
            raise UserError(judge._failure_text(error)) from error
        shown = rows[:SHOWN]
        texts = judge._texts([row[2:] for row in shown])
        return self.create(
            {
                "rule_id": rule.id,
                "summary": self._summary({row[0]: row[1] for row in rows}),
                "hidden_count": len(rows) - len(shown),
                "line_ids": [
                    fields.Command.create(
                        {
                            "verdict": row[0],
                            "res_model": row[2],
                            "res_id": row[3],
                            "company_id": row[4],
                            "since": row[6],
                            "amount": row[7],
                            "text": text,
                        }
                    )
                    for row, text in zip(shown, texts, strict=True)
                ],
            }
        )

    @api.model
    def _summary(self, counts):
        """:return: one sentence about the verdicts"""
        if not counts:
            return self.env._("Nothing meets the rule.")
        return self.env._(
            "Would open %(new)s now. %(open)s open already, %(early)s within the grace, "
            "%(accepted)s accepted by a person.",
            new=counts.get("new", 0),
            open=counts.get("open", 0) + counts.get("changed", 0),
            early=counts.get("early", 0),
            accepted=counts.get("accepted", 0),
        )


class IntegrationBusinessRulePreviewLine(models.TransientModel):
    """One finding."""

    _name = "integration.business.rule.preview.line"
    _description = "Finding in a preview"
    _order = "id"

    preview_id = fields.Many2one(
        "integration.business.rule.preview", required=True, index=True, ondelete="cascade"
    )
    verdict = fields.Selection(VERDICTS)
    res_model = fields.Char()
    res_id = fields.Many2oneReference(model_field="res_model")
    text = fields.Text()
    since = fields.Datetime()
    company_id = fields.Many2one("res.company")
    currency_id = fields.Many2one(related="company_id.currency_id")
    amount = fields.Monetary(string="At Stake")

    def action_open_document(self):
        """Open the document, as far as the person may read it."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "views": [(False, "form")],
        }
