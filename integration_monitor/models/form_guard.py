"""Records that the engine writes: people change a few fields, and press buttons for the rest."""

from odoo.exceptions import AccessError

# Written by the discussion and the activities on a record, on behalf of its reader.
CHATTER = frozenset(
    {
        "activity_ids",
        "message_follower_ids",
        "message_ids",
        "message_main_attachment_id",
        "message_partner_ids",
    }
)


def check_editable(records, vals, editable):
    """Refuse values that only the engine may write; a screen's readonly stops no API call.

    :param editable: names of the fields that people may write
    :raises AccessError: names the fields
    """
    if records.env.su:
        return
    forged = sorted(set(vals) - editable - CHATTER)
    if forged:
        raise AccessError(
            records.env._(
                "Use the buttons of the form. Not allowed: %(fields)s.", fields=", ".join(forged)
            )
        )
