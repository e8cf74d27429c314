"""The unit tests of the log, over PostgreSQL."""

from tests.unit.sessions.test_log import *  # noqa: F403
from tests.unit.sessions.test_log import test_ten_thousand_races_have_one_winner_each

# A thousand, from two nodes, are in test_two_nodes.py.
del test_ten_thousand_races_have_one_winner_each
