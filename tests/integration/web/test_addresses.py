"""Addresses by the calendar: what is left of them on the day itself, on day 29 and after day 30.

What is promised is more than a period: an address is shortened before anything is written, so
that the log holds networks of 65,536 addresses, and the databases and files hold nothing of them.
The one key that ever touches an address (of the buckets that slow down) lives in memory for a day.
"""

import hashlib
import hmac
import io
import re
import shutil
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from ipaddress import ip_address, ip_network
from pathlib import Path

import aiohttp
import orjson
import pytest

from sessions.events import Epoch, SessionId
from sessions.keys import Shredded
from sessions.retention import DAY_MS
from sessions.ways import BOARD
from tests.e2e.traces import files, forms
from tests.integration.web.conftest import Caller, MakeSite, Site
from tests.integration.web.test_log import written
from tests.integration.web.test_receipt import Told, talk
from tests.integration.web.test_talk import free_advisor
from web.clients import Buckets, bucket_of, masked

__all__ = ["written"]

ADDRESS = "198.51.100.77"
NETWORK = ip_network("198.51.0.0/16")  # all that the log says of it
HOUR_MS = DAY_MS // 24
# Everything that the server makes keys of, beside those of sessions.
PURPOSES = (
    "bus", "bus channel", "csrf", "left", "names", "proof", "receipt", "seat", "signature",
    "ticket",
)  # fmt: skip
_PREFIX = 16  # bytes of a digest: what a shortened one would still have
_EMPTY = re.compile(rb"\0{%d,}" % (_PREFIX + 1))  # most of a database
_ONE_BASE64 = bytes.maketrans(b"-_", b"+/")
_NUMBER = re.compile(rb"(?<!\d)\d{9,10}(?!\d)")
_DOTTED = re.compile(rb"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.]|/16)")


@dataclass
class Calendar:
    """The clock of everything, which stands until a test turns the page."""

    ms: int = 1_800_000_000_000

    def time_ns(self) -> int:
        return self.ms * 1_000_000


@dataclass
class Retained:
    """What somebody holds who has taken everything: bytes by place, and keys."""

    places: Mapping[str, bytes]
    keys: list[bytes] = field(default_factory=list)

    def matches(self, candidates: Iterable[str]) -> list[str]:
        """Which of the candidates something here can be matched with: as text, as a number, as a
        digest or as one under any of the keys, in bytes, in hexadecimal and in base64.
        """
        known = tuple(candidates)
        whole = b"\n".join(self.places.values())
        pieces = _pieces(whole)
        for run in re.findall(rb"(?:[0-9a-fA-F]{2}){16,}", whole):
            pieces |= _pieces(bytes.fromhex(run.decode()))
        for run in re.findall(rb"[A-Za-z0-9+/_-]{22,}", whole.translate(_ONE_BASE64)):
            for shift in range(4):
                pieces |= _pieces(b64decode(run[shift : len(run) - (len(run) - shift) % 4]))
        found = set[str]()
        for key in (None, *self.keys):
            digests = digests_under(key, known)
            found |= {digests[one] for one in pieces & digests.keys()}
        written = {one.decode() for one in _DOTTED.findall(whole)}
        numbers = {int(one) for one in _NUMBER.findall(whole)}
        written |= {str(ip_address(one)) for one in numbers if one < 2**32}
        found |= written.intersection(known)
        return sorted(found)


@cache
def digests_under(key: bytes | None, candidates: tuple[str, ...]) -> dict[bytes, str]:
    """Whose digest begins so: HMAC-SHA256 under a key; without one, of the usual kinds."""
    if key is not None:
        return {hmac.digest(key, one.encode(), "sha256")[:_PREFIX]: one for one in candidates}
    return {
        hashlib.new(name, one.encode(), usedforsecurity=False).digest()[:_PREFIX]: one
        for one in candidates
        for name in ("sha256", "sha1", "md5")
    }


def _pieces(data: bytes) -> set[bytes]:
    """Everything in it that is as long as a digest is here; of a run of zeros, one is enough."""
    data = _EMPTY.sub(bytes(_PREFIX), data)
    return {data[at : at + _PREFIX] for at in range(len(data) - _PREFIX + 1)}


async def retained(site: Site, log: str, folder: Path, told: Told) -> Retained:
    """All files, the log and the numbers; and what the keys open, as far as there are any."""
    places = {"log": log.encode(), **files(folder)}
    places["metrics"] = await (await site.visitor().get("/metrics")).read()
    session, master = SessionId(told.session), site.parts.keys.master
    keys = [secret for purpose in PURPOSES for secret in master.secrets(purpose)]
    try:
        keys.append(await site.parts.keys.content_key(session, Epoch(1)))
        leave = await site.parts.exit.leave(BOARD, actor="test", ground="addresses", of=session)
        opened = [orjson.dumps(one.body) async for one in site.parts.vault.open_log(leave)]
        assert any(told.asked in one.decode() for one in opened)
        places["opened"] = b"\n".join(opened)
    except (Shredded, LookupError):
        places["opened"] = b""
    return Retained(places, keys)


def no_trace_of(everything: Retained) -> None:
    """Neither the address itself in any writing, nor any that it could have been."""
    whole = b"\n".join(everything.places.values())
    raw = ip_address(ADDRESS).packed  # too short to be looked for in what looks random
    assert [form for form, needle in forms(ADDRESS).items() if needle in whole] == []
    assert raw.hex().encode() not in whole.lower()
    for place in ("log", "metrics", "opened"):
        assert raw not in everything.places.get(place, b"")
    assert everything.matches(map(str, NETWORK)) == []


@pytest.fixture
def calendar(monkeypatch: pytest.MonkeyPatch) -> Calendar:
    calendar = Calendar()
    monkeypatch.setattr("sessions.clock.time", calendar)
    return calendar


@pytest.fixture
def from_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever comes, comes from this address, with every request and every socket."""

    def visitor(site: Site) -> Caller:
        jar = aiohttp.CookieJar(unsafe=True)
        http = aiohttp.ClientSession(cookie_jar=jar, headers={"X-Forwarded-For": ADDRESS})
        site._callers.append(Caller(http, site.url))
        return site._callers[-1]

    monkeypatch.setattr(Site, "visitor", visitor)


async def test_no_address_is_left_on_any_day(
    written: io.StringIO, make_site: MakeSite, calendar: Calendar, from_there: None, tmp_path: Path
) -> None:
    """OB-21, KP-20: a whole talk and its receipt from one address. On the day itself, on day 29,
    and an hour after day 30, all that was kept and all keys together match none of the 65,536
    addresses that the log's network could mean; what the talk sealed is gone with day 30."""
    site = await make_site(trusted_proxies="127.0.0.0/8")
    told = await talk(site, await free_advisor(site))
    shown = await site.visitor().post("/receipt", data=told.proof)
    assert shown.status == 200
    lines = [orjson.loads(line) for line in written.getvalue().splitlines()]
    addresses = {line["address"] for line in lines if line["event"] == "request"}
    assert addresses == {masked(ip_address(ADDRESS))} == {str(NETWORK)}
    no_trace_of(await retained(site, written.getvalue(), site.data, told))

    calendar.ms += 29 * DAY_MS
    assert await site.parts.retention.run() == 0
    on_29 = await retained(site, written.getvalue(), site.data, told)
    assert on_29.places["opened"]  # it is all still there, and none of it is an address
    no_trace_of(on_29)
    shutil.copytree(site.data, tmp_path / "backup")

    calendar.ms += DAY_MS + HOUR_MS
    assert await site.parts.retention.run() == 1
    with pytest.raises(Shredded):
        await site.parts.keys.content_key(SessionId(told.session), Epoch(1))
    on_31 = await retained(site, written.getvalue(), site.data, told)
    assert on_31.places["opened"] == b""
    no_trace_of(on_31)
    backup = {f"backup/{name}": data for name, data in files(tmp_path / "backup").items()}
    no_trace_of(Retained({**on_31.places, **backup}, [*on_31.keys, *on_29.keys]))


@pytest.mark.parametrize(
    "planted",
    [
        b"from 198.51.100.77 at noon",
        hashlib.sha256(ADDRESS.encode()).digest(),
        b'{"who": "'
        + hashlib.new("md5", ADDRESS.encode(), usedforsecurity=False).hexdigest().encode()
        + b'"}',
        b"\x00" + hmac.digest(b"a key that was kept", ADDRESS.encode(), "sha256")[:20],
        b"id="
        + urlsafe_b64encode(hashlib.new("sha1", ADDRESS.encode(), usedforsecurity=False).digest()),
        str(int(ip_address(ADDRESS))).encode(),
    ],
    ids=["text", "sha256", "md5 in hexadecimal", "a kept key", "sha1 in base64", "a number"],
)
def test_the_search_finds_what_is_there(planted: bytes) -> None:
    """OB-21: each way of keeping an address that is no anonymity at all is found out."""
    kept = Retained({"there": bytes(100) + planted + bytes(100)}, [b"a key that was kept"])
    assert kept.matches(map(str, NETWORK)) == [ADDRESS]
    with pytest.raises(AssertionError):
        no_trace_of(kept)


def test_the_key_of_a_day_leaves_nothing_to_match() -> None:
    """OB-21: within its day the buckets' key finds the network again, as it must to slow it down;
    a day later the key is gone, and no key that is left matches what anybody noted meanwhile."""
    now = 0.0
    buckets = Buckets(clock=lambda: now)
    network = bucket_of(ip_address(ADDRESS))
    buckets.take("page", network)
    candidates = [f"page|{one}" for one in NETWORK.subnets(new_prefix=24)]
    noted = b"".join(buckets._left)  # a copy of the memory, taken in time
    assert Retained({"memory": noted}, [buckets._key]).matches(candidates) == [f"page|{network}"]
    now = 86_401.0
    buckets.take("page", "another network")
    left = b"".join(buckets._left)
    later = Retained({"noted": noted, "memory": left}, [buckets._key])
    assert later.matches(candidates) == []
