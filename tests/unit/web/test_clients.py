"""Addresses are masked, proxies believed only when trusted, and buckets hold nobody's address."""

from ipaddress import ip_address, ip_network
from typing import Any
from unittest.mock import Mock

import pytest
from aiohttp.test_utils import make_mocked_request

from sessions.events import Refused
from web.clients import LIMITS, Buckets, address_of, bucket_of, line_of, masked

TRUSTED = [ip_network("10.0.0.0/8"), ip_network("::1/128")]


def request_from(peer: str, *forwarded: str) -> Any:
    transport = Mock()
    transport.get_extra_info.side_effect = lambda name, default=None: (
        (peer, 1) if name == "peername" else default
    )
    headers = [("X-Forwarded-For", one) for one in forwarded]
    return make_mocked_request("GET", "/", headers=dict(headers), transport=transport)


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("203.0.113.9", "", "203.0.113.9"),
        ("203.0.113.9", "127.0.0.1", "203.0.113.9"),
        ("10.1.1.1", "198.51.100.7", "198.51.100.7"),
        ("10.1.1.1", "6.6.6.6, 198.51.100.7", "198.51.100.7"),
        ("10.1.1.1", "198.51.100.7, 10.2.2.2", "198.51.100.7"),
        ("10.1.1.1", "nonsense", "10.1.1.1"),
        ("10.1.1.1", "fe80::1%eth0", "fe80::1"),
        ("10.1.1.1", ",".join(["6.6.6.6"] * 500), "6.6.6.6"),
        ("::ffff:203.0.113.9", "", "203.0.113.9"),
        ("::1", "2001:db8::5", "2001:db8::5"),
    ],
)
def test_only_trusted_hops_are_believed(peer: str, forwarded: str, expected: str) -> None:
    """B-038."""
    request = request_from(peer, *([forwarded] if forwarded else []))
    assert str(address_of(request, TRUSTED)) == expected


def test_masks_leave_only_the_network() -> None:
    """KP-20."""
    assert masked(ip_address("203.0.113.9")) == "203.0.0.0/16"
    assert masked(ip_address("2001:db8:1:2::3")) == "2001:db8::/32"
    assert bucket_of(ip_address("203.0.113.9")) == "203.0.113.0/24"
    assert bucket_of(ip_address("2001:db8:1:2::3")) == "2001:db8:1::/48"
    assert masked(None) == "-"


@pytest.mark.parametrize(
    ("address", "line"),
    [
        ("84.17.3.9", "84.17.3.9/32"),
        ("2003:e0:1:2:3::4", "2003:e0:1:2::/64"),
        *((private, None) for private in ("127.0.0.1", "10.1.2.3", "100.64.0.1", "::1", "fd00::1")),
    ],
)
def test_a_line_is_one_subscribers_or_none(address: str, line: str | None) -> None:
    """OB-17: where an address may be the proxy's, it bars nobody."""
    assert line_of(ip_address(address)) == line


def test_a_bucket_empties_and_fills_again() -> None:
    now = 0.0
    buckets = Buckets(clock=lambda: now)
    for _ in range(int(LIMITS["signin"].burst)):
        buckets.take("signin", "a")
    buckets.take("signin", "b")
    with pytest.raises(Refused) as refused:
        buckets.take("signin", "a")
    assert refused.value.facts["retry_s"] == 3
    now = 3.1
    buckets.take("signin", "a")


def test_buckets_forget_after_a_day_and_hold_no_address() -> None:
    """KP-20: the key changes, so that nothing can be matched with yesterday."""
    now = 0.0
    buckets = Buckets(clock=lambda: now)
    buckets.take("page", "203.0.113.0/24")
    before = set(buckets._left)
    assert "203.0" not in repr(vars(buckets))
    now = 90_000
    buckets.take("page", "203.0.113.0/24")
    assert len(buckets._left) == 1
    assert not before & set(buckets._left)


def test_buckets_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.clients._MAX_BUCKETS", 100)
    buckets = Buckets()
    for at in range(300):
        buckets.take("page", str(at))
    assert len(buckets._left) == 100
