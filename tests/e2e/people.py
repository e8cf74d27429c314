"""The three people of the platform, acting by what they see: labels and roles, in German.

They know the screens and the words on them, nothing of the code behind. The words come from the
catalog, so that a better wording breaks no test.
"""

import json
import os
import re
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from playwright.async_api import (
    Browser,
    BrowserContext,
    Error,
    Locator,
    Page,
    ViewportSize,
    expect,
)
from playwright.async_api import TimeoutError as TooLate

from tests.e2e.guard import Guard
from tests.e2e.server import ROOT, Server, SignIn
from tests.patience import allowed

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
# The browser heeds the last such list alone, so it names again what Playwright switches off; then
# what nobody here ever sees: a process in reserve for each page, and the pages behind the address
# bar of each window, which alone are a quarter of the work.
NEEDLESS = (
    *("AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "HttpsUpgrades"),
    *("HttpsFirstBalancedModeAutoEnable", "LensOverlay", "MediaRouter", "PaintHolding"),
    *("ThirdPartyStoragePartitioning", "AvoidCorsURLLoaderRestartOnRedirect", "OptimizationHints"),
    *("NetworkTimeServiceQuerying", "AimEnabled", "PreconnectToSearch"),
    *("SpareRendererForSitePerProcess", "WebUIOmniboxPopup", "WebUIOmniboxAimPopup"),
)
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--allow-loopback-in-peer-connection",  # machines without any other interface
    f"--disable-features={','.join(NEEDLESS)}",
)
# A slow camera leaves the processor to what is tested; measurements use a real one's pace.
SLOW_CAMERA = "--use-fake-device-for-media-stream=device-count=1,fps=5"
QUICK_CAMERA = "--use-fake-device-for-media-stream=device-count=1,fps=30"
PROBES = Path(__file__).with_name("probes.js")
DESKTOP: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
# Drawing a talk takes as long as its picture is large: what does not look at the screen has less.
LAPTOP = {"width": 1200, "height": 700}
PROFILE: dict[str, Any] = {
    "locale": "de-DE",
    "viewport": LAPTOP,
    "reduced_motion": "reduce",
}


@cache
def _catalog() -> dict[str, str]:
    parts = ROOT.glob("web/catalogs/*de.json")
    return {key: text for part in parts for key, text in json.loads(part.read_text()).items()}


def word(key: str, **facts: object) -> str:
    """The German text of a key."""
    return _catalog()[key].format_map(facts)


class Person:
    """Somebody with a browser of their own."""

    def __init__(self, context: BrowserContext, page: Page, guard: Guard, url: str) -> None:
        self.context = context
        self.page = page
        self.guard = guard
        self.url = url

    async def open(self, path: str) -> None:
        """Go there; once more, as a browser does by itself, where the network changes meanwhile."""
        try:
            await self.page.goto(self.url + path)
        except Error as failed:
            if "ERR_NETWORK_CHANGED" not in failed.message:
                raise
            await self.page.goto(self.url + path)

    def button(self, key: str, **facts: object) -> Locator:
        return self.page.get_by_role("button", name=word(key, **facts), exact=True)

    async def reads(self, key: str, **facts: object) -> None:
        """Wait until this text is on the screen."""
        await expect(self.page.get_by_text(word(key, **facts)).first).to_be_visible()

    async def leave(self) -> None:
        """Do what a polite person does before the browser is closed."""


class Talker(Person):
    """Somebody in a talk, whichever side."""

    @property
    def remote_video(self) -> Locator:
        return self.page.get_by_test_id("remote-video")

    @property
    def messages(self) -> Locator:
        return self.page.get_by_role("log").get_by_role("listitem")

    @property
    def message_field(self) -> Locator:
        return self.page.get_by_role("textbox", name=word("chat.placeholder"))

    @property
    def chat_opener(self) -> Locator:
        """Its label also counts what is unread."""
        name = re.compile("^" + re.escape(word("talk.chat.open")))
        return self.page.get_by_role("button", name=name)

    async def in_talk(self) -> None:
        end = self.button("talk.end.label")
        await expect(end).to_be_visible(timeout=allowed(10.0) * 1_000)

    async def open_chat(self) -> None:
        """In the talk: bring the chat to view where there is no room to show it always."""
        await self.in_talk()
        if not await self.message_field.is_visible():
            await self.chat_opener.click()
        await expect(self.message_field).to_be_visible()

    async def write(self, text: str) -> None:
        await self.message_field.fill(text)
        await self.message_field.press("Enter")

    async def sees_message(self, text: str) -> None:
        await expect(self.page.get_by_role("log").get_by_text(text)).to_be_visible()

    async def close_chat(self) -> None:
        """On a phone the chat covers what is below it."""
        chat = self.page.get_by_role("region", name=word("chat.title"))
        await chat.get_by_role("button", name=word("chat.close")).click()
        await expect(self.message_field).to_be_hidden()

    async def hang_up(self) -> None:
        await self.button("talk.end.label").click()


class Prospect(Talker):
    """Starts an instant call with a first and a last name."""

    async def fill_in(self, first_name: str, last_name: str) -> None:
        await self.page.get_by_label("Vorname").fill(first_name)
        await self.page.get_by_label("Nachname").fill(last_name)

    async def start(self) -> None:
        await self.page.get_by_role("button", name="Sofort-Gespräch starten").click()

    async def call(self, first_name: str, last_name: str) -> None:
        """From the start page to the waiting room, devices allowed."""
        await self.open("/")
        await self.fill_in(first_name, last_name)
        await self.start()
        await self.page.wait_for_url("**/call/*")
        await self.allow_devices()

    async def allow_devices(self) -> None:
        await self.button("ready.allow.both").click()
        await expect(self.page.get_by_test_id("own-video")).to_be_visible()

    async def leave(self) -> None:
        """Nobody shall wait for somebody who has gone."""
        if await self.button("ready.leave").is_visible():
            await self.button("ready.leave").click()
            await self.reads("after.heading.left")
        elif await self.button("talk.end.label").is_visible():
            await self.hang_up()
            await self.reads("after.heading")

    async def hang_up(self) -> None:
        """A prospect is asked whether they mean it."""
        await super().hang_up()
        await self.end_dialog_button.click()

    @property
    def end_dialog_button(self) -> Locator:
        asked = self.page.get_by_role("dialog")
        return asked.get_by_role("button", name=word("talk.end.confirm"))

    @property
    def session(self) -> str:
        return self.page.url.rsplit("/", 1)[-1].partition("?")[0]


class Guest(Talker):
    """Comes into a talk by a link."""

    async def knock(self, link: str, first_name: str, last_name: str) -> None:
        """From the link to the waiting, devices allowed."""
        await self.page.goto(link)
        await self.page.get_by_label(word("visit.first_name")).fill(first_name)
        await self.page.get_by_label(word("visit.last_name")).fill(last_name)
        await self.button("visit.knock").click()
        await self.reads("visit.asked")
        await self.button("ready.allow.both").click()
        await expect(self.page.get_by_test_id("own-video")).to_be_visible()

    async def leave(self) -> None:
        if await self.button("talk.end.label").is_visible():
            await self.hang_up()
            await self.reads("visit.left")

    async def hang_up(self) -> None:
        """Asked whether they mean it, and gone for good."""
        await super().hang_up()
        asked = self.page.get_by_role("dialog")
        await asked.get_by_role("button", name=word("visit.go.confirm")).click()


class Staff(Person):
    """Somebody who signs in."""

    sign_in: SignIn

    async def go_in(self, path: str) -> None:
        """By the sign-in of the last time, as far as it is still good."""
        await self.context.add_cookies(self.sign_in.cookies)
        await self.open(path)
        if "/login" not in self.page.url:
            return
        await self.page.get_by_label(word("login.username")).fill(self.sign_in.username)
        await self.page.get_by_label(word("login.password")).fill(self.sign_in.password)
        await self.button("login.submit").click()
        await self.page.wait_for_url(f"**{path}*")
        self.sign_in.cookies[:] = await self.context.cookies()


class Advisor(Talker, Staff):
    """Answers in the console."""

    async def come_in(self) -> None:
        """Sign in, get camera and microphone ready, and be free."""
        await self.go_in("/console")
        await self.prepare()
        await self.wish("free")

    async def wish(self, wish: str) -> None:
        """Be free, busy or away."""
        choice = self.page.get_by_role("radio", name=word(f"console.wish.{wish}"))
        await choice.check(force=True)  # the words beside it are what one sees and presses
        await expect(choice).to_be_checked()

    async def prepare(self) -> None:
        """Press the button, unless somebody waits already: then both go on by themselves."""
        button, own = self.button("console.devices.prepare"), self.page.get_by_test_id("own-video")
        await expect(button.or_(own)).to_be_visible()
        if not await own.is_visible():
            with suppress(TooLate):  # gone or busy: on by itself
                await button.click(timeout=2_000)
        await expect(own).to_be_visible()

    def waiting(self, name: str) -> Locator:
        """Whoever waits: the next one large, the others in a list."""
        title = word("console.desk.next", name=name)
        return self.page.get_by_role("article", name=title, exact=True).or_(
            self.page.get_by_role("listitem").filter(has_text=name)
        )

    def accept_button(self, name: str) -> Locator:
        accept = re.compile(
            f"^({re.escape(word('console.desk.accept'))}"
            f"|{re.escape(word('console.desk.accept.name', name=name))})$"
        )
        return self.waiting(name).get_by_role("button", name=accept)

    async def accept(self, name: str) -> None:
        await self.accept_button(name).click()

    @property
    def people_opener(self) -> Locator:
        """Its label also counts them."""
        name = re.compile(re.escape(word("guests.invite")) + "$")
        return self.page.get_by_role("button", name=name)

    async def invite(self, seat: str = "guest") -> str:
        """A link for one guest."""
        await self.people_opener.click()
        dialog = self.page.get_by_role("dialog")
        await dialog.get_by_text(word(f"guests.seat.{seat}"), exact=True).click()
        await dialog.get_by_role("button", name=word("guests.make")).click()
        link = await dialog.get_by_label(word("guests.link")).first.input_value()
        await dialog.get_by_role("button", name=word("ui.close"), exact=True).click()
        return link

    async def let_in(self, name: str) -> None:
        await self.reads("guests.knock", name=name)
        await self.button("guests.admit").click()


class Officer(Staff):
    """Looks after data protection."""

    async def come_in(self) -> None:
        await self.go_in("/privacy-desk")


class Auditor(Officer):
    """Reads at the protection desk, and changes nothing."""


class Admin(Staff):
    """Administers accounts."""

    async def come_in(self) -> None:
        await self.go_in("/admin")


class Operator(Staff):
    """Watches the ops board."""

    async def come_in(self) -> None:
        await self.go_in("/ops")

    def row(self, session: str) -> Locator:
        return self.page.get_by_role("row").filter(has_text=session[:8])


_Someone = TypeVar("_Someone", bound=Person)


class House:
    """Lets people in, each with a browser profile of their own, and sees them out again."""

    def __init__(self, browser: Browser, server: Server, **profile: Any) -> None:
        """`profile`: of everybody who brings none of their own."""
        self.browser = browser
        self.server = server
        self.profile = profile
        self.people: list[Person] = []

    async def prospect(self, **profile: Any) -> Prospect:
        return await self._enter(Prospect, **profile)

    async def guest(self, **profile: Any) -> Guest:
        return await self._enter(Guest, **profile)

    async def advisor(self, name: str = "Berta Berater", **profile: Any) -> Advisor:
        """Signed in, in the console."""
        sign_in = await self.server.account("advisor", name)
        advisor = await self._enter(Advisor, **profile)
        advisor.sign_in = sign_in
        await advisor.come_in()
        return advisor

    async def lead(self, name: str = "Lena Leitung", **profile: Any) -> Advisor:
        """An advisor who leads the team."""
        sign_in = await self.server.account("lead", name)
        lead = await self._enter(Advisor, **profile)
        lead.sign_in = sign_in
        await lead.come_in()
        return lead

    async def operator(self, name: str = "Otto Operator", **profile: Any) -> Operator:
        sign_in = await self.server.account("operator", name)
        operator = await self._enter(Operator, **profile)
        operator.sign_in = sign_in
        await operator.come_in()
        return operator

    async def officer(self, name: str = "Dana Datenschutz", **profile: Any) -> Officer:
        sign_in = await self.server.account("officer", name)
        officer = await self._enter(Officer, **profile)
        officer.sign_in = sign_in
        await officer.come_in()
        return officer

    async def auditor(self, name: str = "Rita Revision", **profile: Any) -> Auditor:
        sign_in = await self.server.account("auditor", name)
        auditor = await self._enter(Auditor, **profile)
        auditor.sign_in = sign_in
        await auditor.come_in()
        return auditor

    async def admin(self, name: str = "Alex Verwaltung", **profile: Any) -> Admin:
        sign_in = await self.server.account("admin", name)
        admin = await self._enter(Admin, **profile)
        admin.sign_in = sign_in
        await admin.come_in()
        return admin

    async def close(self) -> None:
        """See everybody out, then fail for whoever did something forbidden."""
        for person in self.people:
            # A console that makes ready for somebody who is just leaving is refused, as it must be.
            person.guard.allow(r"status of 409")
        for person in self.people:
            if not person.page.is_closed():
                await person.leave()
        for person in self.people:
            await person.context.close()
        gone, self.people = self.people, []
        for person in gone:
            person.guard.check()

    async def prospect_without_cookies(self, folder: Path) -> Prospect:
        """Somebody whose browser is set to keep nothing; that takes a browser of its own."""
        preferences = {"profile": {"default_content_setting_values": {"cookies": 2}}}
        (folder / "Default").mkdir()
        (folder / "Default" / "Preferences").write_text(json.dumps(preferences))
        context = await self.browser.browser_type.launch_persistent_context(
            folder, executable_path=CHROMIUM, args=[*FLAGS, SLOW_CAMERA], locale="de-DE"
        )
        return await self._settle(Prospect, context)

    async def _enter(self, kind: type[_Someone], **profile: Any) -> _Someone:
        context = await self.browser.new_context(**{**PROFILE, **self.profile, **profile})
        return await self._settle(kind, context)

    async def _settle(self, kind: type[_Someone], context: BrowserContext) -> _Someone:
        context.set_default_timeout(60_000)  # only ever waited out by a failure
        await context.add_init_script(path=PROBES)
        guard = Guard(context, self.server.url)
        person = kind(context, await context.new_page(), guard, self.server.url)
        self.people.append(person)
        return person
