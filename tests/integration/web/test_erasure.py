"""Erasing over HTTP and from the command line: live sessions end, backups bring nothing back."""

import asyncio
import shutil
from pathlib import Path

from sessions.events import SessionId
from tests.integration.web.conftest import Caller, Site
from tests.integration.web.test_files import begin, patch
from tests.integration.web.test_process import Process, browser, free_port
from tests.integration.web.test_receipt import keys_of, talk
from tests.integration.web.test_talk import free_advisor, talking
from web.certificates import verify_certificate


async def test_erasing_a_live_session_ends_it_and_refuses_all_that_comes(site: Site) -> None:
    """OB-39: both hear that it is over, their lines are cut, and 100 of 100 writes are refused."""
    advisor = await free_advisor(site)
    prospect = site.visitor()
    session = (await prospect.start_call())["session"]
    claimed = await (await prospect.post(f"/api/sessions/{session}/receipt", {})).json()
    async with (
        talking(prospect, session) as erika,
        talking(advisor, session, {"prepare": True}) as anna,
    ):
        assert (await anna.send("session.accepted", {"name": "Anna", "title": ""}))["ok"]
        assert (await erika.send("chat.message", {"text": "hallo"}))["ok"]
        place = (await begin(prospect, session, 1_000)).headers["Location"]
        erasing = asyncio.ensure_future(
            site.visitor().post("/receipt/erase", data=claimed | {"sure": "yes"})
        )
        assert (await erika.hear("session.ended"))["reason"] == "erased"
        assert (await anna.hear("session.ended"))["reason"] == "erased"
        refused = 0
        for _ in range(100):
            try:
                refused += not (await erika.send("chat.message", {"text": "noch etwas"}))["ok"]
            except (AssertionError, ConnectionError):  # the line was cut
                refused += 1
        assert refused == 100
        page = await erasing
        assert page.status == 200
        await asyncio.gather(erika.closed(20), anna.closed(20))
    assert "Löschbescheinigung" in await page.text()
    for caller in (prospect, advisor):
        assert (await caller.post(f"/api/sessions/{session}/join", {})).status == 404
        assert (await caller.get(place)).status == 404
    assert (await patch(prospect, place, 0, bytes(1_000))).status == 404
    assert (await begin(prospect, session, 1_000)).status == 404
    assert await site.parts.lifecycle.view(SessionId(session)) is None


async def test_the_certificate_says_what_was_erased_and_is_signed(site: Site) -> None:
    """OB-39: once and for all; asking again shows the same, and nothing else answers any more."""
    told = await talk(site, await free_advisor(site))
    visitor = site.visitor()
    asked = await visitor.post("/receipt/erase", data=told.proof)
    assert "Wirklich alles löschen?" in await asked.text()
    assert (await visitor.post("/receipt/certificate", data=told.proof)).status == 404
    for _ in range(2):
        done = await visitor.post("/receipt/erase", data=told.proof | {"sure": "yes"})
        assert "Alles ist gelöscht." in await done.text()
    text = await (await visitor.post("/receipt/certificate", data=told.proof)).text()
    certified = verify_certificate(text, keys_of(site))
    assert told.number in certified
    assert "3 Dateien" in certified
    english = await visitor.post("/receipt/certificate?lang=en", data=told.proof)
    assert "3 files" in verify_certificate(await english.text(), keys_of(site))
    for path in ("/receipt", "/receipt/copy", "/receipt/file"):
        form = told.proof | ({"file": told.file} if path.endswith("file") else {})
        answer = await visitor.post(path, data=form)
        assert "Alles ist gelöscht." in await answer.text()
    assert told.session not in repr(await keys_in_use(site))


async def keys_in_use(site: Site) -> set[SessionId]:
    return await site.parts.keys.sessions()


async def test_the_command_erases_and_a_restored_backup_changes_nothing(tmp_path: Path) -> None:
    """OB-39, F-30: beside the server and without it; after any restore the start erases again."""
    data = tmp_path / "var"
    demo = Process(data, free_port())
    async with demo.running("demo"), browser() as http:
        caller = Caller(http, demo.url, headers={"Origin": demo.url})
        await caller.start_call()
        first, proof = caller.session, await receipt_of(caller)
        await caller.start_call()
        second = caller.session
        await caller.start_call()
        other = caller.session
    shutil.copytree(data, tmp_path / "yesterday", ignore=shutil.ignore_patterns("*.sock"))
    async with demo.running("demo"):
        words = ("--reason", "case 8", "--yes")
        code, said = await demo.say("session", "erase", first, *words)
        assert (code, "Certificate of erasure" in said or "Löschbescheinigung" in said) == (0, True)
    code, _ = await demo.say("session", "erase", second, *words)
    assert code == 0
    assert (await demo.say("session", "erase", "0" * 32, *words))[0] == 1
    code, ledger = await demo.say("tombstones", "list")
    assert (code, len(ledger.splitlines())) == (0, 2)
    certificate = tmp_path / "certificate.txt"
    certificate.write_text(said)
    assert (await demo.say("receipt", "verify", str(certificate)))[0] == 0
    certificate.write_text(said.replace("1", "2", 1))
    assert (await demo.say("receipt", "verify", str(certificate)))[0] == 1

    # Both databases come back, the blobs do not: they know.
    for name in ("visavis.db", "keys.db"):
        for rest in ("-wal", "-shm"):
            (data / f"{name}{rest}").unlink(missing_ok=True)
        shutil.copy(tmp_path / "yesterday" / name, data / name)
    await erased_again(demo, first, second, other, proof)
    # Everything comes back at once: the list that was kept apart knows.
    shutil.rmtree(data)
    shutil.copytree(tmp_path / "yesterday", data)
    (tmp_path / "ledger").write_text(ledger)
    code, said = await demo.say("tombstones", "add", str(tmp_path / "ledger"))
    assert (code, said[:7]) == (0, "2 added")
    (tmp_path / "ledger").write_text("nonsense")
    assert (await demo.say("tombstones", "add", str(tmp_path / "ledger")))[0] == 1
    await erased_again(demo, first, second, other, proof)


async def receipt_of(caller: Caller) -> dict[str, str]:
    answer = await caller.post(f"/api/sessions/{caller.session}/receipt", {})
    found: dict[str, str] = await answer.json()
    return found


async def erased_again(
    demo: Process, first: str, second: str, other: str, proof: dict[str, str]
) -> None:
    """From the first answer on, nothing of the two is there, and all of the third."""
    async with demo.running("demo"), browser() as http:
        caller = Caller(http, demo.url, headers={"Origin": demo.url})
        page = await (await caller.post("/receipt", data=proof)).text()
        assert "Alles ist gelöscht." in page
        for session, key in ((first, False), (second, False), (other, True)):
            there = demo.rows("keys.db", f"SELECT * FROM key_store WHERE session_id = '{session}'")
            assert bool(there) is key
            events = f"SELECT id FROM sessions WHERE id = '{session}'"
            assert bool(demo.rows("visavis.db", events)) is key
