"""Order placed twice: the same reference alone makes no second order any more, so the text says."""

# As it was installed.
FORMER = (
    "{document} of {partner} looks like {other}: same customer, and the same reference or the same "
    "goods within the hour. Reference: {reference}."
)
TEXT = (
    "{document} of {partner} looks like {other}: the same customer ordered the same goods within "
    "the hour or by the same reference, or one order of the shop came twice. Reference: "
    "{reference}."
)


def migrate(cr, _version):
    """Change the text unless somebody has edited it; translations are somebody's, too."""
    cr.execute(
        """UPDATE integration_business_rule rule
              SET text = rule.text || jsonb_build_object('en_US', %s::text)
             FROM ir_model_data data
            WHERE data.module = 'integration_monitor'
              AND data.name = 'business_rule_duplicate_order'
              AND data.model = 'integration.business.rule' AND data.res_id = rule.id
              AND rule.text ->> 'en_US' = %s""",
        [TEXT, FORMER],
    )
