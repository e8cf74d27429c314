"""The board as a file: all of it as PDF, SVG or PNG, and a document's pages with what is on them.

Pictures and documents come as bytes; whiteboard knows no keys and no blobs. What cannot be drawn
is a grey field in the file, and a code beside it.
"""

import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from whiteboard.bounded import Failed, Worker
from whiteboard.elements import Element
from whiteboard.pictures import Picture, picture
from whiteboard.render import Box, extent, file_ids, svg
from whiteboard.scene import Scene, ordered

Format = Literal["pdf", "svg", "png"]

FORMATS: Final[tuple[Format, ...]] = ("pdf", "svg", "png")
PAGE_SECONDS: Final = 10
PAGE_MEGABYTES: Final = 256
_SET_SECONDS: Final = 60
_SET_MEGABYTES: Final = 1_536
_MAX_FAILURES: Final = 3  # then the rest of a document is given up
_AT_ONCE: Final = 8  # pages that are set together
_MAX_POINTS: Final = 5_000  # of a PDF page's longer side
_MAX_PIXELS: Final = 8_000
_POINTS: Final = 0.75  # of a CSS pixel


@dataclass(frozen=True, slots=True)
class File:
    """A finished file, and why which of the files on the board could not be drawn into it."""

    data: bytes
    problems: Mapping[str, str]  # fileId of an element: code


@dataclass(frozen=True, slots=True)
class Shown:
    """The pictures of some elements by fileId, the widths of pages in points, what is missing."""

    pictures: dict[str, Picture]
    widths: dict[str, float]
    problems: dict[str, str]


def board(
    scene: Scene, files: Mapping[str, bytes], format: Format, *, title: str = "", lang: str = "de"
) -> File:
    """All of the board as one page. `files` are the shared pictures and PDFs by file id.

    Raises Failed if the board itself is too much.
    """
    elements = ordered(scene)
    shown = look_up(elements, files)
    box = extent(elements)
    drawing = svg(elements, shown.pictures, box)
    if format == "svg":
        return File(drawing.encode(), shown.problems)
    scale = min(_POINTS, _MAX_POINTS / max(box.width, box.height))
    page = _page(drawing, box.width * scale, box.height * scale, title)
    ppi = min(144, 72 * _MAX_PIXELS / (max(box.width, box.height) * scale))
    return File(_set([page], title, lang, format=format, ppi=ppi), shown.problems)


def document(
    scene: Scene, file: str, files: Mapping[str, bytes], *, title: str = "", lang: str = "de"
) -> File:
    """The pages of one shared PDF that lie on the board, in their order, with what is on them.

    Raises Failed; KeyError if none of its pages lies there.
    """
    elements = ordered(scene)
    leaves = sorted(
        (element for element in elements if _leaf_of(element, file)),
        key=lambda leaf: int(leaf["fileId"].partition("-")[2]),
    )
    if not leaves:
        raise KeyError(file)
    shown = look_up(elements, files)
    parts = []
    for start in range(0, len(leaves), _AT_ONCE):
        pages = [_leaf(leaf, elements, shown) for leaf in leaves[start : start + _AT_ONCE]]
        parts.append(_set(pages, title, lang, format="pdf", ppi=144))
    problems = {leaf["fileId"]: shown.problems[leaf["fileId"]] for leaf in leaves
                if leaf["fileId"] in shown.problems}  # fmt: skip
    return File(parts[0] if len(parts) == 1 else _join(parts), problems)


def documents(scene: Scene) -> list[str]:
    """The ids of the PDFs of which a page lies on the board."""
    ids = (id.partition("-") for id in file_ids(ordered(scene)))
    return list(dict.fromkeys(file for file, dash, _ in ids if dash))


def look_up(elements: Sequence[Element], files: Mapping[str, bytes]) -> Shown:
    """The pictures and pages that these elements show."""
    shown = Shown({}, {}, {})
    pages: dict[str, list[int]] = {}
    for id in file_ids(elements):
        file, dash, number = id.partition("-")
        if file not in files:
            shown.problems[id] = "file.missing"
        elif dash:
            pages.setdefault(file, []).append(int(number))
        elif found := picture(files[file]):
            shown.pictures[id] = found
        else:
            shown.problems[id] = "picture.unreadable"
    for file, numbers in pages.items():
        _draw(file, files[file], sorted(numbers), shown)
    return shown


def _draw(file: str, data: bytes, numbers: list[int], shown: Shown) -> None:
    """Pages of a PDF, drawn where it may do no harm; one that does costs only itself."""
    failures = 0
    while numbers:
        task = ["draw", ",".join(map(str, numbers))]
        with Worker(task, seconds=PAGE_SECONDS, megabytes=PAGE_MEGABYTES) as worker:
            worker.give(data)
            try:
                while numbers:
                    _take(f"{file}-{numbers[0]}", worker.record(), shown)
                    numbers.pop(0)
            except Failed as failed:
                failures += 1
                shown.problems[f"{file}-{numbers.pop(0)}"] = f"pdf.{failed.why}"
        if failures == _MAX_FAILURES:
            shown.problems.update({f"{file}-{number}": "pdf.damaged" for number in numbers})
            return


def _take(id: str, record: bytes, shown: Shown) -> None:
    if record[:1] == b"\1":
        shown.problems[id] = f"pdf.{record[1:].decode()}"
        return
    drawn = picture(record[9:])
    if drawn is None:
        shown.problems[id] = "pdf.damaged"
        return
    shown.pictures[id] = drawn
    (shown.widths[id],) = struct.unpack_from(">d", record, 1)


def _leaf_of(element: Element, file: str) -> bool:
    return element["type"] == "image" and str(element["fileId"]).startswith(f"{file}-")


def _leaf(leaf: Element, elements: Sequence[Element], shown: Shown) -> dict[str, Any]:
    """One page: what belongs to its frame, and what lies over it without belonging to another."""
    view = Box(leaf["x"], leaf["y"], max(leaf["width"], 1), max(leaf["height"], 1))
    own = [
        element
        for element in elements
        if element["type"] != "frame" and element["frameId"] in (None, leaf["frameId"])
    ]
    # As wide as in the document, and as high as the board has it then.
    width = shown.widths.get(leaf["fileId"], view.width * _POINTS)
    scale = min(width / view.width, _MAX_POINTS / max(view.width, view.height))
    number = leaf["fileId"].partition("-")[2]
    return _page(svg(own, shown.pictures, view), view.width * scale, view.height * scale, number)


def _page(drawing: str, width: float, height: float, alt: str) -> dict[str, Any]:
    return {"svg": drawing, "width": max(width, 1), "height": max(height, 1), "alt": alt}


def _set(
    pages: list[dict[str, Any]], title: str, lang: str, *, format: Format, ppi: float
) -> bytes:
    given = json.dumps({"title": title, "lang": lang, "pages": pages}).encode()
    return _whole(["typeset", format, str(ppi)], given)


def _join(parts: list[bytes]) -> bytes:
    return _whole(["join"], b"".join(len(part).to_bytes(8, "big") + part for part in parts))


def _whole(task: list[str], data: bytes) -> bytes:
    with Worker(task, seconds=_SET_SECONDS, megabytes=_SET_MEGABYTES) as worker:
        worker.give(data)
        return worker.record()
