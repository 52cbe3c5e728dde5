"""Exchanges with the lines that they leave."""

from ..exchange import exchange
from ..instrumentation import log_writer
from .common import IntegrationCase


class ExchangeCase(IntegrationCase):
    """Runs exchanges and shows their lines."""

    def observed(self, work):
        """Run work in an execution of its own. :return: the only line that it left"""
        with log_writer.captured() as seen:
            with log_writer.execution():
                work()
        self.assertEqual(len(seen), 1)
        return seen[0]

    def raising(self, error, **values):
        """:return: the line of an exchange in which ``error`` is raised"""

        def work():
            with self.assertRaises(type(error)) as caught:
                with exchange(self.env, "price list", **values):
                    raise error
            self.assertIs(caught.exception, error)

        return self.observed(work)
