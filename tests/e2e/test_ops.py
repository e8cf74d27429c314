"""What an operator sees of a live session: that it goes well, never who talks."""

from playwright.async_api import expect

from tests.e2e.media import sees_and_hears
from tests.e2e.people import House, Operator, word


async def test_a_session_shows_live_and_without_a_name(house: House) -> None:
    """OB-48: state, path and quality appear by themselves, and no name at any time."""
    operator = await house.operator()
    advisor = await house.advisor("Berta Berater")
    prospect = await house.prospect()
    await prospect.call("Wilhelmine", "Unverkennbar")
    row = operator.row(prospect.session)
    await expect(row).to_contain_text(word("ops.state.waiting"))
    await nameless(operator)

    await advisor.accept("Wilhelmine Unverkennbar")
    await sees_and_hears(advisor.page)
    await expect(row).to_contain_text(word("ops.state.active"))
    await expect(row).to_contain_text(word("ops.path.direct"))
    for talker in (advisor, prospect):  # five pictures a second are none that go well
        await talker.button("talk.camera.off").click()
    await expect(row).to_contain_text(word("ops.quality.good"))
    await nameless(operator)

    await prospect.hang_up()
    await expect(row).to_contain_text(word("ops.state.ended"))
    await nameless(operator)


async def nameless(operator: Operator) -> None:
    """Neither the page nor what it was given to draw it holds a name."""
    drawn = await operator.page.content()
    given = await operator.page.evaluate("fetch('/api/ops/sessions').then((got) => got.text())")
    for name in ("Wilhelmine", "Unverkennbar", "Berta", "Berater"):
        assert name not in drawn
        assert name not in given
