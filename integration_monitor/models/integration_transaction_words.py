"""Why nothing moves, in a sentence for the people of the warehouse."""

from odoo import api, fields, models, tools
from odoo.tools.misc import format_datetime, format_time

from ..tools import order_counts


class IntegrationTransactionWords(models.Model):
    """Sentences of verdicts. Errors of programs are for the technical page."""

    _inherit = "integration.transaction"

    @api.model
    def _in_words_of(self, company_id):
        """Speak the language of a company, by its clock: what is stored has one for all readers.

        :return: self, most often
        """
        lang, tz = self._words_of(company_id)
        context = self.env.context
        # Where the context has none, that of the user would count.
        if lang == context.get("lang") and tz == context.get("tz"):
            return self
        return self.with_context(lang=lang, tz=tz)

    @api.model
    @tools.ormcache("company_id")
    def _words_of(self, company_id):
        """:return: language and time zone of a company's partner; without, English and UTC"""
        # Whoever moves a document need not read its company.
        partner = self.env["res.company"].sudo().browse(company_id).partner_id
        known = partner.lang and self.env["res.lang"]._get_data(code=partner.lang)
        return partner.lang if known else "en_US", partner.tz or "UTC"

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
        if verdict.text == "partner.dropship":
            return self.env._("The vendor has not shipped %(picking)s", **facts)
        if verdict.text.startswith("partner."):
            return self.env._("The partner has to act")
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
        return self._sentences(names)[text]

    @api.model
    def _sentences(self, names):
        """Sentences of which only the names of system and flow are unknown."""
        return {
            "maintenance": self.env._("%(system)s is in maintenance", **names),
            "rate_limit": self.env._("%(system)s asked us to slow down", **names),
            "budget": self.env._("%(flow)s waits: %(system)s was asked too often in vain", **names),
            "paused": self.env._("%(flow)s is paused", **names),
            "condition": self.env._("The condition of %(flow)s has to be corrected", **names),
            "environment": self.env._(
                "%(flow)s is held: this Odoo is not released to call %(system)s", **names
            ),
            "neutralized": self.env._("%(flow)s is held: this Odoo is a copy for trying", **names),
            "ordering": self.env._(
                "%(flow)s waits for an earlier message that somebody has to look after", **names
            ),
            "archived": self.env._(
                "%(flow)s waits: nothing goes to %(system)s at present", **names
            ),
            "gate_message": self.env._("%(flow)s is held by gating", **names),
            "manual": self.env._("%(flow)s has to be done by hand", **names),
            "quarantined": self.env._(
                "What %(system)s sent cannot be understood (%(flow)s)", **names
            ),
            "rejected": self.env._(
                "%(system)s took it and then turned it down (%(flow)s)", **names
            ),
            "acknowledgement": self.env._(
                "%(system)s has it and still has time to confirm", **names
            ),
            "message_pending": self.env._("%(flow)s is about to be sent or processed", **names),
            "partner": self.env._("%(system)s has not reported yet", **names),
        }

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
        faults = self._faults(names)
        return faults.get(facts["error_class"]) or faults["unknown"]

    @api.model
    def _faults(self, names):
        """What is wrong between us and a partner, by the kind of failure."""
        return {
            "dns": self.env._("%(system)s cannot be found", **names),
            "connect": self.env._("%(system)s cannot be reached", **names),
            "tls": self.env._("%(system)s cannot prove that it is the right one", **names),
            "timeout": self.env._("%(system)s does not answer", **names),
            "auth": self.env._("%(system)s refuses our sign-in", **names),
            "server": self.env._("%(system)s answers with an error", **names),
            "client": self.env._("%(system)s refuses what we send (%(flow)s)", **names),
            "unknown": self.env._("%(flow)s does not get through to %(system)s", **names),
        }

    @api.model
    def _step_text(self, verdict):
        """What has to be done, by the step that is awaited; or what nobody can tell."""
        whose = verdict.text.partition(".")[0]
        if whose == "team":
            texts = self._team_texts(verdict.facts.get("picking"))
        elif whose == "customer":
            texts = self._customer_texts()
        else:
            texts = self._unknown_texts(verdict.facts)
        # One sentence of a dozen is translated, for each order that waits.
        return (texts.get(verdict.text) or texts[whose])()

    @api.model
    def _team_texts(self, picking):
        """What our people have to do."""
        return {
            "team": lambda: self.env._("Somebody of our team has to do it"),
            "team.sale.validated": lambda: self.env._("The order has to be checked"),
            "team.picking.first.ready": lambda: self.env._("The goods have to be reserved"),
            "team.sale.confirmed": lambda: self.env._("The quotation has to be confirmed"),
            "team.picking.first.done": lambda: self.env._("The goods have to be picked"),
            "team.picking.pack.done": lambda: self.env._("The goods have to be packed"),
            "team.picking.out.done": lambda: self.env._("The goods have to be shipped"),
            "team.picking.draft": lambda: self.env._(
                "%(picking)s is a draft: mark it as to do", picking=picking
            ),
            "team.invoice.posted": lambda: self.env._("The invoice has to be made and posted"),
            "team.invoice.draft": lambda: self.env._("The invoice is a draft: it has to be posted"),
            "team.service": lambda: self.env._(
                "A service has to be done before it can be invoiced"
            ),
            "team.invoice.returned": lambda: self.env._(
                "The goods came back: a credit note is missing"
            ),
            "team.invoice.returned.draft": lambda: self.env._(
                "The goods came back: the credit note is a draft, it has to be posted"
            ),
            "team.invoice.returned.due": lambda: self.env._(
                "The goods came back: the credit note has to be paid out, or matched with the "
                "invoice"
            ),
        }

    @api.model
    def _customer_texts(self):
        """What the customer has to do."""
        return {
            "customer": lambda: self.env._("The customer has to do it"),
            "customer.invoice.paid": lambda: self.env._("The invoice is not paid"),
            "customer.invoice.paid.part": lambda: self.env._("The invoice is paid in part only"),
            "customer.sale.confirmed": lambda: self.env._(
                "The customer has not accepted the quotation"
            ),
        }

    @api.model
    def _unknown_texts(self, facts):
        """What nobody can tell."""
        return {
            "unknown": lambda: self.env._("Nothing here shows why it waits"),
            "unknown.held": lambda: self.env._("It is held, and nothing here shows for what"),
            "unknown.waiting": lambda: self.env._(
                "%(picking)s waits for something that does not belong to this order",
                picking=facts.get("picking"),
            ),
            "unknown.silent": lambda: self.env._(
                "%(system)s reports this step, but nothing here shows that it knows of the order",
                system=facts.get("system"),
            ),
            "unknown.no_transfer": lambda: self.env._(
                "No open transfer is left: nothing here shows who ships the goods"
            ),
            "unknown.nobody_reports": lambda: self.env._(
                "No connected system reports this step: nothing here shows how far it is"
            ),
            "unknown.released_gone": lambda: self.env._(
                "The goods were released, but what was sent is gone: nothing here shows who has "
                "them"
            ),
        }

    @api.model
    def _moment_text(self, moment):
        """Say when something was, by the clock of ``_in_words_of``: the hour, else the day, too.

        :param str moment: as PostgreSQL writes it into JSON, UTC
        """
        at = order_counts.moment(moment)
        tz = self.env.context.get("tz") or "UTC"
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
