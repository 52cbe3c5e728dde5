"""Tests of the suite as a whole. The modules beside run in Odoo, the folders below by pytest."""
