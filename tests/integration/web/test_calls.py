"""From a name to a seat: what an instant call takes, gives, refuses, and leaves behind."""

import asyncio
import io
import unicodedata
from typing import Any

import pytest

from tests.integration.web.conftest import MakeSite, Site, solved
from web.proofs import Effort

CANARY = "Kanarienvogel"
NAMES = {"first_name": "Erika", "last_name": "Mustermann"}


def stored(site: Site) -> bytes:
    """Every byte of every file of the node."""
    return b"".join(path.read_bytes() for path in site.data.rglob("*") if path.is_file())


async def counts(site: Site) -> tuple[int, ...]:
    tables = ("sessions", "events", "seats", "sign_ins", "availability")

    def rows(table: str) -> Any:
        return lambda db: db.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar()

    found = [await site.parts.database.read(rows(table)) for table in tables]
    return (*found, await site.parts.key_store.read(rows("key_store")))


async def test_two_names_are_enough(site: Site) -> None:
    """OB-06, OB-07: first and last name, and one is in the queue."""
    visitor = site.visitor()
    started = await visitor.start_call()
    assert started["position"] == 1
    assert (await (await visitor.get("/api/desk/state")).json())["waiting"] == 1
    page = await visitor.get(f"/call/{started['session']}")
    assert page.status == 200
    assert started["session"] in await page.text()
    assert started["token"] not in await page.text()


async def test_the_seat_is_one_plain_session_cookie(site: Site) -> None:
    """OB-26."""
    answer = await site.visitor().post("/api/calls", NAMES)
    [cookie] = answer.headers.getall("Set-Cookie")
    name, *attributes = cookie.split("; ")
    assert name.startswith("visavis-seat=")
    assert sorted(attributes) == ["HttpOnly", "Path=/", "SameSite=Lax"]


async def test_with_tls_the_cookie_is_bound_to_the_host(make_site: MakeSite) -> None:
    """OB-26."""
    site = await make_site(public_url="https://visavis.test")
    headers = {"Origin": "https://visavis.test"}
    answer = await site.visitor().post("/api/calls", NAMES, headers=headers)
    [cookie] = answer.headers.getall("Set-Cookie")
    assert cookie.startswith("__Host-visavis-seat=")
    assert "Secure" in cookie.split("; ")
    assert "max-age" in answer.headers["Strict-Transport-Security"]


async def test_a_visit_leaves_nothing(site: Site) -> None:
    """OB-27: looking around stores no row and sets no cookie."""
    before = await counts(site)
    visitor = site.visitor()
    for path in ("/", "/privacy", "/imprint", "/accessibility", "/api/desk/state", "/login"):
        answer = await visitor.get(path)
        assert answer.status == 200
        assert "Set-Cookie" not in answer.headers
    assert await counts(site) == before


REFUSED: list[tuple[Any, int, str]] = [
    ({"first_name": "", "last_name": ""}, 400, "name.required"),
    ({"first_name": "Erika"}, 400, "name.required"),
    ({"first_name": "\u200b", "last_name": CANARY}, 400, "name.empty"),
    ({"first_name": CANARY * 20, "last_name": "M"}, 400, "name.too_long"),
    ({"first_name": "a" * 10_000, "last_name": CANARY}, 400, "name.too_long"),
    ({"first_name": CANARY + "\u202e", "last_name": "M"}, 400, "name.control"),
    ({"first_name": CANARY, "last_name": "👩‍👩‍👧‍👦"}, 400, "name.chars"),
    ({"first_name": CANARY, "last_name": "R2D2"}, 400, "name.chars"),
    ({"first_name": CANARY, "last_name": "<img src=x onerror=alert(1)>"}, 400, "name.chars"),
    ({"first_name": "Berater", "last_name": CANARY}, 400, "name.reserved"),
    ({"first_name": [CANARY], "last_name": "M"}, 400, "name.type"),
    ({"first_name": {"a": CANARY}, "last_name": "M"}, 400, "name.type"),
    ({"first_name": 7, "last_name": CANARY}, 400, "name.type"),
    ({"first_name": True, "last_name": CANARY}, 400, "name.type"),
    ({"first_name": None, "last_name": CANARY}, 400, "name.type"),
    (NAMES | {"topic": CANARY}, 400, "topic.unknown"),
    *(
        (NAMES | {extra: CANARY}, 400, "unknown_field")
        for extra in ("email", "phone", "role", "tenant", "id", "isAdvisor", "__proto__", CANARY)
    ),
]


@pytest.mark.parametrize(("body", "status", "code"), REFUSED)
async def test_a_refusal_says_why_and_stores_nothing(
    site: Site, body: dict[str, Any], status: int, code: str
) -> None:
    """OB-07; B-001…B-029: no row, no trace, no echo."""
    before = await counts(site)
    answer = await site.visitor().post("/api/calls", body)
    error = (await answer.json())["error"]
    assert (answer.status, error["code"]) == (status, code)
    assert error["text"]
    assert CANARY not in await answer.text()
    assert "Set-Cookie" not in answer.headers
    assert await counts(site) == before
    assert CANARY.encode() not in stored(site)


RAW: list[tuple[bytes, str, int, str]] = [
    (b'{"first_name":"\\ud800","last_name":"M"}', "application/json", 400, "text.encoding"),
    (b'{"first_name":"\xff","last_name":"M"}', "application/json", 400, "text.encoding"),
    ('{"first_name":"A","last_name":"M"}'.encode("utf-16"), "application/json", 400,
     "text.encoding"),
    (b'{"first_name":"A","first_name":"B","last_name":"M"}', "application/json", 400,
     "json.invalid"),
    (b'{"first_name":"A","last_name":"M"', "application/json", 400, "json.invalid"),
    (b'{"first_name":NaN,"last_name":"M"}', "application/json", 400, "json.invalid"),
    (b"[" * 60_000, "application/json", 400, "json.invalid"),
    (b'{"first_name":"A","last_name":"M"}', "text/plain", 415, "type.wrong"),
    (b'{"first_name":"A","last_name":"M"}', "application/json; charset=utf-7", 415, "type.wrong"),
    (b"first_name=A&last_name=M", "application/x-www-form-urlencoded", 415, "type.wrong"),
    (b"--x\r\n", "multipart/form-data; boundary=x", 415, "type.wrong"),
    (b'{"first_name":"' + b"a" * 1_048_576 + b'","last_name":"M"}', "application/json", 413,
     "too.large"),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "content_type", "status", "code"), RAW)
async def test_bodies_that_are_no_plain_json(
    site: Site, raw: bytes, content_type: str, status: int, code: str
) -> None:
    """B-004, B-016, B-017, B-025, B-032."""
    answer = await site.visitor().post(
        "/api/calls", data=io.BytesIO(raw), headers={"Content-Type": content_type}
    )
    assert (answer.status, (await answer.json())["error"]["code"]) == (status, code)
    assert await counts(site) == (0, 0, 0, 0, 0, 0)


async def test_a_packed_body_is_refused(site: Site) -> None:
    """AT-68: nothing is unpacked."""
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    answer = await site.visitor().post("/api/calls", data=b"\x1f\x8b" + b"0" * 50, headers=headers)
    assert answer.status == 415


async def test_a_body_without_length_is_bounded(site: Site) -> None:
    """B-004: chunks are counted as they come."""

    async def endless() -> Any:
        for _ in range(200):
            yield b" " * 4_096

    answer = await site.visitor().post(
        "/api/calls", data=endless(), headers={"Content-Type": "application/json"}
    )
    assert answer.status == 413


async def test_texts_of_refusals_follow_the_language(site: Site) -> None:
    body = {"first_name": "R2D2", "last_name": "M"}
    texts = []
    for headers in ({}, {"Accept-Language": "en"}):
        answer = await site.visitor().post("/api/calls", body, headers=headers)
        texts.append((await answer.json())["error"])
    assert texts[0]["field"] == texts[1]["field"] == "first_name"
    assert "Buchstaben" in texts[0]["text"]
    assert "letters" in texts[1]["text"]


async def test_a_double_submit_is_one_call(site: Site) -> None:
    """B-029: the same key and names, at once and again."""
    visitor = site.visitor()
    headers = {"Idempotency-Key": "0123456789abcdef-submit"}
    first, second = await asyncio.gather(
        *(visitor.post("/api/calls", NAMES, headers=headers) for _ in range(2))
    )
    third = await site.visitor().post("/api/calls", NAMES, headers=headers)
    answers = [await answer.json() for answer in (first, second, third)]
    assert [answer.status for answer in (first, second, third)] == [201, 201, 201]
    assert len({answer["session"] for answer in answers}) == 1
    assert len({answer["token"] for answer in answers}) == 1
    assert (await counts(site))[0] == 1


async def test_anothers_key_leads_to_nobody_elses_call(site: Site) -> None:
    headers = {"Idempotency-Key": "0123456789abcdef-submit"}
    mine = await site.visitor().post("/api/calls", NAMES, headers=headers)
    theirs = await site.visitor().post("/api/calls", NAMES | {"first_name": "Max"}, headers=headers)
    assert (await mine.json())["session"] != (await theirs.json())["session"]


@pytest.mark.parametrize("key", ["short", "x" * 129, "a b" * 8, "é" * 20])
async def test_a_strange_key_is_refused(site: Site, key: str) -> None:
    answer = await site.visitor().post("/api/calls", NAMES, headers={"Idempotency-Key": key})
    assert (await answer.json())["error"]["code"] == "idempotency.invalid"


async def test_the_same_name_twice_is_two_people(site: Site) -> None:
    """B-005, B-023: no linkage, and both spellings of an umlaut are accepted."""
    sessions = set()
    for form in ("NFC", "NFD"):
        name = unicodedata.normalize(form, "Müller")
        started = await site.visitor().start_call("Jörg", name)
        sessions.add(started["session"])
    assert len(sessions) == 2


async def test_names_are_not_stored_in_the_clear(site: Site) -> None:
    """OB-09: neither database nor write-ahead log has the typed name."""
    await site.visitor().start_call(CANARY, "Fledermaus")
    assert CANARY.encode() not in stored(site)
    assert b"Fledermaus" not in stored(site)


async def test_too_many_calls_from_one_network_wait(make_site: MakeSite) -> None:
    """AT-13: the limit is in this process and needs nothing else."""
    site = await make_site(limits_scale=0.05)
    visitor = site.visitor()
    proof = solved(site.parts.admission.proofs.issue(Effort.MUCH, site.parts.now_ms()).model_dump())
    first = await visitor.post("/api/calls", NAMES)
    second = await visitor.post("/api/calls", NAMES, headers=proof)  # half the bucket is used
    answers = [first, second, *[await visitor.post("/api/calls", NAMES) for _ in range(2)]]
    assert [answer.status for answer in answers] == [201, 201, 429, 429]
    assert int(answers[2].headers["Retry-After"]) > 0
    assert (await answers[2].json())["error"]["code"] == "too.fast"
