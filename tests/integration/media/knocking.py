"""Somebody who is checked up: what a page of ours does with the far end, in Python."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from typing import NamedTuple

from media.checkup import Checkups
from media.connection import Connection, Reach
from tests.patience import PATIENCE_SECONDS

LOOPBACK = Reach(loopback=True)
_sessions = (f"{number:032x}" for number in count())


class Back(NamedTuple):
    """One packet that came back."""

    number: int
    came: int  # packets at the far end until then
    at_ms: int  # of its clock
    size: int


class Knocker(Connection):
    """One data channel, on which nothing is sent twice."""

    def __init__(self) -> None:
        super().__init__(LOOPBACK)
        self.open = asyncio.Event()
        self.back: list[Back] = []
        self.channel = self._pc.createDataChannel("checkup", ordered=False, maxRetransmits=0)
        self.channel.on("open", self.open.set)
        self.channel.on("message", self._heard)

    async def offer(self) -> str:
        return await self._describe("offer")

    @classmethod
    async def an_offer(cls) -> str:
        """Of somebody who is gone."""
        one = cls()
        try:
            return await one.offer()
        finally:
            await one.close()

    def send(self, number: int, size: int = 100) -> None:
        self.channel.send(struct.pack("!I", number).ljust(size, b"\0"))

    def _heard(self, packet: bytes) -> None:
        number, came, at_ms = struct.unpack_from("!III", packet)
        self.back.append(Back(number, came, at_ms, len(packet)))


def session() -> str:
    return next(_sessions)


@asynccontextmanager
async def knocked(checkups: Checkups) -> AsyncIterator[tuple[str, Knocker, str]]:
    """Somebody whose channel is open: their session, they, and what they were answered."""
    one, who = Knocker(), session()
    try:
        answer = await checkups.begin(who, await one.offer())
        await one.answered(answer)
        async with asyncio.timeout(PATIENCE_SECONDS):
            await one.open.wait()
        yield who, one, answer
    finally:
        await one.close()
        await checkups.stop(who)


async def sends_back(one: Knocker, packets: int = 20) -> None:
    """However many were lost, so many more come back."""
    before = len(one.back)
    for number in range(100_000):
        if len(one.back) >= before + packets:
            return
        one.send(number)
        await asyncio.sleep(0.01)
    raise AssertionError("nothing comes back")
