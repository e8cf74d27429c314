"""The API's description, made from the table of routes: it cannot differ from what is served."""

import re
from collections.abc import Iterable
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from web.refusals import Faulty
from web.routes import Route, Shape, Who

_SECURITY: Final[dict[Who, list[dict[str, list[str]]]]] = {
    Who.ALL: [],
    Who.PROSPECT: [{"seatCookie": []}, {"seatToken": []}],
    Who.SEAT: [{"seatCookie": []}, {"seatToken": []}, {"signIn": [], "csrf": []}],
    Who.ADVISOR: [{"signIn": []}],
    Who.OPERATOR: [{"signIn": []}],
    Who.OFFICER: [{"signIn": []}],
    Who.PROTECTION: [{"signIn": []}],
    Who.LEAD: [{"signIn": []}],
    Who.ADMIN: [{"signIn": []}],
    Who.WATCHES: [{"signIn": []}],
    Who.SIGNED_IN: [{"signIn": []}],
}
_ALWAYS: Final = {400: "Refused: not understood", 429: "Refused: too fast"}
_UNSAFE: Final = {
    403: "Refused: foreign page",
    413: "Refused: too large",
    415: "Refused: not JSON",
}


def document(routes: Iterable[Route], *, version: str, secure: bool) -> dict[str, Any]:
    """OpenAPI 3.1 for the JSON routes."""
    described = [route for route in routes if route.shape is Shape.API]
    models = _models(described)
    refs, definitions = models_json_schema(
        [(model, mode) for model in models for mode in ("validation",)],
        ref_template="#/components/schemas/{model}",
    )
    paths: dict[str, dict[str, Any]] = {}
    for route in described:
        path = re.sub(r"{(\w+)(:[^}]*)?}", r"{\1}", route.path)
        paths.setdefault(path, {})[route.method.lower()] = _operation(route, path, refs)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Visavis", "version": version},
        "paths": paths,
        "components": {
            "schemas": definitions.get("$defs", {}),
            "securitySchemes": _schemes(secure),
        },
    }


def _operation(route: Route, path: str, refs: Any) -> dict[str, Any]:
    responses: dict[str, Any] = {
        str(status): {"description": route.summary, **_content(model, refs)}
        for status, model in route.answers.items()
    }
    for status, media in route.gives_bytes.items():
        responses[str(status)] = {"description": route.summary, "content": {media: {"schema": {}}}}
    refusals = _ALWAYS | (_UNSAFE if route.unsafe else {}) | _refusals_by_door(route, path)
    refusals |= route.refuses
    for status, meaning in refusals.items():
        responses.setdefault(str(status), {"description": meaning, **_content(Faulty, refs)})
    operation: dict[str, Any] = {
        "operationId": route.run.__name__,
        "summary": route.summary,
        "security": _SECURITY[route.who],
        "parameters": _parameters(route, path),
        "responses": dict(sorted(responses.items())),
    }
    if route.takes is not None:
        operation["requestBody"] = {"required": True, **_content(route.takes, refs)}
    if route.takes_bytes:
        content = {route.takes_bytes: {"schema": {"type": "string", "format": "binary"}}}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _refusals_by_door(route: Route, path: str) -> dict[int, str]:
    found = {404: "Refused: nothing here that you may see"} if "{" in path else {}
    if route.who not in (Who.ALL, Who.SEAT, Who.PROSPECT):
        found |= {401: "Refused: not signed in", 403: "Refused: not for this role"}
    if route.unsafe:
        found |= {409: "Refused: too late", 503: "It may have happened: try again"}
    return found


def _parameters(route: Route, path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"{(\w+)}", path)
    ]
    # Another language is as good as none: people come with whatever their browser says.
    language = {"type": "string", "examples": ["de", "en"]}
    found.append({"name": "lang", "in": "query", "required": False, "schema": language})
    found += [
        {"name": name, "in": "header", "required": False, "schema": {"type": "string", **schema}}
        for name, schema in route.headers.items()
    ]
    return found


def _content(model: type[BaseModel] | None, refs: Any) -> dict[str, Any]:
    if model is None:
        return {}
    return {"content": {"application/json": {"schema": refs[model, "validation"]}}}


def _models(routes: Iterable[Route]) -> list[type[BaseModel]]:
    found: dict[type[BaseModel], None] = {Faulty: None}
    for route in routes:
        if route.takes is not None:
            found[route.takes] = None
        found.update(dict.fromkeys(model for model in route.answers.values() if model is not None))
    return list(found)


def _schemes(secure: bool) -> dict[str, Any]:
    prefix = "__Host-" if secure else ""
    return {
        "seatCookie": {"type": "apiKey", "in": "cookie", "name": f"{prefix}visavis-seat"},
        "seatToken": {"type": "http", "scheme": "bearer"},
        "signIn": {"type": "apiKey", "in": "cookie", "name": f"{prefix}visavis"},
        "csrf": {"type": "apiKey", "in": "header", "name": "X-CSRF-Token"},
    }
