"""Which notices there are, and their exact words with this brand: the statement, and each sentence
that somebody agrees to or is shown before they decide.

Made once, when a node begins: what a page then shows is what was archived.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from markupsafe import Markup

from sessions.notices import EDITION, Notice, Version, edition_of
from web.authorities import ELSEWHERE, GERMANY, authority
from web.brand import SPECIAL, Brand
from web.periods import length_of, periods_in_words
from web.plain import plain
from web.screens import Screens
from web.texts import Texts

PRIVACY: Final = (
    "name", "basis", "devices", "sealing", "operation", "access", "cookies", "thirdparties",
    "rights",
)  # fmt: skip
# What stands on the screen when somebody agrees, down to the button that says so.
SENTENCES: Final[Mapping[str, tuple[str, ...]]] = {
    "start": ("start.privacy",),
    "camera": ("ready.consent", "ready.consent.promise", "ready.allow.both"),
    "microphone": (
        "ready.consent", "ready.consent.promise", "ready.allow.both", "ready.allow.microphone",
    ),
    "screen": ("talk.share.ask", "talk.share.text", "talk.share.confirm"),
    **{one: (f"talk.{one}.ask", f"talk.{one}.text", "talk.health.confirm") for one in SPECIAL},
    "recording": ("recording.ask", "recording.text", "recording.confirm"),
    "files": ("files.hint",),
}  # fmt: skip
HOUSE: Final = "house"  # the company's own statement, if its words are in the brand file
TERMS: Final = "terms"  # its terms of use, if it has some
NAMES: Final = ("privacy", *SENTENCES)  # those of consents where somebody may be asked for them


@dataclass(frozen=True, slots=True)
class Edition:
    """All notices of one language that hold together. `article` is the statement as a page."""

    notices: tuple[Notice, ...]
    article: Markup

    @property
    def version(self) -> Version:
        return next(one.version for one in self.notices if one.name == EDITION)

    @property
    def versions(self) -> Mapping[str, Version]:
        return {one.name: one.version for one in self.notices if one.name != EDITION}


def editions(screens: Screens, brand: Brand, texts: Mapping[str, Texts]) -> Mapping[str, Edition]:
    """What holds with this brand and this release, by language."""
    return MappingProxyType({one.language: _edition(screens, brand, one) for one in texts.values()})


def _edition(screens: Screens, brand: Brand, texts: Texts) -> Edition:
    language = texts.language
    article = Markup(screens.environment.get_template("_privacy.html").render(_facts(brand, texts)))
    said = [
        Notice("privacy", language, plain(article)),
        *(
            Notice(name, language, wording.text(language))
            for name, wording in ((HOUSE, brand.house_privacy), (TERMS, brand.terms))
            if wording is not None
        ),
        *(
            Notice(name, language, "\n\n".join(texts.t(key, **facts) for key in keys))
            for name, keys in SENTENCES.items()
            if (facts := _terms(name, brand, texts)) is not None
        ),
    ]
    return Edition((*said, edition_of(said, language)), article)


def _terms(name: str, brand: Brand, texts: Texts) -> dict[str, str] | None:
    """What is filled in; None where nobody is ever asked."""
    if name in SPECIAL and name not in brand.may_concern:
        return None
    if name != "recording":
        return {}
    policy = brand.recording
    if policy is None:
        return None
    purpose = policy.purpose.text(texts.language)
    return {"purpose": purpose, "period": length_of(policy.period, texts)}


def _country(code: str, texts: Texts) -> str:
    """By name where it is known, else by its code."""
    known = {one.code: one.place(texts.language) for one in ELSEWHERE}
    named = texts.entries.get(f"privacy.country.{code.lower()}")
    return known.get(code) or named or code


def _facts(brand: Brand, texts: Texts) -> dict[str, Any]:
    return {
        "t": texts.t, "lang": texts.language, "brand": brand, "sections": PRIVACY,
        "periods": periods_in_words(brand, texts), "germany": GERMANY, "elsewhere": ELSEWHERE,
        "authority": authority(brand.complaints_to or ""),
        "processors": [(one, _country(one.country, texts)) for one in brand.processors],
    }  # fmt: skip
