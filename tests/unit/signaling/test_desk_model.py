"""The desk against a plain model of it, step by step, by hypothesis: the queue is fair, nobody is
lost from it, and free means free. The sessions themselves are compared in `sessions/test_model`.
"""

import asyncio
import shutil
import tempfile
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from sessions.accounts import Accounts, Wish
from sessions.database import Database
from sessions.events import (
    Envelope,
    Epoch,
    ParticipantId,
    Refused,
    Role,
    SessionId,
    new_event_id,
    sender_of,
)
from sessions.keys import Keys, MasterKeys
from sessions.lifecycle import Lifecycle, Name
from sessions.log import Log
from sessions.models import KeyRow, Row
from sessions.views import GONE_MS, MAX_WAIT_MS
from signaling.attendance import Attendance
from signaling.bus import MemoryBus
from signaling.desk import LEASE_MS, Desk
from signaling.relay import Relay
from tests.unit.sessions.conftest import Now

TEAM = 3


@dataclass
class Advisor:
    """An advisor in the model."""

    wish: Wish = "away"
    console_until_ms: int = 0
    talks: set[SessionId] = field(default_factory=set)


@dataclass
class Waiting:
    """A prospect in the queue of the model."""

    prospect: ParticipantId
    since_ms: int
    seen_until_ms: int


class AtTheDesk(RuleBasedStateMachine):
    """Every rule does one thing to both; afterwards both say the same of the desk."""

    template: Path

    @initialize()
    def open(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.folder = tempfile.TemporaryDirectory()
        for name in ("main.db", "keys.db"):
            shutil.copy(type(self).template / name, self.folder.name)
        self.now = Now()
        self.database = Database.open(f"sqlite:///{self.folder.name}/main.db", rows=Row)
        self.key_database = Database.open(f"sqlite:///{self.folder.name}/keys.db", rows=KeyRow)
        keys = Keys(self.key_database, MasterKeys({1: bytes(32)}))
        self.log = Log(self.database, now_ms=self.now)
        self.lifecycle = Lifecycle(self.database, self.log, keys, now_ms=self.now)
        self.accounts = Accounts(self.database, now_ms=self.now)
        relay = Relay(self.log, MemoryBus())
        self.desk = Desk(
            relay, self.lifecycle, self.accounts, Attendance(relay), node="one", now_ms=self.now
        )
        self.queue: dict[SessionId, Waiting] = {}  # in the order they came
        self.talking: dict[SessionId, ParticipantId] = {}  # and the prospect in it
        self.team = {self.run(self.hire(number)): Advisor() for number in range(TEAM)}

    async def hire(self, number: int) -> str:
        account = await self.accounts.add(
            str(number), display_name="A", role=Role.ADVISOR, password_hash="x"
        )
        return account.id

    def run(self, job: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(job)

    def teardown(self) -> None:
        if hasattr(self, "loop"):
            self.database.close_now()
            self.key_database.close_now()
            self.loop.close()
            self.folder.cleanup()

    # ---- what may happen

    @rule()
    def come(self) -> None:
        self.now.ms += 1  # two of the same millisecond have no order
        started = self.run(
            self.lifecycle.start(
                name=Name("A", "B"), topic=None, language="de", request=new_event_id().encode()
            )
        )
        self.queue[started.session] = Waiting(started.participant, self.now.ms, self.now.ms)

    @precondition(lambda self: self.queue)
    @rule(data=st.data())
    def be_seen(self, data: st.DataObject) -> None:
        session = data.draw(st.sampled_from(list(self.queue)))
        until_ms = self.now.ms + LEASE_MS
        who = self.queue[session].prospect
        self.run(self.lifecycle.hold([(session, who)], until_ms, "one"))
        self.queue[session].seen_until_ms = until_ms

    @precondition(lambda self: self.queue)
    @rule(data=st.data())
    def give_up(self, data: st.DataObject) -> None:
        session = data.draw(st.sampled_from(list(self.queue)))
        self.run(self.lifecycle.release(session, self.queue.pop(session).prospect, "left"))

    @rule(data=st.data(), wish=st.sampled_from(get_args(Wish)))
    def wish(self, data: st.DataObject, wish: Wish) -> None:
        account = data.draw(st.sampled_from(list(self.team)))
        self.run(self.accounts.wish(account, wish))
        self.team[account].wish = wish

    @rule(data=st.data())
    def open_console(self, data: st.DataObject) -> None:
        account = data.draw(st.sampled_from(list(self.team)))
        until_ms = self.now.ms + LEASE_MS
        self.run(self.accounts.lease([account], until_ms))
        self.team[account].console_until_ms = until_ms

    @precondition(lambda self: self.queue)
    @rule(data=st.data())
    def accept(self, data: st.DataObject) -> None:
        """The head of the queue, by one advisor or several at once: one gets it."""
        session = next(iter(self.queue))
        racers = data.draw(st.lists(st.sampled_from(list(self.team)), min_size=1, unique=True))
        won = self.run(self.race(session, racers))
        assert len(won) == 1
        self.talking[session] = self.queue.pop(session).prospect
        self.team[won[0]].talks.add(session)

    async def race(self, session: SessionId, racers: list[str]) -> list[str]:
        seats = {
            account: await self.lifecycle.advisor_seat(session, account, prepare=True)
            for account in racers
        }

        async def try_to(account: str) -> str | None:
            event = Envelope(
                session, sender_of(seats[account].participant), new_event_id(),
                "session.accepted", Epoch(1), b"sealed",
            )  # fmt: skip
            try:
                await self.log.append(event, account=account)
            except Refused as refused:
                if refused.code != "session.taken":
                    raise
                return None
            return account

        tried = await asyncio.gather(*(try_to(account) for account in racers))
        await self.lifecycle.dismissed(session)
        return [account for account in tried if account is not None]

    @precondition(lambda self: self.talking)
    @rule(data=st.data())
    def hang_up(self, data: st.DataObject) -> None:
        session = data.draw(st.sampled_from(list(self.talking)))
        self.run(self.lifecycle.end(session, "hung_up"))
        self.talking.pop(session)
        for advisor in self.team.values():
            advisor.talks.discard(session)

    @rule(later_ms=st.sampled_from([1, LEASE_MS, GONE_MS + LEASE_MS + 1, MAX_WAIT_MS]))
    def time_passes(self, later_ms: int) -> None:
        """And the sweep settles what has run out; talks are held by their connections."""
        self.now.ms += later_ms
        for session, prospect in self.talking.items():
            self.run(self.lifecycle.hold([(session, prospect)], self.now.ms + LEASE_MS, "one"))
        for lapse in self.run(self.lifecycle.lapsed()):
            self.run(self.lifecycle.settle(lapse))
        self.queue = {
            session: one
            for session, one in self.queue.items()
            if self.now.ms - one.since_ms <= MAX_WAIT_MS
            and self.now.ms - one.seen_until_ms <= GONE_MS
        }

    # ---- what always holds

    @invariant()
    def the_queue_is_fair(self) -> None:
        if not hasattr(self, "queue"):
            return
        for place, session in enumerate(self.queue, 1):
            assert self.run(self.desk.position(session)) == place
        for session in self.talking:
            assert self.run(self.desk.position(session)) is None

    @invariant()
    def the_desk_says_what_is_so(self) -> None:
        if not hasattr(self, "queue"):
            return
        said = self.run(self.desk.state())
        there = [a for a in self.team.values() if a.console_until_ms > self.now.ms]
        free = [a for a in there if a.wish == "free" and not a.talks]
        assert said.waiting == len(self.queue)
        assert said.free == len(free)
        assert said.open == any(a.wish != "away" for a in there)
        if len(free) > len(self.queue):
            assert said.expected_s == 0


def test_the_desk_does_what_the_model_does(template: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """OB-43, F-23, F-33: whatever people do, in whatever order."""
    monkeypatch.setattr(AtTheDesk, "template", template, raising=False)
    run_state_machine_as_test(
        AtTheDesk,
        settings=settings(
            max_examples=8,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
