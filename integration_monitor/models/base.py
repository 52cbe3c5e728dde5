"""Every model's jobs carry the correlation of the work that enqueued them."""

from odoo import models

from ..tools import context


class Base(models.AbstractModel):
    _inherit = "base"

    def _job_store_values(self, job):
        """Add the correlation to a new job; one that was read from the database has its own."""
        values = super()._job_store_values(job)
        current = context.current()
        known = current.correlation_id or current.trace_id  # scheduled actions have no correlation
        if known and not hasattr(job, "integration_correlation_id"):
            values = {
                **values,
                "integration_correlation_id": current.correlation_id,
                "integration_trace_id": current.trace_id,
            }
        return values
