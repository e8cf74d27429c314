"""Administering accounts in a browser: without script, and without a barrier."""

import re

from playwright.async_api import expect

from tests.e2e.examination import no_findings
from tests.e2e.people import DESKTOP, House, word

OWN = "ein ganz eigener Satz"


async def test_an_account_is_made_used_and_locked_without_script(house: House) -> None:
    """OB-01: the person sets a password of their own and is at home; locked, they are out."""
    admin = await house.admin(java_script_enabled=False)
    page = admin.page
    await page.get_by_text(word("admin.make"), exact=True).click()
    await page.get_by_label(word("admin.name"), exact=True).fill("Nina Neu")
    await page.get_by_label(word("admin.username"), exact=True).fill("nina")
    await page.get_by_label(word("admin.role"), exact=True).select_option("operator")
    await admin.button("admin.make.go").click()
    password = await page.locator(".protection__passphrase").inner_text()
    nina = await house.auditor()  # a browser with a sign-in page
    await nina.button("ops.signout").click()
    await nina.page.get_by_label(word("login.username")).fill("nina")
    await nina.page.get_by_label(word("login.password"), exact=True).fill(password)
    await nina.button("login.submit").click()
    await nina.page.get_by_label(word("password.new"), exact=True).fill(OWN)
    await nina.page.get_by_label(word("password.again"), exact=True).fill(OWN)
    await nina.button("password.submit").click()
    await expect(nina.page).to_have_url(re.compile("/ops"))
    nina.guard.allow(r"status of 401")
    await admin.button("admin.lock.go").click()
    await expect(page.get_by_text(word("admin.locked"), exact=True)).to_be_visible()
    await expect(nina.page).to_have_url(re.compile("/login"))  # by itself
    await nina.open("/ops")
    await expect(nina.page).to_have_url(re.compile("/login"))


async def test_the_administrator_meets_no_barrier(house: House) -> None:
    """Every page by axe, with all unfolded, and nothing beyond the edge."""
    await house.server.account("officer", "Dana Datenschutz")
    admin = await house.admin(viewport=DESKTOP)
    page = admin.page
    async with no_findings() as examine:
        for name in ("", "Dana Datenschutz", "Alex Verwaltung", "password"):
            await admin.open("/password" if name == "password" else "/admin")
            if name not in ("", "password"):
                await page.get_by_role("link", name=name, exact=True).click()
                await expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
            await page.evaluate(
                "document.querySelectorAll('details').forEach((one) => { one.open = true; })"
            )
            await examine.of(f"admin {name}", page)
