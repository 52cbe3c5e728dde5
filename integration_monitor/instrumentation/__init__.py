"""Wrappers around what Odoo does, and the one log writer that they hand observations to."""
