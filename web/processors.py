"""The register of processors (GDPR, 28 and 44): who else handles data for this house.

It is in the brand file. A processor outside of the European Economic Area needs a ground for the
transfer, or the file is refused; what is overdue, void or not on file is said at the protection
desk.
"""

from datetime import date
from typing import Annotated, Final, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)

from web.agreed import Document
from web.authorities import ELSEWHERE
from web.processing import CODES

EEA: Final = frozenset({"DE", *(one.code for one in ELSEWHERE)})
CLAUSES: Final = "2021/914"  # those that are in force; older ones are void since 27 December 2022
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Host = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9.:-]{0,251}[a-z0-9])?$")]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
Activities = Annotated[tuple[Line, ...], Field(min_length=1)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Clauses(_Frozen):
    """The standard data protection clauses that were agreed, and when the transfer was assessed;
    both as documents on file, unless somebody still has to put them there.
    """

    version: Line
    module: Annotated[int, Field(ge=1, le=4)]
    assessed: date
    agreed: Document | None = None
    assessment: Document | None = None

    @property
    def documents(self) -> tuple[Document, ...]:
        return tuple(one for one in (self.agreed, self.assessment) if one is not None)

    @property
    def void(self) -> bool:
        return self.version != CLAUSES


class Processor(_Frozen):
    """One of them: what for, where, by which contract, and when it is looked at again."""

    name: Line
    service: Line
    country: Country
    hosts: tuple[Host, ...] = ()
    activities: Activities
    contract: date
    reviewed: date
    next_review: date
    sub_processors: tuple[Line, ...] = ()
    transfer: Literal["adequacy", "clauses", "rules"] | None = None
    clauses: Clauses | None = None

    @field_validator("activities")
    @classmethod
    def _are_ours(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        if unknown := set(given) - CODES:
            raise ValueError(f"unknown activities: {', '.join(sorted(unknown))}")
        return given

    @model_validator(mode="after")
    def _transfers_have_a_ground(self) -> Self:
        if self.country not in EEA and self.transfer is None:
            raise ValueError("outside of the European Economic Area a transfer needs a ground")
        if (self.transfer == "clauses") != (self.clauses is not None):
            raise ValueError("transfer 'clauses' and the clauses go together")
        return self

    def overdue(self, today: date) -> bool:
        return self.next_review < today

    @property
    def void(self) -> bool:
        """Whether the transfer rests on clauses that are not in force any more."""
        return self.clauses is not None and self.clauses.void

    @property
    def unfiled(self) -> bool:
        """Whether the text of the clauses or the assessment is not on file."""
        return self.clauses is not None and len(self.clauses.documents) < 2
