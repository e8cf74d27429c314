"""`visavis doctor` on the register: unknown machines, late reviews, void or missing clauses.

A deployment that leads to an unknown machine is an error, so that none goes live by mistake.
"""

from collections.abc import AsyncIterator

from sessions.clock import wall_clock_ms
from sessions.counted import day_of
from web.brand import load_brand
from web.endpoints import Whose, endpoints
from web.findings import Finding, error, fine, warning
from web.settings import Settings


async def register(settings: Settings) -> AsyncIterator[Finding]:
    brand, today = load_brand(settings.brand_file), day_of(wall_clock_ms())
    hosts = {one.host for one in endpoints(settings, brand) if one.whose is Whose.UNKNOWN}
    for host in sorted(hosts):
        yield error("register.unknown", host=host)
    if not hosts:
        yield fine("register.fine")
    for one in brand.processors:
        if one.overdue(today):
            yield warning("register.overdue", name=one.name, day=one.next_review.isoformat())
        if one.clauses is not None and one.void:
            yield warning("register.void", name=one.name, version=one.clauses.version)
        if one.unfiled:
            yield warning("register.unfiled", name=one.name)
