"""The console of a team lead: the team beside the own work, on both sizes, without a barrier."""

from playwright.async_api import expect

from tests.e2e.examination import no_findings
from tests.e2e.people import DESKTOP, House, word


async def test_a_lead_sees_the_team_as_it_works(house: House) -> None:
    """OB-01: a colleague is free, in a talk, and done; who called is nowhere."""
    lead = await house.lead(viewport=DESKTOP)
    await lead.wish("busy")
    team = lead.page.get_by_role("region", name=word("console.team.title"))
    advisor = await house.advisor()
    row = team.get_by_role("listitem").filter(has_text="Berta Berater")
    await expect(row).to_contain_text(word("console.team.duty.free"))
    prospect = await house.prospect()
    await prospect.call("Zoë", "Núñez-Weiß")
    await advisor.accept("Zoë Núñez-Weiß")
    await expect(row).to_contain_text(word("console.team.duty.talk"))
    await advisor.hang_up()
    ended = team.get_by_role("row").filter(has_text=word("console.team.state.hung_up")).first
    await expect(ended).to_contain_text("Berta Berater")
    await expect(team).not_to_contain_text("Núñez")
    async with no_findings() as examine:
        await examine.of("console of a lead", lead.page)


async def test_an_advisor_has_no_team_to_look_at(house: House) -> None:
    advisor = await house.advisor()
    await expect(advisor.page.get_by_role("region", name=word("console.day.title"))).to_be_visible()
    await expect(advisor.page.get_by_text(word("console.team.title"), exact=True)).to_have_count(0)
