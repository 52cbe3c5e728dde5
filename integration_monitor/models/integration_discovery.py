"""Hosts that some module of this Odoo calls and that no endpoint describes."""

import re
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..tools.endpoint_match import Address
from ..tools.partner_kind import guess_kind, name_of
from .integration_system import SYSTEM_KINDS

# Link previews and the like call any host: what nobody wanted is forgotten.
KEEP_NEW_DAYS = 90
KEEP_NEW_ROWS = 2000


class IntegrationDiscovery(models.Model):
    """One unknown host and port; counted by the roll-up, adopted or ignored by a person."""

    _name = "integration.discovery"
    _description = "Discovered endpoint"
    _order = "last_seen desc, id desc"
    _rec_name = "host"

    host = fields.Char(required=True, readonly=True)
    scheme = fields.Char(required=True, readonly=True, default="https")
    port = fields.Integer(
        required=True, readonly=True, default=0, aggregator=None, help="0 stands for the usual one."
    )
    address = fields.Char(compute="_compute_address", help="What an endpoint would be called at.")
    company_id = fields.Many2one(
        "res.company", readonly=True, index=True, help="The company that called, if it was known."
    )
    state = fields.Selection(
        [("new", "New"), ("adopted", "Adopted"), ("ignored", "Ignored")],
        required=True,
        default="new",
        readonly=True,
    )
    first_seen = fields.Datetime(required=True, readonly=True)
    last_seen = fields.Datetime(required=True, readonly=True)
    call_count = fields.Integer("Calls", required=True, readonly=True, default=0)
    failure_count = fields.Integer("Failed Calls", required=True, readonly=True, default=0)
    method = fields.Char(readonly=True)
    path_template = fields.Char("Path", readonly=True, help="Of the last call; ids are masked.")
    example = fields.Char("Last Call", compute="_compute_address")
    kind = fields.Selection(
        SYSTEM_KINDS,
        compute="_compute_kind",
        inverse="_inverse_kind",
        help="What the new system will be; a guess from the name of the host.",
    )
    chosen_kind = fields.Selection(SYSTEM_KINDS, readonly=True)
    system_id = fields.Many2one(
        "integration.system",
        domain="[('company_id', '=?', company_id)]",
        ondelete="set null",
        help="The system that the endpoint belongs to. Leave it empty to make a new one.",
    )
    endpoint_id = fields.Many2one(
        "integration.endpoint", readonly=True, ondelete="set null", index="btree_not_null"
    )

    # Also serves ON CONFLICT of the roll-up.
    _host_uniq = models.UniqueIndex("(host, port, COALESCE(company_id, 0))")

    @api.depends("host", "port")
    def _compute_display_name(self):
        """The host, with its port when it is an unusual one."""
        for found in self:
            found.display_name = found._display_host()

    @api.depends("scheme", "host", "port", "method", "path_template")
    def _compute_address(self):
        """Put the parts together."""
        for found in self:
            host = f"[{found.host}]" if ":" in (found.host or "") else found.host
            port = f":{found.port}" if found.port else ""
            found.address = f"{found.scheme}://{host}{port}"
            found.example = " ".join(filter(None, [found.method, found.path_template]))

    @api.depends("host", "chosen_kind")
    def _compute_kind(self):
        """Guess from the name until a person chooses; the roll-up's SQL cannot."""
        for found in self:
            found.kind = found.chosen_kind or guess_kind(found.host or "")

    def _inverse_kind(self):
        """Keep what a person chose."""
        for found in self:
            found.chosen_kind = found.kind

    def action_adopt(self):
        """Make an endpoint of each host of a company, and a system where none was chosen.

        Calls whose company is not known count as the user's company's.

        The endpoint only observes: nothing is paused, no header is sent along until an
        administrator switches that on.

        :return: the action that opens the endpoint, or True for several
        """
        self.check_access("write")
        todo = self.filtered(lambda found: found.state != "adopted")
        if not todo:
            raise UserError(self.env._("These hosts have been adopted already."))
        todo -= todo._claim_existing()
        places = todo._places()
        todo._ensure_systems()
        firsts = self.browse(found[0].id for found in places)
        codes = firsts._free_codes("integration.endpoint")
        endpoints = self.env["integration.endpoint"].create(
            [
                {
                    "name": found._display_host(),
                    "code": code,
                    "system_id": found.system_id.id,
                    "base_url": found.address,
                    "inject_trace": False,
                }
                for found, code in zip(firsts, codes, strict=True)
            ]
        )
        for found, endpoint in zip(places, endpoints, strict=True):
            found.write({"state": "adopted", "endpoint_id": endpoint.id})
        return self._open_endpoint() if len(self) == 1 else True

    def action_ignore(self):
        """Put the hosts out of sight; their calls are logged all the same."""
        self.check_access("write")
        self.filtered(lambda found: found.state == "new").write({"state": "ignored"})
        return True

    def action_restore(self):
        """Show ignored hosts as new again."""
        self.check_access("write")
        self.filtered(lambda found: found.state == "ignored").write({"state": "new"})
        return True

    def action_open_endpoint(self):
        """Open the endpoint that was made of this host."""
        self.ensure_one()
        return self._open_endpoint()

    def action_open_log(self):
        """Open the last calls to this host."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "integration_monitor.action_integration_log"
        )
        # The month before the last call: lets PostgreSQL skip the other partitions.
        action["domain"] = [
            ("host", "=", self.host),
            ("kind", "=", "http_out"),
            ("occurred_at", ">=", self.last_seen - timedelta(days=31)),
            ("occurred_at", "<=", self.last_seen + timedelta(seconds=1)),
        ]
        action["context"] = {}
        return action

    @api.autovacuum
    def _forget_old(self):
        """Drop hosts that nobody decided on and that are called no more, or are too many."""
        self.env.cr.execute(
            SQL(
                """
                DELETE FROM integration_discovery
                 WHERE state = 'new'
                   AND (last_seen < %s OR id NOT IN (
                        SELECT id FROM integration_discovery WHERE state = 'new'
                         ORDER BY last_seen DESC, id DESC LIMIT %s))
                """,
                self.env["integration.log"]._retention_now() - timedelta(days=KEEP_NEW_DAYS),
                KEEP_NEW_ROWS,
            )
        )
        self.invalidate_model()

    def _claim_existing(self):
        """Take over hosts that an endpoint describes meanwhile; returns them."""
        table = self.env["integration.endpoint"]._match_table()
        claimed = self.browse()
        for found in self:
            company = found._company()
            place = Address(found.scheme, found.host, found.port or None, "/")
            target = table.find(place, (company.id,))
            if target is not None and target.company_id == company.id:
                found.write({"state": "adopted", "endpoint_id": target.endpoint_id})
                claimed |= found
        return claimed

    def _places(self):
        """Put together what one endpoint describes: two of them could never be told apart.

        :return: list of records with the same host, port and company; the system that somebody
            chose for one of them is that of all
        """
        places = self.grouped(lambda found: (found.host, found.port, found._company()))
        for found in places.values():
            if found.system_id:
                found.write({"system_id": found.system_id[0].id})
        return list(places.values())

    def _ensure_systems(self):
        """Make the systems of those that have none: one for hosts of one partner."""
        groups = self.filtered(lambda found: not found.system_id).grouped(
            lambda found: (name_of(found.host), found._company())
        )
        firsts = self.browse(found[0].id for found in groups.values())
        codes = firsts._free_codes("integration.system")
        systems = self.env["integration.system"].create(
            [
                {"name": name, "code": code, "kind": found[0].kind, "company_id": company.id}
                for ((name, company), found), code in zip(groups.items(), codes, strict=True)
            ]
        )
        for found, system in zip(groups.values(), systems, strict=True):
            found.write({"system_id": system.id})

    def _free_codes(self, model):
        """:return: one code for each record, from its host, that is not taken in any company"""
        # Archived ones and those of other companies keep their codes, too.
        existing = self.env[model].sudo().with_context(active_test=False)
        taken = set(existing.search_fetch([], ["code"]).mapped("code"))
        codes = []
        for found in self:
            code = re.sub(r"[^a-z0-9]+", "_", found._display_host()).strip("_")
            number, free = 1, code
            while free in taken:
                number += 1
                free = f"{code}_{number}"
            taken.add(free)
            codes.append(free)
        return codes

    def _display_host(self):
        """:return: the host, with its port when it is an unusual one"""
        return f"{self.host}:{self.port}" if self.port else self.host

    def _company(self):
        """:return: the company that called; the user's when it is not known"""
        return self.company_id or self.env.company

    def _open_endpoint(self):
        return {
            "type": "ir.actions.act_window",
            "res_model": "integration.endpoint",
            "res_id": self.endpoint_id.id,
            "views": [(False, "form")],
        }
