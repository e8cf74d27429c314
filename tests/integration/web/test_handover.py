"""An advisor hands a prospect on: to a colleague, to whoever is free, or back to wait."""

import asyncio
import io
import json
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from sessions.events import SessionId, State
from sessions.handovers import MAX_NOTE
from tests.integration.web.conftest import Caller, Site
from tests.integration.web.test_again import again
from tests.integration.web.test_talk import Talker, at_the_desk, free_advisor, talking
from tests.patience import PATIENCE_SECONDS
from web.api import Started
from web.console import DeskView
from web.copy_schema import Copy
from web.handover import Colleague, Colleagues, Taken

NOTE = "Kanarienvogel: fragt nach der Hausratversicherung"


@asynccontextmanager
async def a_talk(site: Site, prospect: Caller, advisor: Caller) -> AsyncIterator[Talker]:
    """The prospect's side of a talk of these two."""
    session = prospect.session
    async with (
        talking(prospect, session) as erika,
        talking(advisor, session, {"prepare": True}) as anna,
    ):
        assert (await anna.send("session.accepted", {"name": "Anna", "title": ""}))["ok"]
        await erika.hear("session.accepted")
        yield erika


async def hand(advisor: Caller, session: str, **given: Any) -> tuple[int, Any]:
    answer = await advisor.post(f"/api/sessions/{session}/handover", given)
    return answer.status, await answer.json()


async def told(advisor: Caller, session: str) -> tuple[int, Any]:
    answer = await advisor.get(f"/api/sessions/{session}/handover")
    return answer.status, await answer.json()


async def free_colleagues(advisor: Caller, names: list[str]) -> list[Colleague]:
    """Asked until these are free: that a console is open is written down a moment later."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            answer = await advisor.get("/api/colleagues")
            free = Colleagues.model_validate_json(await answer.text()).free
            if [one.name for one in free] == names:
                return free


async def desk(advisor: Caller) -> dict[str, Any]:
    view: dict[str, Any] = await (await advisor.get("/api/desk")).json()
    DeskView.model_validate_json(await (await advisor.get("/api/desk")).text())
    return view


async def join(advisor: Caller, session: str) -> tuple[int, Any]:
    answer = await advisor.post(f"/api/sessions/{session}/join", {"prepare": True})
    return answer.status, await answer.json()


async def test_to_a_colleague_who_is_asked_first_and_alone(site: Site) -> None:
    """The prospect is told and goes on at the front; the note is for whoever takes over."""
    anna, carla, dora = [await free_advisor(site, name) for name in ("anna", "carla", "dora")]
    prospect, other = await site.prospect(), await site.prospect()
    async with at_the_desk(carla), at_the_desk(dora):
        async with a_talk(site, prospect, anna) as erika:
            whom = (await free_colleagues(anna, ["Carla", "Dora"]))[0].account
            status, said = await hand(anna, prospect.session, to=whom, note=NOTE)
            assert status == 200, said
            ended = await erika.hear("session.ended")
            assert (ended["reason"], ended["onward"]) == ("lost", True)
            repeated = await hand(anna, prospect.session, to=whom, note=NOTE)
        assert repeated == (200, said), "pressed twice, it is done once"
        over = await site.parts.lifecycle.view(SessionId(prospect.session))
        assert over is not None
        assert (over.state, over.end_reason) == (State.ENDED, "handed")
        assert not (await desk(anna))["me"]["in_talk"]

        status, begun = await again(prospect, prospect.session)
        Started.model_validate(begun, strict=True)
        assert (status, begun["session"], begun["position"]) == (201, said["session"], 1)
        later = begun["session"]
        for who, to_me in ((carla, True), (dora, False), (anna, False)):
            first, second = (await desk(who))["waiting"]
            assert (first["session"], second["session"]) == (later, other.session)
            assert (first["handed"]["by"], first["handed"]["to"]) == ("Anna", "Carla")
            assert first["handed"]["to_me"] is to_me
            assert first["handed"]["noted"]
            assert NOTE not in str(first)
            assert second["handed"] is None
        for who in (dora, anna):
            status, refused = await join(who, later)
            assert (status, refused["error"]["code"]) == (409, "desk.offered")
            assert (await told(who, later))[0] == 404
        assert (await told(carla, later))[1]["note"] == NOTE

        async with talking(prospect, later) as erika:
            joined = await erika.hear("participant.joined")
            assert joined["name"] == "Erika Mustermann"
            assert (joined["after"]["by"], joined["after"]["to"]) == ("Anna", "Carla")
            assert joined["after"]["noted"]
            assert "note" not in joined["after"]
            async with talking(carla, later, {"prepare": True}) as taking:
                assert (await taking.send("session.accepted", {"name": "Carla", "title": ""}))["ok"]
                status, taken = await told(carla, later)
                Taken.model_validate(taken, strict=True)
                assert (status, taken["by"], taken["note"]) == (200, "Anna", NOTE)
                for who in (anna, dora):
                    assert (await told(who, later))[0] == 404
    stored = b"".join(path.read_bytes() for path in site.data.rglob("*") if path.is_file())
    assert b"Kanarienvogel" not in stored


async def test_back_to_wait_and_taken_again_by_the_same(site: Site) -> None:
    """Nobody named: it is for all at once, the advisor before included."""
    anna, carla = await free_advisor(site, "anna"), await free_advisor(site, "carla")
    prospect = await site.prospect()
    async with a_talk(site, prospect, anna):
        status, said = await hand(anna, prospect.session, reason="documents")
        assert status == 200, said
    await again(prospect, prospect.session)
    [waiting] = (await desk(carla))["waiting"]
    assert (waiting["handed"]["reason"], waiting["handed"]["to"]) == ("documents", None)
    assert not waiting["handed"]["by_me"]
    [waiting] = (await desk(anna))["waiting"]
    assert waiting["handed"]["by_me"]
    assert (await join(carla, said["session"]))[0] == 200
    async with talking(anna, said["session"], {"prepare": True}) as again_with:
        assert (await again_with.send("session.accepted", {"name": "Anna", "title": ""}))["ok"]
    assert (await told(anna, said["session"]))[1]["note"] == ""


async def test_only_ones_own_talk_and_only_while_it_lasts(site: Site) -> None:
    """OB-01: what is not theirs is not there; what has not begun or is over stays as it is."""
    anna, carla = await free_advisor(site, "anna"), await free_advisor(site, "carla")
    prospect = await site.prospect()
    async with talking(anna, prospect.session, {"prepare": True}):
        assert (await hand(anna, prospect.session))[0] == 404, "not accepted yet"
        async with a_talk(site, prospect, anna) as erika:
            for caller in (carla, prospect, site.visitor(), await site.operator()):
                assert (await hand(caller, prospect.session))[0] in (401, 403, 404)
            assert (await hand(anna, "0" * 32))[0] == 404
            assert (await hand(anna, "x"))[0] == 404
            assert (await erika.send("session.ended", {"reason": "hung_up"}))["ok"]
    status, said = await hand(anna, prospect.session)
    assert (status, said["error"]["code"]) == (409, "kind.state")
    assert not await site.parts.lifecycle.live()


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"to": "0" * 32}, "handover.colleague"), ({"to": "me"}, "handover.colleague"),
        ({"to": 7}, "field.invalid"), ({"reason": "bored"}, "field.invalid"),
        ({"topic": "weather"}, "topic.unknown"), ({"note": None}, "field.invalid"),
        ({"note": "x" * (MAX_NOTE + 1)}, "handover.too_long"),
        ({"note": "\ud800"}, "text.encoding"), ({"by": "carla"}, "unknown_field"),
    ],
)  # fmt: skip
async def test_what_is_not_meant_changes_nothing(
    site: Site, given: dict[str, Any], code: str
) -> None:
    """A code, no echo, and the talk goes on."""
    anna, prospect = await free_advisor(site), await site.prospect()
    async with at_the_desk(anna), a_talk(site, prospect, anna) as erika:
        [me] = [one.id for one in await site.parts.accounts.list() if one.username == "anna"]
        given = given | ({"to": me} if given.get("to") == "me" else {})
        status, said = await hand(anna, prospect.session, **given)
        assert status in (400, 409)
        assert said["error"]["code"] == code
        assert "xxxx" not in str(said)
        assert (await erika.send("chat.message", {"text": "noch da"}))["ok"]


async def test_the_persons_copies_belong_together(site: Site) -> None:
    """OB-37: number and code of either say where it goes on, by whom, and with what note."""
    anna, carla = await free_advisor(site, "anna"), await free_advisor(site, "carla")
    prospect = await site.prospect()
    receipts = [await claimed(prospect)]
    async with at_the_desk(carla), a_talk(site, prospect, anna):
        [whom] = await free_colleagues(anna, ["Carla"])
        status, said = await hand(anna, prospect.session, to=whom.account, note=NOTE)
        assert status == 200, said
    _, begun = await again(prospect, prospect.session)
    prospect.session, prospect.token = begun["session"], begun["token"]
    receipts.append(await claimed(prospect))
    assert (await told(carla, prospect.session))[0] == 200
    first, second = [await copy_of(site, one) for one in receipts]
    number = {receipt["number"].replace(" ", "") for receipt in receipts}
    assert first["continues"] is None
    assert {first["goes_on"]["number"], second["continues"]["number"]} == number
    del second["continues"]["at"]
    assert second["continues"] == {
        "number": first["number"], "by": "Anna", "to": "Carla", "reason": "handed", "note": NOTE,
    }  # fmt: skip
    assert second["goes_on"] is None
    assert "handover read" in {one["action"] for one in second["openings"]}
    page = await site.visitor().post("/receipt", data=receipts[1])
    assert "Kanarienvogel" in await page.text()
    anothers = await site.visitor().post("/receipt", data=receipts[0])
    assert "Kanarienvogel" not in await anothers.text()


async def claimed(prospect: Caller) -> dict[str, str]:
    answer = await prospect.post(f"/api/sessions/{prospect.session}/receipt", {})
    assert answer.status == 200
    found: dict[str, str] = await answer.json()
    return found


async def copy_of(site: Site, receipt: dict[str, str]) -> dict[str, Any]:
    answer = await site.visitor().post("/receipt/copy", data=receipt)
    assert answer.status == 200, await answer.text()
    with zipfile.ZipFile(io.BytesIO(await answer.read())) as archive:
        data = archive.read("data.json")
    Copy.model_validate_json(data)
    found: dict[str, Any] = json.loads(data)
    return found
