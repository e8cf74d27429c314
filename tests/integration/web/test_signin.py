"""Signing in and staying signed in: the cookie, what ends it, and what a guesser learns."""

import statistics
import time
from typing import Any

import pytest

from sessions.accounts import SIGN_IN_MS
from sessions.events import Role
from tests.integration.web.conftest import PASSWORD, MakeSite, Site, cheap_hash


async def try_to(site: Site, username: str, password: str, **more: Any) -> Any:
    form = {"username": username, "password": password} | more
    return await site.visitor().post("/login", data=form)


async def test_the_cookie_is_a_session_cookie_out_of_reach(site: Site) -> None:
    """OB-26."""
    await site.advisor("anna")
    answer = await try_to(site, "ANNA ", PASSWORD)
    [cookie] = answer.headers.getall("Set-Cookie")
    name, *attributes = cookie.split("; ")
    assert name.startswith("visavis=")
    assert sorted(attributes) == ["HttpOnly", "Path=/", "SameSite=Lax"]
    assert name.removeprefix("visavis=").encode() not in b"".join(
        path.read_bytes() for path in site.data.rglob("*") if path.is_file()
    )


async def test_signing_in_gives_a_new_cookie_and_ends_the_old(site: Site) -> None:
    """AT-14: a planted or older secret is worth nothing afterwards."""
    anna = await site.advisor("anna")
    old = next(cookie.value for cookie in anna.http.cookie_jar if cookie.key == "visavis")
    await anna.post("/login", data={"username": "anna", "password": PASSWORD})
    new = next(cookie.value for cookie in anna.http.cookie_jar if cookie.key == "visavis")
    assert old != new
    thief = site.visitor()
    assert (await thief.get("/api/desk", headers={"Cookie": f"visavis={old}"})).status == 401
    assert (await thief.get("/api/desk", headers={"Cookie": f"visavis={new}"})).status == 200
    for planted in ("", "x", "0" * 43, "é", "x" * 5_000):
        header = f"visavis={planted}".encode().decode("latin-1")
        assert (await thief.get("/api/desk", headers={"Cookie": header})).status == 401


async def test_signing_out_ends_it_everywhere(site: Site) -> None:
    anna = await site.advisor("anna")
    cookie = next(cookie.value for cookie in anna.http.cookie_jar if cookie.key == "visavis")
    answer = await anna.post("/logout", data={"csrf": anna.csrf})
    assert (answer.status, answer.headers["Location"]) == (303, "/login")
    copy = {"Cookie": f"visavis={cookie}"}
    assert (await site.visitor().get("/api/desk", headers=copy)).status == 401


async def test_a_disabled_account_is_out_at_once(site: Site) -> None:
    """AT-16."""
    anna = await site.advisor("anna")
    account = await site.parts.accounts.find("anna")
    assert account is not None
    await site.parts.accounts.disable(account.id)
    assert (await anna.get("/api/desk")).status == 401
    assert (await try_to(site, "anna", PASSWORD)).status == 401


async def test_a_sign_in_ends_by_itself(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Idle for an hour, or after half a day."""
    anna = await site.advisor("anna")
    later = time.time_ns() // 1_000_000 + SIGN_IN_MS + 1
    monkeypatch.setattr(site.parts.accounts, "_now_ms", lambda: later)
    assert (await anna.get("/api/desk")).status == 401


@pytest.mark.parametrize(
    ("username", "password"),
    [
        ("anna", "falsch"), ("nobody", PASSWORD), ("disabled", PASSWORD), ("", ""),
        ("anna", PASSWORD + "x" * 500), ("anna", ""), ("anna' OR 1=1--", "x"), ("a" * 500, "x"),
        ("<script>", "x"), ("anna\x00", PASSWORD),
    ],
)  # fmt: skip
async def test_every_wrong_sign_in_gets_the_same_words(
    site: Site, username: str, password: str
) -> None:
    """KP-04 in spirit: no oracle for names."""
    await site.advisor("anna")
    account = await site.parts.accounts.add(
        "disabled", display_name="D", role=Role.ADVISOR, password_hash=cheap_hash()
    )
    await site.parts.accounts.disable(account.id)
    answer = await try_to(site, username, password)
    text = await answer.text()
    assert answer.status == 401
    assert "Benutzername oder Passwort stimmen nicht." in text
    assert "<script>" not in text.lower().replace('<script type="module"', "")
    assert "Set-Cookie" not in answer.headers


async def test_unknown_names_take_as_long_as_wrong_passwords(site: Site) -> None:
    """The difference of the medians is far below what one hash takes."""
    password_hash = await site.parts.passwords.hash(PASSWORD)
    await site.parts.accounts.add(
        "anna", display_name="Anna", role=Role.ADVISOR, password_hash=password_hash
    )
    took: dict[str, list[float]] = {"anna": [], "nobody": []}
    for _ in range(5):
        for username, times in took.items():
            began = time.perf_counter()
            await try_to(site, username, "falsch")
            times.append(time.perf_counter() - began)
    known, unknown = (statistics.median(times) for times in took.values())
    assert abs(known - unknown) < 0.5 * max(known, unknown)


async def test_guessing_is_slowed_down_by_name_and_by_network(make_site: MakeSite) -> None:
    """AT-13."""
    site = await make_site(limits_scale=0.2)
    answers = [await try_to(site, "anna", f"guess{at}") for at in range(5)]
    assert [answer.status for answer in answers][:3] == [401, 401, 401]
    assert answers[-1].status == 429
    assert int(answers[-1].headers["Retry-After"]) > 0


@pytest.mark.parametrize(
    ("wanted", "location"),
    [
        ("/console/session/" + "a" * 32, "/console/session/" + "a" * 32),
        ("/console", "/console"),
        ("", "/console"),
        ("/ops", "/console"),
        ("//evil.test", "/console"),
        ("https://evil.test/console", "/console"),
        ("/console@evil.test", "/console"),
        ("/console/../ops", "/console"),
        ("/console\r\nSet-Cookie: a=b", "/console"),
    ],
)
async def test_it_leads_back_to_pages_of_ours_only(site: Site, wanted: str, location: str) -> None:
    await site.advisor("anna")
    answer = await try_to(site, "anna", PASSWORD, next=wanted)
    assert answer.headers["Location"] == location


async def test_the_language_stays_through_the_form(site: Site) -> None:
    await site.advisor("anna")
    form = {"username": "anna", "password": PASSWORD}
    answer = await site.visitor().post("/login?lang=en", data=form)
    assert answer.headers["Location"] == "/console?lang=en"


async def test_a_page_that_needs_a_sign_in_leads_there_and_back(site: Site) -> None:
    path = "/console/session/" + "a" * 32
    answer = await site.visitor().get(path)
    assert answer.headers["Location"] == f"/login?next={path}"
    form = await (await site.visitor().get(answer.headers["Location"])).text()
    assert f'name="next" value="{path}"' in form


async def test_the_form_works_without_a_word_from_script(site: Site) -> None:
    """A browser sends `Origin: null` with a form of a page that sends no referrer."""
    await site.advisor("anna")
    headers = {"Origin": "null", "Sec-Fetch-Site": "same-origin"}
    form = {"username": "anna", "password": PASSWORD}
    answer = await site.visitor().post("/login", data=form, headers=headers)
    assert answer.status == 303


@pytest.mark.parametrize(
    "raw",
    ["username=a&username=b&password=c", "username=a&password=c&role=operator", "%ff=%ff"],
)
async def test_forms_are_read_strictly(site: Site, raw: str) -> None:
    """B-025, AT-05."""
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = await site.visitor().post("/login", data=raw, headers=headers)
    assert answer.status == 400
