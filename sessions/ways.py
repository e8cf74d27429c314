"""The ways by which anything of a person leaves the house: to whom, what for, on which ground.

A closed table. What is in no row of it does not leave; `sessions.exit` asks for what shows the
ground, each time. It does not know what is sent, nor how.
"""

from dataclasses import dataclass
from typing import Final, Literal

Recipient = Literal[
    "person", "advisor", "staff", "authority", "provider", "successor", "recipient", "scanner",
    "recorder",
]  # fmt: skip
# What shows the ground of one time: looked up where there is something to look up.
Evidence = Literal[
    "receipt", "letter", "disclosure", "notification", "export", "breach", "key", "reason", "role",
    "seat", "file",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Way:
    """One row. `activity` is a purpose of the register and `basis` one that it rests on.

    `entered`: what the exit enters in the audit chain; `opening`: what the door enters when it
    opens something on this way, with the ground if `numbered`. Each way has at least one of them.
    """

    code: str
    to: Recipient
    activity: str
    basis: str
    evidence: Evidence
    entered: str = ""
    opening: str = ""
    numbered: bool = False
    roles: tuple[str, ...] = ()  # where the evidence is a role: whose


@dataclass(frozen=True, slots=True)
class Standing:
    """What goes somewhere all the time without being asked each time, and why that may be.

    `sealed`: nothing of a person can be read there; `named`: by those whose work it is, in their
    own session; `short`: addresses are shortened before; `nobody`: there is nobody in it.
    """

    code: str
    activity: str
    form: Literal["sealed", "named", "short", "nobody"]


SHELL: Final = "shell"  # whoever may use the command line of the machine
SHOW: Final = Way("show", "person", "rights", "duty", "receipt", opening="receipt show")
COPY: Final = Way("copy", "person", "rights", "duty", "receipt", opening="receipt copy")
FILE: Final = Way("file", "person", "rights", "duty", "receipt", opening="receipt file")
BY_HAND: Final = Way("hand", "person", "rights", "duty", "letter", opening="copy by hand")
AUTHORITY: Final = Way(
    "authority", "authority", "disclosures", "duty", "disclosure",
    entered="disclosure taken", opening="disclosure", numbered=True,
)  # fmt: skip
TELL: Final = Way("tell", "recipient", "rights", "duty", "notification", entered="letter taken")
REPORT: Final = Way("report", "authority", "breaches", "duty", "breach", entered="breach report")
PROVIDER: Final = Way(
    "provider", "provider", "statistics", "interest", "export", entered="give statistics"
)
SUCCESSOR: Final = Way(
    "successor", "successor", "consultation", "contract", "key", entered="transfer out"
)
BOARD: Final = Way("board", "staff", "consultation", "contract", "reason", opening="export board")
PLAY: Final = Way("play", "advisor", "recording", "consent", "reason", opening="recording opened")
NOTE: Final = Way(
    "note", "advisor", "consultation", "contract", "role",
    entered="handover read", roles=("advisor", "lead"),
)  # fmt: skip
CORRECTIONS: Final = Way(
    "corrections", "advisor", "rights", "duty", "role",
    entered="corrections read", roles=("advisor", "lead"),
)  # fmt: skip
REQUESTS: Final = Way(
    "requests", "staff", "rights", "duty", "role",
    entered="requests exported", roles=("officer", "auditor"),
)  # fmt: skip
CONTACTS: Final = Way(
    "contacts", "staff", "suppression", "duty", "role",
    entered="ask about advertising", roles=("officer", SHELL),
)  # fmt: skip
SCAN: Final = Way("scan", "scanner", "malware", "interest", "file", opening="scan")
RECORD: Final = Way("record", "recorder", "recording", "consent", "seat", opening="recording begun")

WAYS: Final = (
    SHOW, COPY, FILE, BY_HAND, AUTHORITY, TELL, REPORT, PROVIDER, SUCCESSOR, BOARD, PLAY, NOTE,
    CORRECTIONS, REQUESTS, CONTACTS, SCAN, RECORD,
)  # fmt: skip
STANDING: Final = (
    Standing("talk", "consultation", "sealed"),
    Standing("console", "queue", "named"),
    Standing("database", "consultation", "sealed"),
    Standing("keys", "consultation", "sealed"),
    Standing("bus", "consultation", "sealed"),
    Standing("blobs", "consultation", "sealed"),
    Standing("turn", "consultation", "sealed"),
    Standing("log", "security", "short"),
    Standing("metrics", "operation", "nobody"),
)
OPENINGS: Final = tuple(dict.fromkeys(one.opening for one in WAYS if one.opening))
