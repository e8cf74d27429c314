"""Reports are checked strictly, and judged as the browser judges them."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.quality import (
    CAUSES,
    PATHS,
    WORDS,
    BadReport,
    Numbers,
    cause,
    check_report,
    score,
    word,
)

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).resolve().parents[2] / "vectors/quality.json").read_text()
)
GOOD: dict[str, Any] = {
    "rtt_ms": 12.5, "loss_pct": 0, "jitter_ms": None, "up_kbps": 900, "down_kbps": 850,
    "fps": 30, "path": "direct", "score": 98, "word": "good", "cause": "ok",
}  # fmt: skip


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_verdicts_as_the_browser_gives_them(vector: dict[str, Any]) -> None:
    numbers = Numbers(*(vector[name] for name in Numbers._fields))
    verdict = (score(numbers), word(numbers), cause(numbers))
    assert verdict == (vector["score"], vector["word"], vector["cause"])


def test_a_good_report_comes_back_as_it_is() -> None:
    assert check_report(GOOD) == GOOD


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"rtt_ms": "12"}, "rtt_ms"),
        ({"rtt_ms": True}, "rtt_ms"),
        ({"rtt_ms": math.nan}, "rtt_ms"),
        ({"fps": math.inf}, "fps"),
        ({"score": None}, "score"),
        ({"path": "carrier pigeon"}, "path"),
        ({"path": ["direct"]}, "path"),
        ({"word": None}, "word"),
        ({"cause": "<b>"}, "cause"),
        ({"address": "192.0.2.1"}, None),
    ],
)
def test_anything_else_is_refused(change: dict[str, Any], field: str | None) -> None:
    with pytest.raises(BadReport) as refused:
        check_report(GOOD | change)
    assert refused.value.field == field


@pytest.mark.parametrize("name", GOOD)
def test_no_field_may_be_missing(name: str) -> None:
    with pytest.raises(BadReport):
        check_report({key: value for key, value in GOOD.items() if key != name})


def test_numbers_stay_within_bounds() -> None:
    far = check_report(GOOD | {"rtt_ms": 10**400, "loss_pct": -3, "score": 1e9})
    assert (far["rtt_ms"], far["loss_pct"], far["score"]) == (60_000, 0, 100)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(st.fixed_dictionaries({name: _JSON | st.just(value) for name, value in GOOD.items()}))
def test_nothing_gets_through_that_is_no_report(body: dict[str, Any]) -> None:
    try:
        report = check_report(body)
    except BadReport:
        return
    assert report["path"] in PATHS
    assert report["word"] in WORDS
    assert report["cause"] in CAUSES
    assert 0 <= report["score"] <= 100
    json.dumps(report, allow_nan=False)
