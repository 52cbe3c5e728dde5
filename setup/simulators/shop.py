"""The simulated web shop: sends orders, takes stock levels and shipment notices."""

import sys
from decimal import Decimal, InvalidOperation
from typing import Any

from .core import checks
from .core.app import Simulator
from .core.clock import iso, parse_iso, token, utcnow
from .core.runner import main
from .core.samples import shopify_body
from .core.wire import Problem, Request, Response
from .orders import FORMATS, Product, make_order
from .orders.draft import SAMPLE_PRODUCTS, parse_variant

FIRST_NUMBER = 10001
MOST_GENERATED = 5000


class Shop(Simulator):
    """A web shop that speaks Shopify's and WooCommerce's order formats."""

    name = "shop"
    entity_pages = {"orders": "order", "stock": "stock", "fulfillments": "fulfillment"}

    def setup(self) -> None:
        """Add the routes of the shop."""
        add = self.router.add
        add("POST", "/control/orders", self._post_order)
        add("POST", "/control/orders/generate", self._generate)
        add("POST", "/control/orders/<key>/cancel", self._cancel)
        add("GET", "/orders/<key>", lambda _r, key: Response.of(self._order(key)["payload"]))
        add("POST", "/orders/<key>/fulfillments", self._fulfil)
        add("GET", "/stock", self._get_stock)
        add("POST", "/stock", self._post_stock)
        for method in ("PUT", "POST"):
            add(method, "/stock/<sku*>", self._post_stock_of)

    # -- orders ------------------------------------------------------------------------------

    def _post_order(self, request: Request) -> Response:
        data = request.json_object()
        payload = data.get("payload")
        if not isinstance(payload, dict):
            raise Problem(422, "Invalid request", "payload must be the order, a JSON object.")
        style = self._style(data)
        body = shopify_body(payload) if style == "shopify" else payload
        return Response.of(self._send_order(style, body, data), 201)

    def _generate(self, request: Request) -> Response:
        data = request.json_object()
        style, count = self._style(data), int(checks.number(data, "count", 1))
        if count > MOST_GENERATED:
            raise Problem(422, "Invalid request", f"count may be {MOST_GENERATED} at most.")
        mix = data.get("mix") or ["plain"]
        try:
            for variant in mix:
                parse_variant(variant)
        except (ValueError, AttributeError, TypeError) as error:
            raise Problem(422, "Invalid request", str(error)) from error
        first = int(
            checks.number(data, "first_number", self.ledger.setting("next_number", FIRST_NUMBER))
        )
        seed, products = data.get("seed", 0), self._products(data.get("products"))
        orders = []
        for index in range(count):
            variant = mix[index % len(mix)]
            body = make_order(style, variant, first + index, seed, products, utcnow())
            options = {k: v for k, v in data.items() if k in ("target", "correlation_id")}
            sent = self._send_order(style, body, options, variant)
            orders.append({**sent, "payload": body})
        self.ledger.set_setting("next_number", first + count)
        return Response.of({"count": count, "orders": orders}, 201)

    def _send_order(
        self, style: str, body: dict[str, Any], options: dict[str, Any], variant: str | None = None
    ) -> dict[str, Any]:
        """Store an order and queue its webhook; return what is known of both."""
        event = checks.text(options, "event", "order.created")
        webhook_id = checks.text(options, "event_id", token("msg_"))
        if "." in webhook_id:
            raise Problem(422, "Invalid request", "event_id must not hold a full stop.")
        key = str(body.get("id") or body.get("name") or webhook_id)
        order = {
            "key": key,
            "format": style,
            "variant": variant,
            "event": event,
            "webhook_id": webhook_id,
            "created_at": iso(),
            "payload": body,
        }
        self.ledger.put("order", key, order)
        correlation = options.get("correlation_id")
        self.ledger.add_effect("order", key, order, correlation_id=correlation)
        self.outbox.enqueue(
            event,
            body,
            webhook_id,
            target=options.get("target") or f"{event}.{style}",
            subject=key,
            correlation_id=correlation,
        )
        return {k: order[k] for k in ("key", "format", "variant", "event", "webhook_id")}

    def _cancel(self, request: Request, key: str) -> Response:
        order = self._order(key)
        payload, moment = order["payload"], utcnow().replace(microsecond=0)
        if order["format"] == "shopify":
            payload.update(
                cancelled_at=moment.isoformat(),
                updated_at=moment.isoformat(),
                cancel_reason="customer",
                financial_status="voided",
            )
        else:
            plain = moment.replace(tzinfo=None).isoformat()
            payload.update(status="cancelled", date_modified=plain, date_modified_gmt=plain)
        options = {"event": "order.cancelled", **request.json_object({})}
        sent = self._send_order(order["format"], payload, options, order["variant"])
        return Response.of(sent, 201)

    def _order(self, key: str) -> dict[str, Any]:
        order = self.ledger.get("order", key)
        if order is None:
            raise Problem(404, "Unknown order", f"The shop has no order {key}.")
        return order

    @staticmethod
    def _style(data: dict[str, Any]) -> str:
        style = data.get("format", "shopify")
        if style not in FORMATS:
            raise Problem(422, "Invalid request", f"format is one of {sorted(FORMATS)}.")
        return str(style)

    def _products(self, given: Any) -> list[Product]:
        """Return what can be ordered: `given`, else the catalogue, else the samples' articles."""
        entries = given or self.catalogue.entries()
        if not entries:
            return list(SAMPLE_PRODUCTS)
        samples = {product.sku: product for product in SAMPLE_PRODUCTS}
        products = []
        for index, entry in enumerate(entries):
            try:
                known = samples.get(entry["sku"])
                price = Decimal(str(entry.get("price", known.price if known else 19 + 7 * index)))
                title = entry.get("title") or (known.title if known else entry["sku"])
                products.append(
                    Product(
                        sku=entry["sku"],
                        title=title,
                        price=price.quantize(Decimal("0.01")),
                        grams=int(entry.get("grams", known.grams if known else 250)),
                        product_id=known.product_id if known else 9_000_000 + index,
                        variant_id=known.variant_id if known else 9_500_000 + index,
                    )
                )
            except (KeyError, TypeError, AttributeError, ValueError, InvalidOperation) as error:
                detail = f"Product {index} needs sku and, if given, a price and grams: {error}"
                raise Problem(422, "Invalid request", detail) from error
        return products

    def _fulfil(self, request: Request, key: str) -> Response:
        data = request.json_object()
        number = checks.text(data, "tracking_number")
        order = self._order(key)
        notice = {**data, "id": token("ful_"), "order": order["key"], "tracking_number": number}
        notice["created_at"] = iso()
        self.ledger.put("fulfillment", notice["id"], notice)
        self.ledger.add_effect("fulfillment", order["key"], notice, request)
        return Response.of(notice, 201)

    # -- stock -------------------------------------------------------------------------------

    def _get_stock(self, _request: Request) -> Response:
        return Response.of({"items": self.ledger.all("stock")})

    def _post_stock(self, request: Request) -> Response:
        data = request.json()
        items = data.get("items") if isinstance(data, dict) else data
        return self._take_stock(request, checks.rows({"items": items}, "items"))

    def _post_stock_of(self, request: Request, sku: str) -> Response:
        return self._take_stock(request, [{**request.json_object(), "sku": sku}])

    def _take_stock(self, request: Request, items: list[dict[str, Any]]) -> Response:
        """Keep the last quantity of each SKU; one unknown SKU refuses the whole batch."""
        self.catalogue.check(checks.text(item, "sku") for item in items)
        results = []
        for item in items:
            sku, quantity = item["sku"], checks.number(item, "quantity")
            try:
                as_of = parse_iso(item["as_of"]) if item.get("as_of") else utcnow()
            except ValueError as error:
                detail = f"as_of of {sku} must be an ISO 8601 time."
                raise Problem(422, "Invalid request", detail) from error
            level = {"sku": sku, "quantity": quantity, "as_of": iso(as_of)}
            known = self.ledger.get("stock", sku)
            applied = known is None or parse_iso(known["as_of"]) <= parse_iso(level["as_of"])
            if applied:
                self.ledger.put("stock", sku, level)
            self.ledger.add_effect("stock", sku, {**level, "applied": applied}, request)
            results.append({**(level if applied or known is None else known), "applied": applied})
        return Response.of({"results": results})


if __name__ == "__main__":
    sys.exit(main(Shop))
