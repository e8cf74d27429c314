"""What a copy of a session holds: the schema of `data.json`, published for programs.

It does not know where anything comes from.
"""

from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from sessions import consent

FORMAT: Final = "visavis/copy/1"
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
    """A consent that was given or withdrawn. `text` is the version of the words that were shown.

    `digest` follows from the rest but `at`, `seq` and `by`, and this person's next entry names it
    as `previous` (PROTOCOL.md, Consents). `link` says whether what is named is there.
    """

    at: datetime
    by: Hex
    purpose: str
    given: bool
    text_version: str
    seq: int = 0
    text: Hex = ""
    previous: Hex = ""
    digest: Hex = ""
    link: consent.Link = "unlinked"


class Hint(_Part):
    """A hint that this person was shown, and the version of its words."""

    at: datetime
    by: Hex
    hint: str
    text_version: str
    text: Hex = ""


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


class RecordingThere(_Part):
    """A stretch of time in which one person was recorded; `path`: where it lies in the package.

    `state`: own; other: it shows somebody else, and is not handed out; unreadable.
    """

    id: Hex
    by: Hex
    began_at: datetime
    ended_at: datetime
    size: int
    state: Literal["own", "other", "unreadable"]
    path: str | None = None

    @property
    def lasting(self) -> str:
        """Minutes and seconds, as on a clock."""
        minutes, seconds = divmod(round((self.ended_at - self.began_at).total_seconds()), 60)
        return f"{minutes}:{seconds:02}"


class Opening(_Part):
    """Somebody used the key of the session: with this receipt, the virus scanner, the recorder,
    or the house.
    """

    at: datetime
    by: Literal["receipt", "scanner", "recorder", "house"]
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


class Corrected(_Part):
    """What this person set right. `field`: first_name, last_name, topic, or addition: a statement
    beside what was said. Everywhere else stands `after` alone.
    """

    at: datetime
    field: str
    before: str
    after: str


class Asked(_Part):
    """What this person asked of the house: for what, until when it answers, and the answer.

    `kind`: objection, of which `purpose` says against what, or question. `state`: open, granted,
    refused, withdrawn. `identity`: how it was made sure who asks, by the receipt.
    """

    id: Hex
    at: datetime
    kind: str
    purpose: str
    reason: str
    due_at: datetime
    extension: str
    state: str
    decided_at: datetime | None
    answer: str
    identity: str = "receipt"


class Disclosed(_Part):
    """What an authority was given. `sort`: police, prosecutor, court, supervisor, tax, other;
    `categories`: times, names, chat, consents, files, board.
    """

    at: datetime
    sort: str
    authority: str
    ground: str
    categories: list[str]


class Notified(_Part):
    """That somebody who had received something of this was to be told what became of it, and
    whether they were (Art. 19 GDPR). `recipient`: an authority, or what the key of another house
    is known by. `how`: letter, mail, person; why not: impossible, disproportionate; else "".
    """

    recipient: str
    kind: Literal["authority", "house"]
    fact: Literal["erased", "corrected", "restricted", "lifted"]
    since: datetime
    state: Literal["open", "told", "untold"]
    how: str
    at: datetime | None


class Continued(_Part):
    """That this session goes on from another: who handed the person on, to whom, and with what
    note. `number` is that of the other's receipt, if there is one.
    """

    number: str | None
    at: datetime
    by: str
    to: str | None
    reason: Literal["handed", "clarify", "documents", "interrupted"]
    note: str


class GoesOn(_Part):
    """That the person was handed on, into a session with this receipt, if there is one."""

    number: str | None


class Words(_Part):
    """The exact words of a version that is named somewhere: `version` is their SHA-256 in UTF-8."""

    version: Hex
    name: str
    language: str
    text: str


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
    edition: Hex | None = None  # of the notices that the session began with
    words: list[Words] = []
    corrections: list[Corrected] = []
    requests: list[Asked] = []
    continues: Continued | None = None
    goes_on: GoesOn | None = None
    disclosed: list[Disclosed] = []
    notified: list[Notified] = []
    recordings: list[RecordingThere] = []
    agency: str | None = None  # whom the person came to; null: the house
