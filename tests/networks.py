"""Small networks of the tests' own, each in a namespace of the kernel: two sites behind a router
each, and the outside between them, with addresses that look public and lead nowhere else.

They need root, `ip` and `nft`. It does not know what is sent.
"""

import asyncio
import ctypes
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import pytest

from signaling.tasks import Tasks
from tests.patience import PATIENCE_SECONDS

WEB: Final = "11.0.0.1"
TURN: Final = "11.0.0.2"
_ETC: Final = Path("/etc/netns")
_CLONE_NEWNET: Final = 0x40000000
_PIECE_BYTES: Final = 65_536
_T = TypeVar("_T")


# What a router does with what its site sends. Everything may come back that was asked for; what
# comes unasked stays outside, as behind every router of a home or an office.
def _rules(way_out: str, lan: str, first: str = "") -> str:
    return f"""table ip site {{
        chain out {{
            type nat hook postrouting priority srcnat
            oifname wan {way_out}
        }}
        chain unasked {{
            type filter hook input priority filter
            iifname wan ct state new drop
        }}
        chain through {{
            type filter hook forward priority filter; policy drop
            {first}
            ct state established,related accept
            iifname lan {lan} accept
        }}
    }}"""


RULES: Final = {
    "open": "",
    "nat": _rules("masquerade", ""),
    # Another port for every place: what STUN says of it is of no use to anybody else.
    "symmetric": _rules("masquerade fully-random", ""),
    "no-udp": _rules("masquerade", "", first="ip protocol udp drop"),
    "443": _rules("masquerade", "tcp dport 443"),
    # Nothing passes but the platform's own pages.
    "web": _rules("masquerade", f"ip daddr {WEB} tcp dport 443"),
}


def needed() -> None:
    """The end of this test where there can be no such networks; a failure under CI."""
    missing = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
    for program, package in (("ip", "iproute2"), ("nft", "nftables")):
        if shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin") is None:
            missing(f"{program} is not installed (Debian: {package})")
    if os.geteuid() != 0:
        missing("network namespaces need root")
    probe = f"vv{os.getpid()}probe"
    made = subprocess.run(["ip", "netns", "add", probe], capture_output=True, check=False)
    if made.returncode != 0:
        missing(f"no network namespace can be made here: {made.stderr.decode().strip()}")
    _run(f"ip netns del {probe}")


def inside(namespace: str, work: Callable[[], _T]) -> _T:
    """Do it in a thread that lives in that network; sockets made there stay there."""
    outcome: list[_T] = []
    failure: list[BaseException] = []

    def enter() -> None:
        try:
            with open(f"/run/netns/{namespace}") as door:
                if ctypes.CDLL(None, use_errno=True).setns(door.fileno(), _CLONE_NEWNET) != 0:
                    raise OSError(ctypes.get_errno(), "setns")
            outcome.append(work())
        except BaseException as error:
            failure.append(error)

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    if failure:
        raise failure[0]
    return outcome[0]


@dataclass(frozen=True, slots=True)
class Way:
    """A line of a site to the outside, through a router of its own."""

    router: str
    device: str  # of the site
    lan: str  # "192.168.178": the site is .2, its router .1
    wan: str  # "11.1.0": the router is .2, the outside .1


@dataclass(frozen=True, slots=True)
class Site:
    """Where one person sits."""

    namespace: str
    outside: str
    ways: tuple[Way, ...]

    def rule(self, name: str) -> None:
        """One of RULES, for all its routers, as of now; talks that run are cut off by it too."""
        for way in self.ways:
            text = f"flush ruleset\n{RULES[name]}\n"
            _run(f"ip netns exec {way.router} nft -f -", text)
            # Only an open site has addresses that others can reach.
            verb = "replace" if name == "open" else "del"
            route = f"ip -n {self.outside} route {verb} {way.lan}.0/24 via {way.wan}.2"
            _run(route, fails=verb == "del")

    def use(self, number: int) -> None:
        """Leave by this way: the other's device goes down, and with it the address."""
        for other in self.ways:
            if other is not self.ways[number]:
                _run(f"ip -n {self.namespace} link set {other.device} down")
        way = self.ways[number]
        _run(f"ip -n {self.namespace} link set {way.device} up")
        _run(f"ip -n {self.namespace} route replace default via {way.lan}.1")

    def program(self, folder: Path, program: str) -> Path:
        """Something that starts this program here."""
        script = folder / f"{self.namespace}-{Path(program).name}"
        script.write_text(f'#!/bin/sh\nexec ip netns exec {self.namespace} {program} "$@"\n')
        script.chmod(0o755)
        return script


@dataclass(frozen=True, slots=True)
class Networks:
    outside: str
    home: Site  # of the prospect; has a second way, a telephone's
    office: Site

    def rule(self, name: str) -> None:
        for site in (self.home, self.office):
            site.rule(name)


@contextmanager
def networks(hosts: Mapping[str, str]) -> Iterator[Networks]:
    """Made for as long as this lasts; both sites are open at first.

    `hosts`: the names that both know, with their addresses.
    """
    needed()
    name = f"vv{os.getpid()}"
    outside, made = f"{name}net", []
    home = Site(
        f"{name}home", outside,
        (
            Way(f"{name}homer", "eth0", "192.168.178", "11.1.0"),
            Way(f"{name}phone", "eth1", "192.168.43", "11.3.0"),
        ),
    )  # fmt: skip
    office = Site(f"{name}office", outside, (Way(f"{name}officer", "eth0", "10.20.0", "11.2.0"),))
    try:
        for namespace in (outside, *(n for site in (home, office) for n in _names(site))):
            _run(f"ip netns add {namespace}")
            made.append(namespace)
            _run(f"ip -n {namespace} link set lo up")
            inside(namespace, lambda: Path("/proc/sys/net/ipv4/ip_forward").write_text("1"))
        for address in (WEB, TURN):
            _run(f"ip -n {outside} address add {address}/32 dev lo")
        for site in (home, office):
            _name(site, hosts)
            for number, way in enumerate(site.ways):
                _lay(site, way, up=number == 0)
            site.use(0)
            site.rule("open")
        yield Networks(outside, home, office)
    finally:
        for namespace in reversed(made):
            _run(f"ip netns del {namespace}")
            shutil.rmtree(_ETC / namespace, ignore_errors=True)


def _name(site: Site, hosts: Mapping[str, str]) -> None:
    """`ip netns exec` shows these instead of the machine's own, and there is nobody to ask."""
    folder = _ETC / site.namespace
    folder.mkdir(parents=True)
    lines = {"localhost": "127.0.0.1", **hosts}
    (folder / "hosts").write_text("".join(f"{at} {name} {name}.\n" for name, at in lines.items()))
    (folder / "resolv.conf").write_text("")


def _names(site: Site) -> Iterator[str]:
    yield site.namespace
    yield from (way.router for way in site.ways)


def _lay(site: Site, way: Way, *, up: bool) -> None:
    """The two cables of a way: site to router, router to the outside."""
    plug = f"to{way.wan.replace('.', '')}"
    _run(f"ip -n {way.router} link add lan type veth peer name {way.device} netns {site.namespace}")
    _run(f"ip -n {way.router} link add wan type veth peer name {plug} netns {site.outside}")
    _run(f"ip -n {way.router} address add {way.lan}.1/24 dev lan")
    _run(f"ip -n {way.router} address add {way.wan}.2/24 dev wan")
    _run(f"ip -n {site.namespace} address add {way.lan}.2/24 dev {way.device}")
    _run(f"ip -n {site.outside} address add {way.wan}.1/24 dev {plug}")
    for namespace, device in ((way.router, "lan"), (way.router, "wan"), (site.outside, plug)):
        _run(f"ip -n {namespace} link set {device} up")
    _run(f"ip -n {way.router} route add default via {way.wan}.1")
    if up:
        _run(f"ip -n {site.namespace} link set {way.device} up")


def _run(command: str, text: str | None = None, *, fails: bool = False) -> None:
    path = f"{os.environ['PATH']}:/usr/sbin:/sbin"
    done = subprocess.run(
        command.split(), input=text, text=True, capture_output=True, check=False,
        env={**os.environ, "PATH": path},
    )  # fmt: skip
    if done.returncode != 0 and not fails:
        raise RuntimeError(f"{command}: {done.stderr.strip()}")


@contextmanager
def door(path: Path, port: int) -> Iterator[None]:
    """A socket in the file system that leads to this port of ours: namespaces share files.

    It has a thread of its own: what passes is no concern of the test's loop.
    """
    loop = asyncio.new_event_loop()
    over = asyncio.Event()
    thread = threading.Thread(target=loop.run_until_complete, args=(_keep_open(path, port, over),))
    thread.start()
    until = time.monotonic() + PATIENCE_SECONDS
    while not path.exists():
        assert thread.is_alive()
        assert time.monotonic() < until
        time.sleep(0.01)
    try:
        yield
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()
        loop.close()


async def _keep_open(path: Path, port: int, over: asyncio.Event) -> None:
    tasks = Tasks()

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(OSError):
                while piece := await reader.read(_PIECE_BYTES):
                    writer.write(piece)
                    await writer.drain()
        finally:
            writer.close()

    async def connected(near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        try:
            far, there = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            back.transport.abort()
            return
        tasks.spawn(pump(near, there))
        tasks.spawn(pump(far, back))

    server = await asyncio.start_unix_server(connected, path)
    await over.wait()
    server.close()
    await tasks.close()
