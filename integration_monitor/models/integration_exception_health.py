"""What to do about silence and queues that do not move."""

from odoo import api, models


class IntegrationException(models.Model):
    _inherit = "integration.exception"

    @api.depends("dedupe_key")
    def _compute_advice(self):
        return super()._compute_advice()

    def _advice_text(self):
        """Advise on what the watch over flows and queues found; else as by the kind of failure."""
        self.ensure_one()
        about = (self.dedupe_key or "").partition(":")[0]
        if about == "silence":
            if self.category == "partner":
                return self.env._(
                    "Ask the partner whether the system still sends. If the silence is right, "
                    "pause the flow or change how it is watched. This closes by itself when a "
                    "message comes."
                )
            return self.env._(
                "Look whether the documents that trigger these messages are still made. If the "
                "silence is right, pause the flow or change how it is watched. This closes by "
                "itself when a message is sent."
            )
        if about == "missing":
            if self.category == "partner":
                return self.env._(
                    "Ask the partner where the message is. If none will come, press Ignore; if "
                    "none is ever sent for such documents, change the expectation. This closes "
                    "by itself when it arrives."
                )
            return self.env._(
                "Look why the flow did not take this document: its trigger, condition and "
                "warehouses. If no message is due, press Ignore. This closes by itself when "
                "one is made."
            )
        if about == "breaker":
            return self.env._(
                "Its messages wait, and one of them tries from time to time whether it answers "
                "again. Ask the partner, or press Test Connection on the endpoint: when it "
                "answers, all go. This closes by itself then."
            )
        if about == "queue":
            return self.env._(
                "Open Reporting, Queues. If nobody works on anything, background jobs stand "
                "still: an administrator must restart Odoo. If only this one is stuck, look at "
                "its failures. This closes by itself when it moves again."
            )
        return super()._advice_text()
