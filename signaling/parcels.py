"""What passes between nodes: an envelope in few bytes, sealed, dated and numbered.

Whoever can write to the bus without our key can cause nothing: what does not open, comes too late
or comes twice is refused. It knows neither Redis nor who listens.
"""

import hashlib
import hmac
import os
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from sessions.clock import Clock, wall_clock_ms
from sessions.envelope import TAG_BYTES, Sealer, Unreadable
from sessions.events import (
    DESK,
    KINDS,
    NODES,
    OPS,
    Envelope,
    Epoch,
    EventId,
    SenderId,
    Seq,
    SessionId,
)

MAX_AGE_MS: Final = 30_000
MAX_AHEAD_MS: Final = 5_000  # of another node's clock
_WINDOW: Final = 4_096  # numbers of one run that may still arrive out of order
_MAX_RUNS: Final = 1_024
_RUN_BYTES: Final = 16
_SEALING: Final = 1  # version of the outer form
_LAYOUT: Final = 1  # version of what is inside; a newer one is ours all the same
_OUTER = struct.Struct(">B16sQ")  # sealing, run, number
_INNER = struct.Struct(">BBQ")  # layout, word, sent at
_EVENT = struct.Struct(">B16s16s16sHIQQ")  # place, session, sender, id, kind, epoch, at, seq
_EVENT_WORD, _BEAT_WORD, _DOUBT_WORD = 1, 2, 3
_PLACES: Final = {
    DESK: 1,
    OPS: 2,
    NODES: 3,
}  # channels that are no session, and what events there say
_PLACE_OF: Final = {code: place for place, code in _PLACES.items()}
_NOWHERE: Final = bytes(16)
_KIND_OF: Final = {kind.code: kind.name for kind in KINDS.values()}


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something on this channel was lost, or cannot be understood by this node."""


@dataclass(frozen=True, slots=True)
class Beat:
    """A sign of life, to oneself."""


DOUBT: Final = Doubt()
BEAT: Final = Beat()
Word = Envelope | Doubt | Beat


class Own(Exception):
    """From this very node, which has heard it already."""


@dataclass(slots=True)
class _Run:
    """One run of another node: how it seals, and which of its numbers have come."""

    sealer: Sealer
    highest: int = -1
    seen: int = 0

    def admit(self, number: int) -> bool:
        """Whether this number comes for the first time."""
        ahead = number - self.highest
        if ahead > 0:
            self.seen = (self.seen << ahead | 1) % (1 << _WINDOW) if ahead < _WINDOW else 1
            self.highest = number
            return True
        if ahead <= -_WINDOW or self.seen >> -ahead & 1:
            return False
        self.seen |= 1 << -ahead
        return True


@dataclass(slots=True)
class Parcels:
    """Seals what this node says, opens what the others say.

    `secrets` are the newest and older secrets of all nodes: the newest seals, any opens. `names`
    are others, by which channels are called on the bus.
    """

    secrets: Sequence[bytes]
    names: Sequence[bytes]
    now_ms: Clock = wall_clock_ms
    _run: bytes = field(default_factory=lambda: os.urandom(_RUN_BYTES))
    _number: int = 0
    _runs: dict[bytes, _Run] = field(default_factory=dict)
    _mine: _Run = field(init=False)

    def __post_init__(self) -> None:
        self._mine = _Run(Sealer.of_run(self.secrets[0], self._run))

    def names_of(self, channel: str) -> list[bytes]:
        """How a channel is called on the bus: first as this node says, then as older keys say.

        A hash under a key: whoever watches the bus cannot tell which session of the database, of
        a URL or of the ops board it is.
        """
        return [
            b"visavis:" + hmac.digest(secret, channel.encode(), hashlib.sha256)[:16].hex().encode()
            for secret in self.names
        ]

    def own_name(self, number: int) -> bytes:
        """One of the channels on which this run alone listens, to itself."""
        return self.names_of(f"run {self._run.hex()} {number}")[0]

    def seal(self, packed: bytes, name: bytes) -> bytes:
        """What goes out on the channel of this name; `packed` comes from `pack`."""
        number = self._number
        self._number += 1
        outer = _OUTER.pack(_SEALING, self._run, number)
        layout, word, _ = _INNER.unpack_from(packed)
        dated = _INNER.pack(layout, word, self.now_ms()) + packed[_INNER.size :]
        return outer + self._mine.sealer.seal(dated, number, outer + name)

    def open(self, sealed: bytes, name: bytes) -> Word:
        """Raises Unreadable for what is not ours, too old or a repetition; Own."""
        if len(sealed) < _OUTER.size + _INNER.size + TAG_BYTES:
            raise Unreadable
        sealing, run, number = _OUTER.unpack_from(sealed)
        if sealing != _SEALING:
            raise Unreadable
        place, rest = sealed[: _OUTER.size] + name, sealed[_OUTER.size :]
        if run == self._run:
            self._mine.sealer.open(rest, number, place)
            raise Own if self._mine.admit(number) else Unreadable
        known = self._runs.get(run)
        if known is not None:
            clear = known.sealer.open(rest, number, place)
        else:
            known, clear = self._meet(run, rest, number, place)
        layout, word, sent_ms = _INNER.unpack_from(clear)
        if not -MAX_AHEAD_MS <= self.now_ms() - sent_ms <= MAX_AGE_MS or not known.admit(number):
            raise Unreadable
        return _read(layout, word, clear)

    def _meet(self, run: bytes, rest: bytes, number: int, place: bytes) -> tuple[_Run, bytes]:
        """A run that was not heard before: remembered once something of it has opened."""
        for secret in self.secrets:
            sealer = Sealer.of_run(secret, run)
            try:
                clear = sealer.open(rest, number, place)
            except Unreadable:
                continue
            while len(self._runs) >= _MAX_RUNS:
                del self._runs[next(iter(self._runs))]
            known = self._runs[run] = _Run(sealer)
            return known, clear
        raise Unreadable


def pack(word: Word) -> bytes:
    """A word in bytes; the time is set when it is sealed."""
    if isinstance(word, Beat):
        return _INNER.pack(_LAYOUT, _BEAT_WORD, 0)
    if isinstance(word, Doubt):
        return _INNER.pack(_LAYOUT, _DOUBT_WORD, 0)
    place = _PLACES.get(word.session, 0)
    header = _EVENT.pack(
        place, _NOWHERE if place else bytes.fromhex(word.session), bytes.fromhex(word.sender),
        bytes.fromhex(word.id), KINDS[word.kind].code, word.epoch, word.at_ms, word.seq or 0,
    )  # fmt: skip
    return _INNER.pack(_LAYOUT, _EVENT_WORD, 0) + header + word.sealed


def _read(layout: int, word: int, clear: bytes) -> Word:
    """From a node of the same platform, perhaps of a newer version: then the log has to tell."""
    if layout != _LAYOUT:
        return DOUBT
    if word == _BEAT_WORD:
        return BEAT
    if word != _EVENT_WORD or len(clear) < _INNER.size + _EVENT.size:
        return DOUBT
    place, session, sender, id_, code, epoch, at_ms, seq = _EVENT.unpack_from(clear, _INNER.size)
    kind = _KIND_OF.get(code)
    if kind is None or (place and place not in _PLACE_OF):
        return DOUBT
    return Envelope(
        _PLACE_OF[place] if place else SessionId(session.hex()), SenderId(sender.hex()),
        EventId(id_.hex()), kind, Epoch(epoch), clear[_INNER.size + _EVENT.size :], at_ms,
        Seq(seq) if seq else None,
    )  # fmt: skip
