"""The finance system."""

import json

EVENT = {"specversion": "1.0", "source": "urn:uuid:1", "subject": "S00042", "data": {"total": 12}}


def _tell(finance, kind, number, correlation="c0ffee"):
    event = {**EVENT, "id": number, "type": f"integration.{kind}"}
    return finance.call("POST", "/events", event, headers={"X-Correlation-ID": correlation})


def test_credit_of_an_order(start, receiver):
    """A credit check comes without the correlation that names its order, or twice."""
    finance = start("finance")
    finance.targets(credit__checked=receiver.target())
    for _again in range(2):
        assert _tell(finance, "sale.confirmed", "e1").status_code == 202
    _tell(finance, "sale.confirmed", "e2", "beef")
    first, second = sorted(receiver.wait(2), key=lambda hook: hook.headers["x-correlation-id"])
    assert json.loads(second.body)["data"] == {"order": "S00042", "approved": True}
    assert first.headers["x-correlation-id"] == "beef"
    assert second.headers["x-correlation-id"] == "c0ffee"
    assert len(finance.ledger("deliveries")) == 2


def test_no_credit_check(start):
    """A finance system that checks nothing reports credit."""
    finance = start("finance", behaviour={"check_credit": False})
    _tell(finance, "sale.confirmed", "e1")
    assert not finance.ledger("deliveries")


def test_invoices(start):
    """An invoice is booked twice, or an event of something else as an invoice."""
    finance = start("finance")
    for number, kind in (
        ("e1", "invoice.posted"),
        ("e1", "invoice.posted"),
        ("e2", "invoice.paid"),
    ):
        _tell(finance, kind, number)
    assert finance.ledger("invoices") == [{"total": 12}]
    assert [effect["kind"] for effect in finance.ledger("effects")].count("invoice") == 1
