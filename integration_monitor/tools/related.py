"""Links to root documents of other transactions: the purchase that brings an order's goods.

They are read with the transaction that has them; a document's own transaction is never found by
them, for messages, banners and rights follow the document itself.
"""

from __future__ import annotations

#: Roles of such links.
RELATED_ROLES = ("sale", "purchase", "dropship_purchase")


def own(alias: str) -> str:
    """Return the SQL condition that a link, named ``alias``, is none of them."""
    roles = ", ".join(f"'{role}'" for role in RELATED_ROLES)
    return f"({alias}.role IN ({roles})) IS NOT TRUE"
