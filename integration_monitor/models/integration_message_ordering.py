"""Which earlier messages of its key a message waits for, and who decides that it need not."""

from odoo import api, fields, models
from odoo.tools import SQL

from .integration_message import UNFINISHED

FAILED = ("dead", "quarantined")
# Earlier messages with these holds go on when a person has done something.
FOR_A_PERSON = ("manual", "condition", "neutralized")


class IntegrationMessage(models.Model):
    """With ``ordering`` a message waits for its unfinished predecessors of the same key.

    A replay is as old as what it repeats, so that no two messages can wait for each other. None
    waits for what it repeats, withdraws or replaces, nor for a failure whose exception a person has
    closed: that is his decision that the rest goes on.
    """

    _inherit = "integration.message"

    let_pass = fields.Boolean(
        readonly=True,
        copy=False,
        help="It failed, and a person closed its exception: later messages of its key go on.",
    )
    passes_failed = fields.Boolean(
        readonly=True,
        copy=False,
        help="It withdraws what an earlier message of its key told: it goes although that failed.",
    )
    origin_id = fields.Many2one(
        "integration.message",
        string="First of Its Replays",
        readonly=True,
        copy=False,
        index="btree_not_null",
    )
    waits_for_id = fields.Many2one(
        "integration.message", string="Waits For", compute="_compute_waits_for_id"
    )

    _ordering_idx = models.Index(
        "(flow_id, ordering_key, COALESCE(origin_id, replay_of_id, id)) "
        "WHERE ordering_key IS NOT NULL AND let_pass IS NOT TRUE "
        "AND state IN ('pending', 'processing', 'retry', 'dead', 'quarantined')"
    )

    @api.model
    def _precedes_condition(self, states=UNFINISHED):
        """:return: the condition that message ``m`` has to wait for message ``b``

        ``_ordering_idx`` serves it.

        :param tuple states: of ``b``, out of ``UNFINISHED``
        """
        return SQL(
            """b.flow_id = m.flow_id AND b.ordering_key = m.ordering_key
               AND COALESCE(b.origin_id, b.replay_of_id, b.id)
                   < COALESCE(m.origin_id, m.replay_of_id, m.id)
               AND b.state IN %(states)s AND b.let_pass IS NOT TRUE
               AND (b.state NOT IN %(failed)s
                    OR (m.passes_failed IS NOT TRUE
                        AND (b.coalesce_key = m.coalesce_key) IS NOT TRUE))""",
            states=states,
            failed=FAILED,
        )

    @api.model
    def _needs_person_condition(self):
        """:return: the condition that message ``b`` does not go on by itself"""
        return SQL("(b.state IN %s OR (b.held AND b.hold_reason IN %s))", FAILED, FOR_A_PERSON)

    @api.depends("hold_reason", "ordering_key")
    def _compute_waits_for_id(self):
        """Find the first earlier message that a person has to look after: one query for all."""
        self.waits_for_id = False
        waiting = self.filtered(lambda message: message.hold_reason == "ordering")
        if not waiting:
            return
        self.flush_model(["state", "let_pass", "held", "hold_reason"])
        found = dict(
            self.env.execute_query(
                SQL(
                    """SELECT m.id, min(b.id)
                         FROM integration_message m JOIN integration_message b ON %s
                        WHERE m.id IN %s AND %s GROUP BY m.id""",
                    self._precedes_condition(),
                    waiting._ids,
                    self._needs_person_condition(),
                )
            )
        )
        for message in waiting:
            message.waits_for_id = found.get(message.id, False)

    def _set_let_pass(self, let_pass):
        """Let later messages go past those of these that failed, or let them wait again."""
        changed = self.filtered(lambda m: m.state in FAILED and m.let_pass != let_pass)
        if not changed:
            return
        changed.write({"let_pass": let_pass})
        changed._let_next_go()

    def _let_next_go(self):
        """A person has decided on these: bring what comes after them in line with that."""
        flows = self.filtered("ordering_key").flow_id.filtered("ordering")
        flows._sync_holds()
        flows._wake()
