"""Tickets: a minute, once, unaltered, by this platform."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode

import pytest

from sessions.events import DESK, Refused, Role, new_participant_id, new_session_id
from signaling.tickets import VALID_MS, Claims, Tickets

NOW_MS = 1_800_000_000_000


@pytest.fixture
def tickets() -> Tickets:
    return Tickets(b"secret" * 6)


def refused(tickets: Tickets, text: str, now_ms: int = NOW_MS) -> bool:
    with pytest.raises(Refused) as refusal:
        tickets.redeem(text, now_ms)
    return refusal.value.code == "ticket.invalid"


@pytest.mark.parametrize(
    "claims",
    [
        Claims(new_session_id(), new_participant_id(), Role.PROSPECT, None, "Ada Łukasz ﷽"),
        Claims(DESK, None, Role.ADVISOR, "a" * 32),
        Claims(new_session_id(), new_participant_id(), Role.GUEST, None, "Ada", since=7),
    ],
)
def test_it_gives_back_what_was_claimed_once(tickets: Tickets, claims: Claims) -> None:
    text = tickets.issue(claims, NOW_MS)
    assert tickets.redeem(text, NOW_MS + VALID_MS - 1) == claims
    assert refused(tickets, text)


def test_it_lasts_a_minute_and_does_not_come_from_the_future(tickets: Tickets) -> None:
    text = tickets.issue(Claims(DESK, None, Role.ADVISOR), NOW_MS)
    assert refused(tickets, text, NOW_MS + VALID_MS)
    assert refused(tickets, text, NOW_MS - 1)
    assert tickets.redeem(text, NOW_MS).channel == DESK


def test_a_node_of_the_release_before_cannot_read_a_guests(tickets: Tickets) -> None:
    """It knows seven fields, and would tell a guest the whole log."""
    for since, fields in ((0, 7), (7, 8)):
        text = tickets.issue(Claims(DESK, None, Role.GUEST, since=since), NOW_MS)
        assert len(json.loads(urlsafe_b64decode(text)[32:])) == fields


def test_another_secret_or_any_altered_byte_is_refused(tickets: Tickets) -> None:
    text = tickets.issue(Claims(DESK, None, Role.ADVISOR), NOW_MS)
    assert refused(Tickets(b"another" * 5), text)
    signed = urlsafe_b64decode(text)
    for at in range(len(signed)):
        altered = bytearray(signed)
        altered[at] ^= 1
        assert refused(tickets, urlsafe_b64encode(altered).decode())
    for text in ("", "x", "ä", "A" * 60, urlsafe_b64encode(signed[:32]).decode()):
        assert refused(tickets, text)


def test_what_was_spent_is_forgotten_when_it_has_expired(tickets: Tickets) -> None:
    for number in range(50):
        now_ms = NOW_MS + number * VALID_MS
        tickets.redeem(tickets.issue(Claims(DESK, None, Role.ADVISOR), now_ms), now_ms)
    assert len(tickets._spent) == 1


def test_the_hint_for_a_load_balancer_is_one_per_channel_and_says_nothing_of_it(
    tickets: Tickets,
) -> None:
    """It stands in URLs, and URLs are logged by others."""
    session, other = new_session_id(), new_session_id()
    hint = tickets.affinity(session)
    assert hint == tickets.affinity(session) == Tickets(b"secret" * 6).affinity(session)
    assert len({hint, tickets.affinity(other), Tickets(b"another").affinity(session)}) == 3
    assert len(bytes.fromhex(hint)) == 4
    assert hint not in session
