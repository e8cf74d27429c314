"""Runs the faults at length: `python -m tests.faults --seeds 20 --operations 10000`."""

import argparse
import asyncio
import os
import sys
import tempfile
from pathlib import Path

from tests import postgres
from tests.faults.cluster import deployed
from tests.faults.scenario import FAULTS, Outcome, Phase, run
from tests.faults.talker import Took
from tests.servers import redis_in


def main() -> None:
    """Print a line for each seed, then the figures; fail if any promise was broken."""
    options = argparse.ArgumentParser(prog="python -m tests.faults")
    options.add_argument("--seeds", type=int, default=20)
    options.add_argument("--first", type=int, default=1)
    options.add_argument("--operations", type=int, default=10_000)
    options.add_argument("--talks", type=int, default=20)
    options.add_argument("--nodes", type=int, default=3)
    given = options.parse_args()
    outcomes = []
    with postgres.running() as server:
        for seed in range(given.first, given.first + given.seeds):
            outcome = asyncio.run(_one(server, seed, given))
            outcomes.append(outcome)
            print(_line(seed, outcome), flush=True)
    _summary(outcomes)
    sys.exit(any(outcome.violations for outcome in outcomes))


async def _one(server: postgres.Postgres, seed: int, given: argparse.Namespace) -> Outcome:
    with tempfile.TemporaryDirectory() as folder, redis_in(Path(folder)) as redis:
        async with deployed(Path(folder), server, redis, nodes=given.nodes) as cluster:
            return await run(cluster, operations=given.operations, talks=given.talks, seed=seed)


def _line(seed: int, outcome: Outcome) -> str:
    broken = "; ".join(f"{v.promise}: {v.where}" for v in outcome.violations[:3])
    return (
        f"seed {seed}: {outcome.operations:,} acked in {outcome.seconds:.0f} s, "
        f"{len(outcome.violations)} violations {broken}"
    )


def _summary(outcomes: list[Outcome]) -> None:
    acked = sum(outcome.operations for outcome in outcomes)
    violations = sum(len(outcome.violations) for outcome in outcomes)
    print(f"{acked:,} acked over {len(outcomes)} seeds, {violations} violations", end="; ")
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print(f"{'while':20} {'answers p50 / p99':>22} {'deliveries p50 / p95 / p99':>30}  ms")
    for name in ("", *(fault.__name__ for fault in FAULTS)):
        acks = _during(outcomes, name, [o.measured.acks for o in outcomes])
        ways = _during(outcomes, name, [o.measured.ways for o in outcomes])
        answers, deliveries = _ms(acks, 0.5, 0.99), _ms(ways, 0.5, 0.95, 0.99)
        print(f"{name or 'all is well':20} {answers:>22} {deliveries:>30}")
    absences = [took.seconds for o in outcomes for took in o.measured.absences]
    print(f"until in again after a cut: {_ms(absences, 0.5, 0.95, 0.99)} ms p50 / p95 / p99")


def _during(outcomes: list[Outcome], name: str, told: list[list[Took]]) -> list[float]:
    """What began while this fault lasted; without a name, while none did."""
    return [
        took.seconds
        for outcome, tooks in zip(outcomes, told, strict=True)
        for took in tooks
        if _fault_at(outcome.faults, took.began) == name
    ]


def _fault_at(phases: list[Phase], moment: float) -> str:
    return next((p.name for p in phases if p.began <= moment <= p.ended), "")


def _ms(seconds: list[float], *shares: float) -> str:
    ordered = sorted(seconds)
    if not ordered:
        return "-"
    return " / ".join(
        f"{ordered[int((len(ordered) - 1) * share)] * 1_000:,.0f}" for share in shares
    )


if __name__ == "__main__":
    main()
