"""The archive of notices: every version that ever held, word by word, and what changed; and the
company's own texts as they are now.

Public, without script and without a trace: it shows texts that everybody was shown.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Final, NamedTuple

from aiohttp import web as aioweb

from sessions.events import Refused
from sessions.notices import EDITION, Term, Version, versions_in
from web.differences import Block, blocks, changes, differences
from web.dossier import moment
from web.moments import at_minute
from web.notices import HOUSE, NAMES, TERMS
from web.routes import Ask, Route, Shape, Who


class Held(NamedTuple):
    """A version and the time it held; still, if `until` is None. `before` held before it."""

    name: str
    language: str
    version: Version
    since: datetime
    until: datetime | None
    before: Version | None


def held(terms: Sequence[Term]) -> list[Held]:
    """When each version held. Of each notice the newest first, as in `terms`."""
    found: list[Held] = []
    for place, one in enumerate(terms):
        after, before = terms[place - 1] if place else None, next(iter(terms[place + 1 :]), None)
        ended = after.from_ms if after is not None and _same_notice(one, after) else None
        found.append(
            Held(
                one.name, one.language, one.version, moment(one.from_ms),
                None if ended is None else moment(ended),
                before.version if before is not None and _same_notice(one, before) else None,
            )
        )  # fmt: skip
    return found


def _same_notice(one: Term, other: Term) -> bool:
    return (one.name, one.language) == (other.name, other.language)


async def list_versions(ask: Ask) -> aioweb.Response:
    language = ask.texts.language
    every = [one for one in held(await ask.parts.notices.terms()) if one.language == language]
    groups = [
        {"name": name, "terms": [one for one in every if one.name == name]}
        for name in ("privacy", HOUSE, TERMS, *NAMES[1:], EDITION)
    ]
    return ask.parts.screens.show(
        "notices", ask.texts, path=ask.path, groups=[one for one in groups if one["terms"]],
        at=lambda time: at_minute(time, language),
    )  # fmt: skip


async def show_house(ask: Ask) -> aioweb.Response:
    return _show_now(ask, HOUSE)


async def show_terms(ask: Ask) -> aioweb.Response:
    return _show_now(ask, TERMS)


def _show_now(ask: Ask, name: str) -> aioweb.Response:
    """The company's own text that is in force, with headings to find one's way by."""
    found = {one.name: one for one in ask.parts.editions[ask.texts.language].notices}
    if name not in found:
        raise Refused("not.found")
    return ask.parts.screens.show(
        "wording", ask.texts, path=ask.path, name=name, wording=blocks(found[name].text),
        version=found[name].version,
    )  # fmt: skip


async def show_version(ask: Ask) -> aioweb.Response:
    """One version: when it held, its words, and what changed against the one before."""
    version, language = ask.request.match_info["version"], ask.texts.language
    found = [one for one in held(await ask.parts.notices.terms()) if one.version == version]
    if not found:
        raise Refused("not.found")
    newest = found[0]
    texts = await ask.parts.notices.texts([version, newest.before or ""])
    old, edition = texts.get(newest.before or ""), newest.name == EDITION
    return ask.parts.screens.show(
        "notice", ask.texts, path=ask.path, name=newest.name, version=version, terms=found,
        language="" if edition else newest.language, wording=blocks(texts[version]),
        before=newest.before,
        changes=_changes(old, texts[version]) if old and not edition else (),
        lists=versions_in(texts[version]) if edition else {},
        at=lambda time: at_minute(time, language),
    )  # fmt: skip


@lru_cache(maxsize=64)
def _changes(old: str, new: str) -> Sequence[Block | None]:
    """Neither text ever changes, and comparing them takes as long as many other answers."""
    return changes(differences(old, new))


ROUTES: Final = (
    Route("GET", "/privacy/house", show_house, Who.ALL, Shape.PAGE, "The company's own statement"),
    Route("GET", "/terms", show_terms, Who.ALL, Shape.PAGE, "The company's terms of use"),
    Route(
        "GET", "/privacy/versions", list_versions, Who.ALL, Shape.PAGE,
        "All versions of all notices",
    ),
    Route(
        "GET", "/privacy/versions/{version}", show_version, Who.ALL, Shape.PAGE,
        "One version of a notice, word by word",
    ),
)  # fmt: skip
