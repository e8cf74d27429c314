"""Strict JSON: what two parsers could read differently is refused."""

import pytest

from sessions.events import Refused
from web.bodies import Body, parse_json, validated


class Sample(Body):
    name: str
    count: int = 0


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "json.invalid"), (b"{", "json.invalid"), (b'{"a":1,}', "json.invalid"),
        (b'{"a":1} x', "json.invalid"), (b'/**/{"a":1}', "json.invalid"),
        (b'{"a":1,"a":2}', "json.invalid"), (b'{"a":{"b":1,"b":1}}', "json.invalid"),
        (b'\xef\xbb\xbf{"a":1}', "json.invalid"),
        (b'{"a":NaN}', "json.invalid"), (b'{"a":Infinity}', "json.invalid"),
        (b'{"a":1e400}', "json.invalid"), (b'{"a":' + b"9" * 5_000 + b"}", "json.invalid"),
        (b"[" * 30_000 + b"]" * 30_000, "json.invalid"), (b'{"a":' * 20 + b"1" + b"}" * 20,
                                                          "json.invalid"),
        (b"[]", "json.invalid"), (b'"a"', "json.invalid"), (b"null", "json.invalid"),
        (b'{"a":"\\ud800"}', "text.encoding"), (b'{"\\udfff":1}', "text.encoding"),
        (b'{"a":["\\ud800"]}', "text.encoding"),
        (b'{"a":"\xc0\xaf"}', "text.encoding"), (b'{"a":"\xff"}', "text.encoding"),
        ('{"a":1}'.encode("utf-16"), "text.encoding"),
    ],
)  # fmt: skip
def test_what_is_not_plain_json_is_refused(raw: bytes, code: str) -> None:
    """B-016, B-017, B-032."""
    with pytest.raises(Refused) as refused:
        parse_json(raw)
    assert refused.value.code == code


def test_many_keys_are_refused() -> None:
    """B-032."""
    raw = "{" + ",".join(f'"k{at}":1' for at in range(2_001)) + "}"
    with pytest.raises(Refused):
        parse_json(raw.encode())


def test_plain_json_is_read() -> None:
    assert parse_json('{"a":"ä\\ud83d\\ude00","b":[1,{"c":null}]}'.encode()) == {
        "a": "ä😀",
        "b": [1, {"c": None}],
    }


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({}, "field.missing", "name"),
        ({"name": 1}, "field.invalid", "name"),
        ({"name": ["a"]}, "field.invalid", "name"),
        ({"name": None}, "field.invalid", "name"),
        ({"name": "a", "count": "1"}, "field.invalid", "count"),
        ({"name": "a", "count": True}, "field.invalid", "count"),
        ({"name": "a", "__proto__": {}}, "unknown_field", None),
        ({"email": "a"}, "unknown_field", None),
    ],
)
def test_fields_are_checked(given: dict[str, object], code: str, field: str | None) -> None:
    """B-025, B-026, AT-48: and the name of an unknown field is not repeated."""
    with pytest.raises(Refused) as refused:
        validated(Sample, given)
    assert (refused.value.code, refused.value.field) == (code, field)
