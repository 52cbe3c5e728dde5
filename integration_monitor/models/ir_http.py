"""Who calls: told to the observation of the request, at each attempt."""

from odoo import models
from odoo.http import request

from ..instrumentation import inbound_call, log_writer


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _authenticate(cls, endpoint):
        """Note the caller of a JSON-2 call, and of the web client when its traffic is wanted."""
        call = inbound_call.current()
        if call is None:
            return super()._authenticate(endpoint)
        if call.operation and not call.interactive:
            call.begin_attempt()
        result = super()._authenticate(endpoint)
        try:
            env = request.env
            if call.interactive:
                call.wanted = env["integration.log"]._logs_web_traffic()
            # Whom Odoo takes in as its public user is still nobody.
            public = env["ir.model.data"]._xmlid_to_res_id("base.public_user")
            if call.wanted and env.uid and env.uid != public:
                call.identified(
                    env.uid,
                    env["res.users"]._integration_company_of(env.uid),
                    env["integration.flow"]._flows_of_operation(call.operation),
                )
        except Exception:  # the caller gets his answer, whatever we make of it
            log_writer.note_failure("A caller was not noted.")
        return result
