"""The unit tests of administering accounts, over PostgreSQL."""

import asyncio

from sessions.accounts import Accounts
from sessions.database import Database
from sessions.events import Role
from sessions.personnel import Personnel
from tests.unit.sessions.test_personnel import *  # noqa: F403
from tests.unit.sessions.test_personnel import somebody


async def test_of_two_on_two_nodes_who_lock_each_other_one_stays(
    database: Database, other_database: Database, accounts: Accounts
) -> None:
    """OB-01: each on its own connections, at the same moment."""
    pair = [await somebody(accounts, Role.ADMIN, side) for side in "ab"]
    nodes = [Personnel(one) for one in (database, other_database)]
    for _ in range(20):
        results = await asyncio.gather(
            *(node.lock(one.id) for node, one in zip(nodes, pair, strict=True)),
            return_exceptions=True,
        )
        assert sorted(map(str, results)) == ["True", "account.last"]
        for one in pair:
            await nodes[0].unlock(one.id)
