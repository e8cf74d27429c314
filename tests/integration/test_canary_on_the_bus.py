"""What passes over the bus, by one whole node in this process: unique texts go in over HTTP and the
wire, and everything that the bus carried is searched for them.
"""

import base64
import hashlib
import itertools
import json
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import aiohttp
import pytest

from sessions.envelope import (
    ContentKey,
    FileSealer,
    event_key,
    file_key,
    seal,
    sealed_bytes,
)
from sessions.events import (
    DESK,
    Envelope,
    Epoch,
    FileId,
    SenderId,
    SessionId,
    new_event_id,
    new_session_id,
    sender_of,
)
from sessions.events import SERVER as SERVER_SEAT
from sessions.migrations import migrate
from signaling.bus import MemoryBus
from tests.e2e.traces import canary, files, traces
from web.app import make_app
from web.parts import PARTS
from web.server import server_options
from web.settings import Settings


class TappedBus(MemoryBus):
    """The real bus, and a note of everything it was given to carry."""

    def __init__(self) -> None:
        super().__init__()
        self.carried: list[tuple[SessionId, Envelope]] = []

    def publish(self, channel: SessionId, envelope: Envelope) -> None:
        self.carried.append((channel, envelope))
        super().publish(channel, envelope)

    def as_places(self) -> dict[str, bytes]:
        return {
            f"{number}. {envelope.kind} on {channel}": repr(envelope).encode() + envelope.sealed
            for number, (channel, envelope) in enumerate(self.carried)
        }


@dataclass(frozen=True, slots=True)
class Node:
    """One node of the platform, listening."""

    url: str
    data: Path
    bus: TappedBus


@pytest.fixture
async def node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Node]:
    monkeypatch.setattr("web.wanted.MemoryBus", TappedBus)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        settings = Settings(data_dir=tmp_path, public_url=url, limits_scale=1_000)
        migrate(settings.database, "main")
        migrate(settings.key_store, "keys")
        app = make_app(settings)
        runner = aiohttp.web.AppRunner(app, **server_options())
        await runner.setup()
        await aiohttp.web.SockSite(runner, listening).start()
        bus = app[PARTS].bus
        assert isinstance(bus, TappedBus)
        yield Node(url, tmp_path, bus)
        await runner.cleanup()


class Listening(Protocol):
    """Where a node is."""

    @property
    def url(self) -> str: ...


class Browser:
    """A prospect's browser, as far as the wire is concerned: it seals what it says."""

    def __init__(self, http: aiohttp.ClientSession, node: Listening) -> None:
        self._http = http
        self._node = node
        self._origin = {"Origin": node.url}
        self._numbers = itertools.count()
        self._previous = bytes(32)

    async def call(self, first: str, last: str) -> None:
        """Start an instant call and take the seat."""
        names = {"first_name": first, "last_name": last}
        started = await self._post("/api/calls", names, {})
        self._bearer = {"Authorization": f"Bearer {started['token']}"}
        self._seat = await self._post(f"/api/sessions/{started['session']}/join", {}, self._bearer)
        self.session = SessionId(started["session"])
        self._socket = await self._http.ws_connect(
            self._node.url + "/socket.io/?EIO=4&transport=websocket", headers=self._origin
        )
        await self._socket.send_str("40")
        joined = await self._ask(
            "join", {"ticket": self._seat["ticket"], "after": 0, "log_epoch": None}
        )
        self._sender = SenderId(joined["sender"])

    async def say(self, kind: str, body: dict[str, Any], counter: int, *, logged: bool) -> None:
        header = Envelope(
            self.session, self._sender, new_event_id(), kind, Epoch(self._seat["epoch"]), b""
        )
        content_key = ContentKey(base64.b64decode(self._seat["content_key"]))
        sealed = seal(
            body,
            key=event_key(content_key, self.session, self._sender),
            header=header,
            counter=counter,
            previous=self._previous if logged else bytes(32),
        )
        if logged:
            self._previous = hashlib.sha256(sealed).digest()
        text = base64.b64encode(sealed).decode()
        word = {"id": header.id, "kind": kind, "epoch": header.epoch, "sealed": text}
        answer = await self._ask("send", word)
        assert answer["ok"], answer

    async def share(self, name: str, text: str) -> None:
        """Send a sealed file, and tell its name, sealed; once also where no name belongs."""
        content_key = ContentKey(base64.b64decode(self._seat["content_key"]))
        where = f"{self._node.url}/api/sessions/{self.session}/files"
        size = {"Upload-Length": str(sealed_bytes(len(text.encode())))}
        asked = self._origin | self._bearer | {"Tus-Resumable": "1.0.0"}
        told = {"Upload-Metadata": f"filename {base64.b64encode(name.encode()).decode()}"}
        async with self._http.post(where, headers=asked | size | told) as refused:
            assert refused.status == 400
        async with self._http.post(where, headers=asked | size) as begun:
            assert begun.status == 201, await begun.text()
            where = self._node.url + begun.headers["Location"]
        file = FileId(where.rpartition("/")[2])
        sealer = FileSealer(file_key(content_key, self.session, file), self.session, file)
        sealed = sealer.seal(text.encode()) + sealer.finish()
        media = {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
        async with self._http.patch(where, headers=asked | media, data=sealed) as sent:
            assert sent.status == 204, await sent.text()
        body = {"file": file, "name": name, "type": "text/plain", "size": len(text)}
        await self.say("file.shared", body, 1, logged=True)

    async def close(self) -> None:
        await self._socket.close()

    async def _post(self, path: str, body: object, headers: dict[str, str]) -> dict[str, Any]:
        url, headers = self._node.url + path, {**self._origin, **headers}
        async with self._http.post(url, json=body, headers=headers) as answer:
            assert answer.status in (200, 201), await answer.text()
            found: dict[str, Any] = await answer.json()
            return found

    async def _ask(self, word: str, payload: dict[str, Any]) -> dict[str, Any]:
        number = next(self._numbers)
        await self._socket.send_str(f"42{number}{json.dumps([word, payload])}")
        async for message in self._socket:
            if message.data == "2":
                await self._socket.send_str("3")
            if str(message.data).startswith(f"43{number}["):
                found: dict[str, Any] = json.loads(message.data.removeprefix(f"43{number}"))[0]
                return found
        raise AssertionError(f"the connection was closed before {word} was answered")


async def test_the_bus_carries_no_name_and_no_word(
    node: Node, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """OB-09: what was typed or shared is sealed on the bus, and in every file that is kept."""
    first, last, said, instance = canary("Vorna"), canary("Nachna"), canary("frage"), "c" * 16
    async with aiohttp.ClientSession() as http:
        browser = Browser(http, node)
        await browser.call(first, last)
        await browser.say("chat.message", {"text": said}, 0, logged=True)
        await browser.share(name := canary("Polisse") + ".pdf", text := canary("inhalt"))
        await browser.say("call.hello", {"instance": instance}, 0, logged=False)
        async with http.get(node.url + "/metrics") as answer:
            metrics = await answer.read()
        await browser.close()
    kinds = {envelope.kind for _, envelope in node.bus.carried}
    # It did pass here.
    assert {"participant.joined", "chat.message", "file.shared", "call.hello"} <= kinds
    places = node.bus.as_places()
    assert traces((first, last, said, name, text), places) == []
    assert not any(instance.encode() in content for content in places.values())
    kept = files(node.data)
    assert any(place.startswith("blobs/") for place in kept)
    assert b"visavis_files 1.0" in metrics
    spoken = capsys.readouterr().out + caplog.text
    told = {**kept, "metrics": metrics, "log": spoken.encode()}
    assert traces((first, last, said, name, text), told) == []


def test_the_search_finds_what_the_bus_carries() -> None:
    """Silence means something: a text that is not sealed is found."""
    bus, text = TappedBus(), canary("frage")
    clear = json.dumps({"text": text}).encode()
    leak = Envelope(
        new_session_id(), sender_of(SERVER_SEAT), new_event_id(), "chat.message", Epoch(1), clear
    )
    bus.publish(DESK, leak)
    assert traces([text], bus.as_places())
