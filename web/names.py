"""What may stand in a name field: letters of every script, and what real names need beside them.

A name is text and nothing more: it identifies nobody and grants nothing. What was typed is kept
as typed (NFC, single spaces); the skeleton serves only to recognise reserved words.
"""

import unicodedata
from typing import Final

from sessions.events import Refused

MAX_CLUSTERS: Final = 60
MAX_BYTES: Final = 240
_MAX_MARKS: Final = 3
_PUNCTUATION: Final = frozenset("'’ʼ-‐‑.·")
_JOINERS: Final = frozenset("\u200c\u200d")
# Letters by category that show nothing: Hangul and half-width fillers.
_BLANK_LETTERS: Final = frozenset("\u115f\u1160\u3164\uffa0")
_BLANK: Final = _BLANK_LETTERS | frozenset("\u2800\u200b\u2060\ufeff\u00ad") | _JOINERS
_HIDDEN: Final = frozenset({"Cc", "Cs", "Co", "Cn", "Cf", "Zl", "Zp"})
# Scripts whose spelling needs the joiners (RFC 5892, appendix A.1 and A.2).
_JOINING: Final = (
    "ARABIC", "SYRIAC", "NKO", "MONGOLIAN", "DEVANAGARI", "BENGALI", "GURMUKHI", "GUJARATI",
    "ORIYA", "TAMIL", "TELUGU", "KANNADA", "MALAYALAM", "SINHALA", "KHMER", "MYANMAR", "TIBETAN",
)  # fmt: skip
_RESERVED: Final = frozenset(
    {
        "admin", "administrator", "advisor", "berater", "beraterin", "beratung", "kundendienst",
        "kundenservice", "mitarbeiter", "mitarbeiterin", "moderator", "operator", "support",
        "system", "versicherung",
    }
)  # fmt: skip
# Cyrillic and Greek letters that look like Latin ones.
_LOOKALIKES: Final = str.maketrans(
    "авекмнорстухіјѕԁɡһӏαβεικνορτυχ", "abekmhopctyxijsdghlabeikvoptux"
)


def clean_name(given: str, field: str) -> str:
    """The name as it is kept. Raises Refused("name.…") for the field."""
    if not given:
        raise Refused("name.required", field=field)
    if len(given.encode()) > MAX_BYTES * 4:
        raise Refused("name.long", field=field)  # before any work on it
    text = unicodedata.normalize("NFC", given)
    if all(character.isspace() or character in _BLANK for character in text):
        raise Refused("name.empty", field=field)
    words = "".join(" " if _is_space(one) else one for one in text).split(" ")
    text = " ".join(word for word in words if word)  # each run of spaces is one
    for at, character in enumerate(text):
        if problem := _problem(text, at, character):
            raise Refused(problem, field=field)
    _check_as_a_whole(text, field)
    return text


def skeleton(text: str) -> str:
    """What a name looks like at a glance; for recognising words, never for identity."""
    plain = unicodedata.normalize("NFKC", text).casefold().translate(_LOOKALIKES)
    return "".join(one for one in unicodedata.normalize("NFD", plain) if not _is_mark(one))


def _check_as_a_whole(text: str, field: str) -> None:
    if not any(unicodedata.category(one).startswith("L") for one in text):
        raise Refused("name.empty", field=field)
    bases = sum(1 for one in text if not _is_mark(one) and one not in _JOINERS)
    if bases > MAX_CLUSTERS or len(text.encode()) > MAX_BYTES:
        raise Refused("name.long", field=field)
    if any(word.strip(".'’-") in _RESERVED for word in skeleton(text).replace("-", " ").split()):
        raise Refused("name.reserved", field=field)


def _problem(text: str, at: int, character: str) -> str | None:
    """The code of what is wrong with one character where it stands."""
    if character == " " or character in _PUNCTUATION:
        return None
    if character in _JOINERS:
        return None if _joins(text, at) else "name.control"
    category = unicodedata.category(character)
    if _is_mark(character):
        run = text[max(0, at - _MAX_MARKS) : at + 1]
        piled_up = len(run) > _MAX_MARKS and all(map(_is_mark, run))
        return "name.marks" if at == 0 or piled_up else None
    if category.startswith("L") and character not in _BLANK_LETTERS:
        return None
    if 0xE0000 <= ord(character) <= 0xE007F:
        return "name.chars"  # tags, a part of some flags
    return "name.control" if category in _HIDDEN else "name.chars"


def _joins(text: str, at: int) -> bool:
    sides = text[at - 1 : at] + text[at + 1 : at + 2]
    return len(sides) == 2 and all(unicodedata.name(one, "").startswith(_JOINING) for one in sides)


def _is_mark(character: str) -> bool:
    return unicodedata.category(character).startswith("M")


def _is_space(character: str) -> bool:
    """Spaces of every width; line breaks and tabs are controls and stay."""
    return unicodedata.category(character) == "Zs"
