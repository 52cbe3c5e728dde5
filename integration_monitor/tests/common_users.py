"""Users for tests, made together: each by itself costs three times as many statements."""

from odoo import Command
from odoo.tests import new_test_user

from odoo.addons.base.tests.common import DISABLED_MAIL_CONTEXT

#: Nobody reads invitations, notes and subscriptions, and they cost more than the user.
CONTEXT = DISABLED_MAIL_CONTEXT


def new_user(env, login, groups="base.group_user", **values):
    """Make a user as Odoo's ``new_test_user`` does, without an invitation. :return: the user"""
    return new_test_user(env, login, groups, CONTEXT, **values).with_env(env)


def new_users(env, groups_of, **values):
    """Make users as Odoo's ``new_test_user`` does, without the invitations that nobody reads.

    :param dict groups_of: external ids of groups by login
    :param values: of each of them
    :return: the users, in order
    """
    users = (
        env["res.users"]
        .with_context(**CONTEXT)
        .create(
            [
                {
                    "login": login,
                    "name": f"{login} ({','.join(groups)})",
                    "password": login.ljust(8, "x"),
                    "email": f"{login[0]}.{login[0]}@example.com",
                    "group_ids": [Command.set([env.ref(group).id for group in groups])],
                    **values,
                }
                for login, groups in groups_of.items()
            ]
        )
    )
    return users.with_env(env)
