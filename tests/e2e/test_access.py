"""Every screen in every state, by axe: no finding, in light and dark, on a phone and on a desk."""

from playwright.async_api import expect

from tests.e2e.examination import Examination, no_findings
from tests.e2e.people import DESKTOP, PHONE, House, word
from tests.e2e.shelf import Shelf, payload


async def test_the_prospect_meets_no_barrier(house: House) -> None:
    async with no_findings() as examine:
        prospect = await house.prospect(viewport=PHONE)
        prospect.guard.allow(r"status of 40[034]")
        for path in ("/privacy", "/terms", "/imprint", "/accessibility", "/call/" + "0" * 32):
            await prospect.open(path)
            await examine.of(path, prospect.page)
        await prospect.open("/privacy/versions")
        await examine.of("all versions of the notices", prospect.page)
        await prospect.page.locator(".versions a").first.click()
        await examine.of("one version", prospect.page)
        await prospect.open("/")
        await examine.of("start", prospect.page)
        await prospect.fill_in("R2D2", "")
        await prospect.start()
        await expect(prospect.page.locator("[aria-invalid=true]").first).to_be_visible()
        await examine.of("start with errors", prospect.page)
        await prospect.fill_in("Anna", "Beispiel")
        await prospect.start()
        await expect(prospect.button("ready.allow.both")).to_be_visible()
        await examine.of("ready, before the consent", prospect.page)
        await prospect.allow_devices()
        await examine.of("ready", prospect.page)
        shelf = Shelf(prospect)
        await shelf.open_while_waiting()
        await shelf.share(payload("Notiz.txt", b"Guten Tag"), payload("a.exe", b"MZ"))
        await shelf.has("Notiz.txt")
        await examine.of("ready with files", prospect.page)
        advisor = await house.advisor()
        await advisor.accept("Anna Beispiel")
        await expect(prospect.remote_video).to_be_visible()
        await examine.of("talk", prospect.page)
        await prospect.open_chat()
        await prospect.write("Guten Tag")
        await prospect.sees_message("Guten Tag")
        await examine.of("talk with chat", prospect.page)
        await prospect.close_chat()
        await shelf.open_in_talk()
        await examine.of("talk with files", prospect.page)
        await shelf.button("view", "Notiz.txt").click()
        await expect(prospect.page.get_by_role("dialog").get_by_text("Guten Tag")).to_be_visible()
        await examine.of("talk with a file in view", prospect.page)
        await prospect.page.keyboard.press("Escape")
        await shelf.close()
        await prospect.hang_up()
        await prospect.reads("after.heading")
        await shelf.has("Notiz.txt")
        await examine.of("after", prospect.page)


async def test_the_advisor_meets_no_barrier(house: House) -> None:
    async with no_findings() as examine:
        await house.server.account("advisor", "Berta Berater")
        stranger = await house.prospect(viewport=DESKTOP)
        await stranger.open("/login")
        await examine.of("login", stranger.page)
        advisor = await house.advisor(viewport=DESKTOP)
        await examine.of("console, empty", advisor.page)
        prospect = await house.prospect()
        await prospect.call("Anna", "Beispiel")
        await expect(advisor.accept_button("Anna Beispiel")).to_be_visible()
        await examine.of("console, somebody waits", advisor.page)
        await advisor.accept("Anna Beispiel")
        await expect(advisor.remote_video).to_be_visible()
        await examine.of("console, in the talk", advisor.page)
        await advisor.open_chat()
        await examine.of("console, in the talk with chat", advisor.page)
        await advisor.close_chat()
        await advisor.hang_up()
        await expect(advisor.remote_video).to_have_count(0)
        await examine.of("console, afterwards", advisor.page)


async def test_a_guest_and_who_lets_them_in_meet_no_barrier(house: House) -> None:
    async with no_findings() as examine:
        guest = await house.guest(viewport=PHONE)
        guest.guard.allow(r"status of 404")
        await guest.open("/join/" + "0" * 32)
        await guest.reads("visit.broken")
        await examine.of("a link without its end", guest.page)
        await guest.page.goto("about:blank")
        await guest.open("/join/" + "0" * 32 + "#" + "x" * 43)
        await guest.button("visit.knock").click()
        await examine.of("invited, with errors", guest.page)
        await guest.page.get_by_label(word("visit.first_name")).fill("Gisela")
        await guest.page.get_by_label(word("visit.last_name")).fill("Gast")
        await guest.button("visit.knock").click()
        await expect(guest.page.get_by_role("alert")).to_be_visible()
        await examine.of("invited by a link that is not valid", guest.page)
        advisor = await house.advisor(viewport=DESKTOP)
        prospect = await house.prospect(viewport=DESKTOP)
        await prospect.call("Anna", "Beispiel")
        await advisor.accept("Anna Beispiel")
        await advisor.in_talk()
        link = await advisor.invite("interpreter")
        await advisor.people_opener.click()
        await examine.of("inviting", advisor.page)
        await advisor.page.keyboard.press("Escape")
        await guest.page.goto("about:blank")
        await guest.knock(link, "Gisela", "Gast")
        await examine.of("having knocked", guest.page)
        await advisor.reads("guests.knock", name="Gisela Gast")
        await examine.of("somebody has knocked", advisor.page)
        await advisor.let_in("Gisela Gast")
        for person in (guest, prospect):
            await expect(person.page.get_by_test_id("tile")).to_be_visible()
            await examine.of("a talk of three", person.page)
            await person.button("party.count.other", count=3).click()
            await examine.of("who is there", person.page)
            await person.page.keyboard.press("Escape")
        await guest.hang_up()
        await guest.reads("visit.left")
        await examine.of("a guest has left", guest.page)


async def test_the_operator_meets_no_barrier(house: House) -> None:
    async with no_findings() as examine:
        prospect = await house.prospect()
        await prospect.call("Anna", "Beispiel")
        operator = await house.operator(viewport=DESKTOP)
        await expect(operator.row(prospect.session)).to_be_visible()
        await examine.of("ops", operator.page)


async def test_the_examination_can_find_something(house: House) -> None:
    """A picture without a text is found, so that silence means something."""
    prospect = await house.prospect()
    await prospect.open("/imprint")
    await prospect.page.evaluate("document.querySelector('main').append(new Image(9, 9))")
    examination = Examination()
    await examination.of("imprint", prospect.page)
    assert "image-alt" in str(examination.found)
