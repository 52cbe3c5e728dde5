"""How often blame is right: labelled situations, caused one after the other, and counted."""

import os
import re
from contextlib import closing
from pathlib import Path

from odoo.tests import tagged

from . import blame_business, blame_compound, blame_stopped, blame_technical, blame_unknown
from .blame_report import Label, matrix
from .common_blame import BlameCase

SITUATIONS = [
    situation
    for module in (blame_technical, blame_stopped, blame_business, blame_unknown, blame_compound)
    for situation in module.suite.situations
]
RIGHT_CAUSES = 0.95
#: What is no word of the warehouse.
TECHNICAL = re.compile(
    r"\b(HTTP|[45]\d\d|timed? ?out|breaker|endpoint|API|JSON|TLS|DNS|exception|traceback|"
    r"payload|server|handler|null|None|False|client)\b",
    re.IGNORECASE,
)


@tagged("post_install", "-at_install")
class TestBlameSuite(BlameCase):
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
        wrong = [
            f"{s.name}: {judged[s.name][0]} for {s.label} — {judged[s.name][1]}"
            for s in SITUATIONS
            if judged[s.name][0] != s.label
        ]
        pairs = [(s.label.cause, judged[s.name][0].cause) for s in SITUATIONS]
        right = sum(label == cause for label, cause in pairs) / len(pairs)

        self._tell(
            [
                *matrix(pairs),
                f"{len(pairs)} situations, {right:.1%} right causes",
                self._of_systems(judged),
                *wrong,
            ]
        )
        self.assertGreaterEqual(right, RIGHT_CAUSES, wrong)
        for part in ("system", "step", "category"):
            differing = {
                s.name: getattr(judged[s.name][0], part)
                for s in SITUATIONS
                if getattr(judged[s.name][0], part) != getattr(s.label, part)
            }
            self.assertFalse(differing, part)
        for name, (_label, sentence) in judged.items():
            self.assertTrue(sentence, name)
            self.assertNotRegex(sentence, TECHNICAL, name)

    def _of_systems(self, judged):
        """:return: a line on how many of the systems that should be named are"""
        named = [s for s in SITUATIONS if s.label.system]
        right = sum(judged[s.name][0].system == s.label.system for s in named)
        return f"{len(named)} with a system to name, {right} right"

    def _caused(self, situation):
        """Cause a situation and undo it. :return: (what was judged, as a ``Label``; sentence)"""
        judged, sentence = Label("", "not caused"), None
        with self.subTest(situation.name), closing(self.env.cr.savepoint()) as undo:
            order = situation.cause_it(self)
            owner = self.owner(order).sudo()
            owner.invalidate_recordset()
            kinds = {system: kind for kind, system in self.systems.items()}
            judged = Label(
                owner.waits_for_step_id.code,
                owner.cause,
                kinds.get(owner.waits_on_system_id),
                owner.cause_category or None,
            )
            sentence = owner.cause_text
            undo.rollback()
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
