"""The ledger of consents as the person reads it: on the page, in the package, for programs."""

import html
import json
import re
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from sessions.consent import digest
from sessions.events import SessionId
from tests.integration.web.conftest import Caller, MakeSite, Site
from tests.integration.web.test_notices import brand_file
from tests.integration.web.test_receipt import keys_of, package
from tests.integration.web.test_talk import Talker, free_advisor, talking
from web.copy_schema import Copy
from web.package import Damaged, expect_sound, verify_package


class Agreeing:
    """Somebody who agrees and withdraws, as their client says it."""

    def __init__(self, talker: Talker, site: Site) -> None:
        self.talker, self.site, self.tip = talker, site, ""

    async def say(self, purpose: str, given: bool, **other: Any) -> None:
        text = self.site.parts.editions["de"].versions[purpose]
        body = {"purpose": purpose, "given": given, "text_version": text[:12], "text": text}
        body |= {"previous": self.tip} | other
        self.tip = digest(purpose, given, text, self.tip, text[:12])
        assert (await self.talker.send("consent.changed", body))["ok"]


async def proof(prospect: Caller) -> dict[str, str]:
    claimed = await prospect.post(f"/api/sessions/{prospect.session}/receipt", {})
    found: dict[str, str] = await claimed.json()
    return found


async def copy_of(site: Site, given: dict[str, str], folder: Path) -> tuple[Copy, str]:
    """The verified copy in somebody's package, and its page."""
    answer = await site.visitor().post("/receipt/copy", data=given)
    path = package(await answer.read(), folder)
    with zipfile.ZipFile(path) as archive:
        page = html.unescape(archive.read("index.html").decode())
    return verify_package(str(path), keys_of(site)), page


async def test_each_consent_is_shown_with_its_words_its_beginning_and_its_end(
    make_site: MakeSite, tmp_path: Path
) -> None:
    """OB-44, OB-46, OB-50: on the receipt page and in the package, also after the notices changed:
    what was agreed to is there word by word, chained, and in the schema for programs."""
    first: Site = await make_site(brand_file=brand_file(tmp_path))
    prospect = await first.prospect()
    async with talking(prospect, prospect.session) as talker:
        erika = Agreeing(talker, first)
        await erika.say("camera", True)
        await erika.say("microphone", True)
        await erika.say("camera", False)
        text = first.parts.editions["de"].versions["files"]
        hint = {"hint": "files", "text_version": text[:12], "text": text}
        assert (await talker.send("hint.shown", hint))["ok"]
    given = await proof(prospect)
    told = {one.name: one.text for one in first.parts.editions["de"].notices}
    changed = brand_file(tmp_path, company="Ganz anders", notice_version="2031-02-03")
    site: Site = await make_site(after=first, brand_file=changed)
    shown = html.unescape(await (await site.visitor().post("/receipt", data=given)).text())
    copy, page = await copy_of(site, given, tmp_path)
    for readable in (shown, page):
        said = re.sub(r"\s+", " ", readable.partition("<h3>Einwilligungen</h3>")[2])
        camera, microphone = re.findall(r'<p class="kept__who">(.*?)</details>', said)[:2]
        assert camera.startswith("Kamera")
        assert camera.index("Erteilt: ") < camera.index("Widerrufen: ")
        assert microphone.startswith("Mikrofon")
        assert "Nicht widerrufen" in microphone
        for name in ("camera", "microphone", "files", "privacy"):
            assert told[name] in readable, name
        assert "Jeder Eintrag nennt den vorigen" in readable
    assert [(one.purpose, one.given, one.link) for one in copy.consents] == [
        ("camera", True, "first"), ("microphone", True, "follows"), ("camera", False, "follows"),
    ]  # fmt: skip
    assert copy.edition == first.parts.editions["de"].version
    assert {one.name: one.text for one in copy.words} == told
    assert [one.text for one in copy.hints] == [first.parts.editions["de"].versions["files"]]
    schema = await (await site.visitor().get("/api/receipt/schema")).json()
    assert {"edition", "words", "consents"} <= schema["properties"].keys()


async def test_a_ledger_with_a_gap_says_so(site: Site, tmp_path: Path) -> None:
    """OB-44: an entry that names one that is not there: to the person, and to who checks."""
    prospect = await site.prospect()
    async with talking(prospect, prospect.session) as talker:
        erika = Agreeing(talker, site)
        await erika.say("camera", True)
        await erika.say("camera", False, previous="0" * 64)
    given = await proof(prospect)
    shown = html.unescape(await (await site.visitor().post("/receipt", data=given)).text())
    assert "Diese Liste ist nicht vollständig" in shown
    assert "Jeder Eintrag nennt den vorigen" not in shown
    with pytest.raises(Damaged, match="consent"):
        await copy_of(site, given, tmp_path)


async def test_a_copy_that_lost_an_entry_or_a_word_is_found_out(site: Site, tmp_path: Path) -> None:
    """OB-44, OB-50: whoever holds the data alone can check both by themselves."""
    prospect = await site.prospect()
    async with talking(prospect, prospect.session) as talker:
        erika = Agreeing(talker, site)
        for given in (True, False, True):
            await erika.say("screen", given)
    copy, _ = await copy_of(site, await proof(prospect), tmp_path)
    expect_sound(copy)
    for at in (0, 1):
        fewer = copy.model_copy(
            update={"consents": [*copy.consents[:at], *copy.consents[at + 1 :]]}
        )
        with pytest.raises(Damaged, match="consent"):
            expect_sound(fewer)
    turned = json.loads(copy.model_dump_json())
    turned["consents"][1]["given"] = True
    with pytest.raises(Damaged, match="consent"):
        expect_sound(Copy.model_validate(turned))
    reworded = json.loads(copy.model_dump_json())
    reworded["words"][0]["text"] += "."
    with pytest.raises(Damaged, match="words"):
        expect_sound(Copy.model_validate(reworded))


async def test_what_the_release_before_says_is_kept_and_shown_as_it_is(
    site: Site, tmp_path: Path
) -> None:
    """OB-46: without a hash of the words and without a chain; and what has no shape is counted."""
    prospect = await site.prospect()
    async with talking(prospect, prospect.session) as talker:
        for given in (True, False):
            body = {"purpose": "camera", "given": given, "text_version": "2026-11"}
            assert (await talker.send("consent.changed", body))["ok"]
        assert (await talker.send("consent.changed", {"purpose": "<b>", "given": True}))["ok"]
    copy, page = await copy_of(site, await proof(prospect), tmp_path)
    assert [one.link for one in copy.consents] == ["first", "unlinked"]
    assert copy.unreadable_events == 1
    assert "Der Wortlaut dieser Fassung ist nicht archiviert: 2026-11" in page
    assert "Jeder Eintrag nennt den vorigen" not in page


def brand_of(folder: Path, special: Sequence[str] = (), **topics: Mapping[str, Any]) -> Path:
    """A house that says of all talks, and of each topic, what they may come to."""
    name = {"de": "Ein Thema", "en": "A topic"}
    named = [{"code": code, "name": name, **said} for code, said in topics.items()]
    path = folder / "brand.json"
    path.write_text(json.dumps({"special": special, "topics": named}))
    return path


async def test_what_every_talk_may_come_to_needs_no_topic(
    make_site: MakeSite, tmp_path: Path
) -> None:
    """OB-11: where the house says so of itself, also of a talk without one."""
    site = await make_site(brand_file=brand_of(tmp_path, ["politics"], tax={"health": True}))
    prospect = await site.prospect()
    answer = await prospect.get(f"/api/sessions/{prospect.session}/topic")
    assert (await answer.json())["special"] == ["politics"]


async def test_other_protected_things_are_named_by_the_topic_as_health_is(
    make_site: MakeSite, tmp_path: Path
) -> None:
    """OB-11: all that Art. 9(1) GDPR names; the words that are agreed to are archived like all
    others, also where it is done while one waits, and a consent in them stands on the receipt by
    its name. What this house never asks is not in its archive."""
    site: Site = await make_site(brand_file=brand_of(
        tmp_path, special=["sexuality"],
        tax={"special": ["genetics", "union", "biometrics", "origin", "belief"], "health": True},
    ))  # fmt: skip
    advisor = await free_advisor(site)
    prospect = site.visitor()
    names = {"first_name": "Erika", "last_name": "Mustermann", "topic": "tax"}
    session = (await (await prospect.post("/api/calls", names)).json())["session"]
    path = f"/api/sessions/{session}/topic"
    every = ["health", "belief", "union", "origin", "sexuality", "genetics", "biometrics"]
    answer = await prospect.get(path)
    assert await answer.json() == {"special": every, "health": True, "recording": None}
    assert "politics" not in site.parts.editions["de"].versions
    for purpose in every:
        version = site.parts.editions["de"].versions[purpose]
        shown = await (await site.visitor().get(f"/privacy/versions/{version}")).text()
        assert "Art. 9 DSGVO" in shown
    async with (
        talking(prospect, session) as erika,
        talking(advisor, session, {"prepare": True}) as anna,
    ):
        agreeing = Agreeing(erika, site)
        await agreeing.say("belief", True)
        for purpose in every[3:]:
            await agreeing.say(purpose, True)
        assert (await anna.send("session.accepted", {"name": "Anna", "title": ""}))["ok"]
        [mine] = (await (await advisor.get("/api/desk")).json())["mine"]
        assert (mine["special"], mine["health"]) == (every, True)
        await agreeing.say("belief", False)
        assert (await erika.send("session.ended", {"reason": "hung_up"}))["ok"]
    prospect.session = session
    answer = await site.visitor().post("/receipt", data=await proof(prospect))
    page = html.unescape(await answer.text())
    for purpose in ("belief", *every[3:]):
        assert f"{site.parts.texts['de'].t(f'receipt.purpose.{purpose}')} <" in page, purpose
    assert "Jeder Eintrag nennt den vorigen" in page


async def test_whether_a_talk_may_come_to_health_is_told_to_its_prospect_alone(site: Site) -> None:
    """OB-11: by the topic, also when it was corrected; without one there is nothing to ask."""
    prospect = site.visitor()
    names = {"first_name": "Erika", "last_name": "Mustermann"}
    started = await (await prospect.post("/api/calls", names | {"topic": "provision"})).json()
    path = f"/api/sessions/{started['session']}/topic"
    expected = {"special": ["health"], "health": True, "recording": None}
    assert await (await prospect.get(path)).json() == expected
    await site.parts.corrections.correct(SessionId(started["session"]), "topic", "claim")
    expected = {"special": [], "health": False, "recording": None}
    assert await (await prospect.get(path)).json() == expected
    for other in (site.visitor(), await site.prospect(), await site.advisor()):
        assert (await other.get(path)).status == 404
    without = await site.prospect()
    answer = await without.get(f"/api/sessions/{without.session}/topic")
    assert await answer.json() == {"special": [], "health": False, "recording": None}
