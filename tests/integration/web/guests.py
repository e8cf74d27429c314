"""Guests for the tests: a talk, a link, somebody who knocks with it and is let in."""

from typing import Any

from sessions.events import (
    Envelope,
    Epoch,
    Role,
    SessionId,
    new_event_id,
    sender_of,
)
from tests.integration.web.conftest import Caller, Site

NAME = {"first_name": "Gül", "last_name": "Kanarienvogel"}


async def in_talk(site: Site, prospect: Caller, username: str = "") -> Caller:
    """The advisor who has accepted this prospect's session."""
    advisor = await site.advisor(username)
    answer = await advisor.post(f"/api/sessions/{prospect.session}/join", {"prepare": True})
    assert answer.status == 200, await answer.text()
    account = await site.parts.accounts.find(username or f"some.{Role.ADVISOR}")
    assert account is not None
    who = (await answer.json())["participant"]
    accepted = Envelope(
        SessionId(prospect.session), sender_of(who), new_event_id(), "session.accepted",
        Epoch(1), b"-" * 40,
    )  # fmt: skip
    await site.parts.relay.publish(accepted, Role.ADVISOR, account=account.id)
    return advisor


async def a_link(advisor: Caller, session: str, seat: str = "guest") -> dict[str, Any]:
    answer = await advisor.post(f"/api/sessions/{session}/invitations", {"seat": seat})
    assert answer.status == 201, await answer.text()
    made: dict[str, Any] = await answer.json()
    return made


async def knock(caller: Caller, link: dict[str, Any], **given: Any) -> tuple[int, Any]:
    """Use a link; a token that comes of it is what this browser brings from now on."""
    headers = given.pop("headers", {})
    body = {"secret": link["secret"], **NAME} | given
    path = f"/api/invitations/{link['invitation']}/knock"
    answer = await caller.post(path, body, headers=headers)
    said = await answer.json()
    if answer.status == 201:
        caller.token = said["token"]
        caller.headers = caller.headers | {"Authorization": f"Bearer {caller.token}"}
    return answer.status, said


async def state(caller: Caller, link: dict[str, Any]) -> dict[str, Any]:
    path = f"/api/invitations/{link['invitation']}/state"
    answer = await caller.post(path, {"token": caller.token})
    said: dict[str, Any] = await answer.json()
    return said


async def decide(
    advisor: Caller, session: str, link: dict[str, Any], what: str
) -> tuple[int, dict[str, Any]]:
    path = f"/api/sessions/{session}/invitations/{link['invitation']}"
    answer = await advisor.post(path, {"what": what})
    return answer.status, await answer.json()


async def seated_guest(site: Site, advisor: Caller, session: str, seat: str = "guest") -> Caller:
    """Somebody else's browser, which has a seat in this talk."""
    guest, link = site.visitor(), await a_link(advisor, session, seat)
    assert (await knock(guest, link))[0] == 201
    assert await decide(advisor, session, link, "admit") == (200, {"state": "admitted"})
    guest.role, guest.session = Role.GUEST, session
    return guest
