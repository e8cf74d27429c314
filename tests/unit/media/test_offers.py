"""Some hundreds of the offers of `tests.offers`: none crashes an end of ours or leaves anything."""

import logging

import pytest

from tests.offers import more, throw_many

OFFERS = 200


@pytest.mark.long
@pytest.mark.parametrize("seed", [1, 2])
async def test_no_offer_crashes_an_end_or_leaves_anything(
    seed: int, caplog: pytest.LogCaptureFixture
) -> None:
    """AT-76: answered or refused, and then tasks, threads, sockets and connections are gone."""
    caplog.set_level(logging.CRITICAL)
    ends, before, after = await throw_many(OFFERS, seed)
    assert ends["unseen"] == 0
    assert sum(ends.values()) == OFFERS
    assert ends["answered"] > OFFERS // 20  # else nothing got as far as it should
    assert ends["refused: parser"] > 0
    assert ends["live: connected"] > 0
    assert not more(before, after), (before, after)
