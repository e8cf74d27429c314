"""The ledger of consents: a fold that no order and no repetition changes, a chain that tells what
is missing."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions.consent import Agreement, Entry, agreements, digest, links, ordered, read, state
from sessions.events import Envelope, Epoch, EventId, ParticipantId, SenderId, Seq, SessionId

ERIKA, ANNA = ParticipantId("e" * 16), ParticipantId("a" * 16)
PURPOSES = ("camera", "microphone", "screen")
WORDS = {purpose: f"{number}" * 64 for number, purpose in enumerate(PURPOSES)}


def chained(said: list[tuple[ParticipantId, str, bool]]) -> list[Entry]:
    """What clients make of it: everybody's entries follow each other."""
    tips: dict[ParticipantId, str] = {}
    entries: list[Entry] = []
    for number, (by, purpose, agreed) in enumerate(said, 1):
        text = WORDS[purpose]
        entry = Entry(
            Seq(3 * number), 1_000 * number, by, purpose, agreed, text[:12], text, tips.get(by, "")
        )
        tips[by] = entry.digest
        entries.append(entry)
    return entries


ledgers = st.lists(
    st.tuples(st.sampled_from((ERIKA, ANNA)), st.sampled_from(PURPOSES), st.booleans()), max_size=12
).map(chained)


@given(ledgers, st.data())
def test_the_state_is_the_fold_however_entries_come(ledger: list[Entry], data: Any) -> None:
    """OB-44, OB-46: shuffled, repeated, told in pieces: what holds is the same, and it is what was
    said last."""
    more = data.draw(st.lists(st.sampled_from(ledger), max_size=9)) if ledger else []
    told = data.draw(st.permutations([*ledger, *more]))
    assert ordered(told) == ledger
    assert state(told) == state(ledger)
    assert links(told) == links(ledger)
    said: dict[tuple[ParticipantId, str], bool] = {}
    for one in ledger:
        said[one.by, one.purpose] = one.given
    assert {key: entry.given for key, entry in state(told).items()} == said
    cut = data.draw(st.integers(0, len(ledger)))
    first = list(state(ledger[:cut]).values())
    assert state([*first, *ledger[cut:]]) == state(ledger)


@given(ledgers)
def test_an_honest_ledger_holds_together(ledger: list[Entry]) -> None:
    seen: set[ParticipantId] = set()
    for entry, link in links(ledger):
        assert link == ("follows" if entry.by in seen else "first")
        seen.add(entry.by)


@given(ledgers.filter(lambda ledger: len(ledger) > 1), st.data())
def test_what_was_left_out_moved_or_changed_shows(ledger: list[Entry], data: Any) -> None:
    """OB-44: every entry but somebody's last is held by the one after it."""
    at = data.draw(st.integers(0, len(ledger) - 1))
    gone = ledger[at]
    after = next((one for one in ledger[at + 1 :] if one.by == gone.by), None)
    if after is None:
        return
    spoilt: dict[str, Callable[[], list[Entry]]] = {
        "left out": lambda: [one for one in ledger if one is not gone],
        "turned round": lambda: [replace(one, given=not one.given) if one is gone else one
                                 for one in ledger],
        "other words": lambda: [replace(one, text="f" * 64) if one is gone else one
                                for one in ledger],
        "moved": lambda: [replace(one, seq=Seq(after.seq + 1)) if one is gone else one
                          for one in ledger],
    }  # fmt: skip
    for what, spoil in spoilt.items():
        assert "broken" in [link for _, link in links(spoil())], what


@given(ledgers)
def test_what_stands_in_the_end_is_what_holds(ledger: list[Entry]) -> None:
    """OB-44."""
    standing = {(one.by, one.purpose) for one in agreements(ledger) if one.until_ms is None}
    assert standing == {key for key, entry in state(ledger).items() if entry.given}


def test_a_consent_has_a_beginning_an_end_and_words() -> None:
    """OB-44: also when it was given twice, withdrawn twice, and given anew."""
    said = [("camera", True), ("camera", True), ("screen", False), ("camera", False),
            ("camera", False), ("camera", True)]  # fmt: skip
    ledger = chained([(ERIKA, purpose, agreed) for purpose, agreed in said])
    first = Agreement(ERIKA, "camera", WORDS["camera"], WORDS["camera"][:12], 1_000, 4_000)
    assert agreements(ledger) == [first, replace(first, since_ms=6_000, until_ms=None)]
    other = replace(ledger[5], seq=Seq(99), at_ms=9_000, text="f" * 64)
    assert [one.until_ms for one in agreements([*ledger, other])] == [4_000, 9_000, None]


def test_pages_of_the_release_before_are_read_as_they_are() -> None:
    old = Entry(Seq(1), 1, ERIKA, "camera", True, "2026-11", "", "")
    later = replace(old, seq=Seq(2), given=False)
    new = Entry(Seq(3), 3, ERIKA, "camera", True, "0" * 12, "0" * 64, later.digest)
    assert [link for _, link in links([old, later, new])] == ["first", "unlinked", "follows"]


def test_the_digest_is_that_of_the_client() -> None:
    """The same two as in ledger.test.ts."""
    assert digest("camera", True, "0f" * 32, "", "0f0f") == (
        "e4ca195aa8e9e54570fd85673c63f3ec6a40a64144d90a6e8db53a9758c41d3b"
    )
    assert digest("microphone", False, "", "", "2026-11") == (
        "18502c230260f716da45f498db830bee41e1d229e9e6fefa001d585e844de0cd"
    )


def event(seq: int | None = 7) -> Envelope:
    sender = SenderId(ERIKA + "0" * 16)
    return Envelope(
        SessionId("5" * 32), sender, EventId("1" * 32), "consent.changed", Epoch(1), b"", 9,
        None if seq is None else Seq(seq),
    )  # fmt: skip


def test_a_body_becomes_an_entry() -> None:
    body = {"purpose": "camera", "given": True, "text_version": "x", "text": "0" * 64}
    assert read(event(), body) == Entry(Seq(7), 9, ERIKA, "camera", True, "x", "0" * 64, "")
    assert read(event(), {"purpose": "screen", "given": False}) is not None


@pytest.mark.parametrize(
    "wrong",
    [
        {"given": "yes"}, {"given": None}, {"purpose": None}, {"purpose": "Camera"},
        {"purpose": "a" * 21}, {"purpose": "a|b"}, {"text": "x"}, {"text": 1}, {"text": "0" * 63},
        {"previous": "A" * 64}, {"previous": ["0" * 64]}, {"text_version": 1},
        {"text_version": "x" * 41},
    ],
)  # fmt: skip
def test_what_has_not_its_shape_is_no_entry(wrong: dict[str, Any]) -> None:
    assert read(event(), {"purpose": "camera", "given": True, "text_version": "1"} | wrong) is None


def test_what_was_not_logged_is_no_entry() -> None:
    assert read(event(None), {"purpose": "camera", "given": True}) is None
