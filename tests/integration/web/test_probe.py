"""`visavis probe` against a server of its own: a call that goes well, and each way it does not."""

import asyncio
import json
import re
import stat
from pathlib import Path
from typing import Any

import pytest

from media.peer import Peer
from sessions.events import Role
from signaling.participant import Participant
from tests.integration.web.test_process import Process, free_port
from web.entering import Entrance
from web.probe import probe
from web.probe_end import End
from web.probing import SignIn, Wanted

PASSWORD = "korrekt-pferd-batterie"


async def house(folder: Path) -> tuple[Process, Path]:
    """Where it is served, with an advisor whose sign-in lies in a file."""
    place = Process(folder / "var", free_port())
    assert (await place.say("migrate"))[0] == 0
    words = ("account", "add", "probe", "--role", "advisor", "--name", "Paula", "--password-stdin")
    assert (await place.say(*words, typed=f"{PASSWORD}\n"))[0] == 0
    return place, sign_in(folder / "advisor", PASSWORD)


def sign_in(file: Path, password: str, mode: int = 0o600) -> Path:
    file.write_text(f"probe\n{password}\n")
    file.chmod(mode)
    return file


async def probed(place: Process, file: Path, *words: str) -> tuple[int | None, dict[str, Any]]:
    code, said = await place.say("probe", "--json", "--advisor", str(file), *words)
    report: dict[str, Any] = json.loads(said)
    return code, report


async def test_a_call_through_the_public_door(tmp_path: Path) -> None:
    """OB-12, OB-39: set up, heard and seen both ways, never counted, and nothing of it is kept."""
    place, file = await house(tmp_path)
    metrics = tmp_path / "probe.prom"
    async with place.running("demo"):
        code, report = await probed(place, file, "--metrics", str(metrics))
        assert (code, report["ok"], report["reason"]) == (0, True, None), report
        figures = report["figures"]
        for end in ("prospect", "advisor"):
            assert figures[f"{end}.tone_frames"] >= 25
            assert figures[f"{end}.picture_width"] == 480
            assert figures[f"{end}.first_picture_ms"] > 0
            assert figures[f"{end}.first_sound_ms"] > 0
        for step in ("signin", "proof", "start", "waiting", "warm", "accept", "end", "erase"):
            assert figures[f"{step}_ms"] > 0
        assert place.rows("visavis.db", "SELECT count(*) FROM sessions") == [(0,)]
        assert place.rows("keys.db", "SELECT count(*) FROM key_store") == [(0,)]
        text = metrics.read_text()
        assert report["path"] == "direct"
        assert "visavis_probe_success 1.0\n" in text
        assert 'visavis_probe_path{path="direct"} 1.0\n' in text
        assert 'visavis_probe_seconds{step="prospect.first_picture"}' in text
        assert 'visavis_probe_failure{reason="no.path"} 0.0\n' in text
        assert stat.S_IMODE(metrics.stat().st_mode) & 0o400
        code, report = await probed(place, sign_in(tmp_path / "wrong", "wrong password"))
        told = (code, report["reason"], report["detail"], report["figures"].get("start_ms"))
        assert told == (1, "signin.refused", "signin.wrong", None)
    assert place.rows("visavis.db", "SELECT count(*) FROM statistics") == [(0,)]


async def test_an_advisor_who_is_faster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A person at the desk takes the probe for a prospect: it says so, and leaves them nobody."""
    place, _ = await house(tmp_path)
    rival = Entrance(place.url)
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
    async with place.running("demo") as (_, said):
        [password] = re.findall(r"advisor +berg +(\S+)", said)
        try:
            await rival.sign_in("berg", password)
            report = await probe(Wanted(place.url, SignIn("probe", PASSWORD)))
            assert (report.reason, report.ok) == ("taken", False)
            async with asyncio.timeout(60):
                await seats[0].lost.wait()  # erased: closed by the server
        finally:
            await seats[0].close()
            await rival.close()
        assert place.rows("visavis.db", "SELECT count(*) FROM sessions") == [(0,)]


async def test_a_call_that_finds_no_way(tmp_path: Path) -> None:
    """Relays only, and no relay: the page would end in the chat, the probe says which step."""
    place, file = await house(tmp_path)
    place.environment["VISAVIS_ICE_POLICY"] = "relay"
    metrics = tmp_path / "probe.prom"
    async with place.running("demo"):
        code, report = await probed(place, file, "--metrics", str(metrics))
        assert (code, report["step"], report["reason"]) == (1, "warm", "no.path"), report
        assert place.rows("visavis.db", "SELECT count(*) FROM sessions") == [(0,)]
    text = metrics.read_text()
    assert "visavis_probe_success 0.0\n" in text
    assert 'visavis_probe_failure{reason="no.path"} 1.0\n' in text
