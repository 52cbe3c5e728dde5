"""Which documents a gate keeps back at this moment."""

from ast import literal_eval
from collections import defaultdict
from dataclasses import dataclass

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools import gate_sql, gates
from .integration_transaction_blame import since_text


@dataclass(frozen=True, slots=True)
class Held:
    """A document that a gate keeps back; no transaction: it belongs to none."""

    rule: gates.Rule
    document_id: int
    transaction_id: int | None


class IntegrationGate(models.Model):
    """Judging: at most four queries for any number of documents, and none without a gate."""

    _inherit = "integration.gate"

    @api.model
    def _held(self, documents):
        """Return what is kept back of some documents, in their order.

        :param documents: recordset of transfers or invoices
        :rtype: list of Held
        """
        rules = self._rules(documents._name)
        if not rules or not documents:
            return []
        # The guards must see what the user may not: his orders, their milestones.
        documents = documents.sudo().with_prefetch()
        covered = {rule: self._covered(rule, documents) for rule in rules}
        concerned = documents.browse().union(*covered.values())
        if not concerned:
            return []
        owners = self._owners(concerned)
        closed = self._closed({owner for ids in owners.values() for owner in ids}, rules)
        passed = self._passed(concerned)
        held = []
        for document in concerned:
            for rule, own in covered.items():
                if document not in own or (rule.id, document.id) in passed:
                    continue
                if document.id not in owners and rule.holds_unlinked:
                    held.append(Held(rule, document.id, None))
                held += [
                    Held(rule, document.id, owner)
                    for owner in owners.get(document.id, ())
                    if (rule.id, owner) in closed
                ]
        return held

    @api.model
    def _covered(self, rule, documents):
        """:return: those of the documents that the gate is meant for"""
        documents = documents.filtered(
            lambda document: rule.company_id in (None, document.company_id.id)
        )
        if rule.document_step == "invoice":
            documents = documents.filtered(lambda move: move.move_type == "out_invoice")
        elif rule.document_step == "picking_out":
            # Without a type for returns Odoo takes that of deliveries for what comes back; and for
            # what was bought for an order and goes back to its vendor.
            documents = documents.filtered(
                lambda p: p.picking_type_code in self._leaving_codes()
                and p.location_id.usage != "customer"
                and p.location_dest_id.usage != "supplier"
            )
        else:
            documents = documents.filtered(lambda p: p.picking_type_id.id in rule.type_ids)
        if documents._name == "stock.picking" and rule.warehouse_ids:
            documents = documents.filtered(
                lambda p: any(map(rule.covers_warehouse, self._warehouses_of(p).ids or [None]))
            )
        if rule.domain:
            documents = documents.filtered_domain(Domain(literal_eval(rule.domain)))
        return documents

    @api.model
    def _leaving_codes(self):
        """:return: codes of the operation types whose transfers bring goods to customers"""
        return ("outgoing",)

    @api.model
    def _warehouses_of(self, picking):
        """:return: the warehouses that a transfer belongs to; none: it is of no warehouse"""
        return picking.picking_type_id.warehouse_id

    @api.model
    def _owners(self, documents):
        """:return: dict of document id → ids of its transactions"""
        links = (
            self.env["integration.transaction.document"]
            .sudo()  # as above
            ._read_group(
                [("res_model", "=", documents._name), ("res_id", "in", documents.ids)],
                ["res_id", "transaction_id"],
            )
        )
        owners = defaultdict(list)
        for document_id, owner in links:
            owners[document_id].append(owner.id)
        return dict(owners)

    @api.model
    def _closed(self, owner_ids, rules):
        """:return: set of (rule id, transaction id) whose milestone is not reached"""
        if not owner_ids:
            return set()
        self.env["integration.milestone"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """SELECT s.code, t.res_model, t.id, t.warehouse_id, m.state, m.expected_count,
                          s.optional
                     FROM integration_milestone m
                     JOIN integration_process_step s ON s.id = m.step_id
                     JOIN integration_transaction t ON t.id = m.transaction_id
                    WHERE t.id = ANY(%s) AND s.code = ANY(%s) AND t.state <> 'cancelled'""",
                list(owner_ids),
                [rule.step_code for rule in rules],
            )
        )
        return {
            (rule.id, owner)
            for code, root_model, owner, warehouse, state, expected, optional in rows
            for rule in rules
            if rule.step_code == code
            # What a purchase has paid says nothing of its customer.
            and rule.concerns(root_model)
            # A transfer was compared by its own warehouse; an invoice has that of its order.
            and (rule.document_step != "invoice" or rule.covers_warehouse(warehouse))
            and not gates.is_open(state, expected=expected, optional=optional)
        }

    @api.model
    def _passed(self, documents):
        """:return: set of (rule id, document id) that somebody entitled has let pass"""
        overrides = (
            self.env["integration.gate.override"]
            .sudo()  # as above
            .search_fetch(
                [("res_model", "=", documents._name), ("res_id", "in", documents.ids)],
                ["gate_id", "res_id"],
            )
        )
        return {(override.gate_id.id, override.res_id) for override in overrides}

    @api.model
    def _read_ahead(self, ids):
        """Read who let documents pass, and what :meth:`_covered` asks of transfers.

        One statement; what it finds of transfers is cached as if the ORM had read it.

        :param dict ids: of documents, by model
        :return: set of (rule id, model, document id)
        """
        asked = {"pickings": ids["stock.picking"], "moves": ids["account.move"]}
        self.env.cr.execute(gate_sql.FACTS, asked)
        passed = set()
        for model, record_id, values in self.env.cr.fetchall():
            if model == "integration.gate.override":
                passed.add((values["gate_id"], values["res_model"], values["res_id"]))
                continue
            record = self.env[model].browse(record_id)
            for name, value in values.items():
                record._fields[name]._insert_cache(record, [value])
        return passed

    @api.model
    def _check(self, documents, record=True):
        """Refuse a step of documents that a gate keeps back.

        :param bool record: bring the milestones up to date first; False in the middle of a step
        :raises UserError: names documents, milestones, since when and on whom they wait
        """
        if not self._rules(documents._name):
            return
        if record:
            # What happened to the orders in this database transaction counts.
            self.env["integration.milestone"].sudo()._record_pending()
        held = self._held(documents)
        if not held:
            return
        error = UserError("\n\n".join(self._words(documents, item) for item in held))
        # A class of its own would be no message but a crash to the web client.
        error.integration_gated = (documents._name, held[0].document_id)
        raise error

    @api.model
    def _words(self, documents, held):
        """:return: why a document is kept back and what to do, for whoever may move it"""
        gate = self.sudo().browse(held.rule.id)  # whoever moves a document need not read gates
        document = documents.browse(held.document_id)
        name = document.display_name
        if not held.transaction_id:
            words = self.env._(
                "%(document)s is held by gating: “%(gate)s” lets only documents pass that belong "
                "to an order.",
                document=name,
                gate=gate.name,
            )
        else:
            owner = self.env["integration.transaction"].sudo().browse(held.transaction_id)
            words = self._words_about(owner, gate, name)
        return " ".join(filter(None, [words, gate.message]))

    def _words_about(self, owner, gate, document):
        """:return: which milestone is missing, and on whom the order waits

        :param owner: the transaction that has not reached the gate's milestone
        :param str document: the name of what is kept back
        """
        on = owner.waits_on or self.env._("nobody in particular")
        if owner.cause == "gate":
            # The order's next step is this very document's: what is missing is the milestone.
            return self.env._(
                "%(document)s is held by gating: “%(step)s” of %(order)s is not reached. That "
                "depends on %(on)s.",
                document=document,
                step=gate.step_id.name,
                order=owner.name,
                on=on,
            )
        return self.env._(
            "%(document)s is held by gating: “%(step)s” of %(order)s is not reached. It waits for "
            "“%(awaited)s” since %(since)s, on %(on)s.",
            document=document,
            step=gate.step_id.name,
            order=owner.name,
            awaited=owner.waits_for_step_id.name or gate.step_id.name,
            since=since_text(self.env, owner.waits_since or owner.started_at),
            on=on,
        )
