"""Invitations: used once, for a while, by whoever has the secret; and what a guest's seat is."""

import asyncio
import hashlib
from collections.abc import Awaitable

import pytest
from sqlalchemy import select, update

from sessions.database import Database
from sessions.envelope import Unreadable, open_sealed
from sessions.events import (
    Epoch,
    ParticipantId,
    Refused,
    Role,
    Seq,
    SessionId,
    State,
    new_session_id,
)
from sessions.invitation_rows import InvitationRow
from sessions.invitation_views import Knocked, Standing
from sessions.invitations import (
    KEPT_MS,
    MAX_GUESTS,
    MAX_MADE,
    MAX_OPEN,
    VALID_MS,
    Answer,
    Invitations,
)
from sessions.keys import Keys, MasterKeys
from sessions.lifecycle import Lapse, Lifecycle, Name, Started
from sessions.log import Log
from sessions.models import SeatRow, SessionRow
from sessions.views import DESERTED_MS, GUEST_GONE_MS
from tests.unit.sessions.conftest import Now

NAME = Name("Zoë", "d’Arc-Kanarienvogel")


@pytest.fixture
def invitations(database: Database, log: Log, keys: Keys, now: Now) -> Invitations:
    return Invitations(database, log, keys, now_ms=now)


@pytest.fixture
async def talk(database: Database, lifecycle: Lifecycle) -> Started:
    """A talk whose prospect is there."""
    started = await lifecycle.start(name=Name("Ada", "L"), topic=None, language="de", request=b"1")
    active = update(SessionRow).values(state=State.ACTIVE, accepted_ms=1, advisor_account="a")
    await database.write(lambda db: db.execute(active).close())
    return started


async def code_of(attempt: Awaitable[object]) -> str:
    with pytest.raises(Refused) as refusal:
        await attempt
    return refusal.value.code


async def asked(
    invitations: Invitations, session: SessionId, name: Name = NAME
) -> tuple[str, Knocked]:
    """Somebody has used a new link."""
    made, secret = await invitations.make(session, "guest")
    return made.id, await invitations.knock(made.id, secret, name, "first")


async def seated(invitations: Invitations, session: SessionId) -> Knocked:
    id, knocked = await asked(invitations, session)
    decided = await invitations.decide(session, id, "admit")
    assert decided.joined is not None
    return knocked


async def test_from_a_link_to_a_seat(
    invitations: Invitations, lifecycle: Lifecycle, log: Log, keys: Keys, talk: Started
) -> None:
    """OB-01: nobody has a seat before the advisor says so; the seat hears from then on."""
    made, secret = await invitations.make(talk.session, "interpreter")
    assert [one.standing for one in await invitations.of(talk.session)] == ["open"]
    knocked = await invitations.knock(made.id, secret, NAME, "first")
    assert (knocked.session, knocked.seat, knocked.fresh) == (talk.session, "interpreter", True)
    assert await lifecycle.seat_of(talk.session, knocked.token) is None
    assert await invitations.standing(made.id, knocked.token) == ("asked", None)
    [shown] = await invitations.of(talk.session)
    assert (shown.standing, shown.name) == ("asked", NAME.full)

    decided = await invitations.decide(talk.session, made.id, "admit")
    joined = decided.joined
    assert joined is not None
    assert joined.seq is not None
    assert await log.after(talk.session, Seq(joined.seq - 1)) == [joined]
    body = open_sealed(joined, await keys.content_key(talk.session, Epoch(1))).body
    assert (body["role"], body["name"], body["seat"]) == ("guest", NAME.full, "interpreter")
    seat = await lifecycle.seat_of(talk.session, knocked.token)
    assert seat is not None
    assert (seat.role, seat.guest, seat.since) == (Role.GUEST, "interpreter", joined.seq - 1)
    assert seat.participant == body["participant"]
    assert await lifecycle.name_of(seat) == NAME.full
    assert await invitations.standing(made.id, knocked.token) == ("admitted", talk.session)
    again = await invitations.decide(talk.session, made.id, "admit")
    assert (again.standing, again.joined) == ("admitted", None)


async def test_only_the_secret_opens_and_only_once(invitations: Invitations, talk: Started) -> None:
    """AT-13: what is wrong, unknown, late or taken back is one and the same."""
    made, secret = await invitations.make(talk.session, "guest")
    other, other_secret = await invitations.make(talk.session, "guest")
    for id, tried in (
        (made.id, other_secret), (made.id, ""), (made.id, secret[:-1]), (made.id, "\ud800"),
        (other.id, secret), ("0" * 32, secret),
    ):  # fmt: skip
        assert await code_of(invitations.knock(id, tried, NAME, "x")) == "invitation.unknown"
    first = await invitations.knock(made.id, secret, NAME, "key")
    assert await code_of(invitations.knock(made.id, secret, NAME, "else")) == "invitation.spent"
    again = await invitations.knock(made.id, secret, NAME, "key")
    assert (again.token, again.fresh) == (first.token, False), "its answer may have been lost"
    for id, token in ((made.id, "x"), (other.id, first.token), ("0" * 32, first.token)):
        assert await code_of(invitations.standing(id, token)) == "invitation.unknown"


async def test_of_ten_at_once_one_has_it(invitations: Invitations, talk: Started) -> None:
    made, secret = await invitations.make(talk.session, "guest")
    tries = [invitations.knock(made.id, secret, NAME, f"browser {at}") for at in range(10)]
    answers = await asyncio.gather(*tries, return_exceptions=True)
    codes = [one.code for one in answers if isinstance(one, Refused)]
    assert codes == ["invitation.spent"] * 9
    [knocked] = [one for one in answers if isinstance(one, Knocked)]
    assert await invitations.standing(made.id, knocked.token) == ("asked", None)


@pytest.mark.parametrize("why", ["late", "withdrawn", "over", "shredded"])
async def test_what_holds_no_more_was_never_there(
    invitations: Invitations, lifecycle: Lifecycle, keys: Keys, talk: Started, now: Now, why: str
) -> None:
    made, secret = await invitations.make(talk.session, "guest")
    now.ms += VALID_MS - 1
    match why:
        case "late":
            now.ms += 1
            assert [one.standing for one in await invitations.of(talk.session)] == ["lapsed"]
        case "withdrawn":
            await invitations.decide(talk.session, made.id, "withdraw")
        case "over":
            await lifecycle.end(talk.session, "hung_up")
        case _:
            await keys.shred(talk.session)
    assert await code_of(invitations.knock(made.id, secret, NAME, "x")) == "invitation.unknown"


async def test_a_link_holds_to_its_last_moment(
    invitations: Invitations, talk: Started, now: Now
) -> None:
    made, secret = await invitations.make(talk.session, "guest")
    now.ms += VALID_MS - 1
    knocked = await invitations.knock(made.id, secret, NAME, "x")
    now.ms += VALID_MS  # whoever has knocked may wait longer
    assert await invitations.standing(made.id, knocked.token) == ("asked", None)
    assert (await invitations.decide(talk.session, made.id, "admit")).standing == "admitted"


@pytest.mark.parametrize(
    ("answers", "stands", "told"),
    [
        (("refuse", "admit", "withdraw"), "refused", "refused"),
        (("withdraw", "refuse", "admit"), "withdrawn", "refused"),
        (("admit", "refuse", "withdraw"), "admitted", "admitted"),
    ],
)
async def test_what_was_decided_first_stays(
    invitations: Invitations, database: Database, talk: Started,
    answers: tuple[Answer, ...], stands: Standing, told: str,
) -> None:  # fmt: skip
    id, knocked = await asked(invitations, talk.session)
    decided = [await invitations.decide(talk.session, id, one) for one in answers]
    assert [one.standing for one in decided] == [stands] * 3
    assert [one.fresh for one in decided] == [True, False, False]
    assert (await invitations.standing(id, knocked.token))[0] == told
    kept = await database.read(lambda db: db.scalar(select(InvitationRow.name_sealed)))
    assert (kept is None) == (stands != "admitted"), "who was not let in is not known any more"


async def test_nobody_is_let_in_who_has_not_knocked(
    invitations: Invitations, lifecycle: Lifecycle, talk: Started
) -> None:
    made, _ = await invitations.make(talk.session, "guest")
    decided = await invitations.decide(talk.session, made.id, "admit")
    assert (decided.standing, decided.joined) == ("open", None)
    assert (await invitations.decide(talk.session, made.id, "refuse")).standing == "open"
    for session, id in ((new_session_id(), made.id), (talk.session, "0" * 32)):
        assert await code_of(invitations.decide(session, id, "admit")) == "not.found"
    assert len(await lifecycle.everybody(talk.session)) == 1


async def test_how_many_there_may_be(
    invitations: Invitations, lifecycle: Lifecycle, talk: Started, now: Now
) -> None:
    """Links that could be used, guests at once, and links of one talk."""
    seats = [await seated(invitations, talk.session) for _ in range(MAX_GUESTS)]
    id, _ = await asked(invitations, talk.session)
    assert await code_of(invitations.decide(talk.session, id, "admit")) == "guests.full"
    for _ in range(MAX_OPEN - 1):
        await invitations.make(talk.session, "guest")
    assert await code_of(invitations.make(talk.session, "guest")) == "invitation.too_many"
    seat = await lifecycle.seat_of(talk.session, seats[0].token)
    assert seat is not None
    await lifecycle.release(talk.session, seat.participant, "removed")
    assert (await invitations.decide(talk.session, id, "admit")).standing == "admitted"
    count = MAX_GUESTS + MAX_OPEN
    while count < MAX_MADE:
        now.ms += VALID_MS
        for _ in range(min(MAX_OPEN, MAX_MADE - count)):
            await invitations.make(talk.session, "guest")
            count += 1
    now.ms += VALID_MS
    assert await code_of(invitations.make(talk.session, "guest")) == "invitation.too_many"


async def test_two_are_let_in_at_once_where_one_has_room(
    invitations: Invitations, lifecycle: Lifecycle, talk: Started
) -> None:
    await seated(invitations, talk.session)
    ids = [(await asked(invitations, talk.session))[0] for _ in range(2)]
    answers = await asyncio.gather(
        *(invitations.decide(talk.session, id, "admit") for id in ids), return_exceptions=True
    )
    assert [one.code for one in answers if isinstance(one, Refused)] == ["guests.full"]
    roster = [one.role for one in await lifecycle.everybody(talk.session)]
    assert roster.count(Role.GUEST) == MAX_GUESTS


async def test_only_into_a_talk_that_goes_on(
    invitations: Invitations, lifecycle: Lifecycle, talk: Started
) -> None:
    waiting = await lifecycle.start(name=NAME, topic=None, language="de", request=b"2")
    assert await code_of(invitations.make(waiting.session, "guest")) == "kind.state"
    id, knocked = await asked(invitations, talk.session)
    await lifecycle.end(talk.session, "hung_up")
    assert await code_of(invitations.make(talk.session, "guest")) == "session.ended"
    assert await code_of(invitations.decide(talk.session, id, "admit")) == "session.ended"
    assert await code_of(invitations.make(new_session_id(), "guest")) == "session.ended"
    assert await invitations.standing(id, knocked.token) == ("over", None)


async def test_who_was_seen_out_does_not_come_back(
    invitations: Invitations, lifecycle: Lifecycle, talk: Started
) -> None:
    made, secret = await invitations.make(talk.session, "guest")
    knocked = await invitations.knock(made.id, secret, NAME, "key")
    await invitations.decide(talk.session, made.id, "admit")
    seat = await lifecycle.seat_of(talk.session, knocked.token)
    assert seat is not None
    assert await lifecycle.release(talk.session, seat.participant, "removed") is not None
    assert await lifecycle.seat_of(talk.session, knocked.token) is None
    assert await invitations.standing(made.id, knocked.token) == ("over", None)
    assert (await invitations.decide(talk.session, made.id, "admit")).joined is None
    assert (await invitations.knock(made.id, secret, NAME, "key")).fresh is False
    assert await code_of(invitations.knock(made.id, secret, NAME, "other")) == "invitation.spent"
    assert await lifecycle.seat_of(talk.session, knocked.token) is None


async def test_a_node_of_the_release_before_finds_no_guest(
    invitations: Invitations, database: Database, talk: Started
) -> None:
    """It would replay the whole log. What it looks for is the SHA-256 of a token alone."""
    knocked = await seated(invitations, talk.session)
    hashes = await database.read(lambda db: set(db.scalars(select(SeatRow.token_hash))))
    for token, found in ((talk.token, True), (knocked.token, False)):
        assert (hashlib.sha256(token.encode()).digest() in hashes) is found


async def test_a_guest_who_is_away_keeps_the_seat_for_two_minutes(
    invitations: Invitations, lifecycle: Lifecycle, talk: Started, now: Now
) -> None:
    knocked = await seated(invitations, talk.session)
    seat = await lifecycle.seat_of(talk.session, knocked.token)
    assert seat is not None
    now.ms += GUEST_GONE_MS
    assert await lifecycle.lapsed() == []
    now.ms += 1
    [lapse] = await lifecycle.lapsed()
    assert lapse == Lapse(talk.session, "lost", seat.participant)
    await lifecycle.hold([(talk.session, seat.participant)], now.ms + 1, "one")
    assert await lifecycle.settle(lapse) is None, "came back meanwhile"
    now.ms += GUEST_GONE_MS + 2
    [lapse] = await lifecycle.lapsed()
    assert await lifecycle.settle(lapse) is not None
    assert await lifecycle.seat_of(talk.session, knocked.token) is None


async def test_guests_alone_do_not_keep_a_talk_up(
    invitations: Invitations, lifecycle: Lifecycle, talk: Started, now: Now
) -> None:
    knocked = await seated(invitations, talk.session)
    seat = await lifecycle.seat_of(talk.session, knocked.token)
    assert seat is not None
    await lifecycle.hold([(talk.session, talk.participant)], now.ms, "one")
    now.ms += DESERTED_MS + 1
    await lifecycle.hold([(talk.session, seat.participant)], now.ms + 1, "one")
    assert await lifecycle.lapsed() == [Lapse(talk.session, "expired")]


async def test_nothing_of_it_is_kept_in_clear_or_for_long(
    invitations: Invitations, lifecycle: Lifecycle, database: Database, keys: Keys, talk: Started,
    now: Now,
) -> None:  # fmt: skip
    """OB-09: no secret, no token, no name; and an hour after the end, no invitation."""
    made, secret = await invitations.make(talk.session, "guest")
    knocked = await invitations.knock(made.id, secret, NAME, "x")
    table = select(InvitationRow.__table__)
    row = await database.read(lambda db: db.execute(table).one())
    for text in (secret, knocked.token, NAME.first, NAME.last):
        assert text.encode() not in repr(tuple(row)).encode()
        assert text.encode() not in row.name_sealed
    with pytest.raises(Unreadable):
        await keys.open_name(talk.session, ParticipantId(talk.participant), row.name_sealed)
    await lifecycle.end(talk.session, "hung_up")
    now.ms += KEPT_MS
    assert await invitations.sweep() == 0
    now.ms += 1
    assert await invitations.sweep() == 1
    assert await database.read(lambda db: db.execute(table).all()) == []


async def test_another_master_key_knows_whoever_knocks_again(
    invitations: Invitations, database: Database, key_database: Database, log: Log, now: Now,
    talk: Started,
) -> None:  # fmt: skip
    made, secret = await invitations.make(talk.session, "guest")
    first = await invitations.knock(made.id, secret, NAME, "key")
    rotated = Keys(key_database, MasterKeys({1: bytes(32), 2: b"2" * 32}))
    later = Invitations(database, log, rotated, now_ms=now)
    assert (await later.knock(made.id, secret, NAME, "key")).token == first.token
