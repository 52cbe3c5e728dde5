"""What a button answers, for Odoo's web client to do."""

from typing import Any

#: Read the page again, where the reader is.
RELOAD = {"type": "ir.actions.client", "tag": "soft_reload"}
#: Close the dialog, and read the page behind it again.
CLOSE = {"type": "ir.actions.act_window_close"}


def notification(
    message: str,
    kind: str = "info",
    *,
    title: str | None = None,
    sticky: bool = False,
    then: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the action that shows a message in the corner of the page.

    :param kind: ``info``, ``success``, ``warning`` or ``danger``: its colour
    :param sticky: it stays until the reader closes it
    :param then: the action that follows
    """
    params: dict[str, Any] = {"type": kind, "message": message, "sticky": sticky}
    if title:
        params["title"] = title
    if then:
        params["next"] = dict(then)
    return {"type": "ir.actions.client", "tag": "display_notification", "params": params}
