"""The sentences about an order: in plain words, and in one language for all readers."""

from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged
from odoo.tools.translate import code_translations

from .common_transaction_blame import TECHNICAL, BlamedOrders

NAMES = {"system": "Main WMS", "flow": "Order release"}


@tagged("post_install", "-at_install")
class TestBlameWords(BlamedOrders):
    def test_plain_words(self):
        """A packer reads of endpoints and databases."""
        owners = self.env["integration.transaction"]
        sentences = {
            **owners._sentences(NAMES),
            **owners._faults(NAMES),
            **owners._team_texts("WH/OUT/1"),
            **owners._customer_texts(),
            **owners._unknown_texts({"picking": "WH/OUT/1", "system": "Main WMS"}),
        }
        for name in ("breaker", "dependency", "transformation", "mapping_named", "gate", "stock",
                     "acknowledgement_overdue", "message_pending"):  # fmt: skip
            sentences[name] = owners._message_text(name, NAMES, self._facts())
        for direction in ("inbound", "outbound"):
            facts = {**self._facts(), **NAMES, "direction": direction, "error_class": "x"}
            sentences[direction] = owners._fault_text(facts)
        self.assertGreater(len(sentences), 40)
        for name, sentence in sentences.items():
            sentence = sentence() if callable(sentence) else sentence
            self.assertNotRegex(sentence, TECHNICAL, name)

    def _facts(self):
        now = str(fields.Datetime.now())
        return {
            "breaker_since": now, "system": "Main WMS", "endpoint": "", "for": "Shop",
            "failed_step": "Translate", "problem": {"source_value": "PCE"}, "ack_due_at": now,
            "document": "WH/OUT/1", "step": "Paid", "gate": "Prepaid", "picking": "WH/OUT/1",
            "behind": True,
        }  # fmt: skip

    def test_language_of_the_company(self):
        """Whoever touches an order last decides in which language all others read why it waits."""
        self.env["res.lang"]._activate_lang("fr_FR")
        self.flow.active = False
        order = self.order(user_id=self.env.uid)
        order.with_context(disable_cancel_warning=True).action_cancel()
        order.with_context(lang="fr_FR").action_draft()
        self._translated()
        for company_lang, reader, on, why in (
            ("en_US", "fr_FR", "Sales", "The order has to be checked"),
            ("fr_FR", "en_US", "Ventes", "La commande doit être vérifiée"),
            (False, "fr_FR", "Sales", "The order has to be checked"),
        ):
            self.company.partner_id.lang = company_lang
            owner = self.owner(order).with_context(lang=reader)
            owner._refresh_blame()
            self.assertEqual((owner.waits_on, owner.cause_text), (on, why), company_lang)

    def _translated(self):
        """Give the addon words of another language, as a file of it would."""
        words = {
            "Sales": "Ventes",
            "The order has to be checked": "La commande doit être vérifiée",
        }
        original = code_translations.get_python_translations

        def known(module, lang):
            if (module, lang) == ("integration_monitor", "fr_FR"):
                return words
            return original(module, lang)

        self.startPatcher(patch.object(code_translations, "get_python_translations", known))

    def test_clock_of_the_company(self):
        """Whoever touches an order last decides by whose clock all others read since when."""
        self.company.partner_id.tz = "Asia/Tokyo"
        other = self.env["res.company"].create({"name": "Elsewhere"})
        other.partner_id.tz = "America/New_York"
        words = self.env["integration.transaction"].with_context(
            allowed_company_ids=other.ids, tz="Europe/Berlin"
        )
        told = [
            words._in_words_of(company.id)._moment_text("2026-01-09T20:00:00")
            for company in (self.company, other)
        ]
        self.assertIn("1/10/26, 5:00", told[0])
        self.assertIn("1/9/26, 3:00", told[1])
        self.company.partner_id.tz = "UTC"
        again = words._in_words_of(self.company.id)
        self.assertIn("1/9/26, 8:00", again._moment_text("2026-01-09T20:00:00"))

    def test_languages_cost_nothing(self):
        """Each confirmation asks in which language the company reads."""
        order = self.order()
        order._integration_note(("state",))
        self.record()
        order._integration_note(("state",))
        with self.assertLogs("odoo.sql_db", "DEBUG") as log:
            self.record()
        self.assertFalse([line for line in log.output if "res_company" in line])
        self.assertFalse([line for line in log.output if '"lang"' in line])

    def test_note_and_digest(self):
        """The note on a late order and the mail of the day quote what a partner's program said."""
        order = self.order()
        self._message(
            order,
            state="dead",
            error_class="business",
            error_message='The partner answered HTTP 422. It said: {"error": {"code": 7}}',
        )
        owner = self._judge(order).sudo()
        self.assertIn("HTTP 422", owner.cause_text)
        now = fields.Datetime.now()
        self.env["integration.transaction"].sudo().search([]).write(
            {"timeliness": "on_track", "tick_at": False}
        )
        owner.write({"timeliness": "missed", "due_at": now})
        self.env.flush_all()
        owner._note_breach(now)
        note = order.message_ids[:1].body
        self.assertIn("The partner did not accept it", note)
        self.assertNotRegex(note, TECHNICAL)
        figures = self.env["integration.digest"]._figures(self.company)
        body = self.env["ir.qweb"]._render(
            "integration_monitor.digest_body", {**figures, "user": self.env.user}
        )
        self.assertIn("The partner did not accept it", body)
        self.assertNotIn("HTTP 422", body)
