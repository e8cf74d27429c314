"""Names: what people are called is kept as typed, and nothing else is taken.

A row for every row of the list of bad inputs that concerns names; B-023 and B-029 are proved with
the lifecycle, B-017, B-026 and B-028 with the pages.
"""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions.events import Refused
from sessions.lookalikes import skeleton
from sessions.names import MAX_BYTES, MAX_CLUSTERS, Name, clean_name


def code_of(given: object) -> str | None:
    refusal: Refused | None = None
    try:
        clean_name(given, "first_name")
    except Refused as refused:
        refusal = refused
    if refusal is None:
        return None
    assert (refusal.field, refusal.facts) == ("first_name", {})  # no echo of what was typed
    assert str(refusal) == refusal.code
    return refusal.code


KEPT = {
    "B-005": ["Müller", unicodedata.normalize("NFD", "Müller")],
    "B-007": ["Weiß", "ẞ", "STRAẞE", "ĳ", "ﬁnn"],
    "B-008": [
        "Zoë-Maria d’Arc", "O'Connor", "von der Heyde", "Núñez", "Đặng", "Łukasz", "Øystein",
        "J. R. R.", "St. John", "Jean‑Luc", "Gal·la", "’t Hooft", "X Æ A", "Y", "D'", "ʻIolani",
    ],
    "B-008, other scripts": [
        "محمد", "李小龍", "Олександр", "Αθηνά", "นรินทร์", "김철수", "יוֹסֵף", "ვახტანგ", "አበበ",
        "Գառնիկ", "たかはし", "ﷺ", "𠀀", "ᎤᎾᎵ", "ญาดา",
    ],
    "B-011": ["می\u200cخواهم", "क्\u200dष", "නි\u200dමල්", "മാത്യൂ", "ر\u200dه"],
    "B-022": [
        "Beraterski", "Supportová", "Adminová", "Systemko", "Rater", "Root",
        "Bader", "Beran", "Server", "Admira",
    ],
    "three marks": ["a\u0316\u0317\u0318", "Q\u0316\u0317\u0318"],
}  # fmt: skip

REFUSED: dict[str, dict[str, list[object]]] = {
    "name.required": {"B-001": ["", None]},
    "name.empty": {
        "B-002": [
            " ", "\u00a0", "\u200b", "\u3164", "\u2800", "\u115f\u1160", "\u3000\t\n",
            "\ufeff \u2060", "\u00ad", "\u200d", "\ufe0f", "\u034f", "\u17b4",
        ],
        "no letter": ["-", "'.'", "’", "·"],
    },
    "name.control": {
        "B-010": [
            f"Max{chr(control)}retsum"
            for control in (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x61C)
        ],
        "B-011": [
            "Max\u200bMuster", "Max\ufeff", "Max\u2060M", "M\u200dax", "M\u200cax", "Max\u200d",
            "\u200dMax", "म\u200d", "م\u200ca", "م\u200c\u200cم", "م\u200dक",
            "م\u200d م",
        ],
        "controls": [
            "Max\x00", "Max\nMuster", "Max\r\nBcc x", "M\tM", "a\x1b", "a\x7fb",
            "a\u0085b", "a\u2028b", "a\u2029b",
        ],
        "unseen": ["Ma\u00adx", "a\u3164b", "Max\ufe0f", "Ma\u034fx", "ᠠ\u180b", "か\U000e0100"],
    },
    "name.chars": {
        "B-013": [
            "👩‍👩‍👧‍👦", "🇩🇪", "1️⃣", "Max\U000e0041", "Max 🎉", "❤️", "☺", "a\u20e3",
            "🏴\U000e0067\U000e007f",
        ],
        "B-014": ["R2D2", "١٢", "Max²", "Karl Ⅳ", "①", "Max५"],
        "B-019": ["＜script＞", "<script>alert(1)</script>", "＇", "a＂", "﹤b﹥"],
        "B-020": [
            "Robert'); DROP TABLE", "' OR 1=1--", "a;b", "a\\b", "a/b", "${x}", "{{x}}", "%s",
            "a%00",
        ],
        "formulas and addresses": ["=cmd", "+1", "@SUM", "a@example.com", "a_b", "Max,", "a&b"],
        "unassigned and private": ["a\ue000", "a\u0378", "\U0010ffff", "a\ufdd0"],
        "marks": ["Z\u0316\u0317\u0318\u0319a", "\u0301Max", "Max \u0301", "a-\u0301b"],
    },
    "name.too_long": {"B-004": ["a" * (MAX_CLUSTERS + 1), "a" * 10_000, "a" * 2**20, "𠀀" * 61]},
    "name.reserved": {
        "B-022": [
            "Berater Müller", "Support", "ADMIN", "System", "Versicherung AG", "Веrаter",
            "System-Berater", "Ｓｕｐｐｏｒｔ", "B\u0301era\u0301ter", "SΥSTEM", "ѕуѕтем", "Admln",
            "Adrnin", "АDMІN", "Kundenberaterin", "Ihre Versicherung", "B.e.r.a.t.e.r",
            "S u p p o r t", "’Support’", "ᎪᎠᎷІN", "ѕυррοrt", "ВЕRАТЕR", "𝐒𝐮𝐩𝐩𝐨𝐫𝐭", "ꜱᴜᴘᴘᴏʀᴛ",
            "Administrator", "Moderator", "Kundenservice", "ſupport",
        ],
    },
    "name.type": {"B-025": [["a", "b"], {"a": 1}, 7, 7.5, True, False, 0, b"Max", ("a",)]},
    "text.encoding": {"B-016": ["\ud800", "Max\udfff", "\udc00 "]},
}  # fmt: skip


@pytest.mark.parametrize(
    ("row", "name"), [(row, name) for row, names in KEPT.items() for name in names]
)
def test_names_stay_as_typed(row: str, name: str) -> None:
    assert clean_name(name, "first_name") == unicodedata.normalize("NFC", name)


@pytest.mark.parametrize(
    ("code", "given"),
    [
        pytest.param(code, given, id=f"{row} {ascii(given)[:30]}")
        for code, rows in REFUSED.items()
        for row, values in rows.items()
        for given in values
    ],
)
def test_what_is_no_name_is_refused_with_its_code(code: str, given: object) -> None:
    assert code_of(given) == code


def test_composed_and_decomposed_are_one_name() -> None:
    """B-005: stored identical, the same length shown."""
    nfc, nfd = (unicodedata.normalize(form, "Müller") for form in ("NFC", "NFD"))
    assert nfc != nfd
    assert clean_name(nfd, "last_name") == clean_name(nfc, "last_name") == nfc
    assert code_of(unicodedata.normalize("NFD", "ü" * MAX_CLUSTERS)) is None


def test_spaces_around_go_and_inner_ones_become_one() -> None:
    assert clean_name(" \tAnna\u00a0 \u2003 Lena\n ", "first_name") == "Anna Lena"


@pytest.mark.parametrize("base", ["a", "ä", "a\u0323\u0302", "漢", "Q\u0307"])
def test_the_limit_is_what_people_see(base: str) -> None:
    """B-004: at the limit, one above, a thousand times above."""
    assert code_of(base * MAX_CLUSTERS) is None
    assert code_of(base * (MAX_CLUSTERS + 1)) == "name.too_long"
    assert code_of(base * MAX_CLUSTERS * 1_000) == "name.too_long"


def test_the_limit_in_bytes() -> None:
    four = "𠀀"
    assert code_of(four * (MAX_BYTES // 4)) is None
    three_marks = "a\u0316\u0317\u0318"  # seven bytes in one cluster
    assert code_of(three_marks * (MAX_BYTES // 7)) is None
    assert code_of(three_marks * (MAX_BYTES // 7 + 1)) == "name.too_long"


@given(st.text(max_size=80) | st.text("aй'’-. \u0301\u200d\u200cمक्", max_size=80))
def test_what_is_kept_is_stable_and_harmless(text: str) -> None:
    try:
        kept = clean_name(text, "first_name")
    except Refused:
        return
    assert clean_name(kept, "first_name") == kept
    assert unicodedata.is_normalized("NFC", kept)
    assert len(kept.encode()) <= MAX_BYTES
    assert kept == kept.strip()
    assert any(character.isalpha() for character in kept)
    categories = {unicodedata.category(one) for one in kept if one not in "\u200c\u200d"}
    assert categories <= {"Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Zs", "Po", "Pd", "Pf"}


@given(st.text(max_size=40), st.text(max_size=40))
def test_a_packed_name_unpacks(first: str, last: str) -> None:
    first, last = first.replace("\n", ""), last.replace("\n", "")
    name = Name(first, last)
    assert Name.unpacked(name.packed()) == name


def test_a_skeleton_sees_through_lookalikes_and_is_stable() -> None:
    words = ("Веrаter", "BERATER", "bérater", "ΒΕRΑΤΕR")
    assert {skeleton(word) for word in words} == {skeleton("berater")}
    assert skeleton("Weber") != skeleton("Berater")


@given(st.text(max_size=40))
def test_a_skeleton_has_a_skeleton(text: str) -> None:
    assert isinstance(skeleton(skeleton(text)), str)
