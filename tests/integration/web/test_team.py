"""The team lead: advises like anybody, sees the own agency's team, and nothing of any other."""

import json
from pathlib import Path
from typing import Any

import pytest

from sessions.events import Role, SessionId
from tests.e2e.media import eventually
from tests.integration.web.agencies import AGENCIES, WHOSE, site_with_agencies
from tests.integration.web.conftest import Caller, MakeSite, Site
from tests.integration.web.guests import in_talk
from tests.integration.web.test_protection import actions
from tests.integration.web.test_recording import POLICY, talk
from tests.integration.web.test_talk import at_the_desk, talking
from tests.patience import PATIENCE_SECONDS


@pytest.fixture
async def site(make_site: MakeSite, tmp_path: Path) -> Site:
    return await site_with_agencies(make_site, tmp_path)


async def lead(site: Site, agency: str | None) -> Caller:
    return await site.signed_in(Role.LEAD, f"lead.{agency or 'haus'}", agency)


async def team(caller: Caller) -> dict[str, Any]:
    answer = await caller.get("/api/team")
    assert answer.status == 200, await answer.text()
    found: dict[str, Any] = await answer.json()
    return found


async def advisor_of(site: Site, agency: str | None) -> str:
    name = f"{agency or 'haus'}.erste"
    await site.advisor(name, agency)
    return name


async def test_a_lead_sees_the_own_team_and_nobody_else(site: Site) -> None:
    """OB-01: who is on duty, how many wait, what is over; no other agency, no name who calls."""
    for agency in WHOSE:
        name = await advisor_of(site, agency)
        over = await site.prospect(**({} if agency is None else {"agency": agency}))
        await in_talk(site, over, name)
        await site.parts.lifecycle.end(SessionId(over.session), "hung_up")
        waits = await site.prospect(**({} if agency is None else {"agency": agency}))
        boss = await lead(site, agency)
        found = await team(boss)
        assert {one["name"] for one in found["members"]} == {
            name.title(), f"lead.{agency or 'haus'}".title(),
        }  # fmt: skip
        assert found["waiting"] == 1
        assert found["longest_s"] >= 0
        [talk] = found["ended"]
        assert (talk["session"], talk["advisor"], talk["state"]) == (
            over.session, name.title(), "hung_up",
        )  # fmt: skip
        answer = await boss.get("/api/team")
        text = await answer.text()
        assert "Mustermann" not in text
        assert waits.session not in text


async def test_on_duty_is_who_is_there(site: Site) -> None:
    """OB-01: free, busy, in a talk, away; whoever has no console open is away."""
    boss = await lead(site, "nord")
    anna = await site.advisor("anna", "nord")

    async def becomes(duty: str) -> None:
        """Nodes hear of a console that was opened a moment later."""

        async def duties() -> set[str]:
            members = (await team(boss))["members"]
            return {one["duty"] for one in members if one["name"] == "Anna"}

        await eventually(
            duties, lambda found: duty in found, within_seconds=PATIENCE_SECONDS, what=duty
        )

    assert (await anna.post("/api/desk/wish", {"wish": "free"})).status == 200
    await becomes("away")
    async with at_the_desk(anna):
        await becomes("free")
        assert (await anna.post("/api/desk/wish", {"wish": "busy"})).status == 200
        await becomes("busy")
        await in_talk(site, await site.prospect(agency="nord"), "anna")
        await becomes("talk")


async def test_a_lead_advises_like_anybody(site: Site) -> None:
    """OB-01: the desk, a ticket for it, and a talk from accept to its end."""
    boss, prospect = await lead(site, "nord"), await site.prospect(agency="nord")
    assert (await boss.post("/api/desk/wish", {"wish": "free"})).status == 200
    account = await site.parts.accounts.find("lead.nord")
    assert account is not None
    async with at_the_desk(boss):
        await eventually(
            lambda: site.parts.accounts.free("nord"), lambda free: free == [account.id],
            within_seconds=PATIENCE_SECONDS, what="a free lead",
        )  # fmt: skip
    async with (
        talking(prospect, prospect.session) as erika,
        talking(boss, prospect.session, {"prepare": True}) as lina,
    ):
        assert (await lina.send("session.accepted", {"name": "Lina", "title": ""}))["ok"]
        assert (await erika.send("chat.message", {"text": "Guten Tag"}))["ok"]
        assert (await lina.send("session.ended", {"reason": "hung_up"}))["ok"]
    [ended] = (await team(boss))["ended"]
    assert (ended["advisor"], ended["state"]) == ("Lead.Nord", "hung_up")
    other = await site.prospect(agency="sued-2")
    answer = await boss.post(f"/api/sessions/{other.session}/join", {"prepare": True})
    assert answer.status == 404


async def test_nobody_but_leads_sees_a_team(site: Site) -> None:
    for caller in (
        await site.advisor(), await site.operator(), await site.officer(), await site.auditor(),
        await site.admin(),
    ):  # fmt: skip
        assert (await caller.get("/api/team")).status == 403


async def test_a_recording_of_the_team_opens_with_a_reason(
    make_site: MakeSite, tmp_path: Path
) -> None:
    """OB-01: as for its advisor: first why, in the chain; and for no lead of another agency."""
    brand = tmp_path / "brand.json"
    brand.write_text(json.dumps({"agencies": AGENCIES, "recording": POLICY}))
    site: Site = await make_site(brand_file=brand)
    house, nord = await lead(site, None), await lead(site, "nord")
    colleague = await site.advisor("colleague")
    async with talk(site) as (recorded, berta, _):
        path = f"/console/session/{recorded.session}/recording"
        assert (await house.get(path)).status == 404
        assert (await berta.send("session.ended", {"reason": "hung_up"}))["ok"]
    assert (await house.get(path)).status == 200
    for other in (nord, colleague):
        assert (await other.get(path)).status == 404
        form = {"csrf": other.csrf, "reason": "duty"}
        assert (await other.post(path, data=form)).status == 404
    before = await actions(site)
    answer = await house.post(path, data={"csrf": house.csrf, "reason": "gossip"})
    assert answer.status == 400
    assert await actions(site) == before
    answer = await house.post(path, data={"csrf": house.csrf, "reason": "complaint"})
    assert answer.status == 303
    assert (await actions(site))[-1] == ("recording opened", f"{recorded.session} complaint")
