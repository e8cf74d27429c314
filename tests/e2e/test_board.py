"""The board on the stage of the talk: both draw, both see the same, whatever they do it with."""

import asyncio
import json
import re
from dataclasses import dataclass

from playwright.async_api import Locator, expect

from tests.e2e.examination import Examination
from tests.e2e.guard import CUT_OFF
from tests.e2e.people import PHONE, House, Prospect, Talker, word
from tests.e2e.test_keyboard import tab_to

OPEN_MS = 10_000
TICKETS = re.compile("/api/sessions/[0-9a-f]+/join$")


@dataclass(frozen=True, slots=True)
class Desk:
    """One person at the open board."""

    person: Talker

    @property
    def board(self) -> Locator:
        return self.person.page.get_by_role("region", name=word("board.title"), exact=True)

    @property
    def paper(self) -> Locator:
        return self.board.locator(".board__paper")

    @property
    def box(self) -> Locator:
        """In which text is written."""
        return self.board.get_by_role("textbox", name=word("board.text"))

    async def is_open(self) -> None:
        await expect(self.paper.locator("canvas.interactive")).to_be_visible(timeout=OPEN_MS)

    def tool(self, name: str) -> Locator:
        tools = self.board.get_by_role("toolbar")
        return tools.get_by_role("button", name=word(name), exact=True)

    def width(self, name: str) -> Locator:
        """What opens the choice of widths, while this one is chosen."""
        said = word("board.width", now=word(f"board.width.{name}"))
        return self.board.get_by_role("toolbar").get_by_role("button", name=said, exact=True)

    async def drag(self, tool: str, *points: tuple[int, int]) -> None:
        """Draw with a tool from the first point to the last, in pixels of the paper."""
        await self.tool(f"board.tool.{tool}").click()
        await self.move(*points)

    async def move(self, *points: tuple[int, int]) -> None:
        box = await self.paper.bounding_box()
        assert box is not None
        mouse = self.person.page.mouse
        (x, y), *others = points
        await mouse.move(box["x"] + x, box["y"] + y)
        await mouse.down()
        for x, y in others:
            await mouse.move(box["x"] + x, box["y"] + y, steps=5)
        await mouse.up()

    async def rows(self, count: int) -> list[str]:
        """What is on the board, as its list says it; waits until there are as many."""
        listing = self.board.get_by_role("complementary", name=word("board.list.title"))
        if not await listing.is_visible():
            await self.tool("board.list").click()
        rows = listing.get_by_role("listitem")
        await expect(rows).to_have_count(count)
        said = [" ".join(text.split("\n")) for text in await rows.all_inner_texts()]
        await listing.get_by_role("button", name=word("board.list.close")).click()
        return said

    async def scene(self) -> str:
        """The mark of the scene, once everything is settled."""
        await expect(self.board).to_have_attribute("data-settled", "true")
        await expect(self.board).to_have_attribute("data-scene", re.compile("^[0-9a-f]{64}$"))
        return await self.board.get_attribute("data-scene") or ""


async def call_by_voice(prospect: Prospect) -> None:
    await prospect.open("/")
    await prospect.fill_in("Anna", "Beispiel")
    await prospect.start()
    await prospect.button("ready.allow.microphone").click()


async def at_the_board(
    house: House, *, pictures: bool = False, **profile: object
) -> tuple[Desk, Desk]:
    """A talk in which the advisor has opened the board; the prospect's opens by itself."""
    advisor = await house.advisor()
    prospect = await house.prospect(**profile)
    if pictures:
        await prospect.call("Anna", "Beispiel")
    else:  # moving pictures would take the processor from what is tried
        await call_by_voice(prospect)
    await advisor.accept("Anna Beispiel")
    for person in (advisor, prospect):
        await person.in_talk()
    if not pictures:
        await advisor.button("talk.camera.off").click()
    await advisor.button("board.open").click()
    desks = Desk(prospect), Desk(advisor)
    for desk in desks:
        await desk.is_open()
    return desks


async def alike(*desks: Desk) -> str:
    """Wait until everybody has the same scene."""

    async def marks() -> set[str]:
        return set(await asyncio.gather(*(desk.scene() for desk in desks)))

    for _ in range(20):
        found = await marks()
        if len(found) == 1:
            return found.pop()
        await desks[0].person.page.wait_for_timeout(250)  # the mark comes when all is still
    raise AssertionError("the boards differ")


async def test_both_draw_and_undo_takes_back_only_ones_own(house: House) -> None:
    prospect, advisor = await at_the_board(house)
    await prospect.person.reads("board.opened", name="Berta Berater")
    await advisor.drag("rectangle", (60, 80), (200, 160))
    await prospect.drag("pen", (60, 220), (120, 260), (180, 220))
    await advisor.drag("arrow", (300, 100), (380, 180))
    name = "Anna Beispiel"
    assert await advisor.rows(3) == [
        "Rechteck von Ihnen",
        f"Freihandlinie von {name}",
        "Pfeil von Ihnen",
    ]
    both = await alike(prospect, advisor)

    await prospect.tool("board.undo").click()
    assert await advisor.rows(2) == ["Rechteck von Ihnen", "Pfeil von Ihnen"]
    await expect(prospect.tool("board.undo")).to_have_attribute("aria-disabled", "true")
    await prospect.tool("board.redo").click()
    assert len(await advisor.rows(3)) == 3
    assert await alike(prospect, advisor) != both  # another version of the same stroke

    # Both at the same thing at once: one of them has it, for both.
    for desk in (prospect, advisor):
        await desk.tool("board.tool.select").click()
    await asyncio.gather(advisor.move((60, 120), (80, 320)), prospect.move((60, 120), (260, 330)))
    await alike(prospect, advisor)


async def test_a_stroke_is_seen_while_it_is_drawn_with_the_drawers_name(house: House) -> None:
    prospect, advisor = await at_the_board(house)
    await prospect.tool("board.tool.pen").click()
    box = await prospect.paper.bounding_box()
    assert box is not None
    mouse = prospect.person.page.mouse
    await mouse.move(box["x"] + 100, box["y"] + 100)
    before = await advisor.scene()
    await mouse.down()
    await mouse.move(box["x"] + 200, box["y"] + 200, steps=10)
    await expect(advisor.board).to_have_attribute("data-settled", "false")
    await expect(advisor.board.locator(".board__name")).to_have_text("Anna Beispiel")
    assert await advisor.board.get_attribute("data-scene") == before
    await mouse.up()
    await alike(prospect, advisor)
    assert len(await advisor.rows(1)) == 1


async def test_reload_and_late_window_show_the_same_board(house: House) -> None:
    prospect, advisor = await at_the_board(house)
    await advisor.drag("ellipse", (60, 80), (200, 160))
    await prospect.drag("marker", (60, 220), (220, 220))
    await prospect.tool("board.tool.text").click()
    await prospect.paper.click(position={"x": 300, "y": 300})
    await expect(prospect.box).to_be_focused()
    await prospect.person.page.keyboard.type("Beitrag ab Januar")
    await prospect.person.page.keyboard.press("Escape")
    before = await alike(prospect, advisor)
    for desk in (prospect, advisor):
        await desk.person.page.reload()
        await desk.is_open()
        assert await desk.scene() == before
    assert await prospect.rows(3) == [
        "Ellipse von Berta Berater",
        "Freihandlinie von Ihnen",
        "Text: Beitrag ab Januar von Ihnen",
    ]
    # What was drawn before a reload can still be taken away after it.
    await advisor.tool("board.list").click()
    gone = advisor.board.get_by_role("button", name=word("board.list.delete", what="Ellipse"))
    await gone.click()
    assert len(await prospect.rows(2)) == 2
    assert await alike(prospect, advisor) != before


ON_TOP = """node => {
    const {left, top, width, height} = node.getBoundingClientRect();
    node.style.pointerEvents = "auto"; // a press goes through to the board
    const found = document.elementFromPoint(left + width / 2, top + height / 2);
    node.style.pointerEvents = "";
    return found === node;
}"""


async def test_what_is_drawn_while_the_line_is_away_survives_a_reload(house: House) -> None:
    prospect, advisor = await at_the_board(house)
    prospect.person.guard.allow(CUT_OFF)
    prospect.person.guard.allow("ERR_FAILED")
    page, context = prospect.person.page, prospect.person.context
    await prospect.drag("rectangle", (60, 80), (200, 160))
    await alike(prospect, advisor)
    await page.route(TICKETS, lambda route: route.abort())  # back on the line only after the reload
    await context.set_offline(True)
    for y in (220, 280, 340):
        await prospect.drag("pen", (60, y), (120, y + 40), (180, y))
    await prospect.move((60, 110), (90, 400))  # moves nothing: the pen draws a fourth
    await page.wait_for_timeout(300)  # sealed and put away
    line = page.locator(".stage__line[data-shown=true]")
    await expect(line).to_contain_text(word("talk.trouble.link"))
    assert await line.evaluate(ON_TOP), "the board does not hide it"
    await context.set_offline(False)
    await page.reload()
    assert len(await advisor.rows(1)) == 1
    await page.unroute(TICKETS)
    await prospect.is_open()
    assert await advisor.rows(5) == [
        "Rechteck von Anna Beispiel",
        *["Freihandlinie von Anna Beispiel"] * 4,
    ]
    await alike(prospect, advisor)
    stored = await page.evaluate("Object.keys(sessionStorage).join()")
    assert "visavis.board" not in stored
    assert "visavis.unsent" not in stored


async def test_opening_and_closing_leaves_the_faces_alive(house: House) -> None:
    """Not one frame of sound or picture is lost to it: the players are moved by style alone."""
    prospect, advisor = await at_the_board(house, pictures=True, viewport=PHONE, has_touch=True)
    for desk in (prospect, advisor):
        video = desk.person.remote_video
        await video.evaluate("node => { window.theSameVideo = node; }")
        paper, face = await desk.paper.bounding_box(), await video.bounding_box()
        assert paper is not None
        assert face is not None
        assert paper["width"] * paper["height"] > 5 * face["width"] * face["height"]
        await expect(desk.person.page.get_by_test_id("own-video")).to_be_visible()
    await advisor.person.button("board.close").click()
    for desk in (prospect, advisor):
        await expect(desk.paper).to_have_count(0)
        alive = "node => node === window.theSameVideo && !node.paused && node.readyState > 2"
        assert await desk.person.remote_video.evaluate(alive)
        large = await desk.person.remote_video.bounding_box()
        assert large is not None
        assert large["width"] > 300


async def test_finger_and_keyboard_are_enough(house: House) -> None:
    prospect, advisor = await at_the_board(house, viewport=PHONE, has_touch=True)
    page = advisor.person.page
    await tab_to(page, advisor.tool("board.tool.select"))
    for _ in ("pen", "marker", "arrow", "line", "rectangle"):
        await page.keyboard.press("ArrowRight")
    await page.keyboard.press("Enter")
    await expect(advisor.tool("board.tool.rectangle")).to_have_attribute("aria-pressed", "true")
    await draw_by_keys(advisor, ["Control+ArrowRight"] * 2 + ["ArrowDown"] * 4)
    for key in ("t", "Control+ArrowDown", "Enter"):
        await page.keyboard.press(key)
    await expect(advisor.box).to_be_focused()
    await page.keyboard.type("Alles klar?")
    await page.keyboard.press("Escape")
    assert await prospect.rows(2) == [
        "Rechteck von Berta Berater",
        "Text: Alles klar? von Berta Berater",
    ]
    await page.keyboard.press("k")  # pointing, without anything that stays
    await page.keyboard.press("ArrowLeft")
    await expect(prospect.board.locator(".board__name")).to_have_text("Berta Berater")
    await page.keyboard.press("Control+z")
    assert await prospect.rows(1) == ["Rechteck von Berta Berater"]
    await alike(prospect, advisor)

    await prospect.tool("board.tool.line").tap()
    box = await prospect.paper.bounding_box()
    assert box is not None
    await swipe(prospect, (box["x"] + 60, box["y"] + 300), (box["x"] + 200, box["y"] + 360))
    assert await advisor.rows(2) == ["Rechteck von Ihnen", "Linie von Anna Beispiel"]


async def draw_by_keys(desk: Desk, moves: list[str]) -> None:
    """The pen down where the cross is, over the board, and up again."""
    keyboard = desk.person.page.keyboard
    await keyboard.press("Control+ArrowLeft")
    await expect(desk.board.locator(".board__cross")).to_be_attached()
    await keyboard.press("Enter")
    for move in moves:
        await keyboard.press(move)
    await keyboard.press("Enter")


async def swipe(desk: Desk, start: tuple[float, float], end: tuple[float, float]) -> None:
    """One finger over the screen."""
    cdp = await desk.person.context.new_cdp_session(desk.person.page)

    async def touch(kind: str, *points: tuple[float, float]) -> None:
        where = [{"x": x, "y": y} for x, y in points]
        await cdp.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": where})

    await touch("touchStart", start)
    for part in range(1, 6):
        step = [a + (b - a) * part / 5 for a, b in zip(start, end, strict=True)]
        await touch("touchMove", (step[0], step[1]))
    await touch("touchEnd")


async def test_what_a_clipboard_brings_is_text_or_nothing(house: House) -> None:
    """No embed, no markup, no link, no request: the guard looks on (B-106, AT-42)."""
    prospect, advisor = await at_the_board(house)
    await prospect.paper.click(position={"x": 40, "y": 40})
    await prospect.tool("board.undo").focus()
    for data in HOSTILE_CLIPBOARDS:
        await prospect.paper.locator(".excalidraw-container").evaluate(PASTE, data)
    rows = await advisor.rows(2)
    assert "iframe" not in json.dumps(rows)
    assert [row for row in rows if row.startswith("Text: https://youtu.be/abc")]
    assert [row for row in rows if row.startswith("Rechteck")]
    await alike(prospect, advisor)
    for desk in (prospect, advisor):
        await expect(desk.board.locator("iframe, a[href]")).to_have_count(0)
    # Keys that would make links, dialogues or an empty board reach nobody.
    page = prospect.person.page
    await prospect.paper.locator(".excalidraw-container").focus()
    await page.keyboard.press("Escape")
    for key in ("Control+a", "Control+k", "Control+Shift+e", "Control+Delete", "?", "Control+/"):
        await page.keyboard.press(key)
    await expect(prospect.board.locator(".Modal, .excalidraw-hyperlinkContainer")).to_have_count(0)
    assert len(await advisor.rows(2)) == 2


_BASE = {"x": 0, "y": 0, "width": 90, "height": 60, "version": 1, "versionNonce": 1}
HOSTILE_CLIPBOARDS = [
    {"text/plain": "https://youtu.be/abc"},
    {"text/html": "<iframe src='https://example.org'></iframe><img src=x onerror=alert(1)>"},
    {
        "text/plain": json.dumps(
            {
                "type": "excalidraw/clipboard",
                "elements": [
                    {**_BASE, "id": "a", "type": "iframe", "link": "https://example.org"},
                    {**_BASE, "id": "b", "type": "embeddable", "link": "javascript:alert(1)"},
                    {**_BASE, "id": "c", "type": "rectangle", "link": "https://example.org"},
                    {**_BASE, "id": "d", "type": "image", "fileId": "../../etc/passwd"},
                ],
                "files": {"x": {"dataURL": "https://example.org/x.png"}},
            }
        )
    },
]
PASTE = """(node, given) => {
    node.focus();
    const data = new DataTransfer();
    for (const [type, text] of Object.entries(given)) data.setData(type, text);
    const event = { bubbles: true, cancelable: true, clipboardData: data };
    node.dispatchEvent(new ClipboardEvent("paste", event));
}"""


async def test_axe_finds_nothing_at_the_board(house: House) -> None:
    prospect, advisor = await at_the_board(house, viewport=PHONE, has_touch=True)
    await advisor.drag("rectangle", (60, 80), (200, 160))
    examine = Examination()
    for name, desk in (("phone", prospect), ("desktop", advisor)):
        await examine.of(f"board, {name}", desk.person.page)
        await desk.tool("board.list").click()
        await examine.of(f"board with list, {name}", desk.person.page)
    assert not examine.found
