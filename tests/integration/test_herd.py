"""Four hundred connections lost in one moment: all come back, and the node stays on its feet."""

from pathlib import Path

from tests.herd import herd, lost_and_back
from tests.patience import allowed


async def test_a_herd_comes_back_without_trampling_the_node(tmp_path: Path) -> None:
    """F-27: all are back within 45 s, and the node answers meanwhile. When most are: the bench."""
    async with herd(tmp_path) as pages:
        seen = await lost_and_back(pages)
    print(f"\n{seen}")
    assert seen.times[-1] <= allowed(45.0)
    assert seen.slowest_answer < allowed(2.0)
