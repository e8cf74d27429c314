"""What a database is like, for whoever looks after it: seen from beside, without changing anything.

It judges nothing, and knows no settings.
"""

import fcntl
import os
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from sqlalchemy import Connection, create_engine, func, inspect, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from sessions.exit import REFUSED_AT
from sessions.migrations import Tree, revisions
from sessions.models import AccountRow, FactRow
from sessions.postgres import server_url
from sessions.sqlite import path_of, repaired

VOLATILE: Final = ("tmpfs", "ramfs")
_REMOTE: Final = ("nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs", "ceph", "glusterfs")
_SQL: Final = """
SELECT current_setting('server_version_num')::int AS version,
       current_setting('fsync') = 'on' AND current_setting('full_page_writes') = 'on' AS fsync,
       current_setting('synchronous_commit') AS commits,
       current_setting('transaction_read_only') = 'on' OR pg_is_in_recovery() AS read_only,
       extract(epoch FROM clock_timestamp())::float8 * 1000 AS now_ms,
       pg_postmaster_start_time()::text || ' ' || current_database() AS identity,
       (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS superuser,
       EXISTS (SELECT FROM pg_class WHERE relname = CAST(:table AS text) AND relkind = 'r'
               AND pg_has_role(current_user, relowner, 'member')) AS owner,
       coalesce(has_table_privilege(current_user, to_regclass(CAST(:table AS text)), 'INSERT'),
                false) AS writes
"""


@dataclass(frozen=True, slots=True)
class Condition:
    """One database as it was found. What only one kind has, is as harmless in the other."""

    kind: Literal["sqlite", "postgresql"]
    identity: str  # the same for whatever leads to the same database
    version: int  # PostgreSQL's number, 150004 for 15.4; SQLite's likewise, 3040001
    schema: Literal["missing", "old", "current", "newer"]
    writable: bool
    durable: bool  # what is acknowledged survives a power cut
    repaired: bool = True  # SQLite: has no bug that can damage files
    locks: bool = True  # SQLite: on a file system where a lock keeps others out
    mighty: bool = False  # PostgreSQL: whoever connects may change tables
    clock_ahead_ms: float = 0.0


def examine(url: str, tree: Tree) -> Condition:
    """Look at the database of this tree. Raises ConnectionError if it is not reached."""
    if make_url(url).get_backend_name() == "postgresql":
        return _server(url, tree)
    return _file(url, tree)


def agencies_in_use(url: str) -> set[str]:
    """Of which agencies somebody may sign in. Raises ConnectionError if it is not reached."""
    if make_url(url).get_backend_name() != "postgresql" and not path_of(url).exists():
        return set()
    with _connected(url) as connection:
        if _schema(connection, "main") != "current":
            return set()
        enabled = select(AccountRow.agency).where(
            AccountRow.agency.is_not(None), AccountRow.disabled_ms.is_(None)
        )
        return {agency for agency in connection.scalars(enabled) if agency is not None}


def roles_in_use(url: str) -> dict[str, int]:
    """How many may sign in as what. Raises ConnectionError if it is not reached."""
    if make_url(url).get_backend_name() != "postgresql" and not path_of(url).exists():
        return {}
    with _connected(url) as connection:
        if _schema(connection, "main") != "current":
            return {}
        enabled = (
            select(AccountRow.role, func.count().label("people"))
            .where(AccountRow.disabled_ms.is_(None))
            .group_by(AccountRow.role)
        )
        return {row.role: row.people for row in connection.execute(enabled)}


def refused_at_ms(url: str) -> int | None:
    """When the exit last let something not out. Raises ConnectionError if it is not reached."""
    if make_url(url).get_backend_name() != "postgresql" and not path_of(url).exists():
        return None
    with _connected(url) as connection:
        if _schema(connection, "main") != "current":
            return None
        at_ms = connection.scalar(select(FactRow.value).where(FactRow.name == REFUSED_AT))
        return None if at_ms is None else int(at_ms)


@contextmanager
def _connected(url: str) -> Iterator[Connection]:
    """Once, to read. A file beside the node that has it open: this one neither writes nor
    checkpoints. Raises ConnectionError."""
    server = make_url(url).get_backend_name() == "postgresql"
    there = server_url(url) if server else f"sqlite:///file:{path_of(url)}?mode=ro&uri=true"
    try:
        with create_engine(there, poolclass=NullPool).connect() as connection:
            yield connection
    except DBAPIError as reason:
        raise ConnectionError(str(reason.orig).splitlines()[0]) from None


def _server(url: str, tree: Tree) -> Condition:
    with _connected(url) as connection:
        before = time.time()
        row = _row_of(connection, _SQL, table=_table_of(tree))
        now_ms = (before + time.time()) * 500
        schema = _schema(connection, tree)
    return Condition(
        kind="postgresql",
        identity=row["identity"],
        version=row["version"],
        schema=schema,
        writable=not row["read_only"] and (row["writes"] or schema == "missing"),
        durable=row["fsync"] and row["commits"] != "off",
        mighty=row["superuser"] or row["owner"],
        clock_ahead_ms=row["now_ms"] - now_ms,
    )


def _file(url: str, tree: Tree) -> Condition:
    path = path_of(url)
    schema: Literal["missing", "old", "current", "newer"] = "missing"
    if path.exists():
        with _connected(url) as connection:
            schema = _schema(connection, tree)
    folder = _nearest_folder(path)
    system = file_system_of(folder)
    numbers = sqlite3.sqlite_version_info
    return Condition(
        kind="sqlite",
        identity=os.path.realpath(path),
        version=numbers[0] * 1_000_000 + numbers[1] * 1_000 + numbers[2],
        schema=schema,
        writable=os.access(path if path.exists() else folder, os.W_OK)
        and os.access(folder, os.W_OK),
        durable=system not in VOLATILE,
        repaired=repaired(numbers),
        locks=system not in _REMOTE and _locks(folder),
    )


def _schema(connection: Connection, tree: Tree) -> Literal["missing", "old", "current", "newer"]:
    if "alembic_version" not in inspect(connection).get_table_names():
        return "missing"
    found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    known = revisions(tree)
    if found == known[0]:
        return "current"
    return "old" if found in known else "newer"


def _table_of(tree: Tree) -> str:
    return {"main": "events", "keys": "key_store"}[tree]


def _row_of(connection: Connection, statement: str, **given: Any) -> dict[str, Any]:
    return dict(connection.execute(text(statement), given).mappings().one())


def file_system_of(folder: Path) -> str:
    """The type of the file system that a folder lies on, "" if it cannot be told."""
    number = os.stat(folder).st_dev
    wanted = f"{os.major(number)}:{os.minor(number)}"
    try:
        lines = Path("/proc/self/mountinfo").read_text().splitlines()
    except OSError:
        return ""
    for line in lines:
        head, _, tail = line.partition(" - ")
        if head.split()[2] == wanted:
            return tail.split()[0]
    return ""


def _nearest_folder(path: Path) -> Path:
    return next(one for one in path.absolute().parents if one.is_dir())


def _locks(folder: Path) -> bool:
    """Whether a lock here keeps a second one out."""
    try:
        with tempfile.NamedTemporaryFile(dir=folder) as one, open(one.name, "rb") as other:
            fcntl.flock(one, fcntl.LOCK_EX | fcntl.LOCK_NB)
            try:
                fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            return False
    except OSError:
        return os.access(folder, os.W_OK) is False  # cannot be tried: said elsewhere
