"""Names: what people are called is accepted as typed, and nothing else is."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions.events import Refused
from web.names import MAX_BYTES, MAX_CLUSTERS, clean_name, skeleton


def refusal_of(name: str) -> str | None:
    try:
        clean_name(name, "first_name")
    except Refused as refused:
        return f"{refused.code} of another field" if refused.field != "first_name" else refused.code
    return None


@pytest.mark.parametrize(
    "name",
    [
        "Zoë-Maria d’Arc", "O'Connor", "von der Heyde", "Núñez", "Đặng", "Łukasz", "Øystein",
        "Weiß", "STRAẞE", "ĳsbrand", "ﬁnn", "Müller", "محمد", "李小龍", "Олександр", "Αθηνά",
        "नरेन्द्र", "ญาดา", "María-José", "St. John", "J. R. R.", "김철수", "ﷺ",
        "می\u200cخواهم", "क्\u200dष",
    ],
)  # fmt: skip
def test_names_of_all_scripts_stay_as_typed(name: str) -> None:
    """B-007, B-008, B-011."""
    assert clean_name(name, "first_name") == unicodedata.normalize("NFC", name)


def test_composed_and_decomposed_are_one_name() -> None:
    """B-005."""
    nfc, nfd = (unicodedata.normalize(form, "Müller") for form in ("NFC", "NFD"))
    assert nfc != nfd
    assert clean_name(nfd, "last_name") == clean_name(nfc, "last_name") == nfc


def test_spaces_become_one() -> None:
    assert clean_name("  Anna\u00a0 \u2003 Lena ", "first_name") == "Anna Lena"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "name.required"),
        ("   ", "name.empty"), ("\u00a0", "name.empty"), ("\u200b", "name.empty"),
        ("\u3164", "name.empty"), ("\u2800", "name.empty"), ("\u115f\u1160", "name.empty"),
        ("-", "name.empty"), ("'.'", "name.empty"),
        ("Max\u202eretsum", "name.control"), ("\u2066Max\u2069", "name.control"),
        ("Max\u200bMuster", "name.control"), ("Max\ufeff", "name.control"),
        ("Max\x00", "name.control"), ("Max\nMuster", "name.control"), ("Max\tM", "name.control"),
        ("Max\r\nBcc: x", "name.control"), ("\ue000Max", "name.control"),
        ("Max\u200d", "name.control"), ("M\u200dax", "name.control"), ("a\u3164b", "name.chars"),
        ("👩‍👩‍👧‍👦", "name.chars"), ("🇩🇪", "name.chars"), ("1️⃣", "name.chars"),
        ("Max\U000e0041", "name.chars"), ("Max 🎉", "name.chars"),
        ("R2D2", "name.chars"), ("١٢", "name.chars"), ("Max²", "name.chars"),
        ("＜script＞", "name.chars"), ("<script>alert</script>", "name.chars"),
        ("Robert'); DROP TABLE", "name.chars"), ("' OR 1=1--", "name.chars"),
        ("=cmd", "name.chars"), ("@SUM", "name.chars"), ("a@example.com", "name.chars"),
        ("Z̴̧̛̗͉a", "name.marks"), ("\u0301Max", "name.marks"),
        ("Berater Müller", "name.reserved"), ("Support", "name.reserved"),
        ("ADMIN", "name.reserved"), ("System-Berater", "name.reserved"),
        ("Веrаter", "name.reserved"), ("Ｓｕｐｐｏｒｔ", "name.reserved"),
        ("Versicherung AG", "name.reserved"), ("B\u0301era\u0301ter", "name.reserved"),
    ],
)  # fmt: skip
def test_what_is_no_name_is_refused_by_code(name: str, code: str) -> None:
    """B-001, B-002, B-010, B-011, B-013, B-014, B-019, B-020, B-022, AT-41."""
    assert refusal_of(name) == code


def test_the_length_is_counted_as_people_see_it() -> None:
    """B-004: at the limit, one more, and a thousand times more."""
    assert refusal_of("ä" * MAX_CLUSTERS) is None
    assert refusal_of("a\u0323\u0302" * MAX_CLUSTERS) is None
    assert refusal_of("a" * (MAX_CLUSTERS + 1)) == "name.long"
    assert refusal_of("a" * 10_000) == "name.long"
    assert refusal_of("a" * MAX_CLUSTERS * 1_000) == "name.long"
    assert refusal_of("漢" * MAX_CLUSTERS) is None
    assert refusal_of("𠀀" * (MAX_BYTES // 4 + 1)) == "name.long"


@given(st.text(max_size=80))
def test_whatever_is_accepted_is_stable_and_harmless(text: str) -> None:
    try:
        kept = clean_name(text, "first_name")
    except Refused:
        return
    assert clean_name(kept, "first_name") == kept
    assert unicodedata.is_normalized("NFC", kept)
    assert not set(kept) & set('<>"&;=@\\/\0\r\n\t\u202e\u2066')
    assert any(character.isalpha() for character in kept)


def test_a_skeleton_sees_through_lookalikes() -> None:
    assert skeleton("Веrаter") == skeleton("BERATER") == "berater"
