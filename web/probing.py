"""What a probe is asked and what it answers: values that need nothing of what carries it out."""

from dataclasses import dataclass, field
from typing import Final

# Why it failed, as scripts and metrics know it. They stay.
REASONS: Final = {
    "unreachable": "nobody answers as a node of ours does",
    "start.refused": "no call can be started",
    "signin.refused": "the advisor does not get in",
    "join.refused": "a seat is not given, or the socket does not take it",
    "lost": "the socket broke off",
    "no.path": "picture and sound find no way",
    "taken": "somebody else accepted",
    "accept.refused": "the advisor cannot accept",
    "no.sound": "nothing is heard at one end",
    "no.picture": "nothing is seen at one end",
    "end.unheard": "one end does not hear that the other has hung up",
    "erase.refused": "the call went well; what was kept of it cannot be erased",
    "too.slow": "the time is up",
    "bug": "the probe itself failed",
}


@dataclass(frozen=True, slots=True)
class SignIn:
    """An advisor's."""

    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to probe: the origin as browsers know it, as whom, and how long it may take."""

    url: str
    sign_in: SignIn
    limit_seconds: float = 30.0
    talk_seconds: float = 3.0  # from the first picture on


@dataclass(slots=True)
class Report:
    """`reason` is one of REASONS, or None for a call that went well. Figures by name."""

    step: str = "look"
    reason: str | None = None
    detail: str = ""  # a code of the server's, or at which end
    path: str = ""  # by which way sound and picture came, as the ops board says it
    figures: dict[str, float] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return self.reason is None
