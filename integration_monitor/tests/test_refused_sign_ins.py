from odoo.exceptions import AccessDenied
from odoo.tests import TransactionCase, new_test_user, tagged
from odoo.tools import mute_logger

from ..instrumentation import log_writer


@tagged("post_install", "-at_install")
class TestRefusedSignIns(TransactionCase):
    """What the log keeps of a sign-in that failed."""

    @mute_logger("odoo.addons.base.models.res_users")
    def refused(self, login):
        """:return: what is kept of a login"""
        with log_writer.captured() as seen, log_writer.execution():
            with self.assertRaises(AccessDenied):
                credential = {"type": "password", "login": login, "password": "wrong"}
                self.env["res.users"]._login(credential, {"interactive": True})
        (line,) = seen
        return line.detail["login"]

    def test_a_password_in_the_place_of_the_login(self):
        """Somebody types his password into the wrong field, and support reads it."""
        self.assertEqual(self.refused("s3cr3t!"), "s3c")
        self.assertEqual(self.refused("correct-horse-battery"), "corr")
        self.assertEqual(self.refused("x"), "")
        self.assertEqual(self.refused("im_nobody@example.com"), "im_n")

    def test_a_login_that_exists(self):
        """Nobody can tell whose account is attacked."""
        user = new_test_user(self.env, "im_known@example.com", "base.group_user")
        self.assertEqual(self.refused(user.login), "im_known")
        user.active = False
        self.assertEqual(self.refused("im_known@example.com"), "im_known")
