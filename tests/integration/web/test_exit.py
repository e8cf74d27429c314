"""The exit on a real site: its list at the desk, its alarm, an entry for each way that is used."""

import hashlib
import html
import logging
from datetime import timedelta
from typing import Final

import pytest

from sessions.breaches import Facts
from sessions.counted import Metric
from sessions.envelope import Unreadable
from sessions.events import FileId, Refused, Role, SessionId
from sessions.exit import REFUSED, Leave
from sessions.ways import PLAY, SCAN, SHELL, WAYS, Way
from tests.integration.web.conftest import Caller, Site
from tests.integration.web.test_disclosures import asked, begun
from tests.integration.web.test_files import uploaded
from tests.integration.web.test_protection import DESK, actions, page, sent, today
from tests.integration.web.test_statistics import filled, prepared, yesterday
from web.exit_check import exits

PATH: Final = f"{DESK}/exit"
WARNING: Final = "Within the last 30 days something was not given out"


async def test_officers_and_auditors_read_what_leaves_and_on_which_ground(site: Site) -> None:
    """OB-15: each way with recipient, purpose and basis, in both languages; nothing to alarm."""
    for caller in (await site.officer(), await site.auditor()):
        shown = html.unescape(await page(caller, PATH))
        for way in WAYS:
            texts = site.parts.texts["en"]
            for key in (f"way.{way.code}", f"to.{way.to}", f"evidence.{way.evidence}"):
                assert texts.t(f"exit.{key}") in shown, key
        assert WARNING not in shown
        assert "Redis, between the nodes" in shown
        assert "Paket für eine Behörde" in await (await caller.get(PATH)).text()
    assert (await (await site.advisor()).get(PATH)).status == 403


async def test_without_a_ground_it_is_refused_and_everybody_hears(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    """OB-15: on the real site: a package that nobody approved. Refused; in the log, the metrics,
    the chain; a warning on every page of the desk, with the entry that says who it was.
    """
    caplog.set_level(logging.ERROR, "sessions.exit")  # commands that ran before say less
    one, visitor = await site.officer("one"), site.visitor()
    session = (await begun(site)).session
    assert WARNING not in await page(one)
    assert [finding async for finding in exits(site.parts.settings)] == []
    path = await asked(one, session, "times", "names")
    answer = await one.get(f"{path}/package")
    assert (answer.status, "disclosure.unapproved" in await answer.text()) == (409, True)
    assert (
        'visavis_exit_refused_total{way="authority"} 1.0'
        in await (await visitor.get("/metrics")).text()
    )
    said = [line.getMessage() for line in caplog.records if line.name == "sessions.exit"]
    assert said == ["something was not let out: no ground was shown (authority)"]
    assert (await actions(site))[-1] == (REFUSED, f"authority {session}")
    for seen in (DESK, f"{DESK}/retention"):
        assert WARNING in await page(one, seen)
    assert [finding.code async for finding in exits(site.parts.settings)] == ["exit.refused"]
    shown = await page(one, PATH)
    assert "Not given out" in shown
    assert f"/privacy-desk/audit?before={len(await actions(site)) + 1}" in shown


async def test_a_letter_of_somebody_else_lets_nothing_out(site: Site) -> None:
    """OB-15, OB-36: by hand only of the session that the letter names, once it is known who asks;
    whatever its form says.
    """
    officer = await site.officer()
    mine, other = await begun(site), await begun(site)
    number = await claimed(site, mine.session, mine.token)
    letter = await site.parts.casework.letters.enter(
        "mail", "access", received_on=today(site), number=number, by="x"
    )
    for session in (mine.session, other.session):
        with pytest.raises(Refused, match=r"exit\.refused"):
            await leave_by_hand(site, letter.id, session)
    await site.parts.casework.letters.check(letter.id, "receipt", by="x")
    with pytest.raises(Refused, match=r"exit\.refused"):
        await leave_by_hand(site, letter.id, other.session)
    assert (await leave_by_hand(site, letter.id, mine.session)).session == mine.session
    assert WARNING in await page(officer)


async def claimed(site: Site, session: SessionId, token: str) -> str:
    """The number of the receipt."""
    assert await site.parts.receipts.claim(session, token) is not None
    found = await site.parts.receipts.number_of(session)
    assert found is not None
    return found[0]


async def leave_by_hand(site: Site, letter: str, session: SessionId) -> Leave:
    [way] = [way for way in WAYS if way.evidence == "letter"]
    return await site.parts.exit.leave(way, actor="officer x", ground=letter, of=session)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.code)
async def test_each_way_that_was_used_is_in_the_chain(site: Site, way: Way) -> None:
    """OB-15: once; with its ground it lets out, and then, or as the door opens, it is written."""
    prospect = await site.prospect()
    session = SessionId(prospect.session)
    file = FileId((await uploaded(prospect, session)).rpartition("/")[2])
    actor, ground = await ground_of(site, way, prospect, file)
    before = await actions(site)
    of = None if way.evidence in ("export", "breach", "notification") else session
    leave = await site.parts.exit.leave(way, actor=actor, ground=ground, of=of)
    if way is SCAN:
        found = await site.parts.files.find(session, file)
        assert found is not None
        with pytest.raises(Unreadable):  # what was sent was sealed by nobody
            async for _ in site.parts.vault.open_file(found, leave):
                pass
    elif way is PLAY:
        await site.parts.vault.unlock_recordings(leave)
    elif way.opening:
        assert [read async for read in site.parts.vault.open_log(leave)]
    made = [action for action, _ in (await actions(site))[len(before) :]]
    assert made == [one for one in (way.entered, way.opening) if one]


async def taken_and_erased(site: Site, session: SessionId) -> bool:
    """An authority has the package of what is no longer here."""
    path = await asked(await site.officer("one"), session, "times")
    other = await site.officer("other")
    assert (await sent(other, path, state="approved"))[0] == 303
    assert (await other.get(f"{path}/package")).status == 200
    return await site.parts.erasure.erase(session, cause="person") is not None


async def ground_of(site: Site, way: Way, prospect: Caller, file: FileId) -> tuple[str, str]:
    """Who uses it, and what shows the ground, made as it is made."""
    session, parts = SessionId(prospect.session), site.parts
    casework = parts.casework
    match way.evidence:
        case "receipt":
            return "receipt", await claimed(site, session, prospect.token)
        case "letter":
            letter = await casework.letters.enter(
                "mail", "access", received_on=today(site), number=None, by="x"
            )
            await casework.letters.check(letter.id, "callback", by="x")
            return "officer x", letter.id
        case "disclosure":
            path = await asked(await site.officer("one"), session, "names")
            other = await site.officer("other")
            assert (await sent(other, path, state="approved"))[0] == 303
            return "officer x", path.rpartition("/")[2]
        case "notification":
            assert await taken_and_erased(site, session)
            [one] = await casework.recipients.waiting()
            return "officer x", one.id
        case "export":
            await filled(site, (yesterday(site), Metric.CALLS, "all", 200))
            days = (yesterday(site) - timedelta(days=1), yesterday(site))
            path = await prepared(await site.officer("one"), *days)
            assert (await sent(await site.officer("other"), path, state="approved"))[0] == 303
            return "shell:x", path.rpartition("/")[2]
        case "breach":
            facts = Facts((), (), happened="x")
            return "officer x", (await casework.breaches.note(parts.now_ms(), facts, by="x")).id
        case "key":
            return "shell:x", hashlib.sha256(b"key").hexdigest()[:16]
        case "reason":
            return "shell:x", "case 7"
        case "role":
            role = next(one for one in way.roles if one != SHELL)
            await site.signed_in(Role(role))
            [account] = [one for one in await parts.accounts.list() if one.role == role]
            return f"{role} {account.id}", account.id
        case "seat":
            seats = await parts.lifecycle.everybody(session)
            return "recorder", seats[0].participant
        case "file":
            return "scanner", file
    raise AssertionError(way.evidence)
