"""The documents say what the code does: generated tables, links, modules, size."""

import re

from tests.documents import ROOT, made, with_part

_LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")


def test_what_is_made_from_the_code_is_as_the_code_says() -> None:
    for path, expected in made().items():
        assert path.read_text() == expected, f"{path.name}: run python -m tests.documents"


def test_the_architecture_can_be_read_in_one_go() -> None:
    """The table of modules is made, and looked up rather than read."""
    text = with_part((ROOT / "ARCHITECTURE.md").read_text(), "modules", "")
    assert len(text.splitlines()) <= 115


def test_every_link_in_the_documents_leads_somewhere() -> None:
    for document in ROOT.glob("*.md"):
        for target in _LINK.findall(document.read_text()):
            assert (ROOT / target).exists(), f"{document.name} links to {target}"
