"""Offers that no browser makes, by the thousand: `python -m tests.offers --offers 10000`.

Each is thrown at an end of ours, with what follows from it; then it is counted what is left.
"""

import argparse
import asyncio
import gc
import json
import logging
import os
import random
import re
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

import aioice
import aiortc

from media.connection import Reach
from media.peer import Peer
from media.synthetic import Picture, Tone

LIVE_EVERY: Final = 30  # offers
LIVE_SECONDS: Final = 3.0
REACH: Final = Reach(loopback=True)
SWAPS: Final = (
    "", "0", "-1", "1", "99", "65536", "4294967296", "99999999999999999999", "x", "*", "%s", "\t",
    "a=mid:0", "m=audio 9 UDP/TLS/RTP/SAVPF 0", "m=video 9 UDP/TLS/RTP/SAVPF 96 97",
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "a=rtpmap:0 VP8/90000", "a=rtpmap:96 x/0",
    "a=fmtp:97 apt=x", "a=fmtp:97 apt=97", "a=group:BUNDLE 0 0 0 1 2 9", "a=setup:passive",
    "a=setup:active", "a=ice-lite", "a=sctp-port:0", "a=sctpmap:5000 x", "a=max-message-size:-1",
    "a=ssrc-group:FID 1", "a=ssrc:x y", "a=extmap:0 x", "a=extmap:999 urn:x", "a=rtcp:x",
    "a=candidate:1 1 udp 2130706431 127.0.0.1 9 typ host", "a=end-of-candidates", "a=inactive",
    "c=IN IP4 x", "c=IN IP6 ::1", "a=msid:-", "a=recvonly", "a=rtcp-fb:* x", "b=AS:0", "t=0 0",
)  # fmt: skip


class Left(NamedTuple):
    """What a process has of what a connection is made of."""

    tasks: int
    threads: int
    descriptors: int
    connections: int
    sockets: int


def left() -> Left:
    """As it is now, once nobody holds what nobody needs."""
    gc.collect()
    kinds = Counter(type(one) for one in gc.get_objects())
    return Left(
        len(asyncio.all_tasks()),
        sum(not one.name.startswith("asyncio_") for one in threading.enumerate()),  # the loop's own
        len(os.listdir("/proc/self/fd")),
        kinds[aiortc.RTCPeerConnection],
        kinds[aioice.ice.StunProtocol],
    )


async def good_offers() -> list[str]:
    """What may come: of an end of ours, and of Chromium (tests/vectors)."""
    peer = Peer(REACH, voice=Tone(10), picture=Picture(), expects=None)
    offers = [await peer.offer()]
    await peer.close()
    vectors = (Path(__file__).parent / "vectors" / "sdp.json").read_text()
    return offers + [one["sdp"] for one in json.loads(vectors) if "cleaned" in one]


def broken(offer: str, dice: random.Random, most: int = 6) -> str:
    """An offer after a few accidents."""
    lines = offer.split("\r\n")
    for _ in range(dice.randint(1, most)):
        at = dice.randrange(len(lines))
        match dice.randrange(7):
            case 0:
                lines.insert(at, dice.choice(SWAPS))
            case 1:
                lines[at] = dice.choice(SWAPS)
            case 2:
                del lines[at]
            case 3:
                lines.insert(at, lines[dice.randrange(len(lines))])
            case 4:  # another number
                lines[at] = re.sub(r"\d+", lambda _: dice.choice(SWAPS[:9]), lines[at], count=1)
            case 5:
                other = dice.randrange(len(lines))
                lines[at], lines[other] = lines[other], lines[at]
            case 6:
                cut = dice.randrange(len(lines[at]) + 1)
                lines[at] = lines[at][:cut] + dice.choice(SWAPS) + lines[at][cut + 1 :]
        if len(lines) < 2:
            break
    return "\r\n".join(line for line in lines if line) + "\r\n"


async def throw(offer: str, dice: random.Random) -> str:
    """Take one offer as anybody's, and let go. How it ended: anything but a crash."""
    peer = Peer(REACH, voice=Tone(14), picture=Picture(), expects=10)
    try:
        async with asyncio.timeout(30):
            door = f"127.0.0.1 {dice.randint(0, 70_000)}"
            mid, index = dice.choice(("0", "9", None)), dice.choice((0, 9, None))
            await peer.candidate(f"candidate:1 1 udp 1 {door} typ host", mid, index)
            await peer.answer(offer)
            if dice.random() < 0.3:
                await asyncio.sleep(0.01)
            peer.go_live()
        return "answered"
    except ValueError as error:
        return f"refused: {getattr(error, 'code', 'parser')}"
    finally:
        await peer.close()


async def throw_live(dice: random.Random) -> str:
    """The same with somebody at the other end, so that ICE, DTLS and media may begin."""
    one, other = (
        Peer(REACH, voice=Tone(periods), picture=Picture(), expects=None) for periods in (10, 14)
    )
    try:
        await one.answered(await other.answer(broken(await one.offer(), dice, 1)))
        with suppress(TimeoutError):
            async with asyncio.timeout(LIVE_SECONDS):
                await asyncio.gather(one.connected.wait(), other.connected.wait())
        for end in (one, other):
            end.go_live()
        await asyncio.sleep(dice.choice((0, 0.05)))
        return "live: connected" if other.connected.is_set() else "live: not connected"
    except ValueError:
        return "live: refused"
    finally:
        await asyncio.gather(one.close(), other.close())


async def throw_many(offers: int, seed: int) -> tuple[Counter[str], Left, Left]:
    """How they ended, and what was there before and after. "unseen" is what nobody caught."""
    dice = random.Random(seed)
    before, ends = left(), Counter[str]()
    loop = asyncio.get_running_loop()
    handler = loop.get_exception_handler()
    loop.set_exception_handler(lambda _loop, _context: ends.update(["unseen"]))
    good = await good_offers()
    for number in range(offers):
        live = number % LIVE_EVERY == 0
        thrown = throw_live(dice) if live else throw(broken(dice.choice(good), dice), dice)
        ends[await thrown] += 1
    patience = 100
    while more(before, after := left()) and patience:
        patience -= 1
        await asyncio.sleep(0.1)  # what was told to end ends by itself
    loop.set_exception_handler(handler)
    return ends, before, after


def more(before: Left, after: Left) -> bool:
    """Whether anything is left that was not there before."""
    return any(now > then for now, then in zip(after, before, strict=True))


def main() -> None:
    """Print how they ended; fail if anything is left."""
    options = argparse.ArgumentParser(prog="python -m tests.offers")
    options.add_argument("--offers", type=int, default=10_000)
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()
    logging.disable(logging.CRITICAL)
    began = time.monotonic()
    ends, before, after = asyncio.run(throw_many(given.offers, given.seed))
    for name, count in ends.most_common():
        print(f"{count:7,} {name}")
    print(f"before {before}\nafter  {after}\n{time.monotonic() - began:.0f} s")
    sys.exit(more(before, after) or ends["unseen"] > 0)


if __name__ == "__main__":
    main()
