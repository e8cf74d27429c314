"""The words of notices: taken from what is shown, versioned by themselves, compared readably."""

import hashlib
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from sessions.notices import versions_in
from web.assets import Assets
from web.brand import SPECIAL, Brand, Contact, InTwoLanguages, RecordingPolicy
from web.differences import Block, blocks, changes, differences
from web.notices import NAMES, SENTENCES, Edition, editions
from web.plain import plain
from web.screens import Screens
from web.texts import load_texts

TEXTS = load_texts()


RECORDED = RecordingPolicy(
    assessment="DSFA-2026-014",
    approved=date(2026, 1, 15),
    review=date(2027, 1, 15),
    topics=("insurance",),
    purpose=InTwoLanguages(de="Nachweis der Beratung.", en="Proof of the advice."),
)


def edition(brand: Brand, language: str = "de") -> Edition:
    return editions(Screens.over(brand, Assets.read()), brand, TEXTS)[language]


def test_a_page_becomes_its_words_and_nothing_is_lost() -> None:
    page = (
        '<article class="notice"><h1>Eins &amp; alles</h1>\n<p>Ein  Satz.\n<a href="https://a.test">'
        'Mehr</a></p><address>A<br>B<br><a href="mailto:a@b.test">a@b.test</a></address><details>'
        "<summary>Liste</summary><ul><li>x</li><li>y</li></ul></details></article>"
    )
    assert plain(page).split("\n\n") == [
        "# Eins & alles", "Ein Satz. Mehr (https://a.test)", "A\nB\na@b.test", "### Liste",
        "- x", "- y",
    ]  # fmt: skip


def test_every_notice_has_the_hash_of_its_words_as_version() -> None:
    """OB-03, OB-50: one version for each text, brand and language; an edition lists them."""
    for language in TEXTS:
        one = edition(Brand(recording=RECORDED, special=SPECIAL), language)
        assert set(one.versions) == set(NAMES)
        for notice in one.notices:
            assert notice.version == hashlib.sha256(notice.text.encode()).hexdigest()
        listed = next(notice.text for notice in one.notices if notice.name == "edition")
        assert versions_in(listed) == one.versions
    assert edition(Brand(), "de").version != edition(Brand(), "en").version


def test_another_brand_is_another_version_of_what_it_changes_alone() -> None:
    """OB-50."""
    before = edition(Brand())
    officer = Contact(name="Dr. Neu", street="Kai 1", city="Kiel", email="n@n.test", phone="1")
    after = edition(Brand(protection_officer=officer))
    asked = {"recording", *SPECIAL} - {"health"}  # what nobody is asked here
    assert set(NAMES) - set(before.versions) == asked
    changed = {name for name in before.versions if before.versions[name] != after.versions[name]}
    assert changed == {"privacy"}
    assert before.version != after.version
    assert edition(Brand(protection_officer=officer)).version == after.version


def test_sentences_are_those_of_the_catalogs() -> None:
    said = {
        one.name: one.text for one in edition(Brand(recording=RECORDED, special=SPECIAL)).notices
    }
    terms = {"purpose": "Nachweis der Beratung.", "period": "30 Tage ab dem Ende des Gesprächs"}
    for name, keys in SENTENCES.items():
        assert said[name] == "\n\n".join(TEXTS["de"].t(key, **terms) for key in keys)


def old_of(found: list[Block]) -> str:
    return _text(found, "added")


def new_of(found: list[Block]) -> str:
    return _text(found, "removed")


def _text(found: list[Block], without: str) -> str:
    said = []
    for block in found:
        kept = [piece.text for piece in block.pieces if piece.what != without]
        if kept or not block.pieces:
            said.append((f"{block.mark} " if block.mark else "") + "".join(kept))
    return "\n\n".join(said)


words = st.lists(st.sampled_from(["Wir", "nutzen", "Daten", "drei", "Tage.", "Nichts"]), min_size=1)
paragraphs = st.builds(
    lambda mark, said: mark + " ".join(said), st.sampled_from(["", "# ", "## ", "- "]), words
)
texts = st.lists(paragraphs, min_size=1, max_size=8).map("\n\n".join)


@given(texts, texts)
def test_a_difference_holds_both_texts_word_by_word(old: str, new: str) -> None:
    """OB-50: whoever leaves out what is new reads the old text, and the other way round."""
    found = differences(old, new)
    assert old_of(found) == old
    assert new_of(found) == new
    assert any(block.changed for block in found) == (old != new)


def test_what_changed_is_shown_with_what_stands_beside_it() -> None:
    old = [f"Absatz {number}." for number in range(9)]
    new = [*old[:4], "Etwas anderes.", *old[5:]]
    found = changes(differences("\n\n".join(old), "\n\n".join(new)))
    said = [block and block.pieces[0].text for block in found]
    assert said == [None, "Absatz 3.", "Absatz 4.", "Etwas anderes.", "Absatz 5.", None]
    assert changes(blocks("\n\n".join(old))) == [None]


def test_a_changed_word_is_marked_and_its_paragraph_kept() -> None:
    old = "# Wie lange\n\nWir behalten ein Gespräch dreißig Tage lang."
    [head, paragraph] = differences(old, old.replace("dreißig", "zehn"))
    assert not head.changed
    assert [(piece.what, piece.text) for piece in paragraph.pieces] == [
        ("same", "Wir behalten ein Gespräch "), ("removed", "dreißig "), ("added", "zehn "),
        ("same", "Tage lang."),
    ]  # fmt: skip
    assert [block.mark for block in blocks(old)] == ["#", ""]
