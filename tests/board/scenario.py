"""One talk: both draw at once, and in the end there is one scene in both browsers and in Python."""

import asyncio
import random
import time
from dataclasses import dataclass

from tests.board.archive import folded
from tests.board.hands import Hand
from tests.e2e.media import eventually
from tests.e2e.people import House
from tests.patience import PATIENCE_SECONDS
from whiteboard.scene import ordered, scene_hash


@dataclass(frozen=True, slots=True)
class Outcome:
    """What it came to. Anything but one hash is a broken promise."""

    hashes: frozenset[str]
    elements: int
    seen: int
    operations: int
    reloads: int
    cuts: int
    seconds: float


async def run(house: House, *, operations: int, seed: int) -> Outcome:
    """`operations` by both together."""
    started = time.monotonic()
    advisor, prospect = await house.advisor(), await house.prospect()
    name = f"Anna Beispiel{chr(97 + seed % 26)}"
    await prospect.call(*name.split())
    await advisor.accept(name)
    for talker in (advisor, prospect):
        await talker.in_talk()
        await talker.button("talk.camera.off").click()  # pictures are not what this is about
    await advisor.button("board.open").click()
    dice = random.Random(seed)
    hands = [Hand(talker, random.Random(dice.random())) for talker in (advisor, prospect)]
    await asyncio.gather(*(_draw(hand, operations // 2) for hand in hands))
    for hand in hands:
        await hand.rest()
    hashes = {await _settled(hand) for hand in hands}
    fold = folded(house.server.data, prospect.session)
    return Outcome(
        frozenset({*hashes, scene_hash(fold.scene)}),
        len(fold.scene),
        len(ordered(fold.scene)),
        operations,
        sum(hand.reloads for hand in hands),
        sum(hand.cuts for hand in hands),
        time.monotonic() - started,
    )


async def _draw(hand: Hand, operations: int) -> None:
    await hand.be_patient()
    await hand.sit_down()
    for _ in range(operations):
        await hand.operate()


async def _settled(hand: Hand) -> str:
    """The hash that the page shows, once it is online and nothing is on its way."""
    seen: list[str | None] = []

    async def read() -> str | None:
        board = hand.board
        settled = await board.get_attribute("data-settled") == "true"
        seen.append(await board.get_attribute("data-scene") if settled else None)
        return seen[-1]

    def still(now: str | None) -> bool:
        return now is not None and len(seen) > 9 and set(seen[-10:]) == {now}

    found = await eventually(read, still, within_seconds=PATIENCE_SECONDS, what="settled")
    assert found
    return found
