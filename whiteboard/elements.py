"""What an element of the board may be: an allow-list of types, fields and values, with its limits.

Byte-identical with `web/client/src/whiteboard/elements.ts`; `tests/vectors/scene.json` is read by
both. What comes in was opened, but not written, by somebody we trust: it counts as hostile.
"""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NewType, TypeAlias

Element = NewType("Element", dict[str, Any])  # cleaned; treated as frozen by everybody
ElementId = NewType("ElementId", str)

MAX_LENGTH: Final = 1_000_000  # units of the scene; a unit is a CSS pixel at a zoom of 100 %
MAX_POINTS: Final = 2_000
MAX_TEXT: Final = 10_000  # characters as people count them: an emoji is one
MAX_FONT_SIZE: Final = 10_000
MAX_PAGES: Final = 200
MAX_WHOLE: Final = 2**31 - 1

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_FILE = re.compile(r"[0-9a-f]{32}(-([1-9][0-9]?|1[0-9]{2}|200))?")
_COLOR = re.compile(
    r"#([0-9A-Fa-f]{3}|[0-9A-Fa-f]{4}|[0-9A-Fa-f]{6}|[0-9A-Fa-f]{8})|[A-Za-z]{1,32}"
)
_INDEX = re.compile(r"[A-Za-z][0-9A-Za-z]{1,255}")
_SURROGATE = re.compile("[\ud800-\udfff]")
_HEADS: Final = ("arrow", "bar", "circle", "circle_outline", "crowfoot_many", "crowfoot_one",
                 "crowfoot_one_or_many", "diamond", "diamond_outline", "dot", "triangle",
                 "triangle_outline")  # fmt: skip
_REQUIRED: Final = object()  # fits no check

Check: TypeAlias = Callable[[object], Any]
Field: TypeAlias = tuple[Check, object]  # and what stands for it where it is missing


class _Wrong(Exception):
    """This value does not fit its field."""


def clean(given: object) -> Element | None:
    """The element with only the fields that we know, in one form; None if it may not be there.

    A field that is missing gets its default; one that is wrong costs the element. The same
    element cleaned twice stays as it is.
    """
    if not isinstance(given, dict):
        return None
    type_ = given.get("type")
    fields = FIELDS.get(type_) if isinstance(type_, str) else None
    try:
        _no_data(given.get("customData"))
        return None if fields is None else Element(_read(fields, given))
    except _Wrong:
        return None


def _read(fields: Mapping[str, Field], given: dict[Any, Any]) -> dict[str, Any]:
    return {name: check(given.get(name, default)) for name, (check, default) in fields.items()}


# ---- checks of single values: each returns the value in its one form, or raises _Wrong


def _number(low: float, high: float, steps: int) -> Check:
    """A finite number between both, rounded half up to 1/steps; a whole one becomes an int."""

    def check(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise _Wrong
        if not low <= value <= high:  # false for NaN as well
            raise _Wrong
        scaled = value * steps
        count = math.floor(scaled)
        count += scaled - count >= 0.5
        return count // steps if count % steps == 0 else count / steps

    return check


def _whole(low: int, high: int) -> Check:
    rounded = _number(low, high, 1)

    def check(value: object) -> int:
        if (number := rounded(value)) != value:
            raise _Wrong
        return int(number)

    return check


def _pattern(pattern: re.Pattern[str]) -> Check:
    def check(value: object) -> str:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise _Wrong
        return value

    return check


def _word(*words: str) -> Check:
    def check(value: object) -> str:
        if not isinstance(value, str) or value not in words:
            raise _Wrong
        return value

    return check


def _text(max_chars: int) -> Check:
    """Any text; half of a surrogate pair, which no encoding knows, becomes U+FFFD."""

    def check(value: object) -> str:
        if not isinstance(value, str) or len(value) > max_chars:
            raise _Wrong
        return _SURROGATE.sub("\ufffd", value)

    return check


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise _Wrong
    return value


def _maybe(check: Check) -> Check:
    return lambda value: None if value is None else check(value)


def _list(check: Check, max_items: int, min_items: int = 0) -> Check:
    def all_of(value: object) -> list[Any]:
        if not isinstance(value, list) or not min_items <= len(value) <= max_items:
            raise _Wrong
        return [check(item) for item in value]

    return all_of


def _shape(fields: Mapping[str, Field]) -> Check:
    def check(value: object) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise _Wrong
        return _read(fields, value)

    return check


def _index(value: object) -> str:
    """A key of fractional-indexing: a head that says how long the whole part is, no final zero.

    Others would make the library throw while it draws.
    """
    if not isinstance(value, str) or not _INDEX.fullmatch(value):
        raise _Wrong
    head = ord(value[0])
    whole = head - ord("a") + 2 if head >= ord("a") else ord("Z") - head + 2
    if len(value) < whole or value[whole:].endswith("0") or value == "A" + "0" * 26:
        raise _Wrong
    return value


def _saved(value: object) -> str:
    """Whether a picture has arrived is each browser's own affair, and not part of the scene."""
    _word("pending", "saved", "error")(value)
    return "saved"


def _no_link(value: object) -> None:
    """Links lead out of the consultation; nobody gets one (B-106)."""
    if value is not None and value != "":
        raise _Wrong


def _no_data(value: object) -> None:
    """What others hang on an element has no meaning here and may be markup (B-106)."""
    if value is not None and value != {}:
        raise _Wrong


_length = _number(-MAX_LENGTH, MAX_LENGTH, 100)
_extent = _number(0, MAX_LENGTH, 100)
_ratio = _number(-MAX_LENGTH, MAX_LENGTH, 10_000)
_part = _number(0, 1, 10_000)
_id = _pattern(_ID)
_pair = _list(_ratio, 2, 2)
_point = _list(_length, 2, 2)
_points = _list(_point, MAX_POINTS, 1)
_color = _pattern(_COLOR)

_BASE: Final[dict[str, Field]] = {
    "angle": (_number(-6.2832, 6.2832, 10_000), 0),  # radians
    "backgroundColor": (_color, "transparent"),
    "boundElements": (
        _maybe(
            _list(
                _shape({"id": (_id, _REQUIRED), "type": (_word("arrow", "text"), _REQUIRED)}), 500
            )
        ),
        None,
    ),
    "fillStyle": (_word("cross-hatch", "hachure", "solid", "zigzag"), "solid"),
    "frameId": (_maybe(_id), None),
    "groupIds": (_list(_id, 50), []),
    "height": (_extent, _REQUIRED),
    "id": (_id, _REQUIRED),
    "index": (_maybe(_index), None),
    "isDeleted": (_flag, False),
    "link": (_no_link, None),
    "locked": (_flag, False),
    "opacity": (_number(0, 100, 1), 100),  # percent
    "roughness": (_number(0, 3, 100), 0),
    "roundness": (
        _maybe(_shape({"type": (_whole(1, 3), _REQUIRED), "value": (_maybe(_extent), None)})),
        None,
    ),
    "seed": (_whole(0, MAX_WHOLE), 1),
    "strokeColor": (_color, "#1e1e1e"),
    "strokeStyle": (_word("dashed", "dotted", "solid"), "solid"),
    "strokeWidth": (_number(0, 100, 100), 2),
    "type": (_text(20), _REQUIRED),  # was looked up already
    "version": (_whole(1, MAX_WHOLE), _REQUIRED),
    "versionNonce": (_whole(0, MAX_WHOLE), _REQUIRED),
    "width": (_extent, _REQUIRED),
    "x": (_length, _REQUIRED),
    "y": (_length, _REQUIRED),
}

_binding = _maybe(
    _shape(
        {
            "elementId": (_id, _REQUIRED),
            "fixedPoint": (_maybe(_pair), None),
            "focus": (_ratio, 0),
            "gap": (_length, 0),
        }
    )
)

_LINE: Final[dict[str, Field]] = {
    "endArrowhead": (_maybe(_word(*_HEADS)), None),
    "endBinding": (_binding, None),
    "points": (_points, _REQUIRED),
    "startArrowhead": (_maybe(_word(*_HEADS)), None),
    "startBinding": (_binding, None),
}

_ARROW: Final[dict[str, Field]] = {
    **_LINE,
    "elbowed": (_flag, False),
    "endIsSpecial": (_maybe(_flag), None),
    "fixedSegments": (
        _maybe(
            _list(
                _shape(
                    {
                        "end": (_point, _REQUIRED),
                        "index": (_whole(0, MAX_POINTS), _REQUIRED),
                        "start": (_point, _REQUIRED),
                    }
                ),
                MAX_POINTS,
            )
        ),
        None,
    ),
    "startIsSpecial": (_maybe(_flag), None),
}

_CROP: Final[dict[str, Field]] = dict.fromkeys(
    ("height", "naturalHeight", "naturalWidth", "width", "x", "y"), (_extent, _REQUIRED)
)

_OWN: Final[dict[str, dict[str, Field]]] = {
    "arrow": _ARROW,
    "diamond": {},
    "ellipse": {},
    "frame": {"name": (_maybe(_text(200)), None)},
    "freedraw": {
        "points": (_points, _REQUIRED),
        "pressures": (_list(_part, MAX_POINTS), []),
        "simulatePressure": (_flag, True),
    },
    "image": {
        "crop": (_maybe(_shape(_CROP)), None),
        "fileId": (_pattern(_FILE), _REQUIRED),
        "scale": (_list(_number(-1, 1, 10_000), 2, 2), [1, 1]),
        "status": (_saved, "saved"),
    },
    "line": _LINE,
    "rectangle": {},
    "text": {
        "autoResize": (_flag, True),
        "containerId": (_maybe(_id), None),
        "fontFamily": (_whole(1, 99), 6),
        "fontSize": (_number(0.1, MAX_FONT_SIZE, 100), 20),
        "lineHeight": (_number(0.1, 10, 10_000), 1.25),
        "originalText": (_text(MAX_TEXT), ""),
        "text": (_text(MAX_TEXT), _REQUIRED),
        "textAlign": (_word("center", "left", "right"), "left"),
        "verticalAlign": (_word("bottom", "middle", "top"), "top"),
    },
}

FIELDS: Final[Mapping[str, Mapping[str, Field]]] = {
    type_: dict(sorted({**_BASE, **own}.items())) for type_, own in _OWN.items()
}
