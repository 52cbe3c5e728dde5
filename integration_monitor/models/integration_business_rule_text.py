"""What exceptions of business rules say: placeholders become the document's values."""

from datetime import timedelta

from odoo import api, models
from odoo.exceptions import ValidationError

from ..tools import fingerprint, placeholders
from ..tools.redaction_patterns import is_credential_name

#: Words that every rule's text may have.
COMMON_WORDS = ("document", "partner", "amount", "since")
#: Kinds of fields whose values can stand in a text.
_IN_TEXTS = (
    "char", "text", "selection", "integer", "float", "monetary", "date", "datetime", "boolean",
    "many2one",
)  # fmt: skip


class IntegrationBusinessRule(models.Model):
    """Texts are checked when they are written: a sweep finds no mistake in them."""

    _inherit = "integration.business.rule"

    @api.model
    def _check_words(self):
        """:return: dict of check code to the words that its findings have in ``detail``"""
        quantities = ("lines", "ordered", "shipped", "returned", "invoiced")
        return {
            "shipped_not_invoiced": quantities,
            "invoiced_not_shipped": quantities,
            "quantities_differ": quantities,
            "return_without_refund": quantities,
            "price_differs": ("total", "stated", "lines", "currency", "system"),
            "negative_stock": ("quantity", "location"),
            "reservation_failed": ("products", "missing"),
            "duplicate_order": ("other", "reference"),
            "stuck_step": ("step", "hours", "usual", "cases"),
            "unmapped_value": ("value", "kind", "system", "messages", "waiting"),
        }

    def _words(self):
        """:return: list of the words that may stand in braces in the rule's text"""
        self.ensure_one()
        if self.check_code != "domain":
            return [*COMMON_WORDS, *self._check_words().get(self.check_code, ())]
        records = self.env.get(self.model or "")
        found = [] if records is None else records._fields.items()
        return [
            *COMMON_WORDS,
            *(
                name
                for name, field in found
                if field.type in _IN_TEXTS
                and field.store
                and not field.groups
                and not is_credential_name(name)
            ),
        ]

    @api.depends("check_code", "model")
    def _compute_words(self):
        """Tell which placeholders there are."""
        for rule in self:
            words = COMMON_WORDS if rule.check_code == "domain" else rule._words()
            rule.words = ", ".join(f"{{{word}}}" for word in words)
            if rule.check_code == "domain":
                rule.words += self.env._(", and each field of the record, such as {name}")

    @api.constrains("text", "check_code", "model")
    def _check_text(self):
        """A word that nobody knows would stand as a dash in each exception."""
        for rule in self.filtered(lambda rule: rule.check_code != "domain" or rule.model):
            words = rule._words()
            unknown = [name for name in placeholders.names(rule.text) if name not in words]
            if unknown:
                raise ValidationError(
                    self.env._(
                        "There is no value for {%(word)s} in the text of “%(rule)s”. Use one of: "
                        "%(words)s.",
                        word=unknown[0],
                        rule=rule.name,
                        words=", ".join(words),
                    )
                )

    def _exception_values(self, rows, now):
        """Return the values of the exceptions of findings; a fixed number of queries for all.

        :param list rows: tuples ``(res_model, res_id, company_id, partner_id, since, amount,
            facts, detail, dedupe_key)``
        """
        self.ensure_one()
        documents = self._documents(rows)
        transactions = self._transactions_of(rows)
        # One fault of the same kind each, whatever the documents are called.
        fault = fingerprint.of_fault("business", f"rule:{self.check_code}", operation=str(self.id))
        vals_list = []
        for row, text in zip(rows, self._texts(rows), strict=True):
            model, res_id, company_id, partner_id, _since, amount, facts, detail, key = row
            values = {
                "name": f"{documents[model, res_id].display_name}: {self.name}",
                "dedupe_key": key,
                "business_rule_id": self.id,
                "business_facts": facts,
                "category": self.category,
                "severity": self.severity,
                "error_class": "business",
                "error_message": text,
                "fingerprint": fault,
                "transaction_id": transactions.get((model, res_id), False),
                "res_model": model,
                "res_id": res_id,
                "partner_id": partner_id,
                "company_id": company_id,
                "amount_at_stake": amount or 0.0,
            }
            for name in ("source_model", "source_key", "source_value"):
                if (detail or {}).get(name):
                    values[name] = detail[name]
            if self._owner_for(company_id):
                values["user_id"] = self.user_id.id
            if self.deadline_hours:
                values["deadline_at"] = now + timedelta(hours=self.deadline_hours)
            vals_list.append(values)
        return vals_list

    def _owner_for(self, company_id):
        """:return: the rule's owner, if he may look after exceptions of a company; may be empty"""
        return self.user_id.filtered(
            lambda user: user.active and company_id in user.company_ids.ids
        )

    def _texts(self, rows):
        """:return: list of the rule's text for each finding; rows as in `_exception_values`"""
        documents = self._documents(rows)
        companies = self._by_id("res.company", [row[2] for row in rows])
        partners = self._by_id("res.partner", [row[3] for row in rows if row[3]])
        wanted = placeholders.names(self.text)
        texts = []
        for row in rows:
            model, res_id, company_id, partner_id, since, amount, _facts, detail, _key = row
            document = documents[model, res_id]
            values = {
                "document": document.display_name,
                "partner": partners[partner_id].display_name if partner_id else "",
                "amount": companies[company_id].currency_id.format(amount or 0.0),
                "since": self.env._("%s UTC", since.replace(microsecond=0)) if since else "",
                **(detail or {}),
            }
            for name in wanted:
                if name not in values and self.check_code == "domain":
                    values[name] = self._shown(document, name)
            texts.append(placeholders.filled(self.text, values))
        return texts

    @api.model
    def _shown(self, document, name):
        """:return: a field of a document as a text"""
        field, value = document._fields[name], document[name]
        if field.type == "many2one":
            return value.display_name or ""
        if field.type == "selection":
            return dict(field._description_selection(self.env)).get(value, value or "")
        return "" if value is False and field.type != "boolean" else value

    def _documents(self, rows):
        """:return: dict of (model, id) to the record; those of a model are read together"""
        ids = {}
        for row in rows:
            ids.setdefault(row[0], []).append(row[1])
        return {
            (model, record_id): record
            for model, numbers in ids.items()
            for record_id, record in self._by_id(model, numbers).items()
        }

    def _by_id(self, model, ids):
        """:return: dict of id to the record; all of them are read together"""
        return {record.id: record for record in self.env[model].browse(dict.fromkeys(ids))}

    def _transactions_of(self, rows):
        """:return: dict of (model, id) to the id of the transaction that the document belongs to"""
        Link = self.env["integration.transaction.document"]
        links = Link.search(
            [
                *Link._of_own(),
                ("res_model", "in", list({row[0] for row in rows})),
                ("res_id", "in", [row[1] for row in rows]),
            ],
            order="transaction_id desc",
        )
        return {(link.res_model, link.res_id): link.transaction_id.id for link in links}
