"""From one house to another: the same of a session, under its own keys, whatever the database."""

from pathlib import Path

import pytest

from sessions.audit import Audit
from sessions.corrections import Corrections
from sessions.envelope import Unreadable, open_sealed
from sessions.events import Epoch, Refused, Seq, SessionId
from sessions.exit import Exit, Leave
from sessions.key_handover import KeyHandover
from sessions.keys import MasterKeys, Shredded
from sessions.migrations import migrate
from sessions.notices import Notice, Notices
from sessions.transfer import Transfer, counts_of, digestible
from sessions.ways import SUCCESSOR
from tests.unit.sessions.conftest import Now
from tests.unit.sessions.test_erasure import House, house_in
from tests.unit.sessions.test_erasure import house as house  # also over PostgreSQL

THEIRS = MasterKeys({1: bytes([7]) * 32})


async def let_go(house: House, session: SessionId) -> Leave:
    exit = Exit(house.database, Audit(house.database))
    return await exit.leave(SUCCESSOR, actor="shell:x", ground="0" * 16, of=session)


async def test_the_other_house_reads_what_was_said_and_shows_the_same(
    house: House, tmp_path: Path, now: Now
) -> None:
    """OB-25: the portraits are equal; again changes nothing; what names our accounts stays."""
    started = await house.session()
    await house.file(started)
    assert await house.receipts.claim(started.session, started.token) is not None
    corrections = Corrections(house.database, house.log, house.keys, now_ms=now)
    await corrections.correct(started.session, "last_name", "King")
    ours, session = Transfer(house.database), started.session
    assert await ours.ready(None) == ([], 1)  # it goes on
    await house.lifecycle.end(session, "expired")
    assert await ours.ready(None) == ([session], 0)
    assert await ours.ready(frozenset({"claim"})) == ([], 0)
    portrait = await ours.portrait(session)
    assert portrait is not None
    assert counts_of(portrait) == {
        "events": 4, "seats": 1, "files": 1, "receipts": 1, "request": 0, "corrections": 1,
    }  # fmt: skip
    folder = tmp_path / "other"
    folder.mkdir()
    for name, tree in (("main", "main"), ("keys", "keys")):
        migrate(f"sqlite:///{folder}/{name}.db", tree)  # type: ignore[arg-type]
    async with house_in(folder, now) as other:
        theirs = Transfer(other.database)
        assert await theirs.take(session, portrait)
        assert not await theirs.take(session, portrait)
        kept = await theirs.portrait(session)
        assert kept is not None
        assert digestible(kept) == digestible(portrait)
        ours_of_keys = KeyHandover(house.key_store, house.keys.master)
        theirs_of_keys = KeyHandover(other.key_store, THEIRS)
        sealed = await ours_of_keys.seal(await let_go(house, session), theirs_of_keys.public)
        await theirs_of_keys.take(session, sealed)
        await theirs_of_keys.take(session, sealed)
        assert await other.keys.missing([session]) == set()
        events = await other.log.after(session, Seq(0))
        content = await house.keys.content_key(session, Epoch(1))
        assert open_sealed(events[0], content).body["name"] == "Ada Lovelace"
        changed = {**portrait, "seats": []}
        with pytest.raises(Refused, match=r"transfer\.other"):
            await theirs.take(session, changed)


async def test_a_key_opens_for_its_house_and_its_session_alone(house: House) -> None:
    """OB-25."""
    one, other = await house.session(), await house.session()
    ours = KeyHandover(house.key_store, house.keys.master)
    theirs = KeyHandover(house.key_store, THEIRS)
    leave = await let_go(house, one.session)
    sealed = await ours.seal(leave, theirs.public)
    with pytest.raises(Unreadable):
        await theirs.take(other.session, sealed)
    with pytest.raises(Unreadable):
        await ours.take(one.session, sealed)
    with pytest.raises(Unreadable):
        await theirs.take(one.session, sealed[:-1] + bytes([sealed[-1] ^ 1]))
    await house.keys.shred(one.session)
    with pytest.raises(Shredded):
        await ours.seal(leave, theirs.public)


async def test_what_was_erased_here_or_made_by_another_release_is_not_taken(house: House) -> None:
    """OB-25, OB-39."""
    started = await house.session()
    await house.lifecycle.end(started.session, "expired")
    transfer = Transfer(house.database)
    portrait = await transfer.portrait(started.session)
    assert portrait is not None
    await house.erasure.erase(started.session, cause="person")
    with pytest.raises(Refused, match=r"transfer\.erased"):
        await transfer.take(started.session, portrait)
    stranger = await house.session()
    [row] = portrait["sessions"]
    other = {**portrait, "sessions": [row | {"id": "a" * 32, "mood": "good"}]}
    with pytest.raises(Refused, match=r"transfer\.other_release"):
        await transfer.take(type(stranger.session)("a" * 32), other)


async def test_words_of_the_other_house_stand_before_ours(house: House) -> None:
    """OB-25, OB-50: ours still hold; theirs can be read; again changes nothing."""
    notices = Notices(house.database, now_ms=house.now)
    await notices.put_in_force([Notice("privacy", "de", "Ihre eins")])
    await notices.put_in_force([Notice("privacy", "de", "Ihre zwei")])
    transfer = Transfer(house.database)
    theirs = await transfer.notices()
    texts = [one | {"text": one["text"] + "!", "version": one["version"][::-1]}
             for one in theirs["notice_texts"]]  # fmt: skip
    terms = [one | {"version": one["version"][::-1]} for one in theirs["notice_terms"]]
    for _ in range(2):
        await transfer.take_notices({"notice_texts": texts, "notice_terms": terms})
        found = [one.version for one in await notices.terms()]
        ours = [one["version"] for one in theirs["notice_terms"]][::-1]
        assert found == [*ours, *(version[::-1] for version in ours)]
