"""The company's face: name, colour, logo, topics, imprint and who answers for the data.

Read from one JSON or TOML file. Without it, a demonstration company that says so.
"""

import json
import tomllib
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Link = Annotated[str, StringConstraints(pattern=r"^(https?://[!-~]+)?$")]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4_000)]
Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")]
LOGO_TYPES = {".svg": "image/svg+xml", ".png": "image/png", ".webp": "image/webp"}


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class InTwoLanguages(_Frozen):
    de: Line
    en: Line

    def text(self, language: str) -> str:
        return self.en if language == "en" else self.de


class Paragraphs(_Frozen):
    de: Text
    en: Text

    def text(self, language: str) -> str:
        return self.en if language == "en" else self.de


class Topic(_Frozen):
    code: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
    name: InTwoLanguages


class Contact(_Frozen):
    """Who someone is and how to reach them."""

    name: Line
    street: Line
    city: Line
    email: Line
    phone: Line


class Imprint(_Frozen):
    """What a German company must say about itself (§ 5 DDG)."""

    represented_by: Line
    register_entry: Line
    vat_id: Line
    authority: Line


def _demo_contact(name: str) -> Contact:
    return Contact(
        name=name,
        street="Musterstraße 1",
        city="12345 Musterstadt",
        email="datenschutz@example.com",
        phone="+49 30 000000",
    )


class Brand(_Frozen):
    """Everything that differs from company to company on the screens."""

    company: Line = "Demo Versicherung"
    accent: Colour = "#0b5c74"
    logo: Path | None = None
    topics: tuple[Topic, ...] = (
        Topic(code="insurance", name=InTwoLanguages(de="Versicherungen", en="Insurance")),
        Topic(code="provision", name=InTwoLanguages(de="Altersvorsorge", en="Pension")),
        Topic(code="claim", name=InTwoLanguages(de="Schaden melden", en="Report a claim")),
        Topic(code="other", name=InTwoLanguages(de="Etwas anderes", en="Something else")),
    )
    controller: Contact = Field(default_factory=lambda: _demo_contact("Demo Versicherung AG"))
    protection_officer: Contact = Field(
        default_factory=lambda: _demo_contact("Datenschutz der Demo Versicherung AG")
    )
    imprint: Imprint = Imprint(
        represented_by="Erika Mustermann, Max Mustermann",
        register_entry="Amtsgericht Musterstadt, HRB 00000",
        vat_id="DE000000000",
        authority="Bundesanstalt für Finanzdienstleistungsaufsicht (BaFin)",
    )
    retention: Paragraphs = Paragraphs(
        de="Gespräche bleiben gespeichert, bis wir sie löschen. "
        "Wie lange das ist, sagt Ihnen die oben genannte Stelle.",
        en="Calls stay stored until we delete them. The contact above tells you when that is.",
    )  # how long what is kept, in the company's own words
    corporate_privacy_url: Link = ""  # the company's general statement, if it has one
    notice_version: Line = "2026-11-01"

    def topic_codes(self) -> frozenset[str]:
        return frozenset(topic.code for topic in self.topics)

    def topics_in(self, language: str) -> list[dict[str, str]]:
        return [{"code": one.code, "name": one.name.text(language)} for one in self.topics]


def load_brand(path: Path | None) -> Brand:
    """The brand in a `.json` or `.toml` file; a logo's path is relative to that file."""
    if path is None:
        return Brand()
    text = path.read_text("utf-8")
    brand = Brand.model_validate(
        json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    )
    if brand.logo is None:
        return brand
    logo = path.parent / brand.logo
    if logo.suffix not in LOGO_TYPES or not logo.is_file():
        raise ValueError(f"logo: expected a file ending in {', '.join(LOGO_TYPES)}")
    return brand.model_copy(update={"logo": logo})


def stylesheet(accent: str) -> str:
    """The one variable that the design tokens derive every accent from."""
    return f":root{{--brand:{accent}}}\n"
