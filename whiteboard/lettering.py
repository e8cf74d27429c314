"""Text of the board as SVG: one line after the other, where the browser that wrote it put them.

The fonts of the reader are not those of the writer: each line is given the width that it had.
"""

import re
import unicodedata
from typing import Final
from xml.sax.saxutils import escape

from whiteboard.elements import Element
from whiteboard.shapes import number

# Ours first; then what systems have; typst brings the last ones along.
FAMILIES: Final = {
    3: "'Cascadia Code', 'DejaVu Sans Mono', monospace",
    8: "'Comic Shanns', 'DejaVu Sans Mono', monospace",
}
_SANS: Final = (
    "Nunito, Inter, 'Noto Sans', 'Liberation Sans', 'DejaVu Sans', 'Libertinus Serif', sans-serif"
)
# Ascender and descender in parts of the em, as Excalidraw knows them.
_METRICS: Final = {
    1: (0.886, -0.374), 2: (0.77, -0.23), 3: (0.928, -0.234), 5: (0.886, -0.374),
    6: (1.011, -0.353), 7: (0.923, -0.22), 8: (0.75, -0.25), 9: (0.905, -0.212),
}  # fmt: skip
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NARROW = frozenset("fijlrt.,:;'!|()[]{}I1/\\`-\" ")
_JOINED = frozenset(("R", "AL", "AN", "BN"))
_BROAD = frozenset("mwMW@%&—…")


def xml(text: str) -> str:
    """Text for XML: no markup, no character that XML does not know."""
    return escape(_FORBIDDEN.sub("\ufffd", text), {'"': "&quot;"})


def family(font: int) -> str:
    return FAMILIES.get(font, _SANS)


def advance(line: str) -> float:
    """About how wide a line is, in ems: only ever compared with another line's."""
    return sum(map(_width, line))


def _width(char: str) -> float:
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    if unicodedata.east_asian_width(char) in "WF":
        return 1
    if char in _NARROW:
        return 0.3
    return 0.85 if char in _BROAD else 0.65 if char.isupper() else 0.53


def text(element: Element) -> str:
    """The lines of a text element. Each is isolated, so that none turns its neighbour around."""
    size = element["fontSize"]
    line_height = size * element["lineHeight"]
    ascent, descent = _METRICS.get(element["fontFamily"], (0.886, -0.374))
    base = size * ascent + (line_height - size * (ascent - descent)) / 2
    lines = element["text"].replace("\r\n", "\n").replace("\t", "    ").split("\n")
    widest = max(map(advance, lines))
    x, anchor = {"left": (0, "start"), "center": (element["width"] / 2, "middle"),
                 "right": (element["width"], "end")}[element["textAlign"]]  # fmt: skip
    drawn = [
        f'<text x="{number(x)}" y="{number(n * line_height + base)}"'
        f"{_fitted(element, line, widest)}>{xml(line)}</text>"
        for n, line in enumerate(lines)
        if line.strip()
    ]
    return (
        f'<g font-family="{family(element["fontFamily"])}" font-size="{number(size)}"'
        f' text-anchor="{anchor}" fill="{element["strokeColor"]}" stroke="none"'
        f' xml:space="preserve" unicode-bidi="isolate">{"".join(drawn)}</g>'
    )


def _fitted(element: Element, line: str, widest: float) -> str:
    """A box that grew with its text is as wide as the longest line was: so is the line here.

    Not where letters join or run from right to left, which stretching would tear apart, nor where
    the box says something else than the text.
    """
    width = element["width"] * advance(line) / (widest or 1)
    guess = element["fontSize"] * advance(line)
    if not element["autoResize"] or not 0.6 * guess < width < 1.6 * guess or not _plain(line):
        return ""
    return f' textLength="{number(width)}" lengthAdjust="spacingAndGlyphs"'


def _plain(line: str) -> bool:
    return all(
        unicodedata.category(char)[0] != "M" and unicodedata.bidirectional(char) not in _JOINED
        for char in line
    )
