"""The company's face: name, colour, logo, topics, agencies, imprint, who answers for the data.

Read from one JSON or TOML file. Without it, a demonstration company that says so.
"""

import json
import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Final, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from sessions.retention import Period, Periods
from web.agreed import with_documents
from web.authorities import GERMANY, authority
from web.processors import Host, Processor
from web.wording import Wording, refuse_void_grounds, with_words

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Link = Annotated[str, StringConstraints(pattern=r"^(https?://[!-~]+)?$")]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4_000)]
Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")]
# What Art. 9(1) GDPR protects.
Special = Literal[
    "health", "belief", "union", "origin", "politics", "sexuality", "genetics", "biometrics"
]
SPECIAL: Final[tuple[Special, ...]] = get_args(Special)
DEMO: Final = Path(__file__).with_name("demo_brand")  # texts of a company that is made up
DEMO_TERMS: Final = {"de": "terms.de.txt", "en": "terms.en.txt"}
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
    special: tuple[Special, ...] = ()  # a talk about it may come to that: people are asked before
    health: bool = False  # the same as "health" among them

    @property
    def concerns(self) -> tuple[Special, ...]:
        named = {*self.special, *(("health",) if self.health else ())}
        return tuple(one for one in SPECIAL if one in named)


class Agency(_Frozen):
    """A partner whose advisors answer who came to it, at `/a/<code>`, and see nobody else."""

    code: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{2,40}$")]
    name: Line


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


class RetentionPeriod(_Frozen):
    """How long something is kept after a session ended, and why."""

    days: Annotated[int, Field(ge=1, le=36_500)]
    from_year_end: bool = False  # counted from the end of the year, as laws do
    reason: InTwoLanguages

    @property
    def rule(self) -> Period:
        return Period(self.days, self.from_year_end)


class RetentionPeriods(_Frozen):
    """The periods of this company: nobody answered, a talk, and some topics apart."""

    unanswered: RetentionPeriod = RetentionPeriod(
        days=1,
        reason=InTwoLanguages(
            de="Es kam kein Gespräch zustande.", en="There was no talk to speak of."
        ),
    )
    talk: RetentionPeriod = RetentionPeriod(
        days=30,
        reason=InTwoLanguages(
            de="Damit Sie und wir nachlesen können, was besprochen wurde.",
            en="So that you and we can read again what was said.",
        ),
    )
    topics: Mapping[str, RetentionPeriod] = Field(default_factory=dict)

    @property
    def rules(self) -> Periods:
        topics = {code: period.rule for code, period in self.topics.items()}
        return Periods(self.unanswered.rule, self.talk.rule, topics)


class RecordingPolicy(_Frozen):
    """What allows talks to be recorded: a data-protection impact assessment (Art. 35 GDPR), by
    its number, that was approved and holds until it is to be looked at again. Without all of it
    nothing is recorded.
    """

    assessment: Annotated[str, StringConstraints(pattern=r"^[\w./ -]{1,60}$")]
    approved: date
    review: date  # the last day on which it holds
    topics: Annotated[tuple[str, ...], Field(min_length=1)]
    purpose: InTwoLanguages  # told to everybody who is asked
    period: RetentionPeriod = RetentionPeriod(
        days=30,
        reason=InTwoLanguages(
            de="Damit sich prüfen lässt, was besprochen wurde.",
            en="So that it can be checked what was said.",
        ),
    )

    @classmethod
    def default_period(cls) -> RetentionPeriod:
        """What holds for recordings of a house that does not record any more."""
        period = cls.model_fields["period"].default
        assert isinstance(period, RetentionPeriod)
        return period

    @model_validator(mode="after")
    def _is_reviewed_later(self) -> "RecordingPolicy":
        if self.review <= self.approved:
            raise ValueError("review: expected a day after the approval")
        return self

    def holds_on(self, day: date) -> bool:
        return self.approved <= day <= self.review


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
    special: tuple[Special, ...] = ()  # every talk may come to that, whatever its topic
    topics: tuple[Topic, ...] = (
        Topic(code="insurance", name=InTwoLanguages(de="Versicherungen", en="Insurance")),
        Topic(
            code="provision", name=InTwoLanguages(de="Altersvorsorge", en="Pension"), health=True
        ),
        Topic(code="claim", name=InTwoLanguages(de="Schaden melden", en="Report a claim")),
        Topic(code="other", name=InTwoLanguages(de="Etwas anderes", en="Something else")),
    )
    agencies: tuple[Agency, ...] = ()  # everybody is answered by the house
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
    periods: RetentionPeriods = Field(default_factory=lambda: RetentionPeriods())
    recording: RecordingPolicy | None = None  # nobody is recorded
    retention: Paragraphs | None = None  # what the company wants to say beside the periods
    corporate_privacy_url: Link = ""  # the company's general statement, if it has one
    house_privacy: Wording | None = None  # its words, so that they are archived as ours are
    terms: Wording | None = None  # its terms of use, if it has some
    complaints_to: Line | None = None  # the data protection authority in charge: a Land, or DE
    notice_version: Line = "2026-11-01"
    own_hosts: tuple[Host, ...] = ()  # machines of the house itself, beside private addresses
    processors: tuple[Processor, ...] = ()  # everybody else who handles data for it

    @model_validator(mode="after")
    def _agencies_differ(self) -> "Brand":
        if len({one.code for one in self.agencies}) < len(self.agencies):
            raise ValueError("agencies: expected each code once")
        return self

    @model_validator(mode="after")
    def _topics_of_periods_exist(self) -> "Brand":
        if unknown := set(self.periods.topics) - self.topic_codes():
            raise ValueError(f"periods for topics that are not there: {', '.join(sorted(unknown))}")
        return self

    @model_validator(mode="after")
    def _topics_of_recording_exist(self) -> "Brand":
        recorded = set() if self.recording is None else set(self.recording.topics)
        if unknown := recorded - self.topic_codes():
            raise ValueError(
                f"recording of topics that are not there: {', '.join(sorted(unknown))}"
            )
        return self

    @model_validator(mode="after")
    def _authority_exists(self) -> "Brand":
        if self.complaints_to is not None and authority(self.complaints_to) is None:
            known = ", ".join(one.code for one in GERMANY)
            raise ValueError(f"complaints_to: expected one of {known}")
        return self

    def topic_codes(self) -> frozenset[str]:
        return frozenset(topic.code for topic in self.topics)

    def agency(self, code: str | None) -> Agency | None:
        """The agency of this code, if there is one."""
        return next((one for one in self.agencies if one.code == code), None)

    def concerns(self, topic: str | None) -> tuple[Special, ...]:
        """What of Art. 9 GDPR a talk about it may come to."""
        named = next((one.concerns for one in self.topics if one.code == topic), ())
        return tuple(one for one in SPECIAL if one in (*self.special, *named))

    @property
    def may_concern(self) -> tuple[Special, ...]:
        """What any talk of this house may come to."""
        named = {*self.special}.union(*(one.concerns for one in self.topics))
        return tuple(one for one in SPECIAL if one in named)

    def records(self, topic: str | None, day: date) -> bool:
        """Whether talks about it may be recorded on this day, if everybody agrees."""
        policy = self.recording
        return policy is not None and topic in policy.topics and policy.holds_on(day)

    def topics_in(self, language: str) -> list[dict[str, str]]:
        return [{"code": one.code, "name": one.name.text(language)} for one in self.topics]


def load_brand(path: Path | None) -> Brand:
    """The brand in a `.json` or `.toml` file; a logo's path, and those of the company's own texts
    (of each a file for each language, see `wording.py`) and of the documents of processors
    (`agreed.py`), are relative to that file.
    """
    if path is None:
        return Brand.model_validate(with_words({"terms": DEMO_TERMS}, DEMO))
    text = path.read_text("utf-8")
    given = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
    given = with_documents(with_words(given, path.parent), path.parent)
    if isinstance(given, dict):  # of processors the doctor says what is void
        refuse_void_grounds({**given, "processors": ()})
    brand = Brand.model_validate(given)
    if brand.logo is None:
        return brand
    logo = path.parent / brand.logo
    if logo.suffix not in LOGO_TYPES or not logo.is_file():
        raise ValueError(f"logo: expected a file ending in {', '.join(LOGO_TYPES)}")
    return brand.model_copy(update={"logo": logo})


def stylesheet(accent: str) -> str:
    """The one variable that the design tokens derive every accent from."""
    return f":root{{--brand:{accent}}}\n"
