"""Which STUN and TURN servers a browser may use, with credentials that soon expire.

Candidates of the other side are looked at too. It knows no settings, no sessions and no sockets.
"""

import base64
import hashlib
import hmac
import ipaddress
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

MAX_TTL_S: Final = 600
_URL = re.compile(r"(stuns?|turns?):[A-Za-z0-9.\-\[\]:]{1,253}(\?transport=(udp|tcp))?")


@dataclass(frozen=True, slots=True)
class IceServers:
    """The servers of this installation, never anybody else's.

    `secret` is what coturn's `static-auth-secret` says. Raises ValueError for a URL that is none,
    for TURN without a secret, and for a time to live beyond ten minutes.
    """

    urls: tuple[str, ...] = ()
    secret: str | None = field(default=None, repr=False)
    ttl_s: int = MAX_TTL_S
    now_s: Callable[[], float] = time.time

    def __post_init__(self) -> None:
        for url in self.urls:
            if _URL.fullmatch(url) is None:
                raise ValueError(f"not a STUN or TURN address: {url!r}")
        if any(_is_turn(url) for url in self.urls) and not self.secret:
            raise ValueError("TURN needs a secret")
        if not 0 < self.ttl_s <= MAX_TTL_S:
            raise ValueError(f"credentials last at most {MAX_TTL_S} seconds")

    def servers(self, session: str, participant: str) -> list[dict[str, Any]]:
        """As `RTCConfiguration.iceServers` wants them; empty means: host candidates only.

        The name that goes over the network in clear is of this participant in this session, and
        tells nobody of which: coturn counts what one name takes, and lets no other touch it.
        """
        stun = [url for url in self.urls if not _is_turn(url)]
        turn = [url for url in self.urls if _is_turn(url)]
        found: list[dict[str, Any]] = [{"urls": stun}] if stun else []
        if turn and self.secret:
            username = f"{int(self.now_s()) + self.ttl_s}:{self._name(session, participant)}"
            found.append({
                "urls": turn, "username": username,
                "credential": credential(username, self.secret),
            })  # fmt: skip
        return found

    def _name(self, session: str, participant: str) -> str:
        assert self.secret is not None
        text = f"turn name|{session}|{participant}"
        return hmac.new(self.secret.encode(), text.encode(), hashlib.sha256).hexdigest()[:24]


def credential(username: str, secret: str) -> str:
    """What coturn's `use-auth-secret` expects: base64 of HMAC-SHA1."""
    digest = hmac.new(secret.encode(), username.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def _is_turn(url: str) -> bool:
    return url.startswith("turn")


# -- candidates

# foundation component transport priority address port "typ" type, then pairs of words
_CANDIDATE = re.compile(
    r"candidate:[A-Za-z0-9+/]{1,32} ([1-9]\d{0,2}) ([A-Za-z]{3,4}) (\d{1,10})"
    r" ([A-Za-z0-9.:-]{1,80}) (\d{1,5}) typ ([a-z]{4,5})((?: [!-~]{1,64} [!-~]{1,64}){0,12})",
    re.ASCII,
)
_MDNS = re.compile(r"[0-9a-z-]{1,63}\.local", re.IGNORECASE)
_TYPES: Final = frozenset({"host", "srflx", "relay"})
_LOOPBACK: Final = ("127.0.0.0/8", "::1/128")
_NEVER: Final = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4",
        "::/128", "fe80::/10", "ff00::/8",
        "::/96", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16",
    )
)  # fmt: skip
_LOOPBACK_NETWORKS: Final = tuple(ipaddress.ip_network(text) for text in _LOOPBACK)


def allowed(candidate: str, *, loopback: bool = False, relay_only: bool = False) -> bool:
    """Whether to hand this candidate to ICE at all; "" says that there are no more.

    `loopback`: this end is itself reached over loopback. Anything else on loopback, link-local,
    multicast, embedded-IPv4 or unspecified addresses would make us knock on doors of our own.
    """
    if candidate == "":
        return True
    match = _CANDIDATE.fullmatch(candidate)
    if match is None:
        return False
    component, transport, priority, address, port, type_, _ = match.groups()
    return (
        int(component) <= 2
        and transport.lower() == "udp"
        and 0 < int(priority) < 2**31
        and 0 < int(port) < 65_536
        and type_ in _TYPES
        and (type_ == "relay" or not relay_only)
        and _is_address(address, loopback=loopback)
    )


def _is_address(text: str, *, loopback: bool) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return _MDNS.fullmatch(text) is not None
    if any(address in network for network in _LOOPBACK_NETWORKS):
        return loopback
    return not any(address in network for network in _NEVER)
