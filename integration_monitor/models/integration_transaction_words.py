"""Why nothing moves, in a sentence for the people of the warehouse."""

from odoo import api, fields, models
from odoo.tools import LazyTranslate
from odoo.tools.misc import format_datetime, format_time

from ..tools import order_counts

_lt = LazyTranslate(__name__)

#: Sentences of which only the names of system and flow are unknown.
SENTENCES = {
    "maintenance": _lt("%(system)s is in maintenance"),
    "rate_limit": _lt("%(system)s asked us to slow down"),
    "budget": _lt("%(flow)s waits: %(system)s was asked too often in vain"),
    "paused": _lt("%(flow)s is paused"),
    "condition": _lt("The condition of %(flow)s has to be corrected"),
    "environment": _lt("%(flow)s is held: this Odoo is not released to call %(system)s"),
    "neutralized": _lt("%(flow)s is held: this is a copy of the database"),
    "gate_message": _lt("%(flow)s is held by gating"),
    "manual": _lt("%(flow)s has to be done by hand"),
    "quarantined": _lt("What %(system)s sent cannot be understood (%(flow)s)"),
    "rejected": _lt("%(system)s took it and then turned it down (%(flow)s)"),
    "acknowledgement": _lt("%(system)s has it and still has time to confirm"),
    "message_pending": _lt("%(flow)s is about to be sent or processed"),
    "partner": _lt("%(system)s has not reported yet"),
}
#: What is wrong between us and a partner, by the kind of failure.
FAULTS = {
    "dns": _lt("%(system)s cannot be found"),
    "connect": _lt("%(system)s cannot be reached"),
    "tls": _lt("%(system)s cannot prove that it is the right one"),
    "timeout": _lt("%(system)s does not answer"),
    "auth": _lt("%(system)s refuses our sign-in"),
    "server": _lt("%(system)s answers with an error"),
    "client": _lt("%(system)s refuses what we send (%(flow)s)"),
    "unknown": _lt("%(flow)s does not get through to %(system)s"),
}
#: What has to be done by whom, and what nobody can tell.
STEP_TEXTS = {
    "team": _lt("Somebody of our team has to do it"),
    "team.sale.confirmed": _lt("The quotation has to be confirmed"),
    "team.picking.first.done": _lt("The goods have to be picked"),
    "team.picking.pack.done": _lt("The goods have to be packed"),
    "team.picking.out.done": _lt("The goods have to be shipped"),
    "team.picking.draft": _lt("%(picking)s is a draft: mark it as to do"),
    "team.invoice.posted": _lt("The invoice has to be made and posted"),
    "team.invoice.draft": _lt("The invoice is a draft: it has to be posted"),
    "team.invoice.returned": _lt("The goods came back: a credit note is missing"),
    "customer": _lt("The customer has to do it"),
    "customer.invoice.paid": _lt("The invoice is not paid"),
    "customer.invoice.paid.part": _lt("The invoice is paid in part only"),
    "customer.sale.confirmed": _lt("The customer has not accepted the quotation"),
    "unknown": _lt("Nothing here shows why it waits"),
    "unknown.held": _lt("It is held, and nothing here shows for what"),
    "unknown.waiting": _lt("%(picking)s waits for something that does not belong to this order"),
    "unknown.silent": _lt(
        "%(system)s reports this step, but nothing here shows that it knows of the order"
    ),
    "unknown.no_transfer": _lt("No open transfer is left: nothing here shows who ships the goods"),
    "unknown.nobody_reports": _lt(
        "No connected system reports this step: nothing here shows how far it is"
    ),
    "unknown.released_gone": _lt(
        "The goods were released, but what was sent is gone: nothing here shows who has them"
    ),
}


class IntegrationTransactionWords(models.Model):
    """Sentences of verdicts. Errors of programs are for the technical page."""

    _inherit = "integration.transaction"

    @api.model
    def _blame_text(self, verdict):
        """Say in one sentence why nothing moves.

        :param verdict: a ``tools.blame.Blame``
        :return: text, None when nothing is awaited
        """
        facts = verdict.facts
        if verdict.text == "none":
            return None
        if verdict.text == "exception":
            return facts["title"]
        if verdict.text in ("message_failed", "message_retry"):
            return self._failure_text(verdict)
        if verdict.text.startswith(("team.", "customer.", "unknown")):
            return self._step_text(verdict)
        names = {
            "system": facts.get("system") or facts.get("endpoint") or self.env._("the partner"),
            "flow": facts.get("flow"),
        }
        return self._message_text(verdict.text, names, facts)

    @api.model
    def _message_text(self, text, names, facts):
        """What holds up a message, a document or a system.

        :param str text: name of the sentence
        :param dict names: ``system`` and ``flow``
        """
        if text == "breaker":
            return self.env._(
                "%(system)s has not been answering since %(since)s",
                system=names["system"],
                since=self._moment_text(facts["breaker_since"]),
            )
        if text == "dependency":
            return self.env._(
                "%(root)s is out, and %(system)s needs it",
                root=facts["system"],
                system=facts["for"] or self.env._("the partner"),
            )
        if text == "transformation":
            return self.env._(
                "%(system)s could not pass it on: “%(step)s” failed there",
                system=names["system"],
                step=facts["failed_step"],
            )
        if text == "mapping_named":
            return self.env._(
                "%(system)s says “%(value)s”, and nobody told us what that is: choose it under "
                "Mappings",
                system=names["system"],
                value=facts["problem"]["source_value"],
            )
        if text == "acknowledgement_overdue":
            return self.env._(
                "%(system)s should have confirmed by %(due)s",
                system=names["system"],
                due=self._moment_text(facts["ack_due_at"]),
            )
        if text == "gate":
            return self.env._(
                "%(document)s is held by gating: “%(step)s” is not reached (%(gate)s)",
                document=facts["document"], step=facts["step"], gate=facts["gate"],
            )  # fmt: skip
        if text == "stock":
            return self.env._("No goods are reserved for %(picking)s", picking=facts["picking"])
        if text == "message_pending" and facts["behind"]:
            return self.env._("%(flow)s waits its turn", flow=names["flow"])
        return self.env._(SENTENCES[text]) % names

    @api.model
    def _failure_text(self, verdict):
        """What does not work between us and the partner, and since when.

        When it is tried again is told where it is read; see ``banner``.
        """
        facts = verdict.facts
        if verdict.category == "business" and facts["error"]:
            return _short(facts["error"])  # handlers say for people what has to be corrected
        what = self._fault_text(facts)
        if facts["behind"]:
            what = self.env._("An earlier message comes first: %(what)s", what=what)
        since = self._moment_text(facts["since"])
        if verdict.text == "message_retry":
            return self.env._("%(what)s since %(since)s", what=what, since=since)
        return self.env._(
            "%(what)s since %(since)s, and nothing is tried any more", what=what, since=since
        )

    @api.model
    def _fault_text(self, facts):
        """What is wrong, by the kind of failure."""
        names = {
            "system": facts["system"] or facts["endpoint"] or self.env._("The partner"),
            "flow": facts["flow"],
        }
        if facts["direction"] == "inbound":
            return self.env._("%(flow)s came in and could not be worked on here", **names)
        sentence = FAULTS.get(facts["error_class"]) or FAULTS["unknown"]
        return self.env._(sentence) % names

    @api.model
    def _step_text(self, verdict):
        """What has to be done, by the step that is awaited; or what nobody can tell."""
        text = STEP_TEXTS.get(verdict.text) or STEP_TEXTS[verdict.text.partition(".")[0]]
        return self.env._(text) % verdict.facts

    @api.model
    def _moment_text(self, moment):
        """Say when something was, in the company's time: the hour of today, else the day, too.

        :param str moment: as PostgreSQL writes it into JSON, UTC
        """
        at = order_counts.moment(moment)
        tz = self.env.company.partner_id.tz or "UTC"
        local = self.with_context(tz=tz)
        days = [
            fields.Datetime.context_timestamp(local, when).date()
            for when in (at, fields.Datetime.now())
        ]
        if days[0] == days[1]:
            return format_time(self.env, at, tz=tz, time_format="short")
        return format_datetime(self.env, at, tz=tz, dt_format="short")


def _short(text, limit=160):
    """One line of an error, short enough for a banner."""
    line = text.strip().partition("\n")[0]
    return line if len(line) <= limit else f"{line[: limit - 1]}…"
