"""The error tree and the observation."""

import pytest

from integration_monitor.tools import errors
from integration_monitor.tools.observation import COLUMNS, Observation


@pytest.mark.parametrize(
    ("error", "error_class", "category", "retryable"),
    [
        (errors.IntegrationError("x"), "unknown", "technical", False),
        (errors.TransportError("x", error_class="dns"), "dns", "technical", True),
        (errors.TransportError("x", error_class="tls"), "tls", "technical", False),
        (errors.AddressRefused("x"), "connect", "technical", False),
        (errors.TimeoutError_("x"), "timeout", "technical", True),
        (errors.RemoteError(500), "server", "technical", True),
        (errors.RemoteError(501), "server", "technical", False),
        (errors.RemoteError(404), "client", "technical", False),
        (errors.RemoteError(408), "timeout", "technical", True),
        (errors.RateLimited(5), "rate_limit", "technical", True),
        (errors.AuthError(), "auth", "technical", False),
        (errors.ContractError("x"), "contract", "partner", False),
        # An answer that is too large, or in an encoding that was not asked for.
        (errors.RemoteError(200, "x", error_class="contract"), "contract", "partner", False),
        (errors.BusinessError("x"), "business", "business", False),
        (
            errors.MappingError("product.product", "default_code", "A"),
            "business",
            "business",
            False,
        ),
        (errors.RetryLater(9), "unknown", "technical", True),
    ],
)
def test_every_error_says_who_must_act_and_whether_to_retry(
    error, error_class, category, retryable
):
    """A wrong password is retried all night, or a time-out never."""
    assert (error.error_class, error.category, error.retryable) == (
        error_class,
        category,
        retryable,
    )
    assert error.message


def test_a_mapping_error_names_the_record_to_correct():
    """The exception cannot lead a person to what is missing."""
    error = errors.MappingError("product.product", "default_code", "SKU-9")
    assert error.source == {"res_model": "product.product", "key": "default_code", "value": "SKU-9"}
    assert "SKU-9" in error.message


def test_retry_wishes_are_carried():
    """A partner's Retry-After is forgotten on the way."""
    assert errors.RateLimited(30).retry_after == 30
    assert errors.RetryLater(12).retry_after == 12
    assert errors.RemoteError(503, retry_after=7).retry_after == 7


def test_unknown_words_are_refused():
    """A typing slip makes lines that no filter finds."""
    with pytest.raises(ValueError):
        errors.IntegrationError("x", error_class="typo")
    for wrong in ({"kind": "x"}, {"outcome": "x"}, {"retention_class": "x"}):
        with pytest.raises(ValueError):
            Observation(**{"kind": "http_out", **wrong})
    assert COLUMNS[0] == "kind"
