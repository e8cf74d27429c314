"""Who asks, as far as we want to know: masked addresses, and buckets that hold no address.

An address is masked before anything else sees it. The buckets know it only as an HMAC under a
key that lives in memory and is thrown away every day.
"""

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

from aiohttp import web as aioweb

from sessions.events import Refused
from web.settings import Network

Address = IPv4Address | IPv6Address
_MAX_HOPS: Final = 8
_MAX_BUCKETS: Final = 50_000
_DAY_SECONDS: Final = 86_400


@dataclass(frozen=True, slots=True)
class Limit:
    """A bucket that holds `burst` and regains `per_minute`."""

    per_minute: float
    burst: float


LIMITS: Final = {
    "page": Limit(per_minute=600, burst=300),
    "api": Limit(per_minute=1_200, burst=600),
    "socket": Limit(per_minute=1_200, burst=600),  # as many as may be admitted by the API
    "call": Limit(per_minute=30, burst=40),
    "file": Limit(per_minute=60, burst=60),
    "transfer": Limit(per_minute=1_200, burst=600),  # a part, or a range of a document, at a time
    "checkup": Limit(per_minute=30, burst=30),  # starts a connection to an end of ours
    "challenge": Limit(per_minute=60, burst=80),
    "starts": Limit(per_minute=120, burst=60),  # of everybody: measures the pace, refuses nobody
    "receipt": Limit(per_minute=1 / 6, burst=10),  # wrong codes: ten an hour (OB-36)
    "signin": Limit(per_minute=20, burst=20),
    "signin-name": Limit(per_minute=10, burst=15),
}


def address_of(request: aioweb.Request, trusted: Iterable[Network]) -> Address | None:
    """Where a request comes from; X-Forwarded-For counts only as far as trusted hops wrote it."""
    peer = _parse(
        (request.transport.get_extra_info("peername") or ("",))[0] if request.transport else ""
    )
    proxies = tuple(trusted)
    if peer is None or not proxies:
        return peer
    hops = ",".join(request.headers.getall("X-Forwarded-For", [])).split(",")
    for hop in reversed(hops[-_MAX_HOPS:]):
        if not _within(peer, proxies):
            break
        found = _parse(hop)
        if found is None:
            break
        peer = found
    return peer


def masked(address: Address | None, v4_bits: int = 16, v6_bits: int = 32) -> str:
    """The network an address lies in; coarse enough to be nobody's (/16 and /32)."""
    if address is None:
        return "-"
    bits = v4_bits if address.version == 4 else v6_bits
    return str(
        ip_network(
            (int(address), bits) if address.version == 6 else (str(address), bits), strict=False
        )
    )


class Buckets:
    """Token buckets for everyone at once, bounded, without addresses."""

    def __init__(self, scale: float = 1.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._scale = scale
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._key_since = clock()
        self._left: dict[bytes, tuple[float, float]] = {}

    def take(self, name: str, whom: str) -> None:
        """Take one; raises Refused("too.fast") with `retry_s` when the bucket is empty."""
        now = self._clock()
        self._forget_old_keys(now)
        rate, _ = self._limit(name)
        slot = self._slot(name, whom)
        left = self._left_in(slot, name, now)
        self._left.pop(slot, None)
        if left < 1:
            self._left[slot] = (left, now)
            raise Refused("too.fast", retry_s=max(1, round((1 - left) / rate)))
        self._left[slot] = (left - 1, now)  # at the end again: the first is the longest unused
        if len(self._left) > _MAX_BUCKETS:
            del self._left[next(iter(self._left))]

    def expect(self, name: str, whom: str) -> None:
        """Take nothing; raises Refused("too.fast") with `retry_s` when there is none to take."""
        rate, _ = self._limit(name)
        left = self._left_in(self._slot(name, whom), name, self._clock())
        if left < 1:
            raise Refused("too.fast", retry_s=max(1, round((1 - left) / rate)))

    def used(self, name: str, whom: str) -> float:
        """How much of a bucket is used up just now: 0 for all of it left, 1 for nothing."""
        _, burst = self._limit(name)
        return 1 - self._left_in(self._slot(name, whom), name, self._clock()) / burst

    def _limit(self, name: str) -> tuple[float, float]:
        """What a bucket regains a second, and holds."""
        limit = LIMITS[name]
        return limit.per_minute * self._scale / 60, limit.burst * self._scale

    def _slot(self, name: str, whom: str) -> bytes:
        return hmac.digest(self._key, f"{name}|{whom}".encode(), hashlib.sha256)[:16]

    def _left_in(self, slot: bytes, name: str, now: float) -> float:
        rate, burst = self._limit(name)
        left, since = self._left.get(slot, (burst, now))
        return min(burst, left + (now - since) * rate)

    def _forget_old_keys(self, now: float) -> None:
        if now - self._key_since > _DAY_SECONDS:
            self._key, self._key_since = secrets.token_bytes(32), now
            self._left.clear()


def bucket_of(address: Address | None) -> str:
    """The network that shares one bucket: a /24, or a /48 as one subscriber gets it."""
    return masked(address, 24, 48)


def line_of(address: Address | None) -> str | None:
    """What one household or office shares: an IPv4 address, or a /64 of IPv6.

    None where an address says nothing about who comes: of this machine, or of a network without
    public addresses, where it is as likely the proxy's.
    """
    return masked(address, 32, 64) if address is not None and address.is_global else None


def _within(address: Address, networks: Iterable[Network]) -> bool:
    return any(address.version == one.version and address in one for one in networks)


def _parse(text: str) -> Address | None:
    try:
        found = ip_address(text.strip()[:64].partition("%")[0])
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found
