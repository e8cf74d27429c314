"""The package for an authority: of one session the categories that were approved, and no more.

A ZIP with the data as JSON, files, the board, and a manifest, signed by the house and sealed for
its recipient while it is sent: nothing of it is ever on a disk here. Before it is sealed, the same
session gives the same bytes, so that the hash in the audit chain can be proved later.
"""

import asyncio
import hashlib
from base64 import b64encode
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from sessions.age import Sealing
from sessions.corrections import Corrections
from sessions.disclosures import Disclosure
from sessions.envelope import Unreadable
from sessions.events import FileId, Role, SessionId, participant_of
from sessions.exit import Leave
from sessions.file_views import FileView
from sessions.files import Files
from sessions.keys import MasterKeys
from sessions.lifecycle import SessionView
from sessions.vault import Vault
from sessions.ways import AUTHORITY
from web.dossier import Dossier, held
from web.package import drawings, safe_name
from web.parcel import Parcel
from whiteboard.render import file_ids
from whiteboard.scene import ordered

FORMAT: Final = "visavis/disclosure/2"
_FIELDS: Final[dict[str, tuple[str, tuple[str, ...]]]] = {  # kind: category, fields of its body
    "participant.joined": ("names", ("participant", "name", "role")),
    "chat.message": ("chat", ("text",)),
    "consent.changed": ("consents", ("purpose", "given", "text_version")),
}
_LAID: Final = {"files": ("file.",), "board": ("board.", "participant.joined")}  # beginnings


@dataclass(slots=True)
class Handover:
    """One package, read and ready to be sent. `digest` is there once every piece was taken."""

    disclosure: Disclosure
    vault: Vault
    signing: MasterKeys
    leave: Leave
    data: dict[str, Any]
    dossier: Dossier
    digest: str = ""

    async def sealed(self, sealing: Sealing) -> AsyncIterator[bytes]:
        """The package as its recipient gets it. Raises Unknown."""
        digest = hashlib.sha256()

        async def hashed() -> AsyncIterator[bytes]:
            async for piece in self._pieces():
                digest.update(piece)
                yield piece

        async for out in sealing.over(hashed()):
            yield out
        self.digest = digest.hexdigest()

    async def _pieces(self) -> AsyncIterator[bytes]:
        decided = datetime.fromtimestamp((self.disclosure.decided_ms or 0) / 1_000, UTC)
        with Parcel(decided.timetuple()[:6]) as parcel:
            pictures: dict[str, bytes] = {}
            on_board = {id[:32] for id in file_ids(ordered(self.dossier.fold.scene))}
            for number, (id, file) in enumerate(self.dossier.blobs.items(), 1):
                told = self.dossier.files[id]
                path = f"files/{number:02}-{safe_name(told.name)}"
                kept: list[bytes] | None = [] if id in on_board else None
                try:
                    async for piece in parcel.pour(path, self._file(file), kept):
                        yield piece
                except (LookupError, Unreadable):
                    told.state = "unreadable"
                else:
                    told.path = path
                    if kept:
                        pictures[id] = b"".join(kept)
            drawn = await asyncio.to_thread(drawings, self.dossier, pictures)
            for path, content in [*drawn.items(), ("data.json", self._told())]:
                yield parcel.add(path, content)
            manifest = orjson.dumps({
                "format": FORMAT, "disclosure": self.disclosure.id, "files": parcel.hashes,
            })  # fmt: skip
            signature = self.signing.sign(manifest)
            signed = orjson.dumps({
                "key": b64encode(signature.key).decode(),
                "signature": b64encode(signature.value).decode(),
            })  # fmt: skip
            for path, content in (("manifest.json", manifest), ("signature.json", signed)):
                yield parcel.add(path, content)
            yield parcel.end()

    def _told(self) -> bytes:
        """The data, once the fate of every file is known."""
        data = dict(self.data)
        if "files" in self.disclosure.categories:
            data["files"] = [one.model_dump(mode="json") for one in self.dossier.files.values()]
        if "board" in self.disclosure.categories:
            board = self.dossier.board()
            data["board"] = [] if board is None else board.elements
        return orjson.dumps(data, option=orjson.OPT_INDENT_2)

    def _file(self, file: FileView) -> AsyncIterator[bytes]:
        return self.vault.open_file(file, self.leave)


async def handover(
    vault: Vault,
    files: Files,
    corrections: Corrections,
    view: SessionView,
    disclosure: Disclosure,
    signing: MasterKeys,
    leave: Leave,
) -> Handover:
    """Read through the audited door what was approved.

    Raises Shredded, Refused("session.restricted"), Unknown.
    """
    leave.expect(AUTHORITY)
    categories = disclosure.categories
    data: dict[str, Any] = {
        "format": FORMAT, "disclosure": disclosure.id, "categories": list(categories),
    }  # fmt: skip
    if "times" in categories:
        data["times"] = {
            "created": _at(view.created_ms), "accepted": _at(view.accepted_ms),
            "ended": _at(view.ended_ms),
        }  # fmt: skip
    wanted = {
        kind: (category, fields) for kind, (category, fields) in _FIELDS.items()
        if category in categories
    }  # fmt: skip
    laid = tuple(kind for one in categories for kind in _LAID.get(one, ()))
    data |= {category: [] for category, _ in wanted.values()}
    dossier = Dossier(view, leave)
    if wanted or laid:  # else no key is used at all
        async for read in vault.open_log(leave):
            kind = read.event.kind
            if laid and kind.startswith(laid):
                dossier.take(read)
            if read.body is None or kind not in wanted:
                continue
            category, fields = wanted[kind]
            said = {name: read.body[name] for name in fields if name in read.body}
            by = participant_of(read.event.sender) if category != "names" else ""
            data[category].append({"at": _at(read.event.at_ms), "by": by, **said})
    if "names" in categories:
        await _set_right(data["names"], corrections, view.session)
    for id, file in dossier.files.items():
        kept = await files.find(view.session, FileId(id))
        if file.state != "removed":
            file.state = held(kept)
        if kept is not None and file.state == "included":
            dossier.blobs[id] = kept
    return Handover(disclosure, vault, signing, leave, data, dossier)


async def _set_right(
    names: list[dict[str, Any]], corrections: Corrections, session: SessionId
) -> None:  # fmt: skip
    """The name as the person corrected it, marked as such; what was before is for nobody else."""
    if not await corrections.counts([session]):
        return
    right = (await corrections.details(session)).name.full
    for one in names:
        if one.get("role") == Role.PROSPECT and one.get("name") != right:
            one |= {"name": right, "corrected": True}


def _at(at_ms: int | None) -> str | None:
    return None if at_ms is None else datetime.fromtimestamp(at_ms / 1_000, UTC).isoformat()
