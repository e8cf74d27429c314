"""Handing sessions to another house, when a part of the company is sold: out, in, and done.

The file holds what the databases and blobs hold, sealed as it is; each session's key is sealed for
the other house alone. Erased here is only what the other house has shown to have, object by object.
"""

import hashlib
import zipfile
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

import orjson
from pydantic import ValidationError

from sessions.audit import Audit
from sessions.blobs import PART_BYTES, parts_of
from sessions.clock import wall_clock_ms
from sessions.envelope import Unreadable
from sessions.events import FileId, Refused, SessionId, is_id
from sessions.key_handover import KeyHandover
from sessions.keys import Shredded, Signature
from sessions.transfer import Portrait, Transfer, counts_of, digestible
from sessions.ways import SUCCESSOR
from web.dossier import moment
from web.house import House
from web.staff import OrderFailed
from web.transfer_told import Facts, Line, Manifest, Taken

_HALF: Final = 32  # bytes of a house's key: first what is sealed for, then what signs
_WHOLE: Final = "whole"


class Desk:
    """A house from which, or to which, sessions go."""

    def __init__(self, house: House, *, actor: str) -> None:
        self._blobs = house.blobs
        self._master = house.keys.master
        self._keys = KeyHandover(house.key_store, house.keys.master)
        self._transfer = Transfer(house.database)
        self._audit = Audit(house.database)
        self._exit = house.exit
        self._actor = actor

    @property
    def key(self) -> str:
        """What the other house is told, by a way on which nobody can change it."""
        return _plain(self._keys.public + self._master.public_keys()[0])

    async def hand_out(
        self, file: IO[bytes], to: str, topics: frozenset[str] | None
    ) -> tuple[list[Line], int]:
        """Write it all; whom to inform, and how many sessions stay because they may not go.

        Raises OrderFailed, Unknown.
        """
        recipient = _key(to)[:_HALF]
        ready, staying = await self._transfer.ready(topics)
        lines: list[Line] = []
        facts: list[Facts] = []
        with zipfile.ZipFile(file, "w") as archive:
            notices = orjson.dumps(await self._transfer.notices())
            archive.writestr("notices.json", notices, zipfile.ZIP_DEFLATED)
            for session in ready:
                portrait = await self._transfer.portrait(session)
                if portrait is None:
                    continue  # erased meanwhile
                leave = await self._exit.leave(
                    SUCCESSOR, actor=self._actor, ground=_short(to), of=session
                )
                await self._transfer.leaving(session, _short(to), wall_clock_ms())
                try:
                    sealed = await self._keys.seal(leave, recipient)
                except Shredded:
                    staying += 1
                    continue
                except ValueError:
                    raise OrderFailed("This is no key of another house.") from None
                parts = await self._parts(session, portrait, archive)
                archive.writestr(f"keys/{session}", sealed)
                rows = digestible(portrait)
                archive.writestr(f"rows/{session}.json", rows, zipfile.ZIP_DEFLATED)
                facts.append(_facts(session, portrait, parts))
                lines.append(_line(session, portrait))
            manifest = Manifest(
                by=self.key, to=to, made_at=moment(wall_clock_ms()).isoformat(),
                notices=_hash(notices), sessions=facts,
            )  # fmt: skip
            self._signed_into(archive, manifest)
        return lines, staying

    async def take_in(self, source: Path, sender: str) -> tuple[int, bytes]:
        """Have what is in the file; how much of it is new, and what says so to the sender.

        Raises OrderFailed, Unknown.
        """
        with _opened(source) as archive:
            manifest, digest = _manifest(archive, sender)
            if manifest.to != self.key:
                raise OrderFailed("This file was made for another house.")
            notices = archive.read("notices.json")
            _expect(_hash(notices) == manifest.notices)
            await self._transfer.take_notices(orjson.loads(notices))
            fresh = 0
            for one in manifest.sessions:
                _expect(is_id(one.id))
                fresh += await self._taken(archive, one)
            there = [await self._there(SessionId(one.id)) for one in manifest.sessions]
        said = Taken(by=self.key, manifest=digest, sessions=there).model_dump_json().encode()
        return fresh, said + b"\n" + _signature(self._master.sign(said))

    async def settled(
        self, source: Path, acknowledgement: bytes, by: str
    ) -> tuple[list[SessionId], int]:
        """The sessions that the other house has as they are here now; and how many of those in the
        file are here otherwise, or not there. Raises OrderFailed.
        """
        said, _, line = acknowledgement.rstrip(b"\n").rpartition(b"\n")
        _expect(_signs(line, said, by))
        try:
            taken = Taken.model_validate_json(said)
        except ValidationError:
            raise OrderFailed(_DAMAGED) from None
        with _opened(source) as archive:
            manifest, digest = _manifest(archive, self.key)
        if (taken.manifest, taken.by, manifest.to) != (digest, by, by):
            raise OrderFailed("This acknowledges another file.")
        theirs = {one.id: one for one in taken.sessions}
        same: list[SessionId] = []
        other = 0
        for one in manifest.sessions:
            session = SessionId(one.id)
            if await self._transfer.portrait(session) is None:
                continue  # erased by now
            if theirs.get(one.id) == one == await self._there(session):
                same.append(session)
            else:
                other += 1
        return same, other

    # ---- inside

    async def _taken(self, archive: zipfile.ZipFile, one: Facts) -> bool:
        """Key and parts come first: rows that are there can be read."""
        session = SessionId(one.id)
        rows = archive.read(f"rows/{session}.json")
        _expect(_hash(rows) == one.rows)
        await self._audit.record(self._actor, "transfer in", session)
        for path, digest in one.parts.items():
            file, _, part = path.partition("/")
            _expect(is_id(file) and part.isascii() and part.isdigit())
            data = archive.read(f"parts/{session}/{path}")
            _expect(_hash(data) == digest and len(data) <= PART_BYTES)
            await self._blobs.put(session, FileId(file), int(part), data)
        try:
            await self._keys.take(session, archive.read(f"keys/{session}"))
            return await self._transfer.take(session, orjson.loads(rows))
        except Unreadable:
            raise OrderFailed("A key in this file does not open.") from None
        except Refused as refused:
            raise OrderFailed(f"{session}: {_WHY.get(refused.code, refused.code)}") from None

    async def _there(self, session: SessionId) -> Facts:
        """What we have of it, read anew."""
        portrait = await self._transfer.portrait(session)
        if portrait is None:
            raise OrderFailed(f"{session} is not here.")
        return _facts(session, portrait, await self._parts(session, portrait))

    async def _parts(
        self, session: SessionId, portrait: Portrait, archive: zipfile.ZipFile | None = None
    ) -> dict[str, str]:
        """The hash of each part of its files; written to `archive` as well. Raises OrderFailed."""
        found: dict[str, str] = {}
        for id, size in _whole_files(portrait):
            for part in range(parts_of(size)):
                length = min(PART_BYTES, size - part * PART_BYTES)
                try:
                    data = bytes(await self._blobs.get(session, FileId(id), part, 0, length))
                except LookupError:
                    raise OrderFailed(f"A part of a file of {session} is missing.") from None
                found[f"{id}/{part}"] = _hash(data)
                if archive is not None:
                    archive.writestr(f"parts/{session}/{id}/{part}", data)
        return found

    def _signed_into(self, archive: zipfile.ZipFile, manifest: Manifest) -> None:
        told = manifest.model_dump_json(indent=1).encode()
        archive.writestr("manifest.json", told)
        archive.writestr("manifest.sig", _signature(self._master.sign(told)))


_DAMAGED: Final = "This is not what left the other house."
_WHY: Final = {
    "transfer.erased": "it was erased here once, and does not come back",
    "transfer.other": "something else is here under this number",
    "transfer.other_release": "it was made by another release: bring both houses to the same one",
}


@contextmanager
def _opened(source: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(source) as archive:
            yield archive
    except (zipfile.BadZipFile, KeyError, ValueError) as reason:
        raise OrderFailed(f"{_DAMAGED[:-1]} ({type(reason).__name__}).") from None


def _manifest(archive: zipfile.ZipFile, sender: str) -> tuple[Manifest, str]:
    """With its hash. Raises OrderFailed for what this house did not sign."""
    told = archive.read("manifest.json")
    _expect(_signs(archive.read("manifest.sig"), told, sender))
    manifest = Manifest.model_validate_json(told)
    _expect(manifest.by == sender)
    return manifest, _hash(told)


def _facts(session: SessionId, portrait: Portrait, parts: dict[str, str]) -> Facts:
    rows = _hash(digestible(portrait))
    return Facts(id=session, rows=rows, counts=counts_of(portrait), parts=parts)


def _whole_files(portrait: Portrait) -> Iterable[tuple[str, int]]:
    return [(one["id"], one["size"]) for one in portrait["files"] if one["state"] == _WHOLE]


def _line(session: SessionId, portrait: Portrait) -> Line:
    [row], receipts = portrait["sessions"], portrait["receipts"]
    began = moment(row["created_ms"]).date().isoformat()
    number = receipts[0]["number"] if receipts else ""
    return Line(number, began, row["topic"] or "", row["language"], session)


def _key(text: str) -> bytes:
    try:
        key = b64decode(text, validate=True)
    except ValueError:
        key = b""
    if len(key) != 2 * _HALF:
        raise OrderFailed(
            "This is no key of another house: `visavis transfer key` prints it there."
        )
    return key


def _signature(signature: Signature) -> bytes:
    return _plain(signature.value).encode()


def _signs(line: bytes, data: bytes, house: str) -> bool:
    try:
        value = b64decode(line.strip(), validate=True)
    except ValueError:
        return False
    return Signature(_key(house)[_HALF:], value).signs(data)


def _expect(sound: bool) -> None:
    if not sound:
        raise OrderFailed(_DAMAGED)


def _short(key: str) -> str:
    return _hash(key.encode())[:16]


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _plain(data: bytes) -> str:
    return b64encode(data).decode()
