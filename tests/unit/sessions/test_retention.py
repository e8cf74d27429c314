"""Retention over random histories: nothing too long, nothing too early, nothing that is held."""

import asyncio
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from sessions.events import Refused, SessionId, State
from sessions.holds import Holds
from sessions.models import SessionRow
from sessions.names import Name
from sessions.receipts import hash_of
from sessions.retention import DAY_MS, Period, Periods, Retention
from tests.unit.sessions.conftest import Now
from tests.unit.sessions.test_erasure import House, house, house_in, nothing_is_left

__all__ = ["house"]

PERIODS = Periods(Period(1), Period(3), {"claim": Period(5)})
HOUR_MS = DAY_MS // 24


@dataclass
class Known:
    """What a history knows of a session."""

    session: SessionId
    topic: str | None = None
    answered: bool = False
    due_ms: int | None = None
    held: bool = False
    erased: bool = False


async def ended(house: House, topic: str | None = None) -> SessionId:
    started = await house.lifecycle.start(
        name=Name("Ada", "Lovelace"), topic=topic, language="de", request=os.urandom(16)
    )
    await house.lifecycle.end(started.session, "abandoned")
    return started.session


async def answered(house: House, session: SessionId) -> None:
    """As the log leaves it when an advisor has accepted."""
    accepted = update(SessionRow).where(SessionRow.id == session)
    accepted = accepted.values(state=State.ACTIVE, accepted_ms=house.now())
    await house.database.write(lambda db: db.execute(accepted).close())


# In each history two sessions are over from the start, so that none is without anything to do.
BEGINNING: list[tuple[str, int | str | None]] = [
    ("start", None), ("end", 0), ("start", "claim"), ("answer", 1), ("end", 1),
]  # fmt: skip
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("start"), st.sampled_from([None, "claim"])),
        st.tuples(st.just("answer"), st.integers(0, 5)),
        st.tuples(st.just("end"), st.integers(0, 5)),
        st.tuples(st.just("hold"), st.integers(0, 5)),
        st.tuples(st.just("lift"), st.integers(0, 5)),
        st.tuples(st.just("wait"), st.integers(1, 30)),  # hours; the job runs every day
        st.tuples(st.just("killed"), st.integers(0, 2)),  # the job, after so many sessions
        st.tuples(st.just("twice"), st.just(0)),
    ),
    min_size=5,
    max_size=25,
)


@pytest.mark.long
@given(STEPS)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_is_kept_too_long_and_nothing_erased_too_early(
    migrated: Path, steps: list[tuple[str, int | str | None]]
) -> None:
    """OB-49: due + 24 h at the latest, never before, never under a hold; killed and run twice."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("main.db", "keys.db"):
            shutil.copy(migrated / name, folder)
        asyncio.run(history(Path(folder), steps))


async def history(folder: Path, steps: list[tuple[str, int | str | None]]) -> None:
    now = Now()
    now.ms = 1_800_000_000_000
    async with house_in(folder, now) as house:
        holds = Holds(house.database, now_ms=now)
        retention = Retention(house.database, house.erasure, PERIODS, now_ms=now)
        known: list[Known] = []
        last_run_ms = now.ms

        async def look(*, ran: bool) -> None:
            for one in known:
                gone = await house.lifecycle.view(one.session) is None
                over = one.due_ms is not None and one.due_ms <= now.ms
                if gone and not one.erased:
                    assert over
                    assert not one.held
                    await nothing_is_left(house, one.session)
                elif not gone and ran:
                    assert one.held or not over
                one.erased = gone

        for step, value in [*BEGINNING, *steps, ("wait", 24), ("twice", 0)]:
            if step == "start":
                topic = str(value) if value else None
                started = await house.lifecycle.start(
                    name=Name("Ada", "Lovelace"), topic=topic,
                    language="de", request=os.urandom(16),
                )  # fmt: skip
                known.append(Known(started.session, topic))
            elif step in ("answer", "end", "hold", "lift") and known:
                one = known[int(value or 0) % len(known)]
                if one.erased:
                    with pytest.raises(LookupError):
                        await holds.set(one.session, "hold", reason="x", by="y")
                elif step == "end" and await house.lifecycle.end(one.session, "abandoned"):
                    days = (5 if one.topic == "claim" else 3) if one.answered else 1
                    one.due_ms = now.ms + days * DAY_MS
                elif step == "answer" and one.due_ms is None:
                    await answered(house, one.session)
                    one.answered = True
                elif step == "hold":
                    await holds.set(one.session, "hold", reason="case 7", by="officer")
                    one.held = True
                elif step == "lift":
                    assert await holds.lift(one.session, "hold") is one.held
                    one.held = False
            elif step == "wait":
                now.ms += int(value or 0) * HOUR_MS
                if now.ms - last_run_ms >= DAY_MS:
                    await retention.run()
                    last_run_ms = now.ms
                    await look(ran=True)
            elif step == "killed":
                await killed_after(house, retention, int(value or 0))
                await look(ran=False)
            elif step == "twice":
                await asyncio.gather(retention.run(), retention.run())
                last_run_ms = now.ms
                await look(ran=True)


async def killed_after(house: House, retention: Retention, count: int) -> None:
    """The job dies in the midst of the session after so many; the next start goes on."""
    shred, left = house.keys.shred, [count]

    async def mortal(*given: object, **more: object) -> None:
        if not left[0]:
            raise OSError("killed")
        left[0] -= 1
        await shred(*given, **more)  # type: ignore[arg-type]

    house.keys.shred = mortal  # type: ignore[method-assign]
    try:
        await retention.run()
    except OSError:
        pass
    finally:
        house.keys.shred = shred  # type: ignore[method-assign]
    await house.erasure.reapply()


async def test_each_kind_of_session_has_its_period(house: House) -> None:
    """OB-49: by topic, and by whether anybody answered; a year's end counts as laws count it."""
    assert PERIODS.of("claim", answered=True).days == 5
    assert PERIODS.of("claim", answered=False).days == 1
    assert PERIODS.of("other", answered=True).days == 3
    in_march_ms, new_year_ms = 1_772_323_200_000, 1_798_761_600_000  # 2026-03-01, 2027-01-01
    assert Period(365, from_year_end=True).over_ms(in_march_ms) == new_year_ms + 365 * DAY_MS
    session = await ended(house)
    retention = Retention(house.database, house.erasure, PERIODS, now_ms=house.now)
    house.now.ms += DAY_MS - 1
    assert (await retention.due(), await retention.run()) == ([], 0)
    house.now.ms += 1
    [due] = await retention.due()  # a dry run changes nothing
    assert (due.session, due.held) == (session, False)
    assert [one.session for one in await retention.due()] == [session]
    assert await retention.run() == 1
    stone = await house.tombstones.find(hash_of(session))
    assert stone is not None
    assert stone.cause == "retention"
    assert await retention.run() == 0


async def test_what_is_held_is_neither_erased_nor_used(house: House) -> None:
    """OB-40: a hold stands against everybody, a restriction against all but the person."""
    holds = Holds(house.database, now_ms=house.now)
    held, restricted = await ended(house), await ended(house)
    await holds.set(held, "hold", reason="case 7", by="officer")
    await holds.set(restricted, "restriction", reason="asked for", by="officer")
    assert {one.session for one in await holds.list()} == {held, restricted}
    house.now.ms += 9 * DAY_MS
    retention = Retention(house.database, house.erasure, PERIODS, now_ms=house.now)
    assert await retention.run() == 0
    assert [one.held for one in await retention.due()] == [True, True]
    for session in (held, restricted):
        with pytest.raises(Refused, match=r"session\.restricted"):
            await holds.expect_usable(session)
        with pytest.raises(Refused, match=r"session\.held"):
            await house.erasure.erase(session, cause="operator")
    with pytest.raises(Refused, match=r"session\.held"):
        await house.erasure.erase(held, cause="person")
    await house.erasure.erase(restricted, cause="person")
    assert await holds.lift(held, "hold")
    assert not await holds.lift(held, "hold")
    assert await retention.run() == 1
    with pytest.raises(LookupError):
        await holds.set(held, "hold", reason="too late", by="officer")
    assert await holds.list() == []
