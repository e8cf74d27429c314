"""The breach button over HTTP: the clock, the facts, the report, and the chain that proves them."""

import re
from datetime import datetime, timedelta

from sessions.counted import HERE
from tests.integration.web.conftest import Caller, Site
from tests.integration.web.test_protection import DESK, actions, page, sent

PATH = f"{DESK}/breaches"


async def noted(site: Site, officer: Caller, hours_ago: float = 1.0) -> str:
    at = datetime.fromtimestamp(site.parts.now_ms() / 1_000, HERE) - timedelta(hours=hours_ago)
    status, path = await sent(
        officer, PATH, happened="Ein Bildschirm blieb offen.",
        noticed_on=at.date().isoformat(), noticed_at=at.strftime("%H:%M"),
    )  # fmt: skip
    assert status == 303, path
    return path


async def test_the_clock_runs_on_every_page_until_it_is_reported(site: Site) -> None:
    """With the facts of Art. 33(3), and each state of them in the chain."""
    officer = await site.officer()
    path = await noted(site, officer)
    for section in ("", "/breaches", "/records"):
        shown = await page(officer, DESK + section)
        assert re.search(r"(70|71) h \d+ min left", shown), section
    facts = {
        "happened": "Ein Bildschirm blieb offen.", "people": "3", "risk": "some",
        "nature_confidentiality": "yes", "class_names": "yes", "measures": "Gesperrt.",
    }  # fmt: skip
    assert (await sent(officer, f"{path}/facts", **facts))[0] == 303
    shown = await page(officer, path)
    assert 'name="class_names" value="yes" checked' in shown
    assert 'name="class_files" value="yes">' in shown
    text = await (await officer.get(f"{path}/report?lang=de")).text()
    for words in ("Art. 33", "Ein Bildschirm blieb offen.", "Namen", "3", "Gesperrt.",
                  "Datenschutz der Demo", "noch nicht bekannt"):  # fmt: skip
        assert words in text, words
    status, shown = await sent(officer, f"{path}/end?lang=en", state="unreported", told="x")
    assert (status, "likely none" in shown) == (409, True)
    assert (await sent(officer, f"{path}/end", state="reported", told="AZ 12/3"))[0] == 303
    assert "min left" not in await page(officer)
    assert "AZ 12/3" in await page(officer, path)
    done = await actions(site)
    assert [action for action, _ in done] == [
        "breach noted", "breach facts", "breach report", "breach reported",
    ]  # fmt: skip
    assert len({subject for _, subject in done}) == 2  # as noted, and as known later
    assert not any("Bildschirm" in subject for _, subject in done)


async def test_a_late_report_says_why(site: Site) -> None:
    officer = await site.officer()
    path = await noted(site, officer, hours_ago=80)
    shown = await page(officer)
    assert re.search(r'role="alert".*overdue for (7|8) h', shown, re.S)
    status, shown = await sent(officer, f"{path}/end", state="reported", told="AZ 1")
    assert (status, 'id="close-late-wrong"' in shown) == (400, True)
    form = {"state": "reported", "told": "AZ 1", "late": "Krank."}
    assert (await sent(officer, f"{path}/end", **form))[0] == 303
    assert "Krank." in await (await officer.get(f"{path}/report")).text()


async def test_what_is_wrong_starts_no_clock(site: Site) -> None:
    officer = await site.officer()
    now = datetime.fromtimestamp(site.parts.now_ms() / 1_000, HERE)
    good = {"happened": "x", "noticed_on": now.date().isoformat(), "noticed_at": "00:00"}
    tomorrow = (now + timedelta(days=1)).date().isoformat()
    wrong = (
        ("happened", " "), ("happened", "x" * 801), ("noticed_on", tomorrow),
        ("noticed_on", "gestern"), ("noticed_at", "25:00"), ("noticed_on", "1999-01-01"),
    )  # fmt: skip
    for name, text in wrong:
        status, shown = await sent(officer, PATH, **good | {name: text})
        assert (status, f'id="note-{name}-wrong"' in shown) == (400, True), (name, text)
    assert await site.parts.casework.breaches.known() == []
    path = await noted(site, officer)
    for name, text in (("people", "viele"), ("risk", "huge"), ("happened", "")):
        form = {"happened": "x", "risk": "none"} | {name: text}
        assert (await sent(officer, f"{path}/facts", **form))[0] == 400, name
    for tail in ("", "/report"):
        assert (await officer.get(f"{PATH}/{'0' * 16}{tail}")).status == 404
