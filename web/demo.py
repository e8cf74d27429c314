"""`visavis demo`: accounts to look around with, the same ones on every run, and where to look."""

import json
import os
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from sessions.accounts import Accounts
from sessions.audit import Audit
from sessions.database import Database
from sessions.models import Row
from web.accounts import Passwords
from web.server import serve
from web.settings import Settings
from web.staff import Order, carry_out

_PEOPLE: Final = (
    ("berg", "advisor", "Anna Berg", "Beraterin"),
    ("yilmaz", "advisor", "Deniz Yılmaz", "Berater"),
    ("okafor", "advisor", "Ada Okafor", "Fachberaterin Vorsorge"),
    ("leitung", "lead", "Lena Leitung", "Teamleiterin"),
    ("betrieb", "operator", "Olaf Betrieb", ""),
    ("schutz", "officer", "Dana Schutz", "Datenschutzbeauftragte"),
    ("vertretung", "officer", "Viktor Vertretung", ""),  # what needs four eyes needs two people
    ("revision", "auditor", "Rita Revision", ""),
    ("verwaltung", "admin", "Alex Verwaltung", ""),
)


@dataclass(frozen=True, slots=True)
class DemoAccount:
    username: str
    role: str
    display_name: str
    title: str
    password: str


async def show(settings: Settings, say: Callable[[str], None]) -> None:
    """Create what is missing, then serve; `say` is told the sign-ins and the addresses."""
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    people = remembered(settings.data_dir / "demo.json")
    database = Database.open(settings.database, rows=Row)
    try:
        await _create_missing(Accounts(database), Audit(database), people)
    finally:
        await database.close()
    await serve(settings, ready=lambda: say(welcome(settings, people)))


def remembered(path: Path) -> list[DemoAccount]:
    """The demo accounts with their passwords, made once; for the owner's eyes."""
    people = [DemoAccount(**one) for one in _read(path)]
    known = {one.username for one in people}
    new = [DemoAccount(*one, password=_password()) for one in _PEOPLE if one[0] not in known]
    if new:
        people += new
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump([asdict(one) for one in people], file, ensure_ascii=False, indent=2)
    return people


def _read(path: Path) -> list[dict[str, str]]:
    """Those of the run before, also of a release that had fewer."""
    found: list[dict[str, str]] = json.loads(path.read_text("utf-8")) if path.exists() else []
    return found


def welcome(settings: Settings, people: list[DemoAccount]) -> str:
    """What a newcomer needs to know."""
    first, *others = settings.allowed_origins
    lines = [
        "",
        f"  open {first}/              to start a call",
        f"       {first}/console       to advise",
        f"       {first}/ops           to watch",
        f"       {first}/privacy-desk  to look after people's rights",
        f"       {first}/admin         to administer accounts",
        *(f"  also {other}/" for other in others),
        "",
        "  Sign-ins of this demo:",
        *(f"    {one.role:9} {one.username:10} {one.password}" for one in people),
        "",
        "  Ctrl+C ends it.",
    ]
    return "\n".join(lines)


async def _create_missing(accounts: Accounts, audit: Audit, people: list[DemoAccount]) -> None:
    passwords = Passwords()
    for one in people:
        if await accounts.find(one.username) is None:
            order = Order.model_validate({"what": "add", "actor": "demo", **asdict(one)})
            await carry_out(accounts, passwords, audit, order)


def _password() -> str:
    """Easy to type: three syllables, three times; 36 bits are enough for a demo on loopback."""
    syllables = [secrets.choice("bdfghklmnprstvwz") + secrets.choice("aeiou") for _ in range(9)]
    return "-".join("".join(syllables[at : at + 3]) for at in (0, 3, 6))
