"""The auditor: reads what is at the protection desk, changes nothing, and is seen to have read."""

import asyncio
import re

from sessions.audit import Mark
from sessions.events import SessionId
from tests.integration.web.conftest import Caller, MakeSite, Site
from tests.integration.web.test_barred import barred_talk
from tests.integration.web.test_disclosures import asked, begun, taken
from tests.integration.web.test_protection import DESK, actions, entered, page, sent
from tests.integration.web.test_statistics import prepared, yesterday
from tests.unit.web.test_agreed import BANK
from web.app import ROUTES
from web.certificates import verify_certificate
from web.protection import path_of
from web.protection_audit import MOST, in_words
from web.routes import Who
from web.texts import LANGUAGES

AUDIT = f"{DESK}/audit"
SECTIONS = ("requests", "breaches", "retention", "disclosures", "exit", "records", "audit")


async def filled(site: Site) -> tuple[Caller, str]:
    """A desk with something in every section; one of its officers, and the session it is about."""
    officer, other = await site.officer(), await site.officer("other")
    over, _ = await barred_talk(site)
    await entered(site, officer, days_ago=40, number="1234 5678 9012")
    done = await entered(site, officer, kind="access", way="person")
    assert (await sent(officer, f"{done}/identity", method="document"))[0] == 303
    assert (await sent(officer, done, what="done", words=""))[0] == 303
    noted = {"noticed_on": "2026-01-05", "noticed_at": "08:00", "happened": "Ein Koffer fehlt."}
    assert (await sent(officer, f"{DESK}/breaches", **noted))[0] == 303
    hold = {"which": over.session, "kind": "hold", "reason": "AZ 7"}
    assert (await sent(officer, f"{DESK}/retention/holds", **hold))[0] == 303
    session = (await begun(site)).session
    disclosure = await asked(officer, session, "times", "names")
    assert (await sent(other, disclosure, state="approved"))[0] == 303
    await taken(other, disclosure)
    await site.parts.holds.set(session, "restriction", reason="AZ 8", by="shell:x")
    [owed] = await site.parts.casework.recipients.waiting()
    assert (await sent(other, f"{DESK}/recipients/{owed.id}", what="told", how="mail"))[0] == 303
    await site.parts.corrections.correct(session, "last_name", "Berichtigt")
    for state in ("approved", "refused"):
        numbers = await prepared(officer, yesterday(site), yesterday(site))
        assert (await sent(other, numbers, state=state, why="So ist es."))[0] == 303
    for what in ("add", "ask", "remove"):
        form = {"contact": "a@b.example", "what": what, "csrf": officer.csrf}
        assert (await officer.post(f"{DESK}/advertising", data=form)).status == 200
    return officer, session


async def test_an_auditor_reads_everything_and_finds_nothing_to_press(
    make_site: MakeSite,
) -> None:
    """OB-01: each page and all it leads to; the only form that posts ends the sign-in."""
    site = await make_site(brand_file=BANK / "brand.toml")
    await filled(site)
    auditor = await site.auditor()
    seen, wanted = set[str](), [path_of(one) for one in SECTIONS]
    while wanted:
        path = wanted.pop()
        answer = await auditor.get(path)
        text = (await answer.read()).decode("utf-8-sig")
        assert answer.status == 200, path
        seen.add(path)
        assert "Sie lesen hier und ändern nichts" in text or "attachment" in str(answer.headers)
        forms = re.findall(r'<form method="post" action="([^"]+)"', text)
        assert forms in ([], ["/logout"]), path
        for name in ("Unverkennbar", "Mustermann", "Some.Officer", "Anna", "Other"):
            assert name not in text, path
        links = {one.partition("?")[0] for one in re.findall(r'href="(/privacy-desk[^"#]*)', text)}
        wanted += sorted(links - seen - set(wanted))
    told = {re.sub(r"/[0-9a-f]{16}$", "/{case}", path) for path in seen}
    may = {one.path for one in ROUTES if one.who is Who.PROTECTION}
    assert told == may, "something that may be read is linked from nowhere"
    assert "Ein Koffer fehlt." in await page(auditor, _one(seen, "breaches"))


async def test_nothing_of_the_desk_does_what_an_auditor_asks(site: Site) -> None:
    """OB-01: every row that writes or opens is the officer's alone, and refuses before anything."""
    officer, _ = await filled(site)
    auditor = await site.auditor()
    before = await actions(site)
    rows = [one for one in ROUTES if one.path.startswith(DESK) and one.who is Who.OFFICER]
    assert all(one in rows for one in ROUTES if one.path.startswith(DESK) and one.unsafe)
    for route in rows:
        path = route.path.replace("{case}", _case(await page(officer, f"{DESK}/disclosures")))
        given = {"data": {"csrf": auditor.csrf}} if route.unsafe else {}
        assert (await auditor.ask(route.method, path, **given)).status == 403, route.path
    assert await actions(site) == before


async def test_that_an_auditor_came_and_what_they_read_is_in_the_chain(site: Site) -> None:
    auditor = await site.auditor()
    await page(auditor, f"{DESK}/retention")
    answer = await auditor.get(f"{DESK}/requests.csv")
    assert answer.status == 200
    desk = DESK.removeprefix("/")
    assert await actions(site) == [
        ("signed in", "-"), ("desk read", desk), ("desk read", f"{desk}/retention"),
        ("requests exported", "-"),
    ]  # fmt: skip


async def test_the_chain_is_shown_with_names_to_officers_alone(site: Site) -> None:
    """Who, what, when; for the auditor an account is a number."""
    officer, session = await filled(site)
    shown = await page(officer, AUDIT)
    for language in LANGUAGES:
        unsaid = {
            what for what, _ in await actions(site)
            if not in_words(what, site.parts.texts[language])
        }  # fmt: skip
        assert unsaid == set()
    assert "Disclosure entered<br>" in shown
    assert "Data protection: Some.Officer" in shown
    assert "disclosure asked" in shown
    assert session in shown
    auditor = await site.auditor()
    account = await site.parts.accounts.find("some.officer")
    assert account is not None
    shown = await page(auditor, AUDIT)
    assert f"Data protection: {account.id[:8]}" in shown
    answer = await auditor.get(f"{AUDIT}?only=openings&lang=en")
    shown = await answer.text()
    assert re.findall(r"<code>([a-z ]+)</code></td>", shown) == ["disclosure"]


async def test_long_chains_come_in_pages(site: Site) -> None:
    auditor = await site.auditor()
    for number in range(MOST + 5):
        await site.parts.audit.record("scanner", "scan", f"{'0' * 32}/{number}")
    first = await page(auditor, AUDIT)
    older = re.findall(r'href="[^"]*[?]before=(\d+)', first)
    assert len(older) == 1
    second = await (await auditor.get(f"{AUDIT}?before={older[0]}&lang=en")).text()
    rows = [re.findall(r'<th scope="row">(\d+)<', text) for text in (first, second)]
    assert len(rows[0]) == MOST
    assert int(rows[1][0]) == int(rows[0][-1]) - 1
    assert rows[1][-1] == "1"
    assert "Is it whole?" not in second
    for junk in ("x", "-1", "9" * 30, "%00", "1%20OR%201=1"):
        assert (await auditor.get(f"{AUDIT}?before={junk}")).status == 200


async def test_a_chain_that_was_changed_says_where(site: Site) -> None:
    """What `visavis audit verify` says, on a page: whole, or the first entry that does not fit."""
    auditor = await site.auditor()
    for number in range(3):
        await site.parts.audit.record("scanner", "scan", f"{'0' * 32}/{number}")
    assert "Whole and unchanged." in await page(auditor, AUDIT)
    await site.parts.database.write(
        lambda db: db.exec_driver_sql("UPDATE audit SET actor = 'x' WHERE seq = 3").close()
    )
    shown = await page(auditor, AUDIT)
    assert "The audit log was changed: entry 3 does not fit any more." in shown
    assert 'role="alert"' in shown
    assert "Whole and unchanged." not in shown
    assert "/checkpoint" not in shown
    assert (await auditor.get(f"{AUDIT}/checkpoint")).status == 409


async def test_a_signed_checkpoint_is_found_again(site: Site) -> None:
    """Kept elsewhere it proves that nobody wrote the whole chain anew."""
    auditor = await site.auditor()
    answer = await auditor.get(f"{AUDIT}/checkpoint?lang=en")
    text = await answer.text()
    keys = site.parts.keys.master.public_keys()
    body = verify_certificate(text, keys)
    [noted] = re.findall(r"End of the chain: (\d+:[0-9a-f]{64})", body)
    assert ("checkpoint taken", noted) in await actions(site)
    within = f"checkpoint at entry {Mark.parse(noted).seq} is in it"
    assert within in await compared(auditor, noted)
    other = f"{Mark.parse(noted).seq}:{'0' * 64}"
    assert f"entry {Mark.parse(noted).seq} does not fit" in await compared(auditor, other)
    beyond = f"999:{'0' * 64}"
    assert "entry 999 does not fit" in await compared(auditor, beyond)
    for junk in ("x", "1:", "1:00", f"-1:{'0' * 64}", "é", "9" * 500):
        answer = await auditor.get(f"{AUDIT}?noted={junk}")
        assert (answer.status, 'id="noted-noted-wrong"' in await answer.text()) == (400, True), junk


async def test_many_who_look_at_once_all_read_it(site: Site) -> None:
    auditor, officer = await site.auditor(), await site.officer()
    shown = await asyncio.gather(*(page(one, AUDIT) for one in (auditor, officer) * 5))
    assert all("Whole and unchanged." in one for one in shown)


async def test_an_auditor_is_in_no_session(site: Site) -> None:
    """OB-01: no page, no ticket and no seat of a talk."""
    prospect, auditor = await site.prospect(), await site.auditor()
    assert (await auditor.post(f"/api/sessions/{prospect.session}/join", {})).status == 404
    for channel in ("desk", "ops"):
        assert (await auditor.post("/api/tickets", {"channel": channel})).status == 403
    for path in ("/console", "/ops", "/ops/statistics", f"/call/{prospect.session}"):
        assert (await auditor.get(path)).status in (403, 404), path
    assert await site.parts.lifecycle.view(SessionId(prospect.session)) is not None


async def compared(auditor: Caller, noted: str) -> str:
    answer = await auditor.get(f"{AUDIT}?noted={noted}&lang=en")
    assert answer.status == 200
    return await answer.text()


def _one(paths: set[str], section: str) -> str:
    return next(one for one in sorted(paths) if one.startswith(f"{DESK}/{section}/"))


def _case(text: str) -> str:
    [case] = set(re.findall(rf"{DESK}/disclosures/([0-9a-f]+)", text))
    return str(case)
