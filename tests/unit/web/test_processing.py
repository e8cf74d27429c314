"""The records of processing and what exists are one: nothing is unmapped, nothing is invented."""

import ast
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from sessions.events import KINDS
from sessions.migrations import ROWS
from web.brand import Brand
from web.endpoints import Whose, endpoints
from web.findings import Grade
from web.log import IMPERSONAL, SIX
from web.processing import ACTIVITIES, CODES, INWARD, SERVICES
from web.processors import Processor
from web.records import as_csv, as_json, document, troubles
from web.register import register
from web.settings import Settings
from web.texts import load_texts

ROOT = Path(__file__).parents[3]
PACKAGES = ("sessions", "signaling", "media", "whiteboard", "web")
LEVELS = ("debug", "info", "warning", "error", "exception", "critical")
TODAY = date(2026, 11, 29)


def twice(names: Iterable[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]


def test_every_table_serves_a_purpose() -> None:
    """OB-47, OB-19: a table without one fails, and so does one that is not there any more."""
    there = {name for rows in ROWS.values() for name in rows.metadata.tables}
    mapped = [table for one in ACTIVITIES for table in one.tables]
    assert set(mapped) == there
    assert twice(mapped) == []


def test_every_kind_of_event_serves_a_purpose() -> None:
    """OB-47."""
    mapped = [kind for one in ACTIVITIES for kind in one.kinds]
    assert set(mapped) == set(KINDS)
    assert twice(mapped) == []


def test_every_field_of_a_log_line_serves_a_purpose() -> None:
    """OB-47: of the access log, and what is added where something fails."""
    mapped = [field for one in ACTIVITIES for field in one.fields]
    assert set(mapped) == {*SIX, *IMPERSONAL, "error", "places"}
    assert twice(mapped) == []


def messages(source: str) -> Iterator[str]:
    """What a module hands to its logger, as it stands there; an expression counts as itself."""
    for node in ast.walk(ast.parse(source)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        owner = node.func.value
        if node.func.attr in LEVELS and isinstance(owner, ast.Name):
            if owner.id in ("_log", "_logger", "_access", "logging", "logger", "log"):
                said = node.args[0]
                yield str(said.value) if isinstance(said, ast.Constant) else ast.unparse(said)


def test_every_message_of_the_log_serves_a_purpose() -> None:
    """OB-47: each log event type has a purpose, whoever writes it."""
    paths = [path for name in PACKAGES for path in (ROOT / name).glob("*.py")]
    there = {text for path in paths for text in messages(path.read_text("utf-8"))}
    assert len(there) > 20
    mapped = [line for one in ACTIVITIES for line in one.lines]
    assert set(mapped) == there
    assert twice(mapped) == []


def test_a_new_message_would_be_found() -> None:
    source = "_log.warning('gone: %s', x)\n_logger.error(text)\nlist.append('no')\n"
    assert list(messages(source)) == ["gone: %s", "text"]


def test_every_setting_leads_somewhere_known_or_nowhere() -> None:
    """OB-19: a new setting is an endpoint of a service, or says that it is none."""
    outward = [setting for one in SERVICES for setting in one.settings]
    assert twice(outward) == []
    assert not set(outward) & INWARD
    assert set(outward) | INWARD == set(Settings.model_fields)
    assert all(set(one.activities) <= CODES for one in SERVICES)


def test_an_interest_has_a_balancing_test_and_only_an_interest() -> None:
    """OB-47."""
    for texts in load_texts().values():
        for one in ACTIVITIES:
            has = f"records.{one.code}.balance" in texts.entries
            assert has is ("interest" in one.bases), one.code
            assert one.bases
            assert texts.t(f"records.{one.code}.period")


def given(**more: Any) -> dict[str, Any]:
    return {
        "name": "Rechenzentrum Nord GmbH", "service": "Betrieb der Datenbank", "country": "DE",
        "hosts": ["db.nord.example"], "activities": ["consultation"], "contract": "2026-01-15",
        "reviewed": "2026-02-01", "next_review": "2027-02-01",
    } | more  # fmt: skip


def test_a_transfer_needs_a_ground() -> None:
    """OB-22: outside of the EEA the register takes nobody without one."""
    assert Processor.model_validate(given(country="NO")).transfer is None
    with pytest.raises(ValidationError, match="needs a ground"):
        Processor.model_validate(given(country="US"))
    swiss = Processor.model_validate(given(country="CH", transfer="adequacy"))
    assert swiss.transfer == "adequacy"
    with pytest.raises(ValidationError, match="go together"):
        Processor.model_validate(given(country="US", transfer="clauses"))
    with pytest.raises(ValidationError, match="unknown activities"):
        Processor.model_validate(given(activities=["advertising"]))


def test_old_clauses_and_late_reviews_are_flagged() -> None:
    """OB-24, OB-19."""
    good: dict[str, Any] = {"version": "2021/914", "module": 2, "assessed": "2026-01-01"}
    on_file = {"name": "a.txt", "media": "text/plain", "size": 1, "sha256": "0" * 64, "data": b"a"}
    good |= {"agreed": on_file, "assessment": on_file}
    abroad = {"country": "US", "transfer": "clauses"}
    fine = Processor.model_validate(given(**abroad, clauses=good))
    void = Processor.model_validate(given(**abroad, clauses=good | {"version": "2010/87"}))
    late = Processor.model_validate(given(next_review="2026-11-28"))
    half = Processor.model_validate(given(**abroad, clauses=good | {"assessment": None}))
    four = (fine, void, late, half)
    assert [(one.void, one.overdue(TODAY), one.unfiled) for one in four] == [
        (False, False, False), (True, False, False), (False, True, False), (False, False, True),
    ]  # fmt: skip
    found = document(Brand(processors=four), Settings.load(), load_texts()["en"], TODAY)
    assert troubles(found) == 3
    assert b'"data":' not in as_json(found["processors"][0])  # what is in them is not in the list


def whose(brand: Brand, **settings: Any) -> dict[str, tuple[str, Whose]]:
    found = endpoints(Settings.load(**settings), brand)
    return {one.service.code: (one.host, one.whose) for one in found}


def test_where_it_leads_is_read_from_the_settings() -> None:
    """OB-19: a host that is in no register is seen, whatever it is for."""
    assert {host for host, _ in whose(Brand()).values()} == {""}
    assert {place for _, place in whose(Brand()).values()} == {Whose.HERE}
    nord = Processor.model_validate(given())
    brand = Brand(processors=(nord,), own_hosts=("house.example",))
    found = whose(
        brand,
        database_url="postgresql://visavis@db.nord.example:5432/visavis",
        keys_url="postgresql://visavis@10.1.2.3/keys",
        bus_url="rediss+cluster://:s3cret@redis-1:6379,redis.house.example:6379",
        blobs_url="s3://bucket", blobs_region="eu-central-1",
        turn_urls="turns:turn.elsewhere.example:443?transport=tcp", turn_secret="x",
    )  # fmt: skip
    assert found == {
        "database": ("db.nord.example", Whose.PROCESSOR),
        "keys": ("10.1.2.3", Whose.HOUSE),
        "bus": ("redis.house.example", Whose.HOUSE),
        "blobs": ("s3.eu-central-1.amazonaws.com", Whose.UNKNOWN),
        "turn": ("turn.elsewhere.example", Whose.UNKNOWN),
    }


async def test_the_doctor_lets_no_unregistered_machine_go_live(tmp_path: Path) -> None:
    """OB-19: the gate before a deployment; also late reviews and void clauses are said."""
    file = tmp_path / "brand.json"
    clauses = {"version": "2010/87", "module": 2, "assessed": "2020-01-01"}
    late = given(country="US", transfer="clauses", clauses=clauses, next_review="2026-01-01")
    file.write_text(json.dumps({"processors": [late]}))
    settings = Settings.load(
        brand_file=file, bus_url="redis://elsewhere.example:6379",
        database_url="postgresql://visavis@db.nord.example/visavis",
    )  # fmt: skip
    found = [(one.grade, one.code) async for one in register(settings)]
    assert found == [
        (Grade.ERROR, "register.unknown"), (Grade.WARNING, "register.overdue"),
        (Grade.WARNING, "register.void"), (Grade.WARNING, "register.unfiled"),
    ]  # fmt: skip
    alone = [(one.grade, one.code) async for one in register(Settings.load())]
    assert alone == [(Grade.FINE, "register.fine")]


def test_the_table_has_a_line_for_each_activity() -> None:
    found = document(Brand(), Settings.load(), load_texts()["de"], TODAY)
    lines = as_csv(found).decode("utf-8-sig").split("\r\n")
    assert len(lines) == len(ACTIVITIES) + 2  # with the head, and nothing after the last
    assert lines[0].startswith("code;name;purpose;basis;")
