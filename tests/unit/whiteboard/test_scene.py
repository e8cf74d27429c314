"""The board's elements, merged and folded as every browser does it (B-106, B-107, B-109, B-110)."""

import json
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sessions.events import ParticipantId
from tests.unit.whiteboard.scenes import RECTANGLE, VECTORS, elements, made
from whiteboard.elements import FIELDS, Element, clean
from whiteboard.scene import Fold, Scene, Step, canonical, merge, ordered, scene_hash, text_of


def written(vector: dict[str, Any], name: str) -> str | None:
    """A text of a vector, with the run that its mark stands for."""
    text: str | None = vector[name]
    if text is None or "many" not in vector:
        return text
    mark, what, times, less = vector["many"]
    return text.replace(mark, (what * times)[: len(what) * times - less])


@pytest.mark.parametrize("vector", VECTORS["elements"], ids=lambda vector: vector["name"])
def test_elements_as_the_browser_takes_them(vector: dict[str, Any]) -> None:
    given_text = written(vector, "given")
    assert given_text is not None
    element = clean(json.loads(given_text))
    assert (None if element is None else text_of(element)) == written(vector, "cleaned")
    if element is not None:
        assert clean(element) == element


@pytest.mark.parametrize("vector", VECTORS["merges"], ids=lambda vector: vector["name"])
def test_merges_as_the_browser_decides_them(vector: dict[str, Any]) -> None:
    winner, *others = (clean(json.loads(text)) for text in vector["versions"])
    assert winner is not None
    for other in others:
        assert other is not None
        for order in ([winner, other], [other, winner], [other, winner, other]):
            assert list(merge({}, order).values()) == [winner]


@pytest.mark.parametrize("vector", VECTORS["folds"], ids=lambda vector: vector["name"])
def test_folds_as_the_browser_folds_them(vector: dict[str, Any]) -> None:
    fold, steps = Fold(), []
    for event in vector["events"]:
        steps.append(fold.apply(event["kind"], event["participant"], _body(event)))
    assert [element["id"] for element in ordered(fold.scene)][:20] == vector["ordered"]
    assert scene_hash(fold.scene) == vector["hash"]
    assert sum(step.left_out for step in steps) == vector["left_out"]
    assert sum(step.locked_out for step in steps) == vector["locked_out"]


def _body(event: dict[str, Any]) -> Any:
    body = json.loads(event["body"])
    if "copies" in event:
        first = body["elements"][0]
        start = int(first["id"][1:])
        body["elements"] = [{**first, "id": f"n{start + n}"} for n in range(event["copies"])]
    return body


def test_fields_are_in_the_order_in_which_they_are_hashed() -> None:
    for type_ in FIELDS:
        own = {"points": [[0, 0]], "fileId": "0" * 32, "text": "", "type": type_}
        text = text_of(made(**own))
        assert json.dumps(json.loads(text), sort_keys=True, separators=(",", ":")) == text


scenes = st.lists(elements, max_size=6).map(lambda drawn: merge({}, drawn))


@settings(max_examples=50)
@given(scenes, scenes, scenes)
def test_merging_is_commutative_associative_and_idempotent(a: Scene, b: Scene, c: Scene) -> None:
    def both(one: Scene, other: Scene) -> Scene:
        return merge(one, other.values())

    assert canonical(both(a, b)) == canonical(both(b, a))
    assert canonical(both(both(a, b), c)) == canonical(both(a, both(b, c)))
    assert both(a, a) == a


@settings(max_examples=50)
@given(st.lists(st.lists(elements, max_size=3), max_size=5))
def test_a_fold_of_changes_is_their_merge(changes: list[list[Element]]) -> None:
    fold, shown = Fold(), dict[Any, Element]()
    for change in changes:
        step = fold.apply("board.changed", ParticipantId("b" * 16), {"elements": change})
        shown |= _by_id(step)
    assert fold.scene == merge({}, (element for change in changes for element in change))
    assert fold.scene == shown, "whoever draws what changed shows the scene"


def _by_id(step: Step) -> Iterable[tuple[Any, Element]]:
    return [(element["id"], element) for element in step.changed]


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
FIELD_NAMES = sorted({name for fields in FIELDS.values() for name in fields})


@settings(max_examples=50)
@given(st.sampled_from(sorted(FIELDS)), st.dictionaries(st.sampled_from(FIELD_NAMES), anything))
def test_nothing_makes_it_fail_and_cleaning_twice_changes_nothing(
    type_: str, fields: dict[str, Any]
) -> None:
    own = {"points": [[0, 0]], "fileId": "0" * 32, "text": "x"}
    element = clean({**RECTANGLE, **own, "type": type_, **fields})
    if element is not None:
        assert clean(json.loads(text_of(element))) == element
