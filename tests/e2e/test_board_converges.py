"""A short run of `python -m tests.board`: two hands at once, one scene."""

from tests.board.scenario import run
from tests.e2e.people import House


async def test_two_browsers_and_python_end_with_one_scene(house: House) -> None:
    """OB-10: both drew at random and were cut off; one scene in both and in the archive."""
    outcome = await run(house, operations=40, seed=2)
    assert len(outcome.hashes) == 1
    assert outcome.elements > 10
    assert outcome.cuts + outcome.reloads > 0
