"""Strict reading of what a request carries: JSON and forms, refused before anything is stored.

A refusal names the field and a code, never the input.
"""

import asyncio
import json
import math
from collections.abc import Mapping
from typing import Any, Final, NoReturn, TypeVar

from aiohttp import web as aioweb
from pydantic import BaseModel, ConfigDict, ValidationError

from sessions.events import Refused

MAX_BODY_BYTES: Final = 65_536
_MAX_DEPTH: Final = 16
_MAX_KEYS: Final = 2_000
_READ_SECONDS: Final = 10

Model = TypeVar("Model", bound=BaseModel)


class Body(BaseModel):
    """What a request may carry: these fields, of these types, and nothing else."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


async def read_json(request: aioweb.Request, model: type[Model]) -> Model:
    """The body as a model. Raises Refused with one of the codes of this module."""
    _check_type(request, "application/json")
    return validated(model, parse_json(await _read(request)))


async def read_form(request: aioweb.Request, names: frozenset[str]) -> Mapping[str, str]:
    """The fields of a plain form: each at most once, no others than these."""
    _check_type(request, "application/x-www-form-urlencoded")
    if len(await _read(request)) > MAX_BODY_BYTES // 8:
        raise Refused("too.large")
    try:
        fields = await request.post()
    except ValueError:
        raise Refused("form.invalid") from None
    if set(fields) - names:
        raise Refused("unknown_field")
    if len(fields) != len(set(fields)):
        raise Refused("form.invalid")
    return {name: value for name, value in fields.items() if isinstance(value, str)}


def parse_json(raw: bytes) -> dict[str, Any]:
    """JSON as RFC 8259 has it: UTF-8, no duplicate names, no NaN, and an object at the top."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused("text.encoding") from None
    if _deeper_than(text, _MAX_DEPTH):
        raise Refused("json.invalid")
    try:
        found = json.loads(
            text, object_pairs_hook=_without_twins, parse_constant=_no_constant, parse_float=_finite
        )
    except (ValueError, RecursionError):
        raise Refused("json.invalid") from None
    if not isinstance(found, dict):
        raise Refused("json.invalid")
    _check_characters(found)
    return found


def validated(model: type[Model], given: dict[str, Any]) -> Model:
    """The object as a model, or Refused for the first thing that is wrong with it."""
    try:
        return model.model_validate(given)
    except ValidationError as error:
        wrong = error.errors(include_input=False, include_url=False, include_context=False)
    first = next((one for one in wrong if one["type"] == "extra_forbidden"), wrong[0])
    if first["type"] == "extra_forbidden":
        # The name of an unknown field is input too: it is not repeated.
        raise Refused("unknown_field")
    field = str(first["loc"][0]) if first["loc"] else None
    codes: Mapping[str, tuple[str, str]] = getattr(model, "CODES", {})
    missing, invalid = codes.get(field or "", ("field.missing", "field.invalid"))
    raise Refused(missing if first["type"] == "missing" else invalid, field=field)


async def _read(request: aioweb.Request) -> bytes:
    if request.headers.get("Content-Encoding", "identity") != "identity":
        raise Refused("type.wrong")  # a small body that unpacks to a large one
    if (request.content_length or 0) > MAX_BODY_BYTES:
        raise Refused("too.large")
    try:
        async with asyncio.timeout(_READ_SECONDS):
            return await request.read()
    except TimeoutError:
        raise Refused("too.slow") from None


def _check_type(request: aioweb.Request, wanted: str) -> None:
    charset = (request.charset or "utf-8").lower()
    if request.content_type != wanted or charset not in ("utf-8", "utf8"):
        raise Refused("type.wrong")


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs) or len(found) > _MAX_KEYS:
        raise ValueError("duplicate names")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError("not a JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("not a finite number")
    return number


def _deeper_than(text: str, limit: int) -> bool:
    """Counted without a parser; braces inside strings count too, which no body of ours needs."""
    depth = 0
    for character in text:
        if character in "[{":
            depth += 1
            if depth > limit:
                return True
        elif character in "]}":
            depth -= 1
    return False


def _check_characters(value: Any) -> None:
    if isinstance(value, str):
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            raise Refused("text.encoding") from None
    elif isinstance(value, dict):
        for key, inner in value.items():
            _check_characters(key)
            _check_characters(inner)
    elif isinstance(value, list):
        for inner in value:
            _check_characters(inner)
