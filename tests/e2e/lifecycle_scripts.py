"""What the tests of the life of an installation run in Odoo's shell."""

# A year's business in small: confirmed orders, done transfers, posted and paid invoices.
BUSINESS = """
if not env.company.chart_template:
    env["account.chart.template"].try_loading("generic_coa", env.company, install_demo=False)
partner = env["res.partner"].create({"name": "Old customer", "country_id": env.ref("base.us").id})
product = env["product.product"].create(
    {"name": "Old product", "type": "consu", "is_storable": True, "list_price": 10.0,
     "invoice_policy": "delivery"})
warehouse = env["stock.warehouse"].search([], limit=1)
env["stock.quant"].with_context(inventory_mode=True).create(
    {"product_id": product.id, "location_id": warehouse.lot_stock_id.id, "inventory_quantity": 100}
).action_apply_inventory()
def order(quantity):
    made = env["sale.order"].create(
        {"partner_id": partner.id,
         "order_line": [(0, 0, {"product_id": product.id, "product_uom_qty": quantity})]})
    made.action_confirm()
    return made
def finish(made):
    # One transfer makes the next: pick, pack, ship.
    while ready := made.picking_ids.filtered(lambda p: p.state == "assigned"):
        ready.move_ids.picked = True
        ready.with_context(skip_backorder=True).button_validate()
    invoices = made._create_invoices()
    invoices.action_post()
    env["account.payment.register"].with_context(
        active_model="account.move", active_ids=invoices.ids).create({})._create_payments()
    return invoices
"""
# A year's purchases in small: confirmed, received, billed.
PURCHASES = """
def purchase(quantity):
    made = env["purchase.order"].create(
        {"partner_id": partner.id,
         "order_line": [(0, 0, {"product_id": product.id, "product_qty": quantity,
                                "price_unit": 4.0})]})
    made.button_confirm()
    return made
def finish_purchase(made):
    made.picking_ids.move_ids.picked = True
    made.picking_ids.button_validate()
    made.action_create_invoice()
    made.invoice_ids.invoice_date = "2026-01-31"
    made.invoice_ids.action_post()
    return made.invoice_ids
"""
# Goods that the vendor sends to the customer: sold, and bought for that.
DROPSHIPS = """
def dropship(quantity):
    sent = env["product.product"].create(
        {"name": "Sent by the vendor", "is_storable": True, "list_price": 9.0,
         "route_ids": [(6, 0, env.ref("stock_dropshipping.route_drop_shipping").ids)],
         "seller_ids": [(0, 0, {"partner_id": partner.id, "price": 4.0})]})
    made = env["sale.order"].create(
        {"partner_id": partner.id,
         "order_line": [(0, 0, {"product_id": sent.id, "product_uom_qty": quantity})]})
    made.action_confirm()
    bought = made.order_line.purchase_line_ids.order_id
    bought.button_confirm()
    return bought
"""
OLD_DATA = (
    BUSINESS
    + PURCHASES
    + DROPSHIPS
    + """
bought = purchase(2)
finish_purchase(purchase(3))
waiting = order(3)
done = order(5)
finish(done)
draft = order(2)
dropped = dropship(2)
env.cr.commit()
result = {"waiting": waiting.id, "done": done.id, "draft": draft.id, "bought": bought.id,
          "dropped": dropped.id}
"""
)
# The demonstration's partners on top of the company's own data, and an order that comes in.
TRAFFIC = """
import sys
from pathlib import Path
sys.path.insert(0, {setup!r})
from demo.seed.main import seed
seed(env, Path({output!r}))
flow = env["integration.flow"].search([("code", "=", "shop-us.orders")])
body = Path({sample!r}).read_bytes()
message, _created = flow._receive(body, {{}}, external_id="msg_lifecycle",
    content_type="application/json", correlation_id="c" * 32, trace_id="d" * 32, occurred_at=None)
env.cr.commit()
flow._as_service()._drain()
env.cr.commit()
result = [message.state, message.error_message or "", message.res_model or ""]
"""
# The company's documents as they stand: a statement, no script.
STATE = """
SELECT (SELECT jsonb_agg(jsonb_build_array(name, state, amount_total) ORDER BY id)
    FROM sale_order), (SELECT jsonb_agg(jsonb_build_array(name, state) ORDER BY id)
    FROM stock_picking), (SELECT jsonb_agg(jsonb_build_array(name, state, payment_state,
    amount_total) ORDER BY id) FROM account_move)
"""
UNINSTALL = """
names = {names!r}
modules = env["ir.module.module"].search([("name", "in", names), ("state", "=", "installed")])
modules.button_immediate_uninstall()
"""


# The runner goes on with the jobs that the uninstallation takes away.
WORKED_ON = """
import psycopg2, threading
env["integration.transaction"].with_delay(eta=86400)._catch_up([])
env.cr.commit()
done = threading.Event()
def work():
    connection = psycopg2.connect(dbname=env.cr.dbname)
    connection.autocommit = True
    while not done.wait(0.05):
        connection.cursor().execute("UPDATE queue_job SET priority = priority + 1")
    connection.close()
runner = threading.Thread(target=work)
runner.start()
try:
    %s
finally:
    done.set()
    runner.join()
"""
