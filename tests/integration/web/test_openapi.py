"""The description agrees with the router, and answers agree with the description."""

import re
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from sessions.events import Role
from tests.integration.media.knocking import Knocker
from tests.integration.web.agencies import site_with_agencies
from tests.integration.web.conftest import Caller, MakeSite, Site
from web import barring, counting, files, handover, invitations, recording
from web.app import ROUTES
from web.refusals import Faulty
from web.routes import Route, Shape


async def test_it_describes_every_api_route_and_no_other(site: Site) -> None:
    found = await (await site.visitor().get("/api/openapi.json")).json()
    assert found["openapi"].startswith("3.1")
    described = {
        (method.upper(), path) for path, methods in found["paths"].items() for method in methods
    }
    assert described == {(route.method, route.path) for route in ROUTES if route.shape is Shape.API}


async def test_every_reference_resolves(site: Site) -> None:
    text = await (await site.visitor().get("/api/openapi.json")).text()
    found = await (await site.visitor().get("/api/openapi.json")).json()
    names = set(re.findall(r'"#/components/schemas/(\w+)"', text))
    assert names
    assert names <= found["components"]["schemas"].keys()


async def test_unknown_fields_are_described_as_refused(site: Site) -> None:
    """OB-07."""
    found = await (await site.visitor().get("/api/openapi.json")).json()
    body = found["components"]["schemas"]["StartCall"]
    assert body["additionalProperties"] is False
    assert set(body["properties"]) == {"first_name", "last_name", "topic", "agency"}
    assert set(body["required"]) == {"first_name", "last_name"}


async def test_answers_are_as_described(make_site: MakeSite, tmp_path: Path) -> None:
    """Validation in the other direction: every row of the table, asked by whom it admits."""
    site = await site_with_agencies(make_site, tmp_path)
    prospect, advisor, operator, lead = (
        await site.prospect(), await site.advisor(), await site.operator(),
        await site.signed_in(Role.LEAD),
    )  # fmt: skip
    asked: list[tuple[Caller, str, str, Any]] = [
        (prospect, "GET", "/api/desk/state", None),
        (prospect, "GET", "/api/desk/state/{agency}", None),
        (prospect, "GET", "/api/challenge", None),
        (prospect, "POST", "/api/sessions/{session}/join", {}),
        (advisor, "POST", "/api/sessions/{session}/join", {"prepare": True}),
        (advisor, "GET", "/api/desk", None),
        (advisor, "GET", "/api/colleagues", None),
        (lead, "GET", "/api/team", None),
        (advisor, "POST", "/api/desk/wish", {"wish": "busy"}),
        (advisor, "POST", "/api/tickets", {"channel": "desk"}),
        (operator, "POST", "/api/tickets", {"channel": "ops"}),
        (prospect, "POST", "/api/sessions/{session}/checkup", {"sdp": await Knocker.an_offer()}),
        (prospect, "POST", "/api/sessions/{session}/receipt", {}),
        (prospect, "GET", "/api/sessions/{session}/topic", None),
        (prospect, "GET", "/api/receipt/keys", None),
        (operator, "GET", "/api/ops/sessions", None),
        (operator, "GET", "/api/ops/health", None),
        (prospect, "POST", "/api/calls", {"first_name": "A", "last_name": "B"}),
    ]
    seen = set()
    for caller, method, path, body in asked:
        route = find(method, path)
        given = {} if body is None else {"json": body}
        place = path.replace("{session}", prospect.session).replace("{agency}", "nord")
        answer = await caller.ask(method, place, **given)
        model = route.answers[answer.status]
        assert model is not None
        check(model, await answer.json())
        seen.add((method, path))
        if body is not None:
            refused = await caller.ask(method, place, json={"extra": 1})
            assert refused.status == 400
            check(Faulty, await refused.json())
    described = {(one.method, one.path) for one in ROUTES if one.answers}
    elsewhere = {("POST", "/api/sessions/{session}/again")}  # takes a deserted talk: test_again.py
    talks = (*handover.ROUTES[1:], *barring.ROUTES)  # take a talk as well
    elsewhere |= {(one.method, one.path) for one in talks}
    # Not JSON, or a talk again: test_files.py, test_statistics.py, test_recording.py and so on.
    apart = (*files.ROUTES, *counting.ROUTES, *recording.ROUTES, *invitations.ROUTES)
    elsewhere |= {(one.method, one.path) for one in apart}
    assert seen | elsewhere == described | {("GET", files.ONE)}


def find(method: str, path: str) -> Route:
    return next(one for one in ROUTES if (one.method, one.path) == (method, path))


def check(model: type[BaseModel], answer: Any) -> None:
    model.model_validate(answer)
