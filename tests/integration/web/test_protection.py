"""The protection desk over HTTP: requests with due days, answered by officers and nobody else."""

import json
import re
from datetime import date, timedelta
from pathlib import Path

from sessions.audit import verify
from sessions.counted import day_of
from sessions.events import SessionId
from tests.integration.web.conftest import Caller, MakeSite, Site

DESK = "/privacy-desk"


def today(site: Site) -> date:
    return day_of(site.parts.now_ms())


async def sent(officer: Caller, path: str, **form: str) -> tuple[int, str]:
    """Status, and the page or where it leads."""
    answer = await officer.post(path, data={"csrf": officer.csrf, **form})
    return answer.status, answer.headers.get("Location") or await answer.text()


async def page(officer: Caller, path: str = DESK) -> str:
    answer = await officer.get(f"{path}?lang=en")
    assert answer.status == 200, path
    return await answer.text()


async def entered(site: Site, officer: Caller, days_ago: int = 0, **more: str) -> str:
    """The path of a new request that came so many days ago."""
    received = (today(site) - timedelta(days=days_ago)).isoformat()
    form = {"way": "letter", "kind": "erasure", "number": "", "received_on": received} | more
    status, path = await sent(officer, f"{DESK}/requests", **form)
    assert status == 303, path
    return path


async def actions(site: Site) -> list[tuple[str, str]]:
    """What is in the audit chain, which holds: what was done to what."""
    verify(site.parts.settings.database)
    rows = await site.parts.database.read(
        lambda db: db.exec_driver_sql("SELECT action, subject FROM audit ORDER BY seq").all()
    )
    return [(str(action), str(subject)) for action, subject in rows]


async def test_a_letter_is_due_in_a_month_and_says_when_it_is_late(site: Site) -> None:
    """OB-04: a ticket with a due date; overdue is an alert; answered, it waits no longer."""
    officer = await site.officer()
    assert "Nothing waits for you" in await page(officer)
    await entered(site, officer, kind="access")
    shown = await page(officer)
    assert 'role="alert"' not in shown
    assert "days left" in shown
    late = await entered(site, officer, days_ago=40, number="1234 5678 9012")
    shown = await page(officer)
    assert "One request is overdue" in shown
    assert "1234 5678 9012" in shown
    assert shown.index("Erasure</a>") < shown.index("Access</a>")  # the next due comes first
    assert (await sent(officer, f"{late}/identity", method="callback"))[0] == 303
    assert (await sent(officer, late, what="done", words=""))[0] == 303
    shown = await page(officer)
    assert "overdue" not in shown
    assert "Answered in the last 90 days" in shown
    status, again = await sent(officer, late, what="refused", words="x")
    assert (status, "schon entschieden" in again) == (409, True)
    assert [action for action, _ in await actions(site)] == [
        "request entered", "request entered", "identity checked", "request done",
        "request refused",
    ]  # fmt: skip


async def test_what_is_late_raises_an_alarm_beyond_the_desk(site: Site) -> None:
    """OB-04: for whoever watches the numbers, in a number that says nothing about anyone."""

    async def numbers() -> list[tuple[str, str]]:
        text = await (await site.visitor().get("/metrics")).text()
        return re.findall(r'visavis_protection_late{what="(\w+)"} ([\d.]+)', text)

    officer = await site.officer()
    await entered(site, officer)
    quiet = [(one, "0.0") for one in ("breaches", "recipients", "requests", "reviews")]
    assert await numbers() == quiet
    late = await entered(site, officer, days_ago=40, kind="other")
    assert await numbers() == [*quiet[:2], ("requests", "1.0"), quiet[3]]
    assert (await sent(officer, late, what="done", words=""))[0] == 303
    assert await numbers() == quiet


async def test_more_time_needs_a_reason_and_is_given_once(site: Site) -> None:
    """OB-04: Art. 12(3) and (4): two months more with a reason; no refusal without one."""
    officer = await site.officer()
    path = await entered(site, officer, days_ago=40)
    for what in ("extended", "refused"):
        status, shown = await sent(officer, path, what=what, words=" ")
        assert (status, 'id="case-words-wrong"' in shown) == (400, True)
    assert (await sent(officer, path, what="extended", words="Zwanzig Ordner"))[0] == 303
    shown = await page(officer, path)
    assert "Zwanzig Ordner" in shown
    assert "overdue" not in shown
    assert (await sent(officer, path, what="extended", words="Noch einer"))[0] == 409
    rows = await site.parts.database.read(
        lambda db: db.exec_driver_sql("SELECT extension FROM letters").all()
    )
    assert b"Ordner" not in rows[0][0]


async def test_what_is_wrong_is_said_at_its_field(site: Site) -> None:
    """Nothing is entered, and what was typed comes back."""
    officer = await site.officer()
    good = {"way": "phone", "kind": "access", "number": "", "received_on": today(site).isoformat()}
    wrong = {
        "way": "pigeon", "kind": "", "number": "12", "received_on": "2026-02-30",
    }  # fmt: skip
    future = (today(site) + timedelta(days=1)).isoformat()
    for name, text in (*wrong.items(), ("received_on", future), ("received_on", "1999-01-01")):
        status, shown = await sent(officer, f"{DESK}/requests", **good | {name: text})
        assert (status, f'id="enter-{name}-wrong"' in shown) == (400, True), name
    assert await site.parts.casework.letters.open_letters() == []


async def test_what_came_by_the_receipt_waits_beside_it(site: Site) -> None:
    """OB-04: reading it is in the chain first; the answer is for the person."""
    officer, prospect = await site.officer(), await site.prospect()
    session = SessionId(prospect.session)
    requests = site.parts.requests
    asked = await requests.make(session, "objection", "quality", reason="Ich will das nicht.")
    path = f"{DESK}/requests/{asked.id}"
    assert "Objection to quality assurance" in await page(officer)
    assert "Ich will das nicht" not in await page(officer)
    assert "Ich will das nicht" in await page(officer, path)
    assert ("request read", f"{session} {asked.id}") in await actions(site)
    assert (await sent(officer, path, what="extended", words="Wir prüfen noch."))[0] == 303
    told = await requests.find(asked.id)
    assert told is not None
    assert (told.request.extended_ms is not None, told.extension) == (True, "Wir prüfen noch.")
    assert (await sent(officer, path, what="extended", words="Und noch."))[0] == 409
    assert (await sent(officer, path, what="done", words="Gern."))[0] == 303
    [decided] = await requests.told(session)
    assert (decided.request.state, decided.answer) == ("granted", "Gern.")


async def test_the_records_are_shown_and_taken_away(site: Site) -> None:
    """OB-19, OB-47: in both languages, whole, as a page, as data and as a table."""
    officer = await site.officer()
    for language, words in (("de", "Zugriffsprotokoll"), ("en", "Access log")):
        answer = await officer.get(f"{DESK}/records?lang={language}")
        shown = await answer.text()
        assert (answer.status, words in shown, 'role="alert"' in shown) == (200, True, False)
        answer = await officer.get(f"{DESK}/records.json?lang={language}")
        found = await answer.json()
        assert words in [one["name"] for one in found["activities"]]
        assert "events" in found["activities"][0]["tables"]
        answer = await officer.get(f"{DESK}/records.csv?lang={language}")
        assert words in (await answer.read()).decode("utf-8-sig")
        assert answer.headers["Content-Disposition"].startswith("attachment")


async def test_an_unregistered_machine_stands_out(make_site: MakeSite, tmp_path: Path) -> None:
    """OB-19, OB-22: a late review and a machine of nobody's are red on the desk."""
    file = tmp_path / "brand.json"
    nord = {
        "name": "Nord GmbH", "service": "TURN", "country": "DE", "hosts": ["nord.example"],
        "activities": ["consultation"], "contract": "2024-01-15", "reviewed": "2024-02-01",
        "next_review": "2025-02-01",
    }  # fmt: skip
    file.write_text(json.dumps({"processors": [nord]}))
    site: Site = await make_site(
        brand_file=file, turn_secret="x",
        turn_urls="turn:turn.nord.example:3478,turn:turn.elsewhere.example:3478",
    )  # fmt: skip
    shown = await page(await site.officer(), f"{DESK}/records")
    assert "2 entries need you" in shown
    assert "review overdue" in shown
    assert 'turn.elsewhere.example</code></td><td><span class="badge badge--bad">' in shown
    assert 'turn.nord.example</code></td><td><span class="badge badge--good">Nord GmbH' in shown


async def test_what_is_not_there_is_not_found(site: Site) -> None:
    officer = await site.officer()
    for id in ("0" * 16, "0" * 32, "x", "%00", "' OR 1=1--"):
        assert (await officer.get(f"{DESK}/requests/{id}")).status == 404
        assert (await sent(officer, f"{DESK}/requests/{id}", what="done"))[0] == 404
