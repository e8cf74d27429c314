"""Elements as SVG: shapes where they lie, and content that never becomes markup (AT-50)."""

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.whiteboard.papers import png
from tests.unit.whiteboard.scenes import VECTORS, elements, made
from whiteboard.elements import FIELDS, Element, clean
from whiteboard.pictures import picture
from whiteboard.render import Box, bounds, svg
from whiteboard.strokes import outline

FILE = "d" * 32
TAGS = {"svg", "g", "rect", "ellipse", "path", "text", "image", "clipPath", "mask", "pattern"}
STROKES: list[dict[str, Any]] = json.loads(
    (Path(__file__).resolve().parents[2] / "vectors/strokes.json").read_text()
)


def parsed(drawn: list[Element]) -> ElementTree.Element:
    found = picture(png())
    assert found
    root = ElementTree.fromstring(svg(drawn, {FILE: found}))
    for node in root.iter():
        assert node.tag.removeprefix("{http://www.w3.org/2000/svg}") in TAGS
        for name, value in node.attrib.items():
            assert not name.startswith("on")
            assert "nan" not in value
            if name == "href":
                assert value.startswith("data:image/png;base64,")
            assert re.sub(r"url\(#[a-z]\d+\)", "", value).find("url") < 0
    return root


@pytest.mark.parametrize("vector", STROKES, ids=lambda vector: vector["name"])
def test_strokes_are_as_wide_as_in_the_browser(vector: dict[str, Any]) -> None:
    points = [complex(*point) for point in vector["points"]]
    expected = [complex(*point) for point in vector["outline"]]
    drawn = outline(points, vector["pressures"], 8.5)
    assert len(drawn) == len(expected)
    assert all(abs(one - other) < 0.01 for one, other in zip(drawn, expected, strict=True))


@pytest.mark.parametrize(
    "vector",
    [vector for vector in VECTORS["elements"] if vector["cleaned"] and "many" not in vector],
    ids=lambda vector: vector["name"],
)
def test_whatever_may_be_there_is_drawn(vector: dict[str, Any]) -> None:
    element = clean(json.loads(vector["given"]))
    assert element
    parsed([element])


def test_text_stays_text() -> None:
    evil = '</text><script>alert(1)</script><image href="http://example.org/x.png"/>&quot;\x00'
    drawn = [
        made(id="t", type="text", text=evil, originalText=evil),
        made(id="f", type="frame", name=evil),
    ]
    texts = [node.text for node in parsed(drawn).iter() if node.tag.endswith("}text")]
    assert texts == [evil.replace("\x00", "\ufffd")] * 2


def test_an_element_lies_where_the_board_has_it() -> None:
    root = parsed([made(x=-40, y=10, angle=1.5708, width=100, height=20)])
    placed = root.find("{http://www.w3.org/2000/svg}g")
    assert placed is not None
    assert placed.get("transform") == "translate(-40 10) rotate(90 50 10)"
    box = bounds(made(x=0, y=0, width=100, height=20, angle=1.5708, strokeWidth=0))
    assert [round(value) for value in box] == [39, -41, 22, 102]


def test_what_lies_in_a_frame_is_cut_off_at_its_edge() -> None:
    frame = made(id="f", type="frame", x=5, y=6, width=70, height=80)
    inside = made(id="i", frameId="f", width=500)
    clip = parsed([inside, frame]).find(".//{http://www.w3.org/2000/svg}clipPath/*")
    assert clip is not None
    assert clip.attrib == {"x": "5", "y": "6", "width": "70", "height": "80"}


def test_only_what_meets_the_view_is_drawn() -> None:
    near, far = made(id="n"), made(id="f", x=500)
    assert svg([near, far], {}, Box(0, 0, 50, 50)) == svg([near], {}, Box(0, 0, 50, 50))


@settings(max_examples=60)
@given(
    st.lists(elements, max_size=2),
    st.sampled_from(sorted(FIELDS)),
    st.text(max_size=30),
    st.lists(st.tuples(st.floats(-50, 50), st.floats(-50, 50)).map(list), min_size=1, max_size=6),
    st.fixed_dictionaries(
        {},
        optional={
            "angle": st.floats(-6, 6),
            "fillStyle": st.sampled_from(["hachure", "cross-hatch", "solid"]),
            "backgroundColor": st.just("#abc"),
            "roundness": st.sampled_from([None, {"type": 1}, {"type": 2}, {"type": 3, "value": 9}]),
            "endArrowhead": st.sampled_from(["arrow", "bar", "dot", "diamond", "crowfoot_many"]),
            "elbowed": st.booleans(),
            "simulatePressure": st.booleans(),
            "textAlign": st.sampled_from(["left", "center", "right"]),
            "strokeStyle": st.sampled_from(["dashed", "dotted"]),
        },
    ),
)
def test_nothing_makes_drawing_fail(
    others: list[Element], type_: str, text: str, points: list[list[float]], more: dict[str, Any]
) -> None:
    own = {"id": "own", "points": points, "fileId": FILE, "text": text, "name": text}
    parsed([*others, made(type=type_, **own, **more)])
