"""The exit: its table says everything, nothing leaves without a ground, and only it gives leave."""

import ast
import logging
import os
from pathlib import Path

import pytest
from sqlalchemy import update

from sessions.audit import Audit, Written
from sessions.database import Database
from sessions.events import Refused, SessionId
from sessions.exit import REFUSED, Exit
from sessions.lifecycle import Lifecycle, Name, Started
from sessions.models import SeatRow
from sessions.ways import (
    AUTHORITY,
    BOARD,
    CONTACTS,
    COPY,
    OPENINGS,
    RECORD,
    SHOW,
    STANDING,
    SUCCESSOR,
    WAYS,
    Way,
)
from tests.unit.sessions.conftest import Now
from web.processing import ACTIVITIES, SERVICES
from web.texts import load_texts

ROOT = Path(__file__).parents[3]
PACKAGES = ("sessions", "signaling", "media", "whiteboard", "web")
HOUR_MS = 3_600_000


@pytest.fixture
def exit(database: Database, now: Now) -> Exit:
    return Exit(database, Audit(database, now_ms=now), now_ms=now)


async def talk(lifecycle: Lifecycle) -> Started:
    return await lifecycle.start(
        name=Name("Ada", "Lovelace"), topic=None, language="de", request=os.urandom(16)
    )


async def chain(database: Database) -> list[Written]:
    return (await Audit(database).before(None, most=100))[::-1]


# ---- the table


def test_each_way_says_to_whom_what_for_and_on_which_ground() -> None:
    """OB-15: in both languages; by a purpose of the register, and a basis that it rests on."""
    bases = {one.code: one.bases for one in ACTIVITIES}
    for texts in load_texts().values():
        for way in WAYS:
            assert way.basis in bases[way.activity], way.code
            assert way.entered or way.opening, way.code  # the chain says that it was used
            for kind, code in (("way", way.code), ("to", way.to), ("evidence", way.evidence)):
                assert texts.t(f"exit.{kind}.{code}")
            for action in filter(None, (way.entered, way.opening)):
                key = f"protection.audit.action.{action.replace(' ', '_')}"
                assert key in texts.entries, key
        for one in STANDING:
            assert one.activity in bases, one.code
            assert texts.t(f"exit.standing.{one.code}")
            assert texts.t(f"exit.form.{one.form}")
    assert len({way.code for way in WAYS}) == len(WAYS)
    assert len(OPENINGS) == len(set(OPENINGS)) > 5


def test_each_service_that_data_go_to_is_on_the_list() -> None:
    """OB-15, OB-19: what the register calls a service is asked each time, or is declared."""
    named = {one.code for one in STANDING} | {f"{way.to}" for way in WAYS}
    assert {one.code for one in SERVICES} <= named


def makers(source: str) -> list[int]:
    """The lines on which a leave is made, by whatever name."""
    tree = ast.parse(source)
    names = {"Leave"} | {
        name.asname
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for name in node.names
        if name.name == "Leave" and name.asname
    }
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and (getattr(node.func, "id", None) or getattr(node.func, "attr", None)) in names
    ]


def test_nobody_but_the_exit_gives_leave() -> None:
    """OB-15: else a way out could be had without asking."""
    found = {
        str(path.relative_to(ROOT))
        for name in PACKAGES
        for path in (ROOT / name).glob("*.py")
        if makers(path.read_text("utf-8"))
    }
    assert found == {"sessions/exit.py"}
    planted = "from sessions.exit import Leave as Pass\nPass(way, 'x', 'y', None)\nexit.Leave(1)\n"
    assert makers(planted) == [2, 3]


# ---- asking


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.code)
async def test_without_its_ground_nothing_leaves_and_that_is_seen(
    way: Way, exit: Exit, lifecycle: Lifecycle, database: Database, now: Now,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    """OB-15: refused, counted, in the log and the chain; under no session, and not for ever."""
    caplog.set_level(logging.ERROR, "sessions.exit")  # commands that ran before say less
    session = (await talk(lifecycle)).session
    assert not await exit.refused_lately()
    for ground in ("", "no ground\n" * 5):
        with pytest.raises(Refused) as refused:
            await exit.leave(way, actor="x", ground=ground, of=session)
        agreed = way.evidence in ("disclosure", "export")
        assert refused.value.code == ("disclosure.unapproved" if agreed else "exit.refused")
    assert exit.refused == {way.code: 2}
    assert [(one.actor, one.action, one.subject) for one in await chain(database)] == [
        ("x", REFUSED, f"{way.code} {session}")
    ] * 2
    assert await Audit(database).about(session) == []
    said = [one.getMessage() for one in caplog.records if one.name == "sessions.exit"]
    assert said == [f"something was not let out: no ground was shown ({way.code})"] * 2
    assert await exit.refused_lately()
    assert len(await exit.refusals()) == 2
    now.ms += 30 * 24 * HOUR_MS + 1
    assert not await exit.refused_lately()
    assert await exit.refusals() == []


async def test_a_ground_is_good_for_its_session_and_its_way_alone(
    exit: Exit, lifecycle: Lifecycle, database: Database
) -> None:
    """OB-15: a seat of another talk, one that was given up, a role that is not the way's."""
    one, other = await talk(lifecycle), await talk(lifecycle)
    leave = await exit.leave(RECORD, actor="recorder", ground=one.participant, of=one.session)
    with pytest.raises(ValueError, match="leave for record"):
        leave.expect(COPY, SHOW)
    with pytest.raises(Refused):
        await exit.leave(RECORD, actor="recorder", ground=one.participant, of=other.session)
    gone = update(SeatRow).values(released_ms=1)
    await database.write(lambda db: db.execute(gone).close())
    with pytest.raises(Refused):
        await exit.leave(RECORD, actor="recorder", ground=one.participant, of=one.session)
    shell = await exit.leave(CONTACTS, actor="shell:x", ground="shell:x", about="one contact")
    assert (shell.of, shell.ground) == (None, "shell:x")
    for actor, ground in (("officer x", "x"), ("officer x", "y"), ("shell", "shell")):
        with pytest.raises(Refused):
            await exit.leave(CONTACTS, actor=actor, ground=ground)


async def test_what_is_not_there_is_no_alarm(exit: Exit, database: Database) -> None:
    """OB-15: a session that was erased meanwhile is somebody's bad luck, not an attempt."""
    for way in (AUTHORITY, BOARD):
        with pytest.raises(LookupError):
            await exit.leave(way, actor="x", ground="case 7", of=SessionId("0" * 32))
    assert (exit.refused, await chain(database)) == ({}, [])


async def test_it_is_entered_once_here_or_at_the_door(
    exit: Exit, lifecycle: Lifecycle, database: Database
) -> None:
    """OB-15: where nothing is opened the exit itself says so; where something is, the door does."""
    session = (await talk(lifecycle)).session
    await exit.leave(SUCCESSOR, actor="shell:x", ground="0" * 16, of=session)
    await exit.leave(BOARD, actor="shell:x", ground="case 7", of=session)
    [only] = await chain(database)
    assert (only.action, only.subject) == ("transfer out", f"{session} {'0' * 16}")
