"""Where this installation leads: each service that is set, on which host, and whose that is.

A host that is neither of the house nor of a registered processor is what nobody has looked at.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from web.brand import Brand
from web.processing import SERVICES, Service
from web.settings import Settings

_AMAZON: Final = "amazonaws.com"


class Whose(StrEnum):
    """Whose machine it is."""

    HERE = "here"
    HOUSE = "house"
    PROCESSOR = "processor"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One service on one host; `host` is "" on this machine."""

    service: Service
    host: str
    whose: Whose
    processor: str = ""


def endpoints(settings: Settings, brand: Brand) -> list[Endpoint]:
    """Every service that is set, host by host."""
    found = []
    for service in SERVICES:
        for host in sorted(set(_hosts(service.code, settings))):
            whose, processor = _owner(host, settings, brand)
            found.append(Endpoint(service, host, whose, processor))
    return found


def _hosts(code: str, settings: Settings) -> Iterator[str]:
    match code:
        case "database":
            yield from _of_url(settings.database)
        case "keys":
            yield from _of_url(settings.key_store)
        case "bus":
            yield from _of_url(settings.redis_url or "")
        case "blobs" if settings.blobs_folder is None:
            access = settings.blobs_access
            yield from _of_url(access.endpoint or f"https://s3.{access.region or ''}.{_AMAZON}")
        case "blobs":
            yield ""
        case "scanner" if settings.clamd_socket is not None:
            yield ""  # a socket of this machine
        case "turn":
            for url in settings.turn_urls:
                yield _bare(url.partition(":")[2].partition("?")[0])


def _of_url(url: str) -> Iterator[str]:
    """The hosts of a URL, of which a cluster has several; "" for a file or a socket."""
    for place in urlsplit(url).netloc.rpartition("@")[2].split(","):
        yield _bare(place)


def _bare(place: str) -> str:
    """Without its port: `[::1]:5432`, `host:5432`, `host`."""
    if place.startswith("["):
        return place[1:].partition("]")[0].lower()
    return place.partition(":")[0].lower()


def _owner(host: str, settings: Settings, brand: Brand) -> tuple[Whose, str]:
    if not host or host == "localhost" or _is(host, "is_loopback"):
        return Whose.HERE, ""
    for one in brand.processors:  # before the house: a processor's machine may stand in our network
        if any(host == known or host.endswith(f".{known}") for known in one.hosts):
            return Whose.PROCESSOR, one.name
    own = {*brand.own_hosts, urlsplit(settings.public_url).hostname or ""} - {""}
    if any(host == known or host.endswith(f".{known}") for known in own):
        return Whose.HOUSE, ""
    if "." not in host.replace(":", ".") or _is(host, "is_private"):
        return Whose.HOUSE, ""
    return Whose.UNKNOWN, ""


def _is(host: str, trait: str) -> bool:
    try:
        return bool(getattr(ip_address(host), trait))
    except ValueError:
        return False
