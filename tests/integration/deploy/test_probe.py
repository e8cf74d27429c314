"""The probe by way of our TURN server, with credentials as a node gives them."""

from pathlib import Path

import pytest

from tests.integration.deploy.edge import certificate
from tests.integration.deploy.servers import TURN_SECRET, coturn
from tests.integration.web.test_probe import house, probed


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_sound_and_picture_come_by_the_relay(tmp_path: Path, transport: str) -> None:
    """Relays only: neither end says an address of its own, and the path says what was tried."""
    certificate(tmp_path)
    place, file = await house(tmp_path)
    # On a machine of its own it is reached by a public address: here loopback has to do.
    with coturn(tmp_path, without="denied-peer-ip=127", add=("allow-loopback-peers",)) as (port, _):
        place.environment |= {
            "VISAVIS_TURN_URLS": f"turn:127.0.0.1:{port}?transport={transport}",
            "VISAVIS_TURN_SECRET": TURN_SECRET,
            "VISAVIS_ICE_POLICY": "relay",
        }
        async with place.running("demo"):
            code, report = await probed(place, file)
    assert (code, report["reason"], report["path"]) == (0, None, f"turn-{transport}"), report
