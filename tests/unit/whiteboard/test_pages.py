"""The board and its documents as files; hostile PDFs cost a code, never a hang (B-103, B-104)."""

import io
from collections.abc import Mapping

import pypdfium2
import pytest

from tests.unit.whiteboard.papers import GOOD, HOSTILE, forms, page, png
from tests.unit.whiteboard.scenes import made
from whiteboard.bounded import Failed, Worker
from whiteboard.pages import FORMATS, Format, board, document, documents, look_up
from whiteboard.scene import Scene, merge

FILE, PICTURE = "d" * 32, "e" * 32
AT = {"x": 0, "y": 0, "width": 200, "height": 100}


def laid(*numbers: int) -> Scene:
    """Pages of a document one below the other, each in its frame."""
    elements = []
    for n in numbers:
        at = {**AT, "y": n * 150}
        elements.append(made(id=f"f{n}", type="frame", name=f"Seite {n}", **at))
        elements.append(made(id=f"p{n}", type="image", fileId=f"{FILE}-{n}", frameId=f"f{n}", **at))
    return merge({}, elements)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_document_costs_a_code_and_no_more(name: str) -> None:
    data, code = HOSTILE[name]
    shown = look_up(list(laid(1).values()), {FILE: data})
    assert shown.problems.get(f"{FILE}-1") == code
    assert (f"{FILE}-1" in shown.pictures) is (code is None)


def test_what_never_ends_is_killed() -> None:
    with Worker(["draw", "1"], seconds=1, megabytes=4_000) as worker:
        worker.give(forms(depth=12, width=40))
        with pytest.raises(Failed) as failed:
            worker.record()
    assert failed.value.why == "too_slow"


def test_what_grows_gets_no_memory() -> None:
    with Worker(["draw", "1"], seconds=20, megabytes=1) as worker:
        worker.give(page(b"0 0 9 9 re f", box="0 0 2000 2000"))
        with pytest.raises(Failed) as failed:
            worker.record()
    assert failed.value.why == "too_large"


def test_a_page_that_fails_costs_only_itself() -> None:
    shown = look_up(list(laid(1, 7).values()), {FILE: GOOD})
    assert shown.problems == {f"{FILE}-7": "pdf.damaged"}
    assert [*shown.pictures] == [f"{FILE}-1"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (None, "file.missing"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "picture.unreadable"),
        (png(declared=(65_535, 65_535)), "picture.unreadable"),
        (b"\xff\xd8\xff", "picture.unreadable"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "picture.unreadable"),
        (png(), None),
    ],
)
def test_a_picture_is_known_by_its_bytes_and_bounded_before_it_is_decoded(
    data: bytes | None, code: str | None
) -> None:
    elements = [made(id="p", type="image", fileId=PICTURE)]
    files: Mapping[str, bytes] = {} if data is None else {PICTURE: data}
    assert look_up(elements, files).problems.get(PICTURE) == code


def test_a_document_comes_back_page_by_page_with_what_was_drawn_on_it() -> None:
    bar = made(id="bar", x=0, y=320, width=60, height=20, backgroundColor="#00ff00", index="a1")
    elsewhere = made(id="other", x=0, y=300, width=200, height=100, backgroundColor="#0000ff",
                     frameId="f1", index="a2")  # fmt: skip
    two = GOOD.replace(b"/Kids[3 0 R]/Count 1", b"/Kids[3 0 R 3 0 R]/Count 2")
    scene = merge(laid(2, 1), [bar, elsewhere])
    made_pdf = document(scene, FILE, {FILE: two}, title="Angebot")
    read = pypdfium2.PdfDocument(made_pdf.data)
    assert made_pdf.problems == {}
    assert [read.get_page_size(n) for n in range(len(read))] == [(200, 100), (200, 100)]
    red, green, white = (255, 0, 0), (0, 255, 0), (255, 255, 255)
    assert [colour(read, 0, 30, 30), colour(read, 0, 150, 30)] == [red, white]
    assert [colour(read, 1, 30, 30), colour(read, 1, 80, 30)] == [green, red]
    assert read.get_metadata_dict()["Title"] == "Angebot"
    assert documents(scene) == [FILE]
    with pytest.raises(KeyError):
        document(scene, PICTURE, {})


def colour(read: pypdfium2.PdfDocument, page_number: int, x: int, y: int) -> tuple[int, ...]:
    bitmap = read[page_number].render(rev_byteorder=True)
    at = y * bitmap.stride + x * bitmap.n_channels
    return tuple(bytes(bitmap.buffer)[at : at + 3])


def test_many_pages_are_joined() -> None:
    many = page(b"").replace(b"/Kids[3 0 R]/Count 1", b"/Kids[%s]/Count 9" % (b"3 0 R " * 9))
    made_pdf = document(laid(*range(1, 10)), FILE, {FILE: many})
    assert len(pypdfium2.PdfDocument(made_pdf.data)) == 9


EVERY_SCRIPT = (
    "Grüße Привет 你好 שלום مرحبا हिन्दी ไทย 👩‍👩‍👧 \U00012345 \x00\x07\ufffe "
    '#read("/etc/passwd") *a*'
)


@pytest.mark.parametrize("format", FORMATS)
def test_the_board_is_drawn_in_every_script_and_stays_text(format: Format) -> None:
    text = made(id="t", type="text", text=EVERY_SCRIPT, width=600, height=25)
    file = board(merge(laid(1), [text]), {FILE: GOOD}, format, title=EVERY_SCRIPT)
    start = {"pdf": b"%PDF-", "svg": b"<svg ", "png": b"\x89PNG"}[format]
    assert file.data.startswith(start)
    assert file.problems == {}
    if format == "pdf":
        read = pypdfium2.PdfDocument(io.BytesIO(file.data))
        assert '#read("/etc/passwd") *a*' in read[0].get_textpage().get_text_range()


@pytest.mark.parametrize("format", FORMATS)
def test_an_empty_board_and_a_boundless_one_are_files_too(format: Format) -> None:
    far = [made(id="a", x=-1_000_000, y=-1_000_000), made(id="b", x=1_000_000, width=1_000_000)]
    for scene in ({}, merge({}, far)):
        assert board(scene, {}, format).data
