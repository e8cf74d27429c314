"""A dossier as it leaves the house: as data, as a readable page, and its pictures.

It does not know who asks for it and how that was proven.
"""

from base64 import b64encode
from collections.abc import Mapping
from typing import Any, Final

from sessions.clock import wall_clock_ms
from sessions.corrections import Correction
from sessions.disclosures import Disclosure
from sessions.envelope import Unreadable
from sessions.receipts import Receipt, grouped
from sessions.requests import Told
from web.brand import Brand
from web.copy_schema import (
    Answerable,
    Asked,
    Copy,
    Corrected,
    Disclosed,
    FileThere,
    Notice,
    RecordingThere,
)
from web.dossier import Dossier, moment
from web.moments import at_minute, on_day
from web.periods import periods_in_words
from web.routes import Ask

_PICTURES: Final = ("image/png", "image/jpeg", "image/webp")
_MOST_SHOWN: Final = 8 << 20  # bytes of pictures in one page
_LARGEST_SHOWN: Final = 3 << 20


def copy_of(ask: Ask, receipt: Receipt, dossier: Dossier) -> Copy:
    """The dossier as it leaves the house."""
    view, brand, texts = dossier.view, ask.parts.brand, ask.texts
    topics = {one["code"]: one["name"] for one in brand.topics_in(texts.language)}
    return Copy(
        number=receipt.number,
        made_at=moment(wall_clock_ms()),
        language=view.language,
        topic=topics.get(view.topic, view.topic) if view.topic else None,
        began_at=moment(view.created_ms),
        accepted_at=None if view.accepted_ms is None else moment(view.accepted_ms),
        ended_at=None if view.ended_ms is None else moment(view.ended_ms),
        end_reason=view.end_reason,
        people=list(dossier.people.values()),
        messages=dossier.messages,
        consents=dossier.consents,
        hints=dossier.hints,
        files=list(dossier.files.values()),
        board=dossier.board(),
        openings=dossier.openings,
        unreadable_events=dossier.unreadable,
        notice=Notice(
            version=brand.notice_version,
            controller=Answerable(**brand.controller.model_dump()),
            officer=Answerable(**brand.protection_officer.model_dump()),
            purposes=texts.t("privacy.basis.text"),
            recipients=texts.t("privacy.thirdparties.text"),
            retention=" ".join(periods_in_words(brand, texts)),
            rights=texts.t("privacy.rights.text"),
            source=texts.t("receipt.source"),
        ),
        edition=view.edition,
        words=list(dossier.words.values()),
        corrections=[corrected(one, topics) for one in dossier.corrections],
        requests=[_asked(one) for one in dossier.requests],
        continues=dossier.continues,
        goes_on=dossier.goes_on,
        disclosed=[_disclosed(one) for one in dossier.disclosed],
        notified=dossier.notified,
        recordings=list(dossier.recordings.values()),
        agency=_agency(brand, view.agency),
    )


def _agency(brand: Brand, code: str | None) -> str | None:
    """By its name, as long as it has one here."""
    agency = brand.agency(code)
    return code if agency is None else agency.name


def corrected(one: Correction, topics: Mapping[str, str]) -> Corrected:
    """A correction in words: a topic by its name."""
    said = (one.before, one.after)
    before, after = (topics.get(text, text) for text in said) if one.field == "topic" else said
    return Corrected(at=moment(one.at_ms), field=one.field, before=before, after=after)


def _asked(told: Told) -> Asked:
    one = told.request
    return Asked(
        id=one.id, at=moment(one.made_ms), kind=one.kind, purpose=one.purpose, reason=told.reason,
        due_at=moment(one.due_ms), extension=told.extension, state=one.state,
        decided_at=None if one.decided_ms is None else moment(one.decided_ms), answer=told.answer,
    )  # fmt: skip


def _disclosed(one: Disclosure) -> Disclosed:
    return Disclosed(
        at=moment(one.handed_ms or one.asked_ms), sort=one.sort, authority=one.authority,
        ground=one.ground, categories=list(one.categories),
    )  # fmt: skip


def page_of(ask: Ask, dossier: Dossier, copy: Copy) -> str:
    """The readable page of a package."""
    paths = {one.id: one.path for one in copy.files if one.path and one.type in _PICTURES}
    template = ask.parts.screens.environment.get_template("copy.html")
    return template.render(
        t=ask.texts.t, lang=ask.texts.language, brand=ask.parts.brand, copy=copy, dossier=dossier,
        picture_of=paths.get, **words(ask),
    )  # fmt: skip


def words(ask: Ask) -> dict[str, Any]:
    """How the page says times, sizes and numbers."""
    language = ask.texts.language
    return {
        "at": lambda time: at_minute(time, language),
        "at_ms": lambda at_ms: at_minute(moment(at_ms), language),
        "day": lambda time: on_day(time, language),
        "grouped": grouped,
        "size": lambda file: _size(file, language),
    }


def _size(file: FileThere | RecordingThere, language: str) -> str:
    number, unit = (file.size / 1e6, "MB") if file.size >= 1e6 else (file.size / 1e3, "kB")
    text = f"{number:.1f} {unit}"
    return text.replace(".", ",") if language == "de" else text


async def pictures(ask: Ask, dossier: Dossier) -> dict[str, str]:
    """Pictures small enough to be shown within the page, as addresses that hold them."""
    shown: dict[str, str] = {}
    room = _MOST_SHOWN
    for id, file in dossier.blobs.items():
        told = dossier.files[id]
        if told.type not in _PICTURES or file.size > min(room, _LARGEST_SHOWN):
            continue
        try:
            parts = ask.parts.vault.open_file(file, dossier.leave)
            data = b"".join([part async for part in parts])
        except (LookupError, Unreadable):
            told.state = "unreadable"
            continue
        room -= file.size
        shown[id] = f"data:{told.type};base64,{b64encode(data).decode()}"
    return shown
