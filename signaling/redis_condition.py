"""What a Redis or Valkey is like as a bus, for whoever looks after it: seen as a node sees it.

It judges nothing, and knows neither settings nor what the bus carries.
"""

import asyncio
import os
import time
from dataclasses import dataclass
from typing import Any, Final

from redis.asyncio import Redis
from redis.exceptions import NoPermissionError, RedisError, ResponseError

_PATIENCE_SECONDS: Final = 3.0


@dataclass(frozen=True, slots=True)
class BusCondition:
    """One server as it was found; None where this user may not ask."""

    user: str
    mighty: bool  # may change the configuration, as no node needs to
    persists: bool | None
    evicts: bool | None
    round_trip_ms: float
    clock_ahead_ms: float | None


async def examine(url: str) -> BusCondition:
    """Look at the server and say something to ourselves over it. Raises ConnectionError."""
    client = Redis.from_url(
        url, socket_connect_timeout=_PATIENCE_SECONDS, socket_timeout=_PATIENCE_SECONDS,
        decode_responses=True,
    )  # fmt: skip
    try:
        async with asyncio.timeout(2 * _PATIENCE_SECONDS):
            return await _examined(client)
    except (RedisError, OSError, TimeoutError) as reason:
        raise ConnectionError(str(reason) or type(reason).__name__) from None
    finally:
        await client.aclose()


async def _examined(client: Any) -> BusCondition:
    user = await _asked(client, "ACL", "WHOAMI")
    saves = await _asked(client, "CONFIG", "GET", "save")
    now = time.time()
    clock = await _asked(client, "TIME")
    persistence = await _info(client, "persistence")
    memory = await _info(client, "memory")
    return BusCondition(
        user=str(user or "default"),
        mighty=saves is not None,
        persists=_persists(persistence, saves),
        evicts=None if memory is None else _evicts(memory),
        round_trip_ms=await _round_trip_ms(client),
        clock_ahead_ms=None if clock is None else (_seconds(clock) - now) * 1000,
    )


def _persists(info: dict[str, str] | None, saves: Any) -> bool | None:
    """Appends, has saved, or is told to save now and then."""
    if info is None:
        return None
    kept = info.get("aof_enabled") == "1" or int(info.get("rdb_saves", "0")) > 0
    told = list(saves.values()) if isinstance(saves, dict) else list(saves or ())[1:]
    return kept or any(told)


def _evicts(info: dict[str, str]) -> bool:
    return info.get("maxmemory_policy", "noeviction") != "noeviction"


def _seconds(clock: Any) -> float:
    seconds, microseconds = clock
    return int(seconds) + int(microseconds) / 1_000_000


async def _asked(client: Any, *words: str) -> Any:
    """What Redis answers, None where this user may not ask."""
    try:
        return await client.execute_command(*words)
    except (NoPermissionError, ResponseError):
        return None


async def _info(client: Any, section: str) -> dict[str, str] | None:
    answer = await _asked(client, "INFO", section)
    if answer is None or isinstance(answer, dict):
        return None if answer is None else {key: str(value) for key, value in answer.items()}
    return dict(line.split(":", 1) for line in str(answer).splitlines() if ":" in line)


async def _round_trip_ms(client: Any) -> float:
    """Raises TimeoutError when what was published is not heard."""
    channel = f"visavis:{os.urandom(16).hex()}"
    async with client.pubsub() as ear:
        await ear.subscribe(channel)
        await ear.get_message(timeout=_PATIENCE_SECONDS)  # subscribed
        began = time.monotonic()
        await client.publish(channel, "heard?")
        message = await ear.get_message(timeout=_PATIENCE_SECONDS)
        if message is None or message["data"] != "heard?":
            raise TimeoutError("what is published is not heard")
        return (time.monotonic() - began) * 1000
