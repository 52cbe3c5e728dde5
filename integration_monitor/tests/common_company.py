"""Companies, made once for all classes of tests that need one."""

import os

from odoo import SUPERUSER_ID, Command, api
from odoo.modules.registry import Registry
from odoo.tests.common import get_db_name

from odoo.addons.account.tests.common import AccountTestInvoicingCommon

from .common_users import new_user

#: Set by the test runner: the database is a copy that is dropped, so something may stay in it.
COPY_VARIABLE = "INTEGRATION_MONITOR_TEST_COPY"
NAME = "company_1_data"


def prepare_company(name, make, context=None):
    """Make and commit a company, before the transaction of a class begins.

    Nothing happens if it is there, or if the database is not a copy that is dropped.

    :param make: takes an environment and returns the company
    """
    if not os.environ.get(COPY_VARIABLE):
        return
    with Registry(get_db_name()).cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, context or {})
        if not prepared_company(env, name):
            company = make(env)
            # Nobody but the users of these classes works for it.
            env.user.company_ids = [Command.unlink(company.id)]


def prepared_company(env, name):
    """:return: the company that was made and committed, or none"""
    return env["res.company"].search([("name", "=", name)], limit=1)


class PreparedCompanyCommon(AccountTestInvoicingCommon):
    """Odoo's company with its chart, without the products, partners and taxes made for each class.

    Making the company and its chart takes most of the time, and what is left out most of the rest.
    """

    @classmethod
    def setUpClass(cls):
        prepare_company(NAME, cls._make_company, cls.default_env_context())
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
    def _make_company(cls, env):
        cls.env = env
        return cls._create_company(name=NAME)

    @classmethod
    def setup_independent_company(cls, **kwargs):
        company = not kwargs and prepared_company(cls.env, NAME)
        if not company:
            return super().setup_independent_company(**kwargs)
        cls.env.user.company_ids = [Command.link(company.id)]
        return company

    @classmethod
    def setup_independent_user(cls):
        return new_user(
            cls.env,
            "accountman",
            name="Because I am accountman!",
            email="accountman@test.com",
            group_ids=cls.get_default_groups().ids,
            company_id=cls.env.company.id,
        )
