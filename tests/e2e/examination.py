"""Looks at a screen as axe does, and at its edges: on a phone and on a desk, in light and dark.

One story is played once; each of its screens is looked at in every way. What it is a screen of is
the tests' business.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final, Literal

from playwright.async_api import Page, ViewportSize, expect

from tests.e2e.people import DESKTOP, PHONE
from tests.e2e.server import ROOT

AXE: Final = ROOT / "web" / "client" / "node_modules" / "axe-core" / "axe.min.js"
RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SIZES: Final[dict[str, ViewportSize]] = {"phone": PHONE, "desktop": DESKTOP}
SCHEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")
SETTLED: Final = """async () => {
    const frame = () => new Promise((drawn) => requestAnimationFrame(drawn));
    const changing = () => document.getAnimations().some((one) => one instanceof CSSTransition);
    for (let quiet = 0; quiet < 3; quiet += 1) {
        await frame();
        if (changing()) quiet = -1;
    }
}"""
# In the dark only colours are others; all else was examined in the light.
IN_THE_DARK: Final = ["color-contrast", "link-in-text-block"]
RUN: Final = """async rules => (await axe.run(document, {runOnly: rules})).violations.map(
    ({id, nodes}) => `${id}: ${nodes.map(({html, failureSummary, any}) =>
        html.slice(0, 160) + " " + any.map(({message}) => message).join("; ")).join(" | ")}`)"""
# What one presses or reads first, and what hides its end; what scrolls hides nothing.
CUT_OFF: Final = """() => {
    const cut = [];
    const firm = ["hidden", "clip"];
    const ofOurs = "button, a[href], input, select, textarea, h1, h2, h3, [role=timer]";
    for (const one of document.querySelectorAll(ofOurs)) {
        const {left, right, width, height} = one.getBoundingClientRect();
        const shown = one.checkVisibility({visibilityProperty: true, opacityProperty: true});
        if (!shown || width < 2 || height < 2 || one.closest(".excalidraw")) continue;
        for (let box = one; box !== document.body; box = box.parentElement) {
            const {overflowX, position, clipPath} = getComputedStyle(box);
            if (clipPath !== "none" || position === "fixed") break;
            if (box === one) continue;
            if (overflowX === "auto" || overflowX === "scroll") break;
            const edge = box.getBoundingClientRect();
            if (firm.includes(overflowX) && (left < edge.left - 1 || right > edge.right + 1)) {
                cut.push(`cut off: ${one.outerHTML.slice(0, 120)} in ${box.className}`);
                break;
            }
        }
    }
    return cut;
}"""
BEYOND: Final = "document.documentElement.scrollWidth - innerWidth"


@dataclass(slots=True)
class Examination:
    """Remembers what was found on one screen after the other."""

    found: dict[str, list[str]] = field(default_factory=dict)

    async def of(self, screen: str, page: Page) -> None:
        """It has the size afterwards that it had before."""
        await expect(page.locator("h1").first).to_be_attached()
        if await page.evaluate("!window.axe"):
            await page.evaluate(AXE.read_text() + ";undefined")
        before = page.viewport_size
        assert before is not None
        # The size that it has last, so that it changes as seldom as can be.
        for name, size in sorted(SIZES.items(), key=lambda one: one[1] == before):
            await self._of(f"{screen}, {name}", page, size)
        await page.set_viewport_size(before)
        await page.evaluate(SETTLED)

    async def _of(self, view: str, page: Page, size: ViewportSize) -> None:
        await page.set_viewport_size(size)
        for scheme in SCHEMES:
            await page.emulate_media(color_scheme=scheme)
            await page.evaluate(SETTLED)
            rules = RULES if scheme == "light" else IN_THE_DARK
            findings: list[str] = await page.evaluate(RUN, rules)
            findings.extend(await page.evaluate(CUT_OFF))
            if (wide := await page.evaluate(BEYOND)) > 0:
                findings.append(f"{wide} pixels beyond the edge")
            if findings:
                self.found[f"{view}, {scheme}"] = findings


@asynccontextmanager
async def no_findings() -> AsyncIterator[Examination]:
    """Whatever was found is said in the end."""
    examination = Examination()
    yield examination
    assert not examination.found, "\n".join(
        f"{view}: {finding}" for view, found in examination.found.items() for finding in found
    )
