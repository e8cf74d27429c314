"""Letters: due to the day, extended once, sealed, and gone when nobody can ask any more."""

from datetime import UTC, date, datetime
from typing import get_args

import pytest

from sessions.database import Database
from sessions.envelope import Unreadable
from sessions.events import Refused
from sessions.keys import Keys
from sessions.letters import (
    FOR_THEM_ALONE,
    Checked,
    LetterKind,
    Letters,
    months_after,
    oldest_kept_ms,
)
from sessions.words import Words
from tests.unit.sessions.conftest import Now


@pytest.fixture
def letters(database: Database, keys: Keys, now: Now) -> Letters:
    return Letters(database, Words(keys), now_ms=now)


def at(year: int, month: int, day: int) -> int:
    return round(datetime(year, month, day, tzinfo=UTC).timestamp() * 1_000)


@pytest.mark.parametrize(
    ("day", "months", "due"),
    [
        (date(2026, 11, 29), 1, date(2026, 12, 29)),
        (date(2026, 12, 1), 1, date(2027, 1, 1)),
        (date(2027, 1, 31), 1, date(2027, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2026, 12, 31), 12, date(2027, 12, 31)),
    ],
)
def test_a_month_ends_on_the_same_day_or_the_last(day: date, months: int, due: date) -> None:
    """OB-04: Art. 12(3), § 188 BGB."""
    assert months_after(day, months) == due


@pytest.mark.parametrize("kind", get_args(LetterKind))
async def test_nothing_is_given_or_erased_before_it_is_known_who_asks(
    letters: Letters, now: Now, kind: LetterKind
) -> None:
    """OB-36: a method from a list, when and by whom; what cannot harm is answered without."""
    letter = await letters.enter(
        "letter", kind, received_on=date(2026, 3, 2), number=None, by="officer a"
    )
    assert (letter.checked, letter.needs_check) == (None, kind in FOR_THEM_ALONE)
    if letter.needs_check:
        with pytest.raises(Refused, match=r"identity\.unchecked"):
            await letters.decide(letter.id, "done", answer="", by="officer a")
        assert [one.id for one in await letters.open_letters()] == [letter.id]
    checked = await letters.check(letter.id, "document", by="officer a")
    assert checked.checked == Checked("document", now(), "officer a")
    again = await letters.check(letter.id, "callback", by="officer b")
    assert again.checked == Checked("callback", now(), "officer b")
    assert await letters.every() == [again]
    done = await letters.decide(letter.id, "done", answer="", by="officer a")
    assert (done.state, done.checked) == ("done", again.checked)
    with pytest.raises(Refused, match=r"request\.decided"):
        await letters.check(letter.id, "post", by="officer a")
    with pytest.raises(LookupError):
        await letters.check("0" * 16, "post", by="officer a")


async def test_the_next_due_comes_first_and_what_is_decided_stays(letters: Letters) -> None:
    """OB-04."""
    late = await letters.enter(
        "phone", "access", received_on=date(2026, 3, 2), number=None, by="officer a"
    )
    soon = await letters.enter(
        "letter", "erasure", received_on=date(2026, 1, 31), number="123456789012", by="officer a"
    )
    assert [one.id for one in await letters.open_letters()] == [soon.id, late.id]
    extended = await letters.extend(soon.id, reason="Many folders")
    assert (extended.due_on, extended.extension) == (date(2026, 4, 30), "Many folders")
    with pytest.raises(Refused, match=r"request\.extended"):
        await letters.extend(soon.id, reason="More")
    decided = await letters.decide(soon.id, "refused", answer="A law keeps it.", by="officer b")
    assert (decided.state, decided.answer) == ("refused", "A law keeps it.")
    with pytest.raises(Refused, match=r"request\.decided"):
        await letters.decide(soon.id, "done", answer="", by="officer b")
    assert [one.id for one in await letters.open_letters()] == [late.id]
    assert await letters.decided(0) == [decided]
    with pytest.raises(LookupError):
        await letters.decide("0" * 16, "done", answer="", by="officer b")


async def test_words_open_only_in_their_place(keys: Keys) -> None:
    """OB-09: and short ones are as long as others."""
    words = Words(keys)
    sealed = words.seal("answer a", "Erika Mustermann")
    assert words.open("answer a", sealed) == "Erika Mustermann"
    assert b"Erika" not in sealed
    assert len(sealed) == len(words.seal("answer a", "x"))
    assert words.open("answer a", None) == ""
    for place, altered in (("answer b", sealed), ("answer a", sealed[:-1] + b"x"), ("x", b"")):
        with pytest.raises(Unreadable):
            words.open(place, altered)


@pytest.mark.parametrize(
    ("now", "limit"),
    [
        (at(2030, 1, 1), at(2027, 1, 1)),  # of 2026: three years from its end
        (at(2029, 12, 30), at(2026, 1, 1)),
        (at(2030, 12, 31), at(2028, 1, 1)),  # 2028 is a leap year: a day of 365 is over early
    ],
)
def test_three_years_from_the_end_of_a_year(now: int, limit: int) -> None:
    """OB-49."""
    assert oldest_kept_ms(now) == limit


async def test_what_was_answered_is_forgotten_in_time_and_what_waits_is_not(
    letters: Letters, now: Now
) -> None:
    """OB-49: nothing is kept longer than its period."""
    now.ms = at(2026, 5, 1)
    days = {"received_on": date(2026, 4, 1), "number": None, "by": "officer a"}
    old = await letters.enter("letter", "other", **days)  # type: ignore[arg-type]
    waits = await letters.enter("letter", "other", **days)  # type: ignore[arg-type]
    await letters.decide(old.id, "done", answer="", by="officer a")
    now.ms = at(2029, 12, 1)
    assert await letters.forget() == 0
    now.ms = at(2030, 1, 2)
    assert await letters.forget() == 1
    assert await letters.find(old.id) is None
    assert await letters.find(waits.id) is not None
