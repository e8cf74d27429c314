"""A whole talk as somebody sees it who listens between the two: nothing that can be read."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.e2e.ladder import RUNGS
from tests.e2e.media import sees_and_hears
from tests.e2e.places import Places
from tests.e2e.shelf import Shelf, payload
from tests.e2e.test_ladder import arrive
from tests.e2e.traces import canary, traces
from tests.wiretap import listening


@pytest.fixture
async def lab(running: Places) -> AsyncIterator[Places]:
    """Everybody is out again afterwards."""
    yield running
    await running.close()


async def test_nothing_of_a_talk_can_be_read_on_its_way(lab: Places) -> None:
    """OB-08: every connection begins with TLS, every packet is STUN, DTLS or SRTP, and no name, no
    word and no file is seen in any of it, on the way to the relay as on the way from it."""
    first, last, said, content = (canary(one) for one in ("Vorna", "Nachna", "gesagt", "inhalt"))
    name = f"{canary('Polisse')}.txt"
    with listening(lab.networks.outside) as wire:
        prospect, advisor = await arrive(lab, RUNGS[2], (first, last))
        await advisor.accept(f"{first} {last}")
        await asyncio.gather(*(sees_and_hears(one.page) for one in (prospect, advisor)))
        await prospect.open_chat()
        await prospect.write(said)
        await advisor.open_chat()
        await advisor.sees_message(said)
        theirs = Shelf(prospect)
        await theirs.open_in_talk()
        await theirs.share(payload(name, content.encode() * 50, "text/plain"))
        await theirs.has(name)
        await prospect.hang_up()
    assert wire.open() == []
    kinds = wire.kinds()
    assert kinds["dtls"] >= 4  # both flights of the handshake, or there was none
    assert kinds["srtp"] > 50
    assert kinds["stun"] > 0
    assert sum(len(stream) for stream in wire.streams.values()) > 50_000
    words = (first, last, said, name, content)
    assert traces(words, {"the wire": wire.everything()}) == []
