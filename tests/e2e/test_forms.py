"""The start page: what it refuses, what it keeps, and what it leaves behind in the browser."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.media import eventually
from tests.e2e.people import House, Person
from tests.e2e.server import Server


def rows(server: Server) -> dict[str, int]:
    """How many rows every table of every database holds; counters tell nothing of anybody."""
    counts = {}
    for path in sorted(server.data.glob("*.db")):
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
            tables = db.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'statistics'"
            ).fetchall()
            for (table,) in tables:
                (count,) = db.execute(f'SELECT count(*) FROM "{table}"').fetchone()
                counts[f"{path.stem}.{table}"] = count
    return counts


BAD_NAMES = [
    ("", "Beispiel", "first_name"),  # B-001
    ("Anna", "", "last_name"),  # B-001
    ("\u200b \u3164", "Beispiel", "first_name"),  # B-002
    ("Anna", "Max\u202eretsum", "last_name"),  # B-010
    ("👩\u200d👩\u200d👧", "Beispiel", "first_name"),  # B-013
    ("R2D2", "Beispiel", "first_name"),  # B-014
    ("Anna", "<b>Beispiel</b>", "last_name"),  # B-019
    ("Robert'); DROP TABLE sessions", "Beispiel", "first_name"),  # B-020
    ("a" * 61, "Beispiel", "first_name"),  # B-004
]


@pytest.mark.parametrize(("first", "last", "field"), BAD_NAMES)
async def test_a_bad_name_is_kept_explained_and_not_stored(
    house: House, server: Server, first: str, last: str, field: str
) -> None:
    """B-001 to B-020: plain words, the typed text stays, the field is focused, no row appears."""
    before = rows(server)
    prospect = await house.prospect()
    prospect.guard.allow(r"status of 400")
    await prospect.open("/")
    await prospect.fill_in(first, last)
    await prospect.start()
    wrong = prospect.page.locator(f"[name={field}]")
    await expect(wrong).to_have_attribute("aria-invalid", "true")
    await expect(wrong).to_be_focused()
    explained = await wrong.get_attribute("aria-describedby")
    await expect(prospect.page.locator(f"[id={explained}]")).not_to_be_empty()
    await expect(prospect.page.get_by_label("Vorname")).to_have_value(first)
    await expect(prospect.page.get_by_label("Nachname")).to_have_value(last)
    assert "/call/" not in prospect.page.url
    assert rows(server) == before


async def test_a_good_name_is_accepted_after_a_bad_one(house: House, server: Server) -> None:
    """The success beside the failure: same page, same fields."""
    prospect = await house.prospect()
    prospect.guard.allow(r"status of 400")
    await prospect.open("/")
    await prospect.fill_in("R2D2", "O'Connor")
    await prospect.start()
    await expect(prospect.page.locator("[name=first_name]")).to_be_focused()
    await prospect.fill_in("Zoë-Maria", "O'Connor")
    await prospect.start()
    await prospect.page.wait_for_url("**/call/*")


async def test_a_double_click_makes_one_session(house: House, server: Server) -> None:
    """B-029: a second submit is the same request."""
    before = rows(server)["visavis.sessions"]
    prospect = await house.prospect()
    await prospect.open("/")
    await prospect.fill_in("Anna", "Beispiel")
    await prospect.page.get_by_role("button", name="Sofort-Gespräch starten").dblclick()
    await prospect.page.wait_for_url("**/call/*")
    await expect(prospect.button("ready.allow.both")).to_be_visible()
    assert rows(server)["visavis.sessions"] == before + 1


@pytest.fixture
async def untouched(browser: Browser, tmp_path: Path) -> AsyncIterator[House]:
    """A house of its own: elsewhere a person may still be leaving."""
    server = await Server.start(tmp_path)
    house = House(browser, server)
    yield house
    await house.close()
    await server.stop()


async def test_looking_and_leaving_stores_nothing(untouched: House) -> None:
    """OB-27: who only looks stays anonymous; no row, no cookie, nothing in the browser."""
    before = rows(untouched.server)
    prospect = await untouched.prospect()
    await prospect.open("/")
    await prospect.fill_in("Anna", "Beispiel")
    await prospect.open("/privacy")
    assert await prospect.context.cookies() == []
    assert await kept(prospect.page) == {}
    await prospect.context.close()
    assert rows(untouched.server) == before


async def test_the_browser_keeps_exactly_what_is_documented(house: House) -> None:
    """OB-26: one session cookie of ours, no expiry, not readable by scripts, and nothing else,
    neither while waiting nor in a talk nor after it.
    """
    advisor, prospect = await house.advisor(), await house.prospect()
    await prospect.call("Anna", "Beispiel")
    await holds_only(prospect, "visavis-seat")
    await advisor.accept("Anna Beispiel")
    for talker in (prospect, advisor):
        await talker.open_chat()
        await talker.write("Guten Tag")
    await advisor.button("talk.camera.off").click()
    await prospect.page.reload()
    await prospect.in_talk()
    await holds_only(prospect, "visavis-seat")
    await prospect.hang_up()
    await prospect.reads("after.heading")
    await holds_only(prospect, "visavis-seat")
    await holds_only(advisor, "visavis")


async def holds_only(person: Person, name: str) -> None:
    (cookie,) = await person.context.cookies()
    assert cookie["name"] == name
    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Lax"
    assert cookie["expires"] == -1
    # What is not sent yet lies sealed in the tab until it is.
    await eventually(
        lambda: kept(person.page),
        lambda places: places == {},
        within_seconds=60,
        what="nothing in the browser's storage",
    )


async def test_blocked_cookies_are_no_end(house: House, tmp_path: Path) -> None:
    """OB-28: a browser that keeps nothing still makes the call, in this one tab."""
    prospect = await house.prospect_without_cookies(tmp_path)
    await prospect.call("Anna", "Beispiel")
    await expect(prospect.button("ready.leave")).to_be_visible()
    assert await prospect.context.cookies() == []


async def kept(page: Page) -> dict[str, list[str]]:
    """The names of what this page has put into the browser, by the place where it lies."""
    found: dict[str, list[str]] = await page.evaluate(INVENTORY)
    return {place: names for place, names in found.items() if names}


INVENTORY = """async () => ({
    local: Object.keys(localStorage),
    session: Object.keys(sessionStorage),
    databases: (await indexedDB.databases()).map(({name}) => name),
    caches: await caches.keys(),
    workers: (await navigator.serviceWorker.getRegistrations()).map(({scope}) => scope),
    cookies: document.cookie ? [document.cookie] : [],
})"""
