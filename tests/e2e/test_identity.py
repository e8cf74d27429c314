"""Two people compare two words, and know that nobody sits between their browsers."""

import asyncio

from playwright.async_api import expect

from tests.e2e.examination import no_findings
from tests.e2e.media import sees_and_hears
from tests.e2e.people import Advisor, House, Prospect, word


async def words(person: Advisor | Prospect) -> str:
    """As they stand on the screen, or behind the shield of a small one."""
    shield = person.page.locator(".identity")
    await expect(shield).to_be_visible()
    await expect(shield).to_have_attribute("data-refused", "false")
    return (await shield.inner_text()).strip()


async def test_both_see_the_same_words_and_others_after_a_reload(house: House) -> None:
    """AT-25; OB-08: the connection ends in the two browsers, whoever carries its signs."""
    berta, anna = await house.advisor(), await house.prospect()
    await anna.call("Anna", "Beispiel")
    await berta.accept("Anna Beispiel")
    await asyncio.gather(sees_and_hears(anna.page), sees_and_hears(berta.page))
    first = await words(anna)
    assert await words(berta) == first
    assert len(first.split(" · ")) == 2

    await anna.page.locator(".identity").click()
    dialog = anna.page.get_by_role("dialog", name=word("identity.title"))
    await expect(dialog.get_by_text(word("identity.read", name="Berta Berater"))).to_be_visible()
    both = first.split(" · ")
    for one in both:  # once in 256 times they are the same word twice
        await expect(dialog.get_by_text(one, exact=True)).to_have_count(both.count(one))
    async with no_findings() as examine:
        await examine.of("the words", anna.page)
    await dialog.get_by_role("button", name=word("identity.understood")).click()
    await expect(dialog).to_be_hidden()

    await anna.page.reload()
    await asyncio.gather(sees_and_hears(anna.page), sees_and_hears(berta.page))
    second = await words(anna)
    await expect(berta.page.locator(".identity")).to_contain_text(second)
    assert second != first  # once in 65,536 they would be
    await berta.page.locator(".identity").click()
    await expect(berta.page.get_by_text(word("identity.renewed"))).to_be_visible()
    await berta.button("identity.understood").click()
