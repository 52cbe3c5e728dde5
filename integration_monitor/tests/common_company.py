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
    """Odoo's company with its chart, without the products, partners and taxes made for each class.

    Making the company and its chart takes most of the time, and what is left out most of the rest.
    """

    @classmethod
    def setUpClass(cls):
        if os.environ.get(COPY_VARIABLE):
            cls._prepare_company()
        # Past the fixtures of Odoo's accounting to those that make user and company.
        super(AccountTestInvoicingCommon, cls).setUpClass()
        cls.company_data = {"company": cls.company}
        cls._let_payments_be_outstanding()

    @classmethod
    def _let_payments_be_outstanding(cls):
        """Payments by the bank have entries of their own, as in Odoo's fixtures."""
        charts = cls.env["account.chart.template"]
        bank = cls.env["account.journal"].search(
            [("company_id", "=", cls.company.id), ("type", "=", "bank")], limit=1
        )
        for lines, account in (
            (bank.inbound_payment_method_line_ids, "account_journal_payment_debit_account_id"),
            (bank.outbound_payment_method_line_ids, "account_journal_payment_credit_account_id"),
        ):
            lines[0].payment_account_id = charts.ref(account)

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
