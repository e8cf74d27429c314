"""The files of a talk, as one person sees them: labels and roles, in German.

It knows the screens and the words on them, nothing of the code behind.
"""

from pathlib import Path

from playwright.async_api import FilePayload, Locator, Page, expect

from tests.e2e.people import Talker, word


def payload(name: str, content: bytes, type: str = "application/octet-stream") -> FilePayload:
    return {"name": name, "mimeType": type, "buffer": content}


class Shelf:
    """The files, as one person sees them."""

    def __init__(self, talker: Talker) -> None:
        self.page: Page = talker.page
        self.pane = self.page.get_by_role("region", name=word("files.title"), exact=True)
        self.opener = self.page.locator(".control[data-opens=files]")
        self.closer = self.pane.get_by_role("button", name=word("files.close"), exact=True)

    async def open_in_talk(self) -> None:
        await self.opener.click()
        await expect(self.pane).to_be_visible()

    async def close(self) -> None:
        """On a phone the files cover what is below them."""
        await self.closer.click()
        await expect(self.pane).to_be_hidden()

    async def open_while_waiting(self) -> None:
        await self.page.locator(".ready__files > button").click()
        await expect(self.pane).to_be_visible()

    async def share(self, *payloads: FilePayload) -> None:
        chooser = self.pane.get_by_label(word("files.choose")).and_(self.page.locator("input"))
        await chooser.set_input_files(payloads)

    def row(self, name: str) -> Locator:
        title = self.page.get_by_text(name, exact=True)
        return self.pane.get_by_role("listitem").filter(has=title)

    def button(self, key: str, name: str) -> Locator:
        return self.page.get_by_role("button", name=word(f"files.{key}.label", name=name))

    async def has(self, name: str) -> None:
        """It is shared, not only on its way."""
        await expect(self.button("save", name)).to_be_visible(timeout=60_000)

    async def is_found(self, verdict: str, name: str) -> None:
        """The scanner has said so."""
        said = self.row(name).get_by_text(word(f"files.verdict.{verdict}"), exact=True)
        await expect(said).to_be_visible(timeout=60_000)

    async def saved(self, name: str, *, called: str | None = None) -> bytes:
        async with self.page.expect_download() as started:
            await self.button("save", name).click()
        download = await started.value
        assert download.suggested_filename == (called or name)
        return Path(await download.path()).read_bytes()
