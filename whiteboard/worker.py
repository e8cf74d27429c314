"""The child of `whiteboard.bounded`: draws pages of a PDF, or sets pages into a PDF or a picture.

Run as a process: `python -m whiteboard.worker SECONDS MEGABYTES TASK …`; it reads stdin to its end,
then writes records.
"""

import json
import math
import resource
import struct
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Final

_OUT_OF_MEMORY: Final = 9
_MAX_SIDE: Final = 2_200  # pixels of a page's longer side
_DPI: Final = 150

# Content comes in by sys.inputs alone and never becomes markup; nothing here reads a file.
_TYPST: Final = b"""
#let given = json(bytes(sys.inputs.pages))
#set document(title: sys.inputs.title, date: none)
#set text(lang: sys.inputs.lang)
#for (n, one) in given.enumerate() {
  set page(width: one.width * 1pt, height: one.height * 1pt, margin: 0pt)
  image(bytes(one.svg), format: "svg", width: 100%, height: 100%, alt: one.alt)
}
"""


def draw(data: bytes, numbers: str) -> Iterator[bytes]:
    """PNGs of the pages with these numbers (from 1, with commas), each after its width in points.

    A record begins with a byte: 0 for a page; 1 and a word if there is none.
    """
    import pypdfium2 as pdfium

    wanted = [int(number) for number in numbers.split(",")]
    try:
        document = pdfium.PdfDocument(data)
        count = len(document)
    except pdfium.PdfiumError as error:
        why = "encrypted" if "assword" in str(error) else "damaged"
        yield from (b"\1" + why.encode() for _ in wanted)
        return
    if count > 200:
        yield from (b"\1too_many_pages" for _ in wanted)
        return
    for number in wanted:
        try:
            yield b"\0" + _page(document[number - 1])
        except (pdfium.PdfiumError, IndexError, ValueError):
            yield b"\1damaged"


def _page(page: Any) -> bytes:
    width, height = page.get_size()
    scale = min(_DPI / 72, _MAX_SIDE / max(width, height, 1))
    bitmap = page.render(scale=scale, rev_byteorder=True, no_smoothtext=False)
    pixels, step = bytes(bitmap.buffer), bitmap.stride
    row = bitmap.width * bitmap.n_channels
    kind = {1: 0, 3: 2, 4: 6}[bitmap.n_channels]
    rows = b"".join(b"\0" + pixels[at : at + row] for at in range(0, step * bitmap.height, step))
    head = struct.pack(">IIBBBBB", bitmap.width, bitmap.height, 8, kind, 0, 0, 0)
    png = [(b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    chunks = (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in png
    )
    return struct.pack(">d", width) + b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def typeset(data: bytes, format: str, ppi: str) -> Iterator[bytes]:
    """One file of what is given as JSON: title, lang, pages of {svg, width, height, alt}."""
    import typst

    given = json.loads(data)
    inputs = {"title": given["title"], "lang": given["lang"], "pages": json.dumps(given["pages"])}
    with tempfile.TemporaryDirectory() as empty:
        only = Path(empty)  # there is nothing in it, and nothing else can be read
        yield typst.compile(  # type: ignore[call-overload]  # its stubs want all paths as bytes
            _TYPST,
            root=only,
            package_path=only,
            package_cache_path=only,
            sys_inputs=inputs,
            format=format,
            ppi=float(ppi),
        )


def join(data: bytes) -> Iterator[bytes]:
    """One PDF out of several of our own: each with its length before it."""
    import io

    import pypdfium2 as pdfium

    whole, at = pdfium.PdfDocument.new(), 0
    while at < len(data):
        end = at + 8 + int.from_bytes(data[at : at + 8], "big")
        whole.import_pages(pdfium.PdfDocument(data[at + 8 : end]))
        at = end
    out = io.BytesIO()
    whole.save(out)
    yield out.getvalue()


TASKS: Final[Mapping[str, tuple[Callable[..., Iterator[bytes]], str]]] = {
    "draw": (draw, "pypdfium2"),
    "typeset": (typeset, "typst"),
    "join": (join, "pypdfium2"),
}


def _allow(seconds: int) -> None:
    """So much work from now on, whatever was done before; then SIGXCPU ends the process."""
    most = math.ceil(time.process_time()) + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (most, resource.RLIM_INFINITY))


def main(seconds: str, megabytes: str, task: str, *options: str) -> None:
    """Work, with so much time for each record, and so much more memory than the tools take."""
    work, tool = TASKS[task]
    import_module(tool)
    data = sys.stdin.buffer.read()
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + int(megabytes) * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _allow(int(seconds))
    try:
        for record in work(data, *options):
            sys.stdout.buffer.write(len(record).to_bytes(8, "big") + record)
            sys.stdout.buffer.flush()
            _allow(int(seconds))
    except MemoryError:
        sys.exit(_OUT_OF_MEMORY)


if __name__ == "__main__":
    main(*sys.argv[1:])
