"""What the engine does for a step of a runbook; with the rights of whoever presses Do."""

from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import UserError

# What waited or failed before an exception without a message opened is proposed for a replay, too.
BEFORE = timedelta(hours=1)
NOTICE = "integration_monitor.mail_template_runbook_notice"


class IntegrationRunbookStep(models.Model):
    """A step is copied into each run."""

    _inherit = "integration.runbook.step"

    def _line_values(self):
        """:return: values of the line of a run"""
        self.ensure_one()
        return {
            "name": self.name,
            "text": self.text,
            "check_text": self.check_text,
            "action": self.action,
        }


class IntegrationRunbookRunLine(models.Model):
    """Each ``_do_<action>`` returns (whether it worked or an action to open, what came of it)."""

    _inherit = "integration.runbook.run.line"

    def _do_retry(self):
        """Try the failed messages of the exception again."""
        exception = self.run_id.exception_id
        if exception.is_by_hand:
            exception.action_send_after_all()
            return True, self.env._("The message goes back to the queue.")
        messages = exception.sudo()._retry_messages()  # counted for the outcome only
        exception.action_retry()
        return True, self.env._("%(count)s messages are tried again.", count=len(messages))

    def _do_probe(self):
        """Call the endpoint's health path, signing in as each call does; closes its breaker."""
        endpoint = self.run_id.exception_id.endpoint_id
        if not endpoint:
            raise UserError(self._no_endpoint())
        failure, words = endpoint._probe()
        if failure is None and endpoint._close_breaker_after_test():
            words = self.env._("%(words)s The circuit breaker is closed again.", words=words)
        elif failure is None and endpoint.breaker_state != "closed":
            words = self.env._(
                "%(words)s Its circuit breaker was opened by a person: close it on the endpoint.",
                words=words,
            )
        return failure is None, words

    def _do_pause(self):
        """Stop the flow of the exception, or its endpoint when it is about no flow."""
        target = self._switch()
        reason = self.env._("Runbook “%(name)s”", name=self.run_id.name)
        target.with_context(integration_pause_reason=reason).action_pause()
        return True, self.env._("“%(name)s” is paused.", name=target.name)

    def _do_resume(self):
        """Let the flow, or the endpoint, go on."""
        target = self._switch()
        target.action_resume()
        return True, self.env._("“%(name)s” goes on.", name=target.name)

    def _do_notify(self):
        """Mail the company behind the system what happened, without any content of messages."""
        exception = self.run_id.exception_id
        # Never the partner of the exception: that is the customer of the document.
        partner = exception.system_id.partner_id
        if not partner.email:
            raise UserError(
                self.env._(
                    "Nobody to write to: enter the company behind “%(system)s” on the system, and "
                    "its e-mail address, then press Do again. Or tell them by phone and press "
                    "Next Step.",
                    system=exception.system_id.name or exception.name,
                )
            )
        # An operator need not be an editor of templates; the mail is the company's.
        template = self.env.ref(NOTICE).sudo().with_context(lang=partner.lang)
        template.send_mail(
            exception.id,
            email_values={"recipient_ids": [(4, partner.id)], "auto_delete": False},
        )
        return True, self.env._("A mail to %(partner)s is on its way.", partner=partner.email)

    def _do_replay(self):
        """Open the replay of all that came since the failure; the person decides there."""
        exception = self.run_id.exception_id
        messages = exception.sudo()._open_messages()  # only their ids, and when they came
        since = min(messages.mapped("received_at"), default=exception.opened_at - BEFORE)
        action = {
            "type": "ir.actions.act_window",
            "name": self.env._("Replay"),
            "res_model": "integration.replay.wizard",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "default_scope": "flow",
                "default_flow_id": exception.flow_id.id,
                "default_since": fields.Datetime.to_string(since),
                "default_message_ids": messages.ids,
                "default_reason": self.env._("Runbook “%(name)s”", name=self.run_id.name),
            },
        }
        return action, self.env._("The replay was opened: its dry run says what it would do.")

    def _switch(self):
        """:return: the flow or endpoint that a pause stops"""
        exception = self.run_id.exception_id
        target = exception.flow_id or exception.endpoint_id
        if not target:
            raise UserError(
                self.env._("The exception is about no flow and no endpoint: skip this step.")
            )
        return target

    def _no_endpoint(self):
        """:return: why there is nothing to probe, and what to do"""
        return self.env._(
            "The exception names no endpoint to call: the partner calls us. Ask the partner, then "
            "press Next Step."
        )
