"""Commands that hand sessions to another house. Parses and prints."""

import csv
import io
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO

import click

from sessions.database import DatabaseInUse
from sessions.events import Refused, SessionId
from web import log
from web.cli_archive import write_new
from web.erasures import Eraser, eraser_of
from web.house import House, opened
from web.settings import Settings
from web.shell import plainly, run, settings_or_exit, who
from web.staff import OrderFailed
from web.transfer import Desk
from web.transfer_told import Line

_FILE = click.Path(path_type=Path, dir_okay=False)
_THERE = click.Path(path_type=Path, dir_okay=False, exists=True)


@click.group()
def transfer() -> None:
    """Hand sessions to another house, when a part of the company changes hands.

    Both houses tell each other their key first, by a way on which nobody can change it. Then: `out`
    here, `in` there, `done` here with what `in` acknowledged. Stop the nodes for it.
    """
    log.configure(level=logging.ERROR)


@transfer.command("key")
def transfer_key() -> None:
    """Print the key of this house."""
    with plainly():
        click.echo(run(_key(settings_or_exit())))


@transfer.command("out")
@click.argument("target", type=_FILE)
@click.option("--to", required=True, help="The key of the other house.")
@click.option("--topic", "topics", multiple=True, help="Only sessions of this topic; repeatable.")
@click.option("--all", "every", is_flag=True, help="Sessions of all topics.")
@click.option("--people", required=True, type=_FILE, help="Where to write whom to inform, as CSV.")
def transfer_out(target: Path, to: str, topics: tuple[str, ...], every: bool, people: Path) -> None:
    """Write sessions that are over to TARGET, sealed for the other house. Nothing is erased yet."""
    if bool(topics) == every:
        raise click.UsageError("expected either --topic or --all")
    for one in (target, people):
        if one.exists():
            raise click.ClickException(f"{one} is there already.")
    wanted = frozenset(topics) if topics else None
    with plainly():
        with open(target, "xb", opener=_private) as file:
            try:
                lines, staying = run(_out(settings_or_exit(), file, to, wanted))
            except OrderFailed:
                target.unlink()
                raise
        write_new(people, _table(lines))
    click.echo(f"{len(lines)} sessions in {target}.")
    if staying:
        click.echo(f"{staying} stay here: they go on, or are held or restricted.", err=True)


@transfer.command("in")
@click.argument("source", type=_THERE)
@click.option("--from", "sender", required=True, help="The key of the house that made it.")
@click.option("--acknowledge", required=True, type=_FILE, help="Where to write what they need.")
def transfer_in(source: Path, sender: str, acknowledge: Path) -> None:
    """Take sessions in. Once more changes nothing."""
    if acknowledge.exists():
        raise click.ClickException(f"{acknowledge} is there already.")
    with plainly():
        fresh, said = run(_in(settings_or_exit(), source, sender))
        write_new(acknowledge, said)
    click.echo(f"{fresh} sessions are new here.")


@transfer.command("done")
@click.argument("source", type=_THERE)
@click.argument("acknowledgement", type=_THERE)
@click.option("--by", required=True, help="The key of the house that acknowledged.")
@click.option("--yes", is_flag=True, help="Ask nothing.")
def transfer_done(source: Path, acknowledgement: Path, by: str, yes: bool) -> None:
    """Erase here what the other house has, object by object as it is here."""
    if not yes:
        click.confirm("What they have is erased here for good. Go on?", abort=True)
    with plainly():
        erased, left = run(_done(settings_or_exit(), source, acknowledgement, by))
    click.echo(f"{erased} erased.")
    if left:
        click.echo(f"{left} stay: they were not taken, or changed or held since.", err=True)


# ---- inside


@asynccontextmanager
async def _alone(settings: Settings) -> AsyncIterator[House]:
    try:
        async with opened(settings) as house:
            yield house
    except DatabaseInUse:
        raise OrderFailed("A node serves here: stop it for the transfer.") from None
    except ConnectionError as reason:
        raise OrderFailed(f"{str(reason).capitalize()}.") from None


async def _key(settings: Settings) -> str:
    async with _alone(settings) as house:
        return Desk(house, actor=who()).key


async def _out(
    settings: Settings, file: IO[bytes], to: str, topics: frozenset[str] | None
) -> tuple[list[Line], int]:
    async with _alone(settings) as house:
        return await Desk(house, actor=who()).hand_out(file, to, topics)


async def _in(settings: Settings, source: Path, sender: str) -> tuple[int, bytes]:
    async with _alone(settings) as house:
        return await Desk(house, actor=who()).take_in(source, sender)


async def _done(
    settings: Settings, source: Path, acknowledgement: Path, by: str
) -> tuple[int, int]:
    async with _alone(settings) as house:
        desk, eraser = Desk(house, actor=who()), eraser_of(settings, house)
        found, other = await desk.settled(source, acknowledgement.read_bytes(), by)
        erased = [await _erased(eraser, one) for one in found]
        return sum(erased), other + len(erased) - sum(erased)


async def _erased(eraser: Eraser, session: SessionId) -> bool:
    """Unless it is held meanwhile, or gone."""
    await eraser.audit.record(who(), "transfer done", session)
    try:
        await eraser.erasure.erase(session, cause="transfer")
    except (LookupError, Refused):
        return False
    return True


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _table(lines: list[Line]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(Line._fields)
    writer.writerows(lines)
    return out.getvalue().encode("utf-8-sig")
