"""Bad inputs by the row, at every door that takes them: a clear code, nothing kept, nobody hurt."""

import io
import json
import time
from base64 import b64encode
from typing import Any

import pytest

from tests.integration.web.conftest import Caller, MakeSite, Site
from tests.integration.web.test_access import BODIES
from tests.integration.web.test_calls import counts
from tests.patience import allowed
from tests.unit.sessions.test_names import KEPT, REFUSED
from web.app import ROUTES
from web.refusals import STATUSES
from web.routes import Route, Shape, Who

LONGEST_SECONDS = 2.0  # for one answer; what hangs takes ten

_ROWS = [
    pytest.param(
        code,
        [value for value in values if not isinstance(value, (bytes, tuple))],  # no JSON
        id=f"{code} {row}",
    )
    for code, rows in REFUSED.items()
    for row, values in rows.items()
]


async def refused_by_api(caller: Caller, body: Any) -> tuple[int, str]:
    began = time.perf_counter()
    answer = await caller.post(
        "/api/calls",
        data=io.BytesIO(json.dumps(body).encode()),  # as ASCII: also what no text can carry
        headers={"Content-Type": "application/json"},
    )
    text = await answer.text()
    assert time.perf_counter() - began < allowed(LONGEST_SECONDS)
    code: str = json.loads(text)["error"]["code"]
    for typed in body.values():
        if isinstance(typed, str) and len(typed) > 6:
            assert typed not in text, "the input comes back"
    return answer.status, code


@pytest.mark.parametrize(("code", "values"), _ROWS)
async def test_every_bad_name_is_refused_at_both_doors(
    site: Site, code: str, values: list[Any]
) -> None:
    """B-001 to B-025: either field, by API and by form; no row, no task, no wrong code."""
    before = await counts(site)
    visitor = site.visitor()
    for value in values:
        for names in (
            {"first_name": value, "last_name": "Muster"},
            {"first_name": "Erika", "last_name": value},
        ):
            status, found = await refused_by_api(visitor, names)
            large = isinstance(value, str) and len(value) > 60_000
            wanted = "too.large" if large else "name.type" if value is None else code
            assert (status, found) == (STATUSES[wanted], wanted), ascii(value)[:40]
            if isinstance(value, str) and value.isprintable() and not large:
                answer = await visitor.post("/", data=names)
                assert answer.status in (400, 413), ascii(value)[:40]
    assert await counts(site) == before


@pytest.mark.parametrize("row", KEPT)
async def test_every_good_name_is_kept_at_both_doors(make_site: MakeSite, row: str) -> None:
    """B-005, B-007, B-008, B-011, B-022, B-023: the success beside the failure."""
    site = await make_site(queue_max=1_000)
    for name in KEPT[row]:
        started = await site.visitor().start_call(name, "Muster")
        assert started["session"]
        answer = await site.visitor().post("/", data={"first_name": name, "last_name": "Muster"})
        assert answer.status == 303
    waiting = await site.parts.lifecycle.waiting()
    assert len(waiting) == 2 * len(KEPT[row])


BODY_JUNK: dict[str, list[bytes]] = {
    "B-032 broken": [b"", b"{", b'{"a":1,}', b"{'a':1}", b'/**/{"a":1}', b'{"a":1}x', b"\x00"],
    "B-032 twins": [b'{"a":1,"a":2}', b'{"wish":"free","wish":"busy"}'],
    "B-032 numbers": [b'{"a":NaN}', b'{"a":-Infinity}', b'{"a":1e400}',
                      b'{"a":%b}' % (b"9" * 5_000)],
    "B-032 depth": [b"[" * 60_000, b'{"a":' * 10_000, b'{"a":' * 17 + b"1" + b"}" * 17],
    "B-032 keys": [b"{" + b",".join(b'"%d":1' % at for at in range(5_000)) + b"}"],
    "B-032 byte order mark": [b'\xef\xbb\xbf{"a":1}'],
    "B-016, B-017 text": [b'{"a":"\\ud800"}', b'{"a":"\xff"}', b'{"a":"\xc0\xaf"}',
                          b"\xff\xfe{\x00"],
    "no object": [b"[]", b"null", b"1", b'"x"', b"true"],
    "B-026, AT-48 unknown": [
        b'{"__proto__":{"role":"advisor"}}', b'{"constructor":{"prototype":{}}}',
        b'{"role":"operator"}', b'{"tenant":"x"}', b'{"isAdvisor":true}',
    ],
    "B-025 types": [b'{"first_name":[]}', b'{"wish":{}}', b'{"channel":7}', b'{"prepare":"yes"}'],
}  # fmt: skip


async def right_caller(site: Site, route: Route, prospect: Caller) -> Caller:
    """Whoever gets past the door of this route, so that the body is what is refused."""
    if route.who is Who.PROSPECT:
        return prospect
    if route.who is Who.OPERATOR:
        return await site.operator()
    if route.who is Who.OFFICER:
        return await site.officer()
    if route.who is Who.SEAT and route.path != "/api/sessions/{session}/join":
        return prospect
    if route.who in (Who.ADVISOR, Who.WATCHES, Who.SIGNED_IN, Who.SEAT):
        return await site.advisor()
    return site.visitor()


CHANNEL = {"channel": "desk"}
# What a good body still hears: here is no browser that could offer, and no talk of one's own.
STILL: dict[str, tuple[dict[str, str], int]] = {
    "/api/sessions/{session}/checkup": ({"sdp": "no offer"}, 400),
    "/api/sessions/{session}/handover": ({}, 404),
    "/api/sessions/{session}/bar": ({}, 404),
    "/api/sessions/{session}/recording/stop": ({}, 204),
    "/api/sessions/{session}/invitations": ({"seat": "guest"}, 404),
    "/api/sessions/{session}/invitations/{invitation}": ({"what": "admit"}, 404),
    "/api/sessions/{session}/remove": ({"participant": "x"}, 404),
    "/api/invitations/{invitation}/knock": (
        {"secret": "x", "first_name": "Erika", "last_name": "Muster"},
        404,
    ),
    "/api/invitations/{invitation}/state": ({"token": "x"}, 404),
}
TAKERS = [route for route in ROUTES if route.takes is not None and route.shape is Shape.API]


@pytest.mark.parametrize("route", TAKERS, ids=[route.path for route in TAKERS])
async def test_every_route_with_a_body_refuses_junk(site: Site, route: Route) -> None:
    """B-016, B-017, B-025, B-026, B-032, AT-48: a stable code, never a 500, nothing changed."""
    prospect = await site.prospect()
    caller = await right_caller(site, route, prospect)
    before = await counts(site)
    path = route.path.replace("{session}", prospect.session).replace("{invitation}", "0" * 32)
    for row, bodies in BODY_JUNK.items():
        for body in bodies:
            began = time.perf_counter()
            answer = await caller.ask(
                route.method, path, data=body, headers={"Content-Type": "application/json"}
            )
            error = (await answer.json())["error"]
            assert 400 <= answer.status < 500, (row, body[:40])
            assert STATUSES[error["code"]] == answer.status, (row, error)
            assert error["text"]
            assert time.perf_counter() - began < allowed(LONGEST_SECONDS), row
    fine = STILL[route.path][0] if route.path in STILL else BODIES.get(route.path, CHANNEL)
    good = await caller.ask(route.method, path, json=fine)
    expected = (STILL[route.path][1],) if route.path in STILL else (200, 201, 409)
    assert good.status in expected, "the door is shut for good bodies too"
    if route.path not in ("/api/calls", "/api/sessions/{session}/join"):
        assert (await counts(site))[:3] == before[:3]


TYPES = (
    None, "", "text/plain", "application/jsonp", "application/json; charset=utf-7",
    "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/cbor",
    "text/plain; application/json", "*/*", "application/json\x0b",
)  # fmt: skip


@pytest.mark.parametrize("content_type", TYPES)
async def test_only_json_is_json(site: Site, content_type: str | None) -> None:
    """B-017, B-028: what another page can send without asking first is nothing here."""
    headers = {"Content-Type": content_type} if content_type is not None else {}
    body = b'{"first_name":"Erika","last_name":"Muster"}'
    try:
        answer = await site.visitor().post("/api/calls", data=body, headers=headers)
    except ValueError:  # not even the client lets it through
        return
    assert answer.status in (400, 415)
    assert (await counts(site))[0] == 0


FORMS: dict[str, bytes] = {
    "B-025 a field twice": b"first_name=a&first_name=b&last_name=c",
    "B-026 another field": b"first_name=a&last_name=b&role=advisor",
    "B-026 a token": b"first_name=a&last_name=b&session=00000000000000000000000000000000",
    "B-017 charset field": b"first_name=a&last_name=b&_charset_=utf-7",
    "B-017 not UTF-8": b"first_name=%ff%fe&last_name=b",
    "B-016 surrogate": b"first_name=%ed%a0%80&last_name=b",
    "B-001 nothing": b"",
    "B-001 one": b"first_name=a",
    "B-010 NUL": b"first_name=a%00&last_name=b",
    "B-047 line end": b"first_name=a%0d%0aBcc:x&last_name=b",
    "B-004 large": b"first_name=" + b"a" * 9_000,
    "many fields": b"&".join(b"f%d=1" % at for at in range(1_500)),
    "unending percent": b"first_name=%" + b"&" * 2_000,
}


@pytest.mark.parametrize("body", FORMS.values(), ids=FORMS.keys())
async def test_the_form_is_read_strictly(site: Site, body: bytes) -> None:
    """B-001 to B-026, by form: a page with a sentence, never a 500, nothing stored."""
    answer = await site.visitor().post(
        "/", data=body, headers={"Content-Type": "application/x-www-form-urlencoded"}
    )
    page = await answer.text()
    assert answer.status in (400, 413), page[:200]
    assert "</html>" in page
    assert (await counts(site))[0] == 0


STRANGE = (
    "/%00", "/..%2f..%2fetc/passwd", "/static/dist/..%2f..%2fsettings.py",
    "/static/dist//etc/passwd", "/call/..%2f", "/call/%00", "/call/" + "0" * 1_000, "/call/ü",
    "/API/calls", "/api/calls/",
    "//api/calls", "/api//calls", "/api/calls%2f", "/api/calls;role=advisor",
    "/api/sessions/%2e%2e/join", "/api/sessions/*/join", "/login?next=//evil.test",
    "/console/../ops", "/ops%20", "/.env", "/.git/config", "/api/openapi.json%00",
)  # fmt: skip


@pytest.mark.parametrize(
    "method", ["GET", "POST", "HEAD", "PUT", "DELETE", "PATCH", "TRACE", "OPTIONS"]
)
async def test_strange_paths_and_methods_open_nothing(site: Site, method: str) -> None:
    """B-031, AT-06: no other spelling of a route is the route, and no override of a method."""
    visitor = site.visitor()
    for path in STRANGE:
        answer = await visitor.ask(
            method, path, headers={"X-HTTP-Method-Override": "GET", "X-Original-URL": "/ops"}
        )
        body = await answer.text()
        assert answer.status in (200, 303, 400, 403, 404, 405, 415), (path, answer.status)
        if answer.status == 200:
            assert path.startswith("/login"), path
        assert "root:" not in body
    assert (await counts(site))[0] == 0


HEADERS: dict[str, dict[str, str]] = {
    "B-038 own address": {"X-Forwarded-For": "127.0.0.1", "X-Real-IP": "::1"},
    "B-038 chain": {"X-Forwarded-For": ", ".join(["10.0.0.1"] * 400)},
    "B-038 zone": {"X-Forwarded-For": "fe80::1%eth0, ::ffff:1.2.3.4, garbage, 999.1.1.1"},
    "B-038 forwarded": {"Forwarded": 'for="[::1]";host=evil.test;proto=https'},
    "AT-20 host": {"X-Forwarded-Host": "evil.test", "X-Forwarded-Proto": "https"},
    "B-040 language": {"Accept-Language": "de-" + "a" * 4_000},
    "B-040 weights": {"Accept-Language": ",".join(f"xx;q=0.{at}" for at in range(600))},
    "B-040 agent": {"User-Agent": "(" * 3_000 + "Mozilla/" * 200},
    "B-040 cookie": {"Cookie": "; ".join(f"visavis-seat={at}" for at in range(300))},
    "cookie of nonsense": {"Cookie": 'visavis="\\377\\000"; visavis-seat=..; =; $Version=1'},
    "authorization": {"Authorization": "Basic " + b64encode(b"admin:admin").decode()},
    "encodings": {"Accept-Encoding": "gzip;q=9, br, " + "x," * 500},
    "ranges": {"Range": "bytes=" + ",".join(f"{at}-{at}" for at in range(900))},
    "conditional": {"If-None-Match": '"' * 2_000, "If-Modified-Since": "yesterday"},
    "expect": {"Upgrade": "h2c", "HTTP2-Settings": "AAMAAABkAAQAAP__"},
}


@pytest.mark.parametrize("headers", HEADERS.values(), ids=HEADERS.keys())
async def test_strange_headers_change_nothing(site: Site, headers: dict[str, str]) -> None:
    """B-037, B-038, B-040, AT-20: the same page, from the same host, as quick as ever."""
    for path in ("/", "/api/desk/state", "/login", "/console"):
        began = time.perf_counter()
        answer = await site.visitor().get(path, headers=headers)
        body = await answer.text()
        assert answer.status == (303 if path == "/console" else 200), path
        assert time.perf_counter() - began < allowed(LONGEST_SECONDS)
        assert "evil.test" not in body + str(answer.headers)
        assert "Set-Cookie" not in answer.headers


async def test_a_header_that_is_too_long_is_no_accident(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    """B-040: refused by the parser, which is no exception of ours to be logged."""
    answer = await site.visitor().get("/", headers={"X-Long": "x" * 9_000})
    assert answer.status == 400
    assert "Unhandled" not in caplog.text
