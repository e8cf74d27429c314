"""The archive of notices: what was ever shown can be read, and each session knows what it was."""

import html
import json
import re
from pathlib import Path
from typing import Any

from sessions.notices import version_of
from tests.integration.web.conftest import Caller, MakeSite, Site
from web.brand import Brand
from web.plain import plain
from web.starting import EDITION

CONTACT = {
    "name": "Anker AG", "street": "Kai 1", "city": "20457 Hamburg", "email": "a@anker.test",
    "phone": "+49 40 1",
}  # fmt: skip


def brand_file(folder: Path, **given: Any) -> Path:
    file = folder / "brand.json"
    officer = CONTACT | {"name": "Dr. Anker"}
    brand = {"company": "Anker", "controller": CONTACT, "protection_officer": officer} | given
    file.write_text(json.dumps(brand))
    return file


async def page(caller: Caller, path: str) -> str:
    answer = await caller.get(path)
    assert answer.status == 200, path
    return await answer.text()


async def privacy(caller: Caller, query: str = "") -> str:
    """The words of the statement, as the page has them now."""
    found = re.search(r"<article.*?</article>", await page(caller, "/privacy" + query), re.S)
    assert found
    return plain(found.group())


async def edition(site: Site, session: str) -> str | None:
    [[kept]] = await site.parts.database.read(
        lambda db: db.exec_driver_sql("SELECT edition FROM sessions WHERE id = ?", (session,)).all()
    )
    return str(kept) if kept else None


def words_of(shown: str) -> str:
    """The last of the wordings on a page of the archive, marks of headings and items left out."""
    wording = shown.rpartition('<div class="wording"')[2].partition("</div>")[0]
    blocks = re.findall(r"<p[^>]*>(.*?)</p>", wording, re.S)
    return "\n\n".join(html.unescape(block) for block in blocks)


def without_marks(text: str) -> str:
    return re.sub(r"^(#{1,3}|-) ", "", text, flags=re.M)


async def test_the_statement_of_before_is_read_word_by_word(
    make_site: MakeSite, tmp_path: Path
) -> None:
    """OB-03, OB-50: the brand file changes, the node restarts; the archive has both, with dates
    and what changed, in each language, without any script; and says so on the statement's page."""
    first: Site = await make_site(brand_file=brand_file(tmp_path))
    visitor = first.visitor()
    before, english = await privacy(visitor), await privacy(visitor, "?lang=en")
    old = (await first.prospect()).session
    known = await edition(first, old)
    listed = await page(visitor, "/privacy/versions")
    assert listed.count(f"/privacy/versions/{version_of(before)}?") == 1
    assert "gilt jetzt" in listed

    changed = brand_file(tmp_path, controller=CONTACT | {"street": "Neue Gröpergasse 2"})
    second: Site = await make_site(after=first, brand_file=changed)
    visitor = second.visitor()
    after = await privacy(visitor)
    assert before != after
    assert "/privacy/versions" in await page(visitor, "/privacy")
    listed = await page(visitor, "/privacy/versions")
    for text in (before, after):
        assert listed.count(f"/privacy/versions/{version_of(text)}?") == 1
    assert words_of(await page(visitor, f"/privacy/versions/{version_of(before)}")) == (
        without_marks(before)
    )
    kept = await page(visitor, f"/privacy/versions/{version_of(english)}?lang=en")
    assert words_of(kept) == without_marks(english)
    shown = await page(visitor, f"/privacy/versions/{version_of(after)}")
    assert words_of(shown) == without_marks(after)
    gone, come = (
        [html.unescape(re.sub("<span.*?</span>", "", one)) for one in re.findall(rule, shown, re.S)]
        for rule in ("<del>(.*?)</del>", "<ins>(.*?)</ins>")
    )
    assert (gone, come) == (["Kai 1\n"], ["Neue Gröpergasse 2\n"])

    # A session keeps what it began with; the sentences that did not change are the same.
    assert await edition(second, old) == known
    new = (await second.prospect()).session
    assert await edition(second, new) != known
    one, other = [
        await second.parts.notices.edition(str(await edition(second, session)))
        for session in (old, new)
    ]
    assert one
    assert other
    assert (one["privacy"], other["privacy"]) == (version_of(before), version_of(after))
    assert one["camera"] == other["camera"]


async def test_a_session_has_the_versions_that_its_page_showed(
    make_site: MakeSite, tmp_path: Path
) -> None:
    """OB-03: both notices are linked before the call starts; a page that was opened before a change
    says so, with and without script; what never was a notice is refused and not repeated."""
    house = {"corporate_privacy_url": "https://anker.test/privacy"}
    first: Site = await make_site(brand_file=brand_file(tmp_path, **house))
    opened = await page(first.visitor(), "/")
    assert 'href="/privacy?' in opened
    assert 'href="https://anker.test/privacy"' in opened
    changed = brand_file(tmp_path, notice_version="2031-02-03", **house)
    site: Site = await make_site(after=first, brand_file=changed)
    [action] = re.findall(r'action="(/\?edition=([0-9a-f]{64}))"', opened)
    names = {"first_name": "Erika", "last_name": "Muster"}
    started = await site.visitor().post("/api/calls", names, headers={EDITION: action[1]})
    assert started.status == 201, await started.text()
    assert await edition(site, (await started.json())["session"]) == action[1]
    plainly = await site.visitor().post(action[0], data=names)
    assert plainly.status == 303
    assert await edition(site, plainly.headers["Location"].rpartition("/")[2]) == action[1]
    own = await edition(site, (await site.prospect()).session)
    assert own == site.parts.editions["de"].version != action[1]
    privacy_alone = site.parts.editions["de"].versions["privacy"]
    for wrong in ("canary", "f" * 64, privacy_alone, ""):
        refused = await site.visitor().post("/api/calls", names, headers={EDITION: wrong})
        said = await refused.text()
        assert (refused.status, "edition.unknown" in said) == (409, True), wrong
        assert not wrong or wrong not in said


async def test_the_words_of_the_house_itself_are_archived_as_ours_are(
    make_site: MakeSite, tmp_path: Path
) -> None:
    """OB-03, OB-50: linked before the call starts and read here; a session keeps which of them it
    was shown; after a change both are there word by word, and the person's receipt has its own."""
    for language in ("de", "en"):
        words = f"# Haus {language}\n\nWir fragen <nichts>.\n\n- Punkt"
        (tmp_path / f"house.{language}.txt").write_text(f"{words}\n\n\n")
    files = {"de": "house.de.txt", "en": "house.en.txt"}
    first: Site = await make_site(brand_file=brand_file(tmp_path, house_privacy=files))
    for path in ("/", "/privacy"):
        assert 'href="/privacy/house?lang=de"' in await page(first.visitor(), path)
    shown = await page(first.visitor(), "/privacy/house?lang=en")
    assert "<h1>Haus en</h1>" in shown
    assert "Wir fragen &lt;nichts&gt;." in shown
    prospect = await first.prospect()
    old = await edition(first, prospect.session)
    before = "# Haus de\n\nWir fragen <nichts>.\n\n- Punkt"
    held = await first.parts.notices.edition(str(old))
    assert held
    assert held["house"] == version_of(before)

    (tmp_path / "house.de.txt").write_text(before.replace("nichts", "alles"))
    second: Site = await make_site(after=first, brand_file=tmp_path / "brand.json")
    visitor = second.visitor()
    assert await edition(second, prospect.session) == old
    assert await edition(second, (await second.prospect()).session) != old
    assert words_of(await page(visitor, f"/privacy/versions/{version_of(before)}")) == (
        without_marks(before)
    )
    after = version_of(before.replace("nichts", "alles"))
    assert "<del>" in await page(visitor, f"/privacy/versions/{after}")
    assert "Allgemeine Datenschutzhinweise des Unternehmens" in await page(
        visitor, "/privacy/versions"
    )


async def test_terms_of_use_are_read_and_archived_with_what_changed(
    make_site: MakeSite, tmp_path: Path
) -> None:
    """OB-17, OB-50: linked at the foot of each page; a session keeps which version it began under,
    the person's receipt has its words, and after a change both are there, with the difference."""
    before = "# Regeln {}\n\nSeien Sie <freundlich>.\n\n## Haftung\n\n- Punkt"
    for language in ("de", "en"):
        (tmp_path / f"terms.{language}.txt").write_text(before.format(language) + "\n\n\n")
    files = {"de": "terms.de.txt", "en": "terms.en.txt"}
    first: Site = await make_site(brand_file=brand_file(tmp_path, terms=files))
    for path in ("/", "/privacy", "/receipt", "/login"):
        assert '<a href="/terms?lang=de">Nutzungsbedingungen</a>' in (
            await page(first.visitor(), path)
        )
    shown = await page(first.visitor(), "/terms?lang=en")
    for said in ("<h1>Regeln en</h1>", "Seien Sie &lt;freundlich&gt;.", "<h2>Haftung</h2>"):
        assert said in shown
    prospect = await first.prospect()
    old = await edition(first, prospect.session)
    held = await first.parts.notices.edition(str(old))
    assert held
    assert held["terms"] == version_of(before.format("de"))
    claimed = await prospect.post(f"/api/sessions/{prospect.session}/receipt", {})
    given = await claimed.json()

    changed = before.format("de").replace("freundlich", "höflich")
    (tmp_path / "terms.de.txt").write_text(changed)
    second: Site = await make_site(after=first, brand_file=tmp_path / "brand.json")
    visitor = second.visitor()
    assert await edition(second, prospect.session) == old
    assert await edition(second, (await second.prospect()).session) != old
    assert version_of(changed)[:12] in await page(visitor, "/terms")
    for text in (before.format("de"), changed):
        assert words_of(await page(visitor, f"/privacy/versions/{version_of(text)}")) == (
            without_marks(text)
        )
    assert "<del>" in await page(visitor, f"/privacy/versions/{version_of(changed)}")
    assert '<h2 id="terms">Nutzungsbedingungen</h2>' in await page(visitor, "/privacy/versions")
    mine = await (await second.visitor().post("/receipt", data=given)).text()
    assert "Seien Sie &lt;freundlich&gt;." in mine


async def test_the_demonstration_has_terms_that_say_they_are_made_up(site: Site) -> None:
    """OB-17: in both languages; a house of its own does not have them by accident."""
    for language, said in (("de", "sind erfunden"), ("en", "are made up")):
        assert said in await page(site.visitor(), f"/terms?lang={language}")
    assert Brand().terms is None


async def test_without_words_of_the_house_there_is_no_page_of_it(
    make_site: MakeSite, tmp_path: Path
) -> None:
    """OB-03, OB-17: nor a link to one."""
    site = await make_site(brand_file=brand_file(tmp_path))
    for path in ("/privacy/house", "/terms"):
        assert (await site.visitor().get(path)).status == 404
    assert "/terms" not in await page(site.visitor(), "/")


async def test_what_is_no_version_is_not_found(site: Site) -> None:
    for wrong in ("0" * 64, "x", "%27%20OR%201=1", "a" * 900):
        assert (await site.visitor().get(f"/privacy/versions/{wrong}")).status == 404


async def test_pages_hand_their_clients_the_versions_of_what_they_say(site: Site) -> None:
    """OB-46: so that a consent can name the words that were agreed to."""
    prospect = await site.prospect()
    versions = dict(site.parts.editions["de"].versions)
    for caller, path in (
        (site.visitor(), "/"), (prospect, f"/call/{prospect.session}"),
        (await site.advisor(), "/console"),
    ):  # fmt: skip
        found = re.search(r'data-texts="([^"]*)"', await page(caller, path))
        assert found
        handed = json.loads(html.unescape(found[1]))
        assert {name: handed[f"version.{name}"] for name in versions} == versions


async def test_the_statement_names_whoever_handles_data_for_the_house(
    make_site: MakeSite, tmp_path: Path
) -> None:
    """OB-19, OB-22: by name, country and ground; only where nobody does, it says so."""
    alone = "The platform runs on the controller's own machines"
    assert alone in await privacy((await make_site()).visitor(), "?lang=en")
    common = {
        "activities": ["operation"], "contract": "2026-02-02", "reviewed": "2026-10-01",
        "next_review": "2036-10-01",
    }  # fmt: skip
    clauses = {"version": "2021/914", "module": 2, "assessed": "2026-01-28"}
    processors = [
        {"name": "Rechenhaus Elbe", "service": "Betrieb", "country": "DE", **common},
        {"name": "Indus", "service": "Wache", "country": "IN", "transfer": "clauses",
         "clauses": clauses, **common},
        {"name": "Far & Co", "service": "Post", "country": "XK", "transfer": "rules", **common},
    ]  # fmt: skip
    site = await make_site(brand_file=brand_file(tmp_path, processors=processors))
    said = await privacy(site.visitor(), "?lang=en")
    assert alone not in said
    assert "Rechenhaus Elbe (Germany): Betrieb\n" in said
    assert "Indus (India): Wache. The EU Commission's standard data protection clauses" in said
    assert "Far & Co (XK): Post. Binding corporate rules apply" in said
    assert "Rechenhaus Elbe (Deutschland): Betrieb" in await privacy(site.visitor())


async def test_the_statement_says_what_this_house_does(make_site: MakeSite, tmp_path: Path) -> None:
    """OB-01, OB-46: of recording and of what the law protects only where the house has them."""
    plain_topic = {"code": "life", "name": {"de": "Leben", "en": "Life"}}
    neither = brand_file(tmp_path, topics=[plain_topic])
    plain_house = await privacy((await make_site(brand_file=neither)).visitor())
    assert "Bild und Ton werden nicht aufgezeichnet." in plain_house
    assert "Art. 9 Abs. 2" not in plain_house
    topic = plain_topic | {"special": ["health"]}
    policy = {
        "assessment": "DSFA 1", "approved": "2026-01-15", "review": "2099-01-15",
        "topics": ["life"], "purpose": {"de": "Nachweis", "en": "Proof"},
    }  # fmt: skip
    both = brand_file(tmp_path, recording=policy, topics=[topic])
    said = await privacy((await make_site(brand_file=both)).visitor())
    assert "nicht aufgezeichnet." not in said
    assert "Aufgezeichnet werden Bild und Ton nur" in said
    assert "Art. 9 Abs. 2 Buchst. a" in said
