"""A connection that is knocked at and knocks at nobody: no address the other end names is used.

It does not know what flows over it.
"""

import re
from dataclasses import replace

from media.connection import Connection, Reach

_CANDIDATES = re.compile(r"a=(candidate:|end-of-candidates)[^\r\n]*\r\n", re.ASCII)


class Doorstep(Connection):
    """An address of `reach` that is known by another outside is "outside/own"."""

    def __init__(self, reach: Reach) -> None:
        names = [address.partition("/") for address in reach.addresses]
        self._names = {own or said: said for said, _, own in names}
        super().__init__(replace(reach, addresses=tuple(self._names)))

    async def _answer_to(self, offer: str) -> str:
        """The answer, by the addresses by which those outside know ours. Raises ValueError."""
        await self._take(_CANDIDATES.sub("", offer), "offer")
        answer = await self._describe("answer")
        for own, said in self._names.items():
            answer = re.sub(rf"(?<= ){re.escape(own)}(?=[ \r])", said, answer)
        if "a=candidate:" not in answer:
            raise ValueError("nobody could reach this end")
        return answer
