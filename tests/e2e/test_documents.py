"""Documents on the board: laid, seen by both, drawn on, followed, saved; and such as mean harm."""

import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import pypdfium2
import pytest
from playwright.async_api import Download, FilePayload, Locator, expect

from tests.e2e import pdfs
from tests.e2e.media import eventually
from tests.e2e.people import Advisor, House, Prospect, Talker, word

PATIENCE_MS = 30_000


def page_of(person: Talker, number: int) -> Locator:
    """A page that is drawn on this person's board."""
    return person.page.locator(f'.sheet[data-page$="-{number}"][data-state="drawn"]')


async def sees_page(person: Talker, number: int, of: int) -> None:
    """The page is drawn, and it is the one that this person is on."""
    await expect(page_of(person, number).first).to_be_visible(timeout=PATIENCE_MS)
    place = word("board.document.place", page=number, of=of)
    await expect(person.page.get_by_text(place)).to_be_attached(timeout=PATIENCE_MS)


async def lay(person: Talker, name: str, content: bytes) -> None:
    given = FilePayload(name=name, mimeType="application/pdf", buffer=content)
    await person.page.get_by_test_id("document-input").first.set_input_files(given)


async def board_between(house: House) -> tuple[Advisor, Prospect]:
    """A talk with an open board, without pictures of people: they are not what this is about."""
    berta, anna = await house.advisor(), await house.prospect()
    await anna.call("Anna", "Beispiel")
    await berta.accept("Anna Beispiel")
    await anna.in_talk()
    for person in (berta, anna):
        await person.button("talk.camera.off").click()
    await berta.button("board.open").click()
    for person in (berta, anna):
        await expect(person.button("board.export.open")).to_be_visible(timeout=PATIENCE_MS)
    return berta, anna


async def draw(person: Talker) -> None:
    """A stroke across the middle of the paper."""
    await person.page.get_by_role("button", name=word("board.tool.pen"), exact=True).click()
    box = await person.page.locator(".board__paper").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    await person.page.mouse.move(x - 60, y)
    await person.page.mouse.down()
    await person.page.mouse.move(x + 60, y + 8, steps=8)
    await person.page.mouse.up()


async def same_scene(one: Talker, other: Talker) -> None:
    async def scenes() -> tuple[str | None, str | None]:
        boards = [person.page.locator(".board") for person in (one, other)]
        first, second = [await board.get_attribute("data-scene") for board in boards]
        return first, second

    def alike(found: tuple[str | None, str | None]) -> bool:
        return found[0] is not None and found[0] == found[1]

    await eventually(scenes, alike, within_seconds=60, what="the same scene on both boards")


async def saved(person: Talker, kind: re.Pattern[str], folder: Path) -> Path:
    """Save the board as this, and where it went."""
    dialog = person.page.get_by_role("dialog")
    await dialog.get_by_role("radio", name=kind).first.check()
    async with person.page.expect_download(timeout=60_000) as downloading:
        await dialog.get_by_role("button", name=word("board.export.save"), exact=True).click()
    download: Download = await downloading.value
    path = folder / download.suggested_filename
    await download.save_as(path)
    return path


def ink(pdf: Path, number: int) -> int:
    """How many pixels of a page are neither white, grey nor black."""
    page = pypdfium2.PdfDocument(pdf)[number - 1].render(scale=0.5, rev_byteorder=True)
    pixels, step = bytes(page.buffer), page.n_channels
    colours = zip(*(pixels[offset::step] for offset in range(3)), strict=True)
    return sum(max(colour) - min(colour) > 60 for colour in colours)


async def test_a_document_is_laid_seen_drawn_on_followed_and_saved(
    house: House, tmp_path: Path
) -> None:
    berta, anna = await board_between(house)
    await lay(berta, "../../Antrag<Hausrat>.pdf", pdfs.document(12))
    for person in (berta, anna):
        await sees_page(person, 1, of=12)
    await anna.reads("board.follow.following", name="Berta Berater")

    await draw(anna)
    await same_scene(berta, anna)
    await berta.button("board.document.on").click()
    for person in (berta, anna):  # who follows turns the page too
        await sees_page(person, 2, of=12)

    await anna.button("board.follow.look").click()
    await anna.reads("board.follow.around")
    strip = anna.page.get_by_role("navigation", name=word("board.document.strip"))
    await strip.get_by_role("button", name=word("board.document.page", page=2), exact=True).press(
        "ArrowDown"
    )
    await anna.page.keyboard.press("Enter")
    await sees_page(anna, 3, of=12)
    await sees_page(berta, 2, of=12)  # whoever looks around takes nobody along
    await anna.button("board.follow.back", name="Berta Berater").click()
    await sees_page(anna, 2, of=12)

    only_me = berta.page.get_by_role("switch", name=word("board.follow.lock"))
    await only_me.click()
    await anna.reads("board.follow.locked", name="Berta Berater")
    await expect(anna.button("board.document.lay")).to_be_hidden()
    await only_me.click()
    await expect(anna.button("board.document.lay")).to_be_visible()

    # A second one beside the first; who comes back sees all of it, and follows again.
    await lay(berta, "Police.pdf", pdfs.document(3, size=(842, 595)))
    for person in (berta, anna):
        await sees_page(person, 1, of=3)
    await anna.page.reload()
    await sees_page(anna, 1, of=3)
    await same_scene(berta, anna)

    await berta.button("board.export.open").click()
    share = berta.page.get_by_role("checkbox", name=word("board.export.share"))
    await share.check()
    marked = await saved(berta, re.compile("Hausrat"), tmp_path)
    assert re.fullmatch(r"Antrag_Hausrat_ mit Notizen\.pdf", marked.name)
    assert len(pypdfium2.PdfDocument(marked)) == 12
    assert ink(marked, 1) > 20  # Anna's stroke
    assert ink(marked, 2) == 0
    await expect(berta.page.get_by_role("dialog").get_by_text("geteilt")).to_be_visible()
    picture = await saved(berta, re.compile("PNG"), tmp_path)
    assert picture.read_bytes().startswith(b"\x89PNG")
    drawing = (await saved(berta, re.compile("SVG"), tmp_path)).read_text()
    assert drawing.startswith("<svg")
    assert not re.search(r'(href|src)="(?!data:|#)', drawing)
    await berta.page.keyboard.press("Escape")
    await anna.page.get_by_role("button", name=re.compile("Dateien")).first.click()
    await expect(anna.page.get_by_text(marked.name).first).to_be_visible(timeout=PATIENCE_MS)


# What is said: to whoever lays it (it lies nowhere then), or to both on the sheet. None: shown.
SAID: dict[str, str | None] = {
    "encrypted": "board.document.trouble.encrypted",
    "damaged": "board.document.trouble.damaged",
    "many-pages": "board.document.trouble.pages",
    "endless-tree": "board.document.trouble.damaged",
    "actions": None,
    "fetches": None,
    "circles": None,
    "claimed-pages": None,
    "huge-page": None,
    "huge-jbig2": None,
    "huge-jpeg2000": None,
    "flate-bomb": None,
    "font-bomb": None,
    "polyglot": None,
    "busy-page": "board.document.sheet.trouble.slow",
}


async def test_no_document_runs_leads_anywhere_or_ends_the_talk(house: House) -> None:
    """B-103, B-104: what is in a PDF stays in it; the guard sees every request and every script."""
    berta, anna = await board_between(house)
    for person in (berta, anna):
        person.page.on("dialog", lambda dialog: pytest.fail(f"a dialogue: {dialog.message}"))
    shown = 0
    for name, said in SAID.items():
        await lay(anna, f"{name}.pdf", pdfs.HOSTILE[name]())
        if said is None:
            shown += 1
        elif said.startswith("board.document.trouble."):
            await expect(anna.page.get_by_text(word(said, name=f"{name}.pdf"))).to_be_visible(
                timeout=PATIENCE_MS
            )
            await anna.button("board.document.understood").click()
            continue
        await _lies(anna, name)
        await _shows(anna, name, said)
    for kind in (pdfs.jpeg2000, pdfs.fax, pdfs.jbig2):  # decoded without WebAssembly
        await lay(anna, f"{kind.__name__}.pdf", kind())
        await _lies(anna, kind.__name__)
        await _shows(anna, kind.__name__, None)
        await eventually(
            _darkest(anna), lambda dark: dark < 64, within_seconds=60, what=kind.__name__
        )
    await berta.button("board.zoom.all").click()
    await same_scene(berta, anna)
    await anna.open_chat()
    await anna.write("Alles in Ordnung")
    await berta.sees_message("Alles in Ordnung")
    for person in (berta, anna):
        assert not [url for url in person.guard.urls if "evil.example" in url]


async def _lies(person: Talker, name: str) -> None:
    await expect(person.page.get_by_role("region", name=name, exact=True)).to_be_attached(
        timeout=PATIENCE_MS
    )
    await expect(person.page.locator(".deckword")).to_be_hidden(timeout=PATIENCE_MS)


async def _shows(person: Talker, name: str, said: str | None) -> None:
    """The last document: drawn, or its sheet says why not."""
    region = person.page.get_by_role("region", name=name, exact=True)
    key = await region.get_by_role("button").nth(1).get_attribute("data-key")
    sheet = person.page.locator(f'.sheet[data-page="{key}"]')
    await expect(sheet).to_have_attribute(
        "data-state", "drawn" if said is None else "failed", timeout=PATIENCE_MS
    )
    if said is not None:
        await expect(sheet).to_have_text(word(said))


def _darkest(person: Talker) -> Callable[[], Awaitable[int]]:
    async def darkest() -> int:
        return int(
            await person.page.evaluate(
                """() => {
                  const canvas = [...document.querySelectorAll('.sheet canvas')].at(-1);
                  // What is only shown cannot be read: a copy can.
                  const copy = new OffscreenCanvas(canvas.width, 1).getContext('2d');
                  copy.drawImage(canvas, 0, -Math.floor(canvas.height * 0.5));
                  const row = copy.getImageData(0, 0, canvas.width, 1).data;
                  return Math.min(...row.filter((_, at) => at % 4 === 0));
                }"""
            )
        )

    return darkest
