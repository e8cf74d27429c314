"""Who was barred is known for a while, by a hash that leads to nobody. Proves parts of OB-17."""

from dataclasses import dataclass, field
from typing import Any

from sessions.events import SessionId, new_session_id
from signaling.bus import MemoryBus
from signaling.nodes import Nodes
from web.bars import CLOSED_MS, Bars

HOUR_MS = 3_600_000
LINE, OTHER = "84.17.3.9/32", "84.17.3.10/32"


@dataclass
class House:
    """Nodes on one bus, and a clock that only moves when it is told to."""

    now_ms: int = 1_000_000
    bus: MemoryBus = field(default_factory=MemoryBus)

    def node(self, period_ms: int = HOUR_MS) -> Bars:
        nodes = Nodes(self.bus)
        bars = Bars(nodes.tell, period_ms, now_ms=lambda: self.now_ms)
        nodes.on("prospect.barred", bars.hear_prospect)
        nodes.on("line.barred", bars.hear_line)
        nodes.start()
        return bars

    def bar(self, node: Bars, session: SessionId) -> int:
        until_ms = self.now_ms + HOUR_MS
        node.bar(session, until_ms)
        return until_ms


def test_every_node_knows_whoever_one_has_seen() -> None:
    """OB-17: browser and line, on the node that saw them, that barred them, and any other."""
    house, session = House(), new_session_id()
    saw, barred, other = nodes = [house.node() for _ in range(3)]
    saw.see(session, LINE)
    until_ms = house.bar(barred, session)
    for node in nodes:
        assert node.until(session) == until_ms
        assert node.closed_until(LINE) == house.now_ms + CLOSED_MS
        assert node.watched(LINE)
        assert node.closed_until(OTHER) is None
        assert not node.watched(OTHER)
    assert other.until(new_session_id()) is None


def test_a_line_opens_soon_and_is_watched_until_the_end() -> None:
    """Others share it: minutes, then only more work, then nothing."""
    house, session = House(), new_session_id()
    node = house.node()
    node.see(session, LINE)
    until_ms = house.bar(node, session)
    house.now_ms += CLOSED_MS
    assert node.closed_until(LINE) is None
    assert node.watched(LINE)
    assert node.until(session) == until_ms
    house.now_ms = until_ms
    assert not node.watched(LINE)
    assert node.until(session) is None


def test_whoever_comes_back_and_is_barred_again_waits_longer_but_never_beyond_the_period() -> None:
    house = House()
    node, waits = house.node(), []
    for _ in range(5):
        session = new_session_id()
        node.see(session, LINE)
        house.bar(node, session)
        closed_ms = node.closed_until(LINE)
        assert closed_ms is not None
        waits.append((closed_ms - house.now_ms) // CLOSED_MS)
        house.now_ms = closed_ms
    assert waits == [1, 2, 4, 8, 12], "twelve times five minutes are the hour"


def test_all_lines_of_a_session_and_none_twice() -> None:
    """From Wi-Fi to telephone in mid-talk."""
    house, session = House(), new_session_id()
    told: list[dict[str, Any]] = []
    nodes = Nodes(house.bus)
    nodes.on("line.barred", told.append)
    nodes.start()
    node = house.node()
    for line in (LINE, OTHER, LINE, None):
        node.see(session, line)
    house.bar(node, session)
    assert node.watched(LINE)
    assert node.watched(OTHER)
    assert len(told) == 2


def test_what_is_told_leads_to_no_address_and_to_nothing_else() -> None:
    """OB-21: the same line of two sessions is not seen to be the same."""
    house = House()
    told: list[dict[str, Any]] = []
    nodes = Nodes(house.bus)
    nodes.on("line.barred", told.append)
    nodes.start()
    node = house.node()
    for session in (new_session_id(), new_session_id()):
        node.see(session, LINE)
        house.bar(node, session)
    assert "84.17" not in repr(told)
    assert len({one["digest"] for one in told}) == 2
    assert set(told[0]) == {"salt", "digest", "times", "until_ms"}, "no session beside a line"


def test_memory_is_bounded_and_forgets() -> None:
    house, first = House(), new_session_id()
    node = house.node()
    node.see(first, LINE)
    house.now_ms += 24 * HOUR_MS
    node.see(new_session_id(), OTHER)
    house.bar(node, first)
    assert not node.watched(LINE), "a day later nobody knows by which line they came"
    for _ in range(20_100):
        node.see(new_session_id(), OTHER)
    assert len(node._seen) == 20_000
    for _ in range(220):
        session = new_session_id()
        node.see(session, OTHER)
        house.bar(node, session)
    assert len(node._lines) == 200


def test_where_nobody_is_barred_nothing_is_remembered() -> None:
    house = House()
    node = house.node(period_ms=0)
    node.see(new_session_id(), LINE)
    assert node._seen == {}
