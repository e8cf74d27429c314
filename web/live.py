"""What carries events while people talk: relay, desk, sockets, and what nodes tell each other.

It knows what is kept, and nothing of pages.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from typing import Any, Self

from media.quality import BadReport, check_checkup, check_report
from sessions.clock import wall_clock_ms
from sessions.events import Refused, SessionId
from sessions.keys import Keys
from signaling.attendance import Attendance
from signaling.bus import Bus
from signaling.desk import Desk
from signaling.nodes import Nodes
from signaling.relay import Relay
from signaling.sockets import Sockets
from signaling.speaking import Speaking
from signaling.tickets import Tickets
from web.clients import Buckets, address_of, bucket_of
from web.keeping import Keeping
from web.settings import Settings


@dataclass(frozen=True, slots=True)
class Live:
    """One node's part in all talks; nothing has begun."""

    bus: Bus
    relay: Relay
    tickets: Tickets
    nodes: Nodes
    desk: Desk
    speaking: Speaking
    sockets: Sockets

    @classmethod
    def over(
        cls, settings: Settings, kept: Keeping, bus: Bus, buckets: Buckets, *,
        agencies: Collection[str],
    ) -> Self:  # fmt: skip
        checks = {
            "quality.report": partial(_checked, check_report),
            "checkup.result": partial(_checked, check_checkup),
        }
        relay = Relay(kept.log, bus, checks=checks)
        kept.erasure.announce = relay.announce
        kept.corrections.announce = relay.announce
        tickets = Tickets(kept.keys.secret("ticket"))
        attendance = Attendance(relay)
        speaking = Speaking(relay, kept.log, kept.lifecycle, tickets, attendance)
        return cls(
            bus=bus,
            relay=relay,
            tickets=tickets,
            nodes=Nodes(bus),
            desk=Desk(
                relay,
                kept.lifecycle,
                kept.accounts,
                attendance,
                node=settings.node,
                agencies=agencies,
            ),
            speaking=speaking,
            sockets=Sockets(
                speaking,
                settings.allowed_origins,
                address_of=lambda request: bucket_of(address_of(request, settings.trusted_proxies)),
                admit=lambda client: buckets.take("socket", client),
            ),
        )


def agree(live: Live, keys: Keys, erase: Callable[[SessionId], None]) -> None:
    """What one node did at once holds on the others a moment later."""
    nodes, tickets = live.nodes, live.tickets

    def shredded(session: SessionId) -> None:
        nodes.tell("key.shredded", {"session": session})
        erase(session)

    keys.shredded = shredded
    tickets.spent = lambda nonce, expires_ms: nodes.tell(
        "ticket.spent", {"nonce": nonce, "expires_ms": expires_ms}
    )

    def forget(session: SessionId) -> None:
        keys.forget(session)
        live.relay.erased(session)

    nodes.on("key.shredded", lambda body: forget(body["session"]), keys.forget_all)
    nodes.on(
        "ticket.spent",
        lambda body: tickets.spend(body["nonce"], body["expires_ms"], wall_clock_ms()),
    )
    nodes.on("account.shut", lambda body: live.sockets.close_of(body["account"]))


def _checked(
    check: Callable[[dict[str, Any]], dict[str, Any]], body: dict[str, Any]
) -> dict[str, Any]:
    """media and signaling do not know each other: here one's refusal becomes the other's."""
    try:
        return check(body)
    except BadReport as reason:
        raise Refused("body.invalid", field=reason.field) from None
