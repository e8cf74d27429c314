"""OB-01: two agencies and the house: who came to one is answered by it, and is there for no other.

What must not be there is compared byte by byte with what never was.
"""

import itertools
import json
import re
from pathlib import Path
from typing import Any

import pytest

from sessions.events import DESK, Role, Seq, SessionId, desk_of
from tests.integration.bus.conftest import until
from tests.integration.web.agencies import WHOSE, site_with_agencies
from tests.integration.web.conftest import Caller, MakeSite, Site, cheap_hash
from tests.integration.web.guests import a_link, in_talk, knock
from tests.integration.web.test_access import BODIES, FILE, FILES, NOBODY
from tests.integration.web.test_corpus import FORMS
from tests.integration.web.test_files import MEDIA, TUS, uploaded
from tests.integration.web.test_handover import a_talk, hand
from tests.integration.web.test_talk import at_the_desk, talking
from web.agency_check import agencies
from web.app import ROUTES
from web.findings import Grade
from web.routes import Route, Shape, Who
from web.settings import Settings
from web.staff import Order, OrderFailed, carry_out, order

NAMES = {"first_name": "Kanarien", "last_name": "Vogel"}


@pytest.fixture
async def site(make_site: MakeSite, tmp_path: Path) -> Site:
    return await site_with_agencies(make_site, tmp_path)


async def waits(site: Site, whose: str | None) -> Caller:
    """Somebody who came to an agency, or to the house."""
    return await site.prospect(**({} if whose is None else {"agency": whose}))


async def advisor(site: Site, whose: str | None, name: str = "erste") -> Caller:
    """One who is free."""
    caller = await site.advisor(f"{whose or 'haus'}.{name}", whose)
    assert (await caller.post("/api/desk/wish", {"wish": "free"})).status == 200
    return caller


async def at(caller: Caller, path: str) -> dict[str, Any]:
    answer = await caller.get(path)
    assert answer.status == 200, await answer.text()
    found: dict[str, Any] = await answer.json()
    return found


# ---- whom one came to


async def test_the_page_of_an_agency_says_so_and_leads_to_it(site: Site) -> None:
    """OB-01: with the script and without it; the copy says it, too."""
    visitor = site.visitor()
    text = await (await visitor.get("/a/sued-2")).text()
    assert "Sie sprechen mit Agentur Süd." in text
    [action] = re.findall(r'<form id="call-form"[^>]* action="([^"]+)"', text)
    assert action.startswith("/a/sued-2?edition=")
    assert "&#34;agency&#34;:&#34;sued-2&#34;" in text
    answer = await visitor.post("/a/sued-2", data=NAMES)
    assert answer.status == 303
    by_form = answer.headers["Location"].removeprefix("/call/")
    page = await (await visitor.get(f"/call/{by_form}")).text()
    assert "&#34;agency&#34;:&#34;sued-2&#34;" in page, "a new call begins there, too"
    by_script = (await waits(site, "sued-2")).session
    to_the_house = (await waits(site, None)).session
    ids = [SessionId(one) for one in (by_form, by_script, to_the_house)]
    found = await site.parts.lifecycle.agencies(ids)
    assert [found[one] for one in ids] == ["sued-2", "sued-2", None]
    receipt = await (await visitor.post(f"/api/sessions/{by_form}/receipt", {})).json()
    copy = await (await site.visitor().post("/receipt", data=receipt)).text()
    assert "Agentur Süd" in copy
    assert 'id="agency"' in text
    assert 'id="agency"' not in await (await site.visitor().get("/")).text()


@pytest.mark.parametrize("path", ["/a/west", "/a/NORD", "/a/nord2", "/a/%00", "/a/" + "x" * 500])
async def test_an_address_of_no_agency_leads_to_the_house(site: Site, path: str) -> None:
    """OB-01: a friendly page with a way on, in both languages; nothing begins there."""
    visitor = site.visitor()
    for answer, said in (
        (await visitor.get(path), "Mit Demo Versicherung sprechen"),
        (await visitor.get(f"{path}?lang=en"), "Talk to Demo Versicherung"),
        (await visitor.post(path, data=NAMES), "Mit Demo Versicherung sprechen"),
    ):
        assert answer.status == 404
        text = await answer.text()
        assert said in text
        assert 'href="/?lang=' in text
        assert "xxxx" not in text.replace(path, "")
    assert (await visitor.get(path.replace("/a/", "/api/desk/state/"))).status == 404
    assert not await site.parts.lifecycle.live()


@pytest.mark.parametrize("body", FORMS.values(), ids=FORMS.keys())
async def test_the_form_of_an_agency_is_read_strictly(site: Site, body: bytes) -> None:
    """OB-07, AT-48: as that of the house."""
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = await site.visitor().post("/a/nord", data=body, headers=headers)
    assert 400 <= answer.status < 500
    assert not await site.parts.lifecycle.live()


@pytest.mark.parametrize("agency", ["west", "NORD", "", "x" * 100, 7, ["nord"]])
async def test_no_call_begins_with_an_agency_that_is_not_there(site: Site, agency: Any) -> None:
    """OB-07: a code of its own, no echo, and nothing is kept."""
    answer = await site.visitor().post("/api/calls", NAMES | {"agency": agency})
    assert answer.status == 400
    said = await answer.text()
    assert json.loads(said)["error"]["code"] == "agency.unknown"
    assert "xxxx" not in said
    assert not await site.parts.lifecycle.live()


async def test_the_wait_and_the_place_are_of_the_own_agency(site: Site) -> None:
    """OB-01: who is free elsewhere is not free for them, and who waits elsewhere is not ahead."""
    nord = await advisor(site, "nord")
    for whose in ("nord", "nord", None):
        await waits(site, whose)
    answer = await site.visitor().post("/api/calls", NAMES | {"agency": "sued-2"})
    assert (await answer.json())["position"] == 1
    answer = await site.visitor().post("/api/calls", NAMES | {"agency": "nord"})
    assert (await answer.json())["position"] == 3
    async with at_the_desk(nord):
        await site.parts.accounts.lease(
            [one.account for one in await site.parts.accounts.desk()], site.parts.now_ms() + 60_000
        )
        visitor = site.visitor()
        states = [
            await at(visitor, f"/api/desk/state{'' if whose is None else f'/{whose}'}")
            for whose in WHOSE
        ]
        assert [(one["open"], one["free"], one["waiting"]) for one in states] == [
            (False, 0, 1), (True, 1, 3), (False, 0, 1),
        ]  # fmt: skip
        for whose in WHOSE:
            crowd = await site.parts.admission.glance(whose)
            assert crowd == await site.parts.desk.state(whose), "also in a crowd"
        assert (await site.parts.desk.overall()).waiting == 5
        board = await at(await site.operator(), "/api/ops/sessions")
        assert (board["waiting"]["count"], board["advisors"]["free"]) == (5, 1), "operators see all"


# ---- what an advisor sees


async def test_a_console_shows_the_people_of_its_own_agency(site: Site) -> None:
    """OB-01: their names, how long they wait, and how many colleagues there are."""
    sessions = {whose: (await waits(site, whose)).session for whose in WHOSE}
    consoles = {whose: await advisor(site, whose) for whose in WHOSE}
    mate = await advisor(site, "nord", "zweite")
    async with at_the_desk(mate):
        accounts = [one.account for one in await site.parts.accounts.desk()]
        await site.parts.accounts.lease(accounts, site.parts.now_ms() + 60_000)
        for whose, console in consoles.items():
            desk = await at(console, "/api/desk")
            assert [one["session"] for one in desk["waiting"]] == [sessions[whose]]
            assert sum(desk["colleagues"].values()) == (1 if whose == "nord" else 0)
            free = (await at(console, "/api/colleagues"))["free"]
            assert [one["name"] for one in free] == (["Nord.Zweite"] if whose == "nord" else [])


OBJECTS = [
    route for route in ROUTES
    if "{session}" in route.path and route.who in (Who.SEAT, Who.ADVISOR, Who.PROSPECT)
]  # fmt: skip
# The page says nothing of the session: what it shows it asks for by the routes that are tried here.
SHELL = "/console/session/{session}"


async def test_every_object_of_another_agency_is_not_there(site: Site) -> None:
    """OB-01: every route that leads to something of a session × who waits, talks and has talked
    × each agency and the house: the same answer, byte by byte, as for what never was."""
    assert len(OBJECTS) >= 20
    tried = 0
    for whose in WHOSE:
        waiting, talking_ = await waits(site, whose), await waits(site, whose)
        over = await waits(site, whose)
        file = (await uploaded(talking_, talking_.session)).rpartition("/")[2]
        own = await in_talk(site, talking_, await named(site, whose))
        await in_talk(site, over, await named(site, whose))
        await site.parts.lifecycle.end(SessionId(over.session), "expired")
        link = await a_link(own, talking_.session)
        assert (await knock(site.visitor(), link))[0] == 201
        for other in WHOSE:
            if other == whose:
                continue
            stranger = await site.advisor(await named(site, other), other)
            for route, prospect in itertools.product(OBJECTS, (waiting, talking_, over)):
                found = await said(stranger, route, prospect.session, file, link["invitation"])
                none = await said(stranger, route, NOBODY, NOBODY, NOBODY)
                label = f"{whose} for {other}: {route.method} {route.path} {found}"
                assert found == none, label
                assert found[0] == (200 if route.path == SHELL else 404), label
                tried += 1
        for prospect in (waiting, talking_, over):
            view = await site.parts.lifecycle.view(SessionId(prospect.session))
            assert view is not None
            accounts = {one.account for one in view.roster if one.account}
            assert len(accounts) == (0 if prospect is waiting else 1), "nobody took a seat"
        assert (await own.get(f"/api/sessions/{talking_.session}/files/{file}")).status == 200
        await site.parts.lifecycle.end(SessionId(talking_.session), "expired")
    assert tried == len(OBJECTS) * 3 * len(WHOSE) * (len(WHOSE) - 1)


async def named(site: Site, whose: str | None) -> str:
    """The user name of an advisor of theirs, who exists from now on."""
    name = f"{whose or 'haus'}.matrix"
    if await site.parts.accounts.find(name) is None:
        await site.advisor(name, whose)
    return name


async def said(
    caller: Caller, route: Route, session: str, file: str, invitation: str
) -> tuple[int, bytes]:
    """Status and body, where only who may not is a reason to refuse."""
    path = route.path.replace("{session}", session).replace("{file}", file)
    path = path.replace("{invitation}", invitation)
    given: dict[str, Any] = {}
    if route.path in (FILES, FILE):
        given["headers"] = TUS | {"Upload-Length": "72", "Upload-Offset": "0"}
        if route.takes_bytes:
            given |= {"data": b"x" * 72, "headers": given["headers"] | MEDIA}
    elif route.shape is Shape.FORM:
        given["data"] = {"csrf": caller.csrf, "reason": "reread"}
    elif route.unsafe:
        given["json"] = BODIES.get(route.path, {})
    answer = await caller.ask(route.method, path, **given)
    body = await answer.read()
    for id in (session, file, invitation):
        body = body.replace(id.encode(), b"id")
    return answer.status, body


async def test_a_talk_is_handed_on_within_the_agency_alone(site: Site) -> None:
    """OB-01: nobody else is offered, and nobody else's account is taken."""
    anna, prospect = await advisor(site, "nord"), await waits(site, "nord")
    others = [await advisor(site, whose) for whose in (None, "sued-2")]
    mate = await advisor(site, "nord", "zweite")
    accounts = {one.username: one.id for one in await site.parts.accounts.list()}
    async with a_talk(site, prospect, anna):
        await site.parts.accounts.lease(accounts.values(), site.parts.now_ms() + 60_000)
        for name in ("haus.erste", "sued-2.erste"):
            status, body = await hand(anna, prospect.session, to=accounts[name])
            assert (status, body["error"]["code"]) == (409, "handover.colleague")
        status, body = await hand(anna, prospect.session, to=None, note="Kanarienvogel")
        assert status == 200
    later = body["session"]
    for other in others:
        assert not (await at(other, "/api/desk"))["waiting"]
        assert (await other.get(f"/api/sessions/{later}/handover")).status == 404
        answer = await other.post(f"/api/sessions/{later}/join", {"prepare": True})
        assert answer.status == 404
    [waiting] = (await at(mate, "/api/desk"))["waiting"]
    assert waiting["session"] == later
    async with talking(mate, later, {"prepare": True}) as seated:
        assert (await seated.send("session.accepted", {"name": "M", "title": ""}))["ok"]


# ---- what a console hears


async def test_no_console_hears_of_the_desk_of_another_agency(site: Site) -> None:
    """OB-01: neither which session it is, nor that there is anything at all: over real sockets."""
    consoles = {whose: await advisor(site, whose) for whose in WHOSE}
    async with (
        at_the_desk(consoles[None]) as house,
        at_the_desk(consoles["nord"]) as nord,
        at_the_desk(consoles["sued-2"]) as sued,
    ):
        ears = {None: house, "nord": nord, "sued-2": sued}
        sessions: dict[str | None, str] = {}
        for whose in ("nord", "sued-2", None):
            prospect = await waits(site, whose)
            sessions[whose] = prospect.session
            async with a_talk(site, prospect, consoles[whose]) as erika:
                assert (await erika.send("session.ended", {"reason": "hung_up"}))["ok"]
        heard: dict[str | None, list[dict[str, Any]]] = {whose: [] for whose in WHOSE}
        for whose, ear in ears.items():
            while {"session": sessions[whose], "what": "ended"} not in heard[whose]:
                heard[whose].append(await ear.hear("desk.changed"))
        for whose in WHOSE:
            told = {one["session"] for one in heard[whose]} - {None}
            assert told == {sessions[whose]}
            assert {one["what"] for one in heard[whose] if one["session"]} == {
                "waiting", "taken", "ended",
            }  # fmt: skip


async def test_news_without_a_session_is_of_the_own_agency_too(site: Site) -> None:
    """OB-01: that somebody of another agency comes, goes or is busy is nobody's business."""
    heard: dict[str | None, list[str]] = {whose: [] for whose in WHOSE}

    def listen(whose: str | None) -> None:
        site.parts.relay.watch(
            desk_of(whose), Seq(0), lambda _frame, event: heard[whose].append(event.session), None
        )

    for whose in WHOSE:
        listen(whose)
        await site.parts.accounts.add(
            f"{whose or 'haus'}.erste", display_name="E", role=Role.ADVISOR,
            password_hash=cheap_hash(), agency=whose,
        )  # fmt: skip
    site.parts.desk.availability_changed()
    await until(lambda: all(heard.values()))  # that there is a new colleague
    for news in heard.values():
        news.clear()
    nord = await advisor(site, "nord")
    async with at_the_desk(nord) as console:
        prospect = await waits(site, "nord")
        async with talking(prospect, prospect.session):
            seen: set[str] = set()
            while not {"availability", "presence", "waiting"} <= seen:
                seen.add((await console.hear("desk.changed"))["what"])
    assert set(heard["nord"]) == {DESK, prospect.session}
    assert (heard["sued-2"], heard[None]) == ([], [])


async def test_a_ticket_for_the_desk_is_for_the_own_one(site: Site) -> None:
    """OB-01: no word of a page says which desk it is: the account does."""
    nord = await advisor(site, "nord")
    for channel in ("desk.sued-2", "desk.nord", "sued-2"):
        assert (await nord.post("/api/tickets", {"channel": channel})).status == 400
    for whose in WHOSE:
        caller = await advisor(site, whose)
        answer = await caller.post("/api/tickets", {"channel": "desk"})
        ticket = (await answer.json())["ticket"]
        claims = site.parts.tickets.redeem(ticket, site.parts.now_ms())
        assert claims.channel == desk_of(whose)


# ---- who belongs to one


async def test_accounts_are_given_an_agency_that_there_is(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OB-01: by the command line; an advisor's alone."""
    settings, taken = site.parts.settings, []

    async def asked(_settings: object, wanted: Order) -> list[dict[str, Any]]:
        taken.append(wanted)
        parts = site.parts
        return await carry_out(parts.accounts, parts.passwords, parts.audit, wanted)

    monkeypatch.setattr("web.staff._asked", asked)  # the node of this test takes no orders
    given = {"what": "add", "actor": "shell:root", "display_name": "A", "password": "korrekt-pferd"}
    new = Order.model_validate(given | {"username": "n", "role": "advisor", "agency": "nord"})
    await order(settings, new)
    found = await site.parts.accounts.find("n")
    assert found is not None
    assert found.agency == "nord"
    shown = await order(settings, Order(what="list", actor="shell:root"))
    assert {one["username"]: one["agency"] for one in shown}["n"] == "nord"
    for role, agency in (("advisor", "west"), ("operator", "nord"), ("officer", "nord")):
        wrong = Order.model_validate(given | {"username": "w", "role": role, "agency": agency})
        with pytest.raises(OrderFailed, match=r"no agency of that code|Only advisors"):
            await order(settings, wrong)
    assert await site.parts.accounts.find("w") is None


async def test_a_house_without_agencies_has_no_page_for_any(make_site: MakeSite) -> None:
    """OB-01: everything is as if there were no such thing."""
    site: Site = await make_site()
    assert (await site.visitor().get("/a/nord")).status == 404
    answer = await site.visitor().post("/api/calls", NAMES | {"agency": "nord"})
    assert answer.status == 400
    house, prospect = await site.advisor("haus.erste"), await site.prospect()
    assert [one["session"] for one in (await at(house, "/api/desk"))["waiting"]] == [
        prospect.session
    ]


async def test_the_doctor_names_agencies_that_are_gone(site: Site, tmp_path: Path) -> None:
    """OB-01: whoever advises for one that the brand file does not name is reached by nobody."""

    async def said(settings: Settings) -> list[tuple[Grade, str, object]]:
        found = [one async for one in agencies(settings)]
        return [(one.grade, one.code, [*one.facts.values()]) for one in found]

    named = site.parts.settings
    unnamed = named.model_copy(update={"brand_file": None})
    assert await said(named) == await said(unnamed) == []
    await site.advisor("hanna")
    await site.advisor("nina", "nord")
    await site.advisor("sven", "sued-2")
    assert await said(named) == [(Grade.FINE, "agencies.fine", [2])]
    assert await said(unnamed) == [
        (Grade.WARNING, "agencies.gone", ["nord"]), (Grade.WARNING, "agencies.gone", ["sued-2"]),
    ]  # fmt: skip
    nina = await site.parts.accounts.find("nina")
    assert nina is not None
    await site.parts.accounts.disable(nina.id)
    assert await said(unnamed) == [(Grade.WARNING, "agencies.gone", ["sued-2"])]
    nowhere = unnamed.model_copy(update={"data_dir": tmp_path / "nowhere"})
    assert await said(nowhere) == []
