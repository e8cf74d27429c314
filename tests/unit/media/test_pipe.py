"""Messages between a node and its recorder: as they were, however the pipe cuts them."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media import pipe
from media.pipe import MAX_BODY, Message, Word

MESSAGES = st.builds(
    Message, st.sampled_from(Word), st.from_regex(pipe.PART, fullmatch=True), st.binary()
)


async def read_all(data: bytes) -> list[Message]:
    reader = asyncio.StreamReader()
    reader.feed_data(data)
    reader.feed_eof()
    found: list[Message] = []
    while (message := await pipe.read(reader)) is not None:
        found.append(message)
    return found


@given(st.lists(MESSAGES, max_size=5), st.data())
def test_they_arrive_as_they_were_as_far_as_they_were_written(
    sent: list[Message], data: st.DataObject
) -> None:
    packed = [message.packed() for message in sent]
    whole = b"".join(packed)
    cut = data.draw(st.integers(0, len(whole)))
    arrived = asyncio.run(read_all(whole[:cut]))
    assert arrived == sent[: len(arrived)]
    assert sum(map(len, packed[: len(arrived) + 1])) > cut or cut == len(whole)


@pytest.mark.parametrize(
    "data", [b"\xff" * 6, b"\0\0\0\0\x01\x02", b"\0\0\0\x01\x63\x01a", b"\0\0\0\x01\x01\x01\xe4"]
)
async def test_anything_else_is_no_message(data: bytes) -> None:
    with pytest.raises(ValueError):
        await read_all(data)


@given(st.integers(0, 2**63), st.text(st.characters(max_codepoint=127)))
def test_when_a_part_begins_goes_with_its_offer(began_ms: int, offer: str) -> None:
    assert pipe.taken(pipe.take("part", began_ms, offer).body) == (began_ms, offer)


def test_what_does_not_fit_is_refused_before_it_is_written() -> None:
    for part, body in (("a b", b""), ("x" * 129, b""), ("p", bytes(MAX_BODY + 1))):
        with pytest.raises(ValueError):
            Message(Word.CHUNK, part, body)
