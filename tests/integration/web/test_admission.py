"""The gate of the queue: proofs of work, their single use, the cap, and what running talks keep."""

import asyncio
import json
from base64 import b64decode, b64encode
from typing import Any

import altcha
import pytest

from tests.integration.web.conftest import Caller, MakeSite, Site, solved
from tests.integration.web.test_calls import NAMES, counts
from web.clients import LIMITS, Limit
from web.guard import STRANGERS_AT_ONCE
from web.lag import Lag
from web.proofs import ATTEMPTS, VALID_MS, Effort, Proofs

KEY = {"Idempotency-Key": "0123456789abcdef-submit"}


@pytest.fixture(autouse=True)
def little_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """As much as a test needs; how much people get is measured elsewhere."""
    for effort in Effort:
        monkeypatch.setitem(ATTEMPTS, effort, 30)


@pytest.fixture
async def pressed(make_site: MakeSite, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A node on which so many start that it asks for work, and not much of it."""
    monkeypatch.setitem(LIMITS, "starts", Limit(per_minute=0.001, burst=0.02))
    site: Site = await make_site()
    for _ in range(19):
        answer = await site.visitor().post(
            "/api/calls", NAMES, headers=await site.visitor().proof()
        )
        assert answer.status == 201
    return site


async def refused(caller: Caller, headers: dict[str, str] | None = None) -> dict[str, Any]:
    answer = await caller.post("/api/calls", NAMES, headers=headers or {})
    error: dict[str, Any] = (await answer.json())["error"]
    return error | {"status": answer.status, "after": answer.headers.get("Retry-After")}


async def test_in_quiet_times_nothing_has_to_be_solved(site: Site) -> None:
    """A script that did not come, a browser without workers: they get in all the same."""
    visitor = site.visitor()
    challenge = await (await visitor.get("/api/challenge")).json()
    assert challenge["needed"] is False
    assert challenge["parameters"]["data"] == {"effort": 0}
    assert (await visitor.post("/api/calls", NAMES)).status == 201
    assert (await visitor.post("/api/calls", NAMES, headers=solved(challenge))).status == 201


async def test_a_challenge_leaves_nothing_behind(site: Site) -> None:
    """OB-27: no cookie, no row."""
    before = await counts(site)
    answer = await site.visitor().get("/api/challenge")
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"
    assert await counts(site) == before


async def test_under_pressure_a_start_costs_work(pressed: Site) -> None:
    """F-23: refused with a stable code in both languages, and let in with the work done."""
    visitor = pressed.visitor()
    error = await refused(visitor)
    assert (error["status"], error["code"]) == (403, "proof.needed")
    english = await refused(visitor, {"Accept-Language": "en"})
    assert (english["code"], english["text"]) != (error["code"], error["text"])
    challenge = await (await visitor.get("/api/challenge")).json()
    assert challenge["needed"] is True
    assert (await visitor.post("/api/calls", NAMES, headers=solved(challenge))).status == 201


async def test_a_proof_is_good_for_one_call(site: Site) -> None:
    """AT-13, OB-30: replayed by anybody, with other names, at once or later: nothing stored."""
    visitor = site.visitor()
    proof = await visitor.proof()
    others = [NAMES | {"first_name": f"Erika{letter}"} for letter in "abcdefgh"]
    answers = await asyncio.gather(
        *(site.visitor().post("/api/calls", names, headers=proof) for names in others)
    )
    assert sorted(answer.status for answer in answers) == [201] + [409] * 7
    later = await visitor.post("/api/calls", NAMES, headers=proof)
    assert (later.status, (await later.json())["error"]["code"]) == (409, "request.spent")
    assert (await counts(site))[0] == 1


async def test_the_same_request_with_its_proof_leads_to_the_same_call(site: Site) -> None:
    """B-029: a retry after a lost answer, twice at once, and when the house has filled up since."""
    visitor = site.visitor()
    headers = await visitor.proof() | KEY
    answers = await asyncio.gather(
        *(visitor.post("/api/calls", NAMES, headers=headers) for _ in range(3))
    )
    assert [answer.status for answer in answers] == [201] * 3
    assert len({(await answer.json())["session"] for answer in answers}) == 1


async def test_another_house_may_not_issue(site: Site) -> None:
    """AT-17: signed by somebody else."""
    foreign = Proofs(b"another secret").issue(Effort.MUCH, site.parts.now_ms())
    error = await refused(site.visitor(), solved(foreign.model_dump()))
    assert (error["status"], error["code"]) == (400, "proof.invalid")


async def test_a_proof_expires(site: Site) -> None:
    old = site.parts.admission.proofs.issue(Effort.MUCH, site.parts.now_ms() - VALID_MS - 2_000)
    error = await refused(site.visitor(), solved(old.model_dump()))
    assert (error["status"], error["code"]) == (403, "proof.expired")
    assert (await counts(site))[0] == 0


async def test_light_work_is_too_little_under_pressure(pressed: Site) -> None:
    """Proofs cannot be hoarded in quiet times."""
    light = pressed.parts.admission.proofs.issue(Effort.LIGHT, pressed.parts.now_ms())
    error = await refused(pressed.visitor(), solved(light.model_dump()))
    assert (error["status"], error["code"]) == (403, "proof.weak")


def changed(header: dict[str, str], *path: str, to: Any) -> dict[str, str]:
    payload = json.loads(b64decode(header["Proof-Of-Work"]))
    inner = payload
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = to
    return {"Proof-Of-Work": b64encode(json.dumps(payload).encode()).decode()}


PARAMETERS = ("challenge", "parameters")
FORGED: list[tuple[tuple[str, ...], Any]] = [
    ((*PARAMETERS, "cost"), 1),
    ((*PARAMETERS, "cost"), 10**12),
    ((*PARAMETERS, "cost"), "x"),
    ((*PARAMETERS, "expiresAt"), 2**53),
    ((*PARAMETERS, "expiresAt"), None),
    ((*PARAMETERS, "data"), {"effort": 2}),
    ((*PARAMETERS, "data"), {"__proto__": {"effort": 2}}),
    ((*PARAMETERS, "keySignature"), None),
    ((*PARAMETERS, "keyPrefix"), ""),
    ((*PARAMETERS, "algorithm"), "SHA-256"),
    ((*PARAMETERS, "nonce"), "00" * 16),
    ((*PARAMETERS, "nonce"), "00" * 15),
    ((*PARAMETERS, "nonce"), 7),
    ((*PARAMETERS, "nonce"), "zz"),
    (("challenge", "signature"), "0" * 64),
    (("challenge", "signature"), None),
    (("solution", "derivedKey"), "0" * 64),
    (("solution", "derivedKey"), None),
    (("solution", "derivedKey"), []),
    (("solution",), "x"),
    (("challenge",), []),
]


@pytest.mark.parametrize(("path", "value"), FORGED)
async def test_a_forged_proof_opens_nothing(site: Site, path: tuple[str, ...], value: Any) -> None:
    """Every part of it is signed, or what was signed decides."""
    visitor = site.visitor()
    error = await refused(visitor, changed(await visitor.proof(), *path, to=value))
    assert (error["status"], error["code"]) == (400, "proof.invalid")
    assert (await counts(site))[0] == 0


@pytest.mark.parametrize(
    "header",
    ["", "x", "e30=", "bnVsbA==", "W10=", "A" * 7_000, "é", b64encode(b"[" * 900).decode()],
)
async def test_junk_is_no_proof(site: Site, header: str) -> None:
    error = await refused(site.visitor(), {"Proof-Of-Work": header.encode().decode("latin-1")})
    assert (error["status"], error["code"]) == (400, "proof.invalid")


async def test_another_effort_is_tampering(site: Site) -> None:
    """The library's own answer, so that a change of it would be seen here."""
    challenge = await (await site.visitor().get("/api/challenge")).json()
    assert challenge["parameters"]["cost"] == 1_000
    assert altcha.Challenge.from_dict(challenge).to_dict() == {
        key: challenge[key] for key in ("parameters", "signature")
    }


async def test_one_network_that_starts_a_lot_pays_and_no_other(
    make_site: MakeSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More work for many starts from one masked address."""
    monkeypatch.setitem(LIMITS, "call", Limit(per_minute=0.001, burst=0.01))
    site = await make_site(trusted_proxies="127.0.0.0/8")
    many, one = site.visitor(), site.visitor()
    many.headers = many.headers | {"X-Forwarded-For": "192.0.2.7"}
    one.headers = one.headers | {"X-Forwarded-For": "198.51.100.7"}
    assert [(await many.post("/api/calls", NAMES)).status for _ in range(6)] == [201] * 5 + [403]
    assert (await one.post("/api/calls", NAMES)).status == 201


async def test_a_full_house_says_when_to_come_again(make_site: MakeSite) -> None:
    """F-23: at the cap and beyond it; who is in stays in, and a retry of theirs is answered."""
    site = await make_site(queue_max=4)
    mine = await site.visitor().post("/api/calls", NAMES, headers=KEY)
    for _ in range(3):
        visitor = site.visitor()
        assert (
            await visitor.post("/api/calls", NAMES, headers=await visitor.proof())
        ).status == 201
    visitor = site.visitor()
    error = await refused(visitor, await visitor.proof())
    assert (error["status"], error["code"], error["after"]) == (503, "desk.full", "300")
    assert "5 Minuten" in error["text"]
    assert (await counts(site))[0] == 4
    again = await site.visitor().post("/api/calls", NAMES, headers=KEY)
    assert await again.json() == await mine.json()


async def test_a_burst_never_exceeds_the_cap(make_site: MakeSite) -> None:
    """F-23: all at once; the check and the place are one step."""
    site = await make_site(queue_max=10)
    callers = [site.visitor() for _ in range(30)]
    answers = await asyncio.gather(*(caller.post("/api/calls", NAMES) for caller in callers))
    codes = [answer.status for answer in answers]
    assert codes.count(201) <= 10
    assert set(codes) <= {201, 403, 503}
    assert len(await site.parts.lifecycle.live()) == codes.count(201)


async def test_a_late_node_refuses_starts_and_no_joins(site: Site) -> None:
    """Running calls have priority: whoever has a seat is still let in."""
    prospect = await site.prospect()
    site.parts.lag.seconds = 2.0
    await site.parts.lag.close()
    error = await refused(site.visitor())
    assert (error["status"], error["code"], error["after"]) == (503, "node.busy", "20")
    assert (await prospect.post(f"/api/sessions/{prospect.session}/join", {})).status == 200
    site.parts.lag.seconds = 0.0
    assert (await site.visitor().post("/api/calls", NAMES)).status == 201


async def test_a_crowd_waits_for_itself_alone(site: Site) -> None:
    """F-23: while strangers stand in line, whoever has a seat or a sign-in does not."""
    prospect, advisor = await site.prospect(), await site.advisor()
    for _ in range(STRANGERS_AT_ONCE):
        await site.parts.strangers.acquire()
    page = asyncio.create_task(site.visitor().get("/"))
    join = f"/api/sessions/{prospect.session}/join"
    assert (await prospect.post(join, {})).status == 200
    assert (await advisor.get("/console")).status == 200
    assert not page.done()
    for _ in range(STRANGERS_AT_ONCE):
        site.parts.strangers.release()
    assert (await page).status == 200


async def test_the_lag_is_measured_and_passes() -> None:
    """One long step is no overload; a loop that is late time after time is."""
    lag = Lag()
    lag.start()
    try:
        assert lag.seconds == 0.0
        async with asyncio.timeout(60):
            while lag.seconds < 0.02:
                await asyncio.sleep(0.09)
                _block(0.05)
    finally:
        await lag.close()


def _block(seconds: float) -> None:
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    while loop.time() < until:
        pass


FORM = {"first_name": "Erika", "last_name": "Muster"}


async def test_the_form_works_without_script(site: Site) -> None:
    """Names never stand in an address, and whoever pressed before the script came is in."""
    visitor = site.visitor()
    answer = await visitor.post("/?lang=en", data=FORM | {"topic": ""})
    assert answer.status == 303
    assert answer.headers["Location"].startswith("/call/")
    assert "Erika" not in answer.headers["Location"]
    assert (await visitor.get(answer.headers["Location"])).status == 200
    assert len(await site.parts.lifecycle.live()) == 1


@pytest.mark.parametrize(
    ("extra", "status", "words"),
    [
        ({"first_name": "R2D2"}, 400, "nur Buchstaben"),
        ({"topic": "nonsense"}, 400, "Thema"),
        ({"email": "x"}, 400, "nicht erheben"),
    ],
)
async def test_a_refused_form_comes_back(
    site: Site, extra: dict[str, str], status: int, words: str
) -> None:
    """Nothing typed is lost, and what comes back is text."""
    answer = await site.visitor().post("/", data=FORM | extra)
    page = await answer.text()
    assert (answer.status, words in page) == (status, True)
    assert (await counts(site))[0] == 0
    if "email" not in extra:
        assert 'value="Muster"' in page


async def test_markup_in_a_name_comes_back_as_text(site: Site) -> None:
    """AT-40, B-019."""
    evil = '"><img src=x onerror=alert(1)>'
    page = await (await site.visitor().post("/", data=FORM | {"last_name": evil})).text()
    assert "<img" not in page
    assert "&lt;img src=x" in page


async def test_the_form_at_high_load_says_a_friendly_word(pressed: Site) -> None:
    """F-23: a page with everything that was typed, which can be sent again."""
    answer = await pressed.visitor().post("/", data=FORM)
    page = await answer.text()
    assert answer.status == 403
    assert 'value="Erika"' in page
    assert 'role="alert"><p class="banner__body" id="form-error-text">Gerade beginnen' in page


async def test_a_full_house_is_a_friendly_page(make_site: MakeSite) -> None:
    """F-23: "later", with the time that it takes."""
    site = await make_site(queue_max=1)
    assert (await site.visitor().post("/", data=FORM)).status == 303
    answer = await site.visitor().post("/", data=FORM)
    assert (answer.status, answer.headers["Retry-After"]) == (503, "300")
    assert "In etwa 5 Minuten" in await answer.text()
