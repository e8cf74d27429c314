"""What leaves the archive: a session's board, and its documents with what was drawn on them.

Asked for at the command line with a reason, which is in the audit log before any key is used.
Carried out by the process that serves, or here while none does.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, NamedTuple

import orjson
from pydantic import BaseModel, ConfigDict, StringConstraints

from sessions.audit import Audit
from sessions.database import DatabaseInUse
from sessions.envelope import Unreadable
from sessions.events import FileId, Refused, SessionId, participant_of
from sessions.exit import Exit, Leave
from sessions.file_views import FileState, Verdict
from sessions.files import Files
from sessions.holds import Holds
from sessions.keys import Shredded
from sessions.log import Log
from sessions.vault import Vault
from sessions.ways import BOARD
from web.house import opened
from web.settings import Settings
from web.staff import OrderFailed, ServerSilent, Taker, ask_server, socket_path
from whiteboard import pages
from whiteboard.bounded import Failed
from whiteboard.render import file_ids
from whiteboard.scene import Fold, ordered

PATH: Final = "/exports"
_SECONDS: Final = 1_800

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]


class Wanted(BaseModel):
    """Whose board, as what, who wants it, and why."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    session: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
    format: pages.Format
    documents: bool
    actor: Line
    reason: Line


class Exported(NamedTuple):
    """The board, its documents by file id, and what is missing from them."""

    board: bytes
    documents: Mapping[str, bytes]
    problems: Mapping[str, str]  # fileId of an element: code
    unreadable: int  # events that did not open

    def packed(self) -> bytes:
        """One line about it, then the files one after the other."""
        sizes = {id: len(data) for id, data in self.documents.items()}
        line = {"board": len(self.board), "documents": sizes, "problems": dict(self.problems),
                "unreadable": self.unreadable}  # fmt: skip
        return b"".join([orjson.dumps(line), b"\n", self.board, *self.documents.values()])

    @classmethod
    def unpacked(cls, data: bytes) -> "Exported":
        line, _, rest = data.partition(b"\n")
        told = orjson.loads(line)
        board, rest = rest[: told["board"]], rest[told["board"] :]
        documents = {}
        for id, size in told["documents"].items():
            documents[id], rest = rest[:size], rest[size:]
        return cls(board, documents, told["problems"], told["unreadable"])


@dataclass
class _Told:
    """What the log tells: the board, and which files were shared and not taken back."""

    fold: Fold = field(default_factory=Fold)
    shared: dict[str, str] = field(default_factory=dict)  # file: who
    unreadable: int = 0

    def take(self, kind: str, participant: str, body: dict[str, Any] | None) -> None:
        if body is None:
            self.unreadable += 1
            return
        self.fold.apply(kind, participant, body)  # type: ignore[arg-type]
        if kind == "file.shared":
            self.shared.setdefault(str(body.get("file")), participant)
        elif kind == "file.removed" and self.shared.get(str(body.get("file"))) == participant:
            del self.shared[str(body["file"])]


async def export(exit: Exit, vault: Vault, files: Files, wanted: Wanted) -> Exported:
    """Read the log, the files that lie on the board, and draw. Raises OrderFailed."""
    session, told = SessionId(wanted.session), _Told()
    try:
        leave = await exit.leave(BOARD, actor=wanted.actor, ground=wanted.reason, of=session)
        async for read in vault.open_log(leave):
            told.take(read.event.kind, participant_of(read.event.sender), read.body)
        contents, problems = await _contents(vault, files, told, leave)
    except LookupError:
        raise OrderFailed("There is no such session.") from None
    except Shredded:
        raise OrderFailed("The key of this session was erased: nothing of it opens.") from None
    except Refused:
        raise OrderFailed("This session is held or restricted: nobody may open it now.") from None
    try:
        return await asyncio.to_thread(_drawn, told, wanted, contents, problems)
    except Failed as failed:
        raise OrderFailed(f"The board cannot be drawn: {failed.why}.") from None


async def _contents(
    vault: Vault, files: Files, told: _Told, leave: Leave
) -> tuple[dict[str, bytes], dict[str, str]]:
    """The files on the board in clear, and why which of them is missing."""
    contents: dict[str, bytes] = {}
    problems: dict[str, str] = {}
    for id in dict.fromkeys(id[:32] for id in file_ids(ordered(told.fold.scene))):
        file = await files.find(leave.session, FileId(id)) if id in told.shared else None
        if file is None or file.state is not FileState.WHOLE:
            problems[id] = "file.missing"
        elif file.verdict is Verdict.INFECTED:
            problems[id] = "file.infected"
        else:
            try:
                parts = vault.open_file(file, leave)
                contents[id] = b"".join([part async for part in parts])
            except (LookupError, Unreadable):
                problems[id] = "file.unreadable"
    return contents, problems


def _drawn(
    told: _Told, wanted: Wanted, contents: Mapping[str, bytes], problems: Mapping[str, str]
) -> Exported:
    scene = told.fold.scene
    board = pages.board(scene, contents, wanted.format)
    wanting = dict(board.problems)
    documents = {}
    for id in pages.documents(scene) if wanted.documents else ():
        if id in contents:
            file = pages.document(scene, id, contents)
            documents[id] = file.data
            wanting |= file.problems
    known = {id: problems.get(id[:32], code) for id, code in wanting.items()}
    return Exported(board.data, documents, known, told.unreadable)


def taker(exit: Exit, vault: Vault, files: Files) -> Taker:
    """What exports in the process that serves."""

    async def take(data: bytes) -> bytes:
        return (await export(exit, vault, files, Wanted.model_validate_json(data))).packed()

    return take


async def order_export(settings: Settings, wanted: Wanted) -> Exported:
    """Export here, or let the serving process do it. Raises OrderFailed."""
    if socket_path(settings).is_socket() and not settings.on_files:
        with suppress(ServerSilent):
            return await _asked(settings, wanted)
    try:
        async with opened(settings) as house:
            files = Files(house.database, house.blobs)
            log, audit = Log(house.database), Audit(house.database)
            vault = Vault(house.keys, log, files, audit, Holds(house.database))
            return await export(house.exit, vault, files, wanted)
    except DatabaseInUse:
        return await _asked(settings, wanted)
    except ConnectionError as reason:
        raise OrderFailed(f"{str(reason).capitalize()}.") from None


async def _asked(settings: Settings, wanted: Wanted) -> Exported:
    return Exported.unpacked(await ask_server(settings, PATH, wanted, seconds=_SECONDS))
