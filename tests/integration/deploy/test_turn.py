"""A TURN credential is of one participant, for ten minutes, and leads nowhere inside: real coturn,
with the configuration that we ship."""

import ipaddress
import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Final

import pytest

from media.ice import IceServers, credential
from tests.integration.deploy.edge import ROOT, certificate
from tests.integration.deploy.servers import TURN_SECRET, coturn
from tests.integration.deploy.turn_client import TCP, Client

SESSION, OTHER_SESSION = "0f" * 16, "1e" * 16
ANNA, BERTA = "ab" * 8, "cd" * 8
REFUSED, UNAUTHORIZED, WRONG_CREDENTIALS, TOO_MANY = 403, 401, 441, 486
WRONG_FAMILY = 443
QUOTA: Final = int(
    re.search(r"^user-quota=(\d+)$", (ROOT / "deploy/coturn/turnserver.conf").read_text(), re.M)[1]  # type: ignore[index]
)
# IANA's registries of special-purpose addresses, and IPv4 in every disguise that IPv6 knows.
INSIDE_V4: Final = (
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.254",
    "127.0.0.1", "127.255.255.254", "169.254.169.254", "172.16.0.1", "172.31.255.254",
    "192.0.0.1", "192.0.0.171", "192.0.2.1", "192.88.99.1", "192.168.0.1", "192.168.255.254",
    "198.18.0.1", "198.19.255.254", "198.51.100.1", "203.0.113.1", "224.0.0.1",
    "239.255.255.255", "240.0.0.1", "255.255.255.255",
)  # fmt: skip
INSIDE_V6: Final = (
    "::", "::1", "::10.0.0.1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
    "::ffff:169.254.169.254", "::ffff:8.8.8.8", "64:ff9b::a00:1", "64:ff9b::7f00:1",
    "64:ff9b:1::a00:1", "100::1", "2001::1", "2001:2::1", "2001:10::1", "2001:20::1",
    "2001:db8::1", "2002:a00:1::1", "2002:7f00:1::1", "fc00::1", "fd12:3456::1", "fe80::1",
    "febf::1", "ff02::1", "ff05::1:3",
)  # fmt: skip
OUTSIDE_V4: Final = (
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.1",
    "172.15.0.1",
    "172.32.0.1",
    "223.1.1.1",
)
OUTSIDE_V6: Final = ("2606:4700:4700::1111", "2a00:1450::1", "2003::1")


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Relays IPv4 and IPv6, both from loopback."""
    folder = tmp_path_factory.mktemp("turn")
    certificate(folder)
    with coturn(folder, add=["relay-ip=::1", "allocation-default-address-family=ipv4"]) as ports:
        yield ports[0]


def papers(session: str, participant: str, *, age_s: int = 0) -> tuple[str, str]:
    """As the server hands them out; so long ago."""
    given = IceServers(("turn:x",), TURN_SECRET, now_s=lambda: time.time() - age_s)
    [server] = given.servers(session, participant)
    return server["username"], server["credential"]


def client(port: int, session: str = SESSION, participant: str = ANNA, *, age_s: int = 0) -> Client:
    return Client(("127.0.0.1", port), *papers(session, participant, age_s=age_s))


def test_a_credential_works_for_ten_minutes_and_not_longer(port: int) -> None:
    """AT-12: and nobody can write a later time, or another name, on it.

    Whole seconds of two clocks are compared, and one of them may be a tick behind the other.
    """
    for age_s, code in ((0, 0), (590, 0), (603, UNAUTHORIZED), (86_400, UNAUTHORIZED)):
        with client(port, age_s=age_s) as anna:
            assert anna.allocate() == code, age_s
    old, word = papers(SESSION, ANNA, age_s=603)
    mine = old.partition(":")[2]
    later = f"{int(time.time()) + 600}:{mine}"
    theirs = papers(OTHER_SESSION, BERTA)[0]
    for username in (later, theirs, mine, f"{int(time.time()) + 600}:", "admin", ""):
        with Client(("127.0.0.1", port), username, word) as forger:
            assert forger.allocate() == UNAUTHORIZED, username
    for secret in ("", "TURN_SECRET", TURN_SECRET[:-1]):
        with Client(("127.0.0.1", port), later, credential(later, secret)) as guesser:
            assert guesser.allocate() == UNAUTHORIZED, secret


def test_what_one_was_given_is_of_no_use_with_the_papers_of_another(port: int) -> None:
    """Of another session or of somebody else in the same: an allocation is its owner's alone."""
    for whose in (papers(OTHER_SESSION, ANNA), papers(SESSION, BERTA)):
        with client(port) as line:
            assert line.allocate() == 0
            line.be(*whose)
            for said in (line.refresh(), line.permission("8.8.8.8"), line.channel("8.8.8.8")):
                assert said == WRONG_CREDENTIALS
            line.be(*papers(SESSION, ANNA))
            assert line.refresh() == 0


def test_the_name_on_it_tells_nobody_who_it_is_and_is_not_the_same_in_two_sessions() -> None:
    """It goes over the network in clear."""
    names = {
        papers(session, participant)[0].partition(":")[2]
        for session in (SESSION, OTHER_SESSION)
        for participant in (ANNA, BERTA)
    }
    assert len(names) == 4
    assert not [name for name in names if SESSION[:4] in name or ANNA[:4] in name]


@pytest.mark.parametrize("peer", INSIDE_V4)
def test_nothing_is_relayed_inside(port: int, peer: str) -> None:
    """AT-30: neither by a permission nor by a channel."""
    with client(port, participant=peer) as anna:
        assert anna.allocate() == 0
        assert (anna.permission(peer), anna.channel(peer)) == (REFUSED, REFUSED)


@pytest.mark.parametrize("peer", INSIDE_V6)
def test_nothing_is_relayed_inside_by_ipv6(port: int, peer: str) -> None:
    """AT-30: nor in any disguise of an IPv4 address."""
    with client(port, participant=peer) as anna:
        assert anna.allocate(v6=True) == 0
        assert (anna.permission(peer), anna.channel(peer)) == (REFUSED, REFUSED)


def test_what_is_outside_is_relayed(port: int) -> None:
    """Or the refusals above would prove nothing."""
    with client(port, participant="11" * 8) as anna:
        assert anna.allocate() == 0
        assert [anna.permission(peer) for peer in OUTSIDE_V4] == [0] * len(OUTSIDE_V4)
        assert anna.channel(OUTSIDE_V4[0]) == 0
        assert anna.permission(OUTSIDE_V6[0]) == WRONG_FAMILY
    with client(port, participant="12" * 8) as anna:
        assert anna.allocate(v6=True) == 0
        assert [anna.permission(peer) for peer in OUTSIDE_V6] == [0] * len(OUTSIDE_V6)


def test_the_denied_ranges_are_those_of_the_registries() -> None:
    """Every special-purpose network that Python knows of, by its first and last address."""
    text = (ROOT / "deploy/coturn/turnserver.conf").read_text()
    ranges = [
        tuple(ipaddress.ip_address(end) for end in line.partition("=")[2].split("-"))
        for line in text.splitlines()
        if line.startswith("denied-peer-ip=")
    ]
    # The constants of the module are its copy of IANA's registries.
    known = (
        *ipaddress._IPv4Constants._private_networks,  # type: ignore[attr-defined]
        *ipaddress._IPv6Constants._private_networks,  # type: ignore[attr-defined]
        ipaddress.ip_network("100.64.0.0/10"), ipaddress.ip_network("224.0.0.0/4"),
        ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"),
        ipaddress.ip_network("2002::/16"), ipaddress.ip_network("ff00::/8"),
    )  # fmt: skip
    for network in known:
        if network == ipaddress.ip_network("::/128"):
            continue  # cannot be the beginning of a range; refused all the same, see above
        for address in (network[0], network[-1]):
            assert any(
                low.version == address.version and low <= address <= high for low, high in ranges
            ), network


def test_no_relay_by_tcp(port: int) -> None:
    """AT-30: RFC 6062, by which others were led inside, is off."""
    with client(port, participant="13" * 8) as anna:
        assert anna.allocate(transport=TCP) != 0
    with client(port, participant="14" * 8) as anna:
        assert anna.allocate() == 0
        assert anna.connect("8.8.8.8") != 0


def test_one_takes_so_much_and_leaves_the_rest_to_others(port: int) -> None:
    """AT-32: however often the credential is renewed."""
    with ExitStack() as open_lines:
        lines = [
            open_lines.enter_context(client(port, participant=BERTA, age_s=number))
            for number in range(QUOTA + 1)
        ]
        codes = [line.allocate() for line in lines]
        assert codes == [0] * QUOTA + [TOO_MANY]
        with client(port, participant="15" * 8) as other:
            assert other.allocate() == 0
