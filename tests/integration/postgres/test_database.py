"""The database on a server: transactions of one's own, shared appends, deadlines, other nodes."""

import asyncio
import threading
import time
from collections.abc import Callable, Sequence

import psycopg
import pytest
from sqlalchemy import Connection, delete, text, update
from sqlalchemy.exc import IntegrityError, InternalError

from sessions.database import Database
from sessions.events import Unknown
from sessions.migrations import Tree
from sessions.models import FactRow, Row
from sessions.postgres import MAX_BATCH, WRITERS
from tests.patience import allowed
from tests.unit.sessions.test_database import Gate, facts, put


async def test_what_is_written_is_read_by_every_node(
    database: Database, other_database: Database
) -> None:
    assert await database.write(put("a")) == "a"
    assert await other_database.read(facts) == {"a"}
    assert other_database.read_now(facts) == {"a"}


async def test_one_failing_job_undoes_itself_alone(database: Database) -> None:
    def fails(db: Connection) -> None:
        put("half")(db)
        put("a")(db)

    await database.write(put("a"))
    with pytest.raises(IntegrityError):
        await database.write(fails)
    assert await database.write(put("b")) == "b"
    assert await database.read(facts) == {"a", "b"}


async def test_an_error_that_a_job_hides_is_not_acknowledged(database: Database) -> None:
    """The server answers a COMMIT after an error with a polite ROLLBACK."""

    def hides(db: Connection) -> None:
        put("half")(db)
        with pytest.raises(IntegrityError):
            put("half")(db)

    with pytest.raises(Unknown):
        await database.write(hides)
    assert await database.read(facts) == set()


async def test_what_waits_together_is_committed_together(database: Database) -> None:
    calls: list[int] = []

    def together(_db: Connection, arguments: Sequence[int]) -> list[int | Exception]:
        calls.append(len(arguments))
        return [argument * 2 for argument in arguments]

    gate = Gate()
    holding = asyncio.ensure_future(database.write_together(gate.together, None))
    await asyncio.to_thread(gate.reached.wait, 10)
    doubled = [
        asyncio.ensure_future(database.write_together(together, number))
        for number in range(MAX_BATCH + 10)
    ]
    await asyncio.sleep(0)
    gate.opened.set()
    await holding
    assert await asyncio.gather(*doubled) == [2 * number for number in range(MAX_BATCH + 10)]
    assert calls == [MAX_BATCH, 10]


async def test_a_poisonous_argument_harms_no_neighbour(database: Database) -> None:
    def together(db: Connection, names: Sequence[str]) -> list[str | Exception]:
        return [put(name)(db) for name in names]

    gate = Gate()
    holding = asyncio.ensure_future(database.write_together(gate.together, None))
    await asyncio.to_thread(gate.reached.wait, 10)
    waiting = [
        asyncio.ensure_future(database.write_together(together, name)) for name in ("a", "a", "b")
    ]
    await asyncio.sleep(0)
    gate.opened.set()
    await holding
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert [results[0], results[2]] == ["a", "b"]
    assert isinstance(results[1], IntegrityError)
    assert await database.read(facts) == {"a", "b"}


async def test_readers_cannot_write_and_see_one_state(
    database: Database, other_database: Database
) -> None:
    with pytest.raises(InternalError, match="read-only"):
        await database.read(put("a"))
    gate = Gate()

    def looks_twice(db: Connection) -> tuple[set[str], set[str]]:
        before = facts(db)
        gate(db)
        return before, facts(db)

    looking = asyncio.create_task(database.read(looks_twice))
    await asyncio.to_thread(gate.reached.wait, 10)
    await other_database.write(put("meanwhile"))
    gate.opened.set()
    assert await looking == (set(), set())
    assert await database.read(facts) == {"meanwhile"}


async def test_the_server_is_told_to_be_durable_and_brief(database: Database) -> None:
    def settings(db: Connection) -> dict[str, object]:
        names = ("synchronous_commit", "lock_timeout", "statement_timeout", "transaction_isolation")
        return {name: db.exec_driver_sql(f"SHOW {name}").scalar() for name in names}

    assert await database.write(settings) == {
        "synchronous_commit": "on",
        "lock_timeout": "2s",
        "statement_timeout": "3s",
        "transaction_isolation": "read committed",
    }
    assert (await database.read(settings))["transaction_isolation"] == "repeatable read"


async def test_a_lock_that_is_held_for_long_is_unknown(
    database: Database, urls: dict[Tree, str]
) -> None:
    """Never "failed" for something that may have happened; and the next one is well."""
    await database.write(put("a"))
    changed = update(FactRow).where(FactRow.name == "a").values(value="2")
    with psycopg.connect(urls["main"]) as other:
        other.execute("UPDATE facts SET value = '3' WHERE name = 'a'")
        began = time.monotonic()
        with pytest.raises(Unknown, match="lock"):
            await database.write(lambda db: db.execute(changed).close())
        assert 1.5 < time.monotonic() - began < allowed(4)
        other.rollback()
    await database.write(lambda db: db.execute(changed).close())


async def test_of_two_who_lock_crosswise_both_succeed(
    database: Database, other_database: Database
) -> None:
    """The server ends a deadlock by choosing a victim, whose job is run once more."""
    both = threading.Barrier(2)
    runs: list[str] = []

    def crosswise(first: str, second: str) -> Callable[[Connection], None]:
        def job(db: Connection) -> None:
            runs.append(first)
            db.execute(update(FactRow).where(FactRow.name == first).values(value=first))
            if len(runs) <= 2:
                both.wait(60)
            db.execute(update(FactRow).where(FactRow.name == second).values(value=first))

        return job

    for name in "ab":
        await database.write(put(name))
    await asyncio.gather(
        database.write(crosswise("a", "b")), other_database.write(crosswise("b", "a"))
    )
    assert len(runs) >= 3  # and once more if the victim was back before the other woke up


async def test_a_connection_that_the_server_ended_is_not_noticed(
    database: Database, server: object, urls: dict[Tree, str]
) -> None:
    """Nothing had been written on it, so that the same is done on another."""
    await asyncio.gather(*(database.write(put(str(n))) for n in range(WRITERS)))
    await database.read(facts)

    def end_all(connection: psycopg.Connection) -> None:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )

    with psycopg.connect(urls["main"], autocommit=True) as other:
        end_all(other)
    assert await database.read(facts) == {str(n) for n in range(WRITERS)}
    for n in range(WRITERS):
        assert await database.write(put(f"again {n}")) == f"again {n}"


async def test_a_connection_that_breaks_at_the_commit_is_unknown(
    database: Database, urls: dict[Tree, str]
) -> None:
    def ends_itself(db: Connection) -> None:
        put("a")(db)
        pid = db.exec_driver_sql("SELECT pg_backend_pid()").scalar()
        with psycopg.connect(urls["main"], autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))

    with pytest.raises(Unknown):
        await database.write(ends_itself)
    assert await database.read(facts) == set()
    assert await database.write(put("b")) == "b"


async def test_a_caller_who_gives_up_disturbs_nobody(database: Database) -> None:
    gate = Gate()
    holding = [asyncio.create_task(database.write(gate)) for _ in range(WRITERS)]
    await asyncio.to_thread(gate.reached.wait, 10)
    hasty, patient = (asyncio.create_task(database.write(put(name))) for name in "ab")
    await asyncio.sleep(0)
    hasty.cancel()
    gate.opened.set()
    await asyncio.gather(*holding, patient)
    assert "b" in await database.read(facts)


async def test_closed_answers_unknown_and_closes_twice(database: Database) -> None:
    writes = [asyncio.create_task(database.write(put(str(number)))) for number in range(20)]
    await asyncio.sleep(0)
    await database.close()
    assert len(await asyncio.gather(*writes)) == 20  # what was ordered is finished
    await database.close()
    with pytest.raises(Unknown):
        await database.write(put("a"))
    with pytest.raises(Unknown):
        await database.read(facts)


async def test_a_deadline_is_kept_whatever_the_thread_does(urls: dict[Tree, str]) -> None:
    """And the connection that kept it waiting is cut, so that its thread goes on."""
    database = Database.open(urls["main"], rows=Row)
    with psycopg.connect(urls["main"]) as other:
        other.execute("LOCK TABLE facts")

        def for_ever(db: Connection, _arguments: Sequence[None]) -> list[Exception | None]:
            db.execute(text("SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0"))
            db.execute(delete(FactRow))
            return [None]

        began = time.monotonic()
        with pytest.raises(Unknown, match="in time"):
            await database.write_together(for_ever, None, deadline_seconds=0.2)
        assert time.monotonic() - began < allowed(1)
        with pytest.raises(Unknown, match="in time"):
            await database.write_together(for_ever, None)
        other.rollback()

    def together(_db: Connection, arguments: Sequence[int]) -> list[int | Exception]:
        return list(arguments)

    assert await database.write_together(together, 7) == 7
    await database.close()
