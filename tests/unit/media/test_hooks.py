"""What we use of aiortc and aioice that nobody promised: look here first after an upgrade."""

import inspect

from aioice import ice
from aiortc import RTCPeerConnection

from media import connection, guard
from tests.unit.media.ends import pair


def test_what_is_replaced_is_still_there() -> None:
    """Else ours would be called by nobody, and everything would seem well."""
    assert list(inspect.signature(guard._received).parameters) == ["self", "data", "addr"]
    assert ice.StunProtocol.datagram_received in (guard._received, guard.guarded)
    assert inspect.iscoroutinefunction(vars(RTCPeerConnection)["_RTCPeerConnection__connect"])


async def test_what_is_looked_at_is_still_there() -> None:
    async with pair() as (one, other):
        for end in (one, other):
            assert connection._transports(end._pc) != []
            assert end.path == "direct"
            assert end._pair().state is ice.CandidatePair.State.SUCCEEDED
    assert one.broken.is_set()
