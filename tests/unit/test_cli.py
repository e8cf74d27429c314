"""The command line as an operator sees it."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from sessions.audit import Audit
from sessions.database import Database
from sessions.migrations import migrate
from sessions.models import Row
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
