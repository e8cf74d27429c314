"""The whole story with the keyboard alone: never lost, never invisible."""

from playwright.async_api import Locator, Page, expect

from tests.e2e.media import sees_and_hears
from tests.e2e.people import House, Prospect, word
from tests.e2e.shelf import Shelf, payload

MOST_TABS = 60
FOCUS = """async () => {
    // Styles settle with the next frame, also where motion is reduced to nothing.
    await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
    const here = document.activeElement;
    const style = getComputedStyle(here);
    const box = here.getBoundingClientRect();
    const ring = (one) => one.outlineStyle !== "none" && parseFloat(one.outlineWidth) > 0;
    const marked = ring(style) || style.boxShadow !== "none"
        || [...here.querySelectorAll("*"), here.nextElementSibling, here.parentElement]
            .some((near) => near && (ring(getComputedStyle(near))
                || getComputedStyle(near).boxShadow !== "none"));
    return {
        what: here.outerHTML.slice(0, 200),
        lost: here === document.body || here === document.documentElement,
        seen: here.checkVisibility() && box.width > 0 && box.height > 0
            && box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth,
        marked,
    };
}"""


async def tab_to(page: Page, target: Locator) -> None:
    """Press Tab until the target has the focus; every stop on the way can be seen."""
    await expect(target).to_be_visible()
    for _ in range(MOST_TABS):
        await page.keyboard.press("Tab")
        stop = await page.evaluate(FOCUS)
        if stop["lost"]:
            continue  # the browser's own controls come between the last and the first stop
        if not stop["seen"]:  # what a busy machine has not drawn yet is drawn a moment later
            await page.wait_for_timeout(500)
            stop = await page.evaluate(FOCUS)
        assert stop["seen"], f"the focus is out of sight: {stop['what']}"
        assert stop["marked"], f"the focus does not show: {stop['what']}"
        if await target.evaluate("node => node === document.activeElement"):
            return
    raise AssertionError(f"no way to {target} by {MOST_TABS} tabs")


async def press(page: Page, target: Locator, key: str = "Enter") -> None:
    await tab_to(page, target)
    await page.keyboard.press(key)


async def start_by_keyboard(prospect: Prospect) -> None:
    page = prospect.page
    await prospect.open("/")
    await tab_to(page, page.get_by_label("Vorname"))
    await page.keyboard.type("Anna")
    await page.keyboard.press("Tab")
    await page.keyboard.type("Beispiel")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/call/*")
    await press(page, prospect.button("ready.allow.both"))


async def test_the_whole_story_without_a_mouse(house: House) -> None:
    advisor = await house.advisor()
    prospect = await house.prospect()
    await start_by_keyboard(prospect)
    await press(advisor.page, advisor.accept_button("Anna Beispiel"))
    await sees_and_hears(prospect.page)
    await sees_and_hears(advisor.page)

    await prospect.in_talk()
    for person, text in ((prospect, "Guten Tag"), (advisor, "Willkommen")):
        if not await person.message_field.is_visible():
            await press(person.page, person.chat_opener)
        await tab_to(person.page, person.message_field)
        await person.page.keyboard.type(text)
        await person.page.keyboard.press("Enter")
        await expect(person.message_field).to_be_focused()
    await prospect.sees_message("Willkommen")
    await advisor.sees_message("Guten Tag")

    hers, his = Shelf(prospect), Shelf(advisor)
    await press(prospect.page, hers.opener)
    async with prospect.page.expect_file_chooser() as asked:
        await press(prospect.page, prospect.button("files.choose"))
    await (await asked.value).set_files([payload("Notiz.txt", b"Guten Tag")])
    await press(advisor.page, his.opener)
    await press(advisor.page, his.button("view", "Notiz.txt"))
    await expect(advisor.page.get_by_role("dialog").get_by_text("Guten Tag")).to_be_visible()
    await advisor.page.keyboard.press("Escape")
    await press(prospect.page, hers.button("remove", "Notiz.txt"))
    await press(prospect.page, prospect.button("files.remove"))
    await expect(his.row("Notiz.txt")).to_have_count(0)
    await expect(hers.pane).to_be_focused()
    await press(prospect.page, hers.closer)
    await expect(hers.opener).to_be_focused()

    await press(prospect.page, prospect.button("talk.end.label"))
    await press(prospect.page, prospect.end_dialog_button)
    await prospect.reads("after.heading")
    lost = await prospect.page.evaluate("document.activeElement === document.body")
    assert not lost, "the focus moves on to the page that thanks"


async def test_signing_in_without_a_mouse(house: House) -> None:
    sign_in = await house.server.account("advisor", "Berta Berater")
    stranger = await house.prospect()
    page = stranger.page
    await stranger.open("/login")
    await tab_to(page, page.get_by_label(word("login.username")))
    await page.keyboard.type(sign_in.username)
    await page.keyboard.press("Tab")
    await page.keyboard.type(sign_in.password)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/console*")


async def test_a_guest_is_invited_and_let_in_by_keyboard(house: House) -> None:
    """AT-01: nobody comes in otherwise, so everybody must be able to."""
    advisor, prospect = await house.advisor(), await house.prospect()
    await prospect.call("Anna", "Beispiel")
    await advisor.accept("Anna Beispiel")
    await advisor.in_talk()
    await press(advisor.page, advisor.people_opener)
    dialog = advisor.page.get_by_role("dialog")
    await press(advisor.page, dialog.get_by_role("button", name=word("guests.make")))
    link = await dialog.get_by_label(word("guests.link")).input_value()
    await advisor.page.keyboard.press("Escape")
    guest = await house.guest()
    await guest.page.goto(link)
    await tab_to(guest.page, guest.page.get_by_label(word("visit.first_name")))
    await guest.page.keyboard.type("Gisela")
    await guest.page.keyboard.press("Tab")
    await guest.page.keyboard.type("Gast")
    await guest.page.keyboard.press("Enter")
    await press(guest.page, guest.button("ready.allow.both"))
    await press(advisor.page, advisor.button("guests.admit"))
    await guest.in_talk()
    await press(guest.page, guest.button("party.count.other", count=3))
    await expect(guest.page.get_by_role("dialog").get_by_role("listitem")).to_have_count(3)
    await guest.page.keyboard.press("Escape")
    await press(guest.page, guest.button("talk.end.label"))
    await press(
        guest.page,
        guest.page.get_by_role("dialog").get_by_role("button", name=word("visit.go.confirm")),
    )
    await guest.reads("visit.left")
