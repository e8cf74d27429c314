"""What may reach an end of ours in aiortc by UDP: a guard before aioice, which looks at nothing.

As it comes, one empty datagram from anywhere ends a call, and so does a forged alert or greeting of
DTLS (ASVS 17.2.6). It knows no session and no description.
"""

import logging
from collections import Counter
from contextlib import suppress
from socket import AF_INET, AF_INET6, SOCK_DGRAM, AddressFamily, socket
from typing import Any, Final

from aioice import ice

_STUN_HEAD: Final = 20  # bytes; RFC 8489, 5
_COOKIE: Final = b"\x21\x12\xa4\x42"
_LARGEST: Final = 2_048  # of a datagram: none of ours comes near
dropped: Final[Counter[str]] = Counter()  # what did not pass: "size", "stranger", "broken"
_log: Final = logging.getLogger(__name__)
_received: Final = ice.StunProtocol.datagram_received
_host_addresses: Final = ice.get_host_addresses


def install() -> None:
    """Guard every connection of this process, those that stand already too. Twice is once."""
    ice.StunProtocol.datagram_received = guarded  # type: ignore[method-assign]


def reach(*, loopback: bool, addresses: tuple[str, ...] = ()) -> None:
    """Where connections begun from now on are offered: at these addresses, else at all there are.

    Also on loopback, where aioice has none, if that is wanted.
    """

    def found(use_ipv4: bool, use_ipv6: bool) -> list[str]:
        all_ = list(addresses) or _all(use_ipv4, use_ipv6)
        return [*all_, "127.0.0.1"] if loopback and "127.0.0.1" not in all_ else all_

    ice.get_host_addresses = found


def _all(use_ipv4: bool, use_ipv6: bool) -> list[str]:
    """Of this machine; where it may not be asked for them, those it goes out by."""
    try:
        return list(_host_addresses(use_ipv4, use_ipv6))
    except OSError:
        ways = ((use_ipv4, AF_INET, "192.0.2.1"), (use_ipv6, AF_INET6, "2001:db8::1"))
        return [own for use, family, far in ways if use and (own := _way_out(family, far))]


def _way_out(family: AddressFamily, far: str) -> str | None:
    """The address by which something far away would be reached: nothing is sent."""
    with suppress(OSError), socket(family, SOCK_DGRAM) as one:
        one.connect((far, 9))
        return str(one.getsockname()[0])
    return None


def guarded(self: ice.StunProtocol, data: bytes | str, addr: tuple[Any, ...]) -> None:
    """Pass on what is STUN, and else only what comes from where ICE has had an answer from."""
    if not isinstance(data, bytes) or not 0 < len(data) <= _LARGEST:
        dropped["size"] += 1
        return
    if not _is_stun(data) and not _is_known(self, (addr[0], addr[1])):
        dropped["stranger"] += 1
        return
    try:
        _received(self, data, addr)
    except Exception:  # whatever is in it, it is one datagram that is dropped
        dropped["broken"] += 1
        _log.debug("a datagram was dropped", exc_info=True)


def _is_stun(data: bytes) -> bool:
    return len(data) >= _STUN_HEAD and data[0] < 4 and data[4:8] == _COOKIE


def _is_known(protocol: ice.StunProtocol, addr: tuple[str, int]) -> bool:
    return any(
        pair.remote_addr == addr
        and pair.protocol is protocol
        and pair.state is ice.CandidatePair.State.SUCCEEDED
        for pair in protocol.receiver._check_list
    )
