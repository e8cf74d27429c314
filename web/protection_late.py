"""What the data-protection officer is late with, as numbers: for an alarm beyond the desk."""

from sessions.counted import day_of
from web.parts import Parts


async def late(parts: Parts) -> dict[str, int]:
    """Requests and recipients past their day, breaches past their 72 hours, holds past review."""
    now_ms = parts.now_ms()
    letters = await parts.casework.letters.open_letters()
    requests = await parts.requests.open_requests()
    breaches = await parts.casework.breaches.known()
    holds = await parts.holds.list()
    recipients = await parts.casework.recipients.waiting()
    today = day_of(now_ms)
    return {
        "requests": sum(one.due_on < today for one in letters)
        + sum(day_of(one.due_ms) < today for one in requests),
        "recipients": sum(one.days(today) < 0 for one in recipients),
        "breaches": sum(one.state == "open" and one.due_ms < now_ms for one in breaches),
        "reviews": sum(one.review_ms < now_ms for one in holds),
    }
