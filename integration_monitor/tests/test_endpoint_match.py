from unittest.mock import patch

from odoo.tests import tagged

from ..tools.endpoint_match import address_of
from .common import IntegrationCase


@tagged("post_install", "-at_install")
class TestEndpointMatch(IntegrationCase):
    """The table of hosts follows its endpoints, and costs nothing while they stay."""

    def found(self, url, companies=()):
        """:return: the matched target, from the cache as the wrapper does"""
        endpoints = self.env["integration.endpoint"]
        endpoints._match_table()
        table = type(endpoints)._match_table_of(self.registry)
        return table.find(address_of(url), companies)

    def test_changes_are_seen_at_once(self):
        """A new or changed endpoint is not matched until the server restarts."""
        self.assertIsNone(self.found("https://new.example/"))
        self.endpoint.host_patterns = "new.example"
        self.assertEqual(self.found("https://new.example/").endpoint_id, self.endpoint.id)
        self.assertTrue(self.found("https://new.example/").inject)
        self.endpoint.inject_trace = False
        self.assertFalse(self.found("https://new.example/").inject)
        self.system.region = "EU"
        self.assertEqual(self.found("https://new.example/").region, "EU")
        self.outbound.active = False
        self.endpoint.active = False
        self.assertIsNone(self.found("https://new.example/"))
        self.endpoint.active = True
        copy = self.endpoint.copy({"code": "im_copy", "base_url": "https://copy.example"})
        self.assertEqual(self.found("https://copy.example/").endpoint_id, copy.id)
        copy.unlink()
        self.assertIsNone(self.found("https://copy.example/"))

    def test_paused_endpoints_are_matched(self):
        """Calls of other modules to a paused partner look like a new partner."""
        self.endpoint._pause("Test")
        self.assertEqual(self.found("http://127.0.0.1:9/").endpoint_id, self.endpoint.id)

    def test_health_leaves_the_table_alone(self):
        """Each call empties the caches of all workers."""
        self.env["integration.endpoint"]._match_table()
        self.env.flush_all()
        with patch.object(type(self.registry), "clear_cache") as cleared:
            self.endpoint._note_outcome()
            self.endpoint.name = "Renamed"
        cleared.assert_not_called()

    def test_the_cache_needs_neither_cursor_nor_query(self):
        """The hot path asks the database."""
        self.found("http://127.0.0.1:9/")
        with patch.object(type(self.registry), "cursor") as opened, self.assertQueryCount(0):
            type(self.env["integration.endpoint"])._match_table_of(self.registry)
        opened.assert_not_called()

    def test_an_empty_cache_is_read_once_on_a_cursor_of_its_own(self):
        """A failed business transaction takes the matching along."""
        self.registry.clear_cache()
        endpoints = type(self.env["integration.endpoint"])
        self.env.flush_all()
        with self.enter_registry_test_mode():
            table = endpoints._match_table_of(self.registry)
            self.assertIs(endpoints._match_table_of(self.registry), table)
        target = table.find(address_of("http://127.0.0.1:9/"))
        self.assertEqual(target.endpoint_id, self.endpoint.id)

    def test_a_table_read_before_the_commit_is_forgotten(self):
        """A call between change and commit keeps the old table for good."""
        endpoints = self.env["integration.endpoint"]
        self.endpoint.host_patterns = "late.example"
        stale = endpoints._match_table()  # as another connection would have cached it
        self.assertIs(endpoints._match_table(), stale)
        self.env.cr.postcommit.run()
        self.assertIsNot(endpoints._match_table(), stale)

    def test_companies_have_their_own_endpoints(self):
        """The calls of one company count for another."""
        other = self.other_company()
        system = self.env["integration.system"].create(
            {"name": "Theirs", "code": "theirs", "company_id": other.id}
        )
        theirs = self.endpoint.copy({"code": "im_theirs", "system_id": system.id})
        url = "http://127.0.0.1:9/"
        self.assertEqual(self.found(url).endpoint_id, min(self.endpoint.id, theirs.id))
        self.assertEqual(self.found(url, (other.id,)).endpoint_id, theirs.id)
        self.assertEqual(self.found(url, (other.id,)).company_id, other.id)
        theirs.active = False
        self.assertIsNone(self.found(url, (other.id,)))
