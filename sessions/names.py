"""What may stand in a name field: letters of every script, and what real names need beside them.

A name is text and nothing more: it identifies nobody and grants nothing. It is kept as it was
typed (NFC, single spaces).
"""

import unicodedata
from dataclasses import dataclass
from typing import Final

from sessions.events import Refused
from sessions.lookalikes import skeleton, words_of

MAX_CLUSTERS: Final = 60
MAX_BYTES: Final = 240
_MAX_MARKS: Final = 3
_PUNCTUATION: Final = frozenset("'’-‐‑.·")
_JOINERS: Final = frozenset("\u200c\u200d")
# Letters and marks that show nothing: fillers, selectors, the grapheme joiner, Khmer's inherent
# vowels. Unicode calls them default ignorable.
_UNSEEN: Final = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0"
    + "".join(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
)
_BLANK: Final = _UNSEEN | _JOINERS | frozenset("\u00ad\u180e\u200b\u2060\u2800\ufeff")
_HIDDEN: Final = frozenset({"Cc", "Cf", "Zl", "Zp"})
_TAGS: Final = range(0xE0000, 0xE0080)  # parts of flags
# Scripts whose spelling needs the joiners (RFC 5892, appendix A.1 and A.2).
_JOINING: Final = frozenset(
    {
        "ARABIC", "SYRIAC", "NKO", "MONGOLIAN", "DEVANAGARI", "BENGALI", "GURMUKHI", "GUJARATI",
        "ORIYA", "TAMIL", "TELUGU", "KANNADA", "MALAYALAM", "SINHALA", "KHMER", "MYANMAR",
        "TIBETAN",
    }
)  # fmt: skip
_RESERVED: Final = frozenset(
    map(
        skeleton,
        (
            "admin", "administrator", "administratorin", "advisor", "adviser", "helpdesk",
            "hotline", "kundenservice", "mitarbeiter", "mitarbeiterin", "moderator", "moderatorin",
            "operator", "service", "support", "system", "visavis",
        ),
    )
)  # fmt: skip
# Also at the end of a longer word: Finanzberaterin, Lebensversicherung.
_RESERVED_ENDINGS: Final = tuple(
    map(
        skeleton,
        (
            "berater", "beraterin", "beratung", "kundendienst", "versicherung", "versicherungen",
        ),
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Name:
    """What a prospect typed."""

    first: str
    last: str

    @property
    def full(self) -> str:
        return f"{self.first} {self.last}".strip()

    def packed(self) -> str:
        """One text to seal; no name holds a line break."""
        return f"{self.first}\n{self.last}"

    @classmethod
    def unpacked(cls, text: str) -> "Name":
        first, _, last = text.partition("\n")
        return cls(first, last)


def clean_name(given: object, field: str) -> str:
    """The name as it is kept. Raises Refused("name.…" or "text.encoding") for this field."""
    if code := _no_text(given):
        raise Refused(code, field=field)
    text = _tidy(str(given))
    if code := _fault(text):
        raise Refused(code, field=field)
    return text


def _no_text(given: object) -> str | None:
    """What stops it before it is looked at, however long it is."""
    if given is None or given == "":
        return "name.required"
    if not isinstance(given, str):
        return "name.type"
    if len(given) > 4 * MAX_BYTES:
        return "name.too_long"
    try:
        given.encode()
    except UnicodeEncodeError:  # half of a pair of surrogates
        return "text.encoding"
    if all(character.isspace() or character in _BLANK for character in given):
        return "name.empty"
    return None


def _tidy(text: str) -> str:
    """NFC, and each run of spaces, however wide, one space; line breaks stay, and are refused."""
    spaced = "".join(" " if unicodedata.category(one) == "Zs" else one for one in text.strip())
    return unicodedata.normalize("NFC", " ".join(word for word in spaced.split(" ") if word))


def _fault(text: str) -> str | None:
    faults = {_fault_at(text, at) for at in range(len(text))}
    for code in ("name.chars", "name.control"):
        if code in faults:
            return code
    if not any(map(_is_letter, text)):
        return "name.empty"
    clusters = sum(not _is_mark(one) and one not in _JOINERS for one in text)
    if clusters > MAX_CLUSTERS or len(text.encode()) > MAX_BYTES:
        return "name.too_long"
    if any(word in _RESERVED or word.endswith(_RESERVED_ENDINGS) for word in words_of(text)):
        return "name.reserved"
    return None


def _fault_at(text: str, at: int) -> str | None:
    """What is wrong with one character where it stands."""
    one = text[at]
    if one == " " or one in _PUNCTUATION or _is_letter(one):
        return None
    if _is_mark(one):
        return None if _has_base(text, at) else "name.chars"
    if one in _JOINERS and _joins(text, at):
        return None
    hidden = one in _UNSEEN or unicodedata.category(one) in _HIDDEN
    return "name.control" if hidden and ord(one) not in _TAGS else "name.chars"


def _has_base(text: str, at: int) -> bool:
    """At most three marks on a letter, this one included."""
    marks = 1
    while marks <= _MAX_MARKS and at - marks >= 0 and _is_mark(text[at - marks]):
        marks += 1
    return marks <= _MAX_MARKS and at >= marks and _is_letter(text[at - marks])


def _joins(text: str, at: int) -> bool:
    """Between two letters, or a marked letter and a letter, of one script that uses joiners."""
    if not 0 < at < len(text) - 1 or not _is_letter(text[at + 1]):
        return False
    before, after = (unicodedata.name(text[side], "").split(" ")[0] for side in (at - 1, at + 1))
    return before == after and before in _JOINING


def _is_letter(character: str) -> bool:
    return unicodedata.category(character).startswith("L") and character not in _UNSEEN


def _is_mark(character: str) -> bool:
    return unicodedata.category(character) in {"Mn", "Mc"} and character not in _UNSEEN
