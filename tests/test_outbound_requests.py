import threading
from unittest.mock import patch

import requests

from odoo.fields import Command
from odoo.tests import HttpCase, new_test_user, tagged

from odoo.addons.integration_monitor.instrumentation import log_writer, outbound_call

from .common_outbound import OutboundCase


@tagged("post_install", "-at_install")
class TestOutboundInRequests(OutboundCase, HttpCase):
    """Calls that a user's request to Odoo makes: who, for which company, written once."""

    def setUp(self):
        super().setUp()
        self.user = new_test_user(self.env, "im_caller", groups="base.group_user")
        self.port, self.received = self.enterContext(self.server(self.wire.answer(b"ok")))

        def calls_out(records):
            requests.get(f"http://127.0.0.1:{self.port}/called", timeout=5)
            return len(records)

        self.startPatcher(
            patch.object(self.registry["res.partner"], "calls_out", calls_out, create=True)
        )

    def logged(self):
        """The lines of what the request called, as committed."""
        return self.env["integration.log"].search([("path_template", "=", "/called")])

    def test_xml_rpc(self):
        """A call that an integration script sets off is not seen."""
        credentials = (self.env.cr.dbname, self.user.id, "im_caller")
        partner = self.user.partner_id.ids
        self.xmlrpc_object.execute_kw(*credentials, "res.partner", "calls_out", [partner])
        self.assertEqual(len(self.received), 1)
        (line,) = self.logged()
        self.assertEqual((line.outcome, line.user_id), ("ok", self.user))

    def test_the_web_client_tells_the_company(self):
        """With two companies a call is put down to the wrong one."""
        other = self.other_company()
        self.user.write({"company_ids": [Command.link(other.id)]})
        self.authenticate("im_caller", "im_caller")
        users = self.env["res.users"].browse(self.user.id)
        users._get_company_ids()  # any list of the web client has asked for them before
        for cookie, expected in (
            (str(other.id), other),
            (f"{other.id}-{self.env.company.id}", other),
            ("999999", self.env["res.company"]),
            ("x", self.env["res.company"]),
        ):
            self.opener.cookies.set("cids", cookie)
            self.make_jsonrpc_request(
                "/web/dataset/call_kw",
                {
                    "model": "res.partner",
                    "method": "calls_out",
                    "args": [self.user.partner_id.ids],
                    "kwargs": {},
                },
            )
            self.assertEqual(self.logged()[:1].company_id, expected, cookie)
            self.assertEqual(self.logged()[:1].user_id, self.user)
        self.assertEqual(len(self.logged()), 4)

    def test_the_company_is_no_guess(self):
        """The system user's company is taken for everybody's."""
        thread = threading.current_thread()
        self.user._get_company_ids()
        for uid, expected in ((None, ()), (1, ()), (self.user.id, self.user.company_id._ids)):
            with patch.object(thread, "uid", uid, create=True):
                self.assertEqual(outbound_call._companies(self.registry), expected)
        log_writer.flush()
