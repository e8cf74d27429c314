"""Which recipients were told what became of a session, for the person whom it is about.

Article 19 GDPR, second sentence. Nothing of a disclosure that a law still forbids to tell of.
"""

from sessions.counted import day_of
from sessions.recipients import Notification
from web.copy_schema import Notified
from web.dossier import moment
from web.parts import Parts


async def notified(parts: Parts, session_hash: bytes) -> list[Notified]:
    """By the hash of the session, so that it is known of an erased one as well."""
    found: list[Notified] = []
    for one in await parts.casework.recipients.of(session_hash):
        name = await _name(parts, one)
        if name is not None:
            found.append(
                Notified(
                    recipient=name, kind=one.kind, fact=one.fact, since=moment(one.since_ms),
                    state="open" if one.state == "overtaken" else one.state, how=one.how or "",
                    at=None if one.settled_ms is None else moment(one.settled_ms),
                )
            )  # fmt: skip
    return found


async def _name(parts: Parts, one: Notification) -> str | None:
    """Of an authority its name, of a house what its key is known by; None if it is not to be
    known."""
    if one.kind == "house":
        return one.recipient
    disclosure = await parts.casework.disclosures.find(one.recipient)
    if disclosure is None or not disclosure.is_told(day_of(parts.now_ms())):
        return None
    return disclosure.authority
