"""Paths without ids."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration_monitor.tools.path_template import MAX_LENGTH, path_template


@pytest.mark.parametrize(
    ("path", "template"),
    [
        ("/orders/4711/lines", "/orders/{id}/lines"),
        ("/orders/3f2504e0-4f89-11d3-9a0c-0305e82c3301", "/orders/{uuid}"),
        ("/x/5d41402abc4b2a76b9719d911017c592", "/x/{uuid}"),
        ("/x/5d41402abc4b2a76b971", "/x/{token}"),
        ("/v1/shipments/SO0042", "/v1/shipments/{id}"),
        ("/admin/api/2024-10/orders/1.json", "/admin/api/2024-10/orders/{id}.json"),
        ("https://h.example/a/b?token=x#y", "/a/b"),
        ("/users/jo@example.com", "/users/{token}"),
        ("/users/jo%40example.com", "/users/{token}"),
        ("/wp-json/wc/v3/orders", "/wp-json/wc/v3/orders"),
        ("/xmlrpc/2/object", "/xmlrpc/{id}/object"),
        ("", "/"),
        (None, "/"),
        ("http://[bad", "/{invalid}"),
    ],
)
def test_ids_are_masked(path, template):
    """Each order becomes a series of its own in the monitoring."""
    assert path_template(path) == template


@given(st.text(max_size=600))
def test_it_is_bounded_and_stable(path):
    """A hostile path fills the log."""
    once = path_template(path)
    assert len(once) <= MAX_LENGTH
    assert once.startswith("/")


@given(st.integers(10, 10**30))
def test_numbers_never_survive(number):
    """Personal customer numbers reach the dashboards."""
    assert str(number) not in path_template(f"/customers/{number}/orders/{number}.json")
