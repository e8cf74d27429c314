"""The archive of notices: each text once, under its hash, and since when it holds."""

import asyncio

from sessions.database import Database
from sessions.lifecycle import Lifecycle, Name
from sessions.notices import Notice, Notices, edition_of, version_of
from tests.unit.sessions.conftest import Now

OLD = Notice("privacy", "de", "# Alt\n\nWir behalten nichts.")
NEW = Notice("privacy", "de", "# Neu\n\nWir behalten wenig.")
OTHER = Notice("privacy", "en", "We keep nothing.")


async def test_what_held_before_can_be_read_word_by_word(database: Database, now: Now) -> None:
    """OB-50: once in force, never changed and never gone; with the time it began to hold."""
    notices = Notices(database, now_ms=now)
    began = now.ms
    assert await notices.put_in_force([OLD, OTHER]) == 2
    assert await notices.put_in_force([OLD, OTHER]) == 0
    now.ms += 1_000
    assert await notices.put_in_force([NEW, OTHER]) == 1
    now.ms += 1_000
    assert await notices.put_in_force([OLD, OTHER]) == 1  # back to the one before
    german = [one for one in await notices.terms() if one.language == "de"]
    assert [(one.version, one.from_ms - began) for one in german] == [
        (OLD.version, 2_000), (NEW.version, 1_000), (OLD.version, 0),
    ]  # fmt: skip
    kept = await notices.texts([OLD.version, NEW.version, "0" * 64])
    assert kept == {OLD.version: OLD.text, NEW.version: NEW.text}
    assert all(version_of(text) == version for version, text in kept.items())


async def test_nodes_that_begin_at_once_put_the_same_in_force_once(database: Database) -> None:
    await asyncio.gather(*(Notices(database).put_in_force([OLD, OTHER]) for _ in range(5)))
    assert len(await Notices(database).terms()) == 2


async def test_an_edition_is_known_by_what_it_lists(database: Database) -> None:
    """OB-03."""
    notices = Notices(database)
    edition = edition_of([OLD, OTHER], "de")
    await notices.put_in_force([OLD, OTHER, edition])
    assert await notices.edition(edition.version) == {"privacy": OLD.version}
    assert await notices.edition(OLD.version) is None  # a notice, no edition
    assert await notices.edition("f" * 64) is None


async def test_a_session_keeps_the_edition_it_began_with(
    database: Database, lifecycle: Lifecycle
) -> None:
    """OB-03."""
    started = await lifecycle.start(
        name=Name("Anna", "Beispiel"), topic=None, language="de", request=b"1", edition="a" * 64
    )
    view = await lifecycle.view(started.session)
    assert view is not None
    assert view.edition == "a" * 64
