"""Documents of processors: on file beside the brand, or the brand is refused, and says why."""

import hashlib
import tomllib
from pathlib import Path
from typing import Any

import pytest

from web.agreed import MOST_BYTES, with_documents
from web.brand import load_brand

BANK = Path(__file__).parents[3] / "deploy" / "brands" / "bank"


def written(folder: Path, **clauses: str) -> Path:
    """A brand with one processor abroad."""
    told = "".join(f'{name} = "{value}"\n' for name, value in clauses.items())
    file = folder / "brand.toml"
    file.write_text(f"""
[[processors]]
name = "Far Away Ltd"
service = "Night watch"
country = "IN"
activities = ["operation"]
contract = 2026-01-15
reviewed = 2026-02-01
next_review = 2027-02-01
transfer = "clauses"

[processors.clauses]
version = "2021/914"
module = 2
assessed = 2026-01-10
{told}""")
    return file


def test_what_was_agreed_is_read_and_hashed(tmp_path: Path) -> None:
    """OB-24: PDF and text, also in a folder of their own."""
    (tmp_path / "filed").mkdir()
    pdf, text = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", "Geprüft.".encode()
    (tmp_path / "filed" / "clauses.PDF").write_bytes(pdf)
    (tmp_path / "tia.txt").write_bytes(text)
    [one] = load_brand(
        written(tmp_path, agreed="filed/clauses.PDF", assessment="tia.txt")
    ).processors
    assert one.clauses is not None
    assert [(each.name, each.media, each.size, each.data) for each in one.clauses.documents] == [
        ("clauses.PDF", "application/pdf", len(pdf), pdf), ("tia.txt", "text/plain", 9, text),
    ]  # fmt: skip
    assert one.clauses.documents[0].sha256 == hashlib.sha256(pdf).hexdigest()
    assert not one.unfiled
    assert pdf.decode("latin-1") not in repr(one)


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("missing.pdf", None, "expected a file at missing.pdf"),
        ("folder.pdf", ..., "expected a file at folder.pdf"),
        ("clauses.docx", b"PK", "expected a file ending in .pdf or .txt"),
        ("clauses", b"x", "expected a file ending in .pdf or .txt"),
        ("empty.txt", b"", "expected 1 byte to 8 MiB"),
        ("large.txt", b"x" * (MOST_BYTES + 1), "expected 1 byte to 8 MiB"),
        ("page.pdf", b"<!doctype html><script>", "is not what its ending says"),
        ("latin.txt", "für".encode("latin-1"), "is not what its ending says"),
        ("binary.txt", b"a\0b", "is not what its ending says"),
    ],
)
def test_a_file_that_is_none_is_refused_with_its_name(
    tmp_path: Path, name: str, data: Any, said: str
) -> None:
    """OB-24: at the start, before anybody relies on it."""
    if data is ...:
        (tmp_path / name).mkdir()
    elif data is not None:
        (tmp_path / name).write_bytes(data)
    with pytest.raises(ValueError, match=r"assessment of Far Away Ltd: ") as raised:
        load_brand(written(tmp_path, assessment=name))
    assert said in str(raised.value)
    assert name in str(raised.value)
    assert str(tmp_path) not in str(raised.value)


def test_a_row_without_them_is_taken_and_flagged(tmp_path: Path) -> None:
    """OB-24."""
    [one] = load_brand(written(tmp_path)).processors
    assert one.unfiled


def test_what_is_no_list_of_processors_is_left_to_the_model(tmp_path: Path) -> None:
    listed: tuple[Any, ...] = ([], {"processors": 7}, {"processors": [7, {"clauses": "x"}]})
    for given in listed:
        assert with_documents(given, tmp_path) == given


def test_the_example_has_both_on_file() -> None:
    """OB-24."""
    [one] = load_brand(BANK / "brand.toml").processors
    [told] = tomllib.loads((BANK / "brand.toml").read_text())["processors"]
    assert one.clauses is not None
    assert [each.name for each in one.clauses.documents] == [
        told["clauses"][name] for name in ("agreed", "assessment")
    ]
    assert not one.unfiled
