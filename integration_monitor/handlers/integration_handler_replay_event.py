"""What a replay of a business event would do."""

from odoo import models

from ..tools.replay import Verdict


class IntegrationHandlerEvent(models.AbstractModel):
    """What happened did happen, whatever became of the document since: it may be told again."""

    _inherit = "integration.handler.event"

    def _replay_states(self):
        return ("none", "open", "deleted")

    def _guarded_state(self, document):
        return None

    def _replay_verdict(self, message, document, *, new_key=False):
        """Events carry their own id, by which subscribers know repetitions."""
        state = self._replay_state(message, document)
        if state in ("none", "deleted"):
            return Verdict("refuse", state, self.env._("There is no document to tell of."))
        return Verdict("replay", state, self.env._("Tells the event again, as a repetition."))
