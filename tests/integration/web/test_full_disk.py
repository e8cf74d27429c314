"""The disk of the database is full: talks go on, what cannot be kept waits, nothing is lost."""

import asyncio
import shutil
from pathlib import Path
from typing import Any

from sessions.events import Seq, SessionId
from tests.disks import full, small_disk
from tests.integration.web.conftest import MakeSite
from tests.integration.web.test_talk import Talker, free_advisor, talking


async def said(talker: Talker, text: str) -> dict[str, Any]:
    return await talker.send("chat.message", {"text": text})


async def test_a_full_disk_stops_no_talk_and_loses_nothing(
    tmp_path: Path, databases: Path, make_site: MakeSite
) -> None:
    """F-08: words wait, signs pass, nobody new comes in; and it recovers by itself."""
    disk = tmp_path / "disk"
    disk.mkdir()
    with small_disk(disk, "2m"):
        shutil.copy(databases / "main.db", disk)
        site = await make_site(database_url=f"sqlite:///{disk}/main.db")
        prospect, advisor = await site.prospect(), await free_advisor(site)
        session = SessionId(prospect.session)
        async with (
            talking(prospect, session) as erika,
            talking(advisor, session, {"prepare": True}) as anna,
        ):
            assert (await anna.send("session.accepted", {"name": "Anna", "title": ""}))["ok"]
            answers = [await said(erika, "davor")]
            with full(disk):
                while answers[-1]["ok"]:
                    answers.append(await said(erika, "noch Platz"))
                assert answers.pop() == {"ok": False, "code": "retry"}
                ready = await site.visitor().get("/readyz")
                assert (ready.status, await ready.text()) == (503, "disk\n")
                assert (await erika.send("call.hello", {"instance": "c" * 16}))["ok"]
                assert (await anna.hear("call.hello"))["instance"] == "c" * 16
                assert (await site.visitor().get("/")).status == 200
                names = {"first_name": "Ben", "last_name": "Beispiel"}
                refused = await site.visitor().post("/api/calls", names)
                error = (await refused.json())["error"]
                assert (refused.status, error["code"], "Retry-After" in refused.headers) == (
                    503, "retry", True,
                )  # fmt: skip
            answers.append(await said(erika, "danach"))
            assert answers[-1]["ok"]
            assert (await site.visitor().get("/readyz")).status == 200
            heard = [await anna.hear("chat.message") for _ in answers]
            assert [heard[0]["text"], heard[-1]["text"]] == ["davor", "danach"]
        assert (await site.visitor().post("/api/calls", names)).status == 201
        stored = await site.parts.log.after(session, Seq(0), limit=100_000)
        chat = [event.seq for event in stored if event.kind == "chat.message"]
        assert chat == [answer["seq"] for answer in answers]
        await asyncio.gather(site.parts.database.close(), site.parts.key_store.close())
