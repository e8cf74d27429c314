"""Who may start a call just now, and for how much work. Talks that run come first.

It weighs numbers: the queue, the pace of starts, how late this node is. Of whoever asks it knows
only the bucket of their network.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Final

from sessions.events import Refused
from signaling.desk import DeskState
from web.clients import Buckets
from web.lag import Lag
from web.proofs import Effort, Proof, Proofs

_EVERYBODY: Final = "everybody"  # the one bucket of all starts on this node
_FRESH_SECONDS: Final = 0.5  # how old a look at the desk may be
_BUSY_SECONDS: Final = 0.4  # as late as this, a node takes no more starts; joins it still takes
_BUSY_RETRY_S: Final = 20
_FULL_RETRY_S: Final = 300
_LONGEST_RETRY_S: Final = 1_800

# From which share of a limit, or lateness of the loop in seconds, a start costs how much.
_STEPS: Final = ((0.8, 0.2, Effort.MUCH), (0.5, 0.1, Effort.SOME))

Look = Callable[[], Awaitable[DeskState]]
LookAt = Callable[[str | None], Awaitable[DeskState]]


class Admission:
    """The gate of the queue on this node."""

    def __init__(
        self,
        proofs: Proofs,
        buckets: Buckets,
        look: Look,
        look_at: LookAt,
        lag: Lag,
        *,
        queue_max: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`look`: at all who wait, whoever answers them; `look_at`: at the desk of one agency."""
        self.proofs = proofs
        self._buckets = buckets
        self._look = look
        self._look_at = look_at
        self._lag = lag
        self._queue_max = queue_max
        self._clock = clock
        self._looking = asyncio.Lock()
        self._desk = DeskState(open=False, free=0, waiting=0, expected_s=None)
        self._looked_at = float("-inf")
        self._glances: dict[str | None, tuple[float, DeskState]] = {}  # by agency, and when
        self._started_before_look = 0
        self._started = 0
        self._starting = 0

    async def glance(self, agency: str | None = None) -> DeskState:
        """The desk of an agency, or of the house, as it was half a second ago, or is: good enough
        for one in a crowd."""
        async with self._looking:
            looked_at, desk = self._glances.get(agency, (float("-inf"), self._desk))
            if self._clock() - looked_at >= _FRESH_SECONDS:
                desk = await self._look_at(agency)
                self._glances[agency] = (self._clock(), desk)
            return desk

    async def effort(self, client: str, least: Effort = Effort.LIGHT) -> Effort:
        """What a start from this network costs now, and at least."""
        await self._see()
        return max(least, self._effort(client))

    @contextlib.contextmanager
    def gate(
        self, client: str, proof: Proof | None, least: Effort = Effort.LIGHT
    ) -> Iterator[Callable[[], Awaitable[None]]]:
        """Yields what a start asks before it stores anything; whoever is in then counts as waiting.

        That raises Refused: desk.full, node.busy, proof.needed, or what `Proofs.check` raises.
        """
        entered = False

        async def enter() -> None:
            nonlocal entered
            await self._see()
            self._check(client, proof, least)
            self._starting += 1  # no await since the check
            entered = True

        try:
            yield enter
        finally:
            if entered:
                self._starting -= 1
                self._started += 1

    def _check(self, client: str, proof: Proof | None, least: Effort) -> None:
        if self._lag.seconds > _BUSY_SECONDS:
            raise Refused("node.busy", retry_s=_BUSY_RETRY_S)
        if self._waiting() >= self._queue_max:
            raise Refused("desk.full", retry_s=self._later_s())
        effort = max(least, self._effort(client))
        if proof is not None:
            self.proofs.check(proof, effort)
        elif effort > Effort.LIGHT:
            raise Refused("proof.needed")
        with contextlib.suppress(Refused):  # it measures the pace; it refuses nobody
            self._buckets.take("starts", _EVERYBODY)

    def _effort(self, client: str) -> Effort:
        share = max(
            self._waiting() / self._queue_max,
            self._buckets.used("call", client),
            self._buckets.used("starts", _EVERYBODY),
        )
        for from_share, from_seconds, effort in _STEPS:
            if share >= from_share or self._lag.seconds >= from_seconds:
                return effort
        return Effort.LIGHT

    def _waiting(self) -> int:
        return self._desk.waiting + self._started - self._started_before_look + self._starting

    def _later_s(self) -> int:
        """When it is worth trying again: as soon as the one who comes next would be answered."""
        expected_s = self._desk.expected_s
        return min(_LONGEST_RETRY_S, max(60, expected_s)) if expected_s else _FULL_RETRY_S

    async def _see(self) -> None:
        """Look at the desk, unless somebody just has: a burst is one look."""
        async with self._looking:
            if self._clock() - self._looked_at < _FRESH_SECONDS:
                return
            started = self._started
            self._desk = await self._look()
            self._started_before_look = started
            self._looked_at = self._clock()
