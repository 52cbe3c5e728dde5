"""A partner's answer: kept until it is applied, or until a person has the partner asked again."""

from psycopg2 import InterfaceError, OperationalError

from odoo import fields, models

from ..tools.http_client import HttpResponse


class IntegrationMessage(models.Model):
    """What a partner answered, and what becomes of an answer that cannot be applied."""

    _inherit = "integration.message"

    answer_refused = fields.Boolean(
        readonly=True,
        copy=False,
        help="The kept answer could not be applied. When a person presses Retry, it is dropped "
        "and the partner is asked again, with the same key.",
    )

    def _answer_values(self, response):
        """:return: what people read of a partner's answer"""
        return {
            "called_at": fields.Datetime.now(),
            "claimed_at": fields.Datetime.now(),
            "response_status": response.status,
            "response_body": self._excerpt(response.text, response.headers.get("Content-Type")),
        }

    def _keep_answer(self, response):
        """Keep the partner's answer until it is applied."""
        answer = {
            "status": response.status,
            "headers": dict(response.headers),
            "body": response.body.decode("utf-8", "replace").replace("\x00", "\ufffd"),
            "elapsed_ms": response.elapsed_ms,
            "address": response.address,
        }
        # The engine's own note.
        self.sudo().write({**self._answer_values(response), "answer": answer})

    def _kept_answer(self):
        """:return: the kept answer as ``HttpResponse``"""
        answer = self.sudo().answer  # the engine's own note
        return HttpResponse(**{**answer, "body": answer["body"].encode()})

    def _apply_answer(self):
        """Apply the kept answer and settle the message; commits.

        :raises Exception: what the handler raised, marked with ``answer_refused``: unlike a crash
            or a conflict it may lie in the answer
        """
        try:
            records = self.flow_id._handler()._on_success(self, self._kept_answer())
            self.env.flush_all()
        except (InterfaceError, OperationalError):
            raise
        except Exception as error:
            error.answer_refused = True
            raise
        self._commit_done(records)

    def _asked_again_values(self, *, always=False):
        """Return the values that let the partner be asked again, in place of the kept answer.

        He may have done what he was asked, so only the same endpoint knows the key.

        :param bool always: also when the answer was never tried: the content is another one now
        """
        # Kept by the engine, out of reach of whoever asks.
        message = self.sudo()
        if not message.answer or not (always or message.answer_refused):
            return {}
        values = {"answer": False, "answer_refused": False}
        if not message.flow_id.fallback_shared_keys and not message.bound_endpoint_id:
            values["bound_endpoint_id"] = message.endpoint_id.id
        return values
