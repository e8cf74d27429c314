"""Who may use which route: a matrix made from the router, so that no route can be forgotten."""

import re
from typing import Any, get_args

import pytest

from sessions.events import Role, SessionId
from tests.integration.web.conftest import Caller, Site
from tests.integration.web.guests import in_talk, seated_guest
from tests.integration.web.test_files import MEDIA, TUS, uploaded
from web.app import ROUTES
from web.assets import BASE, DIST
from web.clients import LIMITS, Limit
from web.routes import Route, Shape, Who
from web.staff import SignsIn

NOBODY = "0" * 32
CASE = "0" * 16  # of the protection desk
BODIES: dict[str, Any] = {
    "/api/calls": {"first_name": "Erika", "last_name": "Muster"},
    "/api/desk/wish": {"wish": "free"},
    "/api/sessions/{session}/join": {},
    "/api/sessions/{session}/again": {},
    "/api/sessions/{session}/bar": {},
    "/api/sessions/{session}/checkup": {"sdp": "no offer"},
    "/api/sessions/{session}/receipt": {},
    "/api/sessions/{session}/recording": {"sdp": "v=0"},
    "/api/sessions/{session}/recording/stop": {},
    "/api/sessions/{session}/invitations": {"seat": "guest"},
    "/api/sessions/{session}/invitations/{invitation}": {"what": "admit"},
    "/api/sessions/{session}/remove": {"participant": CASE},
    "/api/invitations/{invitation}/knock": {
        "secret": "x", "first_name": "Erika", "last_name": "Muster",
    },
    "/api/invitations/{invitation}/state": {"token": "x"},
}  # fmt: skip
LAST = ("/api/calls", "/logout")  # what takes the present seat or sign-in away
RECORDING = "/api/sessions/{session}/recording"
FILES, FILE = "/api/sessions/{session}/files", "/api/sessions/{session}/files/{file}"
# What who has a seat hears, where it is not 200: the file is the prospect's, and it is whole.
SEATED = {
    ("prospect", "POST", FILES): 201, ("advisor", "POST", FILES): 201,
    ("prospect", "PATCH", FILE): 409, ("advisor", "PATCH", FILE): 404,
    ("prospect", "POST", RECORDING): 409, ("advisor", "POST", RECORDING): 409,  # not allowed here
    ("prospect", "POST", f"{RECORDING}/stop"): 204, ("advisor", "POST", f"{RECORDING}/stop"): 204,
    ("prospect", "DELETE", FILE): 204, ("advisor", "DELETE", FILE): 404,
    ("guest", "POST", FILES): 201,
    # It was laid there before they came; and nobody records them.
    ("guest", "HEAD", FILE): 404, ("guest", "PATCH", FILE): 404, ("guest", "GET", FILE): 404,
    ("guest", "DELETE", FILE): 404,
    ("guest", "POST", RECORDING): 404, ("guest", "POST", f"{RECORDING}/stop"): 404,
}  # fmt: skip
ACCOUNTS = tuple(Role(role) for role in get_args(SignsIn))
CALLERS = ("visitor", "stranger", "prospect", "guest", *ACCOUNTS)
LETS_IN: dict[Who, set[str]] = {
    Who.ALL: set(CALLERS),
    Who.SEAT: {"prospect", "guest", "advisor", "lead"},
    Who.PROSPECT: {"prospect"},
    Who.ADVISOR: {"advisor", "lead"},
    Who.LEAD: {"lead"},
    Who.OPERATOR: {"operator"},
    Who.OFFICER: {"officer"},
    Who.PROTECTION: {"officer", "auditor"},
    Who.ADMIN: {"admin"},
    Who.WATCHES: {"advisor", "lead", "operator"},
    Who.SIGNED_IN: {*ACCOUNTS},
}


async def call(caller: Caller, route: Route, session: str, name: str, file: str = NOBODY) -> Any:
    path = route.path.replace("{session}", session).replace("{file}", file).replace("{case}", CASE)
    path = path.replace("{invitation}", NOBODY).replace("{agency}", "nord")
    path = path.replace("{account}", NOBODY)
    path = re.sub(r"{name[^}]*}", "assets/none.js", path)
    given: dict[str, Any] = {}
    if route.path in (FILES, FILE):
        given["headers"] = TUS | {"Upload-Length": "72", "Upload-Offset": "0"}
        if route.takes_bytes:
            given |= {"data": b"x" * 72, "headers": given["headers"] | MEDIA}
    elif route.shape is Shape.FORM:
        wrong = {"username": "x"} if route.path == "/login" else {"nothing": "x"}
        given["data"] = {"csrf": caller.csrf} if route.path == "/logout" else wrong
    elif route.unsafe:
        channel = {"channel": "ops" if name == "operator" else "desk"}
        given["json"] = BODIES.get(route.path, channel)
    return await caller.ask(route.method, path, **given)


@pytest.mark.parametrize("name", CALLERS)
async def test_every_route_lets_in_whom_its_row_says(site: Site, name: str) -> None:
    """OB-01, AT-09, AT-10: every cell of role × route."""
    prospect = await site.prospect()
    file = (await uploaded(prospect, prospect.session)).rpartition("/")[2]
    match name:
        case "visitor":
            who = site.visitor()
        case "stranger":  # a prospect, but of another session
            who = await site.prospect()
        case "prospect":
            who = prospect
        case "guest":
            who = await seated_guest(site, await in_talk(site, prospect), prospect.session)
        case _:
            who = await site.signed_in(Role(name))
    for route in sorted(ROUTES, key=lambda one: (one.path in LAST, one.method == "DELETE")):
        answer = await call(who, route, prospect.session, name, file)
        body = await answer.text(errors="replace")
        if name in ("visitor", "stranger", "guest"):
            assert prospect.token not in body
        label = f"{name} {route.method} {route.path}: {answer.status}"
        assert answer.status < 500, label
        if (route.method, route.path) == ("POST", "/login"):
            assert answer.status == 401, label  # the password was wrong
        elif name in LETS_IN[route.who]:
            assert answer.status not in (401, 403), label
            if route.who is Who.SEAT:
                seated = "advisor" if name == "lead" else name
                expected = SEATED.get((seated, route.method, route.path), 200)
                assert answer.status == expected, label
        elif route.who in (Who.SEAT, Who.PROSPECT):
            assert answer.status == 404, label
        elif name in ("visitor", "stranger", "prospect", "guest"):
            redirected = answer.status == 303 and answer.headers["Location"].startswith("/login")
            assert answer.status == 401 or (route.shape is Shape.PAGE and redirected), label
        else:
            assert answer.status == 403, label


async def test_the_router_serves_nothing_but_the_table(site: Site) -> None:
    served = {
        (route.method, route.resource.canonical if route.resource else "")
        for route in site.app.router.routes()
        if route.method != "HEAD"
    }
    table = {
        (route.method, re.sub(r":[^}]*}", "}", route.path))
        for route in ROUTES
        if route.method != "HEAD"
    }
    assert served == table | {("GET", "/socket.io/")}


async def test_every_answer_carries_the_headers(site: Site) -> None:
    """OB-31, OB-32, OB-33, AT-49, AT-73: found or not, allowed or not."""
    visitor = site.visitor()
    answers = [await call(visitor, route, NOBODY, "visitor") for route in ROUTES]
    answers += [await visitor.get("/none"), await visitor.ask("PUT", "/"),
                await visitor.get("/socket.io/"), await visitor.ask("HEAD", "/")]  # fmt: skip
    for answer in answers:
        headers = answer.headers
        assert headers["Referrer-Policy"] == "no-referrer", answer.url
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "camera=(self)" in headers["Permissions-Policy"]
        assert headers["Cache-Control"] == "no-store"
        assert headers["Server"] == "visavis"
        policy = dict(one.split(" ", 1) for one in headers["Content-Security-Policy"].split("; "))
        assert policy["default-src"] == "'none'"
        assert policy["script-src"] == policy["style-src"] == policy["font-src"] == "'self'"
        assert policy["img-src"] == "'self' data: blob:"
        assert policy["connect-src"] == "'self' ws://visavis.test"
        assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"


async def test_only_the_thread_that_sees_the_camera_may_compile_and_it_reaches_nobody(
    site: Site,
) -> None:
    """OB-20, OB-32: no page may; and what computes on pictures of people has no way out."""
    visitor = site.visitor()
    scripts = sorted(path.name for path in DIST.glob("assets/*.js"))
    policies = {}
    for script in scripts:
        answer = await visitor.get(f"{BASE}assets/{script}")
        await answer.read()
        policies[script] = answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    (worker,) = (script for script in scripts if script.startswith("blurWorker-"))
    assert policies.pop(worker) == "default-src 'none'; script-src 'wasm-unsafe-eval'"
    assert not any("eval" in policy for policy in policies.values())


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": None},
        {"Origin": "null"},
        {"Origin": "http://evil.test"},
        {"Origin": "http://visavis.test.evil.test"},
        {"Origin": "https://visavis.test"},
        {"Origin": None, "Sec-Fetch-Site": "same-origin"},
        {"Origin": "http://evil.test", "Sec-Fetch-Site": "same-origin"},
        {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://evil.test", "Host": "evil.test", "X-Forwarded-Host": "evil.test"},
    ],
)
async def test_foreign_pages_change_nothing(site: Site, headers: dict[str, Any]) -> None:
    """B-028, AT-20: on every route that changes something."""
    advisor = await site.advisor()
    prospect = await site.prospect()
    for route in ROUTES:
        if not route.unsafe:
            continue
        path = (
            route.path.replace("{session}", prospect.session)
            .replace("{file}", NOBODY)
            .replace("{invitation}", NOBODY)
            .replace("{case}", CASE)
            .replace("{agency}", "nord")
            .replace("{account}", NOBODY)
        )
        form = route.shape is Shape.FORM
        body: dict[str, Any] = {"data": {}} if form else {"json": BODIES.get(route.path, {})}
        answer = await advisor.ask(route.method, path, headers=headers, **body)
        assert answer.status == 403, route.path
        if not form:
            assert (await answer.json())["error"]["code"] == "origin.wrong"
    assert len(await site.parts.lifecycle.live()) == 1


@pytest.mark.parametrize("token", ["", "0" * 64, "é", "x" * 5_000])
async def test_signed_in_changes_need_the_token(site: Site, token: str) -> None:
    """A second layer behind the origin."""
    advisor = await site.advisor()
    session = (await site.prospect()).session
    for path, body in (
        ("/api/desk/wish", {"wish": "free"}),
        ("/api/tickets", {"channel": "desk"}),
        (f"/api/sessions/{session}/join", {}),
    ):
        headers = {"X-CSRF-Token": token.encode().decode("latin-1")}
        answer = await advisor.post(path, body, headers=headers)
        assert (answer.status, (await answer.json())["error"]["code"]) == (403, "csrf.wrong")
    assert (await advisor.post("/logout", data={"csrf": token})).status == 403
    assert (await advisor.get("/api/desk")).status == 200


async def test_another_sign_ins_token_is_none(site: Site) -> None:
    one, other = await site.advisor("one"), await site.advisor("other")
    answer = await one.post(
        "/api/desk/wish", {"wish": "free"}, headers={"X-CSRF-Token": other.csrf}
    )
    assert answer.status == 403


IDS = [
    NOBODY, "f" * 32, "F" * 32, "0" * 31, "0" * 33, "0" * 5_00, "..%2f" + "0" * 27, "%2e%2e",
    "*", ":", "%00", "0" * 31 + "%0a", "é" * 16, "desk", "ops", "' OR 1=1--",
]  # fmt: skip


async def test_what_one_may_not_see_does_not_exist(site: Site) -> None:
    """B-031, AT-01, AT-04, AT-08: foreign, unknown, malformed: one answer, byte by byte."""
    foreign = (await site.prospect()).session
    callers = [site.visitor(), await site.prospect(), await site.operator()]
    bodies = set()
    for caller in callers:
        for session in (foreign, *IDS):
            answer = await caller.post(f"/api/sessions/{session}/join", {})
            assert answer.status == 404, session
            bodies.add(await answer.read())
    advisor = await site.advisor()
    for session in IDS:
        answer = await advisor.post(f"/api/sessions/{session}/join", {})
        assert answer.status == 404, session
        bodies.add(await answer.read())
    assert len(bodies) == 1


async def test_a_guessed_token_opens_nothing(site: Site) -> None:
    """AT-18: and the one it was guessed for notices nothing."""
    prospect = await site.prospect()
    visitor = site.visitor()
    for token in ("", "x", "0" * 64, "é" * 10, "x" * 10_00, prospect.token[:-1] + "x"):
        value = f"Bearer {token}".encode().decode("latin-1")
        answer = await visitor.post(
            f"/api/sessions/{prospect.session}/join", {}, headers={"Authorization": value}
        )
        assert answer.status == 404, token
    assert (await prospect.post(f"/api/sessions/{prospect.session}/join", {})).status == 200


async def test_a_token_serves_where_cookies_are_blocked(site: Site) -> None:
    """OB-28."""
    prospect = await site.prospect()
    visitor = site.visitor()
    answer = await visitor.post(
        f"/api/sessions/{prospect.session}/join",
        {},
        headers={"Authorization": f"Bearer {prospect.token}"},
    )
    assert answer.status == 200
    assert (await answer.json())["role"] == "prospect"


async def test_what_was_erased_is_gone_for_its_own_people(site: Site) -> None:
    """B-031: a shredded session answers like one that never was."""
    prospect = await site.prospect()
    await site.parts.keys.shred(SessionId(prospect.session))
    answer = await prospect.post(f"/api/sessions/{prospect.session}/join", {})
    unknown = await prospect.post(f"/api/sessions/{NOBODY}/join", {})
    assert (answer.status, await answer.read()) == (404, await unknown.read())


async def test_without_the_cookie_the_page_shows_a_way(site: Site) -> None:
    """OB-28, OB-29: explained, no loop, and the session is not doubled."""
    prospect = await site.prospect()
    prospect.http.cookie_jar.clear()
    answer = await prospect.get(f"/call/{prospect.session}")
    assert answer.status == 404
    text = await answer.text()
    assert 'href="/"' in text
    assert "Cookie" in text
    assert len(await site.parts.lifecycle.live()) == 1


async def test_extra_parameters_are_refused(site: Site) -> None:
    """AT-05."""
    prospect = await site.prospect()
    path = f"/api/sessions/{prospect.session}/join"
    for query in ("role=advisor", "role=advisor&role=prospect", "Role=x", "role%00=x", "prepare=1"):
        answer = await prospect.post(f"{path}?{query}", {})
        assert answer.status == 400, query
    assert (await prospect.post(f"{path}?lang=de&lang=en", {})).status == 400
    assert (await prospect.post(path, {"role": "advisor"})).status == 400
    assert (await prospect.post(path, {"prepare": "yes"})).status == 400


async def test_colleagues_behind_one_address_share_no_limit(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(LIMITS, "api", Limit(per_minute=0.001, burst=0.003))
    one, other = await site.advisor("one"), await site.advisor("other")
    assert [(await one.get("/api/desk")).status for _ in range(4)] == [200, 200, 200, 429]
    assert (await other.get("/api/desk")).status == 200


async def test_a_long_address_or_header_is_refused(site: Site) -> None:
    """B-040."""
    visitor = site.visitor()
    assert (await visitor.get("/?q=" + "x" * 3_000)).status == 400
    answer = await visitor.get("/", headers={"Accept-Language": "x," * 3_000})
    assert answer.status == 200
    assert (await visitor.get("/", headers={"Cookie": "a=" + "x" * 9_000})).status == 400


async def test_methods_that_do_not_exist(site: Site) -> None:
    answer = await site.visitor().ask("DELETE", "/api/calls")
    assert (answer.status, (await answer.json())["error"]["code"]) == (405, "method.wrong")
    assert (await site.visitor().ask("OPTIONS", "/api/calls")).status == 405
