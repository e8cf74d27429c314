"""Which server carries which name, as URLs and clusters say it."""

import pytest
from redis.asyncio.connection import SSLConnection

from signaling.redis_shards import addresses_in, is_cluster, options_of, owners_in


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("redis+cluster://a:1,b:2", [("a", 1), ("b", 2)]),
        ("rediss+cluster://user:p%40ss@a,[::1]:7", [("a", 6_379), ("::1", 7)]),
    ],
)
def test_the_servers_that_a_url_names(url: str, expected: list[tuple[str, int]]) -> None:
    assert addresses_in(url) == expected
    assert is_cluster(url)


def test_how_to_connect_comes_from_the_url_as_well() -> None:
    kind, options = options_of("rediss+cluster://visavis:p%40ss@a:1,b:2")
    assert kind is SSLConnection
    assert (options["username"], options["password"], options["host"]) == ("visavis", "p@ss", "a")
    assert not is_cluster("redis://a")


def test_a_cluster_says_who_owns_each_slot() -> None:
    """An empty address is that of whom was asked; what nobody owns has no line."""
    answer = [
        [0, 99, [b"10.0.0.1", 6_379, b"id"], [b"10.0.0.9", 6_379, b"replica"]],
        [200, 16_383, [b"", 7_000, b"id"]],
    ]
    owners = owners_in(answer, "10.0.0.2")
    assert (owners[0], owners[99]) == (("10.0.0.1", 6_379),) * 2
    assert owners[150] is None
    assert (owners[200], owners[-1]) == (("10.0.0.2", 7_000),) * 2
    assert len(owners) == 16_384
