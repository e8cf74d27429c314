"""A checkup as a waiting browser asks for it, and what the house sees of what it found."""

import asyncio
import json
from typing import Any

import pytest

from sessions.events import (
    OPS,
    Envelope,
    Epoch,
    ParticipantId,
    Refused,
    Role,
    SessionId,
    new_event_id,
    sender_of,
)
from tests.integration.media.knocking import Knocker, sends_back
from tests.integration.web.conftest import MakeSite, Site
from tests.patience import PATIENCE_SECONDS

FOUND: dict[str, Any] = {
    "rtt_ms": 40, "loss_pct": 9.5, "jitter_ms": 3, "up_kbps": 290, "down_kbps": 290,
    "path": "turn-tls", "score": 43, "word": "poor", "cause": "loss", "microphone": "heard",
}  # fmt: skip


def found(session: str, body: dict[str, Any]) -> Envelope:
    return Envelope(
        SessionId(session), sender_of(ParticipantId("ab" * 8)), new_event_id(),
        "checkup.result", Epoch(0), json.dumps(body).encode(), at_ms=1,
    )  # fmt: skip


def path(session: str) -> str:
    return f"/api/sessions/{session}/checkup"


async def test_who_waits_reaches_the_far_end_and_hears_it(make_site: MakeSite) -> None:
    """Also of a page with no cookie; and only while they wait."""
    site = await make_site(listen="127.0.0.1:8080")
    prospect = await site.prospect()
    one = Knocker()
    try:
        answer = await prospect.post(path(prospect.session), {"sdp": await one.offer()})
        assert answer.status == 201
        await one.answered((await answer.json())["sdp"])
        async with asyncio.timeout(PATIENCE_SECONDS):
            await one.open.wait()
        await sends_back(one, packets=1)
    finally:
        await one.close()
    advisor = await site.advisor()
    await advisor.post(f"/api/sessions/{prospect.session}/join", {})
    await site.parts.lifecycle.end(SessionId(prospect.session), "hung_up")
    late = await prospect.post(path(prospect.session), {"sdp": "v=0\r\n"})
    assert (late.status, (await late.json())["error"]["code"]) == (409, "kind.state")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"sdp": "v=0\r\n"}, "field.invalid"),
        ({"sdp": ""}, "field.invalid"),
        ({"sdp": "x" * 40_000}, "field.invalid"),
        ({"sdp": "ü"}, "field.invalid"),
        ({"sdp": 7}, "field.invalid"),
        ({}, "field.missing"),
        ({"sdp": "v=0\r\n", "more": 1}, "unknown_field"),
    ],
)
async def test_what_is_no_offer_is_refused_and_not_repeated(
    site: Site, body: dict[str, Any], code: str
) -> None:
    prospect = await site.prospect()
    answer = await prospect.post(path(prospect.session), body)
    said = await answer.json()
    assert (answer.status, said["error"]["code"]) == (400, code)
    assert "xxxx" not in json.dumps(said)


async def test_it_is_nobody_elses(site: Site) -> None:
    """AT-01 Neither a stranger's nor an advisor's, nor that of who waits in another session."""
    prospect, other = await site.prospect(), await site.prospect()
    for caller in (site.visitor(), await site.advisor(), other):
        answer = await caller.post(path(prospect.session), {"sdp": "v=0\r\n"})
        assert answer.status == 404


async def test_where_it_is_not_wanted_it_is_not_there(make_site: MakeSite) -> None:
    site = await make_site(checkup=False)
    prospect = await site.prospect()
    answer = await prospect.post(path(prospect.session), {"sdp": "v=0\r\n"})
    assert answer.status == 404
    page = await (await prospect.get(f"/call/{prospect.session}")).text()
    assert "checkup&#34;:false" in page


async def test_console_and_board_see_what_was_found(site: Site) -> None:
    """OB-48 A word, a cause, figures; of somebody who was not checked nothing."""
    checked, unchecked = await site.prospect(), await site.prospect()
    site.parts.bus.publish(OPS, found(checked.session, FOUND))
    advisor, operator = await site.advisor(), await site.operator()
    desk = await (await advisor.get("/api/desk")).json()
    connection = {one["session"]: one["connection"] for one in desk["waiting"]}
    assert connection == {
        checked.session: {
            "word": "poor", "cause": "loss", "path": "turn-tls", "microphone": "heard",
        },
        unchecked.session: None,
    }  # fmt: skip
    board = await (await operator.get("/api/ops/sessions")).json()
    rows = {row["session"]: row for row in board["sessions"]}
    row = rows[checked.session]
    assert (row["checked"], row["path"], row["cause"]) == (True, "turn-tls", "loss")
    assert (row["quality"]["word"], row["quality"]["rtt_ms"]) == ("poor", 40)
    assert rows[unchecked.session]["checked"] is False

    await site.parts.lifecycle.end(SessionId(checked.session), "abandoned")
    board = await (await operator.get("/api/ops/sessions")).json()
    [row] = [row for row in board["sessions"] if row["session"] == checked.session]
    assert row["checked"] is False


@pytest.mark.parametrize(
    ("change", "role", "code"),
    [
        ({}, Role.PROSPECT, None),
        ({}, Role.ADVISOR, "kind.role"),
        ({"microphone": "Anna"}, Role.PROSPECT, "body.invalid"),
        ({"fps": 30}, Role.PROSPECT, "body.invalid"),
        ({"rtt_ms": "40"}, Role.PROSPECT, "body.invalid"),
        ({"name": "Anna"}, Role.PROSPECT, "body.invalid"),
    ],
)
async def test_only_who_waits_says_it_and_only_this(
    site: Site, change: dict[str, Any], role: Role, code: str | None
) -> None:
    """OB-48 There is no field that could hold a name."""
    prospect = await site.prospect()
    said = found(prospect.session, FOUND | change)
    if code is None:
        await site.parts.relay.publish(said, role)
        assert site.parts.board.checkup(SessionId(prospect.session)) is not None
        return
    with pytest.raises(Refused) as refused:
        await site.parts.relay.publish(said, role)
    assert refused.value.code == code
    assert site.parts.board.checkup(SessionId(prospect.session)) is None
