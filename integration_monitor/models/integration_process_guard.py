"""What may not happen to a process that documents follow, whoever asks for it."""

from odoo import api, models
from odoo.exceptions import UserError

from ..tools.process_code import code_of

#: What never changes once documents may follow a process.
FIXED_FIELDS = ("code", "root_model", "root_kind", "company_id")
#: What only the buttons change.
KEPT_FIELDS = ("state", "version")


class IntegrationProcess(models.Model):
    """Forms, imports, RPC and server actions all pass here; ``_switch`` is for the buttons."""

    _inherit = "integration.process"

    @api.model_create_multi
    def create(self, vals_list):
        """A process begins as a draft, with the next number of its code."""
        if self.pool.ready and any(vals.get("state", "draft") != "draft" for vals in vals_list):
            raise UserError(
                self.env._(
                    "A process begins as a draft. Leave the state out, add the steps, and use "
                    "'Put in Use'."
                )
            )
        for vals in vals_list:
            vals["code"] = vals.get("code") or code_of(vals.get("name"))
        self._number(vals_list)
        processes = super().create(vals_list)
        self.env.registry.clear_cache()
        return processes

    @api.model
    def _number(self, vals_list):
        """Give each new process the next version of its code and company, unless it is free."""
        highest = {
            (code, company.id): version
            for code, company, version in self.with_context(active_test=False)._read_group(
                [("code", "in", [vals["code"] for vals in vals_list])],
                ["code", "company_id"],
                ["version:max"],
            )
        }
        for vals in vals_list:
            key = (vals["code"], vals.get("company_id") or False)
            vals["version"] = max(vals.get("version") or 1, highest.get(key, 0) + 1)
            highest[key] = vals["version"]

    def write(self, vals):
        """Refuse what would break a process that documents follow."""
        if self.pool.ready:  # an upgrade may put right what it brought
            self._check_change(vals)
        result = super().write(vals)
        self.env.registry.clear_cache()
        return result

    def _check_change(self, vals):
        """:raises UserError: with what to do instead"""
        if not set(KEPT_FIELDS).isdisjoint(vals):
            raise UserError(
                self.env._(
                    "State and version of a process follow from the buttons: use 'Put in Use' and "
                    "'New Version'."
                )
            )
        for process in self.filtered(lambda process: process.state != "draft"):
            fixed = [
                name
                for name in FIXED_FIELDS
                if name in vals and process._fields[name].convert_to_write(
                    process[name], process
                ) != (vals[name] or False)
            ]  # fmt: skip
            if fixed:
                raise UserError(
                    self.env._(
                        "Transactions follow “%(process)s”, so its %(fields)s cannot change. Use "
                        "'New Version', or make a process of its own.",
                        process=process.name,
                        fields=", ".join(
                            process._fields[name]._description_string(self.env) for name in fixed
                        ),
                    )
                )
            if process.state == "active" and not vals.get("active", True):
                raise UserError(
                    self.env._(
                        "New documents follow “%(process)s”, so it cannot be archived. Put another "
                        "version in use first, which takes its place.",
                        process=process.name,
                    )
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_unless_used(self):
        """Whoever deletes need not see the transactions of every company."""
        transactions = self.env["integration.transaction"].sudo()
        if transactions.search_count([("process_id", "in", self.ids)], limit=1):
            raise UserError(
                self.env._(
                    "Transactions follow this process, so it must stay. Make a new version and put "
                    "it in use; then this one can be archived."
                )
            )
        # An addon that is uninstalled takes its documents along.
        if self.pool.ready and self.filtered(lambda process: process.state == "active"):
            raise UserError(
                self.env._(
                    "New documents follow this process, so it must stay. Put another version in "
                    "use first, which takes its place."
                )
            )

    def unlink(self):
        result = super().unlink()
        self.env.registry.clear_cache()
        return result

    def _forget(self):
        """Remove processes with the addon that brought them.

        Gates that ask for one of their steps are put aside, for what they let pass stays readable.
        """
        self.env.flush_all()
        self.env.cr.execute(
            """UPDATE integration_gate gate
                  SET active = false,
                      step_id = (SELECT other.id FROM integration_process_step other
                                  WHERE other.process_id <> ALL(%(gone)s) ORDER BY other.id LIMIT 1)
                 FROM integration_process_step step
                WHERE step.id = gate.step_id AND step.process_id = ANY(%(gone)s)""",
            {"gone": self.ids},
        )
        self.env.invalidate_all()
        self.unlink()
