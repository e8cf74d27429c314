"""Contacts: the same one reads the same however it is written, and nothing else does."""

import pytest

from sessions.contacts import MAX_CONTACT, readings


@pytest.mark.parametrize(
    "alike",
    [
        ("erika.muster@example.com", " Erika.Muster@Example.COM ", "ERIKA.MUSTER@example.com"),
        ("e@bücher.example", "E@xn--bcher-kva.example"),
        ("0170 1234567", "+49 170 1234567", "0049 (0)170/123-4567", "0170-123.45.67"),
        ("+43 1 5880012", "0043 1 588 00 12"),
        (
            "Erika Muster, Musterstraße 1, 12345 Musterstadt",
            "Frau Dr. Erika Muster; Musterstr. 1; 12345 Musterstadt",
            "MUSTER, Erika - Muster Strasse 1 - 12345 MUSTERSTADT",
        ),
        ("Ute Müller, Gröpergasse 2a, 20457 Köln", "Mueller Ute, Groepergasse 2 A, 20457 Koeln"),
    ],
)
def test_the_same_reads_the_same(alike: tuple[str, ...]) -> None:
    """OB-42: whatever the house has noted and however the person wrote it."""
    assert set.intersection(*(set(readings(one)) for one in alike))


def test_another_contact_reads_otherwise() -> None:
    """OB-42: of two people in one house, or with one name, only one objected."""
    different = [
        "erika@example.com", "erika@example.org", "erik@example.com", "e.rika@example.com",
        "0170 1234567", "0170 1234568", "+43 170 1234567",
        "Erika Muster, Musterstraße 1, 12345 Musterstadt",
        "Emil Muster, Musterstraße 1, 12345 Musterstadt",
        "Erika Muster, Musterstraße 11, 12345 Musterstadt",
    ]  # fmt: skip
    assert len({tuple(readings(one)) for one in different}) == len(different)


def test_twelve_digits_are_a_receipt_or_a_telephone() -> None:
    assert {one.sort for one in readings("4917 0123 4567")} == {"receipt", "phone"}


@pytest.mark.parametrize(
    "nothing",
    [
        "", " ", "Erika Muster", "Musterstraße 1", "12345 Musterstadt", "Erika Muster, 12345 Ulm",
        "@", "a@b", "a@@b.example", "a b@example.com", "a@.example", f"a@{'x' * 70}.example",
        "1234", "+", "(0)", "0" * 30, "x" * (MAX_CONTACT + 1), "a@b.example\x00",
    ],
)  # fmt: skip
def test_what_reaches_nobody_reads_as_nothing(nothing: str) -> None:
    """OB-42: above all a name alone, which many people bear."""
    assert readings(nothing) == []
