"""Two advisors answer the same prospect at the same moment."""

import asyncio
import json
from typing import Any

from playwright.async_api import Page, WebSocket, expect

from tests.e2e.media import sees_and_hears
from tests.e2e.people import Advisor, House, word
from tests.patience import allowed


class Ear:
    """Everything that the server tells a page over its sockets."""

    def __init__(self, page: Page) -> None:
        self.heard: list[Any] = []
        page.on("websocket", self._listen)

    def _listen(self, socket: WebSocket) -> None:
        socket.on("framereceived", self._frame)

    def _frame(self, payload: str | bytes) -> None:
        text = payload if isinstance(payload, str) else payload.decode()
        if text.startswith('42["event"'):
            self.heard.append(json.loads(text[2:])[1])

    def kinds(self) -> list[str]:
        return [event["kind"] for event in self.heard]


async def test_exactly_one_of_two_advisors_gets_the_prospect(house: House) -> None:
    """Rule 2 of the desk: the other is told kindly within half a second, and hears no more."""
    advisors = [await house.advisor("Berta Berater"), await house.advisor("Karl Kollege")]
    ears = []
    for advisor in advisors:
        # Getting ready for somebody who was taken this very moment is answered with a conflict.
        advisor.guard.allow(r"status of 409")
        ears.append(Ear(advisor.page))
        await advisor.page.reload()
    prospect = await house.prospect()
    await prospect.call("Anna", "Beispiel")
    for advisor in advisors:
        await expect(advisor.accept_button("Anna Beispiel")).to_be_enabled()

    told = [
        asyncio.ensure_future(advisor.page.evaluate(SHOWN, word("console.notice.taken")))
        for advisor in advisors
    ]
    # By the clock of the machine: one click after the other, the second has nothing to press.
    at_ms = await prospect.page.evaluate("Date.now()") + 1_000
    buttons = [advisor.accept_button("Anna Beispiel") for advisor in advisors]
    pressed = await asyncio.gather(*(button.evaluate(PRESSED, at_ms) for button in buttons))
    assert pressed == [True, True]
    await sees_and_hears(prospect.page)

    done, pending = await asyncio.wait(told, timeout=60, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    assert len(done) == 1, "exactly one is told that a colleague was faster"
    loser = told.index(next(iter(done)))
    winner = advisors[1 - loser]
    await sees_and_hears(winner.page)
    clicked = await click_time(advisors[loser])
    assert next(iter(done)).result() - clicked <= allowed(0.5) * 1_000

    before = len(ears[loser].heard)
    await winner.open_chat()
    await winner.write("Guten Tag, Frau Beispiel.")
    await prospect.open_chat()
    await prospect.sees_message("Guten Tag, Frau Beispiel.")
    await winner.hang_up()
    await prospect.reads("after.heading")
    # The end of the talk reaches every console by the desk's own channel, after everything else.
    await expect(advisors[loser].page.get_by_text("Anna Beispiel")).to_have_count(0)
    assert set(ears[loser].kinds()[before:]) <= {"desk.changed"}
    assert "chat.message" in ears[1 - loser].kinds()
    await asyncio.gather(*pending, return_exceptions=True)


PRESSED = """(button, at) => new Promise((done) => setTimeout(() => {
    const there = button.isConnected;
    button.click();
    done(there);
}, at - Date.now()))"""
SHOWN = "text => window.__probes.shown('[role=status], [role=alert]', text)"


async def click_time(advisor: Advisor) -> float:
    return float(await advisor.page.evaluate("window.__probes.clicks.at(-1).at"))
