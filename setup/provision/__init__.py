"""Provision Odoo 19, PostgreSQL and the tools around them for the integration monitor suite.

Idempotent steps, standard library only, Python 3.10 to 3.13. Run as ``python -m provision`` by the
scripts in ``setup/``; see ``setup/README.md``.
"""
