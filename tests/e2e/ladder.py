"""The rungs by which two browsers reach each other, and how to tell on which one they are.

A rung is what routers let through, and what the platform then has to say of the way.
"""

import re
from dataclasses import dataclass
from typing import Any, Final

from playwright.async_api import BrowserContext, Page

from tests.e2e.media import eventually
from tests.e2e.people import word
from tests.patience import PATIENCE_SECONDS


@dataclass(frozen=True, slots=True)
class Rung:
    """`home` and `office`: rules of tests/networks.py."""

    name: str
    home: str
    office: str
    paths: tuple[str, ...]  # one of them, as the platform says it
    relayed: bool

    def said(self, where: str) -> re.Pattern[str]:
        """The words for it, in the console or at the ops board."""
        words = [re.escape(word(f"{where}.path.{path}")) for path in self.paths]
        return re.compile("|".join(words))


RUNGS: Final = (
    Rung("direct", "open", "open", ("direct",), relayed=False),
    Rung("NAT on both sides", "nat", "nat", ("direct",), relayed=False),
    Rung("NAT that cannot be crossed", "symmetric", "symmetric", ("turn-udp",), relayed=True),
    # TCP is what browsers prefer, and TLS what they take where its answer was first.
    Rung("UDP blocked", "no-udp", "no-udp", ("turn-tcp", "turn-tls"), relayed=True),
    # Here the office is reached by the home's relay, and does not know how the home got there.
    Rung("only 443/TCP open at home", "443", "nat", ("turn-tls",), relayed=True),
    Rung("only 443/TCP open", "443", "443", ("turn-tls",), relayed=True),
)
BRIEF: Final = RUNGS[:-1]

# What the browser says of the pair in use; the product's own judgement is not asked.
_PAIR: Final = """async () => {
    for (const connection of window.__probes.connections) {
        if (connection.connectionState !== "connected") continue;
        const stats = await connection.getStats();
        const transport = [...stats.values()].find(({type}) => type === "transport");
        const pair = stats.get(transport?.selectedCandidatePairId);
        if (!pair) continue;
        const local = stats.get(pair.localCandidateId);
        const remote = stats.get(pair.remoteCandidateId);
        return {local: local.candidateType, by: local.relayProtocol ?? null,
                remote: remote.candidateType, address: remote.address};
    }
    return null;
}"""


async def pair_of(page: Page) -> dict[str, Any]:
    """The candidates in use: `local`, `by` (the way to our own relay), `remote`, `address`."""

    async def read() -> dict[str, Any] | None:
        found: dict[str, Any] | None = await page.evaluate(_PAIR)
        return found

    found = await eventually(
        read, bool, within_seconds=PATIENCE_SECONDS, what="a pair of candidates"
    )
    assert found is not None
    return found


# Every address in a description or candidate that a page is given by the other side.
_WATCH: Final = r"""
const heard = (window.__heard = new Set());
const { addIceCandidate, setRemoteDescription } = RTCPeerConnection.prototype;
const note = (text) => {
  for (const [one] of text.matchAll(/\b\d+\.\d+\.\d+\.\d+\b/g)) heard.add(one);
};
RTCPeerConnection.prototype.addIceCandidate = function (given) {
  note(given?.candidate ?? "");
  return addIceCandidate.call(this, given);
};
RTCPeerConnection.prototype.setRemoteDescription = function (given) {
  note(given.sdp);
  return setRemoteDescription.call(this, given);
};
"""


async def watch_addresses(context: BrowserContext) -> None:
    """From the next page on, remember what `addresses_of` asks for."""
    await context.add_init_script(_WATCH)


async def addresses_of(page: Page) -> set[str]:
    """IPv4 addresses that this page has ever been told."""
    return set(await page.evaluate("[...window.__heard]"))


async def is_relayed(*pages: Page) -> bool:
    """Whether a relay stands between them, on whichever side."""
    pairs = [await pair_of(page) for page in pages]
    return any("relay" in (pair["local"], pair["remote"]) for pair in pairs)


async def settled(rung: Rung, *pages: Page) -> None:
    """Wait until they are on this rung: a browser may begin by another way, and find a better."""
    await eventually(
        lambda: is_relayed(*pages), lambda found: found is rung.relayed,
        within_seconds=PATIENCE_SECONDS, what=rung.name,
    )  # fmt: skip


async def ice_of(page: Page) -> str:
    """What this page's ICE calls itself; another word after each restart."""
    name: str = await page.evaluate("""async () => {
        const open = window.__probes.connections.filter(
            ({connectionState}) => connectionState !== "closed");
        const [sdp] = open.map(({localDescription}) => localDescription.sdp);
        return /a=ice-ufrag:(\\S+)/.exec(sdp)[1];
    }""")
    return name
