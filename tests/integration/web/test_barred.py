"""An advisor ends a talk and bars its prospect, who comes back by no token and no clean browser.

Proves OB-17: the same and another token for the period, no event after the end, others unaffected.
"""

from typing import Any

import pytest

from sessions.clock import wall_clock_ms
from sessions.events import SessionId, State
from tests.integration.web.conftest import Caller, MakeSite, Site
from tests.integration.web.test_calls import NAMES
from tests.integration.web.test_handover import a_talk
from tests.integration.web.test_talk import free_advisor, talking
from web.barring import BarredUntil
from web.bars import CLOSED_MS
from web.proofs import ATTEMPTS, Effort

HOUR_MS = 3_600_000
LINE, OTHER_LINE = "84.17.3.9", "84.17.3.10"


class Clock:
    """The house's, ahead of everybody's."""

    ahead_ms = 0

    def __call__(self) -> int:
        return wall_clock_ms() + self.ahead_ms


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("web.app.wall_clock_ms", clock)
    return clock


@pytest.fixture(autouse=True)
def little_work(monkeypatch: pytest.MonkeyPatch) -> None:
    for effort in Effort:
        monkeypatch.setitem(ATTEMPTS, effort, 30)


@pytest.fixture
async def house(make_site: MakeSite, clock: Clock) -> Site:
    """Behind a proxy that says who comes by which line."""
    made: Site = await make_site(trusted_proxies="127.0.0.0/8")
    return made


def by(caller: Caller, line: str) -> Caller:
    caller.headers = caller.headers | {"X-Forwarded-For": line}
    return caller


async def somebody(house: Site, line: str = LINE) -> Caller:
    caller = by(house.visitor(), line)
    await caller.start_call()
    return caller


async def bar(advisor: Caller, session: str) -> tuple[int, dict[str, Any]]:
    answer = await advisor.post(f"/api/sessions/{session}/bar", {})
    return answer.status, await answer.json()


async def barred_talk(house: Site, line: str = LINE) -> tuple[Caller, Caller]:
    prospect, advisor = await somebody(house, line), by(await free_advisor(house), "84.17.9.9")
    async with a_talk(house, prospect, advisor):
        assert (await bar(advisor, prospect.session))[0] == 200
    return prospect, advisor


async def starts(caller: Caller, proof: bool = False) -> tuple[int, str, str | None]:
    """Status, code and when to come again."""
    answer = await caller.post("/api/calls", NAMES, headers=await caller.proof() if proof else {})
    body = await answer.json()
    code = body.get("error", {}).get("code", "")
    return answer.status, code, answer.headers.get("Retry-After")


async def test_the_talk_ends_for_both_and_nothing_is_heard_after(house: Site, clock: Clock) -> None:
    """OB-17: at once; the page learns until when; the log and the audit say how it ended."""
    prospect, advisor = await somebody(house), await free_advisor(house)
    session = prospect.session
    async with talking(prospect, session) as erika:
        async with talking(advisor, session, {"prepare": True}) as anna:
            assert (await anna.send("session.accepted", {"name": "Anna", "title": ""}))["ok"]
            await erika.hear("session.accepted")
            status, told = await bar(advisor, session)
            assert status == 200
            BarredUntil.model_validate(told, strict=True)  # as the description says
            for one in (erika, anna):
                ended = await one.hear("session.ended")
                assert ended["reason"] == "hung_up"
                assert ended["barred_until_ms"] == told["until_ms"]
            for one in (erika, anna):
                said = await one.send("chat.message", {"text": "noch etwas"})
                assert (said["ok"], said["code"]) == (False, "session.ended")
        assert abs(told["until_ms"] - clock() - HOUR_MS) < 60_000
        assert [one for one in erika.heard if one["kind"] == "chat.message"] == []
    repeated = await bar(advisor, session)
    assert repeated[0] == 200, "pressed twice, it is done once"
    over = await house.parts.lifecycle.view(SessionId(session))
    assert over is not None
    assert (over.state, over.end_reason) == (State.ENDED, "barred")
    barred = [
        one for one in await house.parts.audit.about(SessionId(session))
        if one.action == "prospect barred"
    ]  # fmt: skip
    assert [one.actor for one in barred] == [over.advisor_account]
    again = await prospect.post(f"/api/sessions/{session}/again", {})
    assert again.status == 409, "nor do they wait anew"


async def test_their_browser_is_barred_for_the_period(house: Site, clock: Clock) -> None:
    """OB-17: by the seat's cookie, whichever line it comes by; afterwards as everybody."""
    prospect, _ = await barred_talk(house)
    by(prospect, OTHER_LINE)
    status, code, retry_s = await starts(prospect, proof=True)
    assert (status, code) == (403, "barred")
    assert 3_500 < int(retry_s or 0) <= 3_600
    clock.ahead_ms = HOUR_MS - 60_000
    assert (await starts(prospect, proof=True))[:2] == (403, "barred")
    clock.ahead_ms = HOUR_MS + 60_000
    assert (await starts(prospect))[0] == 201


async def test_a_clean_browser_on_the_same_line_waits_for_minutes(
    house: Site, clock: Clock
) -> None:
    """OB-17: another token; then the line is open to whoever else is there, at the full price."""
    prospect, _ = await barred_talk(house)
    prospect.http.cookie_jar.clear()
    status, code, retry_s = await starts(prospect, proof=True)
    assert (status, code) == (403, "barred")
    assert 0 < int(retry_s or 0) <= CLOSED_MS // 1_000
    assert (await starts(by(house.visitor(), LINE)))[:2] == (403, "barred")
    clock.ahead_ms = CLOSED_MS + 1_000
    colleague = by(house.visitor(), LINE)
    challenge = await (await colleague.get("/api/challenge")).json()
    assert (challenge["needed"], challenge["parameters"]["data"]) == (True, {"effort": 2})
    assert (await starts(colleague))[:2] == (403, "proof.needed")
    assert (await starts(colleague, proof=True))[0] == 201


async def test_nobody_else_notices(house: Site) -> None:
    """Another line in the same network, the one who waits already, and the talk that runs."""
    waiting = await somebody(house)
    prospect, advisor = await barred_talk(house)
    neighbour = by(house.visitor(), OTHER_LINE)
    assert (await neighbour.get("/")).status == 200
    assert (await starts(neighbour))[0] == 201
    async with a_talk(house, waiting, advisor) as erika:
        assert (await erika.send("chat.message", {"text": "Guten Tag"}))["ok"]
    assert (await by(house.visitor(), LINE).get("/privacy")).status == 200
    assert prospect.session != waiting.session


async def test_where_lines_say_nothing_only_the_browser_is_barred(site: Site) -> None:
    """Behind a proxy that nobody trusts, all come by one address: that closes no house."""
    prospect, advisor = await site.prospect(), await free_advisor(site)
    async with a_talk(site, prospect, advisor):
        assert (await bar(advisor, prospect.session))[0] == 200
    assert (await starts(prospect))[:2] == (403, "barred")
    assert (await starts(site.visitor()))[0] == 201


@pytest.mark.parametrize(("language", "why"), [("de", "Nutzungsbedingungen"), ("en", "terms of")])
async def test_the_start_page_says_why_until_when_and_whom_to_telephone(
    house: Site, language: str, why: str
) -> None:
    """In place of the form, with script and without; the way to one's data stays open."""
    prospect, _ = await barred_talk(house)
    phone = house.parts.brand.controller.phone
    for answer in (
        await prospect.get(f"/?lang={language}"),
        await prospect.post(f"/?lang={language}", data=NAMES),
    ):
        page = await answer.text()
        assert answer.status == 403
        assert answer.headers["Retry-After"].isdecimal()
        assert why in page
        assert phone in page
        assert 'href="/receipt' in page
        assert "call-form" not in page
        assert "Erika" not in page


async def test_their_rights_are_not_barred_and_erasing_lifts_nothing(
    house: Site, clock: Clock
) -> None:
    """The receipt, what is kept of it, erasing it; the browser is known without it."""
    prospect, _ = await barred_talk(house)
    claimed = await prospect.post(f"/api/sessions/{prospect.session}/receipt", {})
    assert claimed.status == 200
    proof = await claimed.json()
    form = {"number": proof["number"], "code": proof["code"]}
    for path in ("/receipt", "/privacy", "/imprint", "/accessibility"):
        assert (await prospect.get(path)).status == 200
    shown = await prospect.post("/receipt?lang=de", data=form)
    page = await shown.text()
    assert shown.status == 200
    assert "wegen der Nutzungsbedingungen" in page
    kept = await prospect.post("/receipt/copy", data=form)
    assert kept.status == 200
    erased = await prospect.post("/receipt/erase", data=form | {"sure": "yes"})
    assert erased.status == 200
    assert await house.parts.lifecycle.view(SessionId(prospect.session)) is None
    by(prospect, OTHER_LINE)
    assert (await starts(prospect, proof=True))[:2] == (403, "barred")
    clock.ahead_ms = HOUR_MS + 60_000
    assert (await starts(prospect))[0] == 201


async def test_the_officer_sees_that_it_was_and_by_whom(house: Site) -> None:
    """Which session, when, by whom; no name of the person, no word of theirs."""
    officer = await house.officer()
    records = "/privacy-desk/records?lang=de"
    before = await (await officer.get(records)).text()
    assert "Niemand." in before
    assert "Anna" not in before
    over, _ = await barred_talk(house)
    other = await somebody(house, OTHER_LINE)
    await house.parts.lifecycle.end(SessionId(other.session), "expired")
    page = await (await officer.get(records)).text()
    assert over.session[:8] in page
    assert other.session[:8] not in page
    assert "Anna" in page
    assert "Mustermann" not in page


async def test_a_restart_forgets_lines_and_no_browser(make_site: MakeSite) -> None:
    """What was in memory alone is gone; how the session ended is kept."""
    site = await make_site(trusted_proxies="127.0.0.0/8")
    prospect, _ = await barred_talk(site)
    later = await make_site(after=site, trusted_proxies="127.0.0.0/8")
    prospect.url = later.url
    assert (await starts(prospect))[:2] == (403, "barred")
    assert (await starts(by(later.visitor(), LINE)))[0] == 201


async def test_only_its_own_advisor_bars_and_only_in_a_talk(house: Site) -> None:
    prospect = await somebody(house)
    anna, carla = await free_advisor(house, "anna"), await free_advisor(house, "carla")
    assert (await bar(anna, prospect.session))[0] == 404, "it is nobody's talk yet"
    async with a_talk(house, prospect, anna):
        assert (await bar(carla, prospect.session))[0] == 404
    await house.parts.lifecycle.end(SessionId(prospect.session), "hung_up")
    status, refused = await bar(anna, prospect.session)
    assert (status, refused["error"]["code"]) == (409, "kind.state")
    assert (await starts(by(house.visitor(), LINE)))[0] == 201


async def test_a_house_may_do_without(make_site: MakeSite) -> None:
    """`VISAVIS_BAR_MINUTES=0`: not offered, and an old browser is not asked what it holds."""
    site = await make_site(bar_minutes=0)
    prospect, advisor = await site.prospect(), await free_advisor(site)
    page = await (await advisor.get("/console")).text()
    assert "&#34;bar_minutes&#34;:0" in page
    async with a_talk(site, prospect, advisor):
        assert (await bar(advisor, prospect.session))[0] == 404
    assert (await starts(prospect))[0] == 201
