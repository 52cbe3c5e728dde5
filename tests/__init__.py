"""Tests of the suite as a whole. The modules beside run in Odoo, the folders below by pytest."""

from . import test_shop_orders_generated
