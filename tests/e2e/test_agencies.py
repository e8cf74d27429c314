"""OB-01: somebody comes to an agency by its address, and its advisor alone ever knows of it."""

import json
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import expect

from tests.e2e.media import sees_and_hears
from tests.e2e.people import House, word
from tests.e2e.server import Server, brand_file
from tests.e2e.test_accept_race import Ear

BRAND = {
    "company": "Muster Versicherung",
    "agencies": [
        {"code": "nord", "name": "Agentur Nord"}, {"code": "sued", "name": "Agentur Süd"},
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    """A house with two agencies."""
    folder = tmp_path_factory.mktemp("agencies")
    running = await Server.start(folder, VISAVIS_BRAND_FILE=brand_file(folder, BRAND))
    yield running
    await running.stop()


async def test_whoever_comes_to_an_agency_is_answered_by_it(house: House) -> None:
    """OB-01: from its page to the talk and back to its page; another agency's console shows and
    hears nothing of it, and goes on working."""
    for name, agency in (("Nina Nord", "nord"), ("Sven Süd", "sued")):
        await house.server.account("advisor", name, agency)
    nina, sven = await house.advisor("Nina Nord"), await house.advisor("Sven Süd")
    ear = Ear(sven.page)
    await sven.page.reload()
    await sven.prepare()
    anna = await house.prospect()
    await anna.open("/a/nord")
    await anna.reads("start.agency", name="Agentur Nord")
    await anna.fill_in("Anna", "Beispiel")
    await anna.start()
    await anna.allow_devices()
    await expect(nina.waiting("Anna Beispiel")).to_be_visible()
    await nina.accept("Anna Beispiel")
    await sees_and_hears(anna.page)
    await sees_and_hears(nina.page)
    session = anna.session

    otto = await house.prospect()
    await otto.open("/a/sued")
    await otto.fill_in("Otto", "Beispiel")
    await otto.start()
    # His coming has reached this console: so would have hers, which was before.
    await expect(sven.waiting("Otto Beispiel")).to_be_visible()
    await expect(sven.page.get_by_text("Anna Beispiel")).to_have_count(0)
    told = {event["session"] for event in ear.heard if event["kind"] == "desk.changed"} - {"desk"}
    assert told == {otto.session}
    await expect(nina.page.get_by_text("Otto Beispiel")).to_have_count(0)

    await nina.hang_up()
    await anna.reads("after.heading")
    await anna.button("after.again").click()
    await anna.reads("start.agency", name="Agentur Nord")
    assert session not in json.dumps(ear.heard)


async def test_an_address_of_no_agency_leads_on_to_the_house(house: House) -> None:
    """OB-01."""
    anna = await house.prospect()
    anna.guard.allow(r"status of 404")
    await anna.open("/a/west")
    await anna.reads("page.agency_gone.title")
    await anna.page.get_by_role(
        "link", name=word("page.agency_gone.on", company="Muster Versicherung")
    ).click()
    await anna.reads("start.heading")
