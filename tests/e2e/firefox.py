"""Firefox as Debian ships it, led by WebDriver BiDi: one profile, one page, gone afterwards.

It knows how to open, read and press; nothing of the product.
"""

import asyncio
import json
import os
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final

import aiohttp
import pytest

from tests.e2e.people import PROBES

START_SECONDS: Final = 60
ANSWER_SECONDS: Final = 40
_PREFERENCES: Final[dict[str, str | int | bool]] = {
    # A made-up camera and microphone, allowed; addresses as they are with a camera allowed.
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    "media.peerconnection.ice.loopback": True,
    "media.peerconnection.ice.obfuscate_host_addresses": False,
    "media.autoplay.default": 0,
    "intl.accept_languages": "de-DE, de",
    # Nothing is asked of anybody else.
    "app.normandy.enabled": False,
    "app.update.enabled": False,
    "browser.aboutwelcome.enabled": False,
    "browser.safebrowsing.downloads.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "datareporting.policy.firstRunURL": "",
    "extensions.systemAddon.update.enabled": False,
    "extensions.update.enabled": False,
    "media.gmp-manager.updateEnabled": False,
    "media.gmp-provider.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "http://127.0.0.1:9/",
    "toolkit.telemetry.enabled": False,
}


class FirefoxPage:
    """One page. What is in it is found by script, as far as BiDi has no word for it."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._number = 0
        self._context = ""

    async def begin(self) -> None:
        await self._order("session.new", capabilities={})
        script = f"() => {{ {PROBES.read_text()} }}"
        await self._order("script.addPreloadScript", functionDeclaration=script)
        # A window: the timers of a tab in the background run slowly.
        made = await self._order("browsingContext.create", type="window")
        self._context = made["context"]

    async def goto(self, url: str) -> None:
        await self._order(
            "browsingContext.navigate", context=self._context, url=url, wait="complete"
        )

    async def evaluate(self, expression: str, arg: Any = None) -> Any:
        """Of an expression, or of a function given `arg`; the result goes through JSON."""
        function = re.match(r"\s*(async\s*)?\([^()]*\)\s*=>", expression)
        called = f"({expression})" + (f"({json.dumps(arg)})" if function else "")
        answer = await self._order(
            "script.callFunction",
            functionDeclaration=f"async () => JSON.stringify((await {called}) ?? null)",
            awaitPromise=True,
            target={"context": self._context},
            userActivation=True,
        )
        assert answer["type"] == "success", answer
        return json.loads(answer["result"]["value"])

    async def until(self, expression: str, what: str, within_seconds: float = 60) -> None:
        """Wait until this holds."""
        try:
            await self._until(expression, within_seconds)
        except TimeoutError:
            shown = await self.evaluate("document.body.innerText")
            pytest.fail(f"not within {within_seconds} s: {what}; the page says: {shown}")

    async def _until(self, expression: str, within_seconds: float) -> None:
        async with asyncio.timeout(within_seconds):
            # Another process: it can only be asked again.
            while not await self.evaluate(expression):  # noqa: ASYNC110
                await asyncio.sleep(0.1)

    async def fill(self, name: str, text: str) -> None:
        """The field of this name."""
        await self.evaluate(
            """([name, text]) => {
                const field = document.querySelector(`[name=${name}]`);
                field.focus();
                field.value = text;
                field.dispatchEvent(new InputEvent("input", {bubbles: true}));
            }""",
            [name, text],
        )

    async def press(self, label: str) -> None:
        """The button with these words, once there is one that can be pressed."""
        find = (
            "[...document.querySelectorAll('button:enabled')].find((one) => one.checkVisibility()"
            f" && [one.textContent.trim(), one.ariaLabel].includes({json.dumps(label)}))"
        )
        await self.until(f"{find} !== undefined", f"a button {label}")
        await self.evaluate(f"{find}.click()")

    async def _order(self, method: str, **parameters: Any) -> Any:
        self._number += 1
        number = self._number
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        async with asyncio.timeout(ANSWER_SECONDS):
            while True:
                said = await self._socket.receive_json()
                if said.get("id") == number:
                    assert said["type"] == "success", said
                    return said["result"]


@asynccontextmanager
async def firefox_page(folder: Path) -> AsyncIterator[FirefoxPage]:
    """A Firefox of its own without a window."""
    program = shutil.which("firefox-esr")
    if program is None:
        missing = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        missing("firefox-esr is not installed (Debian: firefox-esr)")
    profile = folder / "firefox"
    profile.mkdir()
    (profile / "user.js").write_text(
        "".join(f"user_pref({json.dumps(k)}, {json.dumps(v)});\n" for k, v in _PREFERENCES.items())
    )
    log = folder / "firefox.log"
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            str(program), "--headless", "--no-remote", "--profile", str(profile),
            "--remote-debugging-port", "0",
            stdout=output, stderr=output, env={**os.environ, "HOME": str(profile)},
        )  # fmt: skip
    try:
        url = await _listening(process, log)
        async with aiohttp.ClientSession() as http, http.ws_connect(url, max_msg_size=0) as socket:
            page = FirefoxPage(socket)
            await page.begin()
            yield page
    finally:
        process.terminate()
        with suppress(TimeoutError):
            async with asyncio.timeout(10):
                await process.wait()
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _listening(process: asyncio.subprocess.Process, log: Path) -> str:
    async with asyncio.timeout(START_SECONDS):
        while True:
            said = log.read_text(errors="replace")
            if found := re.search(r"WebDriver BiDi listening on (ws://\S+)", said):
                return f"{found[1]}/session"
            assert process.returncode is None, said
            await asyncio.sleep(0.1)
