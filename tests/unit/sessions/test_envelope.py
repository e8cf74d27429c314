"""The envelope: opens only where, by whom and as what it was sealed, bit for bit.

Proves B-085 and B-086 of the list of bad inputs, and part of OB-09.
"""

import hashlib
import hmac
import json
import struct
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings
from hypothesis import strategies as st

from sessions.envelope import (
    NO_PREVIOUS,
    ContentKey,
    SessionKey,
    Unreadable,
    associated_data,
    content_key,
    event_key,
    name_key,
    new_session_key,
    open_sealed,
    pad,
    seal,
    seal_as_server,
)
from sessions.events import (
    KINDS,
    SERVER,
    Envelope,
    Epoch,
    EventId,
    SenderId,
    SessionId,
    participant_of,
)
from tests.vectors import make_envelope

VECTORS: dict[str, Any] = json.loads(make_envelope.FILE.read_text())


def hexes(size: int) -> st.SearchStrategy[str]:
    return st.binary(min_size=size, max_size=size).map(bytes.hex)


headers = st.builds(
    Envelope,
    session=hexes(16).map(SessionId),
    sender=hexes(16).map(SenderId),
    id=hexes(16).map(EventId),
    kind=st.sampled_from(sorted(KINDS)),
    epoch=st.integers(1, 2**32 - 1).map(Epoch),
    sealed=st.just(b""),
)
texts = st.text(st.characters(codec="utf-8"), max_size=300)
bodies = st.dictionaries(
    texts,
    st.one_of(texts, st.integers(-(2**53), 2**53), st.booleans(), st.none(), st.lists(texts)),
    max_size=5,
)
KEY = ContentKey(bytes(range(32)))


def sealed(header: Envelope, body: dict[str, Any], key: ContentKey = KEY) -> Envelope:
    mine = event_key(key, header.session, header.sender)
    return header._replace(sealed=seal(body, key=mine, header=header, counter=7))


@given(headers, bodies, st.integers(0, 2**32 - 1), st.binary(min_size=32, max_size=32))
def test_what_is_sealed_opens(
    header: Envelope, body: dict[str, Any], counter: int, previous: bytes
) -> None:
    key = event_key(KEY, header.session, header.sender)
    made = seal(body, key=key, header=header, counter=counter, previous=previous)
    opened = open_sealed(header._replace(sealed=made), KEY)
    assert (opened.body, opened.counter, opened.previous) == (body, counter, previous)


@given(headers, bodies, st.data())
def test_any_flipped_bit_of_the_sealed_bytes_is_noticed(
    header: Envelope, body: dict[str, Any], data: st.DataObject
) -> None:
    whole = sealed(header, body)
    bit = data.draw(st.integers(0, len(whole.sealed) * 8 - 1))
    altered = bytearray(whole.sealed)
    altered[bit // 8] ^= 1 << bit % 8
    with pytest.raises(Unreadable):
        open_sealed(whole._replace(sealed=bytes(altered)), KEY)


def test_every_single_bit_of_one_envelope() -> None:
    """Exhaustive for one: nonce, ciphertext and tag, then session, sender, id, epoch, kind."""
    whole = sealed(make_envelope.header(1, "chat.message"), {"text": "a"})
    for bit in range(len(whole.sealed) * 8):
        altered = bytearray(whole.sealed)
        altered[bit // 8] ^= 1 << bit % 8
        with pytest.raises(Unreadable):
            open_sealed(whole._replace(sealed=bytes(altered)), KEY)
    for bit in range(128):
        for name in ("session", "sender", "id"):
            other: dict[str, Any] = {name: f"{int(getattr(whole, name), 16) ^ 1 << bit:032x}"}
            with pytest.raises(Unreadable):
                open_sealed(whole._replace(**other), KEY)
    for bit in range(32):
        with pytest.raises(Unreadable):
            open_sealed(whole._replace(epoch=Epoch(whole.epoch ^ 1 << bit)), KEY)
    for kind in set(KINDS) - {whole.kind}:
        with pytest.raises(Unreadable):
            open_sealed(whole._replace(kind=kind), KEY)
    for bit in range(256):
        key = (int.from_bytes(KEY, "big") ^ 1 << bit).to_bytes(32, "big")
        with pytest.raises(Unreadable):
            open_sealed(whole, ContentKey(key))


@given(headers, headers, bodies)
def test_a_moved_envelope_does_not_open(one: Envelope, two: Envelope, body: dict[str, Any]) -> None:
    for name in ("session", "sender", "id", "kind", "epoch"):
        moved = sealed(one, body)._replace(**{name: getattr(two, name)})
        if getattr(one, name) != getattr(two, name):
            with pytest.raises(Unreadable):
                open_sealed(moved, KEY)


@given(st.binary(max_size=400))
def test_junk_is_unreadable_and_nothing_else(junk: bytes) -> None:
    with pytest.raises(Unreadable) as caught:
        open_sealed(make_envelope.header(1, "chat.message")._replace(sealed=junk), KEY)
    assert caught.value.args == ()
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("broken", [{"session": "xy"}, {"id": "0"}, {"epoch": -1}, {"kind": "?"}])
def test_a_broken_header_is_unreadable_too(broken: dict[str, Any]) -> None:
    whole = sealed(make_envelope.header(1, "chat.message"), {})
    with pytest.raises(Unreadable):
        open_sealed(whole._replace(**broken), KEY)


@pytest.mark.parametrize(
    ("text", "body"),
    [
        (r'{"text":"cut \ud83d","n":7}', {"text": "cut \ud83d", "n": 7}),
        (r'{"n":1e400,"m":-1e400}', {"n": float("inf"), "m": float("-inf")}),
        ('{"n":' + "9" * 5_000 + "}", {"n": float("inf")}),
        (r'{"text":"\ud83d","n":NaN}', None),
        (r'{"text":"\ud83d"', None),
        ('{"text":"\\ud83d","n":' + "[" * 9_000 + "]" * 9_000 + "}", None),
        ("[7]", None),
    ],
)
def test_bodies_are_read_as_browsers_read_them(text: str, body: dict[str, Any] | None) -> None:
    key = ContentKey(bytes(32))
    header = Envelope(
        SessionId("4" * 32), SenderId("5" * 32), EventId("6" * 32), "chat.message", Epoch(1), b""
    )
    clear = struct.pack(">I32sI", 0, NO_PREVIOUS, len(text)) + text.encode()
    cipher = AESGCM(event_key(key, header.session, header.sender))
    sealed = bytes(12) + cipher.encrypt(bytes(12), pad(clear), associated_data(header))
    if body is None:
        with pytest.raises(Unreadable):
            open_sealed(header._replace(sealed=sealed), key)
    else:
        assert open_sealed(header._replace(sealed=sealed), key).body == body


@given(st.integers(0, 70_000))
@settings(max_examples=300)
def test_padding_hides_the_length(length: int) -> None:
    padded = len(pad(b"x" * length))
    if length <= 4_096:
        assert padded % 256 == 0
        assert length <= padded < length + 256
    else:
        assert length <= padded <= length * 1.12
    assert len(pad(b"x" * padded)) == padded


def test_few_lengths_are_distinct() -> None:
    assert len({len(pad(b"x" * length)) for length in range(1, 65_537)}) < 120


def test_the_body_cannot_be_seen() -> None:
    canary = "canary-93ab"
    whole = sealed(make_envelope.header(1, "chat.message"), {"text": canary})
    assert canary.encode() not in whole.sealed
    assert len(whole.sealed) == 12 + 256 + 16


def test_keys_of_other_purposes_sessions_epochs_and_senders_differ() -> None:
    key = SessionKey(bytes(32))
    one, two = (make_envelope.header(number, "chat.message") for number in (1, 2))
    first = content_key(key, one.session, Epoch(1))
    keys = {
        bytes(key),
        first,
        content_key(key, one.session, Epoch(2)),
        content_key(key, two.session, Epoch(1)),
        content_key(new_session_key(), one.session, Epoch(1)),
        name_key(key, one.session),
        event_key(first, one.session, one.sender),
        event_key(first, one.session, two.sender),
        event_key(first, two.session, one.sender),
    }
    assert len(keys) == 9
    assert {len(key) for key in keys} == {32}


def test_the_server_seals_with_a_fresh_sender_each_time() -> None:
    session = make_envelope.header(1, "session.ended").session
    ended = [
        seal_as_server(
            "session.ended", {"reason": "expired"}, session=session, epoch=Epoch(1), key=KEY
        )
        for _ in range(2)
    ]
    assert {participant_of(envelope.sender) for envelope in ended} == {SERVER}
    assert ended[0].sender != ended[1].sender
    opened = open_sealed(ended[0], KEY)
    assert (opened.body, opened.counter, opened.previous) == ({"reason": "expired"}, 0, NO_PREVIOUS)


def test_the_vectors_are_those_of_the_script() -> None:
    assert make_envelope.FILE.read_text() == make_envelope.text()


def of(vector: dict[str, Any]) -> Envelope:
    names = ("session", "sender", "id", "kind", "epoch")
    return Envelope(
        **{name: vector[name] for name in names}, sealed=bytes.fromhex(vector["sealed"])
    )


@pytest.mark.parametrize("vector", VECTORS["opens"], ids=lambda vector: vector["name"])
def test_vectors_open(vector: dict[str, Any]) -> None:
    envelope = of(vector)
    assert associated_data(envelope).hex() == vector["aad"]
    assert len(bytes.fromhex(vector["aad"])) == 56
    key = SessionKey(bytes.fromhex(vector["session_key"]))
    content = content_key(key, envelope.session, envelope.epoch)
    assert content.hex() == vector["content_key"]
    assert name_key(key, envelope.session).hex() == vector["name_key"]
    opened = open_sealed(envelope, content)
    assert opened.body == vector["body"]
    assert (opened.counter, opened.previous.hex()) == (vector["counter"], vector["previous"])


@pytest.mark.parametrize("vector", VECTORS["unreadable"], ids=lambda vector: vector["name"])
def test_vectors_that_must_not_open(vector: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        open_sealed(of(vector), ContentKey(bytes.fromhex(vector["content_key"])))


def test_the_keys_are_plain_rfc_5869() -> None:
    """Computed by hand, so that another implementation has something to hold on to."""
    session = "00112233445566778899aabbccddeeff"
    key = SessionKey(b"k" * 32)
    info = b"visavis/1|content|" + bytes.fromhex(session) + (5).to_bytes(4, "big")
    extracted = hmac.digest(bytes(32), key, hashlib.sha256)
    expected = hmac.digest(extracted, info + b"\x01", hashlib.sha256)
    assert content_key(key, SessionId(session), Epoch(5)) == expected
