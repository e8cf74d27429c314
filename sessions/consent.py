"""Consents of a session, as its log has them: what was given and withdrawn, in which words, and
whether each entry follows from the one before.

Pure: entries may come twice and in any order, their numbers say which is later. It opens nothing
and knows no keys.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from sessions.events import Envelope, ParticipantId, Seq, participant_of

Link = Literal["first", "follows", "unlinked", "broken"]
_HASH: Final = re.compile(r"([0-9a-f]{64})?")
_PURPOSE: Final = re.compile(r"[a-z][a-z_]{0,19}")
_MAX_VERSION: Final = 40


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger. `text` is the version of the words that were agreed to; it and
    `previous` are empty where the release before wrote it, `previous` also in somebody's first.
    """

    seq: Seq
    at_ms: int
    by: ParticipantId
    purpose: str
    given: bool
    text_version: str
    text: str
    previous: str

    @property
    def digest(self) -> str:
        """What this person's next entry names: SHA-256, hexadecimal; see PROTOCOL.md, Consents."""
        return digest(self.purpose, self.given, self.text, self.previous, self.text_version)


def digest(purpose: str, given: bool, text: str, previous: str, text_version: str) -> str:
    said = "true" if given else "false"
    line = "|".join(("visavis/1|consent", purpose, said, text, previous, text_version))
    return hashlib.sha256(line.encode("utf-8", "replace")).hexdigest()


def read(event: Envelope, body: Mapping[str, Any]) -> Entry | None:
    """The entry that an opened `consent.changed` is; None for what has not the shape of one."""
    purpose, given = body.get("purpose"), body.get("given")
    version, text = body.get("text_version", ""), body.get("text") or ""
    previous = body.get("previous") or ""
    if not isinstance(given, bool) or event.seq is None:
        return None
    if not isinstance(purpose, str) or not _PURPOSE.fullmatch(purpose):
        return None
    if not isinstance(version, str) or len(version) > _MAX_VERSION:
        return None
    if not all(isinstance(one, str) and _HASH.fullmatch(one) for one in (text, previous)):
        return None
    by = participant_of(event.sender)
    return Entry(event.seq, event.at_ms, by, purpose, given, version, text, previous)


def ordered(entries: Iterable[Entry]) -> list[Entry]:
    """Each once, as the log has them."""
    return sorted({one.seq: one for one in entries}.values(), key=lambda one: one.seq)


def state(entries: Iterable[Entry]) -> Mapping[tuple[ParticipantId, str], Entry]:
    """What holds: the last entry of each person for each purpose."""
    return {(one.by, one.purpose): one for one in ordered(entries)}


@dataclass(frozen=True, slots=True)
class Agreement:
    """What somebody agreed to, in which words, since when, and until when; None: not withdrawn."""

    by: ParticipantId
    purpose: str
    text: str
    text_version: str
    since_ms: int
    until_ms: int | None = None


def agreements(entries: Iterable[Entry]) -> Sequence[Agreement]:
    """The ledger as people read it: each consent with its beginning and its end.

    Agreed to anew in other words, it is another one.
    """
    found: list[Agreement] = []
    standing: dict[tuple[ParticipantId, str], int] = {}
    for one in ordered(entries):
        place = standing.get((one.by, one.purpose))
        before = None if place is None else found[place]
        if one.given and before is not None and before.text == one.text:
            continue
        if place is not None and before is not None:
            found[place] = replace(before, until_ms=one.at_ms)
            del standing[one.by, one.purpose]
        if one.given:
            standing[one.by, one.purpose] = len(found)
            found.append(Agreement(one.by, one.purpose, one.text, one.text_version, one.at_ms))
    return found


def links(entries: Iterable[Entry]) -> Sequence[tuple[Entry, Link]]:
    """Whether each entry names one before it of the same person's.

    "broken": what it names is not there, so something was taken out, moved or changed. "unlinked":
    it names none although there are some, as pages of the release before do. Two pages of one
    person may both follow the same entry.
    """
    known: dict[ParticipantId, set[str]] = {}
    found: list[tuple[Entry, Link]] = []
    for one in ordered(entries):
        earlier = known.setdefault(one.by, set())
        found.append((one, _link(one, earlier)))
        earlier.add(one.digest)
    return found


def _link(entry: Entry, earlier: set[str]) -> Link:
    if not entry.previous:
        return "unlinked" if earlier else "first"
    return "follows" if entry.previous in earlier else "broken"
