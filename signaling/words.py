"""What the words join and send carry up, and what event carries down: exact shapes, both ways.

A field too many or of another type is Malformed; what our client could send but may not is Refused.
It knows the table of kinds, not the connection, the session or its state.
"""

import re
from binascii import Error as Base64Error
from binascii import a2b_base64, b2a_base64
from typing import Any, Final, NamedTuple

import orjson

from sessions.events import KINDS, Envelope, EventId, Kind, Malformed, Refused

_HEX32 = re.compile(r"[0-9a-f]{32}").fullmatch
_EPOCH = re.compile(r"[0-9A-Za-z_.:-]{1,64}").fullmatch
_JOIN: Final = {"ticket", "after", "log_epoch"}
_SEALED: Final = {"id", "kind", "epoch", "sealed"}
_CLEAR: Final = {"id", "kind", "body"}
_MAX_SEQ: Final = 2**53
_MAX_TICKET: Final = 2_048
_MIN_SEALED: Final = 28  # nonce and tag


class Join(NamedTuple):
    """`join`: the ticket, and how far this browser has read which log."""

    ticket: str
    after: int
    log_epoch: str | None


class Send(NamedTuple):
    """`send`: an event without sender, session and time, which the connection knows."""

    id: EventId
    kind: Kind
    epoch: int
    sealed: bytes


def parse_join(argument: dict[str, Any]) -> Join:
    """Check the argument of `join`; raises Malformed."""
    if argument.keys() != _JOIN:
        raise Malformed("join")
    ticket, after, log_epoch = argument["ticket"], argument["after"], argument["log_epoch"]
    if type(ticket) is not str or not 0 < len(ticket) <= _MAX_TICKET:
        raise Malformed("join.ticket")
    if type(after) is not int or not 0 <= after < _MAX_SEQ:
        raise Malformed("join.after")
    if log_epoch is not None and (type(log_epoch) is not str or not _EPOCH(log_epoch)):
        raise Malformed("join.log_epoch")
    return Join(ticket, after, log_epoch)


def parse_send(argument: dict[str, Any]) -> Send:
    """Check the argument of `send`; raises Malformed, or Refused with its code."""
    try:
        id_, name = argument["id"], argument["kind"]
    except KeyError:
        raise Malformed("send") from None
    if type(id_) is not str or _HEX32(id_) is None or type(name) is not str:
        raise Malformed("send")
    kind = KINDS.get(name)
    if kind is None:
        raise Refused("kind.unknown", field="kind")
    if kind.clear:
        return Send(EventId(id_), kind, 0, _clear_body(argument, kind))
    if argument.keys() != _SEALED:
        raise Malformed("send")
    epoch, text = argument["epoch"], argument["sealed"]
    if type(epoch) is not int or not 0 < epoch < 2**32 or type(text) is not str:
        raise Malformed("send")
    try:
        sealed = a2b_base64(text, strict_mode=True)
    except (Base64Error, ValueError):
        raise Malformed("send.sealed") from None
    if len(sealed) > kind.max_bytes:
        raise Refused("too.large", field="sealed")
    if len(sealed) <= _MIN_SEALED:
        raise Refused("body.invalid", field="sealed")
    return Send(EventId(id_), kind, epoch, sealed)


def _clear_body(argument: dict[str, Any], kind: Kind) -> bytes:
    body = argument.get("body")
    if argument.keys() != _CLEAR or type(body) is not dict:
        raise Malformed("send.body")
    text = orjson.dumps(body)
    if len(text) > kind.max_bytes:
        raise Refused("too.large", field="body")
    return text


def event_text(event: Envelope, *, with_session: bool = False) -> bytes:
    """The packet that brings an event down; `with_session` on the channels of desk and ops.

    Every value is a number, comes from the table, or was checked to be hexadecimal on its way in,
    so that nothing here needs escaping.
    """
    seq = "null" if event.seq is None else event.seq
    head = f'42["event",{{"seq":{seq},"id":"{event.id}","sender":"{event.sender}"'
    if with_session:
        head += f',"session":"{event.session}"'
    if KINDS[event.kind].clear:
        return b'%b,"kind":"%b","at":%d,"body":%b}]' % (
            head.encode(), event.kind.encode(), event.at_ms, event.sealed,
        )  # fmt: skip
    head += f',"kind":"{event.kind}","epoch":{event.epoch},"at":{event.at_ms},"sealed":"'
    return b'%b%b"}]' % (head.encode(), b2a_base64(event.sealed, newline=False))
