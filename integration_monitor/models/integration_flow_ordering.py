"""Messages that keep their order: which are first of their key, and what the others show."""

from odoo import models
from odoo.tools import SQL

from .integration_flow_wake import SYNC_BATCH


class IntegrationFlow(models.Model):
    """What waits for an earlier message that a person has to look after is shown as held."""

    _inherit = "integration.flow"

    def _first_condition(self):
        """:return: the condition on message ``m`` that it is the first of its key"""
        if not self.sudo().ordering:  # whoever works for a flow need not read its settings
            return SQL("TRUE")
        return SQL(
            """(m.ordering_key IS NULL
                OR NOT EXISTS (SELECT 1 FROM integration_message b WHERE %s))""",
            self.env["integration.message"]._precedes_condition(),
        )

    def _sync_holds(self):
        """Beside switches: show or release what waits for an earlier message."""
        self._sync_order(held=True)
        result = super()._sync_holds()
        self._sync_order(held=False)
        return result

    def _sync_order(self, *, held):
        """Release the held messages that need not wait any more, or hold those that have to.

        One statement for all flows, which begins with the few messages that are waited for; what
        is left of a great many comes with the next sweep.

        :param bool held: look at those that are shown as held
        """
        flows = self if held else self.sudo().filtered("ordering")
        if not flows:
            return
        Message = self.env["integration.message"]
        Message.flush_model()
        rows = self.env.execute_query(
            SQL(
                """WITH b AS MATERIALIZED (
                        SELECT b.id, b.flow_id, b.ordering_key, b.state, b.let_pass,
                               b.coalesce_key, b.origin_id, b.replay_of_id
                          FROM integration_message b
                          JOIN integration_flow f ON f.id = b.flow_id AND f.ordering
                         WHERE b.flow_id IN %(flows)s AND b.ordering_key IS NOT NULL
                           AND b.let_pass IS NOT TRUE AND %(stopped)s
                   )
                   UPDATE integration_message SET held = %(hold)s, hold_reason = %(reason)s
                    WHERE id IN (
                          SELECT m.id FROM integration_message m
                           WHERE m.flow_id IN %(flows)s AND m.state IN ('pending', 'retry')
                             AND %(shown)s %(negated)s EXISTS (SELECT 1 FROM b WHERE %(precedes)s)
                           ORDER BY m.id LIMIT %(batch)s FOR NO KEY UPDATE OF m SKIP LOCKED)
                RETURNING flow_id""",
                flows=flows._ids,
                stopped=Message._needs_person_condition(),
                hold=not held,
                reason=None if held else "ordering",
                shown=SQL("m.held AND m.hold_reason = 'ordering' AND")
                if held
                else SQL("m.held IS NOT TRUE AND m.ordering_key IS NOT NULL AND"),
                negated=SQL("NOT") if held else SQL(""),
                precedes=Message._precedes_condition(),
                batch=SYNC_BATCH,
            )
        )
        Message.invalidate_model(["held", "hold_reason"])
        for flow in self.sudo().browse({row[0] for row in rows}):  # messages are the engine's
            flow._refresh_waiting_blame()
