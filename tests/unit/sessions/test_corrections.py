"""Corrections: what is right from now on, and what was there before, sealed."""

import asyncio

import pytest

from sessions.corrections import (
    MAX_ADDITION,
    MAX_OF_SESSION,
    Corrections,
    Details,
    clean_addition,
)
from sessions.envelope import open_sealed
from sessions.events import SERVER, Envelope, Refused, Seq, State, participant_of
from sessions.keys import Shredded
from tests.unit.sessions.test_erasure import House, nothing_is_left
from tests.unit.sessions.test_erasure import house as house  # also over PostgreSQL


def corrections_of(house: House) -> Corrections:
    return Corrections(house.database, house.log, house.keys, now_ms=house.now)


async def table(house: House, name: str) -> str:
    """Everything in it, bytes in hexadecimal."""
    every = f"SELECT * FROM {name}"
    rows = await house.database.read(lambda db: [tuple(one) for one in db.exec_driver_sql(every)])
    return repr([tuple(map(_hex, row)) for row in rows])


def _hex(value: object) -> object:
    return value.hex() if isinstance(value, bytes | memoryview) else value


async def test_a_corrected_name_stands_everywhere_and_the_old_one_beside_it(house: House) -> None:
    """OB-38: at the desk and at the seat; when what was changed; of others nothing changes."""
    corrections, started = corrections_of(house), await house.session()
    other = await house.session()
    first = await corrections.correct(started.session, "first_name", "Augusta")
    house.now.ms += 5
    second = await corrections.correct(started.session, "last_name", "King")
    assert first is not None
    assert second is not None
    assert (first.before, first.after, first.number) == ("Ada", "Augusta", 1)
    assert (second.before, second.after, second.at_ms) == ("Lovelace", "King", house.now.ms)
    assert await corrections.of(started.session) == [first, second]
    assert await corrections.details(started.session) == Details("Augusta", "King", "")
    view = await house.lifecycle.view(started.session)
    assert view is not None
    assert await house.lifecycle.name_of(view.roster[0]) == "Augusta King"
    names = [(one.first_name, one.last_name) for one in await house.lifecycle.waiting()]
    assert sorted(names) == [("Ada", "Lovelace"), ("Augusta", "King")]
    assert await corrections.of(other.session) == []


async def test_who_is_in_the_session_hears_of_it_by_the_log(house: House) -> None:
    """OB-38: the new name is an event of the server like the first, sealed; once a session is over,
    or its person has left for good, the log stays as it is."""
    corrections, started = corrections_of(house), await house.session()
    told: list[Envelope] = []
    corrections.announce = told.append
    await corrections.correct(started.session, "first_name", "Augusta")
    await corrections.correct(started.session, "first_name", "Augusta")  # once more: nothing new
    await corrections.correct(started.session, "addition", "It was May.")
    [event] = told
    assert (await house.log.after(started.session, Seq(0)))[-1] == event
    assert b"Augusta" not in event.sealed
    opened = open_sealed(event, await house.keys.content_key(started.session, event.epoch))
    assert (event.kind, participant_of(event.sender)) == ("participant.joined", SERVER)
    assert opened.body == {
        "participant": started.participant, "role": "prospect", "name": "Augusta Lovelace",
        "stage": "seated",
    }  # fmt: skip
    ended = await house.lifecycle.end(started.session, "expired")
    await corrections.correct(started.session, "last_name", "King")
    assert len(told) == 1
    assert (await house.log.after(started.session, Seq(0)))[-1] == ended
    assert (await corrections.details(started.session)).name.full == "Augusta King"


async def test_what_is_so_already_is_no_correction(house: House) -> None:
    """OB-38: the same form sent twice is one correction; so is the same addition."""
    corrections, session = corrections_of(house), (await house.session()).session
    assert await corrections.correct(session, "first_name", "Ada") is None
    for field, text in (("last_name", "King"), ("topic", "claim"), ("addition", "It was May.")):
        assert await corrections.correct(session, field, text) is not None  # type: ignore[arg-type]
        assert await corrections.correct(session, field, text) is None  # type: ignore[arg-type]
    assert await corrections.correct(session, "addition", "It was June.") is not None
    made = await corrections.of(session)
    assert [(one.field, one.before) for one in made] == [
        ("last_name", "Lovelace"), ("topic", ""), ("addition", ""), ("addition", ""),
    ]  # fmt: skip
    view = await house.lifecycle.view(session)
    assert view is not None
    assert view.topic == "claim"


async def test_corrections_at_the_same_moment_are_all_kept(house: House) -> None:
    """OB-38: each with its own place; no name is lost between reading and writing."""
    corrections, session = corrections_of(house), (await house.session()).session
    await asyncio.gather(
        corrections.correct(session, "first_name", "Augusta"),
        corrections.correct(session, "last_name", "King"),
        corrections.correct(session, "addition", "Both at once."),
    )
    made = await corrections.of(session)
    assert [one.number for one in made] == [1, 2, 3]
    assert {one.after for one in made} == {"Augusta", "King", "Both at once."}
    assert (await corrections.details(session)).name.full == "Augusta King"


async def test_a_talk_that_is_over_is_corrected_too(house: House) -> None:
    """OB-38: and nothing of its log is written anew."""
    corrections, session = corrections_of(house), (await house.session()).session
    await house.lifecycle.end(session, "abandoned")
    before = await table(house, "events")
    await corrections.correct(session, "last_name", "King")
    assert (await corrections.details(session)).last_name == "King"
    assert await table(house, "events") == before
    view = await house.lifecycle.view(session)
    assert view is not None
    assert view.state is State.ENDED


async def test_the_database_holds_neither_what_was_nor_what_is(house: House) -> None:
    """OB-09: sealed like what it corrects, and unreadable with it."""
    corrections, session = corrections_of(house), (await house.session()).session
    await corrections.correct(session, "last_name", "Kingsley-Canary")
    await corrections.correct(session, "addition", "a word that nobody shall read")
    everything = "".join(
        [await table(house, name) for name in ("corrections", "seats", "sessions")]
    )
    for word in ("Lovelace", "Kingsley", "last_name", "nobody shall read"):
        assert word not in everything
        assert word.encode().hex() not in everything
    await house.erasure.erase(session, cause="person")
    await nothing_is_left(house, session)
    with pytest.raises(LookupError):
        await corrections.correct(session, "last_name", "Lovelace")
    with pytest.raises(Shredded):
        await house.keys.open_note(session, "correction 1", bytes(40))


async def test_there_is_an_end_to_it(house: House) -> None:
    corrections, session = corrections_of(house), (await house.session()).session
    for count in range(MAX_OF_SESSION):
        assert await corrections.correct(session, "addition", f"{count}")
    with pytest.raises(Refused, match=r"correction\.too_many"):
        await corrections.correct(session, "addition", "one more")


def test_an_addition_is_plain_text() -> None:
    assert clean_addition("  one\r\ntwo\x00\x1b[31m\tthree ") == "one\ntwo[31m\tthree"
    for given, code in (
        (" \r\n\x00", "correction.empty"),
        ("x" * (MAX_ADDITION + 1), "correction.too_long"),
        ("\ud800", "text.encoding"),
    ):
        with pytest.raises(Refused, match=code):
            clean_addition(given)
