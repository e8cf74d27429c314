"""A history of what everyone sent, was told and saw, and what is wrong with it. Pure.

It knows ids, places and hashes of events, never how they travelled.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple


class Seen(NamedTuple):
    """One logged event as one participant got it."""

    seq: int
    id: str
    content: str


@dataclass(frozen=True, slots=True)
class Violation:
    """A promise that was broken, and where."""

    promise: str
    where: str


@dataclass(slots=True)
class History:
    """Everything that happened to the chat of some sessions, told by those who took part."""

    session_of: dict[str, str] = field(default_factory=dict)
    content_of: dict[str, str] = field(default_factory=dict)
    acked: dict[str, int] = field(default_factory=dict)
    strangers: list[str] = field(default_factory=list)
    _second_answers: list[str] = field(default_factory=list)
    _seen: defaultdict[tuple[str, str], list[Seen]] = field(
        default_factory=lambda: defaultdict(list)
    )

    # -- telling

    def sent(self, session: str, id_: str, content: str) -> None:
        """Somebody says this for the first time."""
        self.session_of[id_] = session
        self.content_of[id_] = content

    def answered(self, id_: str, seq: int) -> None:
        """The server said that it is durable, at this place."""
        if self.acked.setdefault(id_, seq) != seq:
            self._second_answers.append(f"{id_[:8]} at {self.acked[id_]} and at {seq}")

    def saw(self, session: str, participant: str, seen: Seen) -> None:
        """A participant applied a logged event."""
        self._seen[session, participant].append(seen)

    def passed(self, session: str, id_: str) -> None:
        """A participant of this session got a passing event."""
        if self.session_of.get(id_, session) != session:
            self.strangers.append(f"passing event {id_[:8]} came to {session[:8]}")

    def head(self, session: str) -> int:
        """The highest place that anybody was told of."""
        return max((s for i, s in self.acked.items() if self.session_of[i] == session), default=0)

    # -- judging

    def violations(self, logs: Mapping[str, list[Seen]]) -> list[Violation]:
        """Everything that is wrong, compared with what the database holds at the end."""
        return [
            *(Violation("one place for one id", where) for where in self._second_answers),
            *(Violation("nobody sees a stranger's event", where) for where in self.strangers),
            *self._in_the_logs(logs),
            *(found for who in self._seen for found in self._in_a_view(who, logs.get(who[0], []))),
        ]

    def _in_the_logs(self, logs: Mapping[str, list[Seen]]) -> Iterator[Violation]:
        places = {seen.id: (session, seen.seq) for session, log in logs.items() for seen in log}
        for session, log in logs.items():
            if [seen.seq for seen in log] != list(range(1, len(log) + 1)):
                yield Violation("the log has no gap", session[:8])
            if len({seen.id for seen in log}) != len(log):
                yield Violation("the log has each id once", session[:8])
        for id_, seq in self.acked.items():
            if places.get(id_) != (self.session_of[id_], seq):
                yield Violation("acked is durable", f"{id_[:8]} at {seq}")

    def _in_a_view(self, who: tuple[str, str], log: list[Seen]) -> Iterator[Violation]:
        session, participant = who
        view = self._seen[who]
        where = f"{participant[:8]} in {session[:8]}"
        if len({seen.id for seen in view}) != len(view):
            yield Violation("each event is shown once", where)
        if [seen.seq for seen in view] != sorted(seen.seq for seen in view):
            yield Violation("events come in order", where)
        if view != log:
            yield Violation("everybody sees the whole log", f"{where}: {_difference(view, log)}")
        for seen in view:
            if self.session_of.get(seen.id, session) != session:
                yield Violation("nobody sees a stranger's event", where)
            if self.content_of.get(seen.id, seen.content) != seen.content:
                yield Violation("what comes is what was sent", where)


def _difference(view: list[Seen], log: list[Seen]) -> str:
    at = next(
        (n for n, pair in enumerate(zip(view, log, strict=False), 1) if pair[0] != pair[1]), 0
    )
    return f"{len(view)} of {len(log)}" + (f", other at {at}" if at else "")
