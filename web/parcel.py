"""A ZIP that is written while it is sent, and the hash of everything in it.

Nothing of it is ever on a disk here, and of what is poured in never more than a piece in memory.
"""

import hashlib
import zipfile
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Any, Final, Self

_PACKED: Final = ("files/", "board/", "recordings/")  # most of these are packed by themselves
Stamp = tuple[int, int, int, int, int, int]  # year to second, of every entry


class _Pipe:
    """What the ZIP is written to: taken away as soon as it was written."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def taken(self) -> bytes:
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


class Parcel:
    """`hashes`: of every entry so far, its SHA-256 and its size in bytes."""

    def __init__(self, stamp: Stamp) -> None:
        self.hashes: dict[str, dict[str, Any]] = {}
        self._stamp = stamp
        self._pipe = _Pipe()
        to: Any = self._pipe  # it can only be written to, and that is enough
        self._archive = zipfile.ZipFile(to, "w")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._archive.close()

    def add(self, path: str, data: bytes) -> bytes:
        """Put it in whole; what is to be sent then."""
        self._archive.writestr(self._entry(path), data)
        self._note(path, hashlib.sha256(data).hexdigest(), len(data))
        return self._pipe.taken()

    async def pour(
        self, path: str, pieces: AsyncIterator[bytes], kept: list[bytes] | None = None
    ) -> AsyncIterator[bytes]:
        """Put it in as it comes; yields what is to be sent. `kept`: gets every piece as well.

        What `pieces` raises is raised, and the entry holds what came until then.
        """
        digest, size = hashlib.sha256(), 0
        try:
            with self._archive.open(self._entry(path), "w", force_zip64=True) as entry:
                async for piece in pieces:
                    entry.write(piece)
                    digest.update(piece)
                    size += len(piece)
                    if kept is not None:
                        kept.append(piece)
                    yield self._pipe.taken()
        finally:
            self._note(path, digest.hexdigest(), size)

    def end(self) -> bytes:
        """The end of the ZIP. Nothing can be put in any more."""
        self._archive.close()
        return self._pipe.taken()

    def _note(self, path: str, digest: str, size: int) -> None:
        self.hashes[path] = {"sha256": digest, "size": size}

    def _entry(self, path: str) -> zipfile.ZipInfo:
        entry = zipfile.ZipInfo(path, self._stamp)
        plain = path.startswith(_PACKED)
        entry.compress_type = zipfile.ZIP_STORED if plain else zipfile.ZIP_DEFLATED
        entry.external_attr = 0o600 << 16
        return entry
