"""`visavis probe` against a server of its own: a call that goes well, and each way it does not."""

import asyncio
import json
import re
import stat
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from media.peer import Peer
from sessions.events import Role
from signaling.participant import Participant
from tests.integration.deploy.edge import certificate
from tests.integration.deploy.servers import TURN_SECRET, coturn
from tests.integration.web.conftest import PASSWORD, MakeSite, Site, cheap_hash
from tests.integration.web.test_process import Process
from tests.servers import free_port
from web.entering import Entrance
from web.probe import probe
from web.probe_end import End
from web.probing import Report, SignIn, Wanted

ENDS = ("prospect", "advisor")


async def served(make_site: MakeSite, **given: Any) -> Site:
    """A node at an address of its own, with the probe's advisor and another one."""
    site: Site = await make_site(port=free_port(), **given)
    for username in ("probe", "berta"):
        await site.parts.accounts.add(
            username, display_name=username.title(), role=Role.ADVISOR, password_hash=cheap_hash()
        )
    return site


async def probed(site: Site, password: str = PASSWORD) -> Report:
    return await probe(Wanted(site.url, SignIn("probe", password), limit_seconds=120))


async def nobody_is_left(site: Site) -> None:
    """No session waits, talks or was kept."""
    assert await site.parts.lifecycle.live() == []
    assert await site.parts.lifecycle.ended_since(0) == []


async def test_a_call_through_the_public_door(tmp_path: Path) -> None:
    """OB-12, OB-39: set up, heard and seen both ways, never counted, and nothing of it is kept."""
    place = Process(tmp_path / "var", free_port())
    file, metrics = tmp_path / "advisor", tmp_path / "probe.prom"
    order = ("probe", "--json", "--limit", "120", "--advisor", str(file), "--metrics", str(metrics))
    async with place.running("demo") as (_, told):
        [password] = re.findall(r"advisor +berg +(\S+)", told)
        file.write_text(f"berg\n{password}\n")
        file.chmod(0o600)
        code, said = await place.say(*order)
        report = json.loads(said)
        assert (code, report["ok"], report["reason"]) == (0, True, None), report
        assert place.rows("visavis.db", "SELECT count(*) FROM sessions") == [(0,)]
        assert place.rows("keys.db", "SELECT count(*) FROM key_store") == [(0,)]
    assert place.rows("visavis.db", "SELECT count(*) FROM statistics") == [(0,)]
    assert report["path"] == "direct"
    figures = report["figures"]
    for end in ENDS:
        assert figures[f"{end}.tone_frames"] >= 25
        assert figures[f"{end}.picture_width"] == 480
        assert figures[f"{end}.first_picture_ms"] > 0
        assert figures[f"{end}.first_sound_ms"] > 0
    for step in ("signin", "proof", "start", "waiting", "warm", "accept", "end", "erase"):
        assert figures[f"{step}_ms"] > 0
    text = metrics.read_text()
    assert "visavis_probe_success 1.0\n" in text
    assert 'visavis_probe_path{path="direct"} 1.0\n' in text
    assert 'visavis_probe_seconds{step="prospect.first_picture"}' in text
    assert 'visavis_probe_failure{reason="no.path"} 0.0\n' in text
    assert stat.S_IMODE(metrics.stat().st_mode) & 0o400


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
async def test_sound_and_picture_come_by_the_relay(
    tmp_path: Path, make_site: MakeSite, transport: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Relays only: neither end says an address of its own, and the path says what was tried."""
    certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "localhost.crt"))
    # On a machine of its own it is reached by a public address: here loopback has to do.
    here = {"without": "denied-peer-ip=127", "add": ("allow-loopback-peers",)}
    with coturn(tmp_path, **here) as (port, tls):  # type: ignore[arg-type]
        url = f"turn:127.0.0.1:{port}?transport={transport}"
        if transport == "tls":
            url = f"turns:localhost:{tls}?transport=tcp"
        site = await served(
            make_site, turn_urls=(url,),
            turn_secret=TURN_SECRET, ice_policy="relay",
        )  # fmt: skip
        report = await probed(site)
    assert (report.reason, report.path) == (None, f"turn-{transport}"), report
    await nobody_is_left(site)


async def test_a_call_that_finds_no_way(make_site: MakeSite) -> None:
    """Relays only, and no relay: the page would end in the chat, the probe says which step."""
    site = await served(make_site, ice_policy="relay")
    report = await probed(site)
    assert (report.step, report.reason) == ("warm", "no.path"), report
    await nobody_is_left(site)


async def test_an_advisor_who_is_faster(
    make_site: MakeSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A person at the desk takes the probe for a prospect: it says so, and leaves them nobody."""
    site = await served(make_site)
    rival = Entrance(site.url)
    seats: list[Participant] = []

    async def after_the_rival(end: End) -> Peer:
        if end.role is Role.PROSPECT:
            admitted = await rival.admit(end.line.seated.session)
            seats.append(Participant(rival.http, rival.url, admitted.seated, lambda _: None))
            await seats[0].join()
            await seats[0].say("session.accepted", {"name": "Berta", "title": ""})
        return await warm(end)

    warm = End.warm
    monkeypatch.setattr(End, "warm", after_the_rival)
    try:
        await rival.sign_in("berta", PASSWORD)
        report = await probed(site)
        assert (report.reason, report.ok) == ("taken", False)
        async with asyncio.timeout(60):
            await seats[0].lost.wait()  # erased: closed by the server
        await nobody_is_left(site)
    finally:
        for seat in seats:
            await seat.close()
        await rival.close()


async def test_an_advisor_who_does_not_get_in(make_site: MakeSite) -> None:
    """Nothing was started for nobody."""
    site = await served(make_site)
    report = await probed(site, "wrong password")
    assert (report.step, report.reason, report.detail) == (
        "signin", "signin.refused", "signin.wrong",
    )  # fmt: skip
    assert "start_ms" not in report.figures
    await nobody_is_left(site)


async def test_a_desk_that_is_full(make_site: MakeSite) -> None:
    """The detail is what the server said."""
    site = await served(make_site, queue_max=1)
    waiting = Entrance(site.url)
    try:
        await waiting.start_call("Erika", "Muster", await waiting.proof())
        report = await probed(site)
        assert (report.reason, report.detail) == ("start.refused", "desk.full")
    finally:
        await waiting.close()


async def test_a_call_in_which_nothing_is_seen(
    make_site: MakeSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Connected and accepted, but one end sends sound alone."""
    site = await served(make_site)

    async def without_picture(end: End) -> None:
        await live(end)
        assert end.peer is not None
        if end.role is Role.ADVISOR:
            for transceiver in end.peer._pc.getTransceivers():
                if transceiver.kind == "video":
                    transceiver.sender.replaceTrack(None)

    live = End.live
    monkeypatch.setattr(End, "live", without_picture)
    report = await probed(site)
    assert (report.step, report.reason, report.detail) == ("talk", "no.picture", "prospect")
    assert report.figures["prospect.tone_frames"] >= 25
    assert report.figures["advisor.picture_frames"] > 0
    await nobody_is_left(site)


async def test_a_node_that_dies_in_mid_call(
    make_site: MakeSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The socket breaks off; afterwards nothing of the probe runs (see `nothing_leaks`)."""
    site = await served(make_site)

    async def cut(end: End) -> None:
        await live(end)
        if end.role is Role.PROSPECT:
            with suppress(ConnectionError):
                await end.line.close()

    live = End.live
    monkeypatch.setattr(End, "live", cut)
    report = await probed(site)
    assert (report.step, report.reason) == ("talk", "lost"), report
