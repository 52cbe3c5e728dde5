"""Which endpoint a URL belongs to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration_monitor.tools.endpoint_match import (
    Address,
    MatchTable,
    Target,
    address_of,
    patterns_of,
)
from integration_monitor.tools.partner_kind import guess_kind, name_of


def table(*targets):
    """Targets from (base_url, host_patterns, company); ids count from 1."""
    return MatchTable(
        Target(number, 100 + number, company, url, patterns)
        for number, (url, patterns, company) in enumerate(targets, 1)
    )


def found(targets, url, companies=()):
    target = table(*targets).find(address_of(url), companies)
    return target and target.endpoint_id


ONE = ("https://api.dhl.example/v1", "*.dhl.example, tracking.other.example", 1)


@pytest.mark.parametrize(
    ("url", "endpoint_id"),
    [
        ("https://api.dhl.example/v1/labels", 1),
        ("https://API.DHL.example./v2", 1),
        ("http://api.dhl.example/", 1),  # redirected to https in a moment
        ("https://api.dhl.example:8443/v1", 1),  # the pattern has no port
        ("https://a.b.dhl.example/", 1),
        ("https://tracking.other.example:99/", 1),
        ("https://dhl.example/", None),
        ("https://evildhl.example/", None),
        ("https://api.dhl.example.evil.test/", None),
        ("https://other.example/", None),
        ("nonsense", None),
        ("http://[bad", None),
        (None, None),
    ],
)
def test_hosts(url, endpoint_id):
    """Calls are put under the wrong partner."""
    assert found([ONE], url) == endpoint_id


def test_ports_tell_services_of_one_host_apart():
    """Everything on the same machine is one partner."""
    targets = [("http://10.0.0.1:8081", "", 1), ("http://10.0.0.1:8082", "", 1)]
    assert found(targets, "http://10.0.0.1:8082/x") == 2
    assert found(targets, "http://10.0.0.1:9999/x") is None
    assert found([*targets, ("https://x.example", "10.0.0.1", 1)], "http://10.0.0.1:9999/") == 3


def test_the_most_specific_wins():
    """A catch-all takes the calls of the endpoint that was made for them."""
    targets = [
        ("https://x.example", "*.example", 1),
        ("https://y.example", "*.shop.example", 1),
        ("https://eu.shop.example", "", 1),
    ]
    assert found(targets, "https://eu.shop.example/") == 3
    assert found(targets, "https://us.shop.example/") == 2
    assert found(targets, "https://shop.example/") == 1


def test_the_longest_base_path_wins():
    """Two APIs of one host are mixed."""
    targets = [
        ("https://h.example/", "", 1),
        ("https://h.example/api/orders/", "", 1),
        ("https://h.example/api", "", 1),
    ]
    assert found(targets, "https://h.example/api/orders/5") == 2
    assert found(targets, "https://h.example/api/ordersx") == 3
    assert found(targets, "https://h.example/other") == 1
    assert found(targets[1:2], "https://h.example/other") == 1


def test_companies_have_their_own():
    """One company's calls appear under the partner of another."""
    targets = [("https://h.example", "", 1), ("https://x.example", "*.example", 2)]
    assert found(targets, "https://h.example/") == 1
    assert found(targets, "https://h.example/", (2,)) == 2
    assert found(targets, "https://h.example/", (3,)) is None
    assert found([*targets, ("https://h.example", "", None)], "https://h.example/", (3,)) == 3
    assert found(targets, "https://h.example/", (2, 1)) == 2
    same = [("https://h.example", "", 5), ("https://h.example", "", 4)]
    assert found(same, "https://h.example/") == 1


def test_patterns():
    """A space or a capital letter in the list of hosts matches nothing."""
    assert patterns_of(" *.A.example , b.example.,, *. ,*") == ["*.a.example", "b.example"]
    assert patterns_of("bücher.example") == ["xn--bcher-kva.example"]
    assert patterns_of(None) == []


def test_addresses():
    """An IPv6 host or an empty port is not understood."""
    assert address_of("http://[::1]:8069/x?y") == Address("http", "::1", 8069, "/x")
    assert address_of("https://h.example:443") == Address("https", "h.example", None, "")
    assert address_of("https://h.example:/") == Address("https", "h.example", None, "/")
    assert address_of("https://h.example:99999/") is None


@given(st.text(max_size=80), st.text(max_size=80))
def test_anything_is_looked_up(url, patterns):
    """A strange address breaks the call of somebody else's module."""
    table((f"https://{url}", patterns, 1)).find(address_of(f"https://{url}"))
    table((url, patterns, 1)).find(address_of(url))


def test_kinds():
    """Every adopted partner must be sorted by hand."""
    assert guess_kind("api-sandbox.dhl.com") == "carrier"
    assert guess_kind("my-shop.myshopify.com") == "ecommerce"
    assert guess_kind("api.stripe.com") == "finance"
    assert guess_kind("10.0.0.7") == "other"
    assert name_of("api.sandbox.dhl.com") == "dhl.com"
    assert name_of("api.shop.co.uk") == "shop.co.uk"
    assert name_of("api.partner.de") == "partner.de"
    assert [name_of(host) for host in ("10.0.0.7", "::1", "localhost")] == [
        "10.0.0.7",
        "::1",
        "localhost",
    ]
