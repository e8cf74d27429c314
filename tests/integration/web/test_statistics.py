"""Counters without people over HTTP: who is counted, what operators see, what the provider gets."""

import asyncio
import hashlib
import html
import json
import re
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from sessions.counted import Metric, day_of
from sessions.events import SessionId
from sessions.provider_exports import ProviderExports
from sessions.statistics import PUBLISHED_AFTER_MS, Statistics
from sessions.words import Words
from tests.integration.web.conftest import Caller, Site
from tests.integration.web.test_protection import DESK, page, sent
from web import cli, provider
from web.house import opened
from web.settings import Settings
from web.staff import OrderFailed

COUNT_ME = {"May-Count": "yes"}


async def counted(site: Site) -> dict[str, int]:
    """How often what was counted today, by metric."""
    await site.parts.statistics.count()
    rows = await site.parts.database.read(
        lambda db: db.exec_driver_sql("SELECT metric, sum(times) FROM statistics GROUP BY 1").all()
    )
    return {str(metric): int(times) for metric, times in rows}


async def call(site: Site, headers: Mapping[str, str | None]) -> Caller:
    """A call that has begun."""
    caller = site.visitor()
    names = {"first_name": "Wilhelmine", "last_name": "Unverkennbar"}
    answer = await caller.post("/api/calls", names, headers=headers)
    assert answer.status == 201, await answer.text()
    caller.session = (await answer.json())["session"]
    return caller


async def ended(site: Site, caller: Caller) -> None:
    await site.parts.lifecycle.end(SessionId(caller.session), "abandoned")


@pytest.mark.parametrize(
    ("headers", "times"),
    [
        (COUNT_ME, 1),
        ({}, 0),  # without the word of our page that nobody objected
        ({"May-Count": "no"}, 0),
        (COUNT_ME | {"Sec-GPC": "1"}, 0),
        (COUNT_ME | {"DNT": "1"}, 0),
        (COUNT_ME | {"DNT": "0"}, 1),
    ],
)
async def test_who_is_counted(site: Site, headers: dict[str, str | None], times: int) -> None:
    """OB-35: by whoever did not object, once; by anybody else nothing, neither visit nor call."""
    visitor = site.visitor()
    assert (await visitor.post("/api/visits", headers=headers)).status == 204
    await ended(site, await call(site, headers))
    found = await counted(site)
    assert found == dict.fromkeys(
        ("visits", "calls", "outcome", "begun", "ended") if times else (), times
    )


@pytest.mark.parametrize(
    ("headers", "times"),
    [
        (COUNT_ME, 1),
        ({}, 0),
        (COUNT_ME | {"Sec-GPC": "1"}, 0),
        (COUNT_ME | {"DNT": "1"}, 0),
        (COUNT_ME | {"Cookie": "visavis-seat=x"}, 0),
        (COUNT_ME | {"Authorization": "Bearer x"}, 0),
    ],
)
async def test_a_screen_is_counted_of_nobody(
    site: Site, headers: dict[str, str], times: int
) -> None:
    """OB-12, OB-35: only where nobody objected, and never of whoever says who they are; no answer
    tells which, and nothing is kept but the number of a week.
    """
    answer = await site.visitor().post("/api/screens", headers=headers)
    assert (answer.status, await answer.read()) == (204, b"")
    assert "Set-Cookie" not in answer.headers
    assert await counted(site) == dict.fromkeys(("screen",) if times else (), times)


async def test_an_objection_during_the_call_holds_for_it(site: Site) -> None:
    """OB-35: from the next request on, without signing in; and for nobody else's call."""
    one, another = await call(site, COUNT_ME), await call(site, COUNT_ME)
    assert (await one.post("/api/objection")).status == 204
    stranger = site.visitor()
    for cookie in ("", another.session, f"{another.session}.{'0' * 64}", "x.y.z", "\u00e9" * 9):
        headers = {"Cookie": f"visavis-seat={cookie}"}
        assert (await stranger.post("/api/objection", headers=headers)).status == 204
    for caller in (one, another):
        await ended(site, caller)
    assert (await counted(site))["calls"] == 1


async def test_no_cookie_and_no_trace_of_who_looked(site: Site) -> None:
    """OB-34: two visits of one browser are as two of two; nothing of them is given or kept."""
    visitor = site.visitor()
    agents = ({"User-Agent": "Kanarienvogel"}, {"User-Agent": "Fledermaus"})
    for agent in agents:
        answer = await visitor.post("/api/visits", headers=COUNT_ME | agent)
        assert "Set-Cookie" not in answer.headers
    await site.parts.statistics.count()
    rows = await site.parts.database.read(
        lambda db: db.exec_driver_sql("SELECT * FROM statistics").all()
    )
    today = day_of(site.parts.now_ms()).isoformat()
    assert [tuple(row) for row in rows] == [(today, "visits", "all", 2)]


async def test_the_privacy_page_lets_object_and_says_what_holds(site: Site) -> None:
    """OB-35: on our own page, in both languages; a browser that always objects is told so."""
    visitor = site.visitor()
    for lang, words in (("de", "Bitte zählen Sie mich nicht"), ("en", "Please do not count me")):
        page = await (await visitor.get(f"/privacy?lang={lang}")).text()
        assert 'id="objection"' in page
        assert words in page
        assert "visavis-not-counted" in page
    told = await (await visitor.get("/privacy", headers={"Sec-GPC": "1"})).text()
    assert "Sie werden nicht gezählt" in told
    assert 'id="objection"' not in told


async def filled(site: Site, *rows: tuple[date, Metric, str, int]) -> None:
    """As many sessions would have left it."""
    values = [(day.isoformat(), metric.value, cell, times) for day, metric, cell, times in rows]
    await site.parts.database.write(
        lambda db: db.exec_driver_sql("INSERT INTO statistics VALUES (?, ?, ?, ?)", values).close()
    )


def today(site: Site) -> date:
    """The day of which nothing is published yet, whatever the hour is."""
    return day_of(site.parts.now_ms() - PUBLISHED_AFTER_MS)


def yesterday(site: Site) -> date:
    return today(site) - timedelta(days=1)


async def test_operators_see_what_is_published_and_nothing_below(site: Site) -> None:
    """OB-12: k-check on the page; cells with few look like those with none."""
    day = yesterday(site)
    week = Metric.LENGTH.stretch.first(today(site) - timedelta(days=7))
    month = Metric.BEGUN.stretch.first(today(site).replace(day=1) - timedelta(days=1))
    operator = await site.operator()
    empty = await (await operator.get("/ops/statistics")).text()
    assert "Noch ist nichts zu zeigen" in empty
    rare = [
        (day, Metric.VISITS, "all", 9), (day, Metric.OUTCOME, "gave_up", 7),
        (day, Metric.OUTCOME, "answered", 4_321), (week, Metric.BYTES, "100-up", 1),
        (month, Metric.BEGUN, "03:00", 1), (today(site), Metric.CALLS, "all", 777),
    ]  # fmt: skip
    await filled(site, *rare)
    assert await (await operator.get("/ops/statistics")).text() == empty
    await filled(
        site, (day, Metric.CALLS, "all", 4_328), (week, Metric.LENGTH, "0-5", 14),
        (week, Metric.SCREEN, "used", 12), (week, Metric.LENGTH, "5-15", 123),
        (week, Metric.LENGTH, "15-30", 1),
        (month, Metric.BEGUN, "10:00", 31), (month, Metric.BEGUN, "11:15", 43),
    )  # fmt: skip
    page = await (await operator.get("/ops/statistics?lang=en")).text()
    assert re.findall(r'numbers__one">([\d,]+)<', page) == ["4,330", "125", "10", "45"]
    assert "03:00" not in page
    assert "11:15" in page


async def test_only_operators_see_them(site: Site) -> None:
    assert (await site.visitor().get("/ops/statistics")).status == 303
    assert (await (await site.advisor()).get("/ops/statistics")).status == 403


# ---- what leaves the house

SHAPE = {
    "format", "made", "from", "to", "clock", "at_least", "rounded_to", "epsilon", "numbers",
}  # fmt: skip


def check_document(document: dict[str, Any]) -> None:
    """The schema of what is given away, and the k-check on every number in it."""
    assert set(document) == SHAPE
    assert document["format"] == provider.FORMAT
    assert document["epsilon"] <= 1
    for sheet in document["numbers"]:
        assert set(sheet) == {"metric", "stretch", "first_day", "cells"}
        metric = Metric(sheet["metric"])
        assert sheet["stretch"] == metric.stretch
        assert document["from"] <= sheet["first_day"] <= document["to"]
        assert set(sheet["cells"]) <= set(metric.cells)
        assert all(type(n) is int and n >= 10 and n % 5 == 0 for n in sheet["cells"].values())


async def prepared(officer: Caller, first: date, last: date) -> str:
    days = {"first": first.isoformat(), "last": last.isoformat(), "purpose": "contract 7"}
    status, path = await sent(officer, f"{DESK}/numbers", **days)
    assert status == 303, path
    return path


async def test_the_provider_is_given_what_two_people_looked_at(site: Site) -> None:
    """OB-14: aggregates, the k-check, the very text that was looked at, also once more numbers are
    there; who prepared, released and took them is in the log of disclosures and in the chain."""
    last = yesterday(site)
    first = last - timedelta(days=20)
    days = [first + timedelta(days=n) for n in range(21)]
    await filled(site, *((day, Metric.CALLS, "all", 200 + n) for n, day in enumerate(days)),
                 *((day, Metric.VISITS, "all", 9) for day in days))  # fmt: skip
    one, other = await site.officer("one"), await site.officer("other")
    path = await prepared(one, first, last)
    shown = await page(other, path)
    found = re.search(r"<pre[^>]*><code>(.*?)</code>", shown, re.S)
    assert found
    looked_at = html.unescape(found[1])
    check_document(json.loads(looked_at))
    assert [sheet["first_day"] for sheet in json.loads(looked_at)["numbers"]] == [
        str(day) for day in days
    ]
    assert hashlib.sha256(looked_at.encode()).hexdigest() in shown
    assert "contract 7" in await page(other, f"{DESK}/disclosures")

    await filled(
        site, (last, Metric.OUTCOME, "answered", 500), (last, Metric.OUTCOME, "gave_up", 300)
    )
    assert (await sent(other, path, state="approved"))[0] == 303
    answer = await one.get(f"{path}/document")
    assert (await answer.text(), answer.status) == (looked_at, 200)
    id = path.rpartition("/")[2]
    wanted = provider.Wanted(export=id, actor="shell:ops")
    parts = site.parts
    assert (await provider.give(parts.casework.exports, parts.exit, wanted)).decode() == looked_at
    rows = await parts.database.read(
        lambda db: db.exec_driver_sql("SELECT actor, action, subject FROM audit").all()
    )
    about = f"{first}/{last} {id} {hashlib.sha256(looked_at.encode()).hexdigest()[:16]}"
    by = [row.actor for row in rows]
    assert [(row.action, row.subject) for row in rows] == [
        ("statistics prepared", about), ("statistics approved", about),
        ("give statistics", about), ("give statistics", about),
    ]  # fmt: skip
    assert by[0] == by[2] != by[1]
    assert by[3] == "shell:ops"
    kept = await parts.casework.exports.find(id)
    assert kept
    assert (kept.asked_by, kept.decided_by, kept.handed_by) == tuple(by[:3])


async def test_nobody_gives_the_provider_what_nobody_else_released(site: Site) -> None:
    """OB-14: neither at the desk nor from the shell; not what was refused; nor without a purpose,
    without days or for too many of them."""
    one, other = await site.officer("one"), await site.officer("other")
    last = yesterday(site)
    path = await prepared(one, last, last)
    id = path.rpartition("/")[2]
    take = provider.taker(site.parts.casework.exports, site.parts.exit)
    order = provider.Wanted(export=id, actor="shell:ops").model_dump_json().encode()

    async def nothing_is_given() -> None:
        for officer in (one, other):
            assert (await officer.get(f"{path}/document")).status == 409
        with pytest.raises(OrderFailed, match="Nobody released"):
            await take(order)

    await nothing_is_given()
    status, shown = await sent(one, f"{path}?lang=en", state="approved")
    assert (status, "decided by somebody else" in shown) == (403, True)
    await nothing_is_given()
    assert (await sent(other, path, state="refused", why=""))[0] == 400
    assert (await sent(other, path, state="refused", why="zu viel"))[0] == 303
    await nothing_is_given()
    assert (await sent(other, path, state="approved"))[0] == 409
    with pytest.raises(OrderFailed, match="no such export"):
        await take(order.replace(id.encode(), b"0" * 16))
    good = {"first": last.isoformat(), "last": last.isoformat(), "purpose": "x"}
    for wrong in (
        {"first": "2026-02-30"}, {"last": "<b>"}, {"purpose": " "}, {"purpose": "x" * 301},
        {"first": (last + timedelta(days=1)).isoformat()},
        {"first": (last - timedelta(days=400)).isoformat()},
    ):  # fmt: skip
        status, shown = await sent(one, f"{DESK}/numbers", **good | wrong)
        assert (status, "field__error" in shown, "<b>" in shown) == (400, True, False), wrong
    assert (await site.visitor().get(f"{path}/document")).status in (303, 401)
    assert len(await site.parts.casework.exports.known()) == 1


def test_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """OB-14: only what was released; byte by byte; a file that is there is left alone."""
    monkeypatch.setenv("VISAVIS_DATA_DIR", str(tmp_path))
    runner = CliRunner()
    assert runner.invoke(cli.main, ["migrate"]).exit_code == 0
    assert runner.invoke(cli.main, ["keys", "init"]).exit_code == 0
    day = date(2026, 1, 31)

    async def exports(release: bool) -> str:
        async with opened(Settings.load()) as house:
            kept = ProviderExports(house.database, Words(house.keys))
            one = await provider.prepare(
                Statistics(house.database), kept, day.replace(day=1), day, purpose="x", by="one"
            )
            if release:
                await kept.decide(one.id, "approved", why="", by="other")
            return one.id

    waiting, released = asyncio.run(exports(False)), asyncio.run(exports(True))
    words = ["statistics", "export"]
    refused = runner.invoke(cli.main, [*words, waiting])
    assert (refused.exit_code, "Nobody released" in refused.output) == (1, True)
    printed = runner.invoke(cli.main, [*words, released])
    assert printed.exit_code == 0, printed.output
    check_document(json.loads(printed.output))
    target = tmp_path / "statistics.json"
    assert runner.invoke(cli.main, [*words, released, "--output", str(target)]).exit_code == 0
    assert target.read_text() == printed.output
    assert target.stat().st_mode & 0o777 == 0o600
    again = runner.invoke(cli.main, [*words, released, "--output", str(target)])
    assert (again.exit_code, "is there already" in again.output) == (1, True)
    assert runner.invoke(cli.main, [*words, "0" * 16]).exit_code == 1
    assert runner.invoke(cli.main, [*words, "<b>"]).exit_code == 1
