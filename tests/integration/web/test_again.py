"""An advisor vanishes from a talk: its prospect waits anew, before everybody else."""

import asyncio
from typing import Any

from sessions.events import SessionId, State
from tests.integration.web.conftest import Caller, Site
from tests.integration.web.test_talk import free_advisor, talking
from tests.patience import PATIENCE_SECONDS
from web.api import Started


async def again(prospect: Caller, session: str) -> tuple[int, dict[str, Any]]:
    answer = await prospect.post(f"/api/sessions/{session}/again", {})
    return answer.status, await answer.json()


async def again_in_the_end(prospect: Caller, session: str) -> tuple[int, dict[str, Any]]:
    """Asked until no lease says any more that an advisor is there."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (answer := await again(prospect, session))[0] == 409:
            pass
        return answer


async def test_who_is_left_alone_goes_to_the_front(site: Site) -> None:
    """F-34: told at once, before those who wait, once however often asked; the talk is over."""
    first, advisor = site.visitor(), await free_advisor(site)
    session = (await first.start_call("Erika", "Mustermann"))["session"]
    async with talking(first, session) as erika:
        async with talking(advisor, session, {"prepare": True}) as anna:
            assert (await anna.send("session.accepted", {"name": "Anna", "title": ""}))["ok"]
            await erika.hear("session.accepted")
            assert (await again(first, session))[0] == 409, "she is there"
            other = await site.prospect()  # has come meanwhile, and waits
            me = anna.joined["participant"]
        gone = {"participant": me, "present": False}
        while await erika.hear("presence.changed") != gone:
            pass
        status, successor = await again_in_the_end(first, session)
        assert (status, successor["position"]) == (201, 1)
        Started.model_validate(successor, strict=True)  # as the description says
        assert (await erika.hear("session.ended"))["reason"] == "lost"
    assert (await again(first, session))[0] == 404, "the cookie is for the next one by now"
    token = first.token  # of the talk, kept by a page without cookies
    bearer = {"Authorization": f"Bearer {token}"}
    repeated = await first.post(f"/api/sessions/{session}/again", {}, headers=bearer)
    assert (await repeated.json())["session"] == successor["session"]

    waiting = (await (await advisor.get("/api/desk")).json())["waiting"]
    assert [one["session"] for one in waiting] == [successor["session"], other.session]
    assert (waiting[0]["first_name"], waiting[0]["last_name"]) == ("Erika", "Mustermann")
    over = await site.parts.lifecycle.view(SessionId(session))
    assert over is not None
    assert (over.state, over.end_reason) == (State.ENDED, "lost")
    async with talking(first, successor["session"]) as erika:
        assert (await erika.hear("participant.joined"))["name"] == "Erika Mustermann"


async def test_only_a_talk_and_only_by_its_prospect(site: Site) -> None:
    prospect, stranger = await site.prospect(), await site.prospect()
    status, said = await again(prospect, prospect.session)
    assert (status, said["error"]["code"]) == (409, "kind.state")
    for caller in (stranger, site.visitor(), await site.advisor()):
        assert (await again(caller, prospect.session))[0] == 404
    assert len(await site.parts.lifecycle.live()) == 2
