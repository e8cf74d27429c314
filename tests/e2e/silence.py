"""How long a page hears nothing: the longest pause between packets of sound that arrive.

By the browser's own statistics, of whatever connections the page has; it knows no product.
"""

from typing import Final

from playwright.async_api import Page

# Statistics come with a delay of some 20 ms; a pause is measured between looks that saw more.
_WATCH: Final = """() => {
    const seen = (window.__silence = {longestMs: 0, lastAt: performance.now(), packets: new Map()});
    const look = async () => {
        if (window.__silence !== seen) return;
        let more = false;
        for (const connection of window.__probes.connections) {
            if (connection.connectionState === "closed") continue;
            for (const report of (await connection.getStats()).values()) {
                if (report.type !== "inbound-rtp" || report.kind !== "audio") continue;
                const key = window.__probes.connections.indexOf(connection) + report.id;
                more ||= report.packetsReceived > (seen.packets.get(key) ?? 0);
                seen.packets.set(key, report.packetsReceived);
            }
        }
        const now = performance.now();
        if (more) {
            seen.longestMs = Math.max(seen.longestMs, now - seen.lastAt);
            seen.lastAt = now;
        }
        setTimeout(look, 20);
    };
    void look();
}"""
_LONGEST: Final = """() => {
    const {longestMs, lastAt} = window.__silence;
    return Math.max(longestMs, performance.now() - lastAt);
}"""
_SINCE: Final = "() => performance.now() - window.__silence.lastAt"


async def watch_silence(page: Page) -> None:
    """From now on, while sound arrives."""
    await page.evaluate(_WATCH)


async def longest_silence_ms(page: Page) -> float:
    """Since `watch_silence`; counts the one that lasts."""
    longest: float = await page.evaluate(_LONGEST)
    return longest


async def silent_for_ms(page: Page) -> float:
    """Since the last packet of sound."""
    silent: float = await page.evaluate(_SINCE)
    return silent
