"""Which runbook fits an exception."""

from hypothesis import given
from hypothesis import strategies as st

from integration_monitor.tools.runbook_match import WEIGHTS, Criteria, Facts, best, parts, score

FACTS = Facts(
    fingerprint="f1",
    matter="queue",
    source_model="product.product",
    text="The carrier said: Done ALREADY.",
    message_type="shop.order",
    system_kind="wms",
    error_class="timeout",
    category="technical",
)
FITTING = {
    "fingerprints": "f1",
    "matters": "queue",
    "source_models": "product.product",
    "words": "done already",
    "message_types": "shop.order",
    "system_kinds": "wms",
    "error_classes": "timeout",
    "categories": "technical",
}


def test_lists_are_read():
    """A blank in a list hides an entry."""
    assert parts(" a, b ,,c ") == {"a", "b", "c"}
    assert parts(None) == parts(" , ") == frozenset()


def test_a_runbook_without_criteria_is_not_proposed():
    """A runbook for everything is proposed for everything."""
    assert score(Criteria(), FACTS) == 0
    assert best([(1, Criteria())], FACTS) is None


@given(st.sets(st.sampled_from(sorted(FITTING)), min_size=1), st.sampled_from(sorted(FITTING)))
def test_every_named_criterion_must_hold(names, wrong):
    """A runbook is proposed although one thing that it names is different."""
    held = {name: frozenset({FITTING[name]}) for name in names}
    assert score(Criteria(**held), FACTS) == sum(WEIGHTS[name] for name in names)
    assert score(Criteria(**{**held, wrong: frozenset({"other"})}), FACTS) == 0


@given(st.sets(st.sampled_from(sorted(set(FITTING) - {"fingerprints"}))))
def test_a_fingerprint_outweighs_everything(names):
    """The runbook for exactly this cause is hidden by a general one."""
    general = Criteria(**{name: frozenset({FITTING[name]}) for name in names})
    exact = Criteria(fingerprints=frozenset({"f1"}))
    assert best([(1, general), (2, exact)], FACTS) == 2


def test_of_equal_ones_the_first():
    """The order of the list, which an administrator chooses, is ignored."""
    same = Criteria(error_classes=frozenset({"timeout"}))
    assert best([(7, same), (8, same)], FACTS) == 7
