from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.service.model import call_kw
from odoo.tests import tagged

from ..instrumentation import log_writer
from ..models import integration_discovery
from ..tools.endpoint_match import address_of
from ..tools.observation import Observation
from .common import IntegrationCase


@tagged("post_install", "-at_install")
class TestDiscovery(IntegrationCase):
    """Hosts that nobody told us of, from the first call to the adopted endpoint."""

    def call(self, host="api.dhl.example", number=1, **values):
        """Log calls to a host as the wrapper does."""
        line = Observation(**{"kind": "http_out", "host": host, "method": "GET", **values})
        log_writer.write_on(self.env.cr, [line] * number)

    def roll(self):
        self.assertTrue(self.env["integration.metric"]._roll_up_on(self.env.cr))

    def discovered(self, host="api.dhl.example"):
        return self.env["integration.discovery"].search([("host", "=", host)])

    def rpc(self, role, method, *args, **kwargs):
        """Call a method of the discoveries as a role over RPC."""
        env = self.env(user=self.users[role], su=False)
        return call_kw(env["integration.discovery"], method, list(args), kwargs)

    def test_unknown_hosts_are_collected(self):
        """Nobody knows which partners a module talks to."""
        early = fields.Datetime.now() - timedelta(hours=2)
        self.call(number=2, path_template="/old", occurred_at=early)
        self.call(outcome="error", error_class="server", path_template="/labels/{id}")
        self.call(endpoint_id=self.endpoint.id, host="known.example")
        self.call(host=None)
        log_writer.write_on(self.env.cr, [Observation("job", host="job.example")])
        self.roll()
        found = self.discovered()
        self.assertEqual((found.call_count, found.failure_count), (3, 1))
        self.assertEqual(found.example, "GET /labels/{id}")
        self.assertEqual((found.state, found.kind, found.address), ("new", "carrier", _URL))
        self.assertEqual(found.first_seen, early.replace(microsecond=0))
        self.assertGreater(found.last_seen, early)
        self.assertFalse(self.discovered("known.example") + self.discovered("job.example"))

    def test_full_counters_stop_nothing(self):
        """After years of an ignored host no line is counted any more."""
        self.call()
        self.roll()
        self.discovered().sudo().write({"call_count": 2**31 - 1, "failure_count": 2**31 - 1})
        self.env.flush_all()
        self.call(number=2, outcome="error", error_class="dns")
        self.roll()
        found = self.discovered()
        self.assertEqual((found.call_count, found.failure_count), (2**31 - 1, 2**31 - 1))

    def test_a_company_that_is_gone_stops_nothing(self):
        """A line of a company that was deleted meanwhile, and no line is ever counted again."""
        self.call(company_id=2_000_000_003)
        self.call()
        self.roll()
        self.assertEqual(self.discovered().call_count, 1)

    def test_a_second_roll_up_adds(self):
        """The second minute makes a second record, or forgets the first."""
        self.call(number=3)
        self.roll()
        first = self.discovered()
        self.call(number=2, outcome="error", error_class="dns", method="POST")
        self.roll()
        self.roll()
        self.assertEqual(self.discovered(), first)
        self.assertEqual((first.call_count, first.failure_count, first.method), (5, 2, "POST"))

    def test_ports_schemes_and_companies_are_kept_apart(self):
        """Two services of one machine, or two companies' calls, become one."""
        other = self.other_company()
        self.call(host="10.0.0.7", detail={"scheme": "http", "port": 8081})
        self.call(host="10.0.0.7", detail={"scheme": "http", "port": 8082})
        self.call(host="10.0.0.7", detail={"scheme": "ftp", "port": "x' OR 1=1"})
        self.call(host="10.0.0.7", company_id=other.id)
        self.call(host="::1", detail={"scheme": "http", "port": 8069})
        self.roll()
        found = self.discovered("10.0.0.7").sorted("id")
        self.assertEqual(
            sorted(found.mapped("address")),
            [
                "http://10.0.0.7:8081",
                "http://10.0.0.7:8082",
                "https://10.0.0.7",
                "https://10.0.0.7",
            ],
        )
        self.assertIn("10.0.0.7:8081", found.mapped("display_name"))
        self.assertEqual(found.company_id, other)
        self.assertEqual(self.discovered("::1").address, "http://[::1]:8069")

    def test_one_click_adopts(self):
        """An administrator fills in a form for each carrier that is in use already."""
        self.call(number=4, company_id=self.env.company.id)
        self.roll()
        found = self.discovered()
        action = self.rpc("administrator", "action_adopt", found.ids)
        endpoint = found.endpoint_id
        self.assertEqual(action["res_id"], endpoint.id)
        self.assertEqual((found.state, endpoint.base_url), ("adopted", _URL))
        self.assertEqual((endpoint.state, endpoint.inject_trace), ("active", False))
        system = endpoint.system_id
        self.assertEqual((system.name, system.kind), ("dhl.example", "carrier"))
        self.assertEqual(system.company_id, self.env.company)
        self.assertFalse(endpoint._environment_refusal())  # nothing is held
        target = self.env["integration.endpoint"]._match_table().find(address_of(f"{_URL}/x"))
        self.assertEqual(target.endpoint_id, endpoint.id)
        # Lines that were under way meanwhile count, and decide nothing anew.
        self.call(company_id=self.env.company.id)
        self.roll()
        self.assertEqual((found.state, found.call_count), ("adopted", 5))
        with self.assertRaises(UserError):
            found.action_adopt()

    def test_a_host_whose_endpoint_was_archived(self):
        """Its calls belong to nobody again, and the list says that all is settled."""
        self.call()
        self.roll()
        found = self.discovered()
        found.action_adopt()
        first = found.endpoint_id
        first.active = False
        self.env.flush_all()
        self.call()
        self.roll()
        self.assertEqual(found.state, "new")
        found.action_adopt()
        self.assertEqual(found.state, "adopted")
        self.assertNotEqual(found.endpoint_id, first)

    def test_adopting_into_a_system(self):
        """The second address of a partner becomes a second partner."""
        self.call()
        self.roll()
        found = self.discovered()
        self.rpc("administrator", "write", found.ids, {"system_id": self.system.id})
        self.rpc("administrator", "action_adopt", found.ids)
        self.assertEqual(found.endpoint_id.system_id, self.system)

    def test_adopting_several(self):
        """Hosts of one partner become many partners, or their codes collide."""
        self.env["integration.system"].create({"name": "X", "code": "a_dhl_example"})
        for host in ("a.dhl.example", "b.dhl.example", "a-dhl.example"):
            self.call(host=host)
        self.roll()
        found = self.env["integration.discovery"].search([("host", "like", "dhl.example")])
        found.filtered(lambda record: record.host == "a-dhl.example").kind = "tms"
        self.assertTrue(self.rpc("administrator", "action_adopt", found.ids))
        self.assertEqual(set(found.mapped("state")), {"adopted"})
        self.assertEqual(len(found.endpoint_id), 3)
        self.assertEqual(len(found.system_id), 2)
        self.assertEqual(len(set(found.endpoint_id.mapped("code"))), 3)
        kinds = {record.host: record.system_id.kind for record in found}
        self.assertEqual(kinds["a-dhl.example"], "tms")

    def test_adopting_calls_of_known_and_unknown_company(self):
        """A user's calls and those of the scheduler make two endpoints; one is never matched."""
        other = self.other_company()
        for company in (self.env.company.id, None, other.id):
            self.call(company_id=company)
        self.roll()
        found = self.discovered()
        self.assertEqual(len(found), 3)
        found.filtered(lambda record: not record.company_id).system_id = self.system
        found.with_context(allowed_company_ids=[self.env.company.id, other.id]).action_adopt()
        self.assertEqual(set(found.mapped("state")), {"adopted"})
        theirs = found.filtered(lambda record: record.company_id == other)
        ours = found - theirs
        self.assertEqual((len(ours.endpoint_id), len(theirs.endpoint_id)), (1, 1))
        self.assertEqual(ours.endpoint_id.system_id, self.system)
        self.assertEqual(theirs.endpoint_id.system_id.company_id, other)
        table = self.env["integration.endpoint"]._match_table()
        for companies in ((), (self.env.company.id,)):
            target = table.find(address_of(f"{_URL}/x"), companies)
            self.assertIn(target.endpoint_id, found.endpoint_id.ids)

    def test_an_endpoint_made_by_hand_is_found(self):
        """Adopting makes a second endpoint for the same host."""
        self.call()
        self.roll()
        self.endpoint.host_patterns = "*.dhl.example"
        found = self.discovered()
        found.action_adopt()
        self.assertEqual((found.state, found.endpoint_id), ("adopted", self.endpoint))

    def test_ignoring(self):
        """A host that nobody cares for comes back with its next call."""
        self.call()
        self.roll()
        found = self.discovered()
        self.rpc("administrator", "action_ignore", found.ids)
        self.call()
        self.roll()
        self.assertEqual((found.state, found.call_count), ("ignored", 2))
        found.action_restore()
        self.assertEqual(found.state, "new")

    def test_a_deleted_endpoint_is_discovered_anew(self):
        """After its endpoint was deleted a host is never seen again."""
        self.call()
        self.roll()
        found = self.discovered()
        found.action_adopt()
        found.endpoint_id.unlink()
        self.call()
        self.roll()
        self.assertEqual(found.state, "new")

    def test_the_calls_can_be_opened(self):
        """A host is there, and nobody can see who calls it."""
        self.call(number=2)
        self.roll()
        action = self.discovered().action_open_log()
        self.assertEqual(self.env["integration.log"].search_count(action["domain"]), 2)

    def test_the_list_is_bounded(self):
        """Link previews fill the list with thousands of hosts."""
        old = fields.Datetime.now() - timedelta(days=integration_discovery.KEEP_NEW_DAYS + 1)
        for host, values in (
            ("old.example", {"occurred_at": old}),
            ("kept.example", {"occurred_at": old}),
            ("late.example", {}),
        ):
            self.call(host=host, **values)
        self.roll()
        self.discovered("kept.example").action_ignore()
        keep = self.env["integration.discovery"].search_count([("state", "=", "new")]) - 1
        self.patch(integration_discovery, "KEEP_NEW_ROWS", keep)
        self.env["integration.discovery"]._forget_old()
        self.assertFalse(self.discovered("old.example"))
        self.assertTrue(self.discovered("kept.example") and self.discovered("late.example"))

    def test_only_administrators(self):
        """An employee reads or adopts the partners of another company."""
        other = self.other_company()
        self.call()
        self.call(company_id=other.id)
        self.roll()
        ours = self.discovered().filtered(lambda record: not record.company_id)
        theirs = self.discovered() - ours
        for role in ("plain", "viewer", "operator", "support"):
            with self.assertRaises(AccessError, msg=role):
                self.rpc(role, "search_read", [("id", "in", ours.ids)], ["host"])
            for method in ("action_adopt", "action_ignore", "action_restore", "action_open_log"):
                with self.assertRaises(AccessError, msg=f"{role} {method}"):
                    self.rpc(role, method, ours.ids)
        seen = self.rpc("administrator", "search", [("host", "=", "api.dhl.example")])
        self.assertEqual(seen, ours.ids)
        for method in ("action_adopt", "action_ignore"):
            with self.assertRaises(AccessError, msg=method):
                self.rpc("administrator", method, theirs.ids)
        with self.assertRaises(AccessError):
            self.rpc("administrator", "create", {"host": "x.example"})
        with self.assertRaises(AccessError):
            self.rpc("administrator", "_forget_old")
        self.assertEqual(self.rpc("administrator", "action_adopt", ours.ids)["res_id"] > 0, True)


_URL = "https://api.dhl.example"
