"""How a session belongs with others of the same person, for that person's own copy.

A note that an advisor left for the next one is about the person, and so they may read it.
"""

from collections.abc import Mapping
from typing import Any

from sessions.envelope import Unreadable
from sessions.events import SessionId
from sessions.receipts import hash_of
from sessions.ways import Way
from web.copy_schema import Continued, GoesOn
from web.dossier import ACTOR, Dossier, moment, read_dossier
from web.notified import notified
from web.parts import Parts


async def whole_dossier(
    parts: Parts, session: SessionId, way: Way, *, ground: str, actor: str = ACTOR
) -> Dossier:
    """All that is kept of a session, with what it goes on from and where it goes on.

    Raises what `Exit.leave` and `read_dossier` raise.
    """
    leave = await parts.exit.leave(way, actor=actor, ground=ground, of=session)
    dossier = await read_dossier(
        parts.vault, parts.files, parts.audit, parts.lifecycle, parts.notices,
        parts.corrections, parts.requests, parts.casework.disclosures, parts.recordings, leave,
    )  # fmt: skip
    dossier.notified = await notified(parts, hash_of(session))
    await connect(parts, dossier)
    return dossier


async def connect(parts: Parts, dossier: Dossier) -> None:
    """Say in the dossier what came before and after. Raises Shredded."""
    session = dossier.view.session
    later = await parts.handovers.after(session)
    if later is not None:
        dossier.goes_on = GoesOn(number=await _number(parts, later))
    found = (await parts.handovers.of([session])).get(session)
    if found is None:
        return
    told = dossier.handed
    try:
        note = await parts.handovers.note(session)
    except Unreadable:
        dossier.unreadable += 1
        note = ""
    dossier.continues = Continued(
        number=None if found.before is None else await _number(parts, found.before),
        at=moment(found.at_ms), by=_name(told, "by"), to=_name(told, "to") or None,
        reason=found.reason, note=note,
    )  # fmt: skip


async def _number(parts: Parts, session: SessionId) -> str | None:
    """Of the receipt, if it was ever claimed."""
    found = await parts.receipts.number_of(session)
    return None if found is None else found[0]


def _name(told: Mapping[str, Any], key: str) -> str:
    """As it was said at the time; accounts change."""
    name = told.get(key)
    return name[:200] if isinstance(name, str) else ""
