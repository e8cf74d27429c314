"""Starting a call: the one way from two names to a place in the queue, for the form and the API.

Knows nothing of how it was asked for and how the answer is shown.
"""

import hashlib
import re
import secrets
from collections.abc import Mapping
from typing import ClassVar, Final

import orjson

from sessions.events import Refused
from sessions.lifecycle import Name, Started
from sessions.names import clean_name
from web.barring import least_effort, note_line, refuse_barred
from web.bodies import Body
from web.counting import may_count
from web.proofs import read_proof
from web.routes import Ask

IDEMPOTENCY_KEY: Final = "Idempotency-Key"
PROOF: Final = "Proof-Of-Work"
# A header, and where there is no script a part of the address: an older node passes over both.
EDITION: Final = "Notices-Edition"
_KEY: Final = re.compile(r"[A-Za-z0-9_-]{16,128}")


class StartCall(Body):
    """Two names and, freely, a topic: nothing else is collected (OB-07). `agency`: whose page it
    was that they came to."""

    CODES: ClassVar[Mapping[str, tuple[str, str]]] = {
        "first_name": ("name.required", "name.type"),
        "last_name": ("name.required", "name.type"),
        "topic": ("topic.unknown", "topic.unknown"),
        "agency": ("agency.unknown", "agency.unknown"),
    }
    first_name: str
    last_name: str
    topic: str | None = None
    agency: str | None = None


async def start(ask: Ask, wanted: StartCall) -> Started:
    """Check everything, then store: a refusal leaves no trace (OB-07).

    A proof of work stands for the request that brought it: the database knows each request once,
    on every node, so a proof starts one call, and the same request again leads back to that one.
    """
    parts = ask.parts
    parts.admit_nobody_while_draining()
    await refuse_barred(ask)
    name = Name(
        first=clean_name(wanted.first_name, "first_name"),
        last=clean_name(wanted.last_name, "last_name"),
    )
    if wanted.topic is not None and wanted.topic not in parts.brand.topic_codes():
        raise Refused("topic.unknown", field="topic")
    if wanted.agency is not None and parts.brand.agency(wanted.agency) is None:
        raise Refused("agency.unknown")
    edition = await _edition(ask)
    given = ask.request.headers.get(PROOF)
    proof = None if given is None else read_proof(given)
    with parts.admission.gate(ask.client, proof, least_effort(ask)) as enter:
        started = await parts.lifecycle.start(
            name=name,
            topic=wanted.topic,
            language=ask.texts.language,
            request=_request_of(ask, name, wanted),
            edition=edition,
            spends=None if proof is None else b"proof|" + proof.nonce,
            enter=enter,
            to_count=may_count(ask.request),
            agency=wanted.agency,
        )
    note_line(ask, started.session)
    if started.joined is not None:
        parts.relay.announce(started.joined)
    return started


async def _edition(ask: Ask) -> str:
    """Which notices this person was shown (OB-03), as the page says that showed them; without a
    page, those in force. Older ones count too, but none that never were.
    """
    own = ask.parts.editions[ask.texts.language].version
    shown = ask.request.headers.get(EDITION, ask.request.query.get("edition"))
    if shown is None or shown == own:
        return own
    if await ask.parts.notices.edition(shown) is None:
        raise Refused("edition.unknown")
    return shown


def _request_of(ask: Ask, name: Name, wanted: StartCall) -> bytes:
    """What makes two submits the same one: the key the browser chose and all that it sent.

    Bound to the names, so that somebody else's key leads to nobody else's session.
    """
    key = key_of(ask)
    if key is None:
        return secrets.token_bytes(32)
    told = [key, name.first, name.last, wanted.topic]
    if wanted.agency is not None:
        told.append(wanted.agency)
    return hashlib.sha256(orjson.dumps(told)).digest()


def key_of(ask: Ask) -> str | None:
    """What a browser calls a request that it may have to repeat."""
    key = ask.request.headers.get(IDEMPOTENCY_KEY)
    if key is not None and not _KEY.fullmatch(key):
        raise Refused("idempotency.invalid")
    return key
