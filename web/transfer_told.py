"""What two houses tell each other of sessions that change hands: what is in a file, what was taken.

Hashes and counts; nothing that anybody said.
"""

from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Facts(_Frozen):
    """What two houses compare of a session: the hash of its rows, of each part of its files."""

    id: str
    rows: str
    counts: dict[str, int]
    parts: dict[str, str]


class Manifest(_Frozen):
    format: Literal["visavis/transfer/1"] = "visavis/transfer/1"
    by: str
    to: str
    made_at: str
    notices: str
    sessions: list[Facts]


class Taken(_Frozen):
    """What the other house says that it has; of which file it was."""

    format: Literal["visavis/transfer-taken/1"] = "visavis/transfer-taken/1"
    by: str
    manifest: str
    sessions: list[Facts]


class Line(NamedTuple):
    """One session of the list of whom to inform: there are no addresses."""

    receipt: str
    began_on: str
    topic: str
    language: str
    session: str
