"""Examinations of how browsers come in: the public address, its certificate, proxies, TURN.

They ask as a browser would. None changes anything.
"""

import asyncio
import ipaddress
import ssl
import time
from collections.abc import AsyncIterator
from typing import Final
from urllib.parse import urlsplit

import aiohttp

from media.ice import credential
from media.turn import TurnAddress, TurnRefused, allocate
from web.findings import Finding, error, fine, warning
from web.settings import Settings

EXPIRES_DAYS: Final = 14
_PATIENCE_SECONDS: Final = 5
_DAY_SECONDS: Final = 86_400
_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")
_HEADERS: Final = ("Strict-Transport-Security", "Content-Security-Policy")
# Inside addresses at which nothing may be sent by way of TURN: this host, its neighbours, and
# where clouds keep what they tell their machines.
INSIDE: Final = ("127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.0.1", "169.254.169.254")


async def public_address(settings: Settings) -> AsyncIterator[Finding]:
    url = settings.public_url
    if not url:
        yield warning("public.missing")
        return
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
        yield error("public.plain", url=url)
    try:
        headers = await _headers_of(url)
    except ssl.SSLError as reason:
        yield error("public.untrusted", url=url, reason=_said(reason))
        return
    except (aiohttp.ClientError, OSError, TimeoutError) as reason:
        yield error("public.unreachable", url=url, reason=_said(reason))
        return
    lacking = [name for name in _HEADERS if name not in headers]
    if parts.scheme != "https":
        lacking = [name for name in lacking if name != "Strict-Transport-Security"]
    if lacking:
        yield error("public.headers", url=url, lacking=", ".join(lacking))
    else:
        yield fine("public.fine", url=url)
    if parts.scheme == "https":
        yield await _certificate(str(parts.hostname), parts.port or 443)


async def proxies(settings: Settings) -> AsyncIterator[Finding]:
    """TLS is ended by somebody before us; whom we do not trust, we take for every client."""
    trusted = settings.trusted_proxies
    if any(not network.prefixlen for network in trusted):
        yield error("proxies.everybody")
    elif settings.secure and not trusted:
        yield warning("proxies.missing")
    else:
        yield fine("proxies.fine", count=len(trusted))


async def turn(settings: Settings) -> AsyncIterator[Finding]:
    addresses = [url for url in settings.turn_urls if url.startswith("turn")]
    if not addresses or settings.turn_secret is None:
        yield warning("turn.missing")
        return
    username = f"{int(time.time()) + 60}:doctor"
    password = credential(username, settings.turn_secret.get_secret_value())
    for url in addresses:
        yield await _turn_at(url, username, password)
        if url.startswith("turns:"):
            address = TurnAddress.of(url)
            yield await _certificate(address.host, address.port)


async def _turn_at(url: str, username: str, password: str) -> Finding:
    try:
        found = await allocate(TurnAddress.of(url), username, password, knock_at=INSIDE)
    except TurnRefused as refused:
        return error("turn.refused", url=url, reason=refused.code)
    except (OSError, TimeoutError, EOFError, ValueError) as reason:
        return error("turn.unreachable", url=url, reason=_said(reason))
    if found.open_to:
        return error("turn.open_inside", url=url, where=", ".join(found.open_to))
    if not ipaddress.ip_address(found.relayed).is_global:
        return warning("turn.relays_inside", url=url, where=found.relayed)
    return fine("turn.fine", url=url)


async def _certificate(host: str, port: int) -> Finding:
    where = f"{host}:{port}"
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            _, writer = await asyncio.open_connection(host, port, ssl=ssl.create_default_context())
    except (OSError, TimeoutError) as reason:
        return error("certificate.invalid", where=where, reason=_said(reason))
    shown = writer.get_extra_info("peercert")
    writer.close()
    days = round((ssl.cert_time_to_seconds(shown["notAfter"]) - time.time()) / _DAY_SECONDS)
    if days < EXPIRES_DAYS:
        return warning("certificate.expires", where=where, days=days)
    return fine("certificate.fine", where=where, days=days)


async def _headers_of(url: str) -> set[str]:
    # The default context, so that an operator's own authority counts where it is installed.
    connector = aiohttp.TCPConnector(ssl=ssl.create_default_context())
    timeout = aiohttp.ClientTimeout(total=_PATIENCE_SECONDS)
    async with (
        aiohttp.ClientSession(connector=connector, timeout=timeout) as http,
        http.get(url, allow_redirects=False) as answer,
    ):
        if answer.status != 200:
            raise OSError(f"HTTP {answer.status}")
        return {name.title() for name in answer.headers}


def _said(reason: BaseException) -> str:
    reason = getattr(reason, "certificate_error", reason)  # aiohttp wraps it
    if message := getattr(reason, "verify_message", ""):
        return str(message)
    if isinstance(reason, TimeoutError):
        return "timeout"
    return getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
