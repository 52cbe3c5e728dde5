from datetime import timedelta

from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import AccessError, ValidationError
from odoo.service.model import call_kw
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..instrumentation import log_writer
from ..tools.observation import Observation
from ..tools.tracing import new_span_id, new_trace_id
from .common import IntegrationCase


@tagged("post_install", "-at_install")
class TestDependency(IntegrationCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.now = fields.Datetime.now()
        # What other addons or demonstration data left must not explain anything here.
        cls.env["integration.system"].search([("id", "!=", cls.system.id)]).active = False
        cls.systems = {"shop": cls.system}
        for code in ("wms", "tax", "carrier"):
            cls.systems[code] = cls.make_system(code)

    def setUp(self):
        super().setUp()
        self.systems = dict(self.systems)  # tests add to it

    @classmethod
    def make_system(cls, code, **values):
        return cls.env["integration.system"].create(
            {"name": code.upper(), "code": f"im_{code}", "environment": "test", **values}
        )

    def needs(self, system, other, **values):
        return self.env["integration.dependency"].create(
            {
                "system_id": self.systems[system].id,
                "depends_on_system_id": self.systems[other].id,
                **values,
            }
        )

    def ill(self, *codes, health="down"):
        for code in codes:
            self.systems[code]._set_health(health, f"{code} does not answer")

    def causes(self):
        """:return: dict of code to the codes of what affects it, for every system"""
        self.env.invalidate_all()
        codes = {system: code for code, system in self.systems.items()}
        return {
            code: sorted(codes[root] for root in system.affected_by_ids)
            for code, system in self.systems.items()
            if system.affected_by_ids
        }

    def trace(self, *lines, hours=1):
        """Lines of one trace: (direction, system code) and further values."""
        trace = new_trace_id()
        parent = None
        observations = []
        for direction, code, values in lines:
            span = new_span_id()
            observations.append(
                Observation(
                    **{
                        "kind": "http_out" if direction == "outbound" else "webhook_in",
                        "direction": direction,
                        "system_id": self.systems[code].id,
                        "trace_id": trace,
                        "span_id": span,
                        "parent_span_id": parent,
                        "occurred_at": self.now - timedelta(hours=hours),
                        **values,
                    }
                )
            )
            parent = span
        log_writer.write_on(self.env.cr, observations)

    def learnt(self):
        return self.env["integration.dependency"].search([("kind", "=", "learnt")])

    def test_the_cause_is_told_from_what_it_affects(self):
        """Three alarms ring for one warehouse."""
        self.needs("shop", "wms")
        self.needs("wms", "carrier")
        self.ill("shop", "wms")
        self.ill("carrier", health="degraded")
        self.assertEqual(self.causes(), {"shop": ["carrier"], "wms": ["carrier"]})
        self.assertEqual(self.systems["shop"].affected_by_text, "Affected by CARRIER")
        self.ill("tax")
        causes = self.env["integration.system"]._root_causes()
        self.assertEqual(
            [(cause["system"], cause["affects"]) for cause in causes],
            [
                (self.systems["carrier"], self.systems["shop"] | self.systems["wms"]),
                (self.systems["tax"], self.env["integration.system"]),
            ],
        )
        self.assertEqual(
            (causes[0]["health"], causes[0]["reason"]), ("degraded", "carrier does not answer")
        )
        self.systems["carrier"]._set_health("up")
        self.assertEqual(self.causes(), {"shop": ["wms"]})

    def test_circles_and_healthy_systems(self):
        """Two systems that need each other are both excused, or the page never loads."""
        self.needs("shop", "wms")
        self.needs("wms", "shop")
        self.ill("shop", "wms")
        self.assertEqual(self.causes(), {})
        roots = [cause["system"] for cause in self.env["integration.system"]._root_causes()]
        self.assertEqual(set(roots), {self.systems["shop"], self.systems["wms"]})
        self.needs("wms", "tax")
        self.ill("tax")
        self.assertEqual(self.causes(), {"shop": ["tax"], "wms": ["tax"]})
        for system in self.systems.values():
            system._set_health("up")
        self.assertEqual(self.env["integration.system"]._root_causes(), [])

    def test_an_endpoint_that_works_affects_nobody(self):
        """The shop is excused by an endpoint of the warehouse that it does not use."""
        system = self.systems["wms"]
        used, other = (
            self.endpoint.copy({"name": code, "code": f"im_{code}", "system_id": system.id})
            for code in ("used", "other")
        )
        self.needs("shop", "wms", depends_on_endpoint_id=used.id)
        self.ill("shop", "wms")
        other._set_health("down")
        used._set_health("up")
        self.assertEqual(self.causes(), {})
        used._set_health("down")
        self.assertEqual(self.causes(), {"shop": ["wms"]})
        self.endpoint._set_health("down")
        self.assertEqual(self.endpoint.affected_by_ids, system)
        self.assertFalse(used.affected_by_ids)

    def test_dependencies_are_learnt_from_traces(self):
        """Nobody declares what needs what, so nothing is known."""
        flow = {"flow_id": self.inbound.id}
        for _time in range(3):
            self.trace(("inbound", "shop", flow), ("outbound", "wms", {}))
        self.trace(("inbound", "shop", flow), ("outbound", "tax", {"endpoint_id": None}))
        self.trace(("inbound", "shop", flow), ("outbound", "shop", {}))
        self.trace(("outbound", "carrier", {}))
        self.trace(("outbound", "carrier", {"system_id": None}), ("inbound", "wms", {}))
        self.env["integration.dependency"]._learn()
        found = {
            item.depends_on_system_id: (item.system_id, item.flow_id, item.evidence_count)
            for item in self.learnt()
        }
        self.assertEqual(
            found,
            {
                self.systems["wms"]: (self.system, self.inbound, 3),
                self.systems["tax"]: (self.system, self.inbound, 1),
            },
        )
        self.env["integration.dependency"]._learn()
        self.assertEqual(sum(self.learnt().mapped("evidence_count")), 4, "counted once")

    def test_a_message_is_no_call(self):
        """What was only meant for a system, and held back, counts as a need; or counts twice."""
        self.trace(("inbound", "shop", {}), ("outbound", "wms", {"kind": "message"}))
        self.trace(
            ("inbound", "shop", {}),
            ("outbound", "tax", {"kind": "message"}),
            ("outbound", "tax", {}),
        )
        self.env["integration.dependency"]._learn()
        self.assertEqual(
            [(item.depends_on_system_id, item.evidence_count) for item in self.learnt()],
            [(self.systems["tax"], 1)],
        )

    def test_the_call_may_come_hours_later(self):
        """An order that waits overnight for its warehouse teaches nothing."""
        trace = new_trace_id()
        self.trace(("inbound", "shop", {"trace_id": trace}), hours=20)
        self.trace(("outbound", "wms", {"trace_id": trace}), hours=1)
        self.env["integration.dependency"]._learn()
        self.assertEqual(self.learnt().depends_on_system_id, self.systems["wms"])

    def test_an_import_that_takes_hours(self):
        """What began before the sweep and ended after it teaches nothing, on either side."""
        for number, sides in enumerate((("inbound", "outbound"), ("outbound", "inbound"))):
            trace = new_trace_id()
            systems = {"inbound": "shop", "outbound": "wms"}
            for side in sides:
                self.trace((side, systems[side], {"trace_id": trace}), hours=2)
                self.env["integration.dependency"]._learn()
            self.assertEqual(self.learnt().evidence_count, number + 1)

    def test_what_people_said_stays(self):
        """A refused dependency is learnt again each hour; a declared one becomes learnt."""
        refused = self.needs("shop", "wms", active=False)
        declared = self.needs("shop", "tax")
        for other in ("wms", "tax"):
            self.trace(("inbound", "shop", {}), ("outbound", other, {}))
        self.env["integration.dependency"]._learn()
        self.assertEqual((refused.active, refused.evidence_count), (False, 1))
        self.assertEqual((declared.kind, declared.evidence_count), ("declared", 1))
        self.assertFalse(self.learnt())
        self.ill("shop", "wms")
        self.assertEqual(self.causes(), {})

    def test_companies_teach_apart(self):
        """One company learns whom another one talks to."""
        company = self.other_company()
        self.systems["far"] = self.make_system("far", company_id=company.id)
        self.trace(("inbound", "shop", {}), ("outbound", "far", {}))
        self.env["integration.dependency"]._learn()
        self.assertFalse(self.learnt())

    def test_lists_cost_the_same_for_many(self):
        """The list of systems asks the database for each row."""
        self.needs("shop", "wms")
        self.needs("wms", "tax")
        self.ill(*self.systems)
        systems = self.env["integration.system"].browse(
            [system.id for system in self.systems.values()]
        )
        self.env.invalidate_all()
        with self.assertQueryCount(2):
            systems.mapped("affected_by_text")

    def test_causes_are_one_question(self):
        """What is ill, what needs it, how its endpoints are and what it is called: four reads."""
        used = self.endpoint.copy(
            {"name": "Used", "code": "im_used", "system_id": self.systems["tax"].id}
        )
        self.needs("shop", "wms")
        self.needs("wms", "tax", depends_on_endpoint_id=used.id)
        self.ill("shop", "wms", "tax")
        used._set_health("down")
        Systems = self.env["integration.system"]
        Systems._causes()
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(1):
            roots = Systems._causes()[self.systems["shop"].id]
            self.assertEqual(Systems.browse(roots).mapped("name"), ["TAX"])

    def test_nonsense_is_refused(self):
        """A system needs itself, or an endpoint of a third one."""
        with self.assertRaises(ValidationError):
            self.needs("shop", "shop")
        with self.assertRaises(ValidationError):
            self.needs("shop", "wms", depends_on_endpoint_id=self.endpoint.id)
        self.needs("shop", "wms")
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"), self.cr.savepoint():
            self.needs("shop", "wms")

    def rpc(self, role, method, *args, model="integration.dependency"):
        env = self.env(user=self.users[role], su=False)
        return call_kw(env[model], method, list(args), {})

    def test_access(self):
        """Everybody sees, or changes, who needs whom; a company sees another's."""
        dependency = self.needs("shop", "wms")
        with self.assertRaises(AccessError):
            self.rpc("plain", "search", [])
        self.assertTrue(self.rpc("viewer", "read", dependency.ids, ["display_name"]))
        for role in ("viewer", "operator", "support"):
            with self.assertRaises(AccessError, msg=role):
                self.rpc(role, "write", dependency.ids, {"note": "x"})
            with self.assertRaises(AccessError, msg=role):
                self.rpc(role, "unlink", dependency.ids)
        with self.assertRaises(AccessError):
            self.rpc("administrator", "_learn")
        self.rpc("administrator", "write", dependency.ids, {"note": "for releases"})
        company = self.other_company()
        for code in ("a", "b"):
            self.systems[code] = self.make_system(code, company_id=company.id)
        far = self.needs("a", "b")
        self.ill("a", "b")
        self.assertEqual(far.company_id, company)
        self.assertFalse(self.rpc("administrator", "search", [("id", "=", far.id)]))
        viewer = self.env["integration.system"].with_user(self.users["viewer"]).sudo(False)
        self.assertFalse(viewer._root_causes())
        self.assertEqual(self.causes(), {"a": ["b"]})
