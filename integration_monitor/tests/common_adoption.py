"""Orders as if the engine had been installed after them, and the job that adopts them."""

from odoo.tools import SQL

from .common_transaction import TransactionCommon


class AdoptionCommon(TransactionCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.jobs().unlink()

    @classmethod
    def jobs(cls):
        """:return: the jobs of adoptions"""
        return cls.env["queue.job"].sudo().search([("method_name", "=", "_run")])

    def forget(self, *orders):
        """Let orders be as if the engine had been installed after them."""
        for order in orders:
            owner = self.owner(order)
            self.env.cr.execute(SQL("DELETE FROM integration_transaction WHERE id = %s", owner.id))
            self.env.cr.execute(
                SQL(
                    "UPDATE sale_order SET integration_correlation_id = NULL WHERE id = %s",
                    order.id,
                )
            )
        self.env.invalidate_all()

    def adoption(self, **values):
        values = {"company_id": self.company.id, **values}
        return self.env["integration.adoption"].sudo().create(values)

    def started_adoption(self):
        adoption = self.adoption()
        adoption.action_start()
        return adoption

    def run_job(self, adoption):
        """Run the job on a cursor of its own, as the queue does."""
        self.env.cr.precommit.run()
        self.env.flush_all()
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            adoption.with_env(adoption.env(cr=cr))._run()
        self.env.invalidate_all()
