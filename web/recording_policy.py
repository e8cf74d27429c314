"""`visavis doctor` on recording: allowed by an assessment that still holds, and possible.

Where the brand allows none there is nothing to say.
"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Final

from media.recorder import installed
from sessions.clock import wall_clock_ms
from web.brand import load_brand
from web.findings import Finding, error, fine, warning
from web.settings import Settings

_SOON: Final = timedelta(days=30)


async def recording(settings: Settings) -> AsyncIterator[Finding]:
    policy = load_brand(settings.brand_file).recording
    if policy is None:
        return
    today = datetime.fromtimestamp(wall_clock_ms() / 1_000, UTC).date()
    facts = {"assessment": policy.assessment, "day": policy.review.isoformat()}
    if not policy.holds_on(today):
        early = today < policy.approved
        yield error("recording.unapproved" if early else "recording.overdue", **facts)
    elif today + _SOON > policy.review:
        yield warning("recording.soon", **facts)
    else:
        yield fine("recording.fine", **facts)
    if not installed():
        yield error("recording.missing")
