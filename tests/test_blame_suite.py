"""How often blame is right: labelled situations, caused one after the other, and counted."""

import os
from pathlib import Path

from odoo.tests import tagged

from odoo.addons.integration_monitor.tests.common_transaction_blame import TECHNICAL

from . import (
    blame_business,
    blame_compound,
    blame_purchase,
    blame_returns,
    blame_stock,
    blame_stopped,
    blame_technical,
    blame_unknown,
)
from .blame_report import Label, matrix
from .common_blame import BlameCase

SITUATIONS = [
    situation
    for module in (
        blame_technical,
        blame_stopped,
        blame_business,
        blame_purchase,
        blame_returns,
        blame_unknown,
        blame_compound,
        blame_stock,
    )
    for situation in module.suite.situations
]
RIGHT_CAUSES = 0.95
#: Of each cause: a rule that is broken must not hide behind the others.
RIGHT_OF_EACH = 0.75


@tagged("post_install", "-at_install")
class TestBlameSuite(BlameCase):
    # Odoo runs it first: it is the longest, and other processes need not wait for it at the end.
    test_sequence = -1

    def test_enough_of_each_kind(self):
        """The suite speaks of the easy cases only."""
        names = [situation.name for situation in SITUATIONS]
        self.assertEqual(len(set(names)), len(names))
        self.assertGreaterEqual(len(names), 40)
        unknown = [s for s in SITUATIONS if s.label.cause == "unknown"]
        self.assertGreaterEqual(len(unknown), 10)
        self.assertGreaterEqual(sum(s.compound for s in SITUATIONS), 5)

    def test_right_cause_and_system(self):
        """People are sent to the wrong door."""
        judged = {situation.name: self._caused(situation) for situation in SITUATIONS}
        pairs = [(s.label, judged[s.name][0]) for s in SITUATIONS]
        right = sum(label.cause == verdict.cause for label, verdict in pairs) / len(pairs)
        named = [label.system == verdict.system for label, verdict in pairs if label.system]
        wrong = [
            f"{s.name}: {judged[s.name][0]} in place of {s.label} ({judged[s.name][1]})"
            for s in SITUATIONS
            if judged[s.name][0] != s.label
        ]
        counts = f"{len(pairs)} situations, {right:.1%} right causes"
        systems = f"{len(named)} systems to name, {sum(named)} right"
        causes = [(label.cause, verdict.cause) for label, verdict in pairs]
        self._tell([*matrix(causes), counts, systems, *wrong])
        self.assertGreaterEqual(right, RIGHT_CAUSES, wrong)
        for cause in {cause for cause, _verdict in causes}:
            hits = [verdict == cause for label, verdict in causes if label == cause]
            self.assertGreaterEqual(sum(hits) / len(hits), RIGHT_OF_EACH, (cause, wrong))
        for part in ("system", "step", "category"):
            off = [s.name for s, (label, verdict) in zip(SITUATIONS, pairs, strict=True)
                   if getattr(label, part) != getattr(verdict, part)]  # fmt: skip
            self.assertFalse(off, part)
        for name, (_label, sentence) in judged.items():
            self.assertTrue(sentence, name)
            self.assertNotRegex(sentence, TECHNICAL, name)

    def _caused(self, situation):
        """Cause a situation and undo it. :return: (what was judged, as a ``Label``; sentence)"""
        from testing.kept_caches import kept

        judged, sentence = Label("", "not caused"), None
        with kept(self.env.registry):
            undo = self.env.cr.savepoint()
            with self.subTest(situation.name):
                caused = situation.cause_it(self)
                of_level = caused._name == "integration.transaction"
                owner = (caused if of_level else self.owner(caused)).sudo()
                owner.invalidate_recordset()
                kinds = {system: kind for kind, system in self.systems.items()}
                judged = Label(
                    owner.waits_for_step_id.code,
                    owner.cause,
                    kinds.get(owner.waits_on_system_id),
                    owner.cause_category or None,
                )
                sentence = owner.cause_text
            undo.close(rollback=True)
            self.env.invalidate_all(flush=False)
            self.env.registry.reset_changes()
        self.wms.clear_faults()
        self.site.api_answer = (200, {"ok": True})
        return judged, sentence

    def _tell(self, lines):
        """Leave the report to the test runner, which prints it; without one print it here."""
        text = "\n".join(["Blame: rows are labels, columns verdicts", *lines, ""])
        logs = os.environ.get("INTEGRATION_MONITOR_LOGS")
        if logs:
            Path(logs, "odoo-blame.report").write_text(text, encoding="utf-8")
        else:
            print(text, flush=True)
