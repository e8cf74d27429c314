"""Descriptions from elsewhere: refused or cleaned before any parser sees them (B-073 to B-077)."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.sdp import MAX_BYTES, SdpRefused, clean

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).resolve().parents[2] / "vectors/sdp.json").read_text()
)
GOOD: str = VECTORS[0]["sdp"]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_descriptions_as_the_browser_judges_them(vector: dict[str, Any]) -> None:
    """OB-08: no plain RTP, no missing or weak fingerprint, whatever else a description says."""
    relay_only = vector.get("relay_only", False)
    if "cleaned" in vector:
        assert clean(vector["sdp"], relay_only=relay_only) == vector["cleaned"]
        return
    with pytest.raises(SdpRefused) as refused:
        clean(vector["sdp"], relay_only=relay_only)
    assert refused.value.code == vector["refused"]


@given(
    st.one_of(
        st.text(),
        st.lists(st.sampled_from(GOOD.split("\r\n"))).map(
            lambda lines: "\r\n".join(lines) + "\r\n"
        ),
        st.tuples(st.integers(0, len(GOOD)), st.text(max_size=5)).map(
            lambda cut: GOOD[: cut[0]] + cut[1] + GOOD[cut[0] + len(cut[1]) :]
        ),
    )
)
def test_nothing_makes_it_fail_and_cleaning_twice_changes_nothing(sdp: str) -> None:
    try:
        cleaned = clean(sdp)
    except SdpRefused:
        return
    assert len(cleaned) <= MAX_BYTES
    assert clean(cleaned) == cleaned
