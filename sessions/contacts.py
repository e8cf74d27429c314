"""Ways to reach somebody, as people write them, in one form each, so that the same is the same.

Pure. A name alone is no way to reach anybody and reads as nothing: many people bear it.
"""

import re
import unicodedata
from typing import Final, Literal, NamedTuple

from sessions.receipts import read_number

Sort = Literal["mail", "phone", "post", "receipt"]
MAX_CONTACT: Final = 200  # characters
_COUNTRY: Final = "49"  # of a number that begins with its area
_PHONE: Final = re.compile(r"\+?[\d\s()/.\-]{5,40}")
_MAIL: Final = re.compile(r"[^\s@]{1,64}@[^\s@]+\.[^\s@.]+")
_UMLAUTS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
_FORMS: Final = frozenset({"frau", "herr", "herrn", "familie", "dr", "prof", "mr", "mrs", "ms"})


class Contact(NamedTuple):
    """One way to reach somebody."""

    sort: Sort
    plain: str


def readings(typed: str) -> list[Contact]:
    """What was written may be; nothing where it is no way to reach anybody.

    Twelve digits are the number of a receipt, or of a telephone.
    """
    text = unicodedata.normalize("NFKC", typed).strip()
    if len(text) > MAX_CONTACT or not text.isprintable():
        return []
    if "@" in text:
        return _mail(text)
    if _PHONE.fullmatch(text):
        return [*_receipt(text), *_phone(text)]
    return _post(text)


def of_receipt(number: str) -> Contact:
    """The receipt of this number, as `read_number` has it."""
    return Contact("receipt", number)


def _receipt(text: str) -> list[Contact]:
    number = read_number(text)
    return [] if number is None else [of_receipt(number)]


def _mail(text: str) -> list[Contact]:
    if not _MAIL.fullmatch(text):
        return []
    local, _, domain = text.casefold().partition("@")
    try:
        return [Contact("mail", f"{local}@{domain.encode('idna').decode()}")]
    except UnicodeError:
        return []


def _phone(text: str) -> list[Contact]:
    """With its country, as E.164 has it but for the sign."""
    digits = re.sub(r"\D", "", text.replace("(0)", ""))
    if digits.startswith("00"):
        digits = digits[2:]
    elif digits.startswith("0"):
        digits = _COUNTRY + digits[1:]
    return [Contact("phone", digits)] if 7 <= len(digits) <= 15 else []


def _post(text: str) -> list[Contact]:
    """Its words in alphabetical order, whatever stands first: name, street, number, place."""
    plain = text.casefold().replace("strasse", "str").translate(_UMLAUTS)
    plain = "".join(one for one in unicodedata.normalize("NFD", plain) if _counts(one))
    words = [word for word in re.findall(r"\w+", plain) if word not in _FORMS]
    plain = re.sub(r"\b(\d+) ([a-z])\b", r"\1\2", re.sub(r" str\b", "str", " ".join(words)))
    words = sorted(plain.split())
    numbers = sum(any(one.isdigit() for one in word) for word in words)
    # Less than a name, a street with its number and a place with its code would mean many people.
    return [Contact("post", " ".join(words))] if numbers >= 2 and len(words) - numbers >= 3 else []


def _counts(one: str) -> bool:
    return not unicodedata.combining(one)
