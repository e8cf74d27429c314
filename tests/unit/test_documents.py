"""The documents say what the code does: generated tables, links, modules, size."""

import re

from tests.documents import ROOT, protocol

_LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")


def test_the_table_of_kinds_in_the_protocol_is_the_one_in_the_code() -> None:
    path, expected = protocol()
    assert path.read_text() == expected, "run: python -m tests.documents"


def test_every_link_in_the_documents_leads_somewhere() -> None:
    for document in ROOT.glob("*.md"):
        for target in _LINK.findall(document.read_text()):
            assert (ROOT / target).exists(), f"{document.name} links to {target}"
