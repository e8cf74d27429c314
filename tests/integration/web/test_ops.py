"""The operator sees how sessions are, never who is in them."""

import json
import re
from typing import Any

import pytest

from sessions.events import (
    OPS,
    Envelope,
    Epoch,
    ParticipantId,
    SessionId,
    new_event_id,
    sender_of,
)
from tests.integration.web.conftest import Site
from tests.integration.web.guests import NAME, in_talk, seated_guest

CANARIES = ("Kanarienvogel", "Fledermaus", "127.0.0.1", "198.51.100.7", "insurance", "Anna")


async def call_with_canaries(site: Site) -> str:
    prospect = site.visitor()
    answer = await prospect.post(
        "/api/calls",
        {"first_name": "Kanarienvogel", "last_name": "Fledermaus", "topic": "insurance"},
        headers={"X-Forwarded-For": "198.51.100.7", "User-Agent": "Kanarienvogel"},
    )
    session: str = (await answer.json())["session"]
    advisor = await site.advisor("anna")
    assert (await advisor.post(f"/api/sessions/{session}/join", {"prepare": True})).status == 200
    return session


async def seated(site: Site, session: str) -> list[ParticipantId]:
    """Everybody in this session, whoever came first before the others."""
    [view] = [one for one in await site.parts.lifecycle.live() if one.session == session]
    return [seat.participant for seat in view.roster]


def report(session: str, participant: str, **more: Any) -> Envelope:
    body = {
        "rtt_ms": 40, "loss_pct": 0.5, "jitter_ms": 3, "up_kbps": 900, "down_kbps": 900, "fps": 30,
        "path": "direct", "score": 90, "word": "good", "cause": "ok",
    } | more  # fmt: skip
    return Envelope(
        SessionId(session), sender_of(ParticipantId(participant)), new_event_id(),
        "quality.report", Epoch(0), json.dumps(body).encode(), at_ms=1,
    )  # fmt: skip


async def test_no_name_no_topic_no_address_ever(site: Site) -> None:
    """OB-48: canaries in every field that a prospect or an advisor fills."""
    session = await call_with_canaries(site)
    operator = await site.operator()
    for path in ("/api/ops/sessions", "/api/ops/health", "/metrics", "/ops"):
        answer = await operator.get(path)
        text = await answer.text()
        assert answer.status == 200
        page = re.sub(r'data-texts="[^"]*"', "", text)
        for canary in CANARIES:
            assert canary not in page, (path, canary)
        if path == "/metrics":
            assert session not in text
            assert session[:8] not in text


async def test_a_session_is_a_number_and_figures(site: Site) -> None:
    """OB-48: and quality is what its worse end reports."""
    session = await call_with_canaries(site)
    one, other = await seated(site, session)
    site.parts.bus.publish(OPS, report(session, one))
    site.parts.bus.publish(
        OPS, report(session, other, score=31, word="poor", cause="loss", path="turn-tls")
    )
    operator = await site.operator()
    answer = await (await operator.get("/api/ops/sessions")).json()
    [row] = answer["sessions"]
    assert row["number"] == session[:8]
    assert (row["state"], row["participants"], row["duration_s"]) == ("waiting", 2, None)
    assert (row["path"], row["cause"]) == ("turn-tls", "loss")
    assert row["quality"]["word"] == "poor"
    assert row["quality"]["score"] == 31
    assert row["quality"]["history"] == [90]
    assert answer["waiting"]["count"] == 1
    assert answer["nodes"] == ["test"]


@pytest.mark.parametrize(
    ("ends", "way"),
    [
        (("direct", "direct"), "direct"),
        (("turn-udp", "turn-tls"), "turn-tls"),
        (("turn-tcp", "direct"), "turn-tcp"),
        (("turn-tls", "none"), "none"),
    ],
)
async def test_the_way_is_the_farther_of_both_ends(
    site: Site, ends: tuple[str, str], way: str
) -> None:
    """Whoever is reached by the other's relay does not know how the other got there."""
    session = await call_with_canaries(site)
    for participant, path in zip(await seated(site, session), ends, strict=True):
        site.parts.bus.publish(OPS, report(session, participant, path=path))
    operator = await site.operator()
    [row] = (await (await operator.get("/api/ops/sessions")).json())["sessions"]
    assert row["path"] == way


async def test_a_guest_is_shown_apart_from_the_two_and_without_a_name(site: Site) -> None:
    """OB-48: a guest's bad connection is theirs; the talk of the two keeps its own numbers, and a
    guest who is gone leaves none behind."""
    prospect = await site.prospect()
    advisor = await in_talk(site, prospect)
    await seated_guest(site, advisor, prospect.session, "interpreter")
    *pair, guest = await seated(site, prospect.session)
    for participant in pair:
        site.parts.bus.publish(OPS, report(prospect.session, participant))
    bad = {"score": 20, "word": "poor", "cause": "delay", "path": "turn-tls"}
    site.parts.bus.publish(OPS, report(prospect.session, guest, **bad))
    operator = await site.operator()
    answer = await operator.get("/api/ops/sessions")
    [row] = (await answer.json())["sessions"]
    assert (row["path"], row["quality"]["word"], row["cause"]) == ("direct", "good", "ok")
    assert row["quality"]["history"] == [90]
    [shown] = row["guests"]
    assert (shown["participant"], shown["seat"]) == (guest, "interpreter")
    assert (shown["path"], shown["cause"]) == ("turn-tls", "delay")
    assert shown["quality"]["word"] == "poor"
    assert NAME["last_name"] not in await answer.text()

    gone = await advisor.post(f"/api/sessions/{prospect.session}/remove", {"participant": guest})
    assert gone.status == 200
    [row] = (await (await operator.get("/api/ops/sessions")).json())["sessions"]
    assert (row["guests"], row["quality"]["word"], row["path"]) == ([], "good", "direct")


async def test_ended_sessions_stay_for_a_while(site: Site) -> None:
    session = await call_with_canaries(site)
    await site.parts.lifecycle.end(SessionId(session), "hung_up")
    operator = await site.operator()
    [row] = (await (await operator.get("/api/ops/sessions")).json())["sessions"]
    assert (row["state"], row["session"]) == ("ended", session)


async def test_health_names_what_it_stands_on(site: Site) -> None:
    operator = await site.operator()
    answer = await (await operator.get("/api/ops/health")).json()
    assert {check["name"] for check in answer["checks"]} == {"database", "bus", "keys", "disk"}
    assert [node["node"] for node in answer["nodes"]] == ["test"]


async def test_metrics_can_be_scraped(site: Site) -> None:
    await site.visitor().start_call()
    await site.visitor().get("/none")
    text = await (await site.visitor().get("/metrics")).text()
    assert 'visavis_sessions{state="waiting"} 1.0' in text
    assert 'visavis_refusals_total{code="not.found"} 1.0' in text
    assert 'visavis_answers_total{route="/api/calls",status="201"} 1.0' in text
