"""A connection that lives and carries nothing: the page notices, and goes on over another one."""

import time

from playwright.async_api import WebSocketRoute

from tests.e2e.media import eventually
from tests.e2e.people import House
from tests.patience import allowed

PING, PONG = "2", "3"


class Wedge:
    """Stands between a page and the server; while closed it carries pings and pongs only."""

    def __init__(self) -> None:
        self.closed = False
        self.opened = 0

    def __call__(self, page: WebSocketRoute) -> None:
        self.opened += 1
        if self.opened > 1:
            self.closed = False  # it was this one connection that hung
        mine = self.opened
        server = page.connect_to_server()

        def carries(text: str | bytes) -> bool:
            return text in (PING, PONG) or not (self.closed and mine == 1)

        page.on_message(lambda text: server.send(text) if carries(text) else None)
        server.on_message(lambda text: page.send(text) if carries(text) else None)


async def test_a_wedged_connection_is_noticed(house: House) -> None:
    """F-36: within twenty seconds, by an event that is not answered; nothing said is lost."""
    prospect = await house.prospect()
    wedge = Wedge()
    await prospect.page.route_web_socket("**/socket.io/**", wedge)
    await prospect.call("Anna", "Beispiel")
    await prospect.message_field.fill("Hört mich jemand?")
    wedge.closed = True
    since = time.monotonic()

    async def connections() -> int:
        return wedge.opened

    await eventually(
        connections, lambda now: now == 2, within_seconds=60, what="another connection"
    )
    assert time.monotonic() - since <= allowed(20)
    await prospect.message_field.press("Enter")
    await prospect.sees_message("Hört mich jemand?")
    await prospect.reads("chat.sent")
