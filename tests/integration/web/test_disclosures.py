"""Disclosures to authorities: two people, the least, each step in the chain, and counted."""

import hashlib
import html
import io
import json
import re
import secrets
import zipfile
from base64 import b64decode
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from sessions.disclosures import CATEGORIES
from sessions.events import SessionId
from sessions.exit import REFUSED
from sessions.keys import Signature
from sessions.lifecycle import Started
from sessions.names import Name
from tests.age import Unwrap, bech32, opened, with_key, with_passphrase
from tests.integration.web.conftest import Caller, Site
from tests.integration.web.test_protection import DESK, actions, page, sent, today
from tests.integration.web.test_receipt import PNG, talk
from tests.integration.web.test_talk import free_advisor

PATH = f"{DESK}/disclosures"
ASKED = {
    "sort": "prosecutor", "authority": "Staatsanwaltschaft Musterstadt",
    "ground": "§ 161 StPO", "file_number": "12 Js 34/26",
}  # fmt: skip


async def begun(site: Site) -> Started:
    name = Name("Wilhelmine", "Unverkennbar")
    return await site.parts.lifecycle.start(
        name=name, topic=None, language="de", request=secrets.token_bytes(16)
    )


async def asked(officer: Caller, session: str, *categories: str) -> str:
    ticks = {f"category_{one}": "yes" for one in categories}
    status, path = await sent(officer, PATH, which=session, **ASKED, **ticks)
    assert status == 303, path
    return path


async def passphrase(officer: Caller, path: str) -> str:
    """As it is on the screen once somebody asked to see it."""
    status, shown = await sent(officer, f"{path}/passphrase")
    assert status == 200
    [found] = re.findall(r'protection__passphrase">([0-9A-Z-]{34})<', shown)
    return str(found)


async def taken(officer: Caller, path: str, unwrap: Unwrap | None = None) -> bytes:
    """The package, opened as its recipient does."""
    answer = await officer.get(f"{path}/package")
    sealed = await answer.read()
    assert (answer.status, sealed[:8]) == (200, b"age-encr")
    return opened(sealed, unwrap or with_passphrase(await passphrase(officer, path)))


def data_of(package: bytes) -> dict[str, Any]:
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        found: dict[str, Any] = json.loads(archive.read("data.json"))
    return found


def held_by(package: bytes) -> set[str]:
    """What else there is; the manifest has the hash of everything, and the house signed it."""
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        assert set(archive.namelist()) == {*manifest["files"], "manifest.json", "signature.json"}
        for name, told in manifest["files"].items():
            assert hashlib.sha256(archive.read(name)).hexdigest() == told["sha256"], name
    return set(manifest["files"]) - {"data.json"}


async def test_one_person_alone_hands_nothing_over(site: Site) -> None:
    """OB-16, OB-15: four eyes; before the second pair there is no package, after it the chain."""
    one, other = await site.officer("one"), await site.officer("other")
    session = (await begun(site)).session
    path = await asked(one, session, "times", "names")
    assert (await one.get(f"{path}/package")).status == 409
    status, shown = await sent(one, f"{path}?lang=en", state="approved")
    assert (status, "decided by somebody else" in shown) == (403, True)
    assert (await one.get(f"{path}/package")).status == 409
    assert "Only somebody else can approve" in await page(one, path)
    assert (await sent(other, path, state="approved"))[0] == 303
    assert (await sent(other, path, state="refused", why="x"))[0] == 409
    opening = with_passphrase(await passphrase(one, path))
    first = await taken(one, path, opening)
    assert await taken(other, path, opening) == first  # byte by byte, once it is opened
    done = await actions(site)
    taking = ["disclosure taken", "disclosure", "disclosure handed"]
    assert done.count((REFUSED, f"authority {session}")) == 2  # each of the two early ones
    done = [one for one in done if one[0] != REFUSED]
    assert [action for action, _ in done if action.startswith("disclosure")] == [
        "disclosure asked", "disclosure approved", "disclosure passphrase", *taking, *taking,
    ]  # fmt: skip
    assert hashlib.sha256(first).hexdigest() in await page(one, path)
    assert all(subject.startswith(session) for _, subject in done)
    assert not any("Js" in subject or "Staats" in subject for _, subject in done)


@pytest.mark.parametrize(
    "categories", [("times",), ("names",), ("chat", "consents"), CATEGORIES[:4]]
)
async def test_the_package_has_what_was_approved_and_no_more(
    site: Site, categories: tuple[str, ...]
) -> None:
    """OB-16: the least; signed by the house."""
    one, other = await site.officer("one"), await site.officer("other")
    session = (await begun(site)).session
    path = await asked(one, session, *categories)
    assert (await sent(other, path, state="approved"))[0] == 303
    package = await taken(other, path)
    found = data_of(package)
    assert held_by(package) == set()
    assert set(found) == {"format", "disclosure", "categories", *categories}
    assert ("Unverkennbar" in json.dumps(found)) is ("names" in categories)
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        signed = json.loads(archive.read("signature.json"))
        manifest = archive.read("manifest.json")
    key, value = (b64decode(signed[name]) for name in ("key", "signature"))
    assert key in site.parts.keys.master.public_keys()
    assert Signature(key, value).signs(manifest)
    opened = [action for action, _ in await actions(site) if action == "disclosure"]
    assert len(opened) == (0 if categories == ("times",) else 1)  # times need no key


async def test_files_and_board_are_in_it_if_they_were_approved(site: Site) -> None:
    """OB-16: sealed for the key of its recipient, in clear for nobody else; without the files the
    board shows none of them; each file that is opened is in the chain."""
    told = await talk(site, await free_advisor(site))
    one, other = await site.officer("one"), await site.officer("other")
    own = X25519PrivateKey.generate()
    key = bech32(own.public_key().public_bytes_raw())

    async def handed(*categories: str) -> bytes:
        ticks = {f"category_{each}": "yes" for each in categories}
        _, path = await sent(one, PATH, which=told.session, **ASKED, **ticks, recipient=key)
        assert (await sent(other, path, state="approved"))[0] == 303
        assert key in await page(one, path)
        assert (await sent(one, f"{path}/passphrase"))[0] == 409  # there is none
        assert await taken(one, path, with_key(own)) == await taken(one, path, with_key(own))
        return await taken(one, path, with_key(own))

    both = await handed("files", "board")
    found = data_of(both)
    assert set(found) == {"format", "disclosure", "categories", "files", "board"}
    drawings = {"board/board.pdf", "board/board.png"}
    paths = {file["path"] for file in found["files"]}
    assert held_by(both) == {*paths, *drawings}
    with zipfile.ZipFile(io.BytesIO(both)) as archive:
        contents = {archive.read(path) for path in paths}
    assert {told.content.encode(), PNG} <= contents
    assert told.drawn in json.dumps(found["board"], ensure_ascii=False)
    for hidden in (told.first, told.asked):
        assert hidden not in json.dumps(found, ensure_ascii=False)
    alone = await handed("board")
    assert held_by(alone) == drawings
    assert "files" not in data_of(alone)
    assert held_by(await handed("files")) == paths
    opened_files = [
        about
        for action, about in await actions(site)
        if action[:11] == "disclosure " and "/" in about
    ]
    assert {about[:33] for about in opened_files} == {f"{told.session}/"}


async def test_the_person_sees_what_was_handed_over_once_they_may(site: Site) -> None:
    """OB-16, OB-37: also in the copy; while a law forbids it nothing shows, not even who opened."""
    told = await talk(site, await free_advisor(site))
    one, other = await site.officer("one"), await site.officer("other")

    async def receipt() -> str:
        return html.unescape(await (await site.visitor().post("/receipt", data=told.proof)).text())

    async def copy() -> dict[str, Any]:
        return data_of(await (await site.visitor().post("/receipt/copy", data=told.proof)).read())

    async def handed(**more: str) -> str:
        ticks = {"category_chat": "yes", "category_files": "yes"}
        _, path = await sent(one, PATH, which=told.session, **ASKED | ticks | more)
        assert (await sent(other, path, state="approved"))[0] == 303
        await taken(one, path)
        return path.rsplit("/", 1)[1]

    until = (today(site) + timedelta(days=30)).isoformat()
    silent = await handed(authority="Geheimes Amt", untold_until=until)
    shown = await receipt()
    assert ("Geheimes Amt" in shown, silent in shown) == (False, False)
    assert not any(one["action"].startswith("disclosure") for one in (await copy())["openings"])
    known = await handed()
    shown = await receipt()
    assert "Staatsanwaltschaft Musterstadt (§ 161 StPO) Chat, Dateien" in re.sub(
        r"<[^>]+>", "", shown
    )
    assert (known in shown, silent in shown, "Geheimes Amt" in shown) == (True, False, False)
    taken_home = await copy()
    assert [one["authority"] for one in taken_home["disclosed"]] == [ASKED["authority"]]
    assert silent not in json.dumps(taken_home)
    assert "disclosure handed" in [one["action"] for one in taken_home["openings"]]


async def test_the_report_says_what_the_chain_says(site: Site) -> None:
    """OB-18: its numbers equal the rows of the log."""
    one, other = await site.officer("one"), await site.officer("other")
    session = (await begun(site)).session
    paths = [await asked(one, session, "times") for _ in range(4)]
    for path in paths[:2]:
        assert (await sent(other, path, state="approved"))[0] == 303
    assert (await sent(other, paths[2], state="refused"))[0] == 400  # without a reason
    assert (await sent(other, paths[2], state="refused", why="no ground"))[0] == 303
    await taken(one, paths[0])
    done = [action for action, _ in await actions(site)]
    names = ("asked", "approved", "refused", "handed")
    counts = [done.count(f"disclosure {name}") for name in names]
    assert counts == [4, 2, 1, 1]
    cells = "".join(f'<td class="register__count">{count}</td>' for count in counts)
    shown = await page(one, PATH)
    assert cells in shown
    assert "Public prosecutor: 4" in shown


async def test_what_is_wrong_is_not_entered_and_a_held_session_stays_shut(site: Site) -> None:
    """OB-40: also for an authority, until the hold is lifted."""
    one, other = await site.officer("one"), await site.officer("other")
    session = (await begun(site)).session
    good = {"which": session, **ASKED, "category_times": "yes"}
    wrong = (
        ("which", "0" * 32), ("which", "Erika"), ("authority", ""), ("ground", " "),
        ("file_number", ""), ("sort", "neighbour"), ("ground", "x" * 301),
        ("recipient", "age1nobody"), ("recipient", "ssh-ed25519 AAAA"), ("recipient", "x" * 99),
        ("untold_until", "2026-02-30"), ("untold_until", "1999-01-01"),
        ("untold_until", "2999-01-01"), ("untold_until", today(site).isoformat()),
    )  # fmt: skip
    for name, text in wrong:
        status, shown = await sent(one, PATH, **good | {name: text})
        assert (status, f'id="ask-{name}-wrong"' in shown) == (400, True), (name, text)
    assert (await sent(one, PATH, which=session, **ASKED))[0] == 400  # nothing of it
    assert await site.parts.casework.disclosures.known() == []
    path = await asked(one, session, "names")
    assert (await sent(other, path, state="approved"))[0] == 303
    await site.parts.holds.set(SessionId(session), "hold", reason="AZ", by="shell:x")
    assert (await one.get(f"{path}/package")).status == 403
    assert (await one.get(f"{PATH}/{'0' * 16}")).status == 404
