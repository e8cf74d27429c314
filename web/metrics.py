"""Numbers for Prometheus, read from the domain when asked. No ids, no names, no topics."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from sessions.file_views import Counts
from signaling.bus import BusReport

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


class Tally:
    """What the door itself counts."""

    def __init__(self) -> None:
        self.refusals: Counter[str] = Counter()
        self.answers: Counter[tuple[str, int]] = Counter()

    def refused(self, code: str) -> None:
        self.refusals[code] += 1

    def answered(self, route: str, status: int) -> None:
        self.answers[route, status] += 1


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot(Collector):
    """The node and its database at one moment."""

    sessions: dict[str, int]
    advisors: dict[str, int]
    longest_wait_s: float
    connections: int
    draining: bool
    bus: BusReport
    files: Counts
    late: dict[str, int]
    lag_seconds: float
    worst_lag_seconds: float
    tally: Tally
    unlet: Mapping[str, int]  # by way: what was not let out

    def collect(self) -> Iterator[Metric]:
        """Prometheus's way to ask."""
        yield _by("visavis_sessions", "Open sessions", "state", self.sessions)
        yield _by("visavis_advisors", "Advisors at the desk", "availability", self.advisors)
        yield GaugeMetricFamily(
            "visavis_longest_wait_seconds", "Longest present wait", self.longest_wait_s
        )
        yield GaugeMetricFamily(
            "visavis_connections", "Open sockets of this node", self.connections
        )
        yield GaugeMetricFamily("visavis_draining", "1 while this node drains", self.draining)
        yield GaugeMetricFamily("visavis_files", "Files in the store", self.files.files)
        yield GaugeMetricFamily("visavis_files_bytes", "Their sealed bytes", self.files.bytes)
        yield _by("visavis_protection_late", "What data protection is late with", "what", self.late)
        yield from _of_bus(self.bus)
        yield GaugeMetricFamily(
            "visavis_loop_lag_seconds", "How late this node runs", self.lag_seconds
        )
        yield GaugeMetricFamily(
            "visavis_loop_lag_worst_seconds", "The same at its worst within a minute",
            self.worst_lag_seconds,
        )  # fmt: skip
        refusals = CounterMetricFamily("visavis_refusals", "Refused requests", labels=["code"])
        for code, count in sorted(self.tally.refusals.items()):
            refusals.add_metric([code], count)
        yield refusals
        unlet = CounterMetricFamily(
            "visavis_exit_refused", "What was not let out, for want of a ground", labels=["way"]
        )
        for way, count in sorted(self.unlet.items()):
            unlet.add_metric([way], count)
        yield unlet
        answers = CounterMetricFamily(
            "visavis_answers", "Answered requests", labels=["route", "status"]
        )
        for (route, status), count in sorted(self.tally.answers.items()):
            answers.add_metric([route, str(status)], count)
        yield answers


_BUS_COUNTS: Final = {
    "published": "Messages said to other nodes",
    "received": "Messages heard from other nodes, before they are opened",
    "dropped": "Messages that could not be said to other nodes in time",
    "unopened": "Messages that did not open: not from our nodes, too late, or repeated",
    "reconnects": "Times the bus was found again",
}


def _of_bus(bus: BusReport) -> Iterator[Metric]:
    yield GaugeMetricFamily("visavis_bus_degraded", "1 while the bus is silent", bus.degraded)
    yield GaugeMetricFamily("visavis_bus_queue", "Messages waiting to be said", bus.queued)
    yield GaugeMetricFamily("visavis_bus_channels", "Channels heard here", bus.channels)
    for name, meaning in _BUS_COUNTS.items():
        family = CounterMetricFamily(f"visavis_bus_{name}", meaning)
        family.add_metric([], getattr(bus, name))
        yield family


def page_of(snapshot: Snapshot) -> bytes:
    """The exposition text."""
    registry = CollectorRegistry()
    registry.register(snapshot)
    return generate_latest(registry)


def _by(name: str, meaning: str, label: str, values: dict[str, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, meaning, labels=[label])
    for value, count in sorted(values.items()):
        family.add_metric([value], count)
    return family
