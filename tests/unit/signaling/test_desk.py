"""The desk: fair order, honest waits, leases that run out, and who is told."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import pytest

from sessions.clock import wall_clock_ms
from sessions.events import DESK, Envelope, Seq, State
from sessions.lifecycle import Lifecycle
from signaling.attendance import Seated
from signaling.desk import LEASE_MS, MOVING_MS
from signaling.waiting import Advisors, expected_wait_s
from tests.patience import PATIENCE_SECONDS
from tests.world import Browser, Node, World, world_in

TEN_MINUTES = [600] * 5


@pytest.mark.parametrize(
    ("position", "free", "talking", "talks_s", "expected_s"),
    [
        (1, 1, 0, [], 0),  # free: at once, whatever talks were
        (1, 1, 3, TEN_MINUTES, 0),
        (2, 2, 0, TEN_MINUTES, 0),
        (1, 0, 0, TEN_MINUTES, None),  # nobody signed in: unknown, and said so
        (1, 0, 2, [600, 600], None),  # too few talks to know
        (1, 0, 1, TEN_MINUTES, 600),
        (1, 0, 2, TEN_MINUTES, 300),
        (3, 0, 2, TEN_MINUTES, 900),
        (3, 1, 1, TEN_MINUTES, 600),
        (1, 0, 3, [100, 110, 120, 4_000, 130], 60),  # the median, and at least a minute
        (1, 0, 1, [5, 5, 5], 60),
        (2, 0, 1, [601, 601, 601], 1_260),  # up to the full minute
    ],
)
def test_the_expected_wait_is_honest(
    position: int, free: int, talking: int, talks_s: list[int], expected_s: int | None
) -> None:
    """OB-43: a pure function of places and times; no name, no history of a person."""
    advisors = Advisors(open=True, free=free, talking=talking)
    assert expected_wait_s(position, advisors, talks_s) == expected_s


class Clock:
    """Runs as fast as the wall's, and may be set forward."""

    def __init__(self) -> None:
        self.ahead_ms = 0

    def __call__(self) -> int:
        return wall_clock_ms() + self.ahead_ms


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def later(tmp_path: Path, template: Path, clock: Clock) -> AsyncIterator[World]:
    """A world whose clock the test sets."""
    async with world_in(tmp_path, template, nodes=2, now_ms=clock) as world:
        yield world


def come(node: Node, browser: Browser) -> None:
    """What a joined connection does."""
    node.attendance.came(browser.session, browser.participant)


def go(node: Node, browser: Browser) -> None:
    node.attendance.went(browser.session, browser.participant)


async def present(node: Node, browser: Browser, expected: bool) -> None:
    """Wait until the leases say so."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            view = await node.lifecycle.view(browser.session)
            assert view is not None
            here = {seat.participant for seat in view.roster if seat.present}
            if (browser.participant in here) is expected:
                return


async def told(browser: Browser, place: dict[str, int | None], times: int = 1) -> None:
    """Wait until the last that this browser heard of its place is this, so often."""

    def heard(b: Browser) -> bool:
        places = b.said("desk.position")
        return len(places) >= times and places[-1] == place

    await browser.until(heard)


class Consoles:
    """An ear on the desk's channel."""

    def __init__(self, node: Node) -> None:
        self.heard: list[tuple[str, str]] = []
        self._news = asyncio.Event()
        self._watch = node.relay.watch(DESK, Seq(0), self._hear, None)

    def _hear(self, frame: bytes, event: Envelope) -> None:
        self.heard.append((event.session, event.sealed.decode()))
        self._news.set()

    async def until(self, session: str, what: str) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not any(s == session and f'"{what}"' in body for s, body in self.heard):
                self._news.clear()
                await self._news.wait()

    def close(self) -> None:
        self._watch.close()


async def test_first_come_first_served_and_everyone_is_told_their_place(later: World) -> None:
    node = later.nodes[0]
    queue = [await later.prospect(f"Ada {number}") for number in ("One", "Two", "Three")]
    for browser in queue:
        await browser.join(node)
        come(node, browser)
    for position, browser in enumerate(queue, 1):
        await told(browser, {"position": position, "expected_s": None, "free": 0})
        assert await node.desk.position(browser.session) == position
    advisor = await later.advisor(queue[0].session)
    await advisor.join(node)
    await advisor.say("session.accepted", {"name": "A", "title": ""})
    for position, browser in enumerate(queue[1:], 1):
        await told(browser, {"position": position, "expected_s": None, "free": 0})
    assert await node.desk.position(queue[0].session) is None


async def test_who_joins_anew_is_told_again(later: World) -> None:
    node = later.nodes[0]
    browser = await later.prospect()
    for times in (1, 2):
        await browser.join(node)
        come(node, browser)
        await told(browser, {"position": 1, "expected_s": None, "free": 0}, times)
        browser.leave()
        go(node, browser)


async def test_an_open_console_is_free_while_its_lease_lasts(later: World, clock: Clock) -> None:
    node = later.nodes[0]
    account = await later.account()
    await node.accounts.wish(account.id, "free")
    assert not (await node.desk.state()).open
    consoles = Consoles(later.nodes[1])
    node.attendance.console_opened(account.id)
    told = DESK, "availability"
    await consoles.until(*told)
    consoles.heard.clear()
    while not (state := await later.nodes[1].desk.state()).open:  # then it was the wish
        await consoles.until(*told)
        consoles.heard.clear()
    assert (state.open, state.free, state.waiting, state.expected_s) == (True, 1, 0, 0)
    node.attendance.console_closed(account.id)
    clock.ahead_ms += LEASE_MS + 1
    consoles.heard.clear()
    await consoles.until(*told)
    assert not (await node.desk.state()).open
    consoles.close()


async def test_a_lease_holds_while_connected_and_ends_with_the_connection(
    later: World, clock: Clock
) -> None:
    here, there = later.nodes
    browser = await later.prospect()
    come(here, browser)
    await present(there, browser, True)
    clock.ahead_ms += LEASE_MS + 1  # the node lives and renews
    await present(there, browser, True)
    go(here, browser)
    await present(there, browser, False)


async def test_who_was_asked_to_move_is_not_gone_before_a_node_could_have_started(
    later: World, clock: Clock
) -> None:
    here, there = later.nodes
    comes, does_not = await later.prospect("Comes Back"), await later.prospect("Goes Away")
    for browser in (comes, does_not):
        come(here, browser)
        await present(there, browser, True)
        here.attendance.went(browser.session, browser.participant, moved=True)
    await here.desk.close()
    clock.ahead_ms += MOVING_MS - LEASE_MS
    for browser in (comes, does_not):
        await present(there, browser, True)
    come(there, comes)
    clock.ahead_ms += LEASE_MS + 1
    await present(there, does_not, False)
    await present(there, comes, True)
    go(there, comes)  # the lease is that node's now, however long it was
    await present(there, comes, False)


async def test_who_answers_is_not_gone_before_a_node_could_have_started(
    later: World, clock: Clock
) -> None:
    here, there = later.nodes
    asked, closed = await later.account(), await later.account()
    for account in (asked, closed):
        await here.accounts.wish(account.id, "free")
        here.attendance.console_opened(account.id)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (await there.desk.state()).free < 2:
            pass
    here.attendance.console_closed(asked.id, moved=True)
    here.attendance.console_closed(closed.id)
    await here.desk.close()
    clock.ahead_ms += LEASE_MS + 1
    assert (await there.desk.state()).free == 1
    clock.ahead_ms += MOVING_MS
    assert not (await there.desk.state()).open


async def test_whoever_comes_renews_no_lease_but_their_own(
    tmp_path: Path, template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thousand talks cost nothing for each one that begins."""
    held: list[Seated] = []
    hold = Lifecycle.hold

    async def noted(
        lifecycle: Lifecycle, leases: Iterable[Seated], until_ms: int, node: str | None
    ) -> None:
        leases = list(leases)
        held.extend(leases)
        await hold(lifecycle, leases, until_ms, node)

    monkeypatch.setattr(Lifecycle, "hold", noted)
    async with world_in(tmp_path, template, sweep_seconds=3_600) as world:
        node, came = world.nodes[0], []
        for _ in range(5):
            browser = await world.prospect()
            come(node, browser)
            await present(node, browser, True)
            came.append((browser.session, browser.participant))
        assert held == came


async def test_a_prospect_who_is_gone_for_long_has_abandoned_the_session(
    later: World, clock: Clock
) -> None:
    node = later.nodes[0]
    gone, stays = await later.prospect("Gone Away"), await later.prospect("Still Here")
    consoles = Consoles(later.nodes[1])
    for browser in (gone, stays):
        come(node, browser)
        await present(node, browser, True)
    go(node, gone)
    await present(node, gone, False)
    clock.ahead_ms += 46_000
    await consoles.until(gone.session, "ended")
    views = [await node.lifecycle.view(browser.session) for browser in (gone, stays)]
    assert [(view.state, view.end_reason) for view in views if view] == [
        (State.ENDED, "abandoned"), (State.WAITING, None),
    ]  # fmt: skip
    consoles.close()


async def test_who_waited_while_no_node_ran_keeps_the_place(later: World, clock: Clock) -> None:
    """F-28: a restart may take longer than one may be gone; nobody is to blame for it."""
    first, _ = later.nodes
    waits, leaves = await later.prospect("Still Here"), await later.prospect("Gone Away")
    for node in later.nodes:
        await node.desk.close()
    clock.ahead_ms += 120_000
    consoles = Consoles(first)
    await first.desk.start()
    left = await first.lifecycle.release(leaves.session, leaves.participant, "left")
    assert left is not None
    first.relay.announce(left)
    await consoles.until(leaves.session, "ended")  # the sweep does its work
    view = await first.lifecycle.view(waits.session)
    assert view is not None
    assert view.state is State.WAITING
    clock.ahead_ms += 46_000
    await consoles.until(waits.session, "ended")
    consoles.close()


async def test_who_leaves_the_queue_ends_the_session_at_once(later: World) -> None:
    node = later.nodes[0]
    browser = await later.prospect()
    consoles = Consoles(node)
    left = await node.lifecycle.release(browser.session, browser.participant, "left")
    assert left is not None
    node.relay.announce(left)
    await consoles.until(browser.session, "ended")
    consoles.close()


async def test_consoles_on_every_node_hear_of_each_step(later: World) -> None:
    consoles = Consoles(later.nodes[1])
    prospect, advisor = await later.talk()
    await consoles.until(prospect.session, "waiting")
    await consoles.until(prospect.session, "taken")
    await advisor.say("session.ended", {"reason": "hung_up"})
    await consoles.until(prospect.session, "ended")
    consoles.close()


async def test_those_who_prepared_in_vain_are_written_down_as_left(later: World) -> None:
    node = later.nodes[0]
    prospect = await later.prospect()
    winner = await later.advisor(prospect.session)
    colleague = await later.advisor(prospect.session)
    await prospect.join(node)
    await winner.join(node)
    await winner.say("session.accepted", {"name": "W", "title": ""})
    body = {"participant": colleague.participant, "reason": "taken"}
    await prospect.until(lambda b: body in b.said("participant.left"))
