"""Makes `scene.json`: python -m tests.vectors.make_scene. Elements, merges and folds of the board.

What becomes of each is written by hand, not computed. Everything is JSON text inside JSON, because
odd numbers and half characters are what it is about.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

Json = dict[str, Any]

_MANY = "@@"  # stands for a run that would not fit here; `many` in a row says which
_FILE = "0123456789abcdef0123456789abcdef"
_BASE: Json = {
    "angle": 0, "backgroundColor": "transparent", "boundElements": None, "fillStyle": "solid",
    "frameId": None, "groupIds": [], "height": 50, "id": "one", "index": "a0", "isDeleted": False,
    "link": None, "locked": False, "opacity": 100, "roughness": 0, "roundness": None, "seed": 1,
    "strokeColor": "#1e1e1e", "strokeStyle": "solid", "strokeWidth": 2, "type": "rectangle",
    "version": 3, "versionNonce": 77, "width": 100, "x": 10, "y": 20,
}  # fmt: skip
_LINE = {"endArrowhead": None, "endBinding": None, "points": [[0, 0], [100, 50]],
         "startArrowhead": None, "startBinding": None, "type": "line"}  # fmt: skip
_ARROW = {**_LINE, "elbowed": False, "endIsSpecial": None, "fixedSegments": None,
          "startIsSpecial": None, "type": "arrow"}  # fmt: skip
_STROKE = {"points": [[0, 0], [3, 4]], "pressures": [0.5, 0.25], "simulatePressure": False,
           "type": "freedraw"}  # fmt: skip
_TEXT = {"autoResize": True, "containerId": None, "fontFamily": 6, "fontSize": 20,
         "lineHeight": 1.25, "originalText": "Hausrat", "text": "Hausrat", "textAlign": "left",
         "type": "text", "verticalAlign": "top"}  # fmt: skip
_IMAGE = {"crop": None, "fileId": _FILE, "scale": [1, 1], "status": "saved", "type": "image"}
_FRAME = {"name": "Angebot – Seite 1", "type": "frame"}
_BINDING = {"elementId": "box", "fixedPoint": None, "focus": 0.1235, "gap": 5.5}
_SEGMENT = {"end": [5, 0], "index": 1, "start": [0, 0]}


def _element(**fields: Any) -> Json:
    return dict(sorted({**_BASE, **fields}.items()))


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _raw(field: str, number: str, **fields: Any) -> str:
    """An element whose field holds exactly these characters."""
    return json.dumps({**_BASE, **fields, field: "@"}).replace('"@"', number)


# What a browser may draw; it comes out as it went in.
KEPT: dict[str, Json] = {
    "a rectangle": {},
    "an ellipse": {"type": "ellipse"},
    "a diamond": {"type": "diamond"},
    "a line": _LINE,
    "an arrow": {**_ARROW, "endArrowhead": "arrow", "startBinding": _BINDING},
    "an elbow arrow": {**_ARROW, "elbowed": True, "endIsSpecial": False, "startIsSpecial": True,
                       "fixedSegments": [_SEGMENT],
                       "endBinding": {**_BINDING, "fixedPoint": [0.5001, -0.1]}},
    "a stroke": _STROKE,
    "a text": _TEXT,
    "a text in a box": {**_TEXT, "containerId": "box", "textAlign": "center"},
    "text in many scripts": {
        **_TEXT, "text": "Grüße, Привет, 你好, שלום, ٣, 👩‍👩‍👧, e\u0301\u2028\x01\"\\\n\x7f"},
    "a shared picture": _IMAGE,
    "a page of a document": {**_IMAGE, "fileId": f"{_FILE}-1", "locked": True, "frameId": "page"},
    "the last page": {**_IMAGE, "fileId": f"{_FILE}-200"},
    "a picture cut and mirrored": {**_IMAGE, "scale": [-1, 1], "crop": {
        "height": 1, "naturalHeight": 9, "naturalWidth": 9, "width": 1, "x": 0, "y": 0.5}},
    "a page frame": _FRAME,
    "a frame without a name": {**_FRAME, "name": None},
    "with a text bound to it": {"boundElements": [{"id": "t", "type": "text"}]},
    "grouped, round and faint": {"groupIds": ["g1", "g2"], "opacity": 40,
                                 "roundness": {"type": 3, "value": 12.5}},
    "deleted": {"isDeleted": True},
    "between two others": {"index": "a0V"},
    "before the first": {"index": "Zz"},
    "without a place yet": {"index": None},
    "turned once around": {"angle": 6.2832},
    "a colour by name": {"strokeColor": "tomato", "backgroundColor": "#ABCDEF80"},
}  # fmt: skip

# Numbers as they are written, and as they are kept: (field, written, kept).
NUMBERS: dict[str, tuple[str, str, int | float]] = {
    "a whole number with a point": ("x", "10.0", 10),
    "a whole number with an exponent": ("x", "1e1", 10),
    "minus zero": ("x", "-0", 0),
    "minus zero with a point": ("y", "-0.0", 0),
    "a little below zero": ("x", "-0.001", 0),
    "the smallest number there is": ("x", "5e-324", 0),
    "a half of the last digit": ("x", "0.125", 0.13),
    "a half of the last digit, below zero": ("x", "-0.125", -0.12),
    "a half that is none in binary": ("x", "1.005", 1),
    "just below a half": ("opacity", "0.49999999999999994", 0),
    "many digits": ("x", "123456.789012345678901234567890", 123456.79),
    "the largest length": ("x", "-1000000", -1_000_000),
    "the largest length, broken": ("width", "999999.994", 999_999.99),
    "an angle": ("angle", "0.7853981633974483", 0.7854),
    "the smallest angle": ("angle", "0.0001", 0.0001),
    "the largest version": ("version", "2147483647", 2_147_483_647),
    "a version with a point": ("version", "4.0", 4),
}

# What goes from an element that stays: (given, kept).
TIDIED: dict[str, tuple[Json, Json]] = {
    "fields of nobody": ({"zIndex": 2**31, "html": "<b>", "updated": 1, "hasOwnProperty": 1}, {}),
    "an empty link": ({"link": ""}, {}),
    "empty data": ({"customData": {}}, {}),
    "a picture that has not arrived": ({**_IMAGE, "status": "pending"}, _IMAGE),
    "a picture that failed elsewhere": ({**_IMAGE, "status": "error"}, _IMAGE),
    "half a character": ({**_TEXT, "text": "a\ud83d", "originalText": "\ude00b"},
                         {**_TEXT, "text": "a\ufffd", "originalText": "\ufffdb"}),
    "a binding with a field of nobody": (
        {**_ARROW, "endBinding": {**_BINDING, "focus": 0.12345, "href": "x"}},
        {**_ARROW, "endBinding": _BINDING}),
    "a binding without more": ({**_ARROW, "endBinding": {"elementId": "box"}},
                               {**_ARROW, "endBinding": {**_BINDING, "focus": 0, "gap": 0}}),
}  # fmt: skip

# What may not be there at all. B-106: types and links; B-107: numbers; B-109: sizes.
DROPPED: dict[str, Json] = {
    **{f"B-106 type {type_}": {"type": type_} for type_ in (
        "iframe", "embeddable", "magicframe", "selection", "html", "foreignObject", "script",
        "constructor", "__proto__", "", "Rectangle")},
    "B-106 no type": {"type": None},
    "B-106 a type that is a list": {"type": ["rectangle"]},
    **{f"B-106 link {link}": {"link": link} for link in (
        "javascript:alert(1)", " jAvAsCrIpT:alert(1)", "data:text/html,<script>",
        "https://example.org", "/login")},
    "B-106 a link that is an object": {"link": {}},
    "B-106 data with markup": {"customData": {"html": "<img src=x onerror=alert(1)>"}},
    "B-106 data that is a list": {"customData": []},
    "B-106 a colour that is more": {"strokeColor": "red;background:url(https://example.org)"},
    "B-106 a colour that is a reference": {"backgroundColor": "url(#a)"},
    "B-106 a colour with a line end": {"strokeColor": "red\n"},
    "B-106 a file elsewhere": {**_IMAGE, "fileId": "https://example.org/a.png"},
    "B-106 a file above": {**_IMAGE, "fileId": "../../etc/passwd"},
    "B-106 a picture that brings itself": {**_IMAGE, "fileId": "data:image/svg+xml,<svg>"},
    "B-106 no file": {**_IMAGE, "fileId": None},
    "B-106 page 0": {**_IMAGE, "fileId": f"{_FILE}-0"},
    "B-106 page 201": {**_IMAGE, "fileId": f"{_FILE}-201"},
    "B-106 page 01": {**_IMAGE, "fileId": f"{_FILE}-01"},
    "B-106 an id with markup": {"id": '"><script>'},
    "B-106 an id in another script": {"id": "ä"},
    "B-106 an id with a line end": {"id": "one\n"},
    "B-106 no id": {"id": ""},
    "B-106 a long id": {"id": "a" * 65},
    "B-106 an arrowhead of its own": {**_ARROW, "endArrowhead": "url(#m)"},
    "B-107 x as text": {"x": "10"},
    "B-107 x as truth": {"x": True},
    "B-107 no x": {"x": None},
    "B-107 x as a list": {"x": [10]},
    "B-107 a negative width": {"width": -1},
    "B-107 opacity 900": {"opacity": 900},
    "B-107 opacity below zero": {"opacity": -1},
    "B-107 font size 100,000": {**_TEXT, "fontSize": 100_000},
    "B-107 font size 0": {**_TEXT, "fontSize": 0},
    "B-107 turned a thousand million times": {"angle": 1e9},
    "B-107 a version that cannot be beaten": {"version": 2**31},
    "B-107 version 0": {"version": 0},
    "B-107 half a version": {"version": 1.5},
    "B-107 a nonce below zero": {"versionNonce": -1},
    "B-107 no points": {**_LINE, "points": []},
    "B-107 a point of one number": {**_LINE, "points": [[0]]},
    "B-107 a point of three": {**_LINE, "points": [[0, 0, 0]]},
    "B-107 a point of nothing": {**_LINE, "points": [[0, None]]},
    "B-107 a pressure of 2": {**_STROKE, "pressures": [2]},
    "B-107 a stroke 101 wide": {"strokeWidth": 101},
    "B-107 a place that is none": {"index": "a"},
    "B-107 a place that ends in zero": {"index": "a00"},
    "B-107 a place that is too short": {"index": "c12"},
    "B-107 a place before all": {"index": "A" + "0" * 26},
    "B-107 a place that begins with a digit": {"index": "1a"},
    "B-107 a place as a number": {"index": 1},
    "B-109 a long name": {**_FRAME, "name": "a" * 201},
    "B-109 51 groups": {"groupIds": ["g"] * 51},
    "B-109 bound to a link": {"boundElements": [{"id": "t", "type": "link"}]},
}  # fmt: skip
# Too much, and just not: (element, of what, how often, whether it is kept).
RUNS: dict[str, tuple[Json, str, int, bool]] = {
    "10,000 emoji": ({**_TEXT, "text": _MANY}, "🙂", 10_000, True),
    "B-109 10,001 emoji": ({**_TEXT, "text": _MANY}, "🙂", 10_001, False),
    "B-109 10,001 characters": ({**_TEXT, "text": _MANY}, "a", 10_001, False),
    "B-109 a megabyte": ({**_TEXT, "text": _MANY}, "a", 1_000_000, False),
    "2,000 points": ({**_STROKE, "points": [[1, 2], _MANY]}, "[0,0],", 1_999, True),
    "B-107 2,001 points": ({**_STROKE, "points": [[1, 2], _MANY]}, "[0,0],", 2_000, False),
    "B-107 100,000 points": ({**_STROKE, "points": [[1, 2], _MANY]}, "[0,0],", 100_000, False),
    "B-109 501 bound to it": (
        {"boundElements": [{"id": "t", "type": "text"}, _MANY]},
        '{"id":"t","type":"text"},', 500, False),
}  # fmt: skip
BEYOND = ("1e21", "-1e21", "1e308", "1e400", "-1e400", "1000000.1", "9" * 400)
NOT_EVEN = ("null", "[]", "7", '"rectangle"', "true", "[[]]")


def elements() -> list[Json]:
    """Elements as they come, and as they are kept: None for those that may not be there."""
    rows: list[tuple[str, str, Json | None]] = [
        (name, _text(_element(**fields)), _element(**fields)) for name, fields in KEPT.items()
    ]
    rows += [
        (name, _raw(field, written), _element(**{field: kept}))
        for name, (field, written, kept) in NUMBERS.items()
    ]
    rows += [
        (name, json.dumps(_element(**given)), _element(**kept))
        for name, (given, kept) in TIDIED.items()
    ]
    least = {"height", "id", "type", "version", "versionNonce", "width", "x", "y"}
    few = _text({name: value for name, value in _BASE.items() if name in least})
    rows.append(("only what it needs", few, _element(index=None)))
    rows.append(("the same field twice", _text(_element())[:-1] + ',"x":7}', _element(x=7)))
    rows += [(name, json.dumps({**_BASE, **fields}), None) for name, fields in DROPPED.items()]
    rows += [(f"B-107 x {number[:12]}", _raw("x", number), None) for number in BEYOND]
    rows += [(f"B-107 a point at {number[:12]}", _raw("points", f"[[0,{number}]]", **_LINE), None)
             for number in BEYOND]  # fmt: skip
    rows += [(f"B-107 no element but {text}", text, None) for text in NOT_EVEN]
    return [
        {"name": name, "given": given, "cleaned": None if kept is None else _text(kept)}
        for name, given, kept in rows
    ] + [_run(name, *row) for name, row in RUNS.items()]


def _run(name: str, fields: Json, what: str, times: int, kept: bool) -> Json:
    """`many` says what the mark stands for: a text, how often, and how many characters less."""
    given = _text(_element(**fields))
    less = what.endswith(",")  # a list: the mark stands with its quotes, and no comma at the end
    mark = f'"{_MANY}"' if less else _MANY
    return {
        "name": name,
        "given": given,
        "cleaned": given if kept else None,
        "many": [mark, what, times, int(less)],
    }


def merges() -> list[Json]:
    """Versions of one element, of which the first named wins in whatever order they come."""
    older, newer = _element(version=2), _element(version=3, x=99)
    low, high = _element(versionNonce=5), _element(versionNonce=6, x=99)
    astral, private = _element(**_TEXT, index="a1"), _element(**_TEXT, index="a1")
    astral["text"], private["text"] = "🙂", "\uffee"
    rows: dict[str, list[Json]] = {
        "the higher version": [newer, older],
        "the lower nonce": [low, high],
        "a higher version that deletes": [_element(version=4, isDeleted=True), newer, older],
        "the smaller text where all else is equal": [_element(x=10), _element(x=11)],
        "by UTF-16 units, not by characters": [astral, private],
        "deleted or not, equal else": [_element(), _element(isDeleted=True)],
    }
    return [{"name": name, "versions": [_text(each) for each in row]} for name, row in rows.items()]


_ADVISOR, _PROSPECT, _SERVER = "a" * 16, "b" * 16, "0" * 16


def _joined(who: str, role: str, by: str = _SERVER) -> tuple[str, str, Json]:
    body = {"participant": who, "role": role, "name": "A", "stage": "seated"}
    return "participant.joined", by, body


def _drew(who: str, *drawn: Any) -> tuple[str, str, Json]:
    return "board.changed", who, {"elements": list(drawn)}


def _again(who: str, *there: Any) -> tuple[str, str, Json]:
    return "board.changed", who, {"elements": list(there), "again": True}


def _written(kind: str, who: str, body: Json) -> Json:
    """An event of many elements that differ only in their id (n0, n1 …) gives only the first."""
    row: Json = {"kind": kind, "participant": who}
    drawn = body.get("elements", [])
    first = drawn[0] if isinstance(drawn, list) and len(drawn) > 1_000 else None
    if first is None:
        return {**row, "body": json.dumps(body)}
    start = int(first["id"][1:])
    run = [{**first, "id": f"n{start + n}"} for n in range(len(drawn))]
    assert run == drawn, "these differ in more"
    return {**row, "body": json.dumps({"elements": [first]}), "copies": len(drawn)}


def _led(who: str, **body: Any) -> tuple[str, str, Json]:
    return "board.led", who, {"open": True, "leader": None, "locked": False, **body}


_BOTH = [_joined(_ADVISOR, "advisor"), _joined(_PROSPECT, "prospect")]
_LOCKED = _led(_ADVISOR, locked=True)
_ONE, _TWO = _element(), _element(id="two", index="a1")
_MINE = _element(version=9)


def _many(first: int, count: int, **fields: Any) -> list[Json]:
    return [_element(id=f"n{n}", **fields) for n in range(first, first + count)]


def _fold(name: str, events: list[Any], scene: list[Json], *, left: int = 0, out: int = 0) -> Json:
    text = "[" + ",".join(_text(each) for each in sorted(scene, key=lambda each: each["id"])) + "]"
    order = sorted((each for each in scene if not each["isDeleted"]),
                   key=lambda each: (each["index"] or "", each["id"]))  # fmt: skip
    return {
        "name": name,
        "events": [_written(*event) for event in events],
        "hash": hashlib.sha256(text.encode()).hexdigest(),
        "ordered": [each["id"] for each in order][:20],
        "left_out": left,
        "locked_out": out,
    }


def folds() -> list[Json]:
    """Logs, and the scene that each tells."""
    bad = _element(type="iframe")
    full = [*_BOTH, _drew(_PROSPECT, *_many(0, 5_000))]
    gone = {**_many(0, 1)[0], "isDeleted": True, "version": 4}
    tombs = _many(0, 20_000, isDeleted=True)
    scripts = _element(**{**_TEXT, **KEPT["text in many scripts"]})
    return [
        _fold("nothing", [], []),
        _fold("two elements", [*_BOTH, _drew(_PROSPECT, _TWO), _drew(_ADVISOR, _ONE)],
              [_ONE, _TWO]),
        _fold("every script", [*_BOTH, _drew(_PROSPECT, scripts)], [scripts]),
        _fold("upper case comes first", [_drew(_PROSPECT, _element(id="b", index="aa"),
              _element(id="a", index="aZ"), _element(id="c", index=None))],
              [_element(id="b", index="aa"), _element(id="a", index="aZ"),
               _element(id="c", index=None)]),
        _fold("what is deleted stays so", [_drew(_PROSPECT, _element(version=9, isDeleted=True)),
              _drew(_PROSPECT, _ONE)], [_element(version=9, isDeleted=True)]),
        _fold("B-106 one of three", [_drew(_PROSPECT, _ONE, bad, _TWO)], [_ONE, _TWO], left=1),
        _fold("a body with something that is no element", [_drew(_PROSPECT, _ONE, 5)], []),
        _fold("no elements", [("board.changed", _PROSPECT, {})], []),
        _fold("kinds of others", [("chat.message", _PROSPECT, {"elements": [_ONE]}),
              ("board.stroke", _PROSPECT, {"element": _ONE})], []),
        _fold("B-110 locked", [*_BOTH, _drew(_PROSPECT, _ONE), _LOCKED, _drew(_PROSPECT, _MINE),
              _drew(_ADVISOR, _TWO)], [_ONE, _TWO], out=1),
        _fold("locked and unlocked", [*_BOTH, _LOCKED, _drew(_PROSPECT, _MINE), _led(_ADVISOR),
              _drew(_PROSPECT, _ONE)], [_ONE], out=1),
        _fold("said again for whoever came since", [*_BOTH, _drew(_PROSPECT, _TWO, _ONE),
              _joined("c" * 16, "guest"), _led(_ADVISOR), _again(_ADVISOR, _TWO, _ONE)],
              [_ONE, _TWO]),
        _fold("as whoever came since hears it", [*_BOTH, _joined("c" * 16, "guest"), _LOCKED,
              _again(_ADVISOR, _TWO, _ONE), _drew("c" * 16, _MINE)], [_ONE, _TWO], out=1),
        _fold("locked for whom nobody has seen join", [*_BOTH, _LOCKED, _drew("c" * 16, _ONE)], [],
              out=1),
        _fold("a second advisor draws", [*_BOTH, _joined("c" * 16, "advisor"), _LOCKED,
              _drew("c" * 16, _ONE)], [_ONE]),
        _fold("a prospect does not lock", [*_BOTH, _led(_PROSPECT, locked=True),
              _drew(_PROSPECT, _ONE)], [_ONE]),
        _fold("only the server says who joined", [*_BOTH, _LOCKED,
              _joined(_PROSPECT, "advisor", by=_PROSPECT), _drew(_PROSPECT, _ONE)], [], out=1),
        _fold("a lock that is none", [*_BOTH, _led(_ADVISOR, locked="yes"),
              _led(_ADVISOR, locked=True, leader="me"), _drew(_PROSPECT, _ONE)], [_ONE]),
        _fold("B-109 the 5,001st", [*full, _drew(_PROSPECT, *_many(5_000, 2))], _many(0, 5_000),
              left=2),
        _fold("B-109 room again", [*full, _drew(_PROSPECT, gone, *_many(5_000, 1))],
              [gone, *_many(1, 5_000)]),
        _fold("B-109 changed although it is full",
              [*full, _drew(_PROSPECT, *_many(0, 1, version=9))],
              [*_many(1, 4_999), *_many(0, 1, version=9)]),
        _fold("B-109 brought back although it is full", [*full, _drew(_PROSPECT, gone),
              _drew(_PROSPECT, *_many(5_000, 1)), _drew(_PROSPECT, *_many(0, 1, version=9))],
              [gone, *_many(1, 5_000)], left=1),
        _fold("B-109 deleted without end",
              [_drew(_PROSPECT, *tombs), _drew(_PROSPECT, *_many(20_000, 1))], tombs, left=1),
    ]  # fmt: skip


def main() -> None:
    """Write the file beside this one. Each row on a line."""
    parts = {"elements": elements(), "merges": merges(), "folds": folds()}
    text = ",\n".join(
        f'"{name}": [\n' + ",\n".join(json.dumps(row) for row in rows) + "\n]"
        for name, rows in parts.items()
    )
    Path(__file__).with_name("scene.json").write_text("{" + text + "}\n")


if __name__ == "__main__":
    main()
