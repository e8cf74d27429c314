"""What is written down: one JSON line per happening, without content, names or whole addresses.

The access log has the six personal fields that the privacy statement names, and beside them only
what says nothing about a person. Tracebacks keep places and lose messages: messages quote input.
"""

import logging
import re
import sys
from collections.abc import MutableMapping
from pathlib import Path
from traceback import walk_tb
from typing import Any, Final, TextIO
from urllib.parse import urlsplit

import orjson
import structlog
from aiohttp import web as aioweb

from web.clients import Address, masked

SIX: Final = ("time", "address", "browser", "system", "referrer", "bytes")
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PATCH", "DELETE", "OPTIONS"})
IMPERSONAL: Final = ("level", "event", "method", "route", "status", "took_ms")

_BROWSERS: Final = ("Edg/", "OPR/", "Firefox/", "Chrome/", "Version/")
_NAMES: Final = {"Edg/": "Edge", "OPR/": "Opera", "Version/": "Safari"}
_SYSTEMS: Final = ("Windows", "Android", "iPhone", "iPad", "Mac OS", "Linux")
_MAX_HEADER: Final = 300
_DIGITS: Final = re.compile(r"\d{1,4}")
Event = MutableMapping[str, Any]
_access: Final = structlog.get_logger("access")


def configure(stream: TextIO | None = None, level: int = logging.INFO) -> None:
    """Send everything, ours and the libraries', through one formatter to one stream."""
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        places_only,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=False,
    )
    out = logging.StreamHandler(stream or sys.stderr)
    out.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_quiet_libraries, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _render],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [out]
    root.setLevel(level)
    for chatty in ("engineio", "socketio", "aiohttp.access", "asyncio"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def access(
    request: aioweb.Request,
    address: Address | None,
    *,
    route: str,
    status: int,
    sent_bytes: int,
    took_seconds: float,
) -> None:
    """One line of the access log. `route` is the pattern, so that no session id is written."""
    agent = request.headers.get("User-Agent", "")[:_MAX_HEADER]
    _access.info(
        "request",
        address=masked(address),
        browser=browser_of(agent),
        system=next((one for one in _SYSTEMS if one in agent), "-"),
        referrer=origin_of(request.headers.get("Referer", "")[:_MAX_HEADER]),
        bytes=sent_bytes,
        method=request.method if request.method in _METHODS else "other",
        route=route,
        status=status,
        took_ms=round(took_seconds * 1000),
    )


def browser_of(agent: str) -> str:
    """Family and major version; plain searching, so that no agent can make it slow."""
    for mark in _BROWSERS:
        at = agent.find(mark)
        if at >= 0:
            major = _DIGITS.match(agent, at + len(mark))
            return f"{_NAMES.get(mark, mark[:-1])} {major.group() if major else '?'}"
    return "-"


def origin_of(referrer: str) -> str:
    """Scheme and host of the page before; its path and query are nobody's business."""
    try:
        parts = urlsplit(referrer)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "-"
    if parts.scheme not in ("http", "https") or not re.fullmatch(r"[a-z0-9.-]{1,80}", host):
        return "-"
    return f"{parts.scheme}://{host}{f':{port}' if port else ''}"


def places_only(_logger: Any, _method: str, event: Event) -> Event:
    """Turn an exception into its type and the places it went through."""
    given = event.pop("exc_info", None)
    if not given:
        return event
    error = (
        given
        if isinstance(given, BaseException)
        else (given[1] if isinstance(given, tuple) else sys.exc_info()[1])
    )
    if error is not None:
        event["error"] = type(error).__qualname__
        event["places"] = [
            f"{Path(frame.f_code.co_filename).name}:{line} {frame.f_code.co_name}"
            for frame, line in walk_tb(error.__traceback__)
        ]
    return event


def _quiet_libraries(_logger: Any, _method: str, event: Event) -> Event:
    """A library's message may quote what came over the wire: keep its template, not its values."""
    record: logging.LogRecord | None = event.get("_record")
    if record is not None:
        event["event"] = f"{record.name}: {str(record.msg)[:200]}"
        event.pop("positional_args", None)
    return event


def _render(_logger: Any, _method: str, event: Event) -> str:
    return orjson.dumps(event, default=lambda one: type(one).__name__).decode()
