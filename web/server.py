"""The life of the process: listen, serve, and leave in order when told to."""

import asyncio
import logging
import signal
from collections.abc import Callable, Mapping
from typing import Any, Final

from aiohttp import web as aioweb
from aiohttp.abc import AbstractAccessLogger

from web import erasures, exports, log, provider, staff, suppressed
from web.app import make_app
from web.clients import address_of
from web.guard import route_name
from web.parts import PARTS, Parts
from web.settings import Settings
from web.staff import Taker, taking_orders

_MAX_LINE: Final = 4_096  # bytes of the request line; a path is far shorter
_MAX_FIELD: Final = 8_190
_PATIENCE_SECONDS: Final = 20
TOO_MANY: Final = 429
_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)
_logger: Final = logging.getLogger("web.server")


class AccessLog(AbstractAccessLogger):
    """Writes the line after the answer is out, when its size is known."""

    @property
    def enabled(self) -> bool:
        return True

    def log(
        self, request: aioweb.BaseRequest, response: aioweb.StreamResponse, time: float
    ) -> None:
        if not isinstance(request, aioweb.Request) or request._match_info is None:
            return  # not even HTTP: it has no route, and the library's own line says why
        parts = request.app[PARTS]
        route = route_name(request)
        parts.tally.answered(route, response.status)
        if response.status == TOO_MANY:
            return  # counted, and not written: whoever knocks too often shall not fill the disk
        log.access(
            request,
            address_of(request, parts.settings.trusted_proxies),
            route=route,
            status=response.status,
            sent_bytes=response.body_length if response.prepared else 0,
            took_seconds=time,
        )


def server_options() -> dict[str, Any]:
    return {
        "access_log_class": AccessLog,
        "access_log": logging.getLogger("aiohttp.access"),
        "max_line_size": _MAX_LINE,
        "max_field_size": _MAX_FIELD,
        # Also how long a header may take to arrive, byte by byte (B-035).
        "keepalive_timeout": _PATIENCE_SECONDS,
        "auto_decompress": False,  # no body of ours is packed; see bodies.py
        "shutdown_timeout": 5,
    }


async def serve(settings: Settings, ready: Callable[[], None] | None = None) -> None:
    """Serve until SIGTERM or SIGINT; `ready` is called once connections are taken."""
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(_unnoticed)
    stop = asyncio.Event()
    for number in _SIGNALS:
        loop.add_signal_handler(number, stop.set)
    app = make_app(settings)
    runner = aioweb.AppRunner(app, **server_options())
    try:
        await runner.setup()
        host, port = settings.host_and_port
        await aioweb.TCPSite(runner, host, port).start()
        parts = app[PARTS]
        async with taking_orders(settings, takers(parts)):
            if ready is not None:
                ready()
            await stop.wait()
            await _leave(parts)
    finally:
        await runner.cleanup()
        signal.setitimer(signal.ITIMER_REAL, 0)


def takers(parts: Parts) -> Mapping[str, Taker]:
    """Who takes which orders from the command line."""
    return {
        staff.ACCOUNTS: staff.taker(parts.accounts, parts.passwords, parts.audit, parts.shut_out),
        exports.PATH: exports.taker(parts.exit, parts.vault, parts.files),
        erasures.PATH: erasures.taker(
            erasures.Eraser(parts.erasure, parts.audit, parts.holds, parts.retention)
        ),
        provider.PATH: provider.taker(parts.casework.exports, parts.exit),
        suppressed.PATH: suppressed.taker(parts.suppression, parts.exit),
    }


async def _leave(parts: Parts) -> None:
    """Not ready any more, and nobody new; then everybody moves. The rest is for `cleanup`.

    A second signal, or the end of the grace, ends the process as it is: what was acknowledged is
    durable, and what was not is sent again.
    """
    for number in _SIGNALS:
        asyncio.get_running_loop().remove_signal_handler(number)
    # Not a task of the loop: it must also end a process whose loop does not turn.
    signal.setitimer(signal.ITIMER_REAL, parts.settings.grace_seconds)
    _logger.info("leaving, within %g seconds", parts.settings.grace_seconds)
    parts.draining.set()
    await asyncio.sleep(parts.settings.drain_seconds)
    await parts.sockets.drain(parts.settings.move_seconds)


def _unnoticed(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """The loop's own report would quote the exception, which may quote input."""
    error = context.get("exception")
    _logger.error("an exception that nobody awaited", exc_info=error)
