"""The shapes of the words; their bad values are tried over a live socket in test_sockets.py."""

import json
from base64 import b64decode, b64encode

import pytest

from sessions.events import (
    KINDS,
    SERVER,
    Envelope,
    Epoch,
    Malformed,
    Refused,
    Seq,
    SessionId,
    new_event_id,
    sender_of,
)
from signaling.words import event_text, parse_join, parse_send

SESSION = SessionId("ab" * 16)


def test_a_join_is_read_and_another_field_is_not() -> None:
    argument = {"ticket": "t", "after": 3, "log_epoch": None}
    assert parse_join(argument) == ("t", 3, None)
    with pytest.raises(Malformed):
        parse_join({**argument, "role": "advisor"})


@pytest.mark.parametrize("kind", [kind for kind in KINDS.values() if not kind.clear])
def test_each_sealed_kind_has_its_size(kind: object) -> None:
    """The table's bound holds to the byte."""
    row = next(row for row in KINDS.values() if row is kind)
    argument = {"id": new_event_id(), "kind": row.name, "epoch": 1}
    sealed = b64encode(bytes(row.max_bytes)).decode()
    assert len(parse_send({**argument, "sealed": sealed}).sealed) == row.max_bytes
    with pytest.raises(Refused) as refused:
        parse_send({**argument, "sealed": b64encode(bytes(row.max_bytes + 1)).decode()})
    assert refused.value.code == "too.large"


def test_a_clear_body_is_json_of_bounded_size() -> None:
    argument = {"id": new_event_id(), "kind": "quality.report"}
    assert json.loads(parse_send({**argument, "body": {"rtt_ms": 5}}).sealed) == {"rtt_ms": 5}
    with pytest.raises(Refused) as refused:
        parse_send({**argument, "body": {"x": "y" * 3_000}})
    assert refused.value.code == "too.large"
    bodies: list[object] = [[], "x", None, 5]
    for body in bodies:
        with pytest.raises(Malformed):
            parse_send({**argument, "body": body})


def test_an_event_carries_exactly_the_fields_of_the_protocol() -> None:
    sender, id_ = sender_of(SERVER), new_event_id()
    sealed = Envelope(SESSION, sender, id_, "chat.message", Epoch(1), b"\x00\xff" * 20, 5, Seq(9))
    word, event = json.loads(event_text(sealed).removeprefix(b"42"))
    assert word == "event"
    assert b64decode(event.pop("sealed")) == sealed.sealed
    assert event == {
        "seq": 9, "id": id_, "sender": sender, "kind": "chat.message", "epoch": 1, "at": 5,
    }  # fmt: skip
    clear = Envelope(SESSION, sender, id_, "desk.position", Epoch(0), b'{"position":1}', 5)
    _, event = json.loads(event_text(clear, with_session=True).removeprefix(b"42"))
    assert event == {
        "seq": None, "id": id_, "sender": sender, "session": SESSION, "kind": "desk.position",
        "at": 5, "body": {"position": 1},
    }  # fmt: skip
