"""The rights desk: setting right, adding, objecting by purpose, and taking it back."""

import asyncio
import html
import io
import json
import zipfile
from pathlib import Path

import pytest

from sessions.events import DESK, Envelope, Seq, SessionId
from sessions.requests import MAX_REASON, months_after
from tests.e2e.traces import canary
from tests.integration.web.conftest import Caller, Site
from tests.integration.web.test_exports import exported, wanted
from tests.integration.web.test_receipt import (
    Told,
    fits,
    keys_of,
    package,
    rows,
    talk,
)
from tests.integration.web.test_talk import free_advisor
from tests.patience import allowed
from web.package import verify_package
from web.staff import OrderFailed


async def claimed(site: Site) -> tuple[Caller, dict[str, str]]:
    """A prospect who waits and may be counted, and the proof of their receipt."""
    prospect = site.visitor()
    prospect.headers["May-Count"] = "yes"
    await prospect.start_call()
    answer = await prospect.post(f"/api/sessions/{prospect.session}/receipt", {})
    return prospect, await answer.json()


async def read(site: Site, path: str, form: dict[str, str], status: int = 200) -> str:
    answer = await site.visitor().post(path, data=form)
    assert answer.status == status, await answer.text()
    return html.unescape(await answer.text())


async def copied(site: Site, told: Told, folder: Path) -> dict[str, bytes]:
    """The package that these take home, verified."""
    data = await (await site.visitor().post("/receipt/copy", data=told.proof)).read()
    verify_package(str(package(data, folder)), keys_of(site))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


async def test_what_is_corrected_stands_everywhere_with_its_history(
    site: Site, tmp_path: Path
) -> None:
    """OB-38, OB-09: page, copy and data show what is right and what was before, with its date; the
    data fits its schema; the database holds neither; every step is in the audit log first."""
    told = await talk(site, await free_advisor(site))
    right, added = canary("Richtig"), canary("ergaenzt")
    form = await read(site, "/receipt/correct", told.proof)
    for word in (told.first, told.last):
        assert f'value="{word}"' in form
    names = {"first_name": told.first, "last_name": right, "topic": "claim"}
    shown = await read(site, "/receipt/correct", told.proof | names)
    assert "Das ist jetzt berichtigt." in shown
    assert "So stand es schon da." in await read(site, "/receipt/correct", told.proof | names)
    statement = f"{added} <b>\r\nzweite Zeile"
    await read(site, "/receipt/correct", told.proof | {"addition": statement})
    shown = await read(site, "/receipt", told.proof)
    assert f"{told.first} {right}" in shown
    assert f"{told.first} {told.last}" not in shown
    assert "Schaden melden" in shown
    assert told.last in shown  # before
    assert f"{added} <b>\nzweite Zeile" in shown

    everything = await copied(site, told, tmp_path)
    data = json.loads(everything["data.json"])
    told_of = {one["role"]: one["name"] for one in data["people"]}
    assert told_of["prospect"] == f"{told.first} {right}"
    assert data["topic"] == "Schaden melden"
    assert [(one["field"], one["before"], one["after"]) for one in data["corrections"]] == [
        ("last_name", told.last, right),
        ("topic", "", "Schaden melden"),
        ("addition", "", f"{added} <b>\nzweite Zeile"),
    ]
    assert all(one["at"].endswith("Z") for one in data["corrections"])
    fits(await (await site.visitor().get("/api/receipt/schema")).json(), data)
    page = html.unescape(everything["index.html"].decode())
    for word in (right, told.last, added):
        assert word in page
    assert f"{added} <b>" not in everything["index.html"].decode()

    kept = repr(await rows(site, "SELECT * FROM corrections"))
    kept += repr(await rows(site, "SELECT * FROM seats")) + repr(
        await rows(site, "SELECT * FROM audit")
    )
    for word in (right, told.last, added, "last_name"):
        assert word not in kept
    steps = await rows(site, "SELECT action FROM audit WHERE action = 'correct'")
    assert len(steps) == 4


async def test_a_name_is_corrected_where_the_person_still_waits(site: Site) -> None:
    """OB-38: the desk shows the right name to whoever is about to answer."""
    advisor = await free_advisor(site)
    prospect, proof = await claimed(site)
    await read(site, "/receipt/correct", proof | {"last_name": "Musterfrau"})
    [waiting] = (await (await advisor.get("/api/desk")).json())["waiting"]
    assert waiting["session"] == prospect.session
    assert (waiting["first_name"], waiting["last_name"]) == ("Erika", "Musterfrau")


async def test_the_console_looks_at_once_when_a_name_is_corrected(site: Site) -> None:
    """OB-38: by a hint of the desk channel, which says which session and nothing else."""
    prospect, proof = await claimed(site)
    heard: asyncio.Queue[Envelope] = asyncio.Queue()
    watch = site.parts.relay.watch(
        DESK, Seq(0), lambda _frame, event: heard.put_nowait(event), None
    )
    await read(site, "/receipt/correct", proof | {"last_name": "Musterfrau"})
    async with asyncio.timeout(allowed(5)):
        while prospect.session.encode() not in (event := await heard.get()).sealed:
            pass
    watch.close()
    assert event.kind == "desk.changed"
    assert b"Muster" not in event.sealed


@pytest.mark.parametrize(
    ("given", "status", "said"),
    [
        ({"last_name": ""}, 400, "Nachname"),
        ({"first_name": "<script>"}, 400, "Vorname"),
        ({"first_name": "Ada", "last_name": "x" * 300}, 400, "Nachname"),
        ({"topic": "weather"}, 400, "Thema"),
        ({"addition": " \n "}, 400, "Bitte schreiben Sie"),
        ({"addition": "x" * 1_001}, 400, "höchstens 1000"),
        ({"addition": "x" * 9_000}, 413, ""),
        ({"email": "a@example.com"}, 400, ""),
    ],
)
async def test_what_cannot_stand_is_explained_and_changes_nothing(
    site: Site, given: dict[str, str], status: int, said: str
) -> None:
    """OB-38: no 500, no echo beyond the field itself; of a form with a fault nothing is kept."""
    _, proof = await claimed(site)
    assert said in await read(site, "/receipt/correct", proof | given, status)
    assert await rows(site, "SELECT * FROM corrections") == []


async def test_an_objection_has_its_state_and_its_day(site: Site, tmp_path: Path) -> None:
    """OB-42, OB-40: further use is over at once, and until it is decided; page, copy and data say
    so; taking it back is one step."""
    told = await talk(site, await free_advisor(site))
    session, order, because = SessionId(told.session), wanted(told.session), canary("grund")
    assert "Weitere Verwendung" in await read(site, "/receipt/object", told.proof)
    assert (await exported(site, order)).board
    against = told.proof | {"purpose": "quality", "reason": because}
    for _ in range(2):
        assert "Ihr Widerspruch ist eingegangen." in await read(site, "/receipt/object", against)
    [made] = await site.parts.requests.open_requests()
    assert (made.session, made.due_ms) == (session, months_after(made.made_ms))
    with pytest.raises(OrderFailed, match="restricted"):
        await exported(site, order)
    shown = await read(site, "/receipt", told.proof)
    assert "Offen. Antwort spätestens am" in shown
    assert because in shown
    [asked] = json.loads((await copied(site, told, tmp_path))["data.json"])["requests"]
    assert (asked["purpose"], asked["state"], asked["reason"]) == ("quality", "open", because)
    assert asked["due_at"] > asked["at"]
    assert because not in repr(await rows(site, "SELECT * FROM request"))

    await read(site, "/receipt/object", told.proof | {"withdraw": made.id})
    assert (await exported(site, order)).board
    await read(site, "/receipt/object", against)
    [made] = await site.parts.requests.open_requests()
    await site.parts.requests.decide(made.id, "granted", by="officer", answer="Das stimmt.")
    shown = await read(site, "/receipt/object", told.proof)
    assert "Gilt seit" in shown
    assert "Das stimmt." in await read(site, "/receipt", told.proof)
    with pytest.raises(OrderFailed, match="restricted"):
        await exported(site, order)
    kept = repr(await rows(site, "SELECT * FROM request"))
    assert "Das stimmt." not in kept
    await read(site, "/receipt/erase", told.proof | {"sure": "yes"})
    assert await rows(site, "SELECT * FROM request") == []


async def test_statistics_stop_at_the_objection(site: Site) -> None:
    """OB-42, OB-35: whoever objects with the receipt is not counted, also not when it is over."""
    prospect, proof = await claimed(site)
    counted = f"SELECT to_count FROM sessions WHERE id = '{prospect.session}'"
    assert await rows(site, counted) == [(1,)]
    shown = await read(site, "/receipt/object", proof | {"purpose": "statistics"})
    assert "Gilt seit" in shown
    assert await rows(site, counted) == [(0,)]
    await site.parts.lifecycle.end(SessionId(prospect.session), "abandoned")
    assert await site.parts.statistics.count() == 0


async def test_an_objection_that_cannot_be_is_explained(site: Site) -> None:
    """OB-42: nothing is kept of it, and of others nothing is taken back."""
    _, mine = await claimed(site)
    other, theirs = await claimed(site)
    for given in ({"purpose": "weather"}, {"purpose": "quality", "reason": "x" * (MAX_REASON + 1)}):
        await read(site, "/receipt/object", mine | given, 400)
    assert await rows(site, "SELECT * FROM request") == []
    made = await site.parts.requests.make(SessionId(other.session), "objection", "quality")
    await read(site, "/receipt/object", mine | {"withdraw": made.id})
    await read(site, "/receipt/object", mine | {"withdraw": "' OR 1=1"})
    assert [one.state for one in await site.parts.requests.of(made.session)] == ["open"]
    wrong = theirs | {"number": "000000000000", "purpose": "marketing"}
    await read(site, "/receipt/object", wrong, 404)
    await read(site, "/receipt/correct", wrong | {"purpose": ""}, 400)


async def test_the_advisor_sees_what_was_set_right_and_objected_to(site: Site) -> None:
    """OB-38, OB-42, OB-40: of one's own talks, through the audited door, unless it is restricted;
    the person reads in their receipt that it was opened."""
    advisor = await free_advisor(site)
    told = await talk(site, advisor)
    right, added = canary("Richtig"), canary("ergaenzt")
    await read(site, "/receipt/correct", told.proof | {"last_name": right})
    await read(site, "/receipt/correct", told.proof | {"addition": added})
    await read(site, "/receipt/object", told.proof | {"purpose": "marketing"})
    [mine] = (await (await advisor.get("/api/desk")).json())["mine"]
    assert (mine["corrections"], mine["objections"], mine["name"]) == (2, ["marketing"], None)
    path = f"/console/session/{told.session}/corrections"
    answer = await advisor.get(path)
    text = html.unescape(await answer.text())
    assert answer.status == 200
    for word in (f"{told.first} {right}", told.last, added, "Keine Werbung an diese Person"):
        assert word in text
    assert told.asked not in text
    opened = await rows(site, "SELECT subject FROM audit WHERE action = 'corrections read'")
    assert opened == [(told.session,)]
    assert "Mitarbeitende des Betreibers" in await read(site, "/receipt", told.proof)
    colleague = await site.advisor("another.advisor")
    assert (await colleague.get(path)).status == 404
    assert (await advisor.get(f"/console/session/{'0' * 32}/corrections")).status == 404
    assert (await advisor.get("/console/session/x/corrections")).status == 404
    await read(site, "/receipt/object", told.proof | {"purpose": "quality"})
    refused = await advisor.get(path)
    assert refused.status == 403
    assert right not in await refused.text()
    assert len(await rows(site, "SELECT subject FROM audit WHERE action = 'corrections read'")) == 1


async def test_the_officer_is_asked_and_answers_where_the_receipt_opens(site: Site) -> None:
    """OB-04: due in a month, once however often it is pressed; question and answer are sealed."""
    _, proof = await claimed(site)
    asked, answered = canary("frage"), canary("antwort")
    assert "spätestens nach einem Monat" in await read(site, "/receipt/question", proof)
    for _ in range(2):
        shown = await read(site, "/receipt/question", proof | {"reason": f" {asked}\r\n"})
        assert "Ihr Anliegen ist eingegangen." in shown
    [made] = await site.parts.requests.open_requests()
    assert (made.kind, made.due_ms) == ("question", months_after(made.made_ms))
    await site.parts.requests.extend(made.id, reason="Wir suchen noch.")
    assert "Wir suchen noch." in await read(site, "/receipt", proof)
    await site.parts.requests.decide(made.id, "granted", by="officer", answer=answered)
    shown = await read(site, "/receipt", proof)
    assert "Beantwortet am" in shown
    assert asked in shown
    assert answered in shown
    kept = repr(await rows(site, "SELECT * FROM request"))
    assert asked not in kept
    assert answered not in kept
    for reason, said in (("  ", "worum es geht"), ("x" * (MAX_REASON + 1), "höchstens 1000")):
        assert said in await read(site, "/receipt/question", proof | {"reason": reason}, 400)
