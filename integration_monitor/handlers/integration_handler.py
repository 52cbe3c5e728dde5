"""The contract between a flow and the code that handles its messages."""

from odoo import models
from odoo.exceptions import ValidationError


class IntegrationHandler(models.AbstractModel):
    """Turns a message into a document (inbound) or a document into a message (outbound).

    A handler is an abstract model named ``integration.handler.<what>`` that inherits this one.
    It runs as the service account of the flow: ``env.su`` is False, and whatever the account
    may not do, the handler cannot do. Failures are raised from the error tree in
    ``tools/errors.py`` with a text that says what a person should do.

    Gained: claiming, retries, exceptions, milestones and the log. To implement: ``_label``,
    ``_directions`` and, per direction, ``_handle`` or ``_prepare`` + ``_request`` +
    ``_on_success``. ``_before_request`` and ``_after_response`` may be overridden, too; an error
    in them is a failed attempt like any other.
    """

    _name = "integration.handler"
    _description = "Message handler"

    def _label(self):
        """:return: what the handler does, as shown in the flow's selection"""
        return self._description

    def _directions(self):
        """:return: the directions the handler serves: inbound, outbound"""
        return ("inbound", "outbound")

    def _required_groups(self):
        """:return: external ids of the groups that the service account needs for the handler"""
        return ()

    def _check_flow(self, flow):
        """Raise ``ValidationError`` when a setting that the handler needs is missing.

        Called when a person saves the flow. A handler that only sends needs an endpoint.

        :param flow: one ``integration.flow``
        """
        if self._directions() == ("outbound",) and not flow.endpoint_id:
            raise ValidationError(
                self.env._(
                    "Flow “%(flow)s” calls a partner (%(handler)s): choose the endpoint to call.",
                    flow=flow.name,
                    handler=self._label(),
                )
            )

    def _further_events(self):
        """:return: codes of the events that trigger the handler's flows beside their own"""
        return ()

    def _withdraws_event(self, event_code):
        """Tell whether the messages of an event take back what earlier ones told.

        With ``ordering`` such a message waits for earlier attempts, but for no failed message.

        :param event_code: code of the event, or None
        """
        return False

    def _takes_events(self):
        """:return: whether a subscription to business events may use the handler's flows"""
        return False

    def _wanted(self, flow, records):
        """Return the documents, of those that triggered the flow, that are the handler's business.

        Called while somebody saves a document, and as that person: read, but do not write or fail.

        :param flow: one outbound ``integration.flow``
        """
        return records

    def _postal_address(self, partner):
        """Return an address as partners take it: a dict of texts, empty where nothing is known.

        :param partner: ``res.partner``
        """
        return {
            "name": partner.name or partner.commercial_partner_id.name or "",
            "company": partner.commercial_company_name or "",
            "street": partner.street or "",
            "street2": partner.street2 or "",
            "city": partner.city or "",
            "state": partner.state_id.code or "",
            "zip": partner.zip or "",
            "country": partner.country_id.code or "",
            "phone": partner.phone or "",
        }

    def _handle(self, message, payload):
        """Apply an inbound message; runs in the transaction that settles it.

        Other messages of the flow may share the transaction, when all of them are quick; should
        one of them fail, this method is called again after a rollback.

        :param message: one ``integration.message``
        :param payload: the parsed JSON (dict or list), or the text when it is not JSON
        :return: the recordset that was made or changed; its first record becomes the document
            of the message
        """
        raise NotImplementedError

    def _prepare(self, message):
        """Build the payload of an outbound message from its document.

        Called when the message is claimed for the first time and kept over retries; a flow that
        coalesces builds it at each claim.

        :param message: one ``integration.message`` with ``res_model``, ``res_id``
        :return: dict that can be written as JSON, or None when there is nothing to send any
            more (the message is cancelled then)
        """
        raise NotImplementedError

    def _request(self, message, payload):
        """Say how the payload is sent.

        :return: dict with ``method``, ``path`` and optionally ``headers``
        """
        raise NotImplementedError

    def _before_request(self, message, request):
        """Change a request before it is sent: a header the partner wants, another way to write it.

        Called for each attempt, after ``_request`` and before the sign-in, whose secrets it does
        not see. Read, but write nothing: the attempt may fail.

        :param message: one ``integration.message``
        :param dict request: ``method``, ``path``, ``headers`` (dict of texts) and ``body`` (text
            or bytes)
        :return: such a dict
        """
        return request

    def _after_response(self, message, response):
        """Look at a partner's answer before it is judged by its status.

        Called for each answer, whatever its status, so that a handler may raise an error of the
        tree for a partner that says 200 and means no, or return another answer in its place
        (``dataclasses.replace(response, status=200)``) for one that says 409 and means yes.
        Read, but write nothing: ``_on_success`` applies the answer.

        :param message: one ``integration.message``
        :param response: ``HttpResponse`` (status, headers, body, elapsed_ms, address)
        :return: ``HttpResponse``
        """
        return response

    def _on_success(self, message, response):
        """Apply the partner's answer, in the transaction that settles the message.

        May be called again after a failure: the call is repeated with the same idempotency key,
        and this method must find what it did before.

        :param message: one ``integration.message``
        :param response: ``HttpResponse`` (status, headers, body, elapsed_ms, address)
        :return: a recordset that the message links to, or None to keep its document
        """

    def _applies_answers(self):
        """:return: whether the handler does anything with a partner's answer"""
        nothing = self.env.registry["integration.handler"]._on_success
        return type(self)._on_success is not nothing

    def _accept(self, message, payload):
        """A person closed the exception of a failed inbound message without trying it again.

        For handlers that would refuse the same again and again: remember that it is settled.
        Runs as the service account; failures are logged and change nothing.
        """

    def _stake(self, message, payload):
        """Tell what is at stake while an inbound message has no document yet.

        :return: dict with any of ``amount`` (float), ``currency`` (ISO code), ``reference``
            (the partner's document number), ``subject`` (what identifies the document, where its
            number does not; None when nothing does: a later message with the same one makes up
            for an earlier failed one, and they share an exception), ``version`` (a text that
            sorts by age: a later message makes up only for one that is not newer), ``partner``
            (name), ``document`` (a record that the message names) and ``about`` (what it is
            about, in words), for the exception a person reads
        """
        return {}
