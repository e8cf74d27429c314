"""Every visible text: the catalogs, the choice of a language, placeholders and plurals.

Knows nothing of HTML: what it returns is text, and whoever shows it escapes it.
"""

import json
import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType
from typing import Final

from babel import Locale
from babel.core import parse_locale

LANGUAGES: Final = ("de", "en")  # the first is the default
_MAX_HEADER = 400  # characters; a longer Accept-Language is no wish but an attack


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of one language."""

    language: str
    entries: Mapping[str, str]

    def t(self, key: str, /, **facts: object) -> str:
        """The text of a key with its placeholders filled; `count` picks the plural form.

        Raises KeyError for a key or a placeholder that does not exist: both are bugs.
        """
        if key not in self.entries and "count" in facts:
            key = f"{key}.{_plural_form(self.language, facts['count'])}"
        return self.entries[key].format_map(facts)

    def instead(self, prefix: str) -> "Texts":
        """With what stands below this prefix in place of the entries of the rest of its key."""
        other = self.subset([prefix])
        found = {key.removeprefix(prefix): text for key, text in other.items()}
        return Texts(self.language, {**self.entries, **found})

    def subset(self, prefixes: Iterable[str]) -> dict[str, str]:
        """The entries a page's client needs."""
        wanted = tuple(prefixes)
        return {key: text for key, text in self.entries.items() if key.startswith(wanted)}


def load_texts() -> Mapping[str, Texts]:
    """Both catalogs, by language."""
    return MappingProxyType(
        {language: Texts(language, _entries(language)) for language in LANGUAGES}
    )


def _entries(language: str) -> dict[str, str]:
    """`de.json`, then what single features say: `board.de.json`. No key is in two of them."""
    folder = files("web") / "catalogs"
    parts = sorted(
        part.name for part in folder.iterdir() if part.name.endswith(f".{language}.json")
    )
    entries: dict[str, str] = {}
    for name in (f"{language}.json", *parts):
        more: dict[str, str] = json.loads((folder / name).read_text("utf-8"))
        if twice := entries.keys() & more.keys():
            raise ValueError(f"{name} repeats {', '.join(sorted(twice))}")
        entries |= more
    return entries


def choose_language(asked: str | None, accepted: str) -> str:
    """`?lang=` if we speak it, else the best of Accept-Language (RFC 9110, 12.5.4), else German."""
    if asked in LANGUAGES:
        return str(asked)
    best, best_weight = LANGUAGES[0], 0.0
    for part in accepted[:_MAX_HEADER].split(","):
        tag, _, quality = part.strip().partition(";q=")
        language = _language_of(tag)
        weight = _weight_of(quality)
        if language in LANGUAGES and weight > best_weight:
            best, best_weight = language, weight
    return best


def placeholders(text: str) -> set[str]:
    """The names in braces."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def _plural_form(language: str, count: object) -> str:
    number = count if isinstance(count, int) else 0
    return Locale.parse(language).plural_form(number)


def _language_of(tag: str) -> str:
    try:
        return parse_locale(tag, sep="-")[0].lower()
    except ValueError:
        return ""


def _weight_of(quality: str) -> float:
    try:
        return min(float(quality), 1.0) if quality else 1.0
    except ValueError:
        return 0.0
