"""A recorded walk: the board on a telephone's screen, by keyboard alone, all steps in one picture.

python -m tests.board.walk web/static/readme/board-walk.png
"""

import asyncio
import sys
from base64 import b64encode
from pathlib import Path

from playwright.async_api import expect

from tests.e2e.alone import house_alone
from tests.e2e.people import PHONE, SLOW_CAMERA
from tests.e2e.test_board import Desk, at_the_board
from tests.e2e.test_keyboard import tab_to

MOST_TOOLS = 30
SHEET = """<!doctype html><style>
body { margin: 0; padding: 24px; width: 1440px; box-sizing: border-box; background: #fff;
       display: grid; grid-template-columns: repeat(4, 1fr); gap: 24px; font: 600 19px system-ui; }
figure { margin: 0 } figcaption { min-height: 2.9em; color: #15222a; padding-bottom: 8px }
img { width: 100%; border-radius: 14px; border: 1px solid #d9e0e3 }</style>"""


async def steps(desk: Desk) -> list[tuple[str, bytes]]:
    """What is pressed, and what the screen shows then."""
    page = desk.person.page
    taken: list[tuple[str, bytes]] = []

    async def seen(pressed: str) -> None:
        await asyncio.sleep(0.4)
        taken.append((f"{len(taken) + 1}. {pressed}", await page.screenshot()))

    # What is said of the board being open goes after a few seconds.
    await expect(page.locator(".stage__word")).to_have_text("", timeout=20_000)
    await tab_to(page, desk.tool("board.tool.select"))
    await seen("Tab: to the tools")
    for _ in range(5):
        await page.keyboard.press("ArrowRight")
    await page.keyboard.press("Enter")
    await expect(desk.tool("board.tool.rectangle")).to_have_attribute("aria-pressed", "true")
    await seen("Arrows, Enter: rectangle")
    await page.keyboard.press("Control+ArrowLeft")
    await expect(desk.board.locator(".board__cross")).to_be_attached()
    await seen("Ctrl + arrow: the cross on the paper")
    for key in ("Enter", *["Control+ArrowRight"] * 3, *["ArrowDown"] * 6, "Enter"):
        await page.keyboard.press(key)
    await seen("Enter, arrows, Enter: drawn")
    for key in ("t", "Control+ArrowDown", "Enter"):
        await page.keyboard.press(key)
    await expect(desk.box).to_be_focused()
    await page.keyboard.type("Police 4711")
    await seen("t, Enter: write")
    await page.keyboard.press("Escape")
    await seen("Escape: said")
    await page.keyboard.press("Control+z")
    await seen("Ctrl + z: taken back")
    await tab_to(page, desk.board.get_by_role("toolbar").locator("[tabindex='0']").first)
    listing = desk.tool("board.list")
    for _ in range(MOST_TOOLS):
        if await listing.evaluate("(button) => button === document.activeElement"):
            break
        await page.keyboard.press("ArrowRight")
    await page.keyboard.press("Enter")
    await expect(desk.board.get_by_role("listitem")).to_have_count(1)
    await seen("Tab, arrows, Enter: what is there")
    return taken


async def walk(target: Path) -> None:
    async with house_alone(SLOW_CAMERA) as house:
        prospect, _ = await at_the_board(house, viewport=PHONE)
        taken = await steps(prospect)
        page = await house.browser.new_page(viewport={"width": 1440, "height": 900})
        figures = "".join(
            f"<figure><figcaption>{said}</figcaption>"
            f'<img src="data:image/png;base64,{b64encode(picture).decode()}"></figure>'
            for said, picture in taken
        )
        await page.set_content(SHEET + figures)
        target.write_bytes(await page.screenshot(full_page=True))


if __name__ == "__main__":
    asyncio.run(walk(Path(sys.argv[1])))
