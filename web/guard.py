"""The door of every route: who comes in, with what, and which headers everything leaves with.

One of the two places where errors are caught (the other is the socket adapter).
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import structlog
from aiohttp import web as aioweb
from pydantic import BaseModel

from sessions.events import Refused, Unknown
from web.accounts import SignedIn
from web.bodies import read_form, read_json
from web.clients import address_of, bucket_of
from web.parts import PARTS, Parts
from web.refusals import as_json, fault_of, from_http
from web.routes import Ask, Route, Shape, Who, see_other
from web.settings import Settings
from web.texts import Texts, choose_language

_BEGUN: Final = aioweb.RequestKey("begun", aioweb.StreamResponse)
Handler = Callable[[aioweb.Request], Awaitable[aioweb.StreamResponse]]
_log: Final = structlog.get_logger("guard")
# What a crowd does before it has seats. So many at once, so that between two of them the loop turns
# for those who talk; they wait for milliseconds.
OF_STRANGERS: Final = frozenset({"page", "call", "challenge"})
STRANGERS_AT_ONCE: Final = 3
_HOMES: Final = ("/console", "/ops", "/privacy-desk", "/admin")
_OWN_PASSWORD: Final = "/password"
_MAX_TARGET: Final = 2_048  # characters of path and query


def security_headers(settings: Settings) -> dict[str, str]:
    """What every answer carries. Nothing inline, nothing from or to a foreign host."""
    policy = "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "font-src 'self'",
            "img-src 'self' data: blob:",
            "media-src 'self' blob:",
            # Older browsers do not let 'self' cover sockets: our own are named.
            f"connect-src 'self' {' '.join(settings.socket_origins)}",
            "worker-src 'self'",
            "manifest-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
            "object-src 'none'",
        )
    )
    headers = {
        "Content-Security-Policy": policy,
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": (
            "camera=(self), microphone=(self), display-capture=(self), geolocation=(), usb=(), "
            "payment=(), serial=(), hid=(), midi=()"
        ),
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }
    if settings.secure:
        headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    return headers


@aioweb.middleware
async def guard(request: aioweb.Request, handler: Handler) -> aioweb.StreamResponse:
    """Catch what goes wrong, and put the headers on whatever leaves."""
    parts = request.app[PARTS]
    try:
        if len(request.raw_path) > _MAX_TARGET:
            raise Refused("request.invalid")
        response = await handler(request)
    except aioweb.HTTPSeeOther as redirection:
        response = see_other(str(redirection.location))
    except aioweb.HTTPException as error:
        response = refusal(request, from_http(error))
        if (allowed := error.headers.get("Allow")) is not None:
            response.headers["Allow"] = allowed  # RFC 9110, 15.5.6
    except Refused as refused:
        response = refusal(request, refused)
    except Unknown:
        response = refusal(request, Refused("retry"))
    except Exception as error:
        if _BEGUN not in request or not isinstance(error, ConnectionError):  # nobody listens then
            _log.exception("bug", route=route_name(request))
        response = refusal(request, Refused("bug"))
    begun: aioweb.StreamResponse = request.get(_BEGUN, response)
    if begun is not response:
        # Too late for another status: without its end what was sent counts as nothing.
        if request.transport is not None:
            request.transport.abort()
        return begun
    if not response.prepared:
        dress(response, parts)
    return response


async def note_begun(request: aioweb.Request, response: aioweb.StreamResponse) -> None:
    """From now on this request has its answer, and can be given no other."""
    request[_BEGUN] = response


def dress(response: aioweb.StreamResponse, parts: Parts) -> None:
    """What every answer has on when it leaves; whoever sends one bit by bit does it first."""
    policy = response.headers.get("Content-Security-Policy")
    response.headers.update(parts.headers)
    if policy is not None:  # a narrower one of its own: web/assets.py
        response.headers["Content-Security-Policy"] = policy
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers["Server"] = "visavis"  # else the library names itself and its version


def refusal(request: aioweb.Request, refused: Refused) -> aioweb.StreamResponse:
    """JSON for programs, a page with a way back for people."""
    parts = request.app[PARTS]
    parts.tally.refused(refused.code)
    texts = texts_for(request)
    status, fault = fault_of(refused, texts)
    if request.path.startswith(("/api/", "/socket.io/")):
        response = as_json(status, fault)
    else:
        response = parts.screens.show(
            "error", texts, status=status, fault=fault, home=_home_of(request.path)
        )
    if fault.retry_s is not None:
        response.headers["Retry-After"] = str(fault.retry_s)
    if status == 416:
        response.headers["Content-Range"] = f"bytes */{refused.facts['size']}"  # RFC 9110, 15.5.17
    return response


def door(route: Route) -> Handler:
    """The handler of a row: admit, then run."""

    async def handle(request: aioweb.Request) -> aioweb.StreamResponse:
        ask = await admit(request, route)
        if ask.who is not None or route.bucket not in OF_STRANGERS:
            return await route.run(ask)
        async with ask.parts.strangers:
            return await route.run(ask)

    return handle


async def admit(request: aioweb.Request, route: Route) -> Ask:
    """Let a request in, or raise Refused (or a redirection to the sign-in, for pages)."""
    parts = request.app[PARTS]
    client = bucket_of(address_of(request, parts.settings.trusted_proxies))
    who = await parts.sign_ins.who(request)
    if route.shape is not Shape.PLAIN:
        # A whole office of advisors sits behind one address: each has a bucket of their own.
        parts.buckets.take(route.bucket, who.account.id if who else client)
    if route.unsafe:
        check_origin(request, parts.settings, form=route.shape is Shape.FORM)
    _check_query(request, route)
    if not route.who.admits(who.account.role if who else None):
        _turn_away(request, route, who)
    if who is not None and who.account.one_time and route.who not in (Who.ALL, Who.SIGNED_IN):
        _expect_own_password(route)
    ask = Ask(request, route, parts, texts_for(request), who, client)
    return await _with_body(ask)


def check_origin(request: aioweb.Request, settings: Settings, *, form: bool = False) -> None:
    """Refuse what a foreign page sent (B-028).

    Under our `no-referrer` a browser sends `Origin: null` with a form of our own page
    (Fetch, 3.2): there, and only there, its word that page and target are one site counts.
    """
    origin = request.headers.get("Origin")
    if origin in settings.allowed_origins:
        return
    if form and origin == "null" and request.headers.get("Sec-Fetch-Site") == "same-origin":
        return
    raise Refused("origin.wrong")


def check_csrf(ask: Ask) -> None:
    """Second layer: the token that only our own signed-in pages know."""
    given = (
        (ask.form or {}).get("csrf", "")
        if ask.route.shape is Shape.FORM
        else ask.request.headers.get("X-CSRF-Token", "")
    )
    if ask.who is None or not ask.who.csrf_is(given):
        raise Refused("csrf.wrong")


def texts_for(request: aioweb.Request) -> Texts:
    parts = request.app[PARTS]
    language = choose_language(
        request.query.get("lang"), request.headers.get("Accept-Language", "")
    )
    return parts.texts[language]


def route_name(request: aioweb.Request) -> str:
    """The pattern that matched, never the path: paths carry session ids."""
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "none"


async def _with_body(ask: Ask) -> Ask:
    route, request = ask.route, ask.request
    body: BaseModel | None = None
    form: Mapping[str, str] | None = None
    if route.unsafe and route.shape is Shape.FORM:
        names = frozenset(route.takes.model_fields) if route.takes else frozenset()
        form = await read_form(request, names | {"csrf"})
    elif route.unsafe and route.takes is not None:
        body = await read_json(request, route.takes)
    full = Ask(request, route, ask.parts, ask.texts, ask.who, ask.client, body, form)
    if route.unsafe and route.who not in (Who.ALL, Who.SEAT, Who.PROSPECT):
        check_csrf(full)
    return full


def _check_query(request: aioweb.Request, route: Route) -> None:
    """Extra or doubled parameters change nothing here because they do not come in (AT-05)."""
    if route.shape is Shape.PLAIN:
        return
    names = [name for name, _ in request.query.items()]
    if len(names) != len(set(names)):
        raise Refused("request.invalid")
    if route.shape is Shape.API and set(names) - {"lang"}:
        raise Refused("unknown_field")


def _turn_away(request: aioweb.Request, route: Route, who: SignedIn | None) -> None:
    if who is not None:
        raise Refused("role.wrong")
    if route.shape is Shape.PAGE:
        raise aioweb.HTTPSeeOther(f"/login?next={request.path}")
    raise Refused("signin.needed")


def _expect_own_password(route: Route) -> None:
    """With a password that somebody else knows one sets another, and nothing else."""
    if route.shape is Shape.PAGE:
        raise aioweb.HTTPSeeOther(_OWN_PASSWORD)
    raise Refused("password.first")


def _home_of(path: str) -> str:
    return next((home for home in _HOMES if path.startswith(home)), "/")
