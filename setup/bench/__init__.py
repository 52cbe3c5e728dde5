"""Benchmarks: what the suite costs, measured against the same Odoo without it."""
