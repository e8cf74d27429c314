"""Everything that comes from outside, made up by the machine: refused in our words, or taken."""

import base64
import contextlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sessions.events import KINDS, Malformed, Refused
from signaling.words import Join, Send, parse_join, parse_send
from web.bodies import parse_json, validated
from web.proofs import Effort, Proofs, read_proof
from web.starting import StartCall

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
PROOFS = Proofs(b"secret")
GOOD = PROOFS.issue(Effort.LIGHT, 2**42).model_dump()
GOOD_PAYLOAD: dict[str, Any] = {
    "challenge": {key: GOOD[key] for key in ("parameters", "signature")},
    "solution": {"counter": 1, "derivedKey": "00"},
}


def mostly(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """An object of the right shape, of which any field may be missing, or be anything."""
    return st.fixed_dictionaries(
        {}, optional={name: good | JSON for name, good in fields.items()}
    ) | st.dictionaries(st.text(max_size=8), JSON, max_size=4)


HEX = st.text("0123456789abcdef", min_size=32, max_size=32)
SEALED = st.binary(max_size=3_000).map(lambda raw: base64.b64encode(raw).decode())


@given(mostly(id=HEX, kind=st.sampled_from(sorted(KINDS)), epoch=st.integers(1, 9), sealed=SEALED,
              body=st.dictionaries(st.text(max_size=5), JSON)))  # fmt: skip
def test_any_send_is_an_event_or_refused(argument: dict[str, Any]) -> None:
    """B-053 to B-062: Malformed, Refused, or an event within the bounds of its row."""
    with contextlib.suppress(Malformed, Refused):
        send = parse_send(argument)
        assert isinstance(send, Send)
        assert len(send.sealed) <= send.kind.max_bytes
        assert argument.keys() <= {"id", "kind", "epoch", "sealed", "body"}


@given(mostly(ticket=st.text(max_size=3_000), after=st.integers(), log_epoch=st.text(max_size=80)))
def test_any_join_is_one_or_malformed(argument: dict[str, Any]) -> None:
    """B-061."""
    with contextlib.suppress(Malformed):
        join = parse_join(argument)
        assert isinstance(join, Join)
        assert 0 <= join.after < 2**53


@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_body_is_an_object_or_refused(raw: bytes) -> None:
    """B-016, B-017, B-032: and what is taken says the same when it is said again."""
    with contextlib.suppress(Refused):
        found = parse_json(raw)
        assert parse_json(json.dumps(found).encode()) == found


@given(mostly(first_name=st.text(), last_name=st.text(), topic=st.text()))
def test_any_object_is_a_start_or_refused(given_: dict[str, Any]) -> None:
    """B-025, B-026."""
    with contextlib.suppress(Refused):
        wanted = validated(StartCall, given_)
        assert wanted.model_dump(exclude_unset=True) == given_


def changed(payload: dict[str, Any], path: list[str], value: Any) -> dict[str, Any]:
    copy: dict[str, Any] = json.loads(json.dumps(payload))
    inner = copy
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return copy


PATHS = [
    ["challenge"], ["solution"], ["challenge", "signature"], ["challenge", "parameters"],
    ["solution", "counter"], ["solution", "derivedKey"],
    *(["challenge", "parameters", name] for name in GOOD["parameters"]),
]  # fmt: skip


@settings(max_examples=300)
@given(
    st.text(max_size=300)
    | st.binary(max_size=200).map(lambda raw: base64.b64encode(raw).decode())
    | JSON.map(lambda value: base64.b64encode(json.dumps(value).encode()).decode())
    | st.builds(
        lambda path, value: base64.b64encode(
            json.dumps(changed(GOOD_PAYLOAD, path, value)).encode()
        ).decode(),
        st.sampled_from(PATHS),
        JSON,
    )
)
def test_no_made_up_proof_is_one(text: str) -> None:
    """Refused in our words, whatever the library makes of it; never taken."""
    with pytest.raises(Refused) as refused:
        PROOFS.check(read_proof(text), Effort.LIGHT)
    assert refused.value.code in {"proof.invalid", "proof.expired"}
