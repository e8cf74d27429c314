"""Retention at the desk: a dry run in numbers, and holds that nobody else's hand lifts."""

import re
import secrets

from sessions.events import SessionId
from sessions.lifecycle import Started
from sessions.names import Name
from sessions.retention import DAY_MS
from sessions.vault import PERSON
from tests.integration.web.conftest import Caller, Site
from tests.integration.web.test_protection import DESK, actions, page, sent

PATH = f"{DESK}/retention"


async def ended(site: Site, days_ago: float) -> Started:
    """A call that nobody answered, which ended so long ago."""
    name = Name("Erika", "Muster")
    prospect = await site.parts.lifecycle.start(
        name=name, topic=None, language="de", request=secrets.token_bytes(16)
    )
    await site.parts.lifecycle.end(SessionId(prospect.session), "abandoned")
    at_ms = site.parts.now_ms() - round(days_ago * DAY_MS)
    await site.parts.database.write(
        lambda db: db.exec_driver_sql(
            "UPDATE sessions SET ended_ms = ? WHERE id = ?", (at_ms, prospect.session)
        ).close()
    )
    return prospect


async def counts(officer: Caller) -> list[int]:
    """The numbers of calls without an answer: by tomorrow, in 7 and 30 days, and held."""
    [row] = re.findall(r"Calls without an answer.*?</tr>", await page(officer, PATH), re.S)
    return [int(one) for one in re.findall(r'register__count"[^>]*>(\d+)<', row)]


async def test_the_dry_run_counts_and_changes_nothing(site: Site) -> None:
    """OB-49, OB-40: by class and reason, with what a hold keeps from being erased."""
    officer = await site.officer()
    assert await counts(officer) == [0, 0, 0, 0]
    prospects = [await ended(site, days_ago=0.5) for _ in range(3)]
    assert await counts(officer) == [3, 3, 3, 0]
    session = prospects[0].session
    form = {"which": session, "kind": "hold", "reason": "AZ 4 O 12/26"}
    assert (await sent(officer, f"{PATH}/holds", **form))[0] == 303
    assert await counts(officer) == [2, 2, 2, 1]
    shown = await page(officer, PATH)
    assert session in shown
    assert "AZ 4 O 12/26" in shown
    lift = {"session": session, "kind": "hold", "reason": "settled"}
    assert (await sent(officer, f"{PATH}/lift", **lift))[0] == 303
    assert await counts(officer) == [3, 3, 3, 0]
    assert (await sent(officer, f"{PATH}/lift", **lift))[0] == 404
    assert await actions(site) == [
        ("hold", f"{session} AZ 4 O 12/26"), ("lift hold", f"{session} settled"),
    ]  # fmt: skip


async def test_a_receipts_number_finds_its_session(site: Site) -> None:
    officer, prospect = await site.officer(), await ended(site, days_ago=0.1)
    claim = await site.parts.receipts.claim(SessionId(prospect.session), prospect.token)
    assert claim is not None
    form = {"which": claim.number, "kind": "restriction", "reason": "AZ 1"}
    assert (await sent(officer, f"{PATH}/holds", **form))[0] == 303
    shown = await page(officer, PATH)
    assert claim.number in shown
    assert "at this desk" in shown


async def test_what_the_person_restricted_only_the_person_lifts(site: Site) -> None:
    """OB-40: the house neither lifts it nor makes it its own."""
    officer, prospect = await site.officer(), await ended(site, days_ago=0.1)
    session = SessionId(prospect.session)
    await site.parts.holds.set(session, "restriction", reason="receipt", by=PERSON)
    assert "Only the person lifts this" in await page(officer, PATH)
    form = {"session": session, "kind": "restriction", "reason": "x"}
    assert (await sent(officer, f"{PATH}/lift", **form))[0] == 409
    form = {"which": session, "kind": "restriction", "reason": "x"}
    assert (await sent(officer, f"{PATH}/holds", **form))[0] == 409
    [hold] = await site.parts.holds.list(session)
    assert hold.set_by == PERSON


async def test_what_is_wrong_holds_nothing(site: Site) -> None:
    officer, prospect = await site.officer(), await ended(site, days_ago=0.1)
    good = {"which": prospect.session, "kind": "hold", "reason": "AZ 1"}
    wrong = (
        ("which", "0" * 32), ("which", "000000000000"), ("which", "Erika"), ("which", ""),
        ("kind", "forever"), ("reason", ""), ("reason", "x" * 41),
    )  # fmt: skip
    for name, text in wrong:
        status, shown = await sent(officer, f"{PATH}/holds", **good | {name: text})
        assert (status, f'id="hold-{name}-wrong"' in shown) == (400, True), (name, text)
    assert await site.parts.holds.list() == []
    for name, text in (("session", "Erika"), ("kind", "x"), ("reason", "")):
        form = {"session": "0" * 32, "kind": "hold", "reason": "x"} | {name: text}
        assert (await sent(officer, f"{PATH}/lift", **form))[0] == 400
