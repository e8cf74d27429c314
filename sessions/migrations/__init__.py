"""Brings a database to the newest schema. Two trees, `main` and `keys`, for two databases.

It knows nothing of what the tables mean. It runs before anybody else has the file open.
"""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, event
from sqlalchemy.orm import DeclarativeBase

from sessions.database import exclusive, path_of
from sessions.models import KeyRow, Row

Tree = Literal["main", "keys"]
ROWS: Final[dict[str, type[DeclarativeBase]]] = {"main": Row, "keys": KeyRow}
_HERE: Final = Path(__file__).parent


def migrate(url: str, tree: Tree) -> None:
    """Create the database or bring it up to date; raises DatabaseInUse while it is open."""
    run(url, tree, lambda config: command.upgrade(config, "head"))


def run(url: str, tree: Tree, order: Callable[[Config], None]) -> None:
    """Give Alembic an order for the database at `url`, holding it exclusively."""
    path = path_of(url)
    with exclusive(path):
        engine = create_engine(f"sqlite:///{path}", connect_args={"isolation_level": None})

        # What a migration copies is nowhere left behind, where no erasure would find it.
        @event.listens_for(engine, "connect")
        def set_up(connection: sqlite3.Connection, _record: object) -> None:
            connection.execute("PRAGMA secure_delete=ON")

        # Alembic's own transaction, so that a failed migration leaves nothing behind.
        @event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            connection.exec_driver_sql("BEGIN EXCLUSIVE")

        try:
            with engine.connect() as connection:
                order(_config(tree, connection))
        finally:
            engine.dispose()


def _config(tree: Tree, connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_HERE).replace("%", "%%"))
    config.set_main_option("version_locations", str(_HERE / tree).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.attributes["connection"] = connection
    config.attributes["metadata"] = ROWS[tree].metadata
    return config
