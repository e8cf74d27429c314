"""What no page may do while a test looks on: violate the CSP, fail, or talk to another host.

It knows nothing of the product but the origin it is served from.
"""

import re

from playwright.async_api import BrowserContext, ConsoleMessage, Page, Request, WebError, WebSocket

_LOCAL_SCHEMES = ("data:", "blob:")


# The board's code is fetched ahead; that may meet a line that a test cuts.
CUT_OFF = "Failed to fetch dynamically imported module|ERR_INTERNET_DISCONNECTED"


class Guard:
    """Collects the offences of one browser context; `check` fails if there are any."""

    def __init__(self, context: BrowserContext, origin: str) -> None:
        self._origin = origin
        self._socket_origin = "ws" + origin.removeprefix("http")
        self._allowed: list[re.Pattern[str]] = []
        self.offences: list[str] = []
        self.urls: list[str] = []  # everything that was requested, for those who search it
        context.on("request", self._on_request)
        context.on("console", self._on_console)
        context.on("weberror", self._on_error)
        context.on("page", self._on_page)

    def allow(self, pattern: str) -> None:
        """Accept errors that match: Chromium reports every refused request as one."""
        self._allowed.append(re.compile(pattern))

    def check(self) -> None:
        assert not self.offences, "\n".join(self.offences)

    def _on_request(self, request: Request) -> None:
        self._on_url(request.url)

    def _on_page(self, page: Page) -> None:
        page.on("websocket", self._on_socket)

    def _on_socket(self, socket: WebSocket) -> None:
        self._on_url(socket.url)

    def _on_url(self, url: str) -> None:
        self.urls.append(url)
        own = (f"{self._origin}/", f"{self._socket_origin}/", *_LOCAL_SCHEMES)
        if not url.startswith(own):
            self.offences.append(f"request to {url}")

    def _on_error(self, error: WebError) -> None:
        text = str(error.error)
        if not any(pattern.search(text) for pattern in self._allowed):
            self.offences.append(f"page error: {text}")

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not any(p.search(message.text) for p in self._allowed):
            self.offences.append(f"console: {message.text}")
