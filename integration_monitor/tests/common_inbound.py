"""A caller with password and key, who calls Odoo over HTTP."""

from datetime import timedelta
from unittest.mock import patch

from odoo.tests import HttpCase
from odoo.tools import mute_logger

from ..instrumentation import log_writer
from ..instrumentation.refusals import Coalescer
from .common_users import new_user

PASSWORD = "correct-horse-battery-9"
LOGGERS = (
    "odoo.http",
    "odoo.sql_db",
    "odoo.addons.rpc.controllers.xmlrpc",
    "odoo.addons.rpc.controllers.jsonrpc",
)


class InboundCase(HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        groups = "base.group_user,base.group_partner_manager"
        cls.caller = new_user(cls.env, "im_api", groups=groups, password=PASSWORD)
        keys = cls.env["res.users.apikeys"].with_user(cls.caller)
        cls.key = keys._generate("rpc", "test", cls.env.cr.now() + timedelta(days=1))

    def setUp(self):
        super().setUp()
        # Refusals of other tests would swallow these.
        self.startPatcher(patch.object(log_writer, "refusals", Coalescer()))
        muted = mute_logger(*LOGGERS)
        muted.__enter__()
        self.addCleanup(muted.__exit__, None, None, None)
