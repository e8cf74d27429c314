"""More people in a talk: invited by link, let in by the advisor, heard by all, gone when removed.

Three browsers with small pictures: everybody sends to two others.
"""

import asyncio

from playwright.async_api import Page, Route, expect

from tests.e2e import pdfs
from tests.e2e.media import eventually, media_of, warm
from tests.e2e.people import Advisor, House, Prospect, word
from tests.e2e.screens import let_go_of, show
from tests.e2e.shelf import Shelf, payload
from tests.e2e.test_board import Desk, at_the_board
from tests.e2e.test_documents import lay, sees_page

SMALL = {"viewport": {"width": 900, "height": 600}}
PAST = "Das bleibt unter uns."
# Of every connection that stands: pictures decoded and sound received, since it began.
LINES = """async () => {
    const lines = [];
    for (const connection of window.__probes.connections) {
        if (connection.connectionState !== "connected") continue;
        const line = { frames: 0, energy: 0 };
        for (const report of (await connection.getStats()).values()) {
            if (report.type !== "inbound-rtp") continue;
            line.frames += report.framesDecoded ?? 0;
            line.energy += report.totalAudioEnergy ?? 0;
        }
        lines.push(line);
    }
    return lines;
}"""
# Every picture that is shown of somebody else moves.
MOVING = """() => {
    const shown = [...document.querySelectorAll("video")]
        .filter((one) => one.dataset.testid !== "own-video" && one.checkVisibility());
    return shown.map((one) => one.getVideoPlaybackQuality().totalVideoFrames);
}"""


async def sees_and_hears_all(page: Page, others: int) -> None:
    """Wait until more pictures and more sound come from each of them, and are shown."""
    before: list[dict[str, float]] = await eventually(
        lambda: page.evaluate(LINES),
        lambda lines: len(lines) == others and all(line["frames"] > 0 for line in lines),
        within_seconds=60,
        what=f"pictures over {others} connections",
    )
    await eventually(
        lambda: page.evaluate(LINES),
        lambda lines: (
            len(lines) == others
            and all(
                now["frames"] > then["frames"] and now["energy"] > then["energy"]
                for now, then in zip(lines, before, strict=True)
            )
        ),
        within_seconds=60,
        what=f"pictures and sound from {others} others",
    )
    await eventually(
        lambda: page.evaluate(MOVING),
        lambda frames: len(frames) == others and all(count > 0 for count in frames),
        within_seconds=60,
        what=f"{others} pictures that move on the screen",
    )


async def talking(house: House) -> tuple[Advisor, Prospect]:
    berta = await house.advisor("Berta Berater", **SMALL)
    anna = await house.prospect(**SMALL)
    await anna.call("Anna", "Beispiel")
    await berta.accept("Anna Beispiel")
    await sees_and_hears_all(anna.page, 1)
    return berta, anna


async def test_a_guest_sees_hears_and_reads_from_now_on_until_removed(house: House) -> None:
    """OB-01, AT-01: who is let in is on the list of everybody, and nobody else receives."""
    berta, anna = await talking(house)
    await anna.open_chat()
    await anna.write(PAST)
    await berta.open_chat()
    await berta.sees_message(PAST)

    gisela = await house.guest(**SMALL)
    await gisela.knock(await berta.invite(), "Gisela", "Gast")
    await berta.let_in("Gisela Gast")
    came = word("party.joined.guest", name="Gisela Gast", by="Berta Berater")
    await expect(anna.page.get_by_text(came)).to_be_visible()
    for person in (anna, berta, gisela):
        await sees_and_hears_all(person.page, 2)
    for person in (anna, gisela):
        await person.button("party.count.other", count=3).click()
        people = person.page.get_by_role("dialog").get_by_role("listitem")
        await expect(people).to_have_count(3)
        await (
            person.page.get_by_role("dialog")
            .get_by_role("button", name=word("ui.close"), exact=True)
            .click()
        )

    await gisela.open_chat()
    await expect(gisela.page.get_by_text(word("visit.chat.empty"))).to_be_visible()
    await anna.write("Guten Tag zusammen")
    await gisela.sees_message("Guten Tag zusammen")
    await gisela.write("Guten Tag, Frau Beispiel")
    for person in (anna, berta):
        await person.sees_message("Guten Tag, Frau Beispiel")
    await gisela.page.reload()  # the seat stays, and the past stays untold
    await sees_and_hears_all(gisela.page, 2)
    await gisela.open_chat()
    await gisela.sees_message("Guten Tag zusammen")
    assert PAST not in await gisela.page.content()

    await berta.people_opener.click()
    await berta.button("guests.remove.label", name="Gisela Gast").click()
    await berta.button("guests.remove.confirm").click()
    await gisela.reads("visit.removed")
    await eventually(
        lambda: media_of(gisela.page), lambda now: now.connections == 0,
        within_seconds=60, what="nothing that could still flow to her",
    )  # fmt: skip
    for person in (anna, berta):
        await sees_and_hears_all(person.page, 1)
    await anna.write("Nun wieder wir beide")
    await (
        berta.page.get_by_role("dialog")
        .get_by_role("button", name=word("ui.close"), exact=True)
        .click()
    )
    await berta.sees_message("Nun wieder wir beide")
    assert "Nun wieder" not in await gisela.page.content()


async def test_a_guest_shows_a_screen_that_anybody_ends_and_gets_what_they_are_told_of(
    house: House,
) -> None:
    """OB-01, OB-02, OB-48: how a guest's connection is, is read by them and by the operator; who
    shows a screen reads who ended it; a file that was on its way when they came is theirs."""
    berta, anna = await talking(house)
    came = asyncio.Event()

    async def held(route: Route) -> None:
        if route.request.method == "PATCH":
            await came.wait()
        await route.fallback()

    await anna.page.route("**/api/sessions/*/files/*", held)
    hers = Shelf(anna)
    await hers.open_in_talk()
    async with anna.page.expect_request(lambda request: request.method == "PATCH"):
        await hers.share(payload("Police.txt", b"Police 4711", "text/plain"))
    gisela = await house.guest(**SMALL)
    await gisela.knock(await berta.invite(), "Gisela", "Gast")
    await berta.let_in("Gisela Gast")
    await sees_and_hears_all(gisela.page, 2)
    came.set()
    shelf = Shelf(gisela)
    await shelf.open_in_talk()
    await shelf.has("Police.txt")
    assert await shelf.saved("Police.txt") == b"Police 4711"
    await shelf.close()
    await hers.close()

    await expect(gisela.page.locator(".stage__status .light")).to_be_visible(timeout=60_000)
    operator = await house.operator()
    row = operator.page.get_by_role("row").filter(has_text=word("ops.seat.guest"))
    await expect(row).to_contain_text(word("ops.path.direct"), timeout=60_000)
    assert "Gisela" not in await operator.page.content()

    for viewer, name in ((anna, "Anna Beispiel"), (berta, "Berta Berater")):
        if viewer is anna:
            await show(gisela)
        else:
            await gisela.button("talk.screen.on").click()
        tile = viewer.page.get_by_test_id("tile")
        await expect(tile).to_have_attribute("data-large", "true")
        await tile.get_by_role("button", name=word("talk.screen.stop")).click()
        await gisela.reads("talk.screen.stopped", name=name)
        await let_go_of(gisela)
        await expect(tile).to_have_attribute("data-large", "false")
    await show(berta)
    await gisela.button("talk.screen.stop").click()
    await berta.reads("talk.screen.stopped", name="Gisela Gast")
    await let_go_of(berta)


async def written(desk: Desk, text: str, x: int, y: int) -> None:
    await desk.tool("board.tool.text").click()
    await desk.paper.click(position={"x": x, "y": y})
    await expect(desk.box).to_be_focused()
    await desk.person.page.keyboard.type(text)
    await desk.person.page.keyboard.press("Escape")


async def deleted(desk: Desk, text: str) -> None:
    await desk.tool("board.list").click()
    listing = desk.board.get_by_role("complementary", name=word("board.list.title"))
    named = f"{word('board.element.text')}: {text}"
    await listing.get_by_role("button", name=word("board.list.delete", what=named)).click()
    await listing.get_by_role("button", name=word("board.list.close")).click()


async def heap(page: Page) -> str:
    """All that the page's scripts hold in memory just now, strings in it."""
    chunks: list[str] = []
    devtools = await page.context.new_cdp_session(page)
    devtools.on("HeapProfiler.addHeapSnapshotChunk", lambda told: chunks.append(told["chunk"]))
    await devtools.send("HeapProfiler.takeHeapSnapshot", {"reportProgress": False})
    await devtools.detach()
    return "".join(chunks)


async def test_a_guest_sees_the_board_that_is_open_and_nothing_of_how_it_became_so(
    house: House,
) -> None:
    """OB-01, OB-02, AT-08: what lies there when they come, a document too, and live from then on;
    what was deleted before is nowhere in their page."""
    theirs, ours = await at_the_board(house, viewport=SMALL["viewport"])
    berta = ours.person
    assert isinstance(berta, Advisor)
    await written(ours, PAST, 150, 60)
    await written(ours, "Beitrag ab Januar", 150, 120)
    await theirs.drag("pen", (60, 180), (120, 200), (180, 180))
    await ours.rows(3)
    await deleted(ours, PAST)
    await theirs.rows(2)
    await lay(berta, "Police.pdf", pdfs.document(2))
    for desk in (theirs, ours):
        await sees_page(desk.person, 1, of=2)
    there = ["Text: Beitrag ab Januar", "Freihandlinie"]

    gisela = await house.guest(**SMALL)
    await gisela.knock(await berta.invite(), "Gisela", "Gast")
    await berta.let_in("Gisela Gast")
    hers = Desk(gisela)
    await hers.is_open()
    said = await hers.rows(4)  # with the two pages
    assert [any(row.startswith(what) for row in said) for what in there] == [True, True]
    await sees_page(gisela, 1, of=2)
    await gisela.reads("board.follow.following", name="Berta Berater")

    await theirs.drag("pen", (320, 150), (420, 180))
    await hers.drag("pen", (320, 190), (420, 220))
    for desk in (ours, theirs, hers):
        await desk.rows(6)
    memory = await heap(gisela.page)
    assert "Beitrag ab Januar" in memory, "what is there can be found like that"
    assert PAST not in memory
    await gisela.page.reload()
    await hers.is_open()
    await hers.rows(6)
    await sees_page(gisela, 1, of=2)
    assert PAST not in await heap(gisela.page)


async def test_an_interpreter_is_seen_large_and_a_link_works_once(house: House) -> None:
    """AT-01: spent by the first browser, whoever has it; and who leaves is gone for good."""
    berta, anna = await talking(house)
    link = await berta.invite("interpreter")
    ines = await house.guest(**SMALL)
    await ines.knock(link, "Ines", "Dolmetscher")
    other = await house.guest(**SMALL)
    other.guard.allow(r"status of 4\d\d")
    await other.page.goto(link)
    await other.page.get_by_label(word("visit.first_name")).fill("Mallory")
    await other.page.get_by_label(word("visit.last_name")).fill("Fremd")
    await other.button("visit.knock").click()
    await expect(other.page.get_by_role("alert").first).to_be_visible()
    await berta.let_in("Ines Dolmetscher")
    for person in (anna, berta):
        await warm(person.page, connections=2)
        tile = person.page.get_by_test_id("tile")
        await expect(tile).to_have_attribute("data-large", "true")
    assert link.partition("#")[2] not in "".join(ines.guard.urls), "the secret is in no address"
    await ines.hang_up()
    await ines.reads("visit.left")
    await expect(anna.page.get_by_test_id("tile")).to_have_count(0)


async def test_whoever_is_turned_away_is_told_so_kindly(house: House) -> None:
    """AT-01: nobody comes in without the advisor, and a link without its end says what is wrong."""
    berta, _ = await talking(house)
    link = await berta.invite()
    otto = await house.guest(**SMALL)
    await otto.page.goto(link.partition("#")[0])
    await otto.reads("visit.broken")
    await otto.page.goto("about:blank")
    await otto.knock(link, "Otto", "Ohne")
    await berta.reads("guests.knock", name="Otto Ohne")
    await berta.button("guests.refuse").click()
    await otto.reads("visit.refused")
