"""The words of tus 1.0 (https://tus.io/protocols/resumable-upload): headers, read and written.

It does not know what becomes of a file.
"""

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass
from email.utils import formatdate
from typing import Final

from sessions.blobs import PART_BYTES
from sessions.events import Refused
from sessions.file_views import FileView
from web.routes import Ask

TUS: Final = "1.0.0"
EXTENSIONS: Final = "creation,termination,expiration,checksum"
MEDIA: Final = "application/offset+octet-stream"
CHECKSUMS: Final = ("sha256", "sha1")
UNTAKEN: Final = frozenset({"Upload-Metadata", "Upload-Concat", "Upload-Defer-Length"})
_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,14}")


@dataclass(frozen=True, slots=True)
class Checksum:
    """What the body should be, as tus says it."""

    name: str
    digest: bytes

    def fits(self, part: memoryview) -> bool:
        return hmac.compare_digest(hashlib.new(self.name, part).digest(), self.digest)


def checksum(ask: Ask, announced: int) -> Checksum | None:
    """Of one part: more would have to be kept before it is known to be right."""
    given = ask.request.headers.get("Upload-Checksum")
    if given is None:
        return None
    name, _, encoded = given.partition(" ")
    try:
        digest = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise Refused("upload.unchecked") from None
    if name not in CHECKSUMS or announced > PART_BYTES:
        raise Refused("upload.unchecked")
    return Checksum(name, digest)


def expect_version(ask: Ask) -> None:
    """Raises Refused("upload.version") for who speaks another, or none."""
    if ask.request.headers.get("Tus-Resumable") != TUS:
        raise Refused("upload.version")


def number(ask: Ask, header: str, code: str) -> int:
    """A count in a header; Refused(code) for everything else."""
    given = ask.request.headers.get(header, "")
    if _NUMBER.fullmatch(given) is None:
        raise Refused(code)
    return int(given)


def progress_of(file: FileView) -> dict[str, str]:
    """How far a file is, as headers."""
    return {
        "Upload-Offset": str(file.stored), "Upload-Length": str(file.size), **expiry_of(file),
    }  # fmt: skip


def expiry_of(file: FileView | None) -> dict[str, str]:
    """Until when a file may be finished, as headers."""
    if file is None or file.expires_ms is None:
        return {}
    return {"Upload-Expires": formatdate(file.expires_ms / 1_000, usegmt=True)}
