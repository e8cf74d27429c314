"""`visavis doctor` on agencies: advisors whose agency the brand file does not name any more.

Where nobody is of an agency there is nothing to say.
"""

import asyncio
from collections.abc import AsyncIterator

from sessions.condition import agencies_in_use
from web.brand import load_brand
from web.findings import Finding, fine, warning
from web.settings import Settings


async def agencies(settings: Settings) -> AsyncIterator[Finding]:
    brand = load_brand(settings.brand_file)
    try:
        used = await asyncio.to_thread(agencies_in_use, settings.database)
    except (ConnectionError, ValueError, OSError):
        return  # the examination of the databases says so
    gone = sorted(code for code in used if brand.agency(code) is None)
    for code in gone:
        yield warning("agencies.gone", agency=code)
    if used and not gone:
        yield fine("agencies.fine", count=len(used))
