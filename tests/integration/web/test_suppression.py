"""Objecting to advertising elsewhere: at the receipt, at the desk; and asked by who advertises."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from sessions.contacts import readings
from tests.e2e.traces import canary
from tests.integration.web.conftest import Caller, Site
from tests.integration.web.test_protection import DESK, actions, sent
from tests.integration.web.test_receipt import rows
from tests.integration.web.test_receipt_rights import claimed, read
from web import cli, suppressed
from web.staff import OrderFailed

AGAINST = {"purpose": "marketing"}


async def asked(site: Site, *contacts: str) -> list[bool | None]:
    wanted = suppressed.Wanted(contacts=contacts, actor="shell:mailing")
    return await suppressed.answer(site.parts.suppression, site.parts.exit, wanted)


async def everything(site: Site) -> str:
    """All rows of both databases, and the audit log."""
    found = []
    for database in (site.parts.database, site.parts.key_store):
        names = await database.read(
            lambda db: list(
                db.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars()
            )
        )
        for name in names:
            every = f"SELECT * FROM {name}"
            found += await database.read(
                lambda db, every=every: db.exec_driver_sql(every).all()  # type: ignore[misc]
            )
    return repr(found)


async def test_an_objection_outlives_its_session_and_nothing_of_it_can_be_read(site: Site) -> None:
    """OB-42, OB-39: by receipt and by contact, however they are written; no contact is in any
    database; erased, the session leaves check values alone, and the certificate says so."""
    _, proof = await claimed(site)
    mail, phone = f"{canary('mail').lower()}@example.com", "0170 7654321"
    given = proof | AGAINST | {"contacts": f"{mail}\r\n\r\n {phone}\r\n"}
    assert "Gilt seit" in await read(site, "/receipt/object", given)
    number = proof["number"]
    every = [
        mail.upper(),
        "+49 170/7654321",
        number.replace(" ", ""),
        "someone@example.com",
        "Erika",
    ]
    assert await asked(site, *every) == [True, True, True, False, None]
    kept = await everything(site)
    assert mail.partition("@")[0] not in kept.lower()
    assert "7654321" not in kept

    done = await read(site, "/receipt/erase", proof | {"sure": "yes"})
    assert "Falls Sie Werbung widersprochen haben" in done
    saved = await site.visitor().post("/receipt/certificate", data=proof)
    assert "Falls Sie Werbung widersprochen haben" in await saved.text()
    assert await rows(site, "SELECT * FROM request") == []
    assert await asked(site, mail, phone, number) == [True, True, True]


async def test_it_is_taken_back_as_easily(site: Site) -> None:
    """OB-42: with the objection; more can be added while it stands."""
    _, proof = await claimed(site)
    await read(site, "/receipt/object", proof | AGAINST)
    shown = await read(site, "/receipt/object", proof)
    assert "Auch dorthin keine Werbung" in shown
    await read(site, "/receipt/object", proof | AGAINST | {"contacts": "a@example.com"})
    assert await asked(site, "a@example.com") == [True]
    shown = await read(site, "/receipt/object", proof)
    [request] = set(re.findall(r'name="withdraw" value="([0-9a-f]{32})"', shown))
    await read(site, "/receipt/object", proof | {"withdraw": request})
    assert await asked(site, "a@example.com", proof["number"]) == [False, False]


@pytest.mark.parametrize(
    ("contacts", "said"),
    [
        ("a@example.com\nErika Muster", "Zeile 2 ist weder"),
        ("<b>\n", "Zeile 1 ist weder"),
        ("\n".join(f"{one}@example.com" for one in "abcdef"), "höchstens 5"),
        ("x" * 5_000, "Zeile 1 ist weder"),
    ],
)
async def test_what_is_no_contact_is_said_and_nothing_is_kept(
    site: Site, contacts: str, said: str
) -> None:
    """OB-42: in the person's words, at the field; the objection is not half done."""
    _, proof = await claimed(site)
    shown = await read(site, "/receipt/object", proof | AGAINST | {"contacts": contacts}, 400)
    assert said in shown
    for table in ("request", "suppressed"):
        assert await rows(site, f"SELECT * FROM {table}") == []


async def about(officer: Caller, what: str, contact: str) -> tuple[int, str]:
    return await sent(officer, f"{DESK}/advertising", what=what, contact=contact)


async def test_officers_ask_about_one_contact_and_enter_what_came_by_letter(site: Site) -> None:
    """OB-42: answered on the page alone; the audit log has that it was asked, never about whom."""
    officer = await site.officer()
    contact = "Erika Muster, Musterstraße 1, 12345 Musterstadt"
    for what, said in (
        ("ask", "steht nicht auf der Liste"), ("add", "Eingetragen"), ("ask", "Keine Werbung:"),
        ("remove", "steht nicht mehr auf der Liste"), ("remove", "stand nicht auf der Liste"),
    ):  # fmt: skip
        status, shown = await about(officer, what, contact)
        assert (status, said in shown) == (200, True), what
    assert "Musterstadt" not in await everything(site)
    done = [action for action, subject in await actions(site) if subject == "one contact"]
    assert done == [
        "ask about advertising", "suppress advertising", "ask about advertising",
        "allow advertising", "allow advertising",
    ]  # fmt: skip
    status, shown = await about(officer, "ask", "Erika Muster")
    assert (status, 'id="about-contact-wrong"' in shown) == (400, True)
    assert (await about(officer, "burn", contact))[0] == 400
    await site.parts.suppression.add(readings("a@b.example"), objection="x")
    await site.parts.key_store.write(
        lambda db: db.exec_driver_sql("DELETE FROM house_keys").close()
    )
    status, shown = await about(officer, "ask", contact)
    assert (status, "Schlüssel dieser Liste fehlt" in shown) == (503, True)
    with pytest.raises(OrderFailed, match="key store"):
        await asked(site, contact)


def test_the_command_prints_whom_nothing_may_be_sent_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OB-42: as they were written, and nothing else; what is no contact is told by its number."""
    monkeypatch.setenv("VISAVIS_DATA_DIR", str(tmp_path))
    runner = CliRunner()
    for order in (["migrate"], ["keys", "init"]):
        assert runner.invoke(cli.main, order).exit_code == 0
    lines = "".join(f"someone{one}@example.com\n" for one in range(2_500))
    asked = runner.invoke(cli.main, ["suppressed"], input=lines)
    assert (asked.exit_code, asked.output) == (0, "")
    wrong = runner.invoke(cli.main, ["suppressed"], input="a@example.com\n\nErika <b>\n")
    assert (wrong.exit_code, wrong.stdout) == (1, "")
    assert "Line 3 is no contact" in wrong.stderr
    assert "Erika" not in wrong.output


async def test_a_serving_node_answers_the_command(site: Site) -> None:
    """OB-42: many at once, in orders that its socket takes, each answered in its place."""
    await site.parts.suppression.add(readings("b999@example.com"), objection="x")
    take = suppressed.taker(site.parts.suppression, site.parts.exit)
    contacts, found = [f"b{one}@example.com" for one in range(1_500)], []
    parts = list(suppressed.in_parts(contacts))
    assert len(parts) > 1
    for some in parts:
        wanted = suppressed.Wanted(contacts=tuple(some), actor="shell:mailing").model_dump_json()
        assert len(wanted) < 65_536
        answers = (await take(wanted.encode())).decode()
        found += answers.strip("[]").split(",")
    assert [one for one, answer in zip(contacts, found, strict=True) if answer == "true"] == [
        "b999@example.com"
    ]
