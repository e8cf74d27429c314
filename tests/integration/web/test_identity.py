"""Requests of those who lost the receipt: who asks is made sure of first, and how is kept."""

import csv
import io
import re
import zipfile
from datetime import datetime, timedelta

import pytest
from cryptography.exceptions import InvalidTag

from sessions.events import SessionId
from tests.age import opened, with_passphrase
from tests.integration.web.conftest import Site
from tests.integration.web.test_protection import DESK, actions, entered, page, sent, today


async def test_how_it_was_checked_is_seen_wherever_the_request_is(site: Site) -> None:
    """OB-36: in the request, in the table to take away and in the chain; no way beside the list."""
    officer = await site.officer()
    path = await entered(site, officer, kind="access")
    id = path.rsplit("/", 1)[1]
    assert "Identity checked" in await page(officer, path)
    assert 'value="done"' not in await page(officer, path)  # cannot be chosen yet
    status, shown = await sent(officer, f"{path}?lang=en", what="done", words="")
    assert (status, "how the person" in shown) == (409, True)
    for wrong in ("", "passport copy", "id-4711"):
        assert (await sent(officer, f"{path}/identity", method=wrong))[0] == 400
    assert (await sent(officer, f"{path}/identity", method="callback", note="x"))[0] == 400
    assert (await sent(officer, f"{path}/identity", method="callback"))[0] == 303
    assert "Called back on a number we had before" in await page(officer, path)
    assert (await sent(officer, path, what="done", words=""))[0] == 303
    assert "Called back on a number we had before" in await page(officer)  # among the answered
    assert (await sent(officer, f"{path}/identity", method="post"))[0] == 409
    done = await actions(site)
    assert ("identity checked", f"letter {id} callback") in done
    answer = await officer.get(f"{DESK}/requests.csv")
    [row] = csv.DictReader(io.StringIO((await answer.read()).decode("utf-8-sig")))
    assert (row["id"], row["state"], row["identity"]) == (id, "done", "callback")
    assert row["identity_by"].startswith("officer ")
    since = site.parts.now_ms() - datetime.fromisoformat(row["identity_at"]).timestamp() * 1_000
    assert 0 <= since < 120_000  # the minute in which it was


async def test_a_request_by_receipt_says_that_it_was_the_receipt(site: Site) -> None:
    """OB-36."""
    officer, prospect = await site.officer(), await site.prospect()
    asked = await site.parts.requests.make(SessionId(prospect.session), "question", reason="Wer?")
    assert "Number and code of the receipt" in await page(officer, f"{DESK}/requests/{asked.id}")
    text = (await (await officer.get(f"{DESK}/requests.csv")).read()).decode("utf-8-sig")
    [row] = csv.DictReader(io.StringIO(text))
    assert (row["source"], row["identity"], "Wer?" in text) == ("receipt", "receipt", False)


async def test_a_copy_by_hand_needs_the_check_and_is_whole(site: Site) -> None:
    """OB-36, OB-37: of the one session that was named, in the chain and in the copy itself."""
    officer, prospect = await site.officer(), await site.prospect()
    path = await entered(site, officer, kind="access")
    status, _ = await sent(officer, f"{path}/copy", which=prospect.session)
    assert status == 409
    assert not [one for one in await actions(site) if one[0] == "copy by hand"]
    assert (await sent(officer, f"{path}/identity", method="document"))[0] == 303
    for wrong in ("", "0" * 32, "Mustermann"):
        status, shown = await sent(officer, f"{path}/copy", which=wrong)
        assert (status, 'id="copy-which-wrong"' in shown) == (400, True), wrong
    data = {"csrf": officer.csrf, "which": prospect.session}
    answer = await officer.post(f"{path}/copy", data=data)
    assert (answer.status, answer.content_type) == (200, "application/zip")
    with zipfile.ZipFile(io.BytesIO(await answer.read())) as archive:
        assert "Mustermann" in archive.read("data.json").decode()
        assert "copy by hand" in archive.read("data.json").decode()
    about = f"{prospect.session} letter {path.rsplit('/', 1)[1]}"
    assert ("copy by hand", about) in await actions(site)
    status, _ = await sent(officer, f"{path}/erase", which=prospect.session, sure="yes")
    assert status == 409  # that is not what the letter asks for


async def test_a_copy_by_hand_goes_sealed_where_others_could_read_along(site: Site) -> None:
    """OB-36: with the passphrase that the page shows, which nobody keeps; with no other."""
    officer, prospect = await site.officer(), await site.prospect()
    path = await entered(site, officer, kind="access")
    assert (await sent(officer, f"{path}/identity", method="video"))[0] == 303
    shown = [re.findall(r'name="passphrase" value="([^"]+)"', await page(officer, path))[0]
             for _ in range(2)]  # fmt: skip
    assert shown[0] != shown[1]
    wanted = {"which": prospect.session, "sealed": "yes"}
    for wrong in ("", "1234", shown[0].lower(), f"{shown[0]}-AAAA"):
        status, told = await sent(officer, f"{path}/copy", **wanted, passphrase=wrong)
        assert (status, wrong in told) == (400, wrong == "")
    data = {"csrf": officer.csrf, **wanted, "passphrase": shown[0]}
    answer = await officer.post(f"{path}/copy", data=data)
    assert (answer.status, answer.content_type) == (200, "application/octet-stream")
    assert ".zip.age" in answer.headers["Content-Disposition"]
    sealed = await answer.read()
    with pytest.raises(InvalidTag):
        opened(sealed, with_passphrase(shown[1]))
    with zipfile.ZipFile(io.BytesIO(opened(sealed, with_passphrase(shown[0])))) as archive:
        assert "Mustermann" in archive.read("data.json").decode()
    kept = await site.parts.database.read(
        lambda db: str(db.exec_driver_sql("SELECT * FROM audit").all())
    )
    assert shown[0] not in kept


async def test_a_session_is_found_by_day_and_name_once_it_is_known_who_asks(site: Site) -> None:
    """OB-36: and whoever is found reads so in what is kept of them; the name stays nowhere."""
    officer, prospect = await site.officer(), await site.prospect()
    await site.visitor().start_call("Jürgen", "Müller")
    path = await entered(site, officer, kind="access")
    day = today(site).isoformat()
    asked = {"name": "mustermann ERIKA", "day": day}
    assert (await sent(officer, f"{path}/search", **asked))[0] == 409
    assert (await sent(officer, f"{path}/identity", method="video"))[0] == 303
    later = (today(site) + timedelta(days=1)).isoformat()
    for wrong in ({"name": ""}, {"day": "gestern"}, {"day": later}, {"day": "1999-01-01"}):
        status, shown = await sent(officer, f"{path}/search", **(asked | wrong))
        assert (status, 'id="search-' in shown) == (400, True), wrong
    done = [one for one in await actions(site) if one[0].endswith("by name")]
    assert done == []  # nothing was opened

    before = (today(site) - timedelta(days=1)).isoformat()
    status, shown = await sent(officer, f"{path}/search?lang=en", name="Erika", day=before)
    assert (status, "no call under this name" in shown) == (200, True)
    status, shown = await sent(officer, f"{path}/search?lang=en", **asked)
    assert (status, "One call found" in shown) == (200, True)
    assert f'name="which" value="{prospect.session}" required checked' in shown
    letter = f"letter {path.rsplit('/', 1)[1]}"
    assert [one for one in await actions(site) if one[0].endswith("by name")] == [
        ("sought by name", f"{letter} {before}"),
        ("sought by name", f"{letter} {day}"),
        ("found by name", f"{prospect.session} {letter}"),
    ]
    data = {"csrf": officer.csrf, "which": prospect.session}
    answer = await officer.post(f"{path}/copy", data=data)
    with zipfile.ZipFile(io.BytesIO(await answer.read())) as archive:
        assert "found by name" in archive.read("data.json").decode()


async def test_an_erasure_by_hand_needs_the_check_and_leaves_a_certificate(site: Site) -> None:
    """OB-36, OB-39: and what is held for the house stays."""
    officer, prospect = await site.officer(), await site.prospect()
    session = SessionId(prospect.session)
    path = await entered(site, officer, kind="erasure")
    wanted = {"which": session, "sure": "yes"}
    assert (await sent(officer, f"{path}/erase", **wanted))[0] == 409
    assert (await sent(officer, f"{path}/identity", method="video"))[0] == 303
    assert (await sent(officer, f"{path}/erase", which=session))[0] == 400
    await site.parts.holds.set(session, "hold", reason="AZ", by="shell:x")
    assert (await sent(officer, f"{path}/erase", **wanted))[0] == 409
    assert await site.parts.lifecycle.view(session) is not None
    await site.parts.holds.lift(session, "hold")
    status, shown = await sent(officer, f"{path}/erase?lang=en", **wanted)
    assert (status, "ed25519" in shown, "whose identity was checked" in shown) == (200, True, True)
    assert await site.parts.lifecycle.view(session) is None
    assert (await sent(officer, path, what="done", words=""))[0] == 303


@pytest.mark.parametrize(
    ("what", "given"),
    [
        ("identity", {"method": "post"}),
        ("copy", {"which": "0" * 32}),
        ("erase", {"sure": "yes"}),
        ("search", {"name": "Mustermann", "day": "2026-01-01"}),
    ],
)
async def test_nobody_else_and_nothing_else(site: Site, what: str, given: dict[str, str]) -> None:
    """OB-36: officers alone; what is not there is not found."""
    officer, operator = await site.officer(), await site.operator()
    path = await entered(site, officer, kind="other")
    assert (await operator.post(f"{path}/{what}", data={"csrf": operator.csrf})).status == 403
    for id in ("0" * 16, "0" * 32, "x"):
        status, _ = await sent(officer, f"{DESK}/requests/{id}/{what}", **given)
        assert status == 404
