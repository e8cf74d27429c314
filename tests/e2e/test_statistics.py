"""An objection to being counted, made where everybody can, and what is counted afterwards."""

import sqlite3
import time
from contextlib import closing
from datetime import timedelta

from playwright.async_api import expect

from sessions.counted import Metric, day_of
from sessions.statistics import PUBLISHED_AFTER_MS
from tests.e2e.examination import no_findings
from tests.e2e.people import DESKTOP, Advisor, House, Prospect, word
from tests.e2e.server import Server
from tests.e2e.test_forms import kept


def counters(server: Server) -> dict[tuple[str, str], int]:
    """What is counted, by metric and cell, of all days."""
    with closing(sqlite3.connect(f"file:{server.data}/visavis.db?mode=ro", uri=True)) as db:
        found = db.execute("SELECT metric, cell, sum(times) FROM statistics GROUP BY 1, 2")
        return {(metric, cell): times for metric, cell, times in found}


async def talk(prospect: Prospect, advisor: Advisor, last_name: str) -> None:
    """From the start page to hanging up, with a word in the chat."""
    await prospect.call("Wilhelmine", last_name)
    await advisor.accept(f"Wilhelmine {last_name}")
    await prospect.open_chat()
    await prospect.write("Guten Tag")
    await advisor.open_chat()
    await advisor.sees_message("Guten Tag")
    await prospect.hang_up()
    await prospect.reads("after.heading")


async def test_whoever_objects_is_not_counted_from_then_on(house: House, server: Server) -> None:
    """OB-35, OB-26: one switch on our page, no sign-in, no cookie, one documented entry; a talk
    leaves every counter as it was, and counts once that is taken back.
    """
    advisor, prospect = await house.advisor(), await house.prospect()
    await prospect.open("/privacy")
    switch = prospect.page.get_by_role("switch", name=word("privacy.counting.switch"))
    await expect(switch).not_to_be_checked()
    await prospect.reads("privacy.counting.on")
    await switch.click()
    await expect(switch).to_be_checked()
    await prospect.reads("privacy.counting.off")
    await prospect.page.reload()
    await expect(switch).to_be_checked()
    assert await kept(prospect.page) == {"local": ["visavis-not-counted"]}
    assert await prospect.context.cookies() == []
    await talk(prospect, advisor, "Widerspruch")

    await prospect.open("/privacy")
    await switch.press("Space")
    await expect(switch).not_to_be_checked()
    assert await kept(prospect.page) == {}
    await advisor.page.reload()
    await talk(prospect, advisor, "Gezählt")

    for person in (prospect, advisor):
        await person.context.close()
    await server.restart()  # whoever leaves in order counts before
    found = counters(server)
    assert found == {
        ("visits", "all"): 1, ("calls", "all"): 1, ("outcome", "answered"): 1,
        ("length", "0-5"): 1, ("chat", "used"): 1, ("files", "unused"): 1, ("board", "unused"): 1,
        **{key: 1 for key in found if key[0] in ("begun", "ended")},
    }  # fmt: skip
    assert {metric for metric, _ in found} >= {"begun", "ended"}


def fill(server: Server) -> None:
    """What a busy month leaves behind; nobody else may have the file open."""
    today = day_of(round(time.time() * 1_000) - PUBLISHED_AFTER_MS)
    day, week = today - timedelta(days=1), Metric.LENGTH.stretch.first(today - timedelta(days=7))
    month = Metric.BEGUN.stretch.first(today.replace(day=1) - timedelta(days=1))
    rows = [
        (day, Metric.VISITS, "all", 1_234), (day, Metric.CALLS, "all", 321),
        (week, Metric.LENGTH, "0-5", 44), (week, Metric.LENGTH, "5-15", 77),
        (month, Metric.BEGUN, "03:00", 1), (month, Metric.BEGUN, "10:00", 60),
        (month, Metric.BEGUN, "10:15", 50),
    ]  # fmt: skip
    with closing(sqlite3.connect(server.data / "visavis.db")) as db, db:
        values = [(first.isoformat(), metric.value, *rest) for first, metric, *rest in rows]
        db.executemany("INSERT INTO statistics VALUES (?, ?, ?, ?)", values)


async def test_operators_read_them_without_a_barrier(house: House, server: Server) -> None:
    """OB-12, OB-48: from the board to the numbers and back, whatever the screen; none is small."""
    if ("visits", "all") not in counters(server) or counters(server)["visits", "all"] < 1_000:
        await server.stop()
        fill(server)
        await server.restart()
    operator = await house.operator(viewport=DESKTOP)
    async with no_findings() as examine:
        await operator.page.get_by_role("link", name=word("ops.statistics")).click()
        heading = operator.page.get_by_role("heading", name=word("statistics.heading"))
        await expect(heading).to_be_visible()
        for number in ("1.235", "320", "75", "03:00"):
            shown = operator.page.get_by_text(number, exact=True)
            await expect(shown).to_have_count(0 if number == "03:00" else 1)
        table = operator.page.get_by_text(word("statistics.hours.table"))
        await table.click()
        await expect(operator.page.get_by_role("row", name="10:00")).to_contain_text("60")
        await expect(operator.page.get_by_role("row", name="10:15")).to_have_count(0)
        await examine.of("statistics", operator.page)
        await operator.page.get_by_role("link", name=word("statistics.back")).click()
        await expect(operator.page.get_by_text(word("ops.sessions.title")).first).to_be_visible()
