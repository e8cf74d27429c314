"""Blobs: sealed parts of files, in a directory or in an object store that speaks S3.

What `put` returned from is durable. It cannot read what it keeps, and knows it by ids alone.
"""

import asyncio
import logging
import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, S3Store

from sessions.envelope import SEALED_CHUNK_BYTES
from sessions.events import FileId, SessionId, Unknown, is_id

PART_BYTES: Final = 64 * SEALED_CHUNK_BYTES  # what is stored at once; the last part may be shorter
_PUTS_AT_ONCE: Final = 6  # each is in memory once more meanwhile
_TIMEOUT: Final = timedelta(seconds=20)
_SOON: Final = timedelta(seconds=5)
TROUBLE: Final = (BaseError, OSError)  # what a store may raise by itself
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class S3Access:
    """How to reach a store; what is None is found as the cloud's own tools would."""

    endpoint: str | None = None
    region: str | None = None
    access_key: str | None = None
    secret_key: str | None = None


def expect_blobs_url(url: str) -> str:
    """The URL, if it names a store that we have; else ValueError, in plain words."""
    parts = urlsplit(url)
    if parts.query or parts.fragment or parts.username or parts.password:
        raise ValueError("expected nothing but a place: the keys have settings of their own")
    if parts.scheme == "s3" and parts.netloc:
        return url
    if parts.scheme == "file" and not parts.netloc and parts.path.startswith("/"):
        return url
    raise ValueError("expected file:///directory or s3://bucket/prefix")


def folder_of(url: str) -> Path | None:
    """The directory that a URL names, if it does."""
    parts = urlsplit(url)
    return Path(unquote(parts.path)) if parts.scheme == "file" else None


class Blobs:
    def __init__(self, store: ObjectStore, folder: Path | None = None) -> None:
        self._store = store
        self._folder = folder  # set: a directory, of which we see to it ourselves that it is kept
        self._turns = asyncio.Semaphore(_PUTS_AT_ONCE)

    @classmethod
    def open(cls, url: str, access: S3Access | None = None) -> "Blobs":
        """The store at a URL, of which nothing is asked yet; a directory is made."""
        folder = folder_of(expect_blobs_url(url))
        if folder is None:
            parts = urlsplit(url)
            return cls(_s3(parts.netloc, parts.path.strip("/"), access or S3Access()))
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return cls(LocalStore(prefix=folder), folder)

    async def put(
        self, session: SessionId, file: FileId, part: int, data: bytes | memoryview
    ) -> None:
        """Keep a part; one of the same number is replaced. Raises Unknown: try again."""
        name = _name(session, file, part)
        try:
            async with self._turns:
                await obstore.put_async(self._store, name, data, use_multipart=False)
                if self._folder is not None:
                    await asyncio.to_thread(_sync, self._folder, name)
        except TROUBLE as trouble:
            raise _unknown("kept", trouble) from None

    async def get(
        self, session: SessionId, file: FileId, part: int, start: int, end: int
    ) -> memoryview:
        """Bytes of a part, up to but not `end`. LookupError: it is not there. Raises Unknown."""
        name = _name(session, file, part)
        try:
            found = await obstore.get_range_async(self._store, name, start=start, end=end)
        except FileNotFoundError:
            raise LookupError("a part of a file is missing") from None
        except TROUBLE as trouble:
            raise _unknown("read", trouble) from None
        if len(found) != end - start:
            raise LookupError("a part of a file is shorter than it was")
        return memoryview(found)

    async def delete(self, session: SessionId, file: FileId, parts: int) -> None:
        """Have no longer what there is of a file of so many parts. Again is no error."""
        try:
            if self._folder is not None:
                await asyncio.to_thread(_delete, self._folder, session, file)
            elif parts:
                names = [_name(session, file, part) for part in range(parts)]
                await obstore.delete_async(self._store, names)
        except FileNotFoundError:
            pass
        except TROUBLE as trouble:
            raise _unknown("deleted", trouble) from None

    async def delete_all(self, session: SessionId) -> None:
        """Have nothing more of this session, whatever rows still know of it. Again is no error."""
        try:
            if self._folder is not None:
                await asyncio.to_thread(_delete_all, self._folder, session)
            else:
                await self._delete_below(f"{session}/")
        except TROUBLE as trouble:
            raise _unknown("deleted", trouble) from None

    async def sessions(self) -> set[SessionId]:
        """The sessions of which anything is kept. Raises Unknown."""
        try:
            found = await obstore.list_with_delimiter_async(self._store)
        except TROUBLE as trouble:
            raise _unknown("listed", trouble) from None
        names = (prefix.strip("/").rpartition("/")[2] for prefix in found["common_prefixes"])
        return {SessionId(name) for name in names if is_id(name)}

    async def _delete_below(self, prefix: str) -> None:
        async for some in obstore.list(self._store, prefix):
            await obstore.delete_async(self._store, [one["path"] for one in some])

    # ---- notes: a few bytes in the clear that must outlive a restored database

    async def put_note(self, folder: str, name: str, text: bytes) -> None:
        """Keep a note; one of the same name is replaced. Raises Unknown."""
        place = f"{folder}/{name}"
        try:
            await obstore.put_async(self._store, place, text, use_multipart=False)
            if self._folder is not None:
                await asyncio.to_thread(_sync_note, self._folder, place)
        except TROUBLE as trouble:
            raise _unknown("kept", trouble) from None

    async def note(self, folder: str, name: str) -> bytes:
        """What a note says. Raises LookupError, Unknown."""
        try:
            found = await obstore.get_async(self._store, f"{folder}/{name}")
            return bytes(await found.bytes_async())
        except FileNotFoundError:
            raise LookupError("there is no such note") from None
        except TROUBLE as trouble:
            raise _unknown("read", trouble) from None

    async def notes(self, folder: str) -> set[str]:
        """The names of all notes of this kind. Raises Unknown."""
        names: set[str] = set()
        try:
            async for some in obstore.list(self._store, f"{folder}/"):
                names.update(one["path"].rpartition("/")[2] for one in some)
        except FileNotFoundError:
            return set()
        except TROUBLE as trouble:
            raise _unknown("listed", trouble) from None
        return names

    async def check(self) -> None:
        """Keep, read and delete something small. Raises whatever stands in the way."""
        name = f"check/{os.urandom(8).hex()}"
        await obstore.put_async(self._store, name, name.encode(), use_multipart=False)
        try:
            found = await obstore.get_range_async(self._store, name, start=0, end=len(name))
            if bytes(found) != name.encode():
                raise OSError("what was read is not what was kept")
        finally:
            await obstore.delete_async(self._store, name)


def parts_of(size: int) -> int:
    """In how many parts so many sealed bytes are kept."""
    return -(-size // PART_BYTES)


def _name(session: SessionId, file: FileId, part: int) -> str:
    return f"{session}/{file}/{part}"


def _unknown(what: str, trouble: Exception) -> Unknown:
    # Not its text, which repeats the store's answer and address.
    _log.error("a blob could not be %s: %s", what, type(trouble).__name__)
    return Unknown(f"a blob could not be {what}")


def _sync(folder: Path, name: str) -> None:
    """Let it survive a loss of power: the library puts nothing on the disk by force."""
    path = folder / name
    _flush(path)
    for directory in (path.parent, path.parent.parent, folder):
        _flush(directory)
        if not name.endswith("/0"):
            break  # the first part made the directories


def _flush(path: Path) -> None:
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _sync_note(folder: Path, place: str) -> None:
    path = folder / place
    for one in (path, path.parent, folder):
        _flush(one)


def _delete_all(folder: Path, session: SessionId) -> None:
    with suppress(FileNotFoundError):
        shutil.rmtree(folder / session)
    _flush(folder)


def _delete(folder: Path, session: SessionId, file: FileId) -> None:
    """With what a crash left half written beside the parts."""
    home = folder / session
    shutil.rmtree(home / file)
    _flush(home)
    try:
        home.rmdir()
    except OSError:
        return  # other files of the session are there
    _flush(folder)


def _s3(bucket: str, prefix: str, access: S3Access) -> S3Store:
    given: dict[str, Any] = {
        "endpoint": access.endpoint,
        "region": access.region,
        "access_key_id": access.access_key,
        "secret_access_key": access.secret_key,
    }
    plain = (access.endpoint or "").startswith("http://")  # a store of one's own, beside the node
    return S3Store(
        bucket,
        prefix=prefix or None,
        client_options={"allow_http": plain, "timeout": _TIMEOUT, "connect_timeout": _SOON},
        retry_config={"max_retries": 3, "retry_timeout": _TIMEOUT},
        **{name: value for name, value in given.items() if value is not None},
    )
