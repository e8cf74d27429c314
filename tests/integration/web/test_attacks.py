"""Attacks that were published against systems of this kind, tried on our own."""

import asyncio
import json
import time
from typing import Any

import aiohttp
import pytest

from sessions.events import SessionId, State
from tests.integration.web.conftest import ORIGIN, Caller, MakeSite, Site
from tests.integration.web.test_calls import NAMES, counts

WAIT_SECONDS = 60.0


def join_of(session: str) -> str:
    return f"/api/sessions/{session}/join"


async def said_to(caller: Caller, ticket: Any, **headers: str) -> dict[str, Any] | None:
    """What the node answers to a join with this ticket; None when it closes the connection."""
    async with (
        asyncio.timeout(WAIT_SECONDS),
        caller.http.ws_connect(
            f"{caller.url}/socket.io/?EIO=4&transport=websocket",
            headers={"Origin": ORIGIN} | headers,
        ) as ws,
    ):
        await ws.send_str("40")
        argument = {"ticket": ticket, "after": 0, "log_epoch": None}
        await ws.send_str("427" + json.dumps(["join", argument]))
        async for message in ws:
            if message.type is aiohttp.WSMsgType.TEXT and message.data.startswith("437"):
                answer: dict[str, Any] = json.loads(message.data[3:])[0]
                return answer
    return None


async def test_the_number_of_a_session_opens_nothing(site: Site) -> None:
    """AT-01: page, admission, socket: all that others know is the number."""
    prospect = await site.prospect()
    visitor = site.visitor()
    assert (await visitor.get(f"/call/{prospect.session}")).status == 404
    assert (await visitor.post(join_of(prospect.session), {})).status == 404
    for ticket in (prospect.session, prospect.token, f"{prospect.session}.{prospect.token}"):
        answer = await said_to(visitor, ticket)
        assert answer is None or answer["ok"] is False, ticket
    view = await site.parts.lifecycle.view(SessionId(prospect.session))
    assert view is not None
    assert len(view.roster) == 1, "nobody else is there"


async def test_who_comes_early_waits_all_the_same(site: Site) -> None:
    """AT-02: an advisor who signs in, looks and prepares has not accepted."""
    prospect = await site.prospect()
    advisor = await site.advisor()
    await advisor.get("/console")
    await advisor.post("/api/desk/wish", {"wish": "free"})
    answer = await advisor.post(join_of(prospect.session), {"prepare": True})
    assert (await answer.json())["state"] == State.WAITING
    assert (await (await prospect.post(join_of(prospect.session), {})).json())["state"] == "waiting"


@pytest.mark.parametrize("path", ["/api/sessions", "/api/sessions/{}", "/api/sessions/{}/accept"])
async def test_only_the_server_makes_sessions(site: Site, path: str) -> None:
    """AT-04: nobody names one, claims one, or moves one by HTTP."""
    prospect = await site.prospect()
    advisor = await site.advisor()
    before = await counts(site)
    for who in (site.visitor(), prospect, advisor):
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            answer = await who.ask(
                method, path.format(prospect.session), json={"session": "0" * 32}
            )
            assert answer.status in (404, 405)
    assert await counts(site) == before


async def test_what_has_ended_gives_no_relay(make_site: MakeSite) -> None:
    """AT-12: credentials for TURN are for a talk, for ten minutes, and for nobody else."""
    site = await make_site(turn_urls="turn:turn.example.org:3478", turn_secret="s3cret")
    prospect, stranger = await site.prospect(), await site.prospect()
    [server] = (await (await prospect.post(join_of(prospect.session), {})).json())["ice_servers"]
    expires_s, _, whom = server["username"].partition(":")
    assert whom
    assert prospect.session not in server["username"]
    assert 0 < int(expires_s) - site.parts.now_ms() / 1_000 <= 600
    assert (await stranger.post(join_of(prospect.session), {})).status == 404
    await site.parts.lifecycle.end(SessionId(prospect.session), "hung_up")
    after = await (await prospect.post(join_of(prospect.session), {})).json()
    assert (after["state"], after["ice_servers"]) == ("ended", [])


async def test_guessing_seats_is_slowed_down(make_site: MakeSite) -> None:
    """AT-13: token by token, from one network; the limit is in the process itself."""
    site = await make_site(limits_scale=0.05)
    prospect = await site.prospect()
    guesser = site.visitor()
    statuses = [
        (await guesser.post(
            join_of(prospect.session), {}, headers={"Authorization": f"Bearer {at:064x}"}
        )).status
        for at in range(40)
    ]  # fmt: skip
    assert set(statuses) == {404, 429}
    assert statuses.count(404) <= 30


async def test_one_houses_papers_are_worth_nothing_in_another(make_site: MakeSite) -> None:
    """AT-17: cookie, token, ticket, sign-in and proof of house A at house B."""
    ours, theirs = await make_site(), await make_site()
    prospect, advisor = await theirs.prospect(), await theirs.advisor()
    ticket = (await (await prospect.post(join_of(prospect.session), {})).json())["ticket"]
    proof = await theirs.visitor().proof()
    await ours.advisor()
    for caller in (prospect, advisor):
        caller.url = ours.url  # the jars of both are for 127.0.0.1
    assert (await prospect.post(join_of(prospect.session), {})).status == 404
    bearer = {"Authorization": f"Bearer {prospect.token}"}
    assert (await prospect.post(join_of(prospect.session), {}, headers=bearer)).status == 404
    assert (await advisor.get("/api/desk")).status == 401
    answer = await said_to(prospect, ticket)
    assert answer is None or answer["code"] == "ticket.invalid"
    refused = await ours.visitor().post("/api/calls", NAMES, headers=proof)
    assert (await refused.json())["error"]["code"] == "proof.invalid"


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.test"},
        {"Host": "evil.test:80", "X-Forwarded-Host": "evil.test"},
        {"X-Forwarded-Host": "evil.test", "X-Forwarded-Proto": "https"},
        {"Forwarded": "host=evil.test;proto=https"},
    ],
)
async def test_no_link_is_made_of_what_a_request_says(site: Site, headers: dict[str, str]) -> None:
    """AT-20: pages, redirections, cookies and policies name what is configured, or nobody."""
    for path in ("/", "/login", "/console", "/privacy", "/api/openapi.json"):
        answer = await site.visitor().get(path, headers=headers)
        assert answer.status in (200, 303), path
        assert "evil.test" not in await answer.text() + str(answer.headers), path
    started = await site.visitor().post("/api/calls", NAMES, headers=headers)
    assert "evil.test" not in await started.text() + str(started.headers)


async def test_a_foreign_origin_gets_no_socket_whatever_the_proxy_says(site: Site) -> None:
    """AT-20, AT-65: the library's default would trust X-Forwarded-Host."""
    prospect = await site.prospect()
    ticket = (await (await prospect.post(join_of(prospect.session), {})).json())["ticket"]
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await said_to(
            prospect, ticket, Origin="http://evil.test", **{"X-Forwarded-Host": "evil.test"}
        )
    answer = await said_to(prospect, ticket)
    assert answer is not None
    assert answer["ok"] is True, "and the ticket was not spent by it"


async def test_crumbs_are_counted_like_loaves(site: Site) -> None:
    """AT-68: a body in chunks of one byte ends at the same size, and soon."""

    async def crumbs() -> Any:
        for _ in range(80_000):
            yield b" "

    async with asyncio.timeout(WAIT_SECONDS):
        try:
            answer = await site.visitor().post(
                "/api/calls", data=crumbs(), headers={"Content-Type": "application/json"}
            )
            assert answer.status in (400, 413)
        except aiohttp.ClientConnectionError:
            pass  # cut off in the middle of it
    assert (await site.visitor().get("/healthz")).status == 200


async def test_nobody_gets_what_was_made_for_another(site: Site) -> None:
    """AT-73: one URL, many people at once, and nothing in between may keep it."""
    people = [await site.prospect() for _ in range(6)] + [await site.advisor("one")]
    for _ in range(5):
        answers = await asyncio.gather(*(
            who.post(join_of(who.session or people[0].session), {}) for who in people
        ))  # fmt: skip
        seen = [await answer.json() for answer in answers]
        assert len({one["participant"] for one in seen}) == len(people)
        assert len({one["ticket"] for one in seen}) == len(people)
        assert {answer.headers["Cache-Control"] for answer in answers} == {"no-store"}


async def test_whoever_was_closed_stays_out_by_the_same_token_without_a_look_at_the_database(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-24: being turned away costs next to nothing, and costs nobody else their seat."""
    hostile, other = site.visitor(), site.visitor()
    for one in (hostile, other):
        await one.start_call()
    joining = join_of(hostile.session)
    participant = (await (await hostile.post(joining, {})).json())["participant"]
    site.parts.speaking.penalties.give(participant, time.monotonic())
    looks = 0
    look = site.parts.lifecycle.seat_of

    async def counted(*given: Any) -> Any:
        nonlocal looks
        looks += 1
        return await look(*given)

    monkeypatch.setattr(site.parts.lifecycle, "seat_of", counted)
    began = time.monotonic()
    answers = await asyncio.gather(*(hostile.post(joining, {}) for _ in range(5)))
    assert [answer.status for answer in answers] == [429] * 5
    assert time.monotonic() - began >= 1.0  # whoever does one after the other does few
    assert looks <= 5
    looks = 0
    assert (await hostile.post(joining, {})).status == 429
    assert looks == 0
    assert (await other.post(join_of(other.session), {})).status == 200
    wrong = {"Authorization": f"Bearer {other.token}"}
    assert (await other.post(joining, {}, headers=wrong)).status == 404
