"""What pages hand to their clients and to people without one, and the probes."""

import html
import json
import re
from typing import Any

import pytest

from tests.integration.web.conftest import MakeSite, Site
from web.authorities import ELSEWHERE, GERMANY


def handed(page: str, name: str) -> Any:
    found = re.search(rf'data-{name}="([^"]*)"', page)
    assert found, page
    return json.loads(html.unescape(found.group(1)))


async def test_the_start_page_has_its_form_and_its_data(site: Site) -> None:
    page = await (await site.visitor().get("/")).text()
    for label in ("Vorname", "Nachname", "Sofort-Gespräch starten"):
        assert label in page
    assert 'href="/privacy' in page
    data = handed(page, "page")
    assert (data["page"], data["lang"]) == ("start", "de")
    assert data["topics"][0] == {"code": "insurance", "name": "Versicherungen"}
    assert data["desk"] == {"open": False, "free": 0, "waiting": 0, "expected_s": None}
    assert {"start.submit", "error.name.required"} <= handed(page, "texts").keys()
    assert not any(key.startswith("console.") for key in handed(page, "texts"))


@pytest.mark.parametrize(
    "path", ["/", "/login", "/privacy", "/terms", "/imprint", "/accessibility"]
)
async def test_pages_speak_the_language_asked_for(site: Site, path: str) -> None:
    visitor = site.visitor()
    assert '<html lang="de">' in await (await visitor.get(path)).text()
    assert '<html lang="en">' in await (await visitor.get(f"{path}?lang=en")).text()
    answer = await visitor.get(path, headers={"Accept-Language": "en-GB"})
    assert '<html lang="en">' in await answer.text()


async def test_a_call_stays_in_the_language_it_began_in(site: Site) -> None:
    visitor = site.visitor()
    names = {"first_name": "Erika", "last_name": "Muster"}
    started = await (await visitor.post("/api/calls?lang=en", names)).json()
    path = f"/call/{started['session']}"
    assert '<html lang="en">' in await (await visitor.get(path)).text()
    assert '<html lang="de">' in await (await visitor.get(f"{path}?lang=de")).text()


async def test_notices_come_from_the_configuration(make_site: MakeSite, tmp_path: Any) -> None:
    """OB-03, OB-04, KP-03: versioned, and nothing of the demo company is left."""
    contact = {
        "name": "Anker AG", "street": "Kai 1", "city": "20457 Hamburg", "email": "a@anker.test",
        "phone": "+49 40 1",
    }  # fmt: skip
    brand = {
        "company": "Anker", "controller": contact, "notice_version": "2031-02-03",
        "protection_officer": contact | {"name": "Dr. Anker"},
        "imprint": {"represented_by": "P. Anker", "register_entry": "HRB 7", "vat_id": "DE7",
                    "authority": "BaFin"},
        "complaints_to": "SH",
    }  # fmt: skip
    file = tmp_path / "brand.json"
    file.write_text(json.dumps(brand))
    site = await make_site(brand_file=file)
    privacy = await (await site.visitor().get("/privacy")).text()
    for text in ("Dr. Anker", "2031-02-03", "Kai 1", "versiegelt", "Schlüsseldienst"):
        assert text in privacy
    in_charge = privacy.partition("ist zuständig")[2].partition("<details")[0]
    assert "https://www.datenschutzzentrum.de" in in_charge
    assert all(html.escape(one.name) in privacy for one in (*GERMANY, *ELSEWHERE))
    pages = privacy + await (await site.visitor().get("/imprint")).text()
    assert "Demo" not in pages
    assert "Muster" not in pages
    assert not re.search("ende?.zu.ende|end-to-end", pages, re.IGNORECASE)


async def test_pages_bring_nothing_inline_and_nothing_foreign(site: Site) -> None:
    """OB-20, OB-31, OB-32: no inline script or style, no foreign host."""
    prospect, advisor, operator = (
        await site.prospect(), await site.advisor(), await site.operator(),
    )  # fmt: skip
    for caller, path in (
        (prospect, "/"), (prospect, f"/call/{prospect.session}"), (prospect, "/privacy"),
        (prospect, "/login"), (prospect, "/none"), (advisor, "/console"), (operator, "/ops"),
    ):  # fmt: skip
        page = await (await caller.get(path)).text()
        for one in (*GERMANY, *ELSEWHERE):  # what a person may follow loads nothing by itself
            page = page.replace(f'<a href="https://{one.host}" rel="noopener noreferrer">', "<a>")
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|javascript:", page)
        assert not re.search(r"""(?:src|href|action)=["']?(?:https?:)?//""", page), path


async def test_pages_are_packed_unless_they_hold_a_secret(site: Site) -> None:
    """BREACH: compression and a token do not go together."""
    visitor, advisor = site.visitor(), await site.advisor()
    assert (await visitor.get("/")).headers["Content-Encoding"] in ("gzip", "deflate")
    assert "Content-Encoding" not in (await advisor.get("/console")).headers


async def test_names_of_advisors_are_text_everywhere(site: Site) -> None:
    """AT-40."""
    evil = "</script><img src=x onerror=alert(1)>\"'"
    await site.advisor("evil")
    account = await site.parts.accounts.find("evil")
    assert account is not None
    await site.parts.database.write(
        lambda db: db.exec_driver_sql(
            "UPDATE accounts SET display_name = ? WHERE id = ?", (evil, account.id)
        ).close()
    )
    advisor = await site.advisor("evil")
    page = await (await advisor.get("/console")).text()
    assert "<img" not in page
    assert handed(page, "page")["me"]["name"] == evil


async def test_probes(site: Site) -> None:
    visitor = site.visitor()
    assert (await visitor.get("/healthz")).status == 200
    assert (await visitor.get("/readyz")).status == 200
    site.parts.draining.set()
    answer = await visitor.get("/readyz")
    assert (answer.status, await answer.text()) == (503, "draining\n")
    assert (await visitor.get("/healthz")).status == 200


async def test_not_ready_after_a_stall(site: Site) -> None:
    """F-37: a node whose loop stood still sends new calls elsewhere, and says how late it was."""
    assert (await site.visitor().get("/readyz")).status == 200
    site.parts.lag.note(2.5)
    answer = await site.visitor().get("/readyz")
    assert (answer.status, await answer.text()) == (503, "stalled\n")
    operator = await site.operator()
    metrics = await (await operator.get("/metrics")).text()
    assert "visavis_loop_lag_worst_seconds 2.5" in metrics


async def test_a_node_that_leaves_takes_nobody_new_and_says_when_to_come_again(site: Site) -> None:
    """F-28: no call, no seat, no ticket; nothing is stored, and pages ask again by themselves."""
    prospect, advisor = await site.prospect(), await site.advisor()
    site.parts.draining.set()
    for caller, path, body in (
        (site.visitor(), "/api/calls", {"first_name": "Erika", "last_name": "Muster"}),
        (prospect, f"/api/sessions/{prospect.session}/join", {}),
        (advisor, f"/api/sessions/{prospect.session}/join", {"prepare": True}),
        (advisor, "/api/tickets", {"channel": "desk"}),
    ):
        answer = await caller.post(path, body)
        error = (await answer.json())["error"]
        assert (answer.status, answer.headers["Retry-After"]) == (503, "1"), path
        assert (error["code"], error["retry_s"]) == ("draining", 1)
    assert (await site.visitor().get("/")).status == 200
    assert len(await site.parts.lifecycle.live()) == 1


async def test_not_ready_without_a_database(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(_job: Any) -> None:
        raise OSError("disk")

    with monkeypatch.context() as broken:
        broken.setattr(site.parts.database, "write", fails)
        assert (await site.visitor().get("/readyz")).status == 503


async def test_a_bug_is_a_plain_sentence(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """No traceback, no message of the exception: neither outside nor in the log's text."""

    async def fails() -> None:
        raise ValueError("Kanarienvogel")

    with monkeypatch.context() as broken:
        broken.setattr(site.parts.desk, "state", fails)
        for path in ("/", "/api/desk/state"):
            answer = await site.visitor().get(path)
            text = await answer.text()
            assert answer.status == 500
            assert "schiefgegangen" in text
            assert "Kanarienvogel" not in text
            assert "Traceback" not in text
