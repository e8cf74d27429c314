"""Everything that is kept of one session, read through the audited door for whom it belongs to.

What is read was sealed by browsers, which may seal anything: only what has the right shape counts.
It does not know how a copy is shown or packed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal

from sessions import consent
from sessions.audit import Audit, Entry
from sessions.clock import wall_clock_ms
from sessions.corrections import Correction, Corrections
from sessions.counted import day_of
from sessions.disclosures import Disclosure, Disclosures
from sessions.envelope import Unreadable
from sessions.events import FileId, participant_of
from sessions.exit import Leave
from sessions.file_views import FileState, FileView, Verdict
from sessions.files import Files
from sessions.lifecycle import Lifecycle, SessionView
from sessions.notices import Notices, is_version
from sessions.recordings import Part, Recordings
from sessions.requests import Requests, Told
from sessions.vault import PERSON, RECORDER, SCANNER, Read, Vault
from sessions.ways import BY_HAND, COPY, FILE, SHOW
from web.brand import SPECIAL
from web.copy_schema import (
    BoardThere,
    Consent,
    Continued,
    FileThere,
    GoesOn,
    Held,
    Hint,
    Message,
    Notified,
    Opening,
    PersonThere,
    RecordingThere,
    Words,
)  # fmt: skip
from whiteboard.scene import Fold, ordered, scene_hash

ACTOR: Final = PERSON  # in the audit log: whoever has number and code
_MAX_TEXT: Final = 20_000


@dataclass
class Dossier:
    """A session as its log tells it. `files` by id, and `blobs` what is stored of them."""

    view: SessionView
    leave: Leave
    fold: Fold = field(default_factory=Fold)
    people: dict[str, PersonThere] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)
    ledger: list[consent.Entry] = field(default_factory=list)
    hints: list[Hint] = field(default_factory=list)
    files: dict[str, FileThere] = field(default_factory=dict)
    blobs: dict[str, FileView] = field(default_factory=dict)
    openings: list[Opening] = field(default_factory=list)
    words: dict[str, Words] = field(default_factory=dict)  # by version
    corrections: list[Correction] = field(default_factory=list)
    requests: list[Told] = field(default_factory=list)
    handed: Mapping[str, Any] = field(default_factory=dict)  # as the prospect was told
    continues: Continued | None = None
    goes_on: GoesOn | None = None
    disclosed: list[Disclosure] = field(default_factory=list)
    notified: list[Notified] = field(default_factory=list)
    recordings: dict[str, RecordingThere] = field(default_factory=dict)
    parts: dict[str, Part] = field(default_factory=dict)  # of the recordings that show this person
    unreadable: int = 0

    @property
    def prospect(self) -> PersonThere | None:
        return next((one for one in self.people.values() if one.role == "prospect"), None)

    @property
    def advisors(self) -> list[PersonThere]:
        return [one for one in self.people.values() if one.role == "advisor"]

    @property
    def consents(self) -> list[Consent]:
        return [
            Consent(
                at=moment(one.at_ms), by=one.by, purpose=one.purpose, given=one.given,
                text_version=_text(one.text_version), seq=one.seq, text=one.text,
                previous=one.previous, digest=one.digest, link=link,
            )
            for one, link in consent.links(self.ledger)
        ]  # fmt: skip

    @property
    def purposes(self) -> Sequence[str]:
        """Those of consents that have a name on the screens."""
        return ("camera", "microphone", "screen", "recording", *SPECIAL)

    @property
    def agreements(self) -> Sequence[consent.Agreement]:
        return consent.agreements(self.ledger)

    def name_of(self, participant: str) -> str:
        person = self.people.get(participant)
        return "" if person is None else person.name

    def board(self) -> BoardThere | None:
        scene = self.fold.scene
        elements = ordered(scene)
        if not elements:
            return None
        return BoardThere(sha256=scene_hash(scene), elements=[dict(one) for one in elements])

    def take(self, read: Read) -> None:
        """The next event of the log."""
        event, body = read.event, read.body
        if body is None:
            self.unreadable += 1
            return
        by, at = participant_of(event.sender), moment(event.at_ms)
        self.fold.apply(event.kind, by, body)
        match event.kind:
            case "participant.joined":
                self._joined(at, body)
            case "participant.left" if str(body.get("participant")) in self.people:
                self.people[str(body["participant"])].left_at = at
            case "chat.message" if isinstance(body.get("text"), str):
                self.messages.append(Message(at=at, by=by, text=_text(body["text"])))
            case "consent.changed":
                entry = consent.read(event, body)
                self.ledger += [] if entry is None else [entry]
                self.unreadable += entry is None
            case "hint.shown":
                hint, version = _text(body.get("hint")), _text(body.get("text_version"))
                text = body.get("text")
                words = text if isinstance(text, str) and is_version(text) else ""
                self.hints.append(Hint(at=at, by=by, hint=hint, text_version=version, text=words))
            case "file.shared":
                self._shared(at, by, body)
            case "file.removed":
                file = self.files.get(str(body.get("file")))
                if file is not None and file.by == by:
                    file.state = "removed"

    def record(self, part: Part) -> None:
        """A part of a recording that is kept. Whoever else it shows has rights of their own."""
        own = self.prospect is not None and self.prospect.id == part.participant
        self.recordings[part.id] = RecordingThere(
            id=part.id, by=part.participant, began_at=moment(part.began_ms),
            ended_at=moment(part.ended_ms or part.last_ms), size=part.size,
            state="own" if own else "other",
        )  # fmt: skip
        if own:
            self.parts[part.id] = part

    def _joined(self, at: datetime, body: Mapping[str, Any]) -> None:
        id = str(body.get("participant"))
        if isinstance(body.get("after"), dict):
            self.handed = body["after"]
        if id not in self.people:
            self.people[id] = PersonThere(
                id=id, role=_text(body.get("role")), name=_text(body.get("name")),
                title=_text(body.get("title")), joined_at=at,
            )  # fmt: skip

    def _shared(self, at: datetime, by: str, body: Mapping[str, Any]) -> None:
        id, size = body.get("file"), body.get("size")
        if not isinstance(id, str) or not _is_hex(id) or not isinstance(size, int):
            return
        self.files.setdefault(
            id,
            FileThere(
                id=id, at=at, by=by, name=_text(body.get("name")), type=_text(body.get("type")),
                size=size, sha256=_text(body.get("sha256")), on_board=body.get("board") is True,
                state="missing",
            ),
        )  # fmt: skip


async def read_dossier(
    vault: Vault,
    files: Files,
    audit: Audit,
    lifecycle: Lifecycle,
    notices: Notices,
    corrections: Corrections,
    requests: Requests,
    disclosures: Disclosures,
    recordings: Recordings,
    leave: Leave,
) -> Dossier:
    """All of it, on its way to the person. The audit row is first.

    Raises LookupError, Shredded, Unknown, and for the house Refused("session.restricted").
    """
    leave.expect(SHOW, COPY, FILE, BY_HAND)
    session = leave.session
    view = await lifecycle.view(session)
    if view is None:
        raise LookupError("there is no such session")
    dossier = Dossier(view, leave)
    async for read in vault.open_log(leave):
        dossier.take(read)
    for id, file in dossier.files.items():
        kept = await files.find(session, FileId(id))
        if file.state != "removed":
            file.state = held(kept)
        if kept is not None and file.state == "included":
            dossier.blobs[id] = kept
    for part in await recordings.of(session):
        dossier.record(part)
    dossier.words = await _words(dossier, notices)
    dossier.requests = await requests.told(session)
    await _set_right(dossier, corrections)
    known, today = await disclosures.of(session), day_of(wall_clock_ms())
    untold = {one.id for one in known if not one.is_told(today)}
    dossier.disclosed = [one for one in known if one.state == "handed" and one.id not in untold]
    dossier.openings = [
        _opening(entry) for entry in await audit.about(session)
        if untold.isdisjoint([*entry.about.split(), *entry.action.split()])
    ]  # fmt: skip
    return dossier


async def _set_right(dossier: Dossier, corrections: Corrections) -> None:
    """The name as it stands now; what it was before is in the list of corrections."""
    dossier.corrections = await corrections.of(dossier.view.session)
    if dossier.prospect and any(one.field != "addition" for one in dossier.corrections):
        try:
            details = await corrections.details(dossier.view.session)
        except Unreadable:
            dossier.unreadable += 1
        else:
            dossier.prospect.name = details.name.full


async def _words(dossier: Dossier, notices: Notices) -> dict[str, Words]:
    """The words of every version that the session names, as far as they are archived."""
    edition = dossier.view.edition
    named = {one.text for one in dossier.ledger} | {one.text for one in dossier.hints}
    if edition is not None:
        listed = await notices.edition(edition)
        named |= {edition, *(listed or {}).values()}
    texts = await notices.texts(named)
    return {
        term.version: Words(
            version=term.version, name=term.name, language=term.language, text=texts[term.version]
        )
        for term in await notices.terms()
        if term.version in texts
    }


def moment(at_ms: int) -> datetime:
    """Milliseconds of UTC as a time."""
    return datetime.fromtimestamp(at_ms / 1_000, UTC)


def held(kept: FileView | None) -> Held:
    """What becomes of a file of which this is kept."""
    if kept is None:
        return "missing"
    if kept.state is not FileState.WHOLE:
        return "unfinished"
    return "infected" if kept.verdict is Verdict.INFECTED else "included"


def _opening(entry: Entry) -> Opening:
    by: Literal["receipt", "scanner", "recorder", "house"] = "house"
    if entry.actor == ACTOR:
        by = "receipt"
    elif entry.actor == SCANNER:
        by = "scanner"
    elif entry.actor == RECORDER:
        by = "recorder"
    file = entry.about[1:] if entry.about.startswith("/") else None
    reason = "" if file is not None or by != "house" else entry.about.strip()
    return Opening(at=moment(entry.at_ms), by=by, action=entry.action, reason=reason, file=file)


def _text(given: object) -> str:
    """What was meant as a text, so that it can be written anywhere."""
    if not isinstance(given, str):
        return ""
    return given[:_MAX_TEXT].encode("utf-8", "replace").decode()


def _is_hex(text: str) -> bool:
    return len(text) == 32 and not set(text) - set("0123456789abcdef")
