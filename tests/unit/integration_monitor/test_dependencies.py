"""Causes and the affected, with circles."""

from hypothesis import given
from hypothesis import strategies as st

from integration_monitor.tools.dependencies import affected_by


def plain(result):
    return {node: "".join(sorted(roots)) for node, roots in result.items()}


def test_a_chain_has_one_root():
    """Three alarms for one broken system."""
    needs = {"shop": ["middleware"], "middleware": ["wms"], "wms": []}
    assert plain(affected_by(["shop", "middleware", "wms"], needs)) == {
        "shop": "wms",
        "middleware": "wms",
        "wms": "",
    }


def test_a_healthy_system_between_breaks_the_chain():
    """A shop that fails on its own is blamed on a warehouse that its middleware copes without."""
    needs = {"shop": ["middleware"], "middleware": ["wms"]}
    assert plain(affected_by(["shop", "wms"], needs)) == {"shop": "", "wms": ""}
    assert plain(affected_by(["shop", "wms"], needs, passable=["middleware"]))["shop"] == "wms"


def test_circles_end():
    """Two systems that need each other are computed for ever, or excuse each other."""
    needs = {"a": ["b"], "b": ["a"]}
    assert plain(affected_by(["a", "b"], needs)) == {"a": "", "b": ""}
    needs = {"a": ["b"], "b": ["a", "c"], "x": ["a"]}
    assert plain(affected_by(["a", "b", "c", "x"], needs)) == {
        "a": "c",
        "b": "c",
        "c": "",
        "x": "c",
    }
    assert plain(affected_by(["a"], {"a": ["a"]})) == {"a": ""}


def test_several_roots():
    """The second cause is not named."""
    needs = {"shop": ["wms", "tax"]}
    assert plain(affected_by(["shop", "wms", "tax"], needs))["shop"] == "taxwms"
    assert affected_by([], needs) == {}


@given(st.dictionaries(st.integers(0, 9), st.lists(st.integers(0, 9), max_size=4), max_size=10))
def test_there_is_always_a_root(needs):
    """Every unhealthy system is excused by another, and nobody is alarmed."""
    result = affected_by(range(10), needs)
    roots = {node for node, causes in result.items() if not causes}
    assert roots
    assert all(causes <= roots for causes in result.values())
