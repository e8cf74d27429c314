"""The rights desk: number and code open one session, all of it, and nothing else does."""

import asyncio
import html
import io
import json
import re
import statistics
import time
import zipfile
from base64 import b64decode
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from aiohttp import ClientError

from sessions.consent import digest
from sessions.envelope import ContentKey, FileSealer, file_key, sealed_bytes
from sessions.events import FileId, Refused, SessionId
from sessions.vault import Vault
from tests.e2e.traces import canary
from tests.integration.web.conftest import Caller, MakeSite, Site
from tests.integration.web.test_exports import BAR, exported, lay, wanted
from tests.integration.web.test_files import begin, patch
from tests.integration.web.test_talk import Talker, free_advisor, talking
from tests.unit.whiteboard.papers import GOOD
from web.copy_schema import Copy
from web.package import Damaged, verify_package
from web.staff import OrderFailed

PNG = b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


class Told:
    """A talk in which everything was used, and the words that only it knows."""

    def __init__(self) -> None:
        self.first, self.last, self.asked, self.answered, self.name, self.content, self.drawn = (
            canary(word)
            for word in ("Vorna", "Nachna", "frage", "antwort", "datei", "inhalt", "tafel")
        )
        self.session = ""
        self.number = self.code = ""
        self.picture = self.file = self.tip = ""

    def agree(self, purpose: str, given: bool, site: Site) -> dict[str, Any]:
        """What the client says when somebody agrees, or no longer does."""
        text = site.parts.editions["de"].versions[purpose]
        body = {"purpose": purpose, "given": given, "text_version": text[:12], "text": text}
        body |= {"previous": self.tip}
        self.tip = digest(purpose, given, text, self.tip, text[:12])
        return body

    @property
    def words(self) -> tuple[str, ...]:
        return (
            self.first,
            self.last,
            self.asked,
            self.answered,
            self.name,
            self.content,
            self.drawn,
        )

    @property
    def proof(self) -> dict[str, str]:
        return {"number": self.number, "code": self.code}


async def share(caller: Caller, talker: Talker, name: str, type: str, data: bytes) -> str:
    place = (await begin(caller, talker.session, sealed_bytes(len(data)))).headers["Location"]
    session, file = SessionId(talker.session), FileId(place.rpartition("/")[2])
    key = ContentKey(b64decode(talker.admission["content_key"]))
    sealer = FileSealer(file_key(key, session, file), session, file)
    assert (await patch(caller, place, 0, sealer.seal(data) + sealer.finish())).status == 204
    told = {"file": file, "name": name, "type": type, "size": len(data), "sha256": "0" * 64}
    assert (await talker.send("file.shared", told))["ok"]
    return file


async def talk(site: Site, advisor: Caller) -> Told:
    """Two people use everything there is; then the prospect claims the receipt."""
    told, prospect = Told(), site.visitor()
    told.session = (await prospect.start_call(told.first, told.last))["session"]
    async with (
        talking(prospect, told.session) as erika,
        talking(advisor, told.session, {"prepare": True}) as anna,
    ):
        for given in (True, False):
            assert (await erika.send("consent.changed", told.agree("camera", given, site)))["ok"]
        hint = {"hint": "files", "text_version": "2026-11"}
        assert (await erika.send("hint.shown", hint))["ok"]
        assert (await anna.send("session.accepted", {"name": "Anna", "title": ""}))["ok"]
        assert (await erika.send("chat.message", {"text": told.asked}))["ok"]
        assert (await anna.send("chat.message", {"text": f"<b>{told.answered}</b>"}))["ok"]
        await lay(prospect, erika, GOOD, y=0)
        content = told.content.encode()
        told.file = await share(prospect, erika, f"../{told.name}.txt", "text/plain", content)
        told.picture = await share(prospect, erika, "bild.png", "image/png", PNG)
        words = {
            **BAR,
            "id": "words",
            "type": "text",
            "text": told.drawn,
            "originalText": told.drawn,
        }
        assert (await erika.send("board.changed", {"elements": [BAR, words]}))["ok"]
        assert (await erika.send("session.ended", {"reason": "hung_up"}))["ok"]
    claimed = await prospect.post(f"/api/sessions/{told.session}/receipt", {})
    assert claimed.status == 200
    told.number, told.code = (await claimed.json()).values()
    return told


def package(data: bytes, folder: Path) -> Path:
    path = folder / "package.zip"
    path.write_bytes(data)
    return path


def keys_of(site: Site) -> list[bytes]:
    return site.parts.keys.master.public_keys()


async def rows(site: Site, query: str) -> list[tuple[Any, ...]]:
    return await site.parts.database.read(
        lambda db: [tuple(row) for row in db.exec_driver_sql(query)]
    )


async def test_a_receipt_is_the_prospects_alone_and_always_the_same(site: Site) -> None:
    """OB-36: 130 random bits in groups, of which only a hash is kept; also for who has left."""
    prospect = await site.prospect()
    where = f"/api/sessions/{prospect.session}/receipt"
    first = await (await prospect.post(where, {})).json()
    assert re.fullmatch(r"\d{4} \d{4} \d{4}", first["number"])
    assert re.fullmatch(r"([0-9A-HJKMNP-TV-Z]{4} ){6}[0-9A-HJKMNP-TV-Z]{4}", first["code"])
    bearer = site.visitor()
    bearer.headers |= {"Authorization": f"Bearer {prospect.token}"}
    assert await (await bearer.post(where, {})).json() == first
    for stranger in (site.visitor(), await site.prospect(), await site.advisor()):
        assert (await stranger.post(where, {})).status == 404
    other = await (await (await site.prospect()).post(where, {})).text()
    assert first["code"] not in other
    kept = repr(await rows(site, "SELECT * FROM receipts"))
    for secret in (first["code"], first["code"].replace(" ", "")):
        assert secret not in kept


async def test_number_and_code_show_all_of_one_session_and_nothing_of_another(
    site: Site, tmp_path: Path
) -> None:
    """OB-37, OB-41, OB-09: every canary of the session is in its copy, none of another's; the data
    fits its published schema; hashes and signature hold; every look is in the audit log first."""
    advisor = await free_advisor(site)
    told, other = await talk(site, advisor), await talk(site, advisor)
    visitor = site.visitor()
    page = await visitor.post("/receipt", data=told.proof)
    shown = html.unescape(await page.text())
    assert page.status == 200
    assert all(word in shown for word in (told.first, told.last, told.asked, told.name))
    assert f"<b>{told.answered}</b>" not in await page.text()  # text, never markup
    assert "data:image/png;base64," in shown
    assert not visitor.http.cookie_jar  # nothing is set for looking

    # As it can be typed: small letters, no groups, O for 0 and l for 1.
    code = told.code.lower().replace(" ", "").replace("0", "o").replace("1", "l")
    answer = await visitor.post(
        "/receipt/copy", data={"number": told.number.replace(" ", "-"), "code": code}
    )
    assert (answer.status, answer.content_type) == (200, "application/zip")
    data = await answer.read()
    copy = verify_package(str(package(data, tmp_path)), keys_of(site))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        everything = {name: archive.read(name) for name in archive.namelist()}
    joined = b"\n".join(everything.values())
    assert [word for word in told.words if word.encode() not in joined] == []
    assert [word for word in other.words if word.encode() in joined] == []
    readable, raw = everything["index.html"].decode(), everything["data.json"].decode()
    for word in (told.first, told.last, told.asked, told.answered, told.name):
        assert word in html.unescape(readable)
        assert word in raw
    assert told.drawn in raw
    assert all(".." not in name and not name.startswith("/") for name in everything)
    assert everything[next(one.path or "" for one in copy.files if one.id == told.picture)] == PNG
    assert len(pypdfium2.PdfDocument(everything["board/board.pdf"])) == 1
    assert everything["board/board.png"].startswith(b"\x89PNG")
    assert 'src="files/' in readable
    consents = [(one.purpose, one.given, one.link) for one in copy.consents]
    assert consents == [("camera", True, "first"), ("camera", False, "follows")]
    assert [(one.hint, one.text_version) for one in copy.hints] == [("files", "2026-11")]
    assert "besonders geschützt" in html.unescape(readable)
    assert {one.by for one in copy.openings} == {"receipt"}
    schema = await (await visitor.get("/api/receipt/schema")).json()
    fits(schema, json.loads(raw))

    one = await visitor.post("/receipt/file", data=told.proof | {"file": told.file})
    assert await one.read() == told.content.encode()
    assert "attachment" in one.headers["Content-Disposition"]
    foreign = await visitor.post("/receipt/file", data=told.proof | {"file": other.file})
    assert foreign.status == 404
    opened = await rows(site, "SELECT actor, action, subject FROM audit ORDER BY seq")
    number = told.number.replace(" ", "")
    assert ("receipt", "receipt show", f"{told.session} {number}") in opened
    assert ("receipt", "receipt copy", f"{told.session} {number}") in opened
    assert ("receipt", "receipt copy", f"{told.session}/{told.file}") in opened
    assert not any(other.session in subject for _, _, subject in opened)


def fits(schema: dict[str, Any], data: dict[str, Any]) -> None:
    """The published schema is the model's own, and takes what it is to describe."""
    assert schema["$id"] == data["format"]
    assert set(schema["required"]) <= set(data)
    assert set(data) <= set(schema["properties"])
    assert Copy.model_validate_json(json.dumps(data)).model_dump_json()


async def test_a_package_that_breaks_off_has_no_end(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OB-37: where it goes wrong in the middle, nobody waits for the rest or takes it for whole."""

    async def broken(*_: object, **__: object) -> AsyncIterator[bytes]:
        yield b"the beginning"
        raise RuntimeError("the store is away")

    told = await talk(site, await free_advisor(site))
    with monkeypatch.context() as patched:
        patched.setattr(Vault, "open_file", broken)
        async with asyncio.timeout(60):  # only ever waited out by a failure
            answer = await site.visitor().post("/receipt/copy", data=told.proof)
            with pytest.raises(ClientError):
                await answer.read()
    again = await site.visitor().post("/receipt/copy", data=told.proof)
    assert (again.status, zipfile.is_zipfile(io.BytesIO(await again.read()))) == (200, True)


async def test_a_package_that_was_touched_is_found_out(site: Site, tmp_path: Path) -> None:
    """OB-41: one changed byte, one file more, another house's key: each is told."""
    told = await talk(site, await free_advisor(site))
    data = await (await site.visitor().post("/receipt/copy", data=told.proof)).read()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}

    def packed(changed: dict[str, bytes]) -> str:
        with zipfile.ZipFile(tmp_path / "touched.zip", "w") as archive:
            for name, content in changed.items():
                archive.writestr(name, content)
        return str(tmp_path / "touched.zip")

    verify_package(packed(contents), keys_of(site))  # packed anew, but the same
    for changed, complaint in (
        (
            contents | {"data.json": contents["data.json"].replace(b"prospect", b"advisor_")},
            "changed",
        ),
        (contents | {"more.txt": b"more"}, "too many"),
        ({name: data for name, data in contents.items() if name != "index.html"}, "missing"),
        (contents | {"manifest.json": contents["manifest.json"] + b" "}, "changed"),
    ):
        with pytest.raises(Damaged, match=complaint):
            verify_package(packed(changed), keys_of(site))
    with pytest.raises(Damaged, match="key"):
        verify_package(packed(contents), [bytes(32)])


async def test_wrong_codes_and_unknown_numbers_cannot_be_told_apart(site: Site) -> None:
    """OB-36, B-044: one status, one text, and the same work."""
    known, other = await site.prospect(), await site.prospect()
    mine = await (await known.post(f"/api/sessions/{known.session}/receipt", {})).json()
    theirs = await (await other.post(f"/api/sessions/{other.session}/receipt", {})).json()
    visitor = site.visitor()
    unknown = {
        "number": f"{(int(mine['number'].replace(' ', '')) + 1) % 10**12:012}",
        "code": mine["code"],
    }
    wrong = {"number": mine["number"], "code": theirs["code"]}
    answers, took = {}, {"wrong": list[float](), "unknown": list[float]()}
    for _ in range(40):
        for name, form in (("wrong", wrong), ("unknown", unknown)):
            before = time.perf_counter()
            answer = await visitor.post("/receipt", data=form)
            text = await answer.text()
            took[name].append(time.perf_counter() - before)
            for typed in form.values():
                text = text.replace(html.escape(typed), "")
            answers[name] = (answer.status, text)
    assert answers["wrong"] == answers["unknown"]
    assert answers["wrong"][0] == 404
    medians = [statistics.median(times) for times in took.values()]
    # Coarse on purpose: a busy machine is no failure.
    assert max(medians) < 2 * min(medians)
    assert await rows(site, "SELECT * FROM audit") == []  # nobody came in


async def test_guessing_ends_after_ten_wrong_codes(make_site: MakeSite) -> None:
    """OB-36: ten an hour for one network; also the right code has to wait then."""
    site = await make_site(limits_scale=1.0)
    prospect = await site.prospect()
    mine = await (await prospect.post(f"/api/sessions/{prospect.session}/receipt", {})).json()
    visitor = site.visitor()
    wrong = mine | {"number": "000000000000"}
    for _ in range(10):
        assert (await visitor.post("/receipt", data=wrong)).status == 404
        assert (await visitor.post("/receipt", data=mine)).status in (200, 429)
    late = await visitor.post("/receipt", data=mine)
    assert late.status == 429
    assert int(late.headers["Retry-After"]) > 60


@pytest.mark.parametrize(
    "form",
    [
        {"number": "", "code": ""},
        {"number": "%", "code": "%"},
        {"number": "123456789012", "code": "0000 0000 0000 0000 0000 0000 0000"},
        {"number": "١٢٣٤٥٦٧٨٩٠١٢", "code": "x" * 28},
        {"number": "1" * 5_000, "code": "<script>"},
        {"number": "' OR 1=1 --", "code": "\u202e"},
    ],
)
async def test_a_slip_is_explained_and_opens_nothing(site: Site, form: dict[str, str]) -> None:
    """B-044: it cannot be a number or a code, which says nothing of what there is."""
    visitor = site.visitor()
    for path in ("/receipt", "/receipt/copy", "/receipt/erase", "/receipt/certificate"):
        answer = await visitor.post(path, data=form)
        assert answer.status == 400
        text = await answer.text()
        assert "Tippfehler" in text
        assert "<script>" not in text.replace('<script type="module"', "")
    missing = await visitor.post("/receipt", data={"number": "123456789012"})
    assert missing.status == 400
    extra = await visitor.post("/receipt", data=form | {"email": "a@example.com"})
    assert extra.status == 400


async def test_a_person_restricts_the_use_of_their_session_and_lifts_it(site: Site) -> None:
    """OB-40: the house can neither open nor erase it by its periods; the person can do both."""
    told = await talk(site, await free_advisor(site))
    session, visitor = SessionId(told.session), site.visitor()
    order = wanted(told.session)
    assert (await exported(site, order)).board
    for _ in range(2):
        shown = await visitor.post("/receipt/restrict", data=told.proof | {"on": "yes"})
        assert "Dieses Gespräch ist gesperrt." in await shown.text()
    with pytest.raises(OrderFailed, match="restricted"):
        await exported(site, order)
    with pytest.raises(Refused, match=r"session\.held"):
        await site.parts.erasure.erase(session, cause="retention")
    assert told.asked in await (await visitor.post("/receipt", data=told.proof)).text()
    lifted = await visitor.post("/receipt/restrict", data=told.proof | {"on": "no"})
    assert "Dieses Gespräch ist gesperrt." not in await lifted.text()
    assert (await exported(site, order)).board
    await site.parts.holds.set(session, "restriction", reason="case 7", by="officer")
    for on in ("yes", "no"):  # what the house has set is not the person's to lift
        shown = await visitor.post("/receipt/restrict", data=told.proof | {"on": on})
        assert "nur er kann das aufheben" in await shown.text()
    wrong = told.proof | {"number": "000000000000", "on": "yes"}
    assert (await visitor.post("/receipt/restrict", data=wrong)).status == 404
    done = await visitor.post("/receipt/erase", data=told.proof | {"sure": "yes"})
    assert "Alles ist gelöscht." in await done.text()
    assert await site.parts.holds.list() == []


async def test_what_is_held_for_a_legal_matter_is_not_erased_and_the_person_is_told(
    site: Site,
) -> None:
    """OB-40, OB-49: a friendly page, and everything is still there."""
    told = await talk(site, await free_advisor(site))
    session, visitor = SessionId(told.session), site.visitor()
    await site.parts.holds.set(session, "hold", reason="case 7", by="officer")
    refused = await visitor.post("/receipt/erase", data=told.proof | {"sure": "yes"})
    assert refused.status == 409
    text = await refused.text()
    assert "rechtliche Klärung" in text
    assert "case 7" not in text
    assert told.asked in await (await visitor.post("/receipt", data=told.proof)).text()
