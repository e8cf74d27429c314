"""What can happen in a session: the table of kinds, the clear header of an event, and its refusals.

Read this file first. Everything a participant may say, and everything they may be told, is one
row of `KINDS`. It knows nothing of keys, tables or sockets.
"""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, NamedTuple, NewType

SessionId = NewType("SessionId", str)  # 32 hex digits: 16 random bytes
ParticipantId = NewType("ParticipantId", str)  # 16 hex digits: one person in one session
SenderId = NewType("SenderId", str)  # 32 hex digits: the participant, then 8 bytes per connection
EventId = NewType("EventId", str)  # 32 hex digits, chosen by the sender, kept on retry
FileId = NewType("FileId", str)  # 32 hex digits: 16 random bytes, drawn by the server
Seq = NewType("Seq", int)  # position in the log, gap-free from 1
Epoch = NewType("Epoch", int)  # generation of the content key, from 1

SERVER: Final = ParticipantId("0" * 16)
DESK: Final = SessionId("desk")  # the channel on which consoles hear that the desk changed
OPS: Final = SessionId("ops")  # the channel on which ops boards hear numbers
NODES: Final = SessionId("nodes")  # the channel on which nodes hear what no browser is told
_HEX32 = re.compile(r"[0-9a-f]{32}")
_DESK_OF: Final = f"{DESK}."


class Role(StrEnum):
    """Who someone is in a session; decided by the server, never by the wire."""

    PROSPECT = "prospect"
    ADVISOR = "advisor"
    GUEST = "guest"
    OPERATOR = "operator"
    LEAD = "lead"  # of a team: an advisor in every session
    OFFICER = "officer"  # of data protection; in no session
    AUDITOR = "auditor"  # reads at the protection desk; in no session
    ADMIN = "admin"  # of accounts; in no session
    SERVER = "server"


class Lane(StrEnum):
    """Logged: numbered, durable, delivered once and in order. Passing: now or never."""

    LOGGED = "logged"
    PASSING = "passing"


class State(StrEnum):
    """Where a session stands; it only ever goes forward."""

    WAITING = "waiting"
    ACTIVE = "active"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Kind:
    """One row of the table: who may send it, when, how large, and what it does to the session.

    `max_bytes` bounds the envelope (nonce, ciphertext, tag), or the JSON text of a clear body.
    `clear` kinds carry numbers and identifiers that operators may see, never content.
    """

    name: str
    code: int
    lane: Lane
    senders: frozenset[Role]
    states: frozenset[State]
    max_bytes: int
    meaning: str
    clear: bool = False
    to: SessionId | None = None  # None: the session's own channel; else also this channel
    moves_to: State | None = None
    untold: bool = False  # answered, and told to nobody


_PAIR = frozenset({Role.PROSPECT, Role.ADVISOR})  # whose talk it is
_TALKERS = _PAIR | {Role.GUEST}
_SERVER = frozenset({Role.SERVER})
_OPEN = frozenset({State.WAITING, State.ACTIVE})
_WAITING = frozenset({State.WAITING})
_ACTIVE = frozenset({State.ACTIVE})
_ANY = frozenset(State)
_L, _P = Lane.LOGGED, Lane.PASSING

KINDS: Final[Mapping[str, Kind]] = {
    kind.name: kind
    for kind in (
        Kind("participant.joined", 1, _L, _SERVER, _OPEN, 2_048, "took a seat"),
        Kind("participant.left", 2, _L, _SERVER, _OPEN, 2_048, "gave the seat up, or lost it"),
        Kind(
            "session.accepted",
            3,
            _L,
            frozenset({Role.ADVISOR}),
            _WAITING,
            2_048,
            "an advisor took the session; exactly one can",
            moves_to=State.ACTIVE,
        ),
        Kind(
            "session.ended",
            4,
            _L,
            _PAIR | _SERVER,
            _OPEN,
            2_048,
            "the consultation is over",
            moves_to=State.ENDED,
        ),
        Kind("chat.message", 5, _L, _TALKERS, _OPEN, 17_408, "said something in the chat"),
        Kind("consent.changed", 6, _L, _TALKERS, _OPEN, 2_048, "gave or withdrew a consent"),
        Kind("file.shared", 7, _L, _TALKERS, _OPEN, 4_096, "laid a sealed file before the others"),
        Kind("file.removed", 8, _L, _TALKERS, _OPEN, 1_024, "took a file of theirs back"),
        Kind("file.scanned", 9, _L, _SERVER, _OPEN, 1_024, "what the scanner found in a file"),
        Kind("board.changed", 10, _L, _TALKERS, _ACTIVE, 45_056, "settled elements of the board"),
        Kind(
            "board.led",
            11,
            _L,
            frozenset({Role.ADVISOR}),
            _ACTIVE,
            1_024,
            "opened or closed the board, leads it, or keeps it to themselves",
        ),
        Kind("hint.shown", 12, _L, _TALKERS, _OPEN, 1_024, "was shown a hint, in these words"),
        Kind(
            "recording.changed",
            13,
            _L,
            _PAIR,
            _ACTIVE,
            1_024,
            "asks to be recorded, or stopped all recording",
        ),
        Kind("chat.typing", 32, _P, _TALKERS, _OPEN, 1_024, "is typing"),
        Kind("chat.read", 33, _P, _TALKERS, _OPEN, 1_024, "has received or seen up to a seq"),
        Kind("call.hello", 34, _P, _TALKERS, _OPEN, 1_024, "this page's call is up; answer it"),
        Kind("call.description", 35, _P, _TALKERS, _OPEN, 34_816, "an SDP offer or answer"),
        Kind("call.candidate", 36, _P, _TALKERS, _OPEN, 4_096, "an ICE candidate"),
        Kind("call.devices", 37, _P, _TALKERS, _OPEN, 1_024, "camera and microphone: on or off"),
        Kind("board.stroke", 38, _P, _TALKERS, _ACTIVE, 8_192, "a stroke in progress"),
        Kind("board.pointer", 39, _P, _TALKERS, _ACTIVE, 1_024, "points at something"),
        Kind("board.view", 40, _P, _TALKERS, _ACTIVE, 1_024, "which part of the board they see"),
        Kind("call.identity", 41, _P, _TALKERS, _ACTIVE, 1_024, "agrees on the identity words"),
        Kind("screen.stop", 42, _P, _TALKERS, _ACTIVE, 1_024, "wants a screen shown no longer"),
        Kind("presence.changed", 48, _P, _SERVER, _ANY, 512, "came or went", clear=True),
        Kind("desk.position", 49, _P, _SERVER, _OPEN, 512, "place in the queue", clear=True),
        Kind("desk.changed", 50, _P, _SERVER, _ANY, 512, "the desk changed", clear=True, to=DESK),
        Kind(
            "quality.report",
            51,
            _P,
            _TALKERS,
            _OPEN,
            2_048,
            "numbers of this end's connection",
            clear=True,
            to=OPS,
        ),
        Kind("ops.changed", 52, _P, _SERVER, _ANY, 1_024, "a session changed", clear=True, to=OPS),
        Kind("key.shredded", 53, _P, _SERVER, _ANY, 512, "a key is gone", clear=True, to=NODES),
        Kind("ticket.spent", 54, _P, _SERVER, _ANY, 512, "was used", clear=True, to=NODES),
        Kind("account.shut", 55, _P, _SERVER, _ANY, 512, "may not sign in", clear=True, to=NODES),
        Kind(
            "link.check",
            56,
            _P,
            _TALKERS | {Role.OPERATOR},
            _ANY,
            64,
            "does this connection carry events? answered, and told to nobody",
            clear=True,
            untold=True,
        ),
        Kind(
            "checkup.result",
            57,
            _P,
            frozenset({Role.PROSPECT}),
            _WAITING,
            1_024,
            "what a checkup found while its prospect waits",
            clear=True,
            to=OPS,
        ),
        Kind(
            "invitation.changed",
            58,
            _P,
            _SERVER,
            _ACTIVE,
            512,
            "an invitation was made, asks, or was decided",
            clear=True,
        ),
        Kind("prospect.barred", 59, _P, _SERVER, _ANY, 512, "was barred", clear=True, to=NODES),
        Kind("line.barred", 60, _P, _SERVER, _ANY, 512, "they came by", clear=True, to=NODES),
    )
}


class Envelope(NamedTuple):  # made for every event; at a third of the price of a dataclass
    """An event with its clear header: all that relay, bus, database and backups ever see.

    `sealed` is nonce, ciphertext and tag, or the JSON text of a clear kind's body.
    `seq` is None until logged; passing events never get one. `at_ms` is the server's clock (UTC).
    """

    session: SessionId
    sender: SenderId
    id: EventId
    kind: str
    epoch: Epoch
    sealed: bytes
    at_ms: int = 0
    seq: Seq | None = None


class Refused(Exception):
    """The sender asked for something they may not do; code and text are shown to them."""

    def __init__(self, code: str, *, field: str | None = None, **facts: Any) -> None:
        super().__init__(code)
        self.code = code
        self.field = field
        self.facts = facts


class Malformed(Exception):
    """What came over the wire cannot come from our client; the connection is closed."""


class Unknown(Exception):
    """It may have happened or not: retry with the same event id (guarantee 5)."""


def new_session_id() -> SessionId:
    return SessionId(secrets.token_hex(16))


def new_participant_id() -> ParticipantId:
    return ParticipantId(secrets.token_hex(8))


def new_event_id() -> EventId:
    return EventId(secrets.token_hex(16))


def new_file_id() -> FileId:
    return FileId(secrets.token_hex(16))


def sender_of(participant: ParticipantId) -> SenderId:
    """A fresh sender id for one connection of this participant."""
    return SenderId(participant + secrets.token_hex(8))


def participant_of(sender: SenderId) -> ParticipantId:
    return ParticipantId(sender[:16])


def desk_of(agency: str | None) -> SessionId:
    """The channel on which the consoles of an agency hear of its desk; None: those of the house."""
    return DESK if agency is None else SessionId(_DESK_OF + agency)


def is_desk(channel: SessionId) -> bool:
    """Whether this is the channel of a desk, of whichever agency."""
    return channel == DESK or channel.startswith(_DESK_OF)


def has_log(channel: SessionId) -> bool:
    """Whether this is a session's channel: on those of desks and boards everything passes."""
    return channel != OPS and not is_desk(channel)


def is_id(text: object) -> bool:
    """Whether this is a well-formed session, sender, event or file id."""
    return isinstance(text, str) and _HEX32.fullmatch(text) is not None
