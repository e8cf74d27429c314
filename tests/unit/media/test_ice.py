"""Credentials expire and are of this session; candidates lead nowhere they should not."""

import base64
import hashlib
import hmac
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.ice import IceServers, allowed, credential

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).resolve().parents[2] / "vectors/candidates.json").read_text()
)
TURN = ("turn:turn.example.org:3478?transport=udp", "turns:turn.example.org:5349?transport=tcp")
SESSION, PARTICIPANT = "0f" * 16, "ab" * 8


def test_credentials_are_for_this_session_and_end_within_ten_minutes() -> None:
    given = IceServers(TURN, "secret", now_s=lambda: 1_000.9)
    [server] = given.servers(SESSION, PARTICIPANT)
    assert server["urls"] == list(TURN)
    until, _, whose = server["username"].partition(":")
    assert until == "1600"
    assert re.fullmatch("[0-9a-f]{24}", whose)
    others = (given.servers(SESSION, "cd" * 8), given.servers("1e" * 16, PARTICIPANT))
    assert whose not in [other[0]["username"].partition(":")[2] for other in others]
    assert given.servers(SESSION, PARTICIPANT) == [server]
    digest = hmac.new(b"secret", server["username"].encode(), hashlib.sha1).digest()
    assert base64.b64decode(server["credential"]) == digest


def test_credential_is_what_coturn_expects() -> None:
    # printf 1433895918:user | openssl dgst -sha1 -hmac north -binary | base64
    assert credential("1433895918:user", "north") == "/gk4t5tUc08OpM3NjrVjHSFVNmY="


def test_no_servers_means_an_empty_list_and_never_somebody_elses() -> None:
    assert IceServers().servers(SESSION, PARTICIPANT) == []


def test_stun_needs_no_credentials() -> None:
    servers = IceServers(("stun:turn.example.org:3478", *TURN), "secret").servers(
        SESSION, PARTICIPANT
    )
    assert [sorted(server) for server in servers] == [["urls"], ["credential", "urls", "username"]]


def test_the_secret_is_not_shown() -> None:
    assert "s3cr3t" not in repr(IceServers(TURN, "s3cr3t"))


@pytest.mark.parametrize(
    ("urls", "secret", "ttl_s"),
    [
        (("https://example.org",), "s", 600),
        (("turn:a b",), "s", 600),
        (TURN, None, 600),
        (TURN, "", 600),
        (TURN, "s", 601),
        (TURN, "s", 0),
    ],
)
def test_wrong_settings_are_refused(urls: tuple[str, ...], secret: str | None, ttl_s: int) -> None:
    with pytest.raises(ValueError):
        IceServers(urls, secret, ttl_s)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_candidates_as_the_browser_judges_them(vector: dict[str, Any]) -> None:
    options = {name: vector.get(name, False) for name in ("loopback", "relay_only")}
    assert allowed(vector["candidate"], **options) is vector["allowed"]


@given(st.one_of(st.text(), st.from_regex(r"candidate:\S* \d+ \S+ \d+ \S+ \d+ typ \S+")))
def test_no_candidate_makes_it_fail(text: str) -> None:
    assert allowed(text) in (True, False)


@given(st.ip_addresses())
def test_an_address_is_judged_by_where_it_leads(address: Any) -> None:
    verdict = allowed(f"candidate:1 1 udp 1 {address} 5000 typ host")
    if verdict:
        assert not address.is_loopback
        assert not address.is_link_local
        assert not address.is_multicast
        assert not address.is_unspecified
