"""Recipients hear what became of what they received (Art. 19 GDPR), by itself."""

import html
import io
import re
from datetime import timedelta
from typing import Any

import pytest

from sessions.counted import day_of
from sessions.events import SessionId
from sessions.recipients import Notification
from tests.integration.web.conftest import Caller, MakeSite, Site
from tests.integration.web.test_disclosures import asked, data_of, taken
from tests.integration.web.test_protection import DESK, actions, page, sent, today
from tests.integration.web.test_receipt import Told, talk
from tests.integration.web.test_receipt_rights import read
from tests.integration.web.test_talk import free_advisor
from tests.integration.web.test_transfer import desk_of

LISTED = f"{DESK}/disclosures"
AUTHORITY = "Staatsanwaltschaft Musterstadt"


async def handed(site: Site, session: str, *categories: str) -> tuple[Caller, str]:
    """An officer, and the path of a disclosure that was handed over."""
    one, other = await site.officer("one"), await site.officer("other")
    path = await asked(one, session, *(categories or ("names",)))
    assert (await sent(other, path, state="approved"))[0] == 303
    assert data_of(await taken(one, path))
    return one, path


async def waiting(site: Site) -> list[Notification]:
    return await site.parts.casework.recipients.waiting()


async def waiting_is_told(site: Site, officer: Caller) -> str:
    """The path of the one that waited."""
    [one] = await waiting(site)
    path = f"{DESK}/recipients/{one.id}"
    assert (await sent(officer, path, what="told", how="mail"))[0] == 303
    return path


async def restricted(site: Site, told: Told, on: str) -> None:
    await read(site, "/receipt/restrict", told.proof | {"on": on})


async def changed(site: Site, told: Told, fact: str) -> None:
    """As the person does it at their receipt."""
    if fact == "erased":
        await read(site, "/receipt/erase", told.proof | {"sure": "yes"})
    elif fact == "corrected":
        await read(site, "/receipt/correct", told.proof | {"last_name": "Berichtigt"})
    else:
        await restricted(site, told, "yes")


@pytest.mark.parametrize("fact", ["erased", "corrected", "restricted"])
async def test_who_received_something_is_to_be_told_what_became_of_it(
    site: Site, fact: str
) -> None:
    """OB-39: without anybody thinking of it, once, with the letter; told, it waits no longer."""
    told = await talk(site, await free_advisor(site))
    officer, path = await handed(site, told.session, "names", "chat")
    assert await waiting(site) == []
    assert AUTHORITY in await page(officer, LISTED)
    assert "Recipients to be told" not in await page(officer, LISTED)
    await changed(site, told, fact)
    [one] = await waiting(site)
    assert (one.fact, one.recipient, one.state) == (fact, path.rsplit("/", 1)[1], "open")
    await changed(site, told, fact)  # once more is no more to tell
    assert await waiting(site) == [one]
    shown = html.unescape(await page(officer, LISTED))
    assert f"{fact.capitalize()} on" in shown
    assert "12 Js 34/26" in shown
    case = f"{DESK}/recipients/{one.id}"
    assert case in shown
    assert case in await page(officer, path)
    seen = html.unescape(await page(officer, case))
    for words in ("Notification under Art. 19 GDPR", "Mitteilung nach Art. 19 DSGVO", AUTHORITY):
        assert words in seen
    for hidden in (told.first, told.last, "Berichtigt", told.asked, told.session):
        assert hidden not in seen
    letter = await (await officer.get(f"{case}/letter?lang=de")).text()
    assert ("letter taken", f"authority {one.recipient} {fact}") in await actions(site)
    assert letter in seen
    assert "Aktenzeichen 12 Js 34/26" in letter
    assert "Datenschutz der Demo Versicherung AG" in letter

    assert (await sent(officer, case, what="told", how="letter", why="RR 12"))[0] == 303
    assert await waiting(site) == []
    shown = await page(officer, LISTED)
    assert "Recipients to be told" not in shown
    assert "by letter" in shown
    assert (await sent(officer, case, what="told", how="mail"))[0] == 409
    assert [each for each in await actions(site) if each[0].startswith("recipient")] == [
        ("recipient told", f"authority {one.recipient} {fact} letter")
    ]
    answer = await read(site, "/receipt?lang=en", told.proof)
    assert "Whom we told what became of it" in answer
    assert re.search(rf"{AUTHORITY}: {fact} on [^.]+\. Told on [^.]+, by letter\.", answer)


async def test_why_somebody_cannot_be_told_needs_a_reason(site: Site) -> None:
    """OB-39: impossible, or too much (Art. 19, first sentence); sealed, and in the chain."""
    told = await talk(site, await free_advisor(site))
    officer, _ = await handed(site, told.session)
    await changed(site, told, "erased")
    [one] = await waiting(site)
    case = f"{DESK}/recipients/{one.id}"
    wrong: tuple[tuple[dict[str, str], str], ...] = (
        ({"what": "untold", "how": "impossible"}, "untold-why"),
        ({"what": "untold", "how": "letter", "why": "x"}, "untold-how"),
        ({"what": "told", "how": "impossible"}, "told-how"),
        ({"what": "told", "how": "pigeon"}, "told-how"),
        ({"what": "told", "how": "mail", "why": "x" * 301}, "told-why"),
    )
    for form, field in wrong:
        status, shown = await sent(officer, case, **form)
        assert (status, f'id="{field}-wrong"' in shown) == (400, True), form
        assert "pigeon" not in shown
    assert await waiting(site) == [one]
    reason = "Die Stelle gibt es nicht mehr."
    assert (await sent(officer, case, what="untold", how="impossible", why=reason))[0] == 303
    assert reason in await page(officer, case)
    rows = await site.parts.database.read(
        lambda db: db.exec_driver_sql("SELECT * FROM notifications").all()
    )
    for hidden in (reason, AUTHORITY, told.session, told.last):
        assert hidden.encode() not in repr(rows).encode()
        assert hidden.encode() not in bytes(rows[0].why)
    assert ("recipient untold", f"authority {one.recipient} erased impossible") in await actions(
        site
    )
    assert "Not told: that is impossible" in await read(site, "/receipt?lang=en", told.proof)
    assert (await officer.get(f"{DESK}/recipients/{'0' * 16}")).status == 404


async def test_what_is_late_is_an_alert_at_the_desk_and_beyond(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OB-39: after two weeks a warning, after a month an alert on the first page and a number."""
    told = await talk(site, await free_advisor(site))
    officer, _ = await handed(site, told.session)
    await changed(site, told, "corrected")
    [one] = await waiting(site)
    began = day_of(one.since_ms)
    assert one.due_on > began + timedelta(days=27)
    grades = {
        days: one.grade(began + timedelta(days=days)) for days in (0, 14, 15, 27)
    }  # fmt: skip
    assert grades == {0: "good", 14: "good", 15: "warn", 27: "warn"}
    assert one.grade(one.due_on) == "warn"
    assert one.grade(one.due_on + timedelta(days=1)) == "bad"
    alert = "One recipient has not been told for more than a month"
    assert alert not in await page(officer)
    row = f"since_ms = since_ms - {40 * 86_400_000}"
    await site.parts.database.write(
        lambda db: db.exec_driver_sql(f"UPDATE notifications SET {row}").close()
    )
    assert alert in await page(officer)
    assert "overdue" in await page(officer, LISTED)
    numbers = await (await site.visitor().get("/metrics")).text()
    assert 'visavis_protection_late{what="recipients"} 1.0' in numbers
    auditor = await site.auditor()
    assert alert in await page(auditor)
    seen = await page(auditor, f"{DESK}/recipients/{one.id}")
    assert "They were told" not in seen
    assert today(site) >= began
    form = {"what": "told", "how": "mail"}
    assert (await sent(auditor, f"{DESK}/recipients/{one.id}", **form))[0] == 403


async def test_what_is_no_longer_so_need_not_be_told(site: Site) -> None:
    """OB-39: a restriction that was lifted meanwhile; anything before an erasure."""
    told = await talk(site, await free_advisor(site))
    await handed(site, told.session)
    await restricted(site, told, "yes")
    await restricted(site, told, "no")
    assert await waiting(site) == []
    await restricted(site, told, "yes")
    await changed(site, told, "corrected")
    assert [one.fact for one in await waiting(site)] == ["restricted", "corrected"]
    await changed(site, told, "erased")
    assert [one.fact for one in await waiting(site)] == ["erased"]


async def test_who_was_told_of_a_restriction_hears_that_it_was_lifted(site: Site) -> None:
    """OB-39: else they would go on as if it stood; who was not told of it need not hear that."""
    told = await talk(site, await free_advisor(site))
    officer, _ = await handed(site, told.session)
    await restricted(site, told, "yes")
    await waiting_is_told(site, officer)
    await restricted(site, told, "no")
    [one] = await waiting(site)
    assert one.fact == "lifted"
    await restricted(site, told, "yes")  # as they know it
    assert await waiting(site) == []
    await restricted(site, told, "no")
    seen = html.unescape(await page(officer, await waiting_is_told(site, officer)))
    assert "The restriction that we told you of has been lifted since" in seen
    assert "Die Einschränkung, die wir Ihnen mitgeteilt haben, ist seit dem" in seen
    answer = await read(site, "/receipt?lang=en", told.proof)
    assert re.search(rf"{AUTHORITY}: no longer restricted since [^.]+\. Told on", answer)
    await restricted(site, told, "yes")
    assert [one.fact for one in await waiting(site)] == ["restricted"]
    await changed(site, told, "erased")
    assert [one.fact for one in await waiting(site)] == ["erased"]


async def test_an_objection_restricts_for_recipients_too(site: Site) -> None:
    """OB-39, OB-42: Art. 18(1)(d), until it is decided."""
    told = await talk(site, await free_advisor(site))
    await handed(site, told.session)
    form = told.proof | {"purpose": "quality", "reason": "Nein."}
    await read(site, "/receipt/object", form)
    assert [one.fact for one in await waiting(site)] == ["restricted"]
    [request] = await site.parts.requests.open_requests()
    await site.parts.requests.decide(request.id, "refused", by="x", answer="Doch.")
    assert await waiting(site) == []


async def test_who_has_nothing_hears_nothing(site: Site) -> None:
    """OB-39: what was asked for and not taken; what failed; and nobody of another session."""
    told = await talk(site, await free_advisor(site))
    one, other = await site.officer("one"), await site.officer("other")
    path = await asked(one, told.session, "names")
    assert (await sent(other, path, state="approved"))[0] == 303
    await site.parts.holds.set(SessionId(told.session), "hold", reason="x", by="shell:x")
    assert (await one.get(f"{path}/package")).status == 403
    await site.parts.holds.lift(SessionId(told.session), "hold")
    await changed(site, told, "erased")
    assert await waiting(site) == []
    assert (await one.get(f"{path}/package")).status == 404


async def test_the_next_package_has_the_name_set_right(site: Site) -> None:
    """OB-38, OB-39: what the letter offers is there, and says that it was corrected."""
    told = await talk(site, await free_advisor(site))
    officer, path = await handed(site, told.session)
    await changed(site, told, "corrected")
    names = data_of(await taken(officer, path))["names"]
    [own] = [one for one in names if one["role"] == "prospect"]
    assert (own["name"], own["corrected"]) == (f"{told.first} Berichtigt", True)
    assert not any("corrected" in one for one in names if one["role"] != "prospect")


async def test_the_person_hears_nothing_of_what_they_may_not_know(site: Site) -> None:
    """OB-16, OB-39: the officer tells the authority; the receipt says nothing, gone or not."""
    told = await talk(site, await free_advisor(site))
    one, other = await site.officer("one"), await site.officer("other")
    form: dict[str, Any] = {
        "which": told.session, "sort": "police", "authority": "Geheimes Amt", "ground": "§ 1",
        "file_number": "7", "category_names": "yes",
        "untold_until": (today(site) + timedelta(days=30)).isoformat(),
    }  # fmt: skip
    _, path = await sent(one, LISTED, **form)
    assert (await sent(other, path, state="approved"))[0] == 303
    await taken(one, path)
    for fact in ("corrected", "erased"):
        await changed(site, told, fact)
        shown = await read(site, "/receipt?lang=en", told.proof)
        assert "Geheimes Amt" not in shown
        assert "Whom we told" not in shown
    assert len(await waiting(site)) == 1


async def test_another_house_is_a_recipient_from_the_moment_it_is_handed_out(
    make_site: MakeSite,
) -> None:
    """OB-39, OB-25: erased here before it was handed over for good, the other house is told, by
    the number of the receipt; what it took for good is not erased for anybody."""
    old, new = await make_site(), await make_site()
    told, kept = [await talk(old, await free_advisor(old)) for _ in range(2)]
    await desk_of(old).hand_out(io.BytesIO(), desk_of(new).key, None)
    assert await waiting(old) == []
    await old.parts.erasure.erase(SessionId(kept.session), cause="transfer")
    assert await waiting(old) == []
    await changed(old, told, "erased")
    [one] = await waiting(old)
    assert (one.kind, one.fact) == ("house", "erased")
    out = [about for action, about in await actions(old) if action == "transfer out"]
    assert f"{told.session} {one.recipient}" in out
    officer = await old.officer()
    seen = html.unescape(await page(officer, f"{DESK}/recipients/{one.id}"))
    assert told.proof["number"] in seen
    assert f"House with the key {one.recipient}" in await page(officer, LISTED)
    assert "Another house with the key" in await read(old, "/receipt?lang=en", told.proof)
