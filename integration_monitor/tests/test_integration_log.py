from datetime import datetime, timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import TransactionCase, new_test_user, tagged

from ..instrumentation import log_partitions, log_table, log_writer
from ..tools.observation import COLUMNS, Observation
from ..tools.tracing import new_correlation_id

FLOW = 2_000_000_002


@tagged("post_install", "-at_install")
class TestIntegrationLog(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Log = cls.env["integration.log"]

    def _write(self, count=1, **values):
        now = fields.Datetime.now()
        observations = [
            Observation(
                **{
                    "kind": "http_out",
                    "flow_id": FLOW,
                    "occurred_at": now - timedelta(seconds=number),
                    "company_id": self.env.company.id,
                    **values,
                }
            )
            for number in range(count)
        ]
        log_writer.write_on(self.env.cr, observations)
        return self.Log.search([("flow_id", "=", FLOW)])

    def _leaves(self):
        return {name for name, *_rest in log_partitions.partitions(self.env.cr)}

    def test_the_indexes_exist(self):
        """The log is slow on the first busy day: the ORM ignores indexes of such a table."""
        self.env.cr.execute(
            "SELECT indexdef FROM pg_indexes WHERE tablename = 'integration_log_data'"
        )
        rows = self.env.cr.fetchall()
        definitions = " ".join(row[0] for row in rows)
        for columns in (
            "(correlation_id)",
            "(endpoint_id, occurred_at)",
            "(flow_id, occurred_at)",
            "(error_class, occurred_at)",
            "(occurred_at, id)",
            "(message_id)",
            "(txid)",
            "(id, retention_class, occurred_at)",
            "(occurred_at, id) WHERE ((outcome)::text = 'error'::text)",
        ):
            self.assertIn(columns, definitions)
        leaf = log_partitions.leaf_name("standard", fields.Datetime.now())
        self.env.cr.execute("SELECT count(*) FROM pg_indexes WHERE tablename = %s", (leaf,))
        # Other addons may have indexes of their own.
        self.assertGreater(len(rows), len(log_table.INDEXES))
        self.assertEqual(self.env.cr.fetchone()[0], len(rows))

    def test_columns_fields_and_observations_agree(self):
        """A new column is written but never shown, or the other way round."""
        stored = {name for name, field in self.Log._fields.items() if field.store}
        self.assertEqual(stored, set(log_table.COLUMNS) - {"txid"})
        self.assertLess(set(COLUMNS), set(log_table.COLUMNS))

    def test_partitions_are_made_ahead(self):
        """The log stops at midnight of the first."""
        now = fields.Datetime.now()
        # Each day; the database may be older than what was made when it was installed.
        self.Log._maintain_partitions()
        for retention_class in ("standard", "refused", "audit"):
            for offset in range(4):
                month = log_partitions.add_months(now, offset)
                self.assertIn(log_partitions.leaf_name(retention_class, month), self._leaves())
        # Last month's may be out of its retention already.
        log_partitions.ensure_partitions(self.env.cr)
        last_month = log_partitions.add_months(now, -1)
        self.assertIn(log_partitions.leaf_name("refused", last_month), self._leaves())
        self.assertEqual(log_partitions.ensure_partitions(self.env.cr), 0)

    def test_the_year_turns(self):
        """January's partition is missing or covers the wrong days."""
        made = log_partitions.ensure_partitions(self.env.cr, datetime(2099, 11, 30, 23, 59))
        self.assertEqual(made, 15)
        ranges = {
            name: (start, end)
            for name, _class, start, end in log_partitions.partitions(self.env.cr)
        }
        self.assertEqual(
            ranges["integration_log_standard_y2099m12"],
            (datetime(2099, 12, 1), datetime(2100, 1, 1)),
        )

    def test_old_months_are_dropped_by_class(self):
        """The disk fills up, or the audit trail is thrown away with the rest."""
        for retention_class in ("standard", "refused", "audit"):
            log_partitions.ensure_partition(self.env.cr, retention_class, 2020, 5)
        now = datetime(2020, 7, 5)
        dropped = log_partitions.drop_expired(
            self.env.cr, {"standard": 30, "refused": 40, "audit": 365}, now
        )
        self.assertEqual(dropped, ["integration_log_standard_y2020m05"])
        for _day in range(2):
            self.Log._maintain_partitions()
        self.assertFalse({name for name in self._leaves() if "2020" in name})
        self.assertIn(log_partitions.leaf_name("standard", fields.Datetime.now()), self._leaves())

    def test_a_clock_that_is_ahead_for_one_run(self):
        """A machine resumes in the year 2036 for a minute, and all evidence is dropped."""
        now = fields.Datetime.now()
        log_partitions.ensure_partitions(self.env.cr)
        self.Log._maintain_partitions()
        lines = self._write(2)
        with freeze_time(now + timedelta(days=3650)):
            self.Log._maintain_partitions()
        self.assertIn(log_partitions.leaf_name("standard", now), self._leaves())
        self.assertEqual(self.Log.search([("flow_id", "=", FLOW)]), lines)
        with freeze_time(now + timedelta(days=3650)):
            self.assertLess(self.Log._retention_now(), now + timedelta(days=15))
        self.Log._maintain_partitions()
        self.assertLessEqual(self.Log._retention_now(), fields.Datetime.now())

    def test_a_machine_that_was_off_for_long(self):
        """What is past its retention stays for ever after a summer without a run."""
        log_partitions.ensure_partition(self.env.cr, "standard", 2020, 5)
        with freeze_time("2020-06-20 03:00:00"):
            self.Log._maintain_partitions()
        for _week in range(3):
            self.Log._maintain_partitions()
        self.assertNotIn("integration_log_standard_y2020m05", self._leaves())
        parameters = self.env["ir.config_parameter"]
        parameters.set_param("integration_monitor.log_maintained_until", "long ago")
        self.Log._maintain_partitions()
        self.assertLess(parameters.get_param("integration_monitor.log_maintained_until"), "2100")

    def test_a_slip_in_the_settings_does_not_empty_the_log(self):
        """Somebody types 'ten' or 0 and the evidence of a year is gone."""
        parameters = self.env["ir.config_parameter"]
        for text in ("ten", "0", "-3", "", "²"):
            parameters.set_param("integration_monitor.log_retention_audit_days", text)
            self.assertEqual(self.Log._retention_days()["audit"], 365)
        parameters.set_param("integration_monitor.log_retention_audit_days", "90")
        self.assertEqual(self.Log._retention_days()["audit"], 90)
        parameters.set_param("integration_monitor.log_retention_audit_days", "9" * 12)
        self.Log._maintain_partitions()

    def test_a_month_that_was_taken_out_to_be_kept(self):
        """A database administrator detaches a month for his archive, and its lines are lost."""
        cr = self.env.cr
        log_partitions.ensure_partition(cr, "audit", 2031, 5)
        cr.execute(
            "ALTER TABLE integration_log_audit DETACH PARTITION integration_log_audit_y2031m05"
        )
        for made in (True, False):
            self.assertEqual(log_partitions.ensure_partition(cr, "audit", 2031, 5), made)
        self.assertIn("integration_log_audit_y2031m05_2", self._leaves())
        dropped = log_partitions.drop_expired(
            cr, {"standard": 9999, "refused": 9999, "audit": 1}, datetime(2031, 7, 1)
        )
        self.assertIn("integration_log_audit_y2031m05_2", dropped)
        cr.execute("SELECT count(*) FROM integration_log_audit_y2031m05")  # it is still theirs

    def test_an_upgrade_adds_columns_and_keeps_lines(self):
        """A new release loses the log or cannot be installed."""
        self._write(3)
        cr = self.env.cr
        cr.execute("DROP VIEW integration_log")
        cr.execute("ALTER TABLE integration_log_data DROP COLUMN region, DROP COLUMN count")
        cr.execute("DROP INDEX integration_log_data_flow_idx")
        log_table.ensure_schema(cr)
        log_table.ensure_schema(cr)
        self.env.invalidate_all()
        lines = self.Log.search([("flow_id", "=", FLOW)])
        self.assertEqual(lines.mapped("count"), [1, 1, 1])
        self.assertEqual(len(self._write(1, region="EU")), 4)
        self.test_the_indexes_exist()

    def test_uninstalling_leaves_nothing(self):
        """An uninstalled suite leaves gigabytes behind."""
        cr = self.env.cr
        log_partitions.ensure_partition(cr, "audit", 2031, 5)  # made by an old line, or ahead
        self.env["integration.metric"]._drop_storage()
        log_table.drop_all(cr)
        cr.execute(
            "SELECT relname FROM pg_class WHERE relname LIKE 'integration\\_log\\_%'"
            " OR relname IN ('integration_log', 'integration_metric_watermark')"
        )
        self.assertEqual(cr.fetchall(), [])
        cr.execute("SELECT count(*) FROM pg_proc WHERE proname LIKE 'integration\\_jsonb%'")
        self.assertEqual(cr.fetchone()[0], 0)

    def test_lists_and_groups_work_on_many_lines(self):
        """The log's screen fails as soon as there is something to see."""
        self._write(1200, outcome="error", error_class="timeout", duration_ms=5.0)
        domain = [("flow_id", "=", FLOW)]
        found = self.Log.web_search_read(
            domain, {"outcome": {}, "flow_id": {"fields": {"display_name": {}}}}, limit=80
        )
        self.assertEqual(found["length"], 1200)
        self.assertEqual(len(found["records"]), 80)
        self.assertFalse(found["records"][0]["flow_id"])  # the flow is gone; the line stays
        groups = self.Log.formatted_read_group(
            domain, ["error_class", "occurred_at:day"], ["count:sum", "duration_ms:avg"]
        )
        self.assertEqual(sum(group["count:sum"] for group in groups), 1200)

    def test_lines_outlive_what_they_name(self):
        """Deleting a flow makes the log and the traffic unreadable."""
        self._write(2, system_id=2_000_000_002, company_id=self.env.company.id)
        self.env["integration.metric"]._roll_up_on(self.env.cr)
        domain = [("flow_id", "=", FLOW)]
        for model in ("integration.log", "integration.metric", "integration.traffic"):
            records = self.env[model]
            specification = {
                name: {"fields": {"display_name": {}}} for name in ("flow_id", "company_id")
            }
            for values in records.web_search_read(domain, specification)["records"]:
                self.assertFalse(values["flow_id"])
                self.assertEqual(values["company_id"]["id"], self.env.company.id)
            groups = records.formatted_read_group(domain, ["flow_id", "system_id"], ["__count"])
            self.assertEqual([group["flow_id"] for group in groups], [False])
            groups = records.formatted_read_group(domain, ["company_id"], ["__count"])
            self.assertEqual(groups[0]["company_id"][0], self.env.company.id)

    def test_a_period_reads_its_partitions_only(self):
        """Looking at today reads a year of lines."""
        since = fields.Datetime.now().replace(day=1)
        query = self.Log._search([("occurred_at", ">=", since)], limit=80)
        self.env.cr.execute("EXPLAIN " + self.env.cr.mogrify(*_code(query)).decode())
        plan = "\n".join(row[0] for row in self.env.cr.fetchall())
        last_month = log_partitions.add_months(since, -1)
        self.assertIn(log_partitions.leaf_name("standard", since), plan)
        self.assertNotIn(log_partitions.leaf_name("standard", last_month), plan)

    def test_viewers_read_without_headers_and_answers(self):
        """Everybody in the office reads what partners answer."""
        line = self._write(request_headers={"X-A": "1"}, response_excerpt="said")
        viewer = new_test_user(self.env, "log_viewer", "integration_monitor.group_viewer")
        support = new_test_user(self.env, "log_support", "integration_monitor.group_support")
        worker = new_test_user(self.env, "log_worker", "base.group_user")
        self.assertEqual(line.with_user(viewer).kind, "http_out")
        for name in ("request_headers", "response_excerpt", "request_headers_text"):
            with self.assertRaises(AccessError):
                line.with_user(viewer).read([name])
        self.assertEqual(line.with_user(support).response_excerpt, "said")
        self.assertEqual(line.with_user(support).request_headers_text, "X-A: 1")
        with self.assertRaises(AccessError):
            line.with_user(worker).read(["kind"])

    def test_nobody_changes_the_log(self):
        """Evidence is edited or removed."""
        line = self._write()
        admin = new_test_user(self.env, "log_admin", "integration_monitor.group_administrator")
        line = line.with_user(admin)
        for work in (
            lambda: line.write({"outcome": "error"}),
            line.unlink,
            lambda: line.create({"kind": "custom", "occurred_at": fields.Datetime.now()}),
        ):
            with self.assertRaises(AccessError):
                work()

    def test_companies_see_their_own_lines(self):
        """One company reads the traffic of another."""
        other = self.env["res.company"].create({"name": "Other company"})
        self._write(company_id=other.id)
        self._write(company_id=None)
        viewer = new_test_user(self.env, "log_viewer", "integration_monitor.group_viewer")
        seen = self.Log.with_user(viewer).search([("flow_id", "=", FLOW)])
        self.assertEqual(seen.company_id, self.env["res.company"])
        self.assertEqual(len(seen), 1)

    def test_related_lines_are_opened_by_correlation(self):
        """From a failed call nobody finds the order that it belonged to."""
        line = self._write(
            correlation_id=new_correlation_id(), method="POST", path_template="/x", status_code=500
        )
        self._write(correlation_id="other")
        action = line.filtered("correlation_id")[:1].action_open_related()
        self.assertEqual(self.Log.search(action["domain"]), line)
        self.assertEqual(line.display_name, "POST /x 500")


def _code(query):
    select = query.select()
    return select.code, select.params
