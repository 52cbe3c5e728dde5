"""What partners say about their limits, in the words of each."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration_monitor.tools.quota_headers import MAX_RESET, Quota, parse_quota

NOW = 1_700_000_000.0


@pytest.mark.parametrize(
    ("headers", "quota"),
    [
        # IETF draft 10, with its policy; the tighter of two; names with separators in them
        (
            {"RateLimit": '"default";r=50;t=30', "RateLimit-Policy": '"default";q=100;w=10'},
            Quota(100, 50, 30),
        ),
        (
            {
                "RateLimit": '"burst";r=90;t=5, "a;r=1,b";r=10;t=80000',
                "RateLimit-Policy": '"burst";q=100;w=60,"a;r=1,b";q=1000;w=86400',
            },
            Quota(1000, 10, 80000),
        ),
        ({"RateLimit": "default;r=7"}, Quota(None, 7, None)),
        # draft 7
        ({"RateLimit": "limit=100, remaining=50, reset=5"}, Quota(100, 50, 5)),
        # drafts before
        (
            {
                "RateLimit-Limit": "100, 100;w=10, 1000;w=3600",
                "RateLimit-Remaining": "9",
                "RateLimit-Reset": "4",
            },
            Quota(100, 9, 4),
        ),
        # GitHub (epoch), milliseconds, dates, delta
        (
            {
                "x-ratelimit-limit": "60",
                "x-ratelimit-remaining": "0",
                "x-ratelimit-reset": str(int(NOW) + 90),
            },
            Quota(60, 0, 90),
        ),
        (
            {"X-RateLimit-Remaining": "3", "X-RateLimit-Reset": str(int(NOW + 8) * 1000)},
            Quota(None, 3, 8),
        ),
        (
            {"X-RateLimit-Remaining": "4", "X-RateLimit-Reset": "2023-11-14T22:14:20Z"},
            Quota(None, 4, 60),
        ),
        (
            {
                "X-RateLimit-Remaining": "4",
                "X-RateLimit-Reset": "Tue, 14 Nov 2023 22:14:20 GMT",
            },
            Quota(None, 4, 60),
        ),
        ({"X-RateLimit-Limit": "5", "X-RateLimit-Reset-After": "1.5"}, Quota(5, None, 1.5)),
        (
            {
                "X-Rate-Limit-Limit": "40",
                "X-Rate-Limit-Remaining": "39",
                "X-Rate-Limit-Reset": "17",
            },
            Quota(40, 39, 17),
        ),
        # BigCommerce, Shopify, Salesforce
        (
            {
                "X-Rate-Limit-Requests-Left": "140",
                "X-Rate-Limit-Requests-Quota": "150",
                "X-Rate-Limit-Time-Reset-Ms": "4500",
            },
            Quota(150, 140, 4.5),
        ),
        ({"X-Shopify-Shop-Api-Call-Limit": "32/40"}, Quota(40, 8, None)),
        ({"X-Shopify-Shop-Api-Call-Limit": "41/40"}, Quota(40, 0, None)),
        ({"Sforce-Limit-Info": "api-usage=18/5000"}, Quota(5000, 4982, None)),
        # a time in the past, one that nobody will see
        ({"X-RateLimit-Remaining": "1", "X-RateLimit-Reset": "1600000000"}, Quota(None, 1, 0)),
        ({"RateLimit-Remaining": "1", "RateLimit-Reset": "999999999"}, Quota(None, 1, MAX_RESET)),
        # nothing, or nonsense
        ({}, None),
        (None, None),
        ({"Content-Type": "text/plain", "X-Limit": "a"}, None),
        ({"X-RateLimit-Limit": "many", "X-RateLimit-Remaining": "-3"}, None),
        ({"RateLimit": '"open;r=5'}, Quota(None, 5, None)),
        ({"X-RateLimit-Reset": "5"}, None),
        ({"X-RateLimit-Limit": b"5", 7: "x"}, None),
    ],
)
def test_quota(headers, quota):
    """A partner's quota is shown wrong, and the calls stop in the middle of the day."""
    found = parse_quota(headers, NOW)
    assert found == quota


NAMES = st.sampled_from(
    [
        "RateLimit",
        "RateLimit-Policy",
        "RateLimit-Limit",
        "RateLimit-Reset",
        "X-RateLimit-Remaining",
        "X-RateLimit-Reset",
        "X-Rate-Limit-Time-Reset-Ms",
        "X-Shopify-Shop-Api-Call-Limit",
        "Sforce-Limit-Info",
    ]
)
VALUES = st.text(max_size=60) | st.text('0123456789/,;="rtq. -', max_size=40)


@given(st.dictionaries(NAMES, VALUES))
def test_strange_values_do_no_harm(headers):
    """A partner's odd header loses the line of the call, or overflows a column."""
    quota = parse_quota(headers, NOW)
    if quota is not None:
        assert 0 <= (quota.limit or 0) < 2**31
        assert 0 <= (quota.remaining or 0) < 2**31
        assert 0 <= (quota.reset or 0) <= MAX_RESET
