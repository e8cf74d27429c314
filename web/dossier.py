"""Everything that is kept of one session, read through the audited door for whom it belongs to.

What is read was sealed by browsers, which may seal anything: only what has the right shape counts.
It does not know how a copy is shown or packed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from sessions.audit import Audit, Entry
from sessions.events import FileId, SessionId, participant_of
from sessions.files import Files, FileState, FileView, Verdict
from sessions.lifecycle import Lifecycle, SessionView
from sessions.vault import PERSON, SCANNER, Read, Vault
from whiteboard.scene import Fold, ordered, scene_hash

ACTOR: Final = PERSON  # in the audit log: whoever has number and code
FORMAT: Final = "visavis/copy/1"
_MAX_TEXT: Final = 20_000
Hex = Annotated[str, Field(pattern=r"^[0-9a-f]*$")]
Held = Literal["included", "removed", "missing", "infected", "unfinished", "unreadable"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PersonThere(_Part):
    """Somebody who was in the session."""

    id: Hex
    role: str
    name: str
    title: str = ""
    joined_at: datetime
    left_at: datetime | None = None


class Message(_Part):
    """Something said in the chat; `by` is the id of a person."""

    at: datetime
    by: Hex
    text: str


class Consent(_Part):
    """A consent that was given or withdrawn, and the version of the words that were shown."""

    at: datetime
    by: Hex
    purpose: str
    given: bool
    text_version: str


class Hint(_Part):
    """A hint that this person was shown, and the version of its words."""

    at: datetime
    by: Hex
    hint: str
    text_version: str


class FileThere(_Part):
    """A file as its sender described it; `path`: where it lies in the package."""

    id: Hex
    at: datetime
    by: Hex
    name: str
    type: str
    size: int
    sha256: str
    on_board: bool
    state: Held
    path: str | None = None


class BoardThere(_Part):
    """The board at the end: its elements as they are stored, and pictures of it."""

    sha256: Hex
    elements: list[dict[str, Any]]
    pdf: str | None = None
    picture: str | None = None


class Opening(_Part):
    """Somebody used the key of the session: with this receipt, the virus scanner, or the house."""

    at: datetime
    by: Literal["receipt", "scanner", "house"]
    action: str
    reason: str
    file: Hex | None = None


class Answerable(_Part):
    """Who answers for the data, and how to reach them."""

    name: str
    street: str
    city: str
    email: str
    phone: str


class Notice(_Part):
    """What the law wants said beside the data (Art. 15 GDPR)."""

    version: str
    controller: Answerable
    officer: Answerable
    purposes: str
    recipients: str
    retention: str
    rights: str
    source: str


class Copy(_Part):
    """A copy of everything that is kept of one session. Times are UTC (RFC 3339)."""

    format: Literal["visavis/copy/1"] = FORMAT
    number: str
    made_at: datetime
    language: str
    topic: str | None
    began_at: datetime
    accepted_at: datetime | None
    ended_at: datetime | None
    end_reason: str | None
    people: list[PersonThere]
    messages: list[Message]
    consents: list[Consent]
    hints: list[Hint]
    files: list[FileThere]
    board: BoardThere | None
    openings: list[Opening]
    unreadable_events: int
    notice: Notice


@dataclass
class Dossier:
    """A session as its log tells it. `files` by id, and `blobs` what is stored of them."""

    view: SessionView
    fold: Fold = field(default_factory=Fold)
    people: dict[str, PersonThere] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)
    consents: list[Consent] = field(default_factory=list)
    hints: list[Hint] = field(default_factory=list)
    files: dict[str, FileThere] = field(default_factory=dict)
    blobs: dict[str, FileView] = field(default_factory=dict)
    openings: list[Opening] = field(default_factory=list)
    unreadable: int = 0

    @property
    def prospect(self) -> PersonThere | None:
        return next((one for one in self.people.values() if one.role == "prospect"), None)

    @property
    def advisors(self) -> list[PersonThere]:
        return [one for one in self.people.values() if one.role == "advisor"]

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
            case "consent.changed" if isinstance(body.get("given"), bool):
                self.consents.append(
                    Consent(
                        at=at, by=by, purpose=_text(body.get("purpose")), given=body["given"],
                        text_version=_text(body.get("text_version")),
                    )
                )  # fmt: skip
            case "hint.shown":
                hint, version = _text(body.get("hint")), _text(body.get("text_version"))
                self.hints.append(Hint(at=at, by=by, hint=hint, text_version=version))
            case "file.shared":
                self._shared(at, by, body)
            case "file.removed":
                file = self.files.get(str(body.get("file")))
                if file is not None and file.by == by:
                    file.state = "removed"

    def _joined(self, at: datetime, body: Mapping[str, Any]) -> None:
        id = str(body.get("participant"))
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
    session: SessionId,
    *,
    number: str,
    action: str,
) -> Dossier:
    """All of it. The audit row is first. Raises LookupError, Shredded, Unknown."""
    view = await lifecycle.view(session)
    if view is None:
        raise LookupError("there is no such session")
    dossier = Dossier(view)
    async for read in vault.open_log(session, actor=ACTOR, action=action, reason=number):
        dossier.take(read)
    for id, file in dossier.files.items():
        kept = await files.find(session, FileId(id))
        if file.state != "removed":
            file.state = _held(kept)
        if kept is not None and file.state == "included":
            dossier.blobs[id] = kept
    dossier.openings = [_opening(entry) for entry in await audit.about(session)]
    return dossier


def moment(at_ms: int) -> datetime:
    """Milliseconds of UTC as a time."""
    return datetime.fromtimestamp(at_ms / 1_000, UTC)


def _held(kept: FileView | None) -> Held:
    if kept is None:
        return "missing"
    if kept.state is not FileState.WHOLE:
        return "unfinished"
    return "infected" if kept.verdict is Verdict.INFECTED else "included"


def _opening(entry: Entry) -> Opening:
    by: Literal["receipt", "scanner", "house"] = "house"
    if entry.actor == ACTOR:
        by = "receipt"
    elif entry.actor == SCANNER:
        by = "scanner"
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
