"""Disclosures to authorities: two people, the least, each step in the chain, and counted."""

import io
import json
import secrets
import zipfile
from base64 import b64decode

import pytest

from sessions.disclosures import CATEGORIES
from sessions.events import SessionId
from sessions.keys import Signature
from sessions.lifecycle import Started
from sessions.names import Name
from tests.integration.web.conftest import Caller, Site
from tests.integration.web.test_protection import DESK, actions, page, sent

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


def data_of(package: bytes) -> dict[str, object]:
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        found: dict[str, object] = json.loads(archive.read("data.json"))
        assert set(archive.namelist()) == {"data.json", "manifest.json", "signature.json"}
    return found


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
    answer = await one.get(f"{path}/package")
    first = await answer.read()
    assert answer.status == 200
    assert await (await other.get(f"{path}/package")).read() == first  # byte by byte
    done = await actions(site)
    assert [action for action, _ in done if action.startswith("disclosure")] == [
        "disclosure asked", "disclosure approved",
        "disclosure", "disclosure handed", "disclosure", "disclosure handed",
    ]  # fmt: skip
    assert all(subject.startswith(session) for _, subject in done)
    assert not any("Js" in subject or "Staats" in subject for _, subject in done)


@pytest.mark.parametrize("categories", [("times",), ("names",), ("chat", "consents"), CATEGORIES])
async def test_the_package_has_what_was_approved_and_no_more(
    site: Site, categories: tuple[str, ...]
) -> None:
    """OB-16: the least; signed by the house."""
    one, other = await site.officer("one"), await site.officer("other")
    session = (await begun(site)).session
    path = await asked(one, session, *categories)
    assert (await sent(other, path, state="approved"))[0] == 303
    package = await (await other.get(f"{path}/package")).read()
    found = data_of(package)
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


async def test_the_report_says_what_the_chain_says(site: Site) -> None:
    """OB-18: its numbers equal the rows of the log."""
    one, other = await site.officer("one"), await site.officer("other")
    session = (await begun(site)).session
    paths = [await asked(one, session, "times") for _ in range(4)]
    for path in paths[:2]:
        assert (await sent(other, path, state="approved"))[0] == 303
    assert (await sent(other, paths[2], state="refused"))[0] == 400  # without a reason
    assert (await sent(other, paths[2], state="refused", why="no ground"))[0] == 303
    assert (await one.get(f"{paths[0]}/package")).status == 200
    done = [action for action, _ in await actions(site)]
    names = ("asked", "approved", "refused", "handed")
    counts = [done.count(f"disclosure {name}") for name in names]
    assert counts == [4, 2, 1, 1]
    cells = "".join(f'<td class="register__count">{count}</td>' for count in counts)
    shown = await page(one, PATH)
    assert cells in shown
    assert "Public prosecutor: 4" in shown


async def test_what_was_erased_is_said_to_who_received_it(site: Site) -> None:
    """OB-39: Art. 19: the desk says whom to tell; nothing more can be taken."""
    one, other = await site.officer("one"), await site.officer("other")
    session = (await begun(site)).session
    path = await asked(one, session, "names")
    assert (await sent(other, path, state="approved"))[0] == 303
    assert (await one.get(f"{path}/package")).status == 200
    await site.parts.erasure.erase(SessionId(session), cause="person")
    assert "erased since" in await page(one, path)
    assert (await one.get(f"{path}/package")).status == 404


async def test_what_is_wrong_is_not_entered_and_a_held_session_stays_shut(site: Site) -> None:
    """OB-40: also for an authority, until the hold is lifted."""
    one, other = await site.officer("one"), await site.officer("other")
    session = (await begun(site)).session
    good = {"which": session, **ASKED, "category_times": "yes"}
    wrong = (
        ("which", "0" * 32), ("which", "Erika"), ("authority", ""), ("ground", " "),
        ("file_number", ""), ("sort", "neighbour"), ("ground", "x" * 301),
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
