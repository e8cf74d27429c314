"""Brings a database to the newest schema. Two trees, `main` and `keys`, for two databases.

It knows nothing of what the tables mean. A file it has to itself; on a server, where nodes of
the version before may be at work, it is the only migration.
"""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, event
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.pool import NullPool

# Their tables are Row's too.
from sessions import invitation_rows, protection_rows, recording_rows  # noqa: F401
from sessions.line import plain
from sessions.models import KeyRow, Row
from sessions.postgres import server_url
from sessions.sqlite import exclusive, path_of

Tree = Literal["main", "keys"]
ROWS: Final[dict[str, type[DeclarativeBase]]] = {"main": Row, "keys": KeyRow}
# Another migration may take its time; but who waits for a table makes everybody else wait too.
_ALONE_ON_A_SERVER: Final = """
SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = '5min';
SELECT pg_advisory_xact_lock(x'76697361766973'::bigint);
SET LOCAL lock_timeout = '10s'"""
_HERE: Final = Path(__file__).parent


def migrate(url: str, tree: Tree) -> None:
    """Create the tables or bring them up to date.

    Raises DatabaseInUse while the file is open, ConnectionError if the server is not reached.
    """
    run(url, tree, lambda config: command.upgrade(config, "head"))


def run(url: str, tree: Tree, order: Callable[[Config], None]) -> None:
    """Give Alembic an order for the database at `url`, as the only one that does."""
    if make_url(url).get_backend_name() == "postgresql":
        _run(create_engine(server_url(url), poolclass=NullPool), tree, order, _ALONE_ON_A_SERVER)
    else:
        path = path_of(url)
        with exclusive(path):
            _run(_file(path), tree, order, "BEGIN EXCLUSIVE")


def _file(path: Path) -> Engine:
    engine = create_engine(f"sqlite:///{path}", connect_args={"isolation_level": None})

    # What a migration copies is nowhere left behind, where no erasure would find it.
    @event.listens_for(engine, "connect")
    def set_up(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA secure_delete=ON")

    return engine


def _run(engine: Engine, tree: Tree, order: Callable[[Config], None], alone: str) -> None:
    # Alembic's own transaction, so that a failed migration leaves nothing behind.
    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(alone)

    try:
        with engine.connect() as connection:
            order(_config(tree, connection))
    except OperationalError as reason:
        if not reason.connection_invalidated and reason.statement is not None:
            raise
        raise ConnectionError(f"the database cannot be reached: {plain(reason)}") from None
    finally:
        engine.dispose()


def revisions(tree: Tree) -> list[str]:
    """The revisions that this release knows, newest first."""
    found = ScriptDirectory.from_config(_scripts(tree)).walk_revisions()
    return [one.revision for one in found]


def _config(tree: Tree, connection: Connection) -> Config:
    config = _scripts(tree)
    config.attributes["connection"] = connection
    config.attributes["metadata"] = ROWS[tree].metadata
    return config


def _scripts(tree: Tree) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_HERE).replace("%", "%%"))
    config.set_main_option("version_locations", str(_HERE / tree).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    return config
