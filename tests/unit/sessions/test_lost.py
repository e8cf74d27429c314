"""Finding a session by day and name."""

import pytest

from sessions.database import Database
from sessions.keys import Keys
from sessions.lifecycle import Lifecycle, Name
from sessions.lost import Found, find_lost
from tests.unit.sessions.conftest import Now

NAMES = (
    Name("Zoë", "Núñez-Weiß"), Name("Jürgen", "Müller"), Name("Anna", "Müller"),
    Name("Annemarie", "Mueller"),
)  # fmt: skip


@pytest.fixture
async def began_ms(lifecycle: Lifecycle, now: Now) -> int:
    """People of one moment, and when it was."""
    for number, name in enumerate(NAMES):
        await lifecycle.start(
            name=name, topic="pension", language="de", request=f"request {number}".encode()
        )
    return now()


class Finder:
    def __init__(self, database: Database, keys: Keys, from_ms: int) -> None:
        self._database, self._keys = database, keys
        self.from_ms = from_ms

    async def __call__(self, name: str, later_ms: int = 0) -> list[Found]:
        """Within the second that begins so much later."""
        from_ms = self.from_ms + later_ms
        return await find_lost(
            self._database, self._keys, name=name, from_ms=from_ms, until_ms=from_ms + 1_000
        )


@pytest.fixture
def find(database: Database, keys: Keys, began_ms: int) -> Finder:
    return Finder(database, keys, began_ms)


@pytest.mark.parametrize(
    ("name", "many"),
    [
        ("Zoë Núñez-Weiß", 1), ("nunez weiss zoe", 1), ("WEISS", 1), ("Zoë Müller", 0),
        ("Müller", 3), ("mueller", 3), ("Muller", 2), ("Anna Müller", 1), ("Ann", 0),
        ("Jürgen  Mueller", 1), ("Juergen", 1), ("%", 0), ("", 0), ("' OR 1=1 --", 0),
    ],
)  # fmt: skip
async def test_every_word_is_one_of_theirs(find: Finder, name: str, many: int) -> None:
    """OB-36: however it is spelt on the keyboard of who asks; no part of a word finds anybody."""
    assert len(await find(name)) == many


async def test_only_those_of_the_time_and_no_name_with_them(find: Finder) -> None:
    """OB-36."""
    assert await find("Müller", -1_000) == []
    assert await find("Müller", 1) == []
    [one] = await find("Zoë")
    assert (one.began_ms, one.ended_ms, one.topic) == (find.from_ms, None, "pension")
    assert "Zoë" not in repr(one)


async def test_whose_key_is_gone_is_nobody_and_hides_nobody(find: Finder, keys: Keys) -> None:
    """OB-39: erased between the look at the rows and the look at the name."""
    [one] = await find("Jürgen")
    await keys.shred(one.session)
    assert await find("Jürgen") == []
    assert len(await find("Müller")) == 2
