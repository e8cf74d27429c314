"""A session's board through the audited door, while the platform runs and while it does not."""

from base64 import b64decode
from pathlib import Path
from typing import Any

import pypdfium2
import pytest

from sessions.audit import verify
from sessions.database import Database
from sessions.envelope import ContentKey, FileSealer, file_key, sealed_bytes
from sessions.events import FileId, SessionId
from sessions.models import Row
from tests.integration.web.conftest import Caller, Site
from tests.integration.web.test_files import begin, patch
from tests.integration.web.test_process import Process, browser, free_port
from tests.integration.web.test_talk import Talker, free_advisor, talking
from tests.unit.whiteboard.papers import GOOD
from tests.unit.whiteboard.scenes import RECTANGLE
from tests.unit.whiteboard.test_pages import colour
from web.exports import Exported, Wanted, export
from web.staff import OrderFailed

BAR = {
    **RECTANGLE,
    "id": "bar",
    "index": "a1",
    "y": 40,
    "width": 60,
    "height": 20,
    "backgroundColor": "#00ff00",
}


async def lay(caller: Caller, talker: Talker, data: bytes, y: int) -> str:
    """Share a sealed PDF and lay its first page on the board."""
    place = (await begin(caller, talker.session, sealed_bytes(len(data)))).headers["Location"]
    session, file = SessionId(talker.session), FileId(place.rpartition("/")[2])
    key = ContentKey(b64decode(talker.admission["content_key"]))
    sealer = FileSealer(file_key(key, session, file), session, file)
    assert (await patch(caller, place, 0, sealer.seal(data) + sealer.finish())).status == 204
    shared = {"file": file, "name": "Angebot.pdf", "type": "application/pdf", "size": len(data),
              "sha256": "0" * 64, "board": True}  # fmt: skip
    assert (await talker.send("file.shared", shared))["ok"]
    page = {**RECTANGLE, "id": file, "index": "a0", "type": "image", "fileId": f"{file}-1",
            "y": y, "width": 200, "height": 100}  # fmt: skip
    assert (await talker.send("board.changed", {"elements": [page]}))["ok"]
    return file


def wanted(session: str, **more: Any) -> Wanted:
    return Wanted.model_validate(
        {"session": session, "format": "pdf", "documents": True, "actor": "shell:test",
         "reason": "case 7"} | more
    )  # fmt: skip


async def exported(site: Site, order: Wanted) -> Exported:
    """By the node itself, as it does what the command line orders."""
    return await export(site.parts.exit, site.parts.vault, site.parts.files, order)


async def test_a_board_comes_out_as_everybody_saw_it_and_not_in_silence(site: Site) -> None:
    advisor = await free_advisor(site)
    prospect = site.visitor()
    session = (await prospect.start_call())["session"]
    async with (
        talking(prospect, session) as erika,
        talking(advisor, session, {"prepare": True}) as anna,
    ):
        assert (await anna.send("session.accepted", {"name": "Anna", "title": ""}))["ok"]
        file = await lay(prospect, erika, GOOD, y=0)
        gone = await lay(prospect, erika, GOOD, y=300)
        assert (await erika.send("file.removed", {"file": gone}))["ok"]
        await erika.send("board.changed", {"elements": [BAR, {**BAR, "type": "iframe"}]})
        await anna.send("board.led", {"open": True, "leader": None, "locked": True})
        await erika.send("board.changed", {"elements": [{**BAR, "version": 9, "x": 90}]})
    parts = site.parts
    taken = await exported(site, wanted(session))
    assert Exported.unpacked(taken.packed()) == taken
    assert (taken.problems, taken.unreadable) == ({f"{gone}-1": "file.missing"}, 0)
    assert [*taken.documents] == [file]
    read = pypdfium2.PdfDocument(taken.documents[file])
    assert read.get_page_size(0) == (200, 100)
    assert colour(read, 0, 30, 50) == (0, 255, 0)
    assert colour(read, 0, 80, 50) == (255, 0, 0)
    assert taken.board.startswith(b"%PDF")
    actions = await parts.database.read(
        lambda db: [
            tuple(row)
            for row in db.exec_driver_sql("SELECT actor, action, subject FROM audit ORDER BY seq")
        ]
    )
    assert actions == [
        ("shell:test", "export board", f"{session} case 7"),
        ("shell:test", "export board", f"{session}/{file}"),
    ]
    parts.keys.forget_all()
    await parts.keys.shred(SessionId(session))
    with pytest.raises(OrderFailed, match="erased"):
        await exported(site, wanted(session))
    with pytest.raises(OrderFailed, match="no such session"):
        await exported(site, wanted("0" * 32))


async def test_the_command_writes_what_it_was_asked_for_and_nothing_over_anything(
    tmp_path: Path,
) -> None:
    demo = Process(tmp_path / "var", free_port())
    async with demo.running("demo"), browser() as http:
        caller = Caller(http, demo.url, headers={"Origin": demo.url})
        await caller.start_call()
        served = tmp_path / "served.pdf"
        words = ("session", "export", caller.session, "--board")
        assert await demo.say(*words, str(served), typed="case 8\n") == (
            0, f"Why (a case number, say; at most 40 characters): Wrote {served}.\n",
        )  # fmt: skip
    assert served.read_bytes().startswith(b"%PDF")
    assert served.stat().st_mode & 0o077 == 0
    alone = tmp_path / "alone.svg"
    code, said = await demo.say(*words, str(alone), "--reason", "case 9")
    assert (code, said) == (0, f"Wrote {alone}.\n")
    for more, complaint in (
        ([str(alone), "--reason", "x"], "is there already"),
        ([str(tmp_path / "a.docx"), "--reason", "x"], "format"),
        ([str(tmp_path / "a.pdf"), "--reason", "x" * 41], "reason"),
    ):
        code, said = await demo.say(*words, *more)
        assert code == 1
        assert complaint in said
    url = f"sqlite:///{tmp_path}/var/visavis.db"
    database = Database.open(url, rows=Row)
    try:
        links = await database.read(
            lambda db: db.exec_driver_sql("SELECT actor, subject FROM audit ORDER BY seq").all()
        )
    finally:
        await database.close()
    assert verify(url).seq == len(links)
    reasons = [subject for actor, subject in links if actor != "demo"]
    assert reasons == [f"{caller.session} case 8", f"{caller.session} case 9"]
