"""What now: what to do about a transaction, step by step, or whom to ask."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..tools.plain_words import plain
from .integration_transaction_risk import AT_RISK
from .integration_transaction_status import STUCK_CAUSES

# Exceptions about a whole system say why each of its orders waits.
OF_SYSTEM = ("breaker:%", "credential:%", "silence:%")
PROBLEMS_LIMIT = 80
TONES = {"missed": "danger", "failed": "danger", "on_track": "success", "completed": "success",
         "cancelled": "secondary"}  # fmt: skip


class IntegrationTransactionAdvice(models.Model):
    _inherit = "integration.transaction"

    what_now = fields.Json(
        compute="_compute_what_now",
        help="For the screen: tone, title, text, due (UTC), retry (UTC), runbook and people.",
    )
    may_run_runbook = fields.Boolean(compute="_compute_what_now")
    runbook_runs = fields.Boolean(compute="_compute_what_now")
    may_retry = fields.Boolean(compute="_compute_what_now")
    has_problem = fields.Boolean(compute="_compute_what_now")

    @api.depends_context("uid", "lang", "allowed_company_ids")
    def _compute_what_now(self):
        problems = self._problems()
        works = self.env.user.has_group("integration_monitor.group_operator")
        sees = self.env.user.has_group("integration_monitor.group_viewer")
        for transaction in self:
            problem = transaction._problem_of(problems)
            runbook = problem.runbook_id
            running = problem.runbook_run_id
            transaction.may_run_runbook = works and bool(runbook or running)
            transaction.runbook_runs = bool(running)
            transaction.may_retry = works and problem.can_retry and problem.state != "retrying"
            transaction.has_problem = sees and bool(problem)
            title, text = transaction._advice(problem, works)
            moving = transaction.state == "in_progress"
            transaction.what_now = {
                "tone": TONES.get(transaction.status, "warning"),
                "calm": not problem and transaction.status not in AT_RISK,
                "title": title,
                "text": text,
                "due": moving and fields.Datetime.to_string(transaction.due_at) or "",
                "retry": moving and fields.Datetime.to_string(transaction.retry_at) or "",
                "runbook": problem._runbook_in_words() if sees else None,
                "people": transaction._people_to_ask(problem) if moving else [],
            }

    def _problems(self):
        """Return the open exceptions of the transactions, and of the systems they wait for.

        The worst comes first. Whoever may read an order learns what is wrong with it.
        """
        own = Domain("transaction_id", "in", self.ids)
        systems = self.filtered(lambda owner: owner.state == "in_progress").waits_on_system_id
        if systems:
            keys = Domain.OR(Domain("dedupe_key", "=like", key) for key in OF_SYSTEM)
            own |= (
                Domain("transaction_id", "=", False) & Domain("system_id", "in", systems.ids) & keys
            )
        return (
            self.env["integration.exception"]
            .sudo()
            .search(
                own & Domain("is_open", "=", True),
                order="severity_rank, opened_at, id",
                limit=PROBLEMS_LIMIT,
            )
        )

    def _problem_of(self, problems):
        """Return the exception to work on: the transaction's own, else its system's; or none."""
        if self.state != "in_progress":
            return problems.browse()
        own = problems.filtered(lambda problem: problem.transaction_id == self)
        if own or (self.status not in AT_RISK and self.cause != "breaker"):
            return own[:1]
        # What is wrong with the system says why the order is late.
        system = self.waits_on_system_id
        return problems.filtered(
            lambda problem: not problem.transaction_id and problem.system_id == system
        )[:1]

    def _advice(self, problem, works):
        """Return what is the matter and what to do, in a sentence each.

        :param problem: the exception that a person has to look at, or none
        :param bool works: whether the reader may work on exceptions
        """
        self.ensure_one()
        if self.state == "completed":
            return self.env._("Nothing to do"), self.env._("Everything of this order is done.")
        if self.state != "in_progress":
            return (
                self.env._("Nothing to do"),
                self.env._("This order was cancelled or came back."),
            )
        if problem.transaction_id and not self.retry_at:
            return self._advice_on_problem(problem, works)
        reason = self._reason_and_next_try() if self.reason else plain(problem.name)
        if self.status not in AT_RISK and not problem:
            return self.env._("Nothing is wrong"), self._what_comes_next()
        return reason or self.env._("It takes longer than planned"), self._advice_by_cause()

    def _advice_on_problem(self, problem, works):
        """Return what is the matter and what to do about an exception of the transaction itself."""
        stuck = self.cause in STUCK_CAUSES
        # A business rule tells what became of the order; it may go on all the same.
        title = self.reason if stuck and self.reason else plain(problem.name)
        if works:
            return title, problem._advice_text()
        if stuck:
            return title, self.env._(
                "Somebody has to put this right before the order moves on. It is known; when it is "
                "urgent, ask:"
            )
        return title, self.env._("Somebody has to look at it. When it is urgent, ask:")

    def _what_comes_next(self):
        """Return what the order waits for while all is well."""
        step = self.waits_for_step_id
        if self.reason and self.cause in ("team", "customer"):
            return self.env._("Next: %(what)s.", what=self.reason)
        name = step.waiting_name or step.name
        if self.waits_on:
            return self.env._("Next: %(step)s by %(whom)s.", step=name, whom=self.waits_on)
        return self.env._("Next: %(step)s.", step=name)

    def _advice_by_cause(self):
        """Return what to do about a delay that no exception tells of."""
        whom = self.waits_on or self.env._("whoever has to move")
        texts = {
            "message_failed": self.env._(
                "It is tried again by itself. Nothing to do, unless it is urgent."
            ),
            "message_pending": self.env._(
                "It is on its way. If it has not gone through in half an hour, ask:"
            ),
            "acknowledgement": self.env._("Ask %(whom)s what became of it.", whom=whom),
            "partner": self.env._("Ask %(whom)s what became of it.", whom=whom),
            "purchase": self.env._("Ask %(whom)s what became of the purchase.", whom=whom),
            "breaker": self.env._(
                "It goes on by itself as soon as %(whom)s answers again. If goods must leave "
                "today, agree on another way.",
                whom=whom,
            ),
            "maintenance": self.env._("It goes on by itself when the maintenance is over."),
            "stock": self.env._(
                "Receive or move goods to the shelf, or agree with the customer on a part of them."
            ),
            "customer": self.env._("Remind the customer."),
            "team": self.env._("Do it now, or tell the customer when it will be done."),
            "paused": self.env._("Somebody stopped it on purpose. Ask when it goes on:"),
            "gate": self.env._("It is kept back until the step before is done."),
            "manual": self.env._("It has to be done by hand. Ask who does it:"),
            "exception": self.env._("Somebody has to put this right. When it is urgent, ask:"),
        }
        return texts.get(self.cause, self.env._("Nobody can tell from here why it waits. Ask:"))

    def _people_to_ask(self, problem):
        """Return whom to ask, the nearest first: dicts of role, name, phone and email.

        :param problem: the exception that a person has to look at, or none
        """
        # Names and numbers at work, for whoever has to call; systems are no secret either.
        owner = self.sudo()
        system = problem.system_id or owner.waits_on_system_id
        chosen = [(self.env._("Looks after it"), problem.user_id.partner_id)]
        if system:
            role = self.env._("Responsible for %(system)s", system=system.name)
            chosen.append((role, system.user_id.partner_id))
        if problem and not problem.user_id and not system.user_id:
            default = problem._default_owner(problem.flow_id, system)
            chosen.append((self.env._("Looks after what has no owner"), default.partner_id))
        if owner.waits_on_kind == "system":
            chosen.append(
                (self.env._("Company behind %(system)s", system=system.name), system.partner_id)
            )
        if owner.waits_on_kind == "customer":
            chosen.append((self.env._("Customer"), owner.partner_id))
        chosen.append((self.env._("Salesperson"), owner.user_id.partner_id))
        people, seen = [], set()
        for role, partner in chosen:
            if partner and partner not in seen and len(people) < 3:
                seen.add(partner)
                people.append(
                    {
                        "id": partner.id,
                        "role": role,
                        "name": partner.display_name,
                        "me": partner == self.env.user.partner_id,
                        "phone": partner.phone or "",
                        "email": partner.email or "",
                    }
                )
        return people

    def action_retry_problem(self):
        """Try again what failed; with the rights of whoever presses the button."""
        self.ensure_one()
        return self._own_problem().action_retry()

    def action_run_runbook(self):
        """Start the runbook, or go on with it, and open the exception that shows its steps."""
        self.ensure_one()
        problem = self._own_problem()
        if not problem.runbook_run_id:
            problem.action_runbook_start()
        return problem._open_form("integration.exception", problem.id)

    def action_open_problem(self):
        """Open the exception that a person has to look at."""
        self.ensure_one()
        problem = self._own_problem()
        return problem._open_form("integration.exception", problem.id)

    def _own_problem(self):
        """Return the exception to work on, with the user's own rights.

        :raises UserError: nothing is open any more
        """
        problem = self._problem_of(self._problems()).sudo(False)
        if not problem:
            raise UserError(
                self.env._("Nothing is open any more: somebody, or a later success, was faster.")
            )
        problem.check_access("read")
        return problem
