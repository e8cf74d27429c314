"""Examinations of what a node stands on: Python, files, keys, disk, databases, blobs, bus.

Each says what it found, good or bad. None changes anything.
"""

import asyncio
import os
import resource
import shutil
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final

from sessions import keyfile
from sessions.blobs import TROUBLE as STORE_TROUBLE
from sessions.blobs import Blobs
from sessions.clamd import Clamd
from sessions.condition import VOLATILE, Condition, examine, file_system_of
from sessions.migrations import Tree
from signaling import redis_condition
from web.findings import Finding, error, fine, warning
from web.settings import Settings

PYTHON_FLOOR: Final = (3, 11)
POSTGRES_FLOOR: Final = 150_000
FILES_FLOOR: Final = 4_096
FULL_PERCENT: Final = 85
TOO_FULL_PERCENT: Final = 95
SKEW_MS: Final = 1_000
BAD_SKEW_MS: Final = 5_000  # beyond it nodes refuse each other's messages; see parcels.py
SLOW_BUS_MS: Final = 50
_TREES: Final[tuple[Tree, ...]] = ("main", "keys")


async def python(settings: Settings) -> AsyncIterator[Finding]:
    found = ".".join(str(part) for part in sys.version_info[:3])
    old = sys.version_info < PYTHON_FLOOR
    yield (error if old else fine)("python.old" if old else "python.fine", found=found)


async def open_files(settings: Settings) -> AsyncIterator[Finding]:
    """One file per connection, and some."""
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    few = allowed < FILES_FLOOR
    say = warning if few else fine
    yield say("files.few" if few else "files.fine", allowed=allowed, wanted=FILES_FLOOR)


async def key_file(settings: Settings) -> AsyncIterator[Finding]:
    path = settings.master_keys
    if not path.exists():
        yield error("keys.missing", path=path)
        return
    try:
        versions = keyfile.load(path)
    except keyfile.UnsafeKeyFile as reason:
        yield error("keys.unsafe", reason=reason)
        return
    except OSError as reason:
        yield error("keys.unreadable", path=path, reason=reason.strerror)
        return
    yield fine("keys.fine", newest=max(versions))
    if _is_inside(path, _folders_of_data(settings)):
        yield warning("keys.beside_data", path=path)


async def disk(settings: Settings) -> AsyncIterator[Finding]:
    for folder in sorted({_there(one) for one in _folders_of_data(settings)}):
        _, used, free = shutil.disk_usage(folder)
        percent = round(100 * used / (used + free)) if used + free else 100
        say = warning if percent >= FULL_PERCENT else fine
        say = error if percent >= TOO_FULL_PERCENT else say
        code = "disk.fine" if say is fine else "disk.full"
        yield say(code, folder=folder, percent=percent)


async def databases(settings: Settings) -> AsyncIterator[Finding]:
    found: list[Condition] = []
    for tree, url in zip(_TREES, (settings.database, settings.key_store), strict=True):
        name = "visavis" if tree == "main" else "keys"
        try:
            condition = await asyncio.to_thread(examine, url, tree)
        except (ConnectionError, ValueError, OSError) as reason:
            yield error("database.unreachable", database=name, reason=reason)
            continue
        found.append(condition)
        findings = list(_judged(condition, name))
        for one in findings:
            yield one
        if not findings:
            yield fine("database.fine", database=name, kind=condition.kind)
    if len({one.identity for one in found}) < len(found):
        yield error("database.same")
    if any(not one.repaired for one in found):
        yield warning("sqlite.old", found=_dotted(found[0].version))


def _judged(found: Condition, name: str) -> Iterator[Finding]:
    if found.kind == "postgresql" and found.version < POSTGRES_FLOOR:
        yield error("database.version", database=name, found=found.version // 10_000)
    if found.schema != "current":
        yield error(f"database.schema_{found.schema}", database=name)
    if not found.writable:
        yield error("database.read_only", database=name)
    if not found.durable:
        yield error("database.not_durable", database=name)
    if not found.locks:
        yield error("database.unlocked", database=name)
    if found.mighty:
        yield warning("database.mighty", database=name)
    yield from _clock("PostgreSQL", found.clock_ahead_ms)


async def blobs(settings: Settings) -> AsyncIterator[Finding]:
    """A directory is looked at; a store is asked to keep something, and to forget it."""
    folder = settings.blobs_folder
    if folder is None:
        store = Blobs.open(settings.blobs, settings.blobs_access)
        try:
            await store.check()
        except STORE_TROUBLE as reason:
            yield error("blobs.unreachable", reason=type(reason).__name__)
        else:
            yield fine("blobs.fine", where=settings.blobs)
        return
    there = _there(folder)
    if not os.access(there, os.W_OK | os.X_OK):
        yield error("blobs.unreachable", reason=there)
    elif file_system_of(there) in VOLATILE:
        yield error("blobs.not_durable", folder=folder)
    else:
        yield fine("blobs.fine", where=folder)
    if not settings.on_files and not settings.blobs_url:
        yield warning("blobs.alone", folder=folder)


async def scanner(settings: Settings) -> AsyncIterator[Finding]:
    if settings.clamd_socket is None:
        return
    try:
        yield fine("scanner.fine", version=await Clamd(settings.clamd_socket).ping())
    except (OSError, TimeoutError) as reason:
        why = getattr(reason, "strerror", None) or type(reason).__name__
        yield error("scanner.unreachable", socket=settings.clamd_socket, reason=why)


async def bus(settings: Settings) -> AsyncIterator[Finding]:
    url = settings.redis_url
    if url is None:
        alone = all(one.startswith("sqlite") for one in (settings.database, settings.key_store))
        yield fine("bus.alone") if alone else warning("bus.missing")
        return
    try:
        found = await redis_condition.examine(url)
    except (ConnectionError, ValueError) as reason:
        yield error("bus.unreachable", reason=reason)
        return
    yield fine("bus.fine", ms=round(found.round_trip_ms, 1))
    if found.round_trip_ms > SLOW_BUS_MS:
        yield warning("bus.slow", ms=round(found.round_trip_ms), wanted=SLOW_BUS_MS)
    if found.user == "default":
        yield warning("bus.default_user")
    elif found.mighty:
        yield warning("bus.mighty", user=found.user)
    if found.persists:
        yield warning("bus.persists")
    if found.evicts:
        yield warning("bus.evicts")
    for one in _clock("Redis", found.clock_ahead_ms or 0.0):
        yield one


def _clock(whose: str, ahead_ms: float) -> Iterator[Finding]:
    if abs(ahead_ms) > SKEW_MS:
        say = error if abs(ahead_ms) > BAD_SKEW_MS else warning
        yield say("clock.skewed", whose=whose, seconds=round(ahead_ms / 1000, 1))


def _folders_of_data(settings: Settings) -> list[Path]:
    return [settings.data_dir.absolute(), *settings.folders]


def _is_inside(path: Path, folders: list[Path]) -> bool:
    real = Path(os.path.realpath(path))
    return any(real.is_relative_to(os.path.realpath(folder)) for folder in folders)


def _there(folder: Path) -> Path:
    return next(one for one in (folder, *folder.parents) if one.is_dir())


def _dotted(version: int) -> str:
    return f"{version // 1_000_000}.{version // 1_000 % 1_000}.{version % 1_000}"
