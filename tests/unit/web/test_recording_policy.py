"""What allows recording: all of an assessment or nothing, and only as long as it holds."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from sessions.clock import wall_clock_ms
from web.brand import Brand, load_brand
from web.recording_policy import recording
from web.settings import Settings
from web.wanted import texts_of

TODAY = datetime.fromtimestamp(wall_clock_ms() / 1_000, UTC).date()
DAY = timedelta(days=1)
PURPOSE = {"de": "Nachweis.", "en": "Proof."}


def policy(**changed: Any) -> dict[str, Any]:
    return {
        "assessment": "DSFA-2026-014", "approved": (TODAY - 100 * DAY).isoformat(),
        "review": (TODAY + 100 * DAY).isoformat(), "topics": ["insurance"], "purpose": PURPOSE,
    } | changed  # fmt: skip


@pytest.mark.parametrize("missing", ["assessment", "approved", "review", "topics", "purpose"])
def test_a_house_that_lacks_any_of_it_does_not_start(missing: str) -> None:
    """OB-46: recording is high risk (Art. 35 GDPR); by itself it is off."""
    whole = policy()
    assert Brand().recording is None
    assert Brand.model_validate({"recording": whole}).recording is not None
    del whole[missing]
    with pytest.raises(ValidationError, match=missing):
        Brand.model_validate({"recording": whole})


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"review": "2020-01-01"}, "review"),
        ({"topics": []}, "topics"),
        ({"topics": ["none"]}, "topics that are not there"),
        ({"assessment": ""}, "assessment"),
        ({"assessment": "<b>"}, "assessment"),
        ({"on": True}, "on"),
    ],
)
def test_what_is_no_policy_is_refused(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Brand.model_validate({"recording": policy(**changed)})


def test_it_holds_from_its_approval_to_its_review_for_its_topics() -> None:
    brand = Brand.model_validate(
        {"recording": policy(approved="2026-03-01", review="2026-06-30", topics=["claim"])}
    )
    days = (date(2026, 2, 28), date(2026, 3, 1), date(2026, 6, 30), date(2026, 7, 1))
    assert [brand.records("claim", day) for day in days] == [False, True, True, False]
    assert not brand.records("insurance", days[1])
    assert not brand.records(None, days[1])
    assert not Brand().records("claim", days[1])


@pytest.mark.parametrize(
    ("changed", "codes"),
    [
        (None, []),
        ({}, ["recording.fine"]),
        ({"review": (TODAY + 10 * DAY).isoformat()}, ["recording.soon"]),
        ({"review": (TODAY - DAY).isoformat()}, ["recording.overdue"]),
        ({"approved": (TODAY + DAY).isoformat()}, ["recording.unapproved"]),
    ],
)
async def test_the_doctor_looks_at_the_assessment(
    tmp_path: Path, changed: dict[str, Any] | None, codes: list[str]
) -> None:
    """OB-46."""
    file = tmp_path / "brand.json"
    file.write_text(json.dumps({} if changed is None else {"recording": policy(**changed)}))
    settings = Settings.load(data_dir=tmp_path, brand_file=file)
    assert load_brand(file).recording is None or changed is not None
    found = [one async for one in recording(settings)]
    assert [one.code for one in found] == codes


def test_only_a_house_that_never_records_says_so() -> None:
    """OB-46: no promise on a screen is broken by a policy."""
    for language, texts in texts_of(Brand()).items():
        never = {"de": "Aufgezeichnet wird nichts", "en": "Nothing is recorded"}[language]
        other = texts_of(Brand.model_validate({"recording": policy()}))[language]
        apart = ("recording.", "error.")
        shown = {key: text for key, text in texts.entries.items() if not key.startswith(apart)}
        said = {key for key, text in shown.items() if never in text}
        assert said >= {"ready.consent.promise", "talk.share.text"}
        assert not any(never in other.entries[key] for key in shown)


@pytest.mark.parametrize(
    ("given", "good"),
    [
        ({"recorder_ports": "40000-40200", "recorder_addresses": "203.0.113.7"}, True),
        ({"recorder_addresses": "203.0.113.7/10.0.0.7 2001:db8::7"}, True),
        ({"recorder_ports": "40200-40000"}, False),
        ({"recorder_ports": "80-90"}, False),
        ({"recorder_ports": "x"}, False),
        ({"recorder_addresses": "recorder.example"}, False),
    ],
)
def test_where_the_recorder_is_reached(given: dict[str, str], good: bool) -> None:
    if not good:
        with pytest.raises(ValidationError):
            Settings.load(**given)
        return
    settings = Settings.load(**given)
    assert settings.recorder_port_range == ((40000, 40200) if "recorder_ports" in given else None)
    assert not settings.on_loopback
