"""PDFs as nobody wants them (bad-inputs B-103), one good one, and a picture."""

import struct
import zlib
from collections.abc import Sequence


def pdf(objects: Sequence[bytes], trailer: bytes = b"") -> bytes:
    """A PDF of these objects, numbered from 1; the first is its catalogue."""
    out, places = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<</Size %d/Root 1 0 R%s>>\n" % (
        len(objects) + 1, table, len(objects) + 1, trailer
    ) + b"startxref\n%d\n%%%%EOF\n" % len(out)  # fmt: skip


def stream(data: bytes, keys: bytes = b"") -> bytes:
    return b"<</Length %d%s>>\nstream\n%s\nendstream" % (len(data), keys, data)


_CATALOGUE = b"<</Type/Catalog/Pages 2 0 R>>"


def page(content: bytes, *more: bytes, box: str = "0 0 200 100", resources: bytes = b"") -> bytes:
    """One page with this content; `more` are objects from number 5."""
    leaf = b"<</Type/Page/Parent 2 0 R/MediaBox[%s]/Contents 4 0 R/Resources<<%s>>>>"
    tree = b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
    return pdf([_CATALOGUE, tree, leaf % (box.encode(), resources), stream(content), *more])


def forms(depth: int, width: int) -> bytes:
    """A form that draws the next one `width` times, and so on: width ** depth rectangles."""
    objects = [
        stream(
            b"/F%d Do " % (n + 1) * width if n < depth - 1 else b"0 0 9 9 re f",
            b"/Type/XObject/Subtype/Form/BBox[0 0 200 100]/Resources<</XObject<</F%d %d 0 R>>>>"
            % (n + 1, n + 6),
        )
        for n in range(depth)
    ]
    return page(b"/F0 Do", *objects, resources=b"/XObject<</F0 5 0 R>>")


GOOD = page(b"1 0 0 rg 0 0 100 100 re f")
_MANY = b"<</Type/Pages/Kids[%s]/Count 10000>>" % b" ".join([b"3 0 R"] * 10_000)
_LEAF = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>"
_RING = b"<</Type/Pages/Kids[2 0 R]/Count 1>>"
_LOCK = b"/Encrypt<</Filter/Standard/V 1/R 2/O(%s)/U(%s)/P -4>>/ID[(a)(a)]" % (b"o" * 32, b"u" * 32)

# What becomes of each when its page 1 is asked for; None: a page, whatever is on it.
HOSTILE: dict[str, tuple[bytes, str | None]] = {
    "nothing": (b"", "pdf.damaged"),
    "no PDF": (b"<html><script>alert(1)</script>", "pdf.damaged"),
    "cut off": (GOOD[:100], "pdf.damaged"),
    "a table that points nowhere": (GOOD.replace(b"00000 n", b"99999 n"), None),
    "locked": (pdf([_CATALOGUE, _RING, _LEAF], _LOCK), "pdf.encrypted"),
    "10,000 pages": (pdf([_CATALOGUE, _MANY, _LEAF]), "pdf.too_many_pages"),
    "a tree that is a ring": (pdf([_CATALOGUE, _RING]), "pdf.damaged"),
    "a page of 20,000 points": (page(b"0 0 9 9 re f", box="0 0 20000 20000"), None),
    "a page without a size": (page(b"0 0 9 9 re f", box="0 0 0 0"), None),
    "a page of a billion points": (page(b"0 0 9 9 re f", box="0 0 1e9 1"), None),
    "a form that draws itself": (forms(1, 1).replace(b"0 0 9 9 re f", b"/F1 Do /F1 D").replace(
        b"/F1 6 0 R", b"/F1 5 0 R"), None),
    "a picture that says it is huge": (
        page(b"/I Do", stream(b"x", b"/Type/XObject/Subtype/Image/Width 60000/Height 60000"
                                    b"/ColorSpace/DeviceRGB/BitsPerComponent 8"),
             resources=b"/XObject<</I 5 0 R>>"), None),
    "an action and a link": (
        GOOD.replace(b"/Type/Catalog", b"/OpenAction<</S/URI/URI(http://example.org)>>/Type/Catalog"),
        None),
}  # fmt: skip


def png(width: int = 4, height: int = 2, *, declared: tuple[int, int] | None = None) -> bytes:
    """A red picture; `declared` is what its header says instead of the truth."""
    rows = (b"\0" + b"\xff\0\0" * width) * height
    head = struct.pack(">IIBBBBB", *(declared or (width, height)), 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts
    )
