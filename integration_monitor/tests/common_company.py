"""A company with its chart of accounts, made once for all classes of tests that need one."""

import os

from odoo import SUPERUSER_ID, Command, api
from odoo.modules.registry import Registry
from odoo.tests.common import get_db_name

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

#: Set by the test runner: the database is a copy that is dropped, so something may stay in it.
COPY_VARIABLE = "INTEGRATION_MONITOR_TEST_COPY"
NAME = "company_1_data"


class PreparedCompanyCommon(AccountTestInvoicingCommon):
    """Odoo's own fixtures, of which making the company and its chart takes most of the time."""

    @classmethod
    def setUpClass(cls):
        if os.environ.get(COPY_VARIABLE):
            cls._prepare_company()
        super().setUpClass()

    @classmethod
    def _prepare_company(cls):
        """Make and commit the company, before the transaction of the class begins."""
        with Registry(get_db_name()).cursor() as cr:
            cls.env = api.Environment(cr, SUPERUSER_ID, cls.default_env_context())
            if cls._prepared_company():
                return
            company = cls._create_company(name=NAME)
            # Nobody but the users of these classes works for it.
            cls.env.user.company_ids = [Command.unlink(company.id)]

    @classmethod
    def _prepared_company(cls):
        return cls.env["res.company"].search([("name", "=", NAME)], limit=1)

    @classmethod
    def setup_independent_company(cls, **kwargs):
        company = not kwargs and cls._prepared_company()
        if not company:
            return super().setup_independent_company(**kwargs)
        cls.env.user.company_ids = [Command.link(company.id)]
        return company
