"""Lifecycle and log against a plain model of them in memory, step by step, by hypothesis.

Forward only; the log without gaps and each id once; seats as the model says; across restarts too.
"""

import asyncio
import itertools
import shutil
import tempfile
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

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

from sessions.accounts import Accounts
from sessions.database import Database
from sessions.events import (
    Envelope,
    Epoch,
    EventId,
    ParticipantId,
    Refused,
    Role,
    Seq,
    SessionId,
    State,
    new_event_id,
    sender_of,
)
from sessions.keys import Keys, MasterKeys
from sessions.lifecycle import Lifecycle, Name
from sessions.log import Log
from sessions.migrations import Tree
from sessions.models import KeyRow, Row
from sessions.seats import MAX_PREPARING
from sessions.views import DESERTED_MS, GONE_MS, MAX_WAIT_MS
from tests.unit.sessions.conftest import Now

REQUESTS = [b"one", b"two", b"three"]
TEAM = 5
NAME = Name("Zoë", "d’Arc")


@dataclass
class Chair:
    """A seat in the model."""

    role: Role
    account: str | None
    lease_ms: int
    held: bool = True
    left: bool = False  # participant.left is logged


@dataclass
class Talk:
    """A session in the model."""

    created_ms: int
    accepted_ms: int = 0
    state: State = State.WAITING
    owner: str | None = None
    kinds: list[str] = field(default_factory=lambda: ["participant.joined"])
    said: dict[EventId, tuple[Envelope, int]] = field(default_factory=dict)  # and its seq
    chairs: dict[ParticipantId, Chair] = field(default_factory=dict)

    def log(self, kind: str) -> int:
        self.kinds.append(kind)
        return len(self.kinds)

    def held(self, role: Role | None = None) -> dict[ParticipantId, Chair]:
        return {
            who: chair
            for who, chair in self.chairs.items()
            if chair.held and role in (None, chair.role)
        }

    def accept(self, winner: ParticipantId, account: str, now_ms: int) -> None:
        self.state, self.owner, self.accepted_ms = State.ACTIVE, account, now_ms
        for who, chair in self.held(Role.ADVISOR).items():
            chair.held = who == winner


class Sessions(RuleBasedStateMachine):
    """Every rule does one thing to both, and compares what they answer."""

    fresh: Callable[[], AbstractContextManager[dict[Tree, str]]]  # the urls of both databases
    nodes = 1

    @initialize()
    def open(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.stack = ExitStack()
        self.urls = self.stack.enter_context(type(self).fresh())
        self.now = Now()
        self.talks: dict[SessionId, Talk] = {}
        self.requests: dict[bytes, tuple[SessionId, str]] = {}
        self.connect()
        self.team = [self.run(self.hire(number)) for number in range(TEAM)]

    def connect(self) -> None:
        """Whatever is done, is done on the next node in turn."""
        self.databases: list[Database] = []
        everyone = [self.node() for _ in range(self.nodes)]
        self.turns = itertools.cycle(everyone)

    def node(self) -> tuple[Log, Lifecycle]:
        database = Database.open(self.urls["main"], rows=Row)
        key_database = Database.open(self.urls["keys"], rows=KeyRow)
        self.databases += [database, key_database]
        log = Log(database, now_ms=self.now)
        keys = Keys(key_database, MasterKeys({1: bytes(32)}))
        return log, Lifecycle(database, log, keys, now_ms=self.now)

    @property
    def log(self) -> Log:
        return next(self.turns)[0]

    @property
    def lifecycle(self) -> Lifecycle:
        return next(self.turns)[1]

    def disconnect(self) -> None:
        for database in self.databases:
            database.close_now()

    async def hire(self, number: int) -> str:
        accounts = Accounts(self.databases[0], now_ms=self.now)
        account = await accounts.add(
            str(number), display_name="A", role=Role.ADVISOR, password_hash="x"
        )
        return account.id

    def run(self, job: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(job)

    def teardown(self) -> None:
        if hasattr(self, "loop"):
            self.disconnect()
            self.loop.close()
            self.stack.close()

    def some_session(self, data: st.DataObject) -> tuple[SessionId, Talk]:
        session = data.draw(st.sampled_from(list(self.talks)))
        return session, self.talks[session]

    # ---- what may happen

    @rule()
    def restart(self) -> None:
        epoch = self.log.epoch
        self.disconnect()
        self.connect()
        assert self.log.epoch == epoch

    @rule(request=st.sampled_from(REQUESTS), times=st.integers(1, 3))
    def start(self, request: bytes, times: int) -> None:
        async def at_once() -> list[Any]:
            starts = [
                self.lifecycle.start(
                    name=Name("A", "B"), topic=None, language="de", request=request
                )
                for _ in range(times)
            ]
            return await asyncio.gather(*starts)

        started = self.run(at_once())
        [(session, participant, token)] = {(s.session, s.participant, s.token) for s in started}
        if request not in self.requests:
            self.requests[request] = (session, token)
            self.talks[session] = Talk(self.now.ms)
            chair = Chair(Role.PROSPECT, None, self.now.ms)
            self.talks[session].chairs[participant] = chair
            assert sum(one.fresh for one in started) == 1
        assert self.requests[request] == (session, token)

    @precondition(lambda self: self.talks)
    @rule(data=st.data(), number=st.integers(0, TEAM - 1), prepare=st.booleans())
    def sit(self, data: st.DataObject, number: int, prepare: bool) -> None:
        session, talk = self.some_session(data)
        account = self.team[number]
        advisors = talk.held(Role.ADVISOR)
        mine = [who for who, chair in advisors.items() if chair.account == account]
        refusal = None
        if talk.state is State.ENDED:
            refusal = "session.ended"
        elif not mine and talk.state is State.ACTIVE and talk.owner != account:
            refusal = "session.taken"
        elif not mine and prepare and talk.state is State.WAITING:
            refusal = "desk.prepared" if len(advisors) >= MAX_PREPARING else None
        asked = self.lifecycle.advisor_seat(session, account, prepare=prepare)
        if refusal is not None:
            with pytest.raises(Refused, match=refusal.replace(".", "[.]")):
                self.run(asked)
            return
        seat = self.run(asked)
        assert (seat.joined is None) == bool(mine)
        if mine:
            assert seat.participant == mine[0]
        else:
            assert seat.joined.seq == talk.log("participant.joined")
            talk.chairs[seat.participant] = Chair(Role.ADVISOR, account, self.now.ms)

    @precondition(lambda self: self.talks)
    @rule(data=st.data(), times=st.integers(1, 3))
    def say(self, data: st.DataObject, times: int) -> None:
        """The same event, perhaps several times at once, perhaps again long after."""
        session, talk = self.some_session(data)
        who = data.draw(st.sampled_from(list(talk.chairs)))
        event = Envelope(
            session, sender_of(who), new_event_id(), "chat.message", Epoch(1), b"sealed"
        )
        again = data.draw(st.sampled_from([None, *talk.said]))
        if again is not None:
            event, _ = talk.said[again]

        async def at_once() -> list[Any]:
            appends = [self.log.append(event) for _ in range(times)]
            return await asyncio.gather(*appends, return_exceptions=True)

        answers = {
            one.seq if isinstance(one, Envelope) else str(one) for one in self.run(at_once())
        }
        if event.id in talk.said:
            assert answers == {talk.said[event.id][1]}
        elif talk.state is State.ENDED:
            assert answers == {"session.ended"}
        elif not talk.chairs[who].held:
            assert answers == {"kind.state"}
        else:
            seq = talk.log("chat.message")
            talk.said[event.id] = (event, seq)
            assert answers == {seq}

    @precondition(lambda self: any(t.held(Role.ADVISOR) for t in self.talks.values()))
    @rule(data=st.data())
    def race(self, data: st.DataObject) -> None:
        """Everybody who prepared accepts at once."""
        seated = [session for session, t in self.talks.items() if t.held(Role.ADVISOR)]
        session = data.draw(st.sampled_from(seated))
        talk = self.talks[session]
        racers = data.draw(st.permutations(list(talk.held(Role.ADVISOR))))

        async def at_once() -> list[Any]:
            accepts = [
                self.log.append(
                    Envelope(
                        session, sender_of(who), new_event_id(), "session.accepted", Epoch(1), b""
                    ),
                    account=talk.chairs[who].account,
                )
                for who in racers
            ]
            return await asyncio.gather(*accepts, return_exceptions=True)

        answers = self.run(at_once())
        won = [who for who, a in zip(racers, answers, strict=True) if isinstance(a, Envelope)]
        lost = {str(answer) for answer in answers if not isinstance(answer, Envelope)}
        if talk.state is State.WAITING:
            assert len(won) == 1
            assert self.nodes > 1 or won == list(racers[:1])  # several are in no order
            assert lost <= {"session.taken"}
            talk.log("session.accepted")
            talk.accept(won[0], str(talk.chairs[won[0]].account), self.now.ms)
        else:
            assert won == []
            assert lost == {f"session.{'ended' if talk.state is State.ENDED else 'taken'}"}

    @precondition(lambda self: self.talks)
    @rule(data=st.data())
    def dismiss(self, data: st.DataObject) -> None:
        session, talk = self.some_session(data)
        left = self.run(self.lifecycle.dismissed(session))
        gone = [
            chair
            for chair in talk.chairs.values()
            if chair.role is Role.ADVISOR and not chair.held and not chair.left
        ]
        if talk.state is State.ENDED:
            gone = []
        assert [envelope.seq for envelope in left] == [talk.log("participant.left") for _ in gone]
        for chair in gone:
            chair.left = True

    @precondition(lambda self: self.talks)
    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        session, talk = self.some_session(data)
        who = data.draw(st.sampled_from(list(talk.chairs)))
        left = self.run(self.lifecycle.release(session, who, "left"))
        self.left(talk, who, left)

    def left(self, talk: Talk, who: ParticipantId, left: Envelope | None) -> None:
        if talk.state is State.ENDED or talk.chairs[who].left:
            assert left is None
            return
        talk.chairs[who].held, talk.chairs[who].left = False, True
        assert left is not None
        assert left.seq == talk.log("participant.left")

    @precondition(lambda self: self.talks)
    @rule(data=st.data())
    def end(self, data: st.DataObject) -> None:
        session, talk = self.some_session(data)
        self.ended(talk, self.run(self.lifecycle.end(session, "expired")))

    def ended(self, talk: Talk, ended: Envelope | None) -> None:
        if talk.state is State.ENDED:
            assert ended is None
            return
        assert ended is not None
        assert ended.seq == talk.log("session.ended")
        talk.state = State.ENDED

    @precondition(lambda self: self.talks)
    @rule(data=st.data())
    def hold(self, data: st.DataObject) -> None:
        session, talk = self.some_session(data)
        who = data.draw(st.sampled_from(list(talk.chairs)))
        until_ms = self.now.ms + 15_000
        self.run(self.lifecycle.hold([(session, who)], until_ms, "node"))
        if talk.chairs[who].held:
            talk.chairs[who].lease_ms = until_ms

    @rule(later_ms=st.sampled_from([1, 20_000, GONE_MS, DESERTED_MS, MAX_WAIT_MS]))
    def sweep(self, later_ms: int) -> None:
        self.now.ms += later_ms
        lapsed = self.run(self.lifecycle.lapsed())
        found = {(lapse.session, lapse.reason, lapse.participant) for lapse in lapsed}
        assert found == self.lapses()
        for lapse in lapsed:
            settled = self.run(self.lifecycle.settle(lapse))
            if lapse.participant is None:
                self.ended(self.talks[lapse.session], settled)
            else:
                self.left(self.talks[lapse.session], lapse.participant, settled)

    def lapses(self) -> set[tuple[SessionId, str, ParticipantId | None]]:
        found: set[tuple[SessionId, str, ParticipantId | None]] = set()
        for session, talk in self.talks.items():
            since = {who: self.now.ms - chair.lease_ms for who, chair in talk.held().items()}
            if talk.state is State.ACTIVE:
                idle = min(since.values(), default=self.now.ms - talk.accepted_ms)
                found |= {(session, "expired", None)} if idle > DESERTED_MS else set()
            elif talk.state is State.WAITING:
                away = {who for who, ms in since.items() if ms > GONE_MS}
                if self.now.ms - talk.created_ms > MAX_WAIT_MS:
                    found.add((session, "expired", None))
                elif set(talk.held(Role.PROSPECT)) <= away:
                    found.add((session, "abandoned", None))
                else:
                    found |= {(session, "lost", who) for who in away}
        return found

    # ---- what always holds

    @invariant()
    def the_log_is_the_model(self) -> None:
        if not hasattr(self, "talks"):
            return
        for session, talk in self.talks.items():
            logged = self.run(self.log.after(session, Seq(0)))
            assert [one.seq for one in logged] == list(range(1, len(talk.kinds) + 1))
            assert [one.kind for one in logged] == talk.kinds
            assert len({one.id for one in logged}) == len(logged)
        heads = self.run(self.log.heads(list(self.talks)))
        assert heads == {session: len(talk.kinds) for session, talk in self.talks.items()}

    @invariant()
    def the_sessions_are_the_model(self) -> None:
        if not hasattr(self, "talks"):
            return
        for session, talk in self.talks.items():
            view = self.run(self.lifecycle.view(session))
            assert (view.state, view.advisor_account) == (talk.state, talk.owner)
            assert {seat.participant for seat in view.roster} == set(talk.held())
            preparing = {seat.participant for seat in view.roster if seat.stage == "preparing"}
            waiting = talk.state is State.WAITING
            assert preparing == (set(talk.held(Role.ADVISOR)) if waiting else set())
        live = {view.session for view in self.run(self.lifecycle.live())}
        assert live == {s for s, talk in self.talks.items() if talk.state is not State.ENDED}


@contextmanager
def copied(folder: Path) -> Iterator[dict[Tree, str]]:
    """Files of this example alone."""
    with tempfile.TemporaryDirectory() as copy:
        for name in ("main.db", "keys.db"):
            shutil.copy(folder / name, copy)
        yield {"main": f"sqlite:///{copy}/main.db", "keys": f"sqlite:///{copy}/keys.db"}


def run_model(machine: type[Sessions], examples: int = 20) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )


@pytest.mark.long
def test_sessions_do_what_the_model_does(migrated: Path) -> None:
    class OverFiles(Sessions):
        fresh = partial(copied, migrated)

    run_model(OverFiles)
