"""Plain typed Python: no registry, no odoo import; tested without a database."""
