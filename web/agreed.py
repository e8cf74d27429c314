"""Documents of a processor on file: the standard clauses as they were agreed, and the assessment.

Beside the brand file, read and hashed once at the start. It does not know what they say.
"""

import hashlib
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

MOST_BYTES: Final = 8 << 20
IN_FILES: Final = ("agreed", "assessment")  # what clauses name files for
_PDF: Final = b"%PDF-"
Media = Literal["application/pdf", "text/plain"]
_MEDIA: Final[dict[str, Media]] = {".pdf": "application/pdf", ".txt": "text/plain"}


class Document(BaseModel):
    """One of them. `sha256` of its bytes, which nothing but a download has."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    media: Media
    size: int
    sha256: str
    data: bytes = Field(exclude=True, repr=False)


def with_documents(given: Any, folder: Path) -> Any:
    """A brand as it was written, with documents in place of the names of their files.

    Raises ValueError for a file that is missing, empty, too large, or neither PDF nor text.
    """
    listed = given.get("processors") if isinstance(given, dict) else None
    if not isinstance(listed, list):
        return given
    return given | {"processors": [_read(one, folder) for one in listed]}


def _read(one: Any, folder: Path) -> Any:
    clauses = one.get("clauses") if isinstance(one, dict) else None
    if not isinstance(clauses, dict):
        return one
    read = {
        name: _document(f"{name} of {one.get('name', 'a processor')}", folder / clauses[name])
        for name in IN_FILES
        if isinstance(clauses.get(name), str)
    }
    return one | {"clauses": clauses | read}


def _document(what: str, file: Path) -> Document:
    media = _MEDIA.get(file.suffix.lower())
    if media is None:
        raise ValueError(f"{what}: expected a file ending in {' or '.join(_MEDIA)}: {file.name}")
    try:
        with file.open("rb") as opened:
            data = opened.read(MOST_BYTES + 1)
    except OSError:
        raise ValueError(f"{what}: expected a file at {file.name}") from None
    if not data or len(data) > MOST_BYTES:
        raise ValueError(f"{what}: expected 1 byte to {MOST_BYTES >> 20} MiB: {file.name}")
    if not (data.startswith(_PDF) if media == "application/pdf" else _is_text(data)):
        raise ValueError(f"{what}: {file.name} is not what its ending says")
    digest = hashlib.sha256(data).hexdigest()
    return Document(name=file.name, media=media, size=len(data), sha256=digest, data=data)


def _is_text(data: bytes) -> bool:
    try:
        return "\0" not in data.decode("utf-8")
    except UnicodeDecodeError:
        return False
