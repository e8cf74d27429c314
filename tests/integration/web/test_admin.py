"""Administering accounts: who may, what ends with it, and what is in the chain afterwards."""

import re
from pathlib import Path

import pytest

from sessions.events import Role
from tests.integration.web.agencies import site_with_agencies
from tests.integration.web.conftest import PASSWORD, Caller, MakeSite, Site
from tests.integration.web.test_protection import DESK, actions, page, sent
from tests.integration.web.test_signin import try_to
from web.accounts import MIN_PASSWORD, ONE_TIME_MS
from web.app import ROUTES
from web.role_check import roles
from web.routes import Who

ADMIN = "/admin"
NEW = {"username": "nina", "display_name": "Nina Neu", "title": "Beraterin", "role": "advisor"}
OWN = "ein ganz eigener Satz"


async def id_of(site: Site, username: str) -> str:
    account = await site.parts.accounts.find(username)
    assert account is not None
    return account.id


async def path_of(site: Site, username: str) -> str:
    return f"{ADMIN}/accounts/{await id_of(site, username)}"


def password_in(shown: str) -> str:
    [found] = re.findall(r'protection__passphrase">([a-z0-9-]+)<', shown)
    return str(found)


async def made(admin: Caller, **more: str) -> str:
    """Somebody new; the password for once."""
    status, shown = await sent(admin, ADMIN, **(NEW | more))
    assert status == 200, shown
    return password_in(shown)


async def came_in(site: Site, username: str, password: str) -> tuple[Caller, str]:
    """A browser that signed in, and where it was sent."""
    caller = site.visitor()
    answer = await caller.post("/login", data={"username": username, "password": password})
    assert answer.status == 303, await answer.text()
    found = re.search(
        r"&#34;csrf&#34;:&#34;([0-9a-f]{64})&#34;",
        await (await caller.get(answer.headers["Location"])).text(),
    )
    assert found
    caller.csrf = found.group(1)
    return caller, answer.headers["Location"]


async def test_somebody_new_sets_a_password_and_advises(site: Site) -> None:
    """OB-01: from the form to the console; the password for once is good for nothing else."""
    admin = await site.admin()
    password = await made(admin)
    assert len(password.replace("-", "")) >= 16
    nina, home = await came_in(site, "nina", password)
    assert home == "/password"
    for route in ROUTES:
        if route.who in (Who.ALL, Who.SIGNED_IN):
            continue
        path = re.sub(r"{[^}]*}", "0" * 32, route.path)
        answer = await nina.ask(route.method, path)
        if route.method == "GET" and answer.status == 303:
            assert answer.headers["Location"] == "/password", route.path
        else:
            assert answer.status == 403, (route.method, route.path)
    status, shown = await sent(nina, "/password", new=OWN, again=OWN)
    assert (status, shown) == (303, "/console")
    assert (await nina.get("/console")).status == 200
    assert (await try_to(site, "nina", password)).status == 401
    assert (await try_to(site, "nina", OWN)).status == 303
    account = await id_of(site, "nina")
    assert [(what, whom.rstrip()) for what, whom in await actions(site)] == [
        ("signed in", "-"), ("account made advisor", f"account {account}"),
        ("password changed", f"account {account}"),
    ]  # fmt: skip


async def test_a_password_for_once_is_good_for_so_long(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Afterwards it is a wrong one like any other; and one that was changed is out of date."""
    admin = await site.admin()
    password = await made(admin)
    now_ms = site.parts.now_ms()
    monkeypatch.setattr(site.parts.sign_ins, "_now_ms", lambda: now_ms + ONE_TIME_MS + 60_000)
    answer = await try_to(site, "nina", password)
    assert (answer.status, "stimmen nicht" in await answer.text()) == (401, True)
    monkeypatch.undo()
    assert (await try_to(site, "nina", password)).status == 303
    status, shown = await sent(admin, f"{await path_of(site, 'nina')}/password")
    assert status == 200
    assert (await try_to(site, "nina", password)).status == 401
    assert (await came_in(site, "nina", password_in(shown)))[1] == "/password"


async def test_what_is_wrong_with_a_password_is_said_at_its_field(site: Site) -> None:
    """Nothing of what was typed comes back, and nothing is changed."""
    anna = await site.advisor("anna")
    shown = await (await anna.get("/password")).text()
    assert 'name="old"' in shown
    good = {"old": PASSWORD, "new": OWN, "again": OWN}
    for wrong, name in (
        ({"old": "falsch"}, "old"), ({"old": ""}, "old"), ({"again": OWN + "x"}, "again"),
        ({"new": "x" * (MIN_PASSWORD - 1)}, "new"), ({"new": "x" * 201}, "new"),
        ({"new": PASSWORD, "again": PASSWORD}, "new"),
    ):  # fmt: skip
        status, shown = await sent(anna, "/password", **good | wrong)
        assert (status, f'id="{name}-wrong"' in shown) == (400, True), wrong
        assert OWN not in shown
    assert (await try_to(site, "anna", PASSWORD)).status == 303
    other = (await came_in(site, "anna", PASSWORD))[0]
    assert (await sent(anna, "/password", **good))[0] == 303
    assert (await anna.get("/api/desk")).status == 200
    assert (await other.get("/api/desk")).status == 401


async def test_locking_is_at_once_and_is_taken_back(site: Site) -> None:
    """OB-01, AT-16."""
    admin, anna = await site.admin(), await site.advisor("anna")
    path = await path_of(site, "anna")
    assert (await sent(admin, f"{path}/lock"))[0] == 303
    assert (await anna.get("/api/desk")).status == 401
    assert (await try_to(site, "anna", PASSWORD)).status == 401
    assert "locked" in await page(admin, path)
    assert (await sent(admin, f"{path}/unlock"))[0] == 303
    assert (await try_to(site, "anna", PASSWORD)).status == 303


async def test_sign_ins_end_on_every_device(site: Site) -> None:
    admin, anna = await site.admin(), await site.advisor("anna")
    assert (await sent(admin, f"{await path_of(site, 'anna')}/sign-ins"))[0] == 303
    assert (await anna.get("/api/desk")).status == 401
    assert (await try_to(site, "anna", PASSWORD)).status == 303


async def test_another_agency_has_other_talks_from_now_on(
    make_site: MakeSite, tmp_path: Path
) -> None:
    """OB-01: what runs is not moved; who signs in anew sees the new one's desk and no other."""
    site = await site_with_agencies(make_site, tmp_path)
    admin, anna = await site.admin(), await site.advisor("anna", "nord")
    before = await site.prospect(agency="nord")
    assert [one["session"] for one in (await desk(anna))["waiting"]] == [before.session]
    path = await path_of(site, "anna")
    assert (await sent(admin, f"{path}/role", role="advisor", agency="sued-2"))[0] == 303
    assert (await anna.get("/api/desk")).status == 401
    anna = await site.advisor("anna")
    assert (await desk(anna))["waiting"] == []
    answer = await anna.post(f"/api/sessions/{before.session}/join", {})
    assert answer.status == 404
    after = await site.prospect(agency="sued-2")
    assert [one["session"] for one in (await desk(anna))["waiting"]] == [after.session]
    for role, agency, code in (
        ("operator", "nord", "agency"), ("advisor", "west", "agency"), ("king", "", "role"),
        ("server", "", "role"), ("prospect", "", "role"), ("advisor", "' OR", "agency"),
    ):  # fmt: skip
        status, shown = await sent(admin, f"{path}/role", role=role, agency=agency)
        assert (status, f'id="assign-{code}-wrong"' in shown) == (400, True), (role, agency)
    assert (await sent(admin, f"{path}/role", role="operator"))[0] == 303
    assert (await site.parts.accounts.get(await id_of(site, "anna"))).role is Role.OPERATOR  # type: ignore[union-attr]


async def desk(advisor: Caller) -> dict[str, list[dict[str, str]]]:
    answer = await advisor.get("/api/desk")
    assert answer.status == 200
    found: dict[str, list[dict[str, str]]] = await answer.json()
    return found


async def test_nobody_locks_or_demotes_themselves(site: Site) -> None:
    """OB-01: so that somebody is always left."""
    admin = await site.admin()
    path = await path_of(site, "some.admin")
    shown = await page(admin, path)
    assert "This is you" in shown
    assert f"{path}/" not in shown
    for act in ("lock", "unlock", "sign-ins", "password"):
        status, shown = await sent(admin, f"{path}/{act}?lang=en")
        assert (status, "changed by somebody else" in shown) == (409, True), act
    assert (await sent(admin, f"{path}/role", role="officer"))[0] == 409
    account = await site.parts.accounts.find("some.admin")
    assert account is not None
    assert (account.role, account.disabled_ms) == (Role.ADMIN, None)
    assert (await admin.get(ADMIN)).status == 200
    assert [what for what, _ in await actions(site)] == ["signed in"]


async def test_each_act_is_in_the_chain_and_the_officer_reads_it(site: Site) -> None:
    """OB-01: who, what, whom; by name for the officer, by number for the auditor."""
    admin = await site.admin()
    await site.advisor("anna")
    anna = await id_of(site, "anna")
    path = f"{ADMIN}/accounts/{anna}"
    for act in ("lock", "unlock", "sign-ins", "password"):
        assert (await sent(admin, f"{path}/{act}"))[0] in (200, 303)
    assert (await sent(admin, f"{path}/role", role="operator"))[0] == 303
    assert await actions(site) == [
        ("signed in", "-"), ("account locked", f"account {anna}"),
        ("account unlocked", f"account {anna}"), ("sign-ins ended", f"account {anna}"),
        ("password given", f"account {anna}"), ("account becomes operator", f"account {anna}"),
    ]  # fmt: skip
    shown = await page(await site.officer(), f"{DESK}/audit")
    for words in ("Account locked", "Account unlocked", "Account changed: Operator", "Signed in"):
        assert f"{words}<br>" in shown
    assert "Administration: Some.Admin" in shown
    assert f"Anna <code>account {anna}</code>" in shown
    shown = await page(await site.auditor(), f"{DESK}/audit")
    assert f"Administration: {(await id_of(site, 'some.admin'))[:8]}" in shown
    assert "Anna" not in shown


async def test_an_administrator_sees_accounts_and_nothing_else(site: Site) -> None:
    """OB-01, OB-48: no session, no prospect, no number."""
    admin, prospect = await site.admin(), await site.prospect()
    for path in ("/console", "/ops", "/ops/statistics", DESK, f"{DESK}/audit"):
        assert (await admin.get(path)).status == 403, path
    assert (await admin.post(f"/api/sessions/{prospect.session}/join", {})).status == 404
    for path in (ADMIN, await path_of(site, "some.admin")):
        shown = await page(admin, path)
        assert prospect.session not in shown
        assert "Mustermann" not in shown


async def test_what_is_wrong_with_somebody_new_is_said(site: Site) -> None:
    """Nothing is made, what was typed comes back, and no password is in it."""
    admin = await site.admin()
    wrong = {
        "username": ("", "Nina Neu", "../x", "some.admin", "a" * 81, "é"),
        "display_name": ("", " ", "x" * 121),
        "title": ("x" * 121,),
        "role": ("", "king", "server", "prospect", "guest"),
        "agency": ("nord", "' OR 1=1--"),
    }
    for name, values in wrong.items():
        for value in values:
            status, shown = await sent(admin, ADMIN, **(NEW | {name: value}))
            assert (status in (400, 409), 'role="alert"' in shown) == (True, True), (name, value)
            assert "protection__passphrase" not in shown
    assert len(await site.parts.accounts.list()) == 1
    assert [what for what, _ in await actions(site)] == ["signed in"]


async def test_accounts_that_are_not_there(site: Site) -> None:
    admin = await site.admin()
    for id in ("0" * 32, "x", "%00", "' OR 1=1--"):
        assert (await admin.get(f"{ADMIN}/accounts/{id}")).status == 404
        for act in ("lock", "unlock", "sign-ins", "password"):
            assert (await sent(admin, f"{ADMIN}/accounts/{id}/{act}"))[0] == 404
        status, _ = await sent(admin, f"{ADMIN}/accounts/{id}/role", role="advisor")
        assert status == 404


async def test_the_doctor_says_who_may_sign_in_as_what(site: Site) -> None:
    """OB-01: nothing where nobody has an account; and whether anybody administers them."""
    settings = site.parts.settings

    async def said() -> list[tuple[str, dict[str, object]]]:
        return [(one.code, dict(one.facts)) async for one in roles(settings)]

    assert await said() == []
    none = dict.fromkeys(("advisor", "lead", "operator", "officer", "auditor", "admin"), 0)
    await site.advisor()
    assert await said() == [("roles.fine", none | {"advisor": 1}), ("roles.admin", {})]
    admin = await site.admin()
    await site.signed_in(Role.LEAD)
    assert await said() == [("roles.fine", none | {"advisor": 1, "lead": 1, "admin": 1})]
    assert (await sent(admin, f"{await path_of(site, 'some.advisor')}/lock"))[0] == 303
    assert await said() == [("roles.fine", none | {"lead": 1, "admin": 1})]
