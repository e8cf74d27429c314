"""Files between two people in two browsers: there and back, cut and resumed, checked and barred."""

import base64
import hashlib
import os
import signal
import struct
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, Route, expect

from tests.e2e.media import eventually
from tests.e2e.people import PHONE, House, Prospect, Talker, word
from tests.e2e.server import Server
from tests.e2e.shelf import Shelf, payload
from tests.e2e.traces import canary, files, traces
from tests.servers import MARKER, clamd_in

MEGABYTE = 1 << 20
FLOWING, TRICKLING = 0.6, 0.02  # megabytes a second: to get on, and to be in the midst of it
DRAWN = """async () => {
    const canvas = Object.assign(document.createElement("canvas"), {width: 80, height: 40});
    canvas.getContext("2d").fillRect(0, 0, 40, 40);
    const blob = await new Promise((made) => canvas.toBlob(made, "image/jpeg"));
    return btoa(String.fromCharCode(...new Uint8Array(await blob.arrayBuffer())));
}"""
SHOWN = """async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (one) => one.charCodeAt(0));
    const picture = await createImageBitmap(new Blob([bytes], {type: "image/jpeg"}));
    return [picture.width, picture.height];
}"""
LEFT_BEHIND = """async () => [(await indexedDB.databases()).map(({name}) => name),
    sessionStorage.getItem("visavis-uploads")]"""


FILE = "**/api/sessions/*/files/*"


@pytest.fixture(scope="module")
def scanner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The socket of a scanner."""
    with clamd_in(tmp_path_factory.mktemp("clamd")) as socket:
        yield socket


@pytest.fixture(scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory, scanner: Path) -> AsyncIterator[Server]:
    """The platform with a scanner that looks at every file."""
    folder = tmp_path_factory.mktemp("visavis")
    running = await Server.start(folder, VISAVIS_CLAMD_SOCKET=str(scanner))
    yield running
    await running.stop()


@contextmanager
def still_looking(scanner: Path) -> Iterator[None]:
    """It takes its time."""
    process = int((scanner.parent / "clamd.pid").read_text())
    os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process, signal.SIGCONT)


async def taken(page: Page, secret: str) -> bytes:
    """A picture as a camera makes it: lying on its side, and telling where it was taken."""
    drawn = base64.b64decode(await page.evaluate(DRAWN))
    on_its_side = struct.pack(">HHIHHHIHHI", 0x4D4D, 42, 8, 1, 0x0112, 3, 1, 6, 0, 0)
    exif = b"Exif\0\0" + on_its_side + secret.encode()
    return drawn[:2] + struct.pack(">HH", 0xFFE1, len(exif) + 2) + exif + drawn[2:]


def pdf(size: int) -> bytes:
    return b"%PDF-1.7\n" + os.urandom(size) + b"\n%%EOF\n"


async def bent(route: Route) -> None:
    """One bit of the answer is another."""
    answer = await route.fetch()
    body = bytearray(await answer.body())
    body[-20] ^= 1
    await route.fulfill(response=answer, body=bytes(body))


async def in_talk(house: House) -> tuple[Talker, Talker]:
    advisor, prospect = await house.advisor(viewport=PHONE), await house.prospect(viewport=PHONE)
    await prospect.call("Anna", "Beispiel")
    await advisor.accept("Anna Beispiel")
    for talker in (advisor, prospect):
        await talker.in_talk()
        await talker.button("talk.camera.off").click()  # pictures are not what this is about
    return advisor, prospect


async def waiting(house: House) -> tuple[Prospect, Shelf]:
    prospect = await house.prospect()
    await prospect.call("Anna", "Beispiel")
    shelf = Shelf(prospect)
    await shelf.open_while_waiting()
    return prospect, shelf


async def test_files_go_both_ways_and_tell_nothing_more(
    house: House, server: Server, scanner: Path
) -> None:
    advisor, prospect = await in_talk(house)
    hers, his = Shelf(prospect), Shelf(advisor)
    secret, named, said = canary("GPS"), canary("Schaden"), canary("Notiz")
    await hers.open_in_talk()
    photo = await taken(prospect.page, secret)
    await hers.share(payload(f"../\u202e{named}.jpg", photo, "image/jpeg"))
    await hers.has(f"{named}.jpg")

    unread = word("files.control.unread.one")
    await expect(advisor.page.get_by_role("button", name=unread)).to_be_visible()
    await his.open_in_talk()
    await expect(advisor.page.get_by_role("button", name=unread)).to_have_count(0)
    await his.is_found("clean", f"{named}.jpg")
    got = await his.saved(f"{named}.jpg")
    assert secret.encode() not in got, "what the picture tells of its owner is gone"
    assert await advisor.page.evaluate(SHOWN, base64.b64encode(got).decode()) == [40, 80], "upright"
    await expect(his.row(f"{named}.jpg").locator("canvas")).to_be_visible()

    text = f"{said} <img src=x onerror=alert(1)>\n"
    prospect.guard.allow("of 409")  # asked for while the scanner is still at it
    viewed = prospect.page.get_by_role("dialog")
    with still_looking(scanner):
        await his.share(payload("Notiz.txt", text.encode()), payload("krank.txt", MARKER))
        await hers.is_found("pending", "Notiz.txt")
        await hers.button("view", "Notiz.txt").click()
        await expect(viewed.get_by_text(word("files.no.pending"))).to_be_visible()
    await expect(viewed.get_by_text(text.strip())).to_be_visible()  # and without another press
    await prospect.page.keyboard.press("Escape")
    await hers.is_found("clean", "Notiz.txt")
    for shelf in (hers, his):
        await shelf.is_found("infected", "krank.txt")
        await expect(shelf.button("save", "krank.txt")).to_have_count(0)
        await expect(shelf.button("view", "krank.txt")).to_have_count(0)

    await his.button("remove", "Notiz.txt").click()
    asked = advisor.page.get_by_role("dialog")
    await asked.get_by_role("button", name=word("files.remove"), exact=True).click()
    await expect(hers.row("Notiz.txt")).to_have_count(0)
    await expect(his.row("Notiz.txt")).to_have_count(0)

    found = files(server.data) | {"log": server.log.read_bytes()}
    found["addresses"] = "\n".join(url for one in house.people for url in one.guard.urls).encode()
    assert traces((secret, named, said), found) == []

    await hers.close()
    await prospect.hang_up()
    await prospect.reads("after.heading")
    await prospect.page.route(FILE, bent)
    await prospect.page.reload()  # nothing that was fetched before is at hand
    await hers.has(f"{named}.jpg")
    await hers.button("save", f"{named}.jpg").click()
    told = hers.row(f"{named}.jpg").get_by_role("alert")
    await expect(told).to_have_text(word("files.no.altered"))
    await prospect.page.unroute(FILE)
    assert await hers.saved(f"{named}.jpg") == got


HOSTILE: tuple[tuple[str, bytes, str], ...] = (
    ("rechnung.pdf.exe", b"MZ\x90\0", "program"),
    ("rechnung.pdf", b"MZ\x90\0", "program"),
    ("seite.pdf", b"<!DOCTYPE html><script>alert(1)</script>", "page"),
    ("bild.svg", b"<svg onload=alert(1)>", "page"),
    ("bild.png", b"<svg onload=alert(1)>", "page"),
    ("alles.zip", b"PK\x03\x04", "archive"),
    ("brief.docm", b"PK\x03\x04", "macros"),
    ("brief.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old"),
    ("foto.heic", b"\0\0\0\x18ftypheic", "heic"),
    ("leer.pdf", b"", "empty"),
    ("halb.pdf", b"%PDF-1.7 ...", "damaged"),
    ("riese.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + b"\0\0\xff\xff" * 2
     + b"\x08\x02\0\0\0????" + b"\0\0\0\0IEND????", "pixels"),
)  # fmt: skip


async def refuses_what_is_hostile(prospect: Prospect, shelf: Shelf) -> None:
    await shelf.share(*(payload(name, content) for name, content, _ in HOSTILE))
    for name, _, code in HOSTILE:
        said = word(f"files.no.{code}", megapixels=40, ending="")
        await expect(shelf.row(name).get_by_text(said)).to_be_visible()
    sent = [url for url in prospect.guard.urls if "/files" in url]
    assert sent == [], "nothing of it left the browser"
    await shelf.button("dismiss", "leer.pdf").click()
    await expect(shelf.row("leer.pdf")).to_have_count(0)


async def test_an_upload_survives_pause_cut_and_reload(house: House) -> None:
    """All while waiting; and before it, what is not taken is said and not sent."""
    prospect, shelf = await waiting(house)
    await refuses_what_is_hostile(prospect, shelf)
    # What was cut off may still be being stored when it goes on: then it is asked how far it came.
    prospect.guard.allow("ERR_INTERNET_DISCONNECTED|ERR_NETWORK_CHANGED|ERR_ABORTED|of (409|423)")
    page, name, content = prospect.page, "Unterlagen.pdf", pdf(9 * MEGABYTE)
    line = await prospect.context.new_cdp_session(page)

    async def at_most(megabytes_a_second: float, *, offline: bool = False) -> None:
        rates = {"downloadThroughput": -1, "latency": 0, "offline": offline}
        upload = megabytes_a_second * MEGABYTE or -1
        await line.send("Network.emulateNetworkConditions", rates | {"uploadThroughput": upload})

    async def percent() -> int:
        return int(await shelf.row(name).get_by_role("progressbar").get_attribute("value") or 0)

    async def beyond(least: int) -> None:
        what = f"more than {least} % sent"
        await eventually(percent, lambda now: now > least, within_seconds=60, what=what)

    await at_most(FLOWING)
    await shelf.share(payload(name, content))
    await beyond(10)
    await at_most(TRICKLING)
    await shelf.button("pause", name).click()
    paused = word("files.moving.paused", percent="").split(" ", 1)[0]
    await expect(shelf.row(name).get_by_text(paused)).to_be_visible()
    await shelf.button("resume", name).click()
    await expect(shelf.row(name)).to_have_attribute("data-state", "sending")
    await at_most(TRICKLING, offline=True)
    await expect(shelf.row(name)).to_have_attribute("data-state", "waiting")
    await at_most(FLOWING)
    await beyond(40)
    await at_most(TRICKLING)
    await page.reload()
    await shelf.open_while_waiting()
    await expect(shelf.row(name)).to_be_visible()
    await at_most(0)
    await shelf.has(name)

    await at_most(TRICKLING)
    await shelf.share(payload("Versehen.pdf", pdf(3 * MEGABYTE)))
    await shelf.button("cancel", "Versehen.pdf").click()
    await expect(shelf.row("Versehen.pdf")).to_have_count(0)
    await at_most(0)

    async def left_behind() -> list[Any]:
        found: list[Any] = await page.evaluate(LEFT_BEHIND)
        return found

    await eventually(
        left_behind, lambda now: now == [[], None], within_seconds=60, what="nothing kept"
    )
    advisor = await house.advisor()
    await advisor.accept("Anna Beispiel")
    await advisor.in_talk()
    his = Shelf(advisor)
    await his.open_in_talk()
    await his.is_found("unscanned", name)  # too large for this scanner
    got = await his.saved(name)
    assert hashlib.sha256(got).digest() == hashlib.sha256(content).digest()
    await expect(his.row("Versehen.pdf")).to_have_count(0)
