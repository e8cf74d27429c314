"""What the people an advisor talked with set right afterwards, and what they object to.

Names are opened for this through the audited door; a session that is restricted stays shut.
"""

from collections.abc import Mapping
from typing import Final

from aiohttp import web as aioweb

from sessions.envelope import Unreadable
from sessions.events import Refused, SessionId, is_id
from sessions.keys import Shredded
from sessions.ways import CORRECTIONS
from web.copies import corrected
from web.dossier import moment
from web.moments import at_minute, on_day
from web.routes import Ask, Route, Shape, Who

News = tuple[Mapping[SessionId, int], Mapping[SessionId, list[str]]]


async def show_corrections(ask: Ask) -> aioweb.Response:
    """Of one's own talk only; who else asks hears that there is none."""
    parts, texts, account = ask.parts, ask.texts, ask.signed_in.account
    session = SessionId(ask.request.match_info["session"])
    view = await parts.lifecycle.view_for(session, account.agency) if is_id(session) else None
    if view is None or view.advisor_account != account.id:
        raise Refused("not.found")
    await parts.holds.expect_usable(session)
    await parts.exit.leave(
        CORRECTIONS, actor=account.id, ground=account.id, of=session, about=session
    )
    try:
        details = await parts.corrections.details(session)
        made = await parts.corrections.of(session)
    except (LookupError, Shredded):
        raise Refused("not.found") from None
    except Unreadable:
        raise Refused("receipt.unreadable") from None
    standing = [one for one in await parts.requests.of(session) if one.stands]
    topics = {one["code"]: one["name"] for one in parts.brand.topics_in(texts.language)}
    return parts.screens.show(
        "corrections", texts, path=ask.path, session=session,
        name=details.name.full, topic=topics.get(details.topic, details.topic),
        corrections=[corrected(one, topics) for one in made], standing=standing,
        began=on_day(moment(view.created_ms), texts.language),
        at=lambda time: at_minute(time, texts.language),
        day_ms=lambda at_ms: on_day(moment(at_ms), texts.language),
    )  # fmt: skip


async def news_of(ask: Ask, sessions: list[SessionId]) -> News:
    """Of each how many corrections there are, and against which purposes an objection stands."""
    if not sessions:
        return {}, {}
    return (
        await ask.parts.corrections.counts(sessions),
        await ask.parts.requests.standing(sessions),
    )


ROUTES: Final = (
    Route(
        "GET", "/console/session/{session}/corrections", show_corrections, Who.ADVISOR, Shape.PAGE,
        "What was set right after a talk, and what is objected to",
    ),
)  # fmt: skip
