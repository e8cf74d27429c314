"""A thousand messages between two browsers that reload all the time."""

import asyncio
import random

from playwright.async_api import expect

from tests.e2e.media import eventually
from tests.e2e.people import House, Talker, word

EACH = 500
SEED = 20_231_119
BATCH = (20, 80)  # messages typed without a pause, at least and at most
RELOAD_CHANCE = 0.4  # after a batch, while it is still on its way
# Types into the page's own field and presses Enter, one message after the other. React draws what
# an event brings before the next turn of the event loop.
TYPE = """async (texts) => {
    const put = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value").set;
    const field = document.querySelector("form textarea");
    const turn = () => new Promise((next) => setTimeout(next));
    for (const text of texts) {
        put.call(field, text);
        field.dispatchEvent(new Event("input", {bubbles: true}));
        await turn();
        field.dispatchEvent(new KeyboardEvent("keydown", {key: "Enter", bubbles: true}));
        await turn();
        if (field.value !== "") throw new Error(`not sent: ${text}`);
    }
}"""
LINES = """() => [...document.querySelectorAll('[role=log] li')].map((line) => [
    line.querySelector('p').textContent, line.dataset.delivery ?? 'theirs'])"""


async def test_nothing_is_lost_doubled_or_reordered(house: House) -> None:
    """Promise 2: both sides end with every message once, in the same order."""
    advisor, prospect = await house.advisor(), await house.prospect()
    await prospect.call("Anna", "Beispiel")
    await advisor.accept("Anna Beispiel")
    for talker in (advisor, prospect):
        await talker.open_chat()
        await talker.button("talk.camera.off").click()  # pictures are not what this is about
    dice = random.Random(SEED)
    reloads = await asyncio.gather(
        talk(prospect, "P", random.Random(dice.random())),
        talk(advisor, "A", random.Random(dice.random())),
    )
    assert min(reloads) >= 3, "both sides reloaded in the middle"

    seen_by_prospect = await complete(prospect)
    seen_by_advisor = await complete(advisor)
    assert sorted(seen_by_prospect) == sorted(sentences("P") + sentences("A"))
    assert seen_by_prospect == seen_by_advisor
    for who in ("P", "A"):  # what one person said stays in the order in which it was said
        assert [text for text in seen_by_prospect if text.startswith(who)] == sentences(who)


def sentences(who: str) -> list[str]:
    return [f"{who} sagt {number:03d}" for number in range(EACH)]


async def talk(talker: Talker, who: str, dice: random.Random) -> int:
    """Say everything; returns how often the page went away meanwhile."""
    left, reloads = sentences(who), 0
    while left:
        batch, left = left[: (size := dice.randint(*BATCH))], left[size:]
        await talker.page.evaluate(TYPE, batch)
        if dice.random() < RELOAD_CHANCE:
            await talker.page.reload()
            await talker.open_chat()
            reloads += 1
    return reloads


async def complete(talker: Talker) -> list[str]:
    """All texts on the screen, once they are all there and none of them is on its way."""

    async def lines() -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = await talker.page.evaluate(LINES)
        return found

    found = await eventually(
        lines,
        lambda now: len(now) >= 2 * EACH and all(state != "sending" for _, state in now),
        within_seconds=300,  # only ever waited out by a failure
        what="every message",
    )
    await expect(talker.page.get_by_text(word("talk.trouble.link"))).to_have_count(0)
    return [text for text, _ in found]
