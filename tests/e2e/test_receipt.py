"""After a call: the slip with number and code; then, in another browser, see, take and erase."""

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import expect

from sessions.keys import MasterKeys
from sessions.receipts import ALPHABET, read_code
from tests.e2e.people import PHONE, Advisor, House, Person, Prospect, word
from tests.e2e.server import Server
from tests.e2e.traces import canary, files, traces
from web.certificates import verify_certificate
from web.package import verify_package

NOBODYS = next(  # a code without a slip in it, that was never given to anybody
    code for code in (f"{'0' * 26}{a}{b}" for a in ALPHABET for b in ALPHABET) if read_code(code)
)


async def talk(house: House, first: str, last: str, said: str) -> tuple[Prospect, Advisor]:
    """Two people in a talk, and a word in the chat."""
    advisor = await house.advisor()
    prospect = await house.prospect()
    await prospect.call(first, last)
    await advisor.accept(f"{first} {last}")
    await prospect.open_chat()
    await prospect.write(said)
    await advisor.open_chat()
    await advisor.sees_message(said)
    return prospect, advisor


async def slip(prospect: Prospect) -> tuple[str, str]:
    """Number and code, as they are on the screen."""
    await prospect.reads("after.receipt.text")
    return (
        await prospect.page.get_by_test_id("receipt-number").inner_text(),
        await prospect.page.get_by_test_id("receipt-code").inner_text(),
    )


async def early_slip(prospect: Prospect) -> tuple[str, str]:
    """Number and code while the talk goes on, as the page itself asks for them later."""
    claimed = await prospect.page.evaluate(
        """async () => (await fetch(`/api/sessions/${location.pathname.split("/")[2]}/receipt`,
        {method: "POST", headers: {"Content-Type": "application/json"}, body: "{}"})).json()"""
    )
    return claimed["number"], claimed["code"]


async def open_desk(person: Person, number: str, code: str) -> None:
    await person.open("/receipt")
    await person.page.get_by_label(word("receipt.number"), exact=True).fill(number)
    await person.page.get_by_label(word("receipt.code"), exact=True).fill(code)
    await person.button("receipt.open").click()


def keys_of(server: Server) -> list[bytes]:
    return MasterKeys.load_or_create(server.data / "master.keys").public_keys()


async def test_a_person_sees_takes_and_erases_what_was_kept(
    house: House, server: Server, tmp_path: Path
) -> None:
    """OB-36, OB-37, OB-39, OB-41: without an account, in a browser that was never there."""
    first, last, said = (canary(word) for word in ("Vorna", "Nachna", "frage"))
    prospect, _ = await talk(house, first, last, said)
    await prospect.hang_up()
    await prospect.reads("after.heading")
    number, code = await slip(prospect)
    async with prospect.page.expect_download() as saved:
        await prospect.button("after.receipt.save").click()
    slip_of_paper = Path(await (await saved.value).path()).read_text()
    assert number in slip_of_paper
    assert code in slip_of_paper
    assert "/receipt" in slip_of_paper
    await prospect.page.reload()
    assert await slip(prospect) == (number, code)

    other = await house.prospect(viewport=PHONE)
    other.guard.allow(r"status of 40[04]")
    await open_desk(other, number, code[:-1] + ("0" if code[-1] != "0" else "1"))
    await other.reads("error.receipt.mistyped")
    await other.page.get_by_label(word("receipt.code"), exact=True).fill("")
    await other.page.keyboard.type(code.lower().replace(" ", ""))
    await expect(other.page.get_by_label(word("receipt.code"), exact=True)).to_have_value(code)
    await other.button("receipt.open").click()
    await expect(other.page.get_by_text(said)).to_be_visible()
    await expect(other.page.get_by_text(f"{first} {last}").first).to_be_visible()
    assert await other.context.cookies() == []

    async with other.page.expect_download() as taken:
        await other.button("receipt.take.go").click()
    path = await (await taken.value).path()
    copy = verify_package(str(path), keys_of(server))
    assert [one.text for one in copy.messages] == [said]

    await other.button("receipt.erase.go").click()
    await other.reads("receipt.sure")
    await other.button("receipt.sure.no").click()
    await other.reads("receipt.kept")
    await other.button("receipt.erase.go").click()
    await other.button("receipt.sure.yes").click()
    await other.reads("receipt.done")
    async with other.page.expect_download() as certified:
        await other.button("receipt.certificate.save").click()
    text = Path(await (await certified.value).path()).read_text()
    assert number in verify_certificate(text, keys_of(server))

    await open_desk(other, number, code)  # the certificate stays, and nothing else
    await other.reads("receipt.done")
    await expect(other.page.get_by_text(said)).to_have_count(0)
    kept = {**files(server.data), "the server's log": server.log.read_bytes()}
    addresses = "\n".join(url for person in house.people for url in person.guard.urls).encode()
    secrets = (first, last, said, code, code.replace(" ", ""))
    assert traces(secrets, kept | {"addresses": addresses}) == []
    assert not any(prospect.session in path for path in kept)


async def test_a_talk_that_is_erased_ends_for_both(house: House) -> None:
    """OB-39: an erased session ends where it is going on, and its pages say why."""
    prospect, advisor = await talk(house, "Anna", "Beispiel", "hallo")
    for person in (prospect, advisor):
        person.guard.allow(r"status of 404")
    other = await house.prospect()
    await open_desk(other, *await early_slip(prospect))
    await other.reads("receipt.ended.not")
    await other.button("receipt.erase.go").click()
    await other.button("receipt.sure.yes").click()
    await asyncio.gather(
        other.reads("receipt.done"),
        prospect.reads("after.heading.erased"),
        expect(advisor.button("talk.end.label")).to_have_count(0),
    )
    await expect(prospect.page.get_by_test_id("receipt-code")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_desk_reads_well_without_a_script(house: House, scheme: str) -> None:
    """Every step is a form: number and code lead on also where no script runs."""
    person = await house.prospect(java_script_enabled=False, color_scheme=scheme)
    person.guard.allow(r"status of 404")
    await open_desk(person, "000000000000", NOBODYS)
    await person.reads("error.receipt.wrong")
