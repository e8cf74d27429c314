"""What a node says of its bus: ready all the same, degraded on the board, counted for metrics."""

from typing import Any

import pytest

from tests.integration.bus.conftest import until
from tests.integration.web.conftest import MakeSite, databases, make_site
from tests.servers import RedisServer

__all__ = ["databases", "make_site"]


async def health_of_bus(operator: Any) -> dict[str, Any]:
    answer = await (await operator.get("/api/ops/health")).json()
    [check] = [one for one in answer["checks"] if one["name"] == "bus"]
    found: dict[str, Any] = check
    return found


@pytest.fixture
async def site(make_site: MakeSite, redis_server: RedisServer) -> Any:
    """A node that meets others over Redis."""
    made = await make_site(bus_url=redis_server.url)
    await until(lambda: not made.parts.bus.report().degraded)
    return made


async def test_a_bus_that_is_down_is_said_and_the_node_stays_ready(
    site: Any, redis_server: RedisServer
) -> None:
    """F-04: Redis down costs time, not messages; no balancer need take the node out."""
    operator = await site.operator()
    assert (await health_of_bus(operator))["state"] == "good"
    ready = await operator.get("/readyz")
    assert (ready.status, await ready.text()) == (200, "ready\n")
    redis_server.kill()
    await until(lambda: site.parts.bus.report().degraded)
    down = await health_of_bus(operator)
    assert (down["state"], down["detail"]) == ("watch", "unreachable")
    ready = await operator.get("/readyz")
    assert (ready.status, await ready.text()) == (200, "ready\nbus degraded\n")
    assert "visavis_bus_degraded 1.0" in await (await operator.get("/metrics")).text()
    assert (await site.visitor().start_call())["session"]
    redis_server.start()
    await until(lambda: not site.parts.bus.report().degraded)
    numbers = await (await operator.get("/metrics")).text()
    assert "visavis_bus_degraded 0.0" in numbers
    assert "visavis_bus_reconnects_total 1.0" in numbers
    for name in ("published", "received", "dropped", "unopened"):
        assert f"visavis_bus_{name}_total" in numbers
