"""The package that a person takes home: a readable page, the same as data, files, board, proof.

It is made while it is sent. The manifest holds the hash of everything and is signed.
"""

import asyncio
import hashlib
import re
import zipfile
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson
from pydantic import ValidationError

from sessions import consent
from sessions.envelope import Unreadable
from sessions.events import ParticipantId, Seq
from sessions.keys import Signature
from sessions.notices import version_of
from sessions.recordings import Part, Recordings
from sessions.vault import Vault
from web.copy_schema import FORMAT, Consent, Copy
from web.dossier import Dossier
from web.parcel import Parcel
from web.reels import reel
from whiteboard import pages
from whiteboard.bounded import Failed
from whiteboard.render import file_ids
from whiteboard.scene import ordered

MANIFEST_FORMAT: Final = "visavis/manifest/1"
_MAX_NAME: Final = 80
Contents = Mapping[str, bytes]


class Damaged(Exception):
    """The package is not what left the house; the text says where."""


@dataclass(slots=True)
class Package:
    """One package in the making."""

    dossier: Dossier
    vault: Vault
    recordings: Recordings
    sign: Callable[[bytes], Signature]
    copy: Callable[[], Copy]  # asked for once the fate of every file is known
    page: Callable[[Copy], str]
    readme: str

    async def pieces(self) -> AsyncIterator[bytes]:
        """The ZIP, piece by piece. Raises Unknown."""
        made = self.copy().made_at
        stamp = (made.year, made.month, made.day, made.hour, made.minute, made.second)
        with Parcel(stamp) as parcel:
            pictures: dict[str, bytes] = {}
            on_board = {id[:32] for id in file_ids(ordered(self.dossier.fold.scene))}
            for id, path in self._paths().items():
                kept: list[bytes] | None = [] if id in on_board else None
                try:
                    async for piece in parcel.pour(path, self._file(id), kept):
                        yield piece
                except (LookupError, Unreadable):
                    self.dossier.files[id].state = "unreadable"
                else:
                    self.dossier.files[id].path = path
                    if kept:
                        pictures[id] = b"".join(kept)
            if self.dossier.parts:
                await self.vault.unlock_recordings(self.dossier.leave)
            for number, (id, recorded) in enumerate(self.dossier.parts.items(), 1):
                path, told = f"recordings/{number:02}.webm", self.dossier.recordings[id]
                try:
                    async for piece in parcel.pour(path, self._recorded(recorded)):
                        yield piece
                except (LookupError, Unreadable):
                    told.state = "unreadable"
                else:
                    told.path = path
            drawn = await asyncio.to_thread(drawings, self.dossier, pictures)
            for path, data in drawn.items():
                yield parcel.add(path, data)
            copy = self.copy()
            if copy.board is not None:
                copy.board.pdf = "board/board.pdf" if "board/board.pdf" in drawn else None
                copy.board.picture = "board/board.png" if "board/board.png" in drawn else None
            yield parcel.add("data.json", copy.model_dump_json(indent=1).encode())
            yield parcel.add("index.html", self.page(copy).encode())
            yield parcel.add("README.txt", self.readme.encode())
            manifest = orjson.dumps(
                {"format": MANIFEST_FORMAT, "number": copy.number,
                 "made_at": copy.made_at.isoformat(), "files": parcel.hashes},
                option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS,
            )  # fmt: skip
            yield parcel.add("manifest.json", manifest)
            yield parcel.add("manifest.sig", signature_line(self.sign(manifest)).encode())
            yield parcel.end()

    def _paths(self) -> dict[str, str]:
        """Where each file lies; numbered, because two may have one name."""
        return {
            id: f"files/{number:02}-{safe_name(self.dossier.files[id].name)}"
            for number, id in enumerate(self.dossier.blobs, 1)
        }

    def _recorded(self, part: Part) -> AsyncIterator[bytes]:
        return reel(self.vault, self.recordings, part, 0, part.size, actor=self.dossier.leave.actor)

    def _file(self, id: str) -> AsyncIterator[bytes]:
        return self.vault.open_file(self.dossier.blobs[id], self.dossier.leave)


def drawings(dossier: Dossier, contents: Contents) -> dict[str, bytes]:
    """The board as a document and as a picture; nothing where there is none, or it is too much."""
    if dossier.board() is None:
        return {}
    try:
        return {
            f"board/board.{format}": pages.board(dossier.fold.scene, contents, format).data
            for format in ("pdf", "png")
        }
    except Failed:
        return {}


def signature_line(signature: Signature) -> str:
    """`ed25519 <public key> <signature>`, both in base64."""
    return f"ed25519 {_base64(signature.key)} {_base64(signature.value)}\n"


def read_signature(line: str) -> Signature:
    """Raises ValueError for what is none."""
    kind, key, value = line.split()
    if kind != "ed25519":
        raise ValueError("an unknown kind of signature")
    return Signature(b64decode(key, validate=True), b64decode(value, validate=True))


def verify_package(path: str, keys: list[bytes]) -> Copy:
    """The copy in a package, if it is whole and signed with one of these keys; else Damaged."""
    try:
        with zipfile.ZipFile(path) as archive:
            return _verified(archive, keys)
    except ValidationError as wrong:
        first = wrong.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "its beginning"
        raise Damaged(f"data.json does not fit {FORMAT} at {where}: {first['msg']}") from None
    except (zipfile.BadZipFile, KeyError, ValueError) as reason:
        raise Damaged(f"this is no package of ours: {type(reason).__name__}") from None


def _verified(archive: zipfile.ZipFile, keys: list[bytes]) -> Copy:
    manifest = archive.read("manifest.json")
    signature = read_signature(archive.read("manifest.sig").decode("ascii"))
    if signature.key not in keys:
        raise Damaged("signed with a key that is none of those expected")
    if not signature.signs(manifest):
        raise Damaged("the manifest was changed")
    listed: dict[str, dict[str, Any]] = orjson.loads(manifest)["files"]
    there = set(archive.namelist())
    if there != {*listed, "manifest.json", "manifest.sig"} or len(there) != len(archive.namelist()):
        raise Damaged("a file is missing, or there is one too many")
    for name, told in listed.items():
        digest = hashlib.sha256()
        with archive.open(name) as entry:
            while piece := entry.read(1 << 20):
                digest.update(piece)
        if digest.hexdigest() != told["sha256"]:
            raise Damaged(f"{name} was changed")
    copy = Copy.model_validate_json(archive.read("data.json"))
    expect_sound(copy)
    return copy


def expect_sound(copy: Copy) -> None:
    """Damaged where the ledger of consents lacks an entry, or words are not those of their version.

    Copies of the release before name neither.
    """
    if any(version_of(one.text) != one.version for one in copy.words):
        raise Damaged("the words of a notice are not those of its version")
    entries = [_entry(one) for one in copy.consents if one.digest]
    told = {one.seq: (one.digest, one.link) for one in copy.consents}
    for entry, link in consent.links(entries):
        if link == "broken" or told[entry.seq] != (entry.digest, link):
            raise Damaged("a consent is missing, or was changed")


def _entry(one: Consent) -> consent.Entry:
    return consent.Entry(
        seq=Seq(one.seq), at_ms=0, by=ParticipantId(one.by), purpose=one.purpose, given=one.given,
        text_version=one.text_version, text=one.text, previous=one.previous,
    )  # fmt: skip


def safe_name(name: str) -> str:
    """A name that no system takes for a path or a command."""
    kept = re.sub(r"[^\w.\- ]+", "_", name).strip(" ._-")[-_MAX_NAME:].strip(" ._-")
    return kept or "datei"


def _base64(data: bytes) -> str:
    return b64encode(data).decode()
