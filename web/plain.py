"""HTML of ours as plain text with every word in it: what is archived of a page that was shown.

A block is a line or more, and an empty line stands between two. Headings begin with `#` signs,
items of a list with a dash; where a link leads stands behind its words.
"""

from functools import lru_cache
from html.parser import HTMLParser
from typing import Final

_MARKS: Final = {"h1": "# ", "h2": "## ", "summary": "### ", "li": "- "}
_BLOCKS: Final = frozenset({*_MARKS, "p", "address", "article", "details", "ul"})


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.blocks: list[str] = []
        self._mark = self._text = ""
        self._links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BLOCKS:
            self.end()
            self._mark = _MARKS.get(tag, "")
        elif tag == "br":
            self._text += "\0"
        elif tag == "a":
            self._links.append(dict(attrs).get("href") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS:
            self.end()
        elif tag == "a" and self._links:
            link = self._links.pop()
            self._text += f" ({link})" if link.startswith(("https://", "http://")) else ""

    def handle_data(self, data: str) -> None:
        self._text += data

    def end(self) -> None:
        lines = [" ".join(line.split()) for line in self._text.split("\0")]
        if text := "\n".join(line for line in lines if line):
            self.blocks.append(self._mark + text)
        self._mark = self._text = ""


@lru_cache(maxsize=8)  # a house has one statement in each language
def plain(html: str) -> str:
    """The text of a piece of HTML from one of our templates."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    reader.end()
    return "\n\n".join(reader.blocks)
