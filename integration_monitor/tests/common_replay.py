"""Replays of test messages, and the jobs that run them."""

from datetime import timedelta

from odoo import fields

from ..tools.errors import BusinessError
from .common import IntegrationCase


class ReplayCase(IntegrationCase):
    """Messages of the inbound test flow, and replays of them asked for by an operator."""

    def done(self, number=1, flow=None):
        """:return: so many messages that were processed"""
        messages = self.env["integration.message"]
        start = len(flow.message_ids if flow else self.inbound.message_ids)
        for index in range(start, start + number):
            messages |= self.receive({"n": index}, flow=flow, external_id=f"done-{index}")[0]
        self.drain(flow or self.inbound)
        self.assertEqual(set(messages.mapped("state")), {"done"})
        return messages

    def refused(self, external_id="refused"):
        """:return: a message that its handler refused"""

        def handle(handler, message, payload):
            raise BusinessError("Refused.")

        message, _created = self.receive({"id": external_id}, external_id=external_id)
        with self.handler(self.inbound, _handle=handle):
            self.drain(self.inbound)
        return message

    def plan(self, messages=None, user="operator", **values):
        """Ask for a replay by the wizard. :return: it, after its dry run, as that user"""
        env = self.env(user=self.users[user], su=False)
        wizard = env["integration.replay.wizard"].create(
            {
                "scope": "selection",
                "message_ids": [(6, 0, messages.ids)] if messages else False,
                "reason": "The partner lost them",
                "max_count": 100,
                "rate": 600,
                **values,
            }
        )
        return env["integration.replay"].browse(wizard.action_check()["res_id"])

    def slices(self, replay):
        """:return: the jobs of a replay that wait"""
        jobs = self.env["queue.job"].search(
            [("method_name", "=", "_run_slice"), ("state", "=", "pending")]
        )
        return jobs.filtered(lambda job: job.records.ids == replay.ids)

    def settle(self, replay):
        """Look which runs have ended, as the sweep does each minute."""
        self.env["integration.message"]._sweep()
        self.env.invalidate_all()

    def run_slice(self, replay):
        """Run the next slice, as its job does when its time has come."""
        replay.sudo().next_slice_at = fields.Datetime.now() - timedelta(seconds=1)
        self.env.flush_all()
        return replay.sudo()._run_slice()
