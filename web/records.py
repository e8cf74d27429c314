"""The records of processing as a document: for the desk, and to take away as JSON or CSV.

Put together from the table of activities, the brand file and the settings; it decides nothing.
"""

import csv
import io
from collections.abc import Sequence
from datetime import date
from typing import Any, Final

import orjson

from web.authorities import authority
from web.brand import Brand, Contact
from web.endpoints import Endpoint, Whose, endpoints
from web.periods import periods_in_words
from web.processing import ACTIVITIES, MEASURES, SERVICES, Activity
from web.processors import Processor
from web.settings import Settings
from web.texts import Texts

FORMAT: Final = "visavis/records/1"
_TOLD: Final = ("name", "purpose", "subjects", "data", "recipients")
_COLUMNS: Final = (
    "code", "name", "purpose", "basis", "balance", "subjects", "data", "recipients", "transfers",
    "period", "tables", "events", "log_fields", "log_messages",
)  # fmt: skip


def document(brand: Brand, settings: Settings, texts: Texts, today: date) -> dict[str, Any]:
    """Art. 30(1) GDPR, (a) to (g), and what each purpose is made of."""
    leads = endpoints(settings, brand)
    watch = None if brand.complaints_to is None else authority(brand.complaints_to)
    return {
        "format": FORMAT,
        "as_of": today.isoformat(),
        "language": texts.language,
        "controller": _contact(brand.controller),
        "protection_officer": _contact(brand.protection_officer),
        "authority": None if watch is None else watch.name,
        "activities": [_activity(one, brand, texts) for one in ACTIVITIES],
        "processors": [_processor(one, today) for one in brand.processors],
        "endpoints": [_endpoint(one, texts) for one in leads],
        "measures": [texts.t(f"records.measure.{one}") for one in MEASURES],
    }


def as_json(found: dict[str, Any]) -> bytes:
    return orjson.dumps(found, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def as_csv(found: dict[str, Any]) -> bytes:
    """A line for each activity; with the mark and the semicolons that German tables open with."""
    out = io.StringIO()
    table = csv.writer(out, delimiter=";", lineterminator="\r\n")
    table.writerow(_COLUMNS)
    for one in found["activities"]:
        table.writerow([_plain(one[column]) for column in _COLUMNS])
    return out.getvalue().encode("utf-8-sig")


def troubles(found: dict[str, Any]) -> int:
    """How many processors and hosts somebody has to look at."""
    late = [one for one in found["processors"] if one["overdue"] or one["void"] or one["unfiled"]]
    return len(late) + [one["whose"] for one in found["endpoints"]].count(Whose.UNKNOWN)


def _activity(one: Activity, brand: Brand, texts: Texts) -> dict[str, Any]:
    at = f"records.{one.code}"
    away = [each for each in brand.processors if one.code in each.activities]
    services = [texts.t(f"records.service.{each.code}") for each in SERVICES
                if one.code in each.activities]  # fmt: skip
    return {
        "code": one.code,
        **{name: texts.t(f"{at}.{name}") for name in _TOLD},
        "basis": [texts.t(f"records.basis.{basis}") for basis in one.bases],
        "balance": texts.t(f"{at}.balance") if "interest" in one.bases else None,
        "processors": [each.name for each in away],
        "services": services,
        "transfers": [f"{each.name} ({each.country})" for each in away if each.transfer],
        "period": _period(one, brand, texts),
        "tables": list(one.tables),
        "events": list(one.kinds),
        "log_fields": list(one.fields),
        "log_messages": list(one.lines),
    }


def _period(one: Activity, brand: Brand, texts: Texts) -> list[str]:
    own = [texts.t(f"records.{one.code}.period")]
    return [*periods_in_words(brand, texts), *own] if one.code == "consultation" else own


def _processor(one: Processor, today: date) -> dict[str, Any]:
    return {
        **one.model_dump(mode="json"),
        "overdue": one.overdue(today),
        "void": one.void,
        "unfiled": one.unfiled,
    }


def _endpoint(one: Endpoint, texts: Texts) -> dict[str, Any]:
    return {
        "service": texts.t(f"records.service.{one.service.code}"),
        "settings": list(one.service.settings),
        "activities": list(one.service.activities),
        "host": one.host,
        "whose": one.whose,
        "processor": one.processor,
    }


def _contact(one: Contact) -> dict[str, str]:
    return one.model_dump()


def _plain(value: str | Sequence[str] | None) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else "; ".join(value)
