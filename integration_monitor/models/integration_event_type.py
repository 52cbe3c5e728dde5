"""The kinds of business events that others can subscribe to."""

from odoo import fields, models

STOCK = "stock.changed"
PRICE = "price.changed"
# They tell that a state changed: who hears of the last change has missed nothing.
STATE_CODES = (STOCK, PRICE)


class IntegrationEventType(models.Model):
    """One kind of event: its code, and the model of the document that it speaks of."""

    _name = "integration.event.type"
    _description = "Kind of business event"
    _order = "sequence, code"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, readonly=True)
    res_model = fields.Char(string="Document Model", required=True, readonly=True)
    sequence = fields.Integer(default=10)
    description = fields.Char(translate=True)

    _code_uniq = models.Constraint("UNIQUE(code)", "Another kind of event has the same code.")
