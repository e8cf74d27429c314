"""Lets two browsers draw at random: `python -m tests.board --seeds 20 --operations 1000`."""

import argparse
import asyncio
import os
import sys

from playwright.async_api import expect

from tests.board.scenario import Outcome, run
from tests.e2e.alone import house_alone
from tests.e2e.people import SLOW_CAMERA

expect.set_options(timeout=60_000)  # only ever waited out by a failure


def main() -> None:
    """Print a line for each seed; fail if any two saw different boards."""
    options = argparse.ArgumentParser(prog="python -m tests.board")
    options.add_argument("--seeds", type=int, default=20)
    options.add_argument("--first", type=int, default=1)
    options.add_argument("--operations", type=int, default=1_000)
    given = options.parse_args()
    sys.exit(asyncio.run(_all(range(given.first, given.first + given.seeds), given.operations)))


async def _all(seeds: range, operations: int) -> int:
    broken = 0
    for seed in seeds:
        async with house_alone(SLOW_CAMERA) as house:
            outcome = await run(house, operations=operations, seed=seed)
        broken += len(outcome.hashes) != 1
        print(_line(seed, outcome), flush=True)
    print(
        f"{broken} of {len(seeds)} broken; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    )
    return broken


def _line(seed: int, outcome: Outcome) -> str:
    verdict = "one scene" if len(outcome.hashes) == 1 else f"{len(outcome.hashes)} SCENES"
    return (
        f"seed {seed}: {verdict}; {outcome.operations:,} operations, {outcome.elements} elements "
        f"({outcome.seen} to be seen), {outcome.reloads} reloads, {outcome.cuts} times offline, "
        f"{outcome.seconds:.0f} s"
    )


if __name__ == "__main__":
    main()
