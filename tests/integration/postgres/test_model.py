"""Two nodes on PostgreSQL against the same model in memory that SQLite is held to.

Every step is done on the next node in turn, so that neither may rely on what it remembers.
"""

import itertools
from functools import partial

from tests.postgres import Postgres
from tests.unit.sessions.test_model import Sessions, run_model

_numbers = itertools.count(1)


def test_two_nodes_do_what_the_model_does(server: Postgres) -> None:
    class OnServer(Sessions):
        fresh = partial(lambda: server.databases(f"model{next(_numbers)}"))
        nodes = 2

    run_model(OnServer, examples=5)
