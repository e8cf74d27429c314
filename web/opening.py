"""Opens a package that a person brings from another house: unseals it, proves it, writes it out.

No other machine is asked for anything: whose signature is expected, the other house has said. What
is wrong is said in words, and then nothing is left behind.
"""

import shutil
import zipfile
from pathlib import Path, PurePosixPath
from typing import IO, Final

from sessions.age_open import Altered, Head, NotForUs, NotSealed, opened, read_head
from sessions.keys import MasterKeys
from web.copy_schema import Copy
from web.package import verify_package
from web.staff import OrderFailed

_ZIP: Final = b"PK\x03\x04"
_PART: Final = ".package.part"
_MOST_MANIFEST: Final = 16 << 20  # bytes: of what is read before it is known whose it is


def wants_passphrase(source: Path) -> bool:
    """Whether it was sealed with one. Raises OrderFailed for what is no package at all."""
    with source.open("rb") as file:
        head = _head(file)
        return head is not None and head.by_passphrase


def open_package(
    source: Path, target: Path, by: list[bytes], master: MasterKeys, passphrase: str | None
) -> Copy:
    """Write it to a new folder; what is in it. `by`: who may have signed it, Ed25519.

    A package that was unsealed before, with the program `age` say, is taken as well. Raises
    OrderFailed, Damaged.
    """
    if target.exists():
        raise OrderFailed(f"{target} is there already.")
    target.mkdir(mode=0o700, parents=True)
    try:
        part = target / _PART
        _unsealed(source, part, master, passphrase)
        copy = _proven(part, by)
        _written(part, target)
        part.unlink()
    except BaseException:
        shutil.rmtree(target)
        raise
    return copy


# ---- inside


def _head(file: IO[bytes]) -> Head | None:
    """None for a ZIP, which is not sealed any more."""
    if file.read(len(_ZIP)) == _ZIP:
        return None
    file.seek(0)
    try:
        return read_head(file)
    except NotSealed:
        raise OrderFailed("This is neither a sealed package nor one that was unsealed.") from None


def _unsealed(source: Path, part: Path, master: MasterKeys, passphrase: str | None) -> None:
    with source.open("rb") as file, part.open("xb") as out:
        part.chmod(0o600)
        head = _head(file)
        if head is None:
            file.seek(0)
            shutil.copyfileobj(file, out)
            return
        try:
            for piece in opened(file, head, master, passphrase):
                out.write(piece)
        except NotForUs:
            raise OrderFailed(_NOT_FOR_US[head.by_passphrase]) from None
        except (Altered, NotSealed):
            raise OrderFailed("This package was changed or cut off on its way.") from None


_NOT_FOR_US: Final = {
    True: "The passphrase does not open this package.",
    False: "This package is sealed for another key: `visavis package key` prints ours.",
}


def _proven(part: Path, by: list[bytes]) -> Copy:
    try:
        with zipfile.ZipFile(part) as archive:
            for one in archive.infolist():
                if one.filename.startswith("manifest.") and one.file_size > _MOST_MANIFEST:
                    raise OrderFailed("The manifest of this package is too large to be one.")
        return verify_package(str(part), by)
    except zipfile.BadZipFile:
        raise OrderFailed("What was sealed is no package: it is no ZIP.") from None


def _written(part: Path, target: Path) -> None:
    """Every file where the package has it, for this account alone, never outside of the folder."""
    with zipfile.ZipFile(part) as archive:
        for name in archive.namelist():
            path = PurePosixPath(name)
            if path.is_absolute() or ".." in path.parts or "\\" in name or name == _PART:
                raise OrderFailed("A file in this package has a name that leads elsewhere.")
            place = target.joinpath(*path.parts)
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with archive.open(name) as entry, place.open("xb") as out:
                place.chmod(0o600)
                shutil.copyfileobj(entry, out)
