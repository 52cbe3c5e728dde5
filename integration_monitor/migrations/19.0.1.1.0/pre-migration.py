"""The ready-made order-to-cash of the former version makes room for the complete one."""


def migrate(cr, _version):
    """Keep the former process and its steps under names of their own: documents follow it."""
    cr.execute(
        r"""UPDATE ir_model_data SET name = name || '_1'
             WHERE module = 'integration_monitor'
               AND (model, name) = ('integration.process', 'process_order_to_cash')
                OR module = 'integration_monitor'
               AND model = 'integration.process.step' AND name LIKE 'step\_%'"""
    )
