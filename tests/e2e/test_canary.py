"""Unique names and texts go through two browsers; then everything that the server keeps or says is
searched for them.
"""

import asyncio
import re
import sqlite3
from base64 import b64decode, b64encode
from contextlib import closing
from pathlib import Path

import aiohttp
import pytest
from playwright.async_api import expect

from sessions.envelope import ContentKey, FileSealer, file_key, sealed_bytes
from sessions.events import FileId, SessionId
from tests.e2e.media import sees_and_hears
from tests.e2e.people import Advisor, House, Person, Prospect
from tests.e2e.screens import show
from tests.e2e.server import Server
from tests.e2e.test_board import Desk, alike
from tests.e2e.traces import canary, files, forms, traces


async def answers(server: Server) -> dict[str, bytes]:
    """What anybody may ask."""
    found = {}
    async with aiohttp.ClientSession() as http:
        for path in ("/metrics", "/healthz", "/readyz", "/api/desk/state", "/api/openapi.json"):
            async with http.get(server.url + path) as answer:
                assert answer.status == 200, path
                found[path] = await answer.read()
    return found


async def operators_answers(operator: Person) -> dict[str, bytes]:
    """What an operator may ask, and the board they look at."""
    found = {"the ops board": (await operator.page.content()).encode()}
    for path in ("/api/ops/sessions", "/api/ops/health"):
        text = await operator.page.evaluate("path => fetch(path).then((it) => it.text())", path)
        found[path] = text.encode()
    return found


def kept(server: Server) -> dict[str, bytes]:
    """Everything below the data directory, and what the server wrote to its log."""
    assert any(path.endswith("-wal") for path in files(server.data)), "the log is being written"
    return {**files(server.data), "the server's log": server.log.read_bytes()}


async def share(prospect: Person, server: Server, name: str, text: str) -> None:
    """Send a sealed file with this browser's cookie; its name in the clear is refused."""
    session = SessionId(prospect.page.url.rpartition("/call/")[2][:32])
    where, ask = f"{server.url}/api/sessions/{session}", prospect.context.request
    origin = {"Origin": server.url}
    admission = await (await ask.post(f"{where}/join", headers=origin, data={})).json()
    size = sealed_bytes(len(text.encode()))
    asked = origin | {"Tus-Resumable": "1.0.0", "Upload-Length": str(size)}
    told = {"Upload-Metadata": f"filename {b64encode(name.encode()).decode()}"}
    assert (await ask.post(f"{where}/files", headers=asked | told)).status == 400
    place = (await ask.post(f"{where}/files", headers=asked)).headers["location"]
    file = FileId(place.rpartition("/")[2])
    key = file_key(ContentKey(b64decode(admission["content_key"])), session, file)
    sealer = FileSealer(key, session, file)
    media = {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
    sent = await ask.patch(
        server.url + place, headers=asked | media, data=sealer.seal(text.encode()) + sealer.finish()
    )
    assert sent.status == 204


async def write_on_the_board(text: str, prospect: Prospect, advisor: Advisor) -> None:
    """The advisor opens it and writes; both see it."""
    await advisor.button("board.open").click()
    theirs, ours = Desk(prospect), Desk(advisor)
    for desk in (theirs, ours):
        await desk.is_open()
    await ours.tool("board.tool.text").click()
    await ours.paper.click(position={"x": 200, "y": 200})
    await expect(ours.box).to_be_focused()
    await advisor.page.keyboard.type(text)
    await advisor.page.keyboard.press("Escape")
    await alike(theirs, ours)
    assert [text in row for row in await theirs.rows(1)] == [True]


async def test_what_was_said_is_nowhere_to_be_read(house: House, server: Server) -> None:
    """OB-09, OB-48, OB-05: no name and no content in files, logs, metrics, addresses or at ops.

    OB-02: chat, sound, picture, screen, files and board, all of them in one talk.
    """
    first, last, said, replied = (canary(word) for word in ("Vorna", "Nachna", "frage", "antwort"))
    operator = await house.operator()
    advisor = await house.advisor(f"Berta {canary('Berate')}")
    prospect = await house.prospect()
    await prospect.call(first, last)
    await prospect.write(said)
    await prospect.sees_message(said)
    name, text = f"{canary('Polisse')}.pdf", canary("inhalt")
    await share(prospect, server, name, text)
    await advisor.accept(f"{first} {last}")
    await asyncio.gather(sees_and_hears(prospect.page), sees_and_hears(advisor.page))
    await advisor.open_chat()
    await advisor.sees_message(said)  # it did go through
    await advisor.write(replied)
    await prospect.open_chat()
    await prospect.sees_message(replied)
    await prospect.page.reload()
    await prospect.open_chat()
    await prospect.sees_message(replied)
    await show(prospect)
    drawn = canary("tafel")
    await write_on_the_board(drawn, prospect, advisor)

    assert any(path.startswith("blobs") for path in files(server.data)), "the file is there"
    during = {**kept(server), **await answers(server), **await operators_answers(operator)}
    await prospect.hang_up()
    await prospect.reads("after.heading")
    after = {**kept(server), **await answers(server), **await operators_answers(operator)}
    addresses = "\n".join(url for person in house.people for url in person.guard.urls).encode()
    for places in (during, after, {"the addresses requested": addresses}):
        assert traces((first, last, said, replied, name, text, drawn), places) == []

    # An advisor's own name stands in the list of accounts, and in no other table or place.
    advisors = advisor.sign_in.name.split()
    assert traces(advisors[1:], {**await operators_answers(operator), **tables(server)}) == []
    assert traces(advisors[1:], {"log": server.log.read_bytes(), "addresses": addresses}) == []


def tables(server: Server) -> dict[str, bytes]:
    """Every table but the accounts, as text."""
    found = {}
    for path in server.data.glob("*.db"):
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
            for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'"):
                if table != "accounts":
                    rows = db.execute(f'SELECT * FROM "{table}"').fetchall()
                    found[f"{path.name}: {table}"] = repr(rows).encode()
    assert len(found) > 5
    return found


@pytest.mark.parametrize("form", sorted(forms("Möller")))
def test_the_search_finds_what_is_there(tmp_path: Path, form: str) -> None:
    """Silence means something: a text is found in each form, in the midst of other bytes."""
    text = canary("Vorna")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "file").write_bytes(b"\0before " + forms(text)[form] + b" after")
    assert traces([text], files(tmp_path))
    assert not traces([canary("Vorna")], files(tmp_path))


def test_the_search_finds_what_a_database_holds(tmp_path: Path) -> None:
    """The same for a row that is still in the write-ahead log of a database."""
    text = canary("Vorna")
    with closing(sqlite3.connect(tmp_path / "some.db")) as db:
        db.execute("PRAGMA journal_mode = wal")
        db.execute("CREATE TABLE names (name TEXT)")
        db.execute("INSERT INTO names VALUES (?)", (text,))
        db.commit()
        found = traces([text], files(tmp_path))
    assert any("some.db-wal" in place for place in found)


async def test_a_log_line_of_access_says_six_things(house: House, server: Server) -> None:
    """OB-05: no query, no cookie, no token of a visit appears in the server's log."""
    prospect = await house.prospect()
    secret = canary("geheim")
    await prospect.open(f"/?lang=de&utm={secret}")
    await prospect.call("Anna", "Beispiel")
    cookies = await prospect.context.cookies()
    tokens = [part for cookie in cookies for part in re.split(r"[.]", cookie["value"])[1:]]
    assert tokens
    log = {"the server's log": server.log.read_bytes()}
    assert traces([secret, "Anna Beispiel"], log) == []
    assert not any(token.encode() in log["the server's log"] for token in tokens)
