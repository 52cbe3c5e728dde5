"""The text of a ready-made rule on databases that were installed with the former one."""

import importlib.util
import json
from pathlib import Path

from odoo.tests import tagged

from .common import IntegrationCase

FILE = Path(__file__).parents[1] / "migrations" / "19.0.1.3.0" / "post-migration.py"


@tagged("post_install", "-at_install")
class TestBusinessRuleUpgrade(IntegrationCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        spec = importlib.util.spec_from_file_location("post_migration", FILE)
        cls.script = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(cls.script)
        cls.rule = cls.env.ref("integration_monitor.business_rule_duplicate_order")
        # What a new installation has.
        cls.installed = cls.rule.with_context(lang="en_US").text

    def upgraded(self, **texts):
        """Upgrade a database whose rule has these texts by language. :return: them afterwards"""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE integration_business_rule SET text = %s::jsonb WHERE id = %s",
            [json.dumps(texts), self.rule.id],
        )
        self.script.migrate(self.env.cr, "19.0.1.2.0")
        self.env.cr.execute(
            "SELECT text FROM integration_business_rule WHERE id = %s", [self.rule.id]
        )
        self.env.invalidate_all()
        return self.env.cr.fetchone()[0]

    def test_an_upgrade_says_what_an_installation_says(self):
        """Exceptions go on to say that the reference is the same, and it never was alone."""
        self.assertEqual(self.upgraded(en_US=self.script.FORMER), {"en_US": self.installed})
        self.assertEqual(self.rule.with_context(lang="en_US").text, self.script.TEXT)

    def test_what_somebody_wrote_stays(self):
        """An upgrade takes away the words of the house."""
        mine = "{document} again?"
        self.assertEqual(self.upgraded(en_US=mine), {"en_US": mine})
        texts = {"en_US": self.script.FORMER, "fr_FR": mine}
        self.assertEqual(self.upgraded(**texts), {"en_US": self.installed, "fr_FR": mine})
        self.assertEqual(self.upgraded(en_US=self.installed), {"en_US": self.installed})

    def test_a_rule_that_was_deleted(self):
        """The upgrade stops on a database without the rule."""
        self.rule.unlink()
        self.script.migrate(self.env.cr, "19.0.1.2.0")
