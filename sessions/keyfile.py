"""The file with the master keys: made on the first run, several versions, for its owner's eyes.

It knows bytes and versions, not what they wrap. Losing the file loses every session; a copy of it
belongs apart from the backups of the database.
"""

import base64
import binascii
import os
import stat
import struct
from contextlib import suppress
from pathlib import Path
from typing import Final

KEY_BYTES: Final = 32
_OTHERS: Final = 0o077
_ACL: Final = "system.posix_acl_access"
_ACL_VERSION: Final = 2
_ENTRY: Final = struct.Struct("<HHI")  # acl(5): tag, rights, user or group
_OWNER, _USER, _MASK = 0x01, 0x02, 0x10
_HEADER: Final = (
    "# Master keys of Visavis: version and key. Everything that was ever sealed hangs on them.\n"
    "# Keep a copy, apart from the database and its backups.\n"
)


class UnsafeKeyFile(Exception):
    """The key file cannot be trusted as it is; the text says what to do."""


def load_or_create(path: Path) -> dict[int, bytes]:
    """The keys by version; a new file with version 1 if there is none. Raises UnsafeKeyFile."""
    # Linked into place complete: neither a crash nor a second process leaves half a file.
    if not path.exists():
        with suppress(FileExistsError):
            _write(path, {1: os.urandom(KEY_BYTES)}, replacing=False)
    return load(path)


def load(path: Path) -> dict[int, bytes]:
    """The keys by version. Raises UnsafeKeyFile if others may read it or it is damaged."""
    return _parse(read_private(path), path.name)


def read_private(path: Path) -> str:
    """A text of secrets. Raises UnsafeKeyFile if anybody else may read it."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    with os.fdopen(descriptor, encoding="utf-8", errors="replace") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise UnsafeKeyFile(f"{path.name} is not a file")
        if status.st_mode & _OTHERS and not _granted_to_us_alone(descriptor, status.st_mode):
            raise UnsafeKeyFile(f"others may read {path.name}: chmod 600 it, then start again")
        if status.st_uid not in (os.geteuid(), 0):
            raise UnsafeKeyFile(f"{path.name} belongs to somebody else: chown it")
        return file.read()


def add_version(path: Path) -> dict[int, bytes]:
    """A new newest key beside the old ones, which are needed until everything is wrapped anew."""
    keys = load(path)
    keys[max(keys) + 1] = os.urandom(KEY_BYTES)
    _write(path, keys, replacing=True)
    return keys


def _granted_to_us_alone(descriptor: int, mode: int) -> bool:
    """Whether an access list names us and nobody else, as systemd hands credentials over.

    The bits of the group are its mask then, and say nothing about the group.
    """
    try:
        listed = os.getxattr(descriptor, _ACL)
    except OSError:
        return False
    if mode & 0o007 or int.from_bytes(listed[:4], "little") != _ACL_VERSION:
        return False
    return all(
        tag in (_OWNER, _MASK) or (tag == _USER and who == os.geteuid()) or not rights
        for tag, rights, who in _ENTRY.iter_unpack(listed[4:])
    )


def _parse(text: str, name: str) -> dict[int, bytes]:
    keys: dict[int, bytes] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            version, key = line.split()
            keys[int(version)] = base64.b64decode(key, validate=True)
        except (ValueError, binascii.Error):
            raise UnsafeKeyFile(f"{name}, line {number}: not a version and a key") from None
    if not keys or min(keys) < 1 or {len(key) for key in keys.values()} != {KEY_BYTES}:
        raise UnsafeKeyFile(f"{name} holds no keys of {KEY_BYTES} bytes")
    return keys


def _write(path: Path, keys: dict[int, bytes], *, replacing: bool) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    text = _HEADER + "".join(
        f"{version} {base64.b64encode(key).decode()}\n" for version, key in sorted(keys.items())
    )
    fresh = path.with_name(f".{path.name}.{os.urandom(6).hex()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(descriptor)
        if replacing:
            fresh.replace(path)
        else:
            os.link(fresh, path)  # unlike a rename, fails if somebody else was first
    finally:
        fresh.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)
