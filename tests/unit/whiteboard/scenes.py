"""Elements as hypothesis draws them, and the vectors that browsers read as well."""

import json
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from whiteboard.elements import Element, clean

VECTORS: dict[str, list[dict[str, Any]]] = json.loads(
    (Path(__file__).resolve().parents[2] / "vectors/scene.json").read_text()
)

RECTANGLE: dict[str, Any] = {
    "type": "rectangle",
    "id": "one",
    "version": 1,
    "versionNonce": 0,
    "x": 0,
    "y": 0,
    "width": 10,
    "height": 10,
}


def made(**fields: Any) -> Element:
    """A cleaned rectangle, or what `fields` make of it."""
    element = clean({**RECTANGLE, **fields})
    assert element is not None
    return element


# Few values for each: what matters is that they meet.
elements = st.builds(
    made,
    id=st.sampled_from(["a", "B", "_"]),
    version=st.integers(1, 3),
    versionNonce=st.integers(0, 2),
    isDeleted=st.booleans(),
    index=st.sampled_from([None, "a0", "a1", "Zz"]),
    x=st.floats(-10, 10),
    strokeColor=st.sampled_from(["red", "#fff"]),
)
