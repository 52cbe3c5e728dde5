"""What happened to documents in a database transaction, until the recorder looks at it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from .root import SALE

#: States before, by model, of documents that nobody has looked at.
_FRESH = {"stock.picking": (False, "draft"), "account.move": (False,)}


class Notes:
    """What happened since the last recording, kept in ``cr.precommit.data``.

    A savepoint that is rolled back drops it together with what it speaks of.
    """

    __slots__ = (
        "begun",
        "documents",
        "further",
        "insistent",
        "levels",
        "message_ids",
        "prices",
        "reports",
    )

    def __init__(self) -> None:
        """Start empty."""
        #: model -> id -> first old values: what may belong to a sales order
        self.documents: dict[str, dict[int, dict]] = defaultdict(dict)
        #: root model -> as above: what may belong to roots of other kinds
        self.further: dict[str, dict[str, dict[int, dict]]] = defaultdict(lambda: defaultdict(dict))
        #: (model, id) of orders that a message made: they have a transaction from the start
        self.begun: set[tuple[str, int]] = set()
        #: (model, id) of an order -> message that made it
        self.message_ids: dict[tuple[str, int], int] = {}
        #: (company, warehouse) -> products whose stock level changed
        self.levels: dict[tuple[int, int], set[int]] = defaultdict(set)
        #: whose price changed, see ``integration.event._note_prices``
        self.prices: set[tuple] = set()
        #: what messages and partners report, see ``integration.milestone._record``
        self.reports: list[dict[str, Any]] = []
        #: a fault is raised: it does not stop a sale, but the job that makes good for one
        self.insistent = False

    def begin(self, root_model: str, ids: Iterable[int]) -> None:
        """Note root documents that have a transaction from now on, of another kind than sales."""
        self.further[root_model][root_model].update(dict.fromkeys(ids, {}))
        self.begun.update((root_model, res_id) for res_id in ids)

    def of_root(self, root_model: str) -> dict[str, dict[int, dict]]:
        """:return: model -> id -> first old values of what may belong to a kind of root"""
        return self.documents if root_model == SALE.model else self.further[root_model]

    def has_new_documents(self) -> bool:
        """Tell whether some document was just made, or a transfer no more than a draft before.

        Nothing is linked to these yet.
        """
        return any(
            old.get("state", True) in fresh
            for model, fresh in _FRESH.items()
            for old in self.documents.get(model, {}).values()
        )

    def dump(self) -> dict[str, list]:
        """Return what is noted of documents and reports, as the arguments of a job can hold it.

        Levels and prices are left out: they are told before documents are looked at.
        """
        kinds = [(SALE.model, self.documents), *self.further.items()]
        return {
            "documents": [
                [root_model, model, res_id, old]
                for root_model, documents in kinds
                for model, changes in documents.items()
                for res_id, old in changes.items()
            ],
            "begun": [list(key) for key in sorted(self.begun)],
            "messages": [[*key, message_id] for key, message_id in self.message_ids.items()],
            "reports": self.reports,
        }

    @classmethod
    def load(cls, dumped: dict[str, list]) -> Notes:
        """:return: the notes that :meth:`dump` was asked of"""
        notes = cls()
        for root_model, model, res_id, old in dumped["documents"]:
            notes.of_root(root_model)[model][res_id] = old
        notes.begun.update((model, res_id) for model, res_id in dumped["begun"])
        for model, res_id, message_id in dumped["messages"]:
            notes.message_ids[model, res_id] = message_id
        notes.reports += dumped["reports"]
        return notes
