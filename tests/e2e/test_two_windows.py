"""One call in two windows: the newer one asks, one of them talks, and the other one says so."""

import time

from playwright.async_api import expect

from tests.e2e.media import eventually, media_of, sees_and_hears
from tests.e2e.people import House, Prospect, word
from tests.patience import allowed

# Another connection of the same person, which says nothing: the server has not noticed yet that the
# page behind it is gone.
LINGER = """async (session) => {
    const asked = await fetch(`/api/sessions/${session}/join`, {
        method: "POST", body: "{}", headers: {"Content-Type": "application/json"}});
    const {ticket} = await asked.json();
    const socket = new WebSocket(`/socket.io/?EIO=4&transport=websocket`);
    await new Promise((joined, lost) => {
        socket.onerror = socket.onclose = lost;
        socket.onmessage = ({data}) => {
            if (data[0] === "0") socket.send("40");
            else if (data === "2") socket.send("3");
            else if (data.startsWith("40")) socket.send(
                `420["join",${JSON.stringify({ticket, after: 0, log_epoch: null})}]`);
            else if (data.startsWith("430")) joined();
        };
    });
}"""


async def second_window(prospect: Prospect) -> Prospect:
    """The same link again, in the same browser."""
    page = await prospect.context.new_page()
    await page.goto(prospect.page.url)
    return Prospect(prospect.context, page, prospect.guard, prospect.url)


async def test_a_second_window_asks_before_it_takes_over(house: House) -> None:
    """F-18: nothing changes without a click; then within two seconds, with one sender of media."""
    berta, first = await house.advisor(), await house.prospect()
    await first.call("Anna", "Beispiel")
    await berta.accept("Anna Beispiel")
    await sees_and_hears(first.page)
    second = await second_window(first)
    await second.reads("after.elsewhere.heading")
    assert await second.page.evaluate("window.__probes.devices") == []
    await sees_and_hears(first.page)  # undisturbed

    here, there = second.button("after.elsewhere.go"), first.button("after.elsewhere.go")
    await here.click()
    clicked_at = time.monotonic()
    await expect(there).to_be_visible()
    await second.in_talk()
    assert time.monotonic() - clicked_at < allowed(2)
    assert (await media_of(first.page)).connections == 0
    await sees_and_hears(second.page)
    assert (await media_of(berta.page)).connections == 1

    await there.click()  # and back
    await expect(here).to_be_visible()
    await sees_and_hears(first.page)
    await eventually(
        lambda: media_of(second.page), lambda now: now.connections == 0,
        within_seconds=60, what="silence in the other window",
    )  # fmt: skip


async def test_a_reload_is_no_second_window(house: House) -> None:
    prospect = await house.prospect()
    await prospect.call("Anna", "Beispiel")
    for _ in range(3):
        await prospect.page.reload()
        await expect(prospect.button("ready.leave")).to_be_visible()
        await expect(prospect.page.get_by_text(word("after.elsewhere.heading"))).to_have_count(0)


async def test_a_reload_soon_after_a_lost_connection_asks_nothing(house: House) -> None:
    """F-17: the server may still hold the connection of the page before; it is the same tab."""
    berta, prospect = await house.advisor(), await house.prospect()
    await prospect.call("Anna", "Beispiel")
    await berta.accept("Anna Beispiel")
    await sees_and_hears(prospect.page)
    session = prospect.page.url.split("/call/")[1].split("?")[0]
    ghost = await prospect.context.new_page()
    await ghost.goto(prospect.url + "/privacy")
    await ghost.evaluate(LINGER, session)
    for _ in range(2):
        await prospect.page.reload()
        await sees_and_hears(prospect.page)
    await expect(prospect.page.get_by_text(word("after.elsewhere.heading"))).to_have_count(0)
    await ghost.close()


async def test_a_copied_tab_is_another_window(house: House) -> None:
    """F-18: a browser copies what a tab remembers along with it; the talk stays where it is."""
    berta, first = await house.advisor(), await house.prospect()
    await first.call("Anna", "Beispiel")
    await berta.accept("Anna Beispiel")
    await sees_and_hears(first.page)
    remembered = await first.page.evaluate("JSON.stringify(history.state)")
    assert '"page"' in remembered
    copy = await first.context.new_page()
    await copy.add_init_script(f"history.replaceState({remembered}, '')")
    await copy.goto(first.page.url)
    await expect(copy.get_by_text(word("after.elsewhere.heading"))).to_be_visible()
    await sees_and_hears(first.page)
