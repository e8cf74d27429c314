"""The command line as an operator sees it."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from sessions.audit import Audit
from sessions.database import Database
from sessions.keys import Keys, MasterKeys
from sessions.lifecycle import Lifecycle
from sessions.log import Log
from sessions.migrations import migrate
from sessions.models import KeyRow, Row
from sessions.names import Name
from web.cli import main


def test_version_is_the_one_of_the_package() -> None:
    result = CliRunner().invoke(main, ["--version"])
    assert result.exit_code == 0
    assert result.output.startswith("visavis, version ")


def test_the_audit_chain_is_verified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its end is printed, to be noted elsewhere; what was changed since is an error."""
    monkeypatch.setenv("VISAVIS_DATA_DIR", str(tmp_path))
    url = f"sqlite:///{tmp_path}/visavis.db"
    migrate(url, "main")

    async def scans() -> None:
        database = Database.open(url, rows=Row)
        for number in range(3):
            await Audit(database).record("scanner", "scan", f"file {number}")
        await database.close()

    asyncio.run(scans())
    order = ["audit", "verify"]
    said = CliRunner().invoke(main, order)
    assert (said.exit_code, said.output[:10]) == (0, "3 entries,")
    end = said.output.split()[-1]
    assert CliRunner().invoke(main, [*order, end]).exit_code == 0
    assert CliRunner().invoke(main, [*order, "nonsense"]).exit_code == 2
    other = end[:-1] + ("0" if end[-1] != "0" else "1")
    assert CliRunner().invoke(main, [*order, other]).exit_code == 1
    with closing(sqlite3.connect(tmp_path / "visavis.db")) as db:
        db.execute("UPDATE audit SET subject = 'another file' WHERE seq = 2")
        db.commit()
    said = CliRunner().invoke(main, order)
    assert said.exit_code == 1
    assert "entry 2" in said.output


def test_what_is_due_is_shown_held_and_erased(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OB-49, OB-40: a dry run changes nothing, a hold stands against the run, and is audited."""
    monkeypatch.setenv("VISAVIS_DATA_DIR", str(tmp_path))
    main_url, keys_url = f"sqlite:///{tmp_path}/visavis.db", f"sqlite:///{tmp_path}/keys.db"
    migrate(main_url, "main")
    migrate(keys_url, "keys")

    async def two_old_sessions() -> list[str]:
        database = Database.open(main_url, rows=Row)
        key_store = Database.open(keys_url, rows=KeyRow)
        keys = Keys(key_store, MasterKeys.load_or_create(tmp_path / "master.keys"))
        old = Lifecycle(database, Log(database, now_ms=lambda: 1), keys, now_ms=lambda: 1)
        sessions = []
        for number in b"12":
            started = await old.start(
                name=Name("Ada", "Lovelace"), topic=None, language="de", request=bytes([number])
            )
            await old.end(started.session, "abandoned")
            sessions.append(started.session)
        await database.close()
        await key_store.close()
        return list(sessions)

    def say(*words: str, code: int = 0) -> str:
        result = CliRunner().invoke(main, words)
        assert result.exit_code == code, result.output
        return result.output

    kept, gone = asyncio.run(two_old_sessions())
    dry = ("retention", "run", "--dry-run")
    for _ in range(2):
        assert say(*dry).splitlines()[-1] == "2 would be erased."
    assert "Look on" in say("session", "hold", kept, "--reason", "case 7")
    say("session", "hold", "0" * 32, "--reason", "x", code=1)
    say("session", "hold", "nonsense", "--reason", "x", code=1)
    assert kept in say("session", "holds")
    assert "1 would be erased." in say(*dry)
    say("session", "erase", kept, "--reason", "x", "--yes", code=1)
    exported = ("session", "export", kept, "--board", str(tmp_path / "a.svg"), "--reason", "x")
    assert "held" in say(*exported, code=1)
    assert say("retention", "run") == "1 erased.\n"
    assert gone not in say(*dry)
    say("session", "lift", kept, "--reason", "case 7 is over")
    say("session", "lift", kept, "--reason", "again", code=1)
    assert say("retention", "run") == "1 erased.\n"
    with closing(sqlite3.connect(tmp_path / "visavis.db")) as db:
        actions = [row[0] for row in db.execute("SELECT action FROM audit ORDER BY seq")]
        assert db.execute("SELECT count(*) FROM sessions").fetchone() == (0,)
    assert actions[0] == "hold"
    assert "lift" in actions
