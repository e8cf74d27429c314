"""One row per route: who may use it, what it takes, what it answers. The guard and OpenAPI read it.

Knows nothing of what the routes do.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

from aiohttp import web as aioweb
from pydantic import BaseModel, ConfigDict

from sessions.accounts import ADVISING
from sessions.events import Role
from web.accounts import SignedIn
from web.parts import Parts
from web.texts import Texts

Run = Callable[["Ask"], Awaitable[aioweb.StreamResponse]]
Model = TypeVar("Model", bound=BaseModel)


class Who(StrEnum):
    """Whom a route lets in."""

    ALL = "all"
    SEAT = "seat"  # who has a seat in the session of the path, or may take one
    PROSPECT = "prospect"  # who has the prospect's seat in it
    ADVISOR = "advisor"  # who advises, leads of a team too
    LEAD = "lead"
    OPERATOR = "operator"
    OFFICER = "officer"  # of data protection
    PROTECTION = "officer or auditor"  # who reads at the protection desk
    ADMIN = "admin"  # of accounts
    WATCHES = "advisor or operator"  # who has a page that is told what changes
    SIGNED_IN = "signed in"

    def admits(self, role: Role | None) -> bool:
        """Whether a signed-in role (None: nobody) gets past the door; seats are checked later."""
        match self:
            case Who.ALL | Who.SEAT | Who.PROSPECT:
                return True
            case Who.WATCHES:
                return role in ADVISING or role is Role.OPERATOR
            case Who.SIGNED_IN:
                return role is not None
            case Who.ADVISOR:
                return role in ADVISING
            case Who.LEAD:
                return role is Role.LEAD
            case Who.OPERATOR:
                return role is Role.OPERATOR
            case Who.OFFICER:
                return role is Role.OFFICER
            case Who.ADMIN:
                return role is Role.ADMIN
            case Who.PROTECTION:
                return role in (Role.OFFICER, Role.AUDITOR)


class Shape(StrEnum):
    """What a route speaks."""

    PAGE = "page"  # HTML for people
    FORM = "form"  # takes a form, answers HTML
    API = "api"  # JSON both ways
    PLAIN = "plain"  # files, probes


class Answer(BaseModel):
    """What a route answers; nothing that is not named here leaves the house."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True, slots=True)
class Route:
    """One row of the table."""

    method: str
    path: str
    run: Run
    who: Who
    shape: Shape
    summary: str = ""
    takes: type[BaseModel] | None = None
    answers: Mapping[int, type[BaseModel] | None] = field(default_factory=dict)
    limit: str = ""  # a row of LIMITS; empty: by shape
    headers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # name -> JSON schema
    takes_bytes: str = ""  # media type of a body that is no JSON and that the handler reads itself
    gives_bytes: Mapping[int, str] = field(default_factory=dict)  # status -> media type
    refuses: Mapping[int, str] = field(default_factory=dict)  # beside what the door refuses

    @property
    def unsafe(self) -> bool:
        return self.method not in ("GET", "HEAD", "OPTIONS")

    @property
    def bucket(self) -> str:
        return self.limit or ("api" if self.shape is Shape.API else "page")


@dataclass(frozen=True, slots=True)
class Ask:
    """One admitted request."""

    request: aioweb.Request
    route: Route
    parts: Parts
    texts: Texts
    who: SignedIn | None
    client: str  # the bucket of their network, never an address
    body: BaseModel | None = None
    form: Mapping[str, str] | None = None

    def taken(self, model: type[Model]) -> Model:
        """The body, which the route's row promised to be of this model."""
        assert isinstance(self.body, model)
        return self.body

    @property
    def signed_in(self) -> SignedIn:
        """Whoever asks; only for routes that let in nobody else."""
        assert self.who is not None
        return self.who

    @property
    def path(self) -> str:
        return self.request.path


def see_other(path: str) -> aioweb.Response:
    """Go on to another page of ours."""
    return aioweb.Response(status=303, headers={"Location": path})


def json_answer(answer: BaseModel, status: int = 200) -> aioweb.Response:
    """An answer as JSON."""
    return aioweb.Response(
        body=answer.model_dump_json(exclude_none=False).encode(),
        status=status,
        content_type="application/json",
    )
