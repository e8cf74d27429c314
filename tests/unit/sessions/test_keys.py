"""Keys: the file that holds the master keys, wrapping, names, and shredding for good.

Proves B-091 of the list of bad inputs and parts of OB-09 and OB-39.
"""

import os
import stat
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, select, update

from sessions import keyfile
from sessions.database import Database
from sessions.envelope import SessionKey, Unreadable, open_sealed, seal_as_server
from sessions.events import Epoch, new_participant_id, new_session_id
from sessions.keyfile import UnsafeKeyFile
from sessions.keys import CACHE_SECONDS, MAX_CACHED, Keys, MasterKeys, Shredded, WrappedKey
from sessions.models import KeyStoreRow


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keys(key_database: Database, clock: Clock) -> Keys:
    return Keys(key_database, MasterKeys({1: bytes(32)}), monotonic_seconds=clock)


# ---- the key file


def test_the_first_run_makes_a_file_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "master.key"
    first = keyfile.load_or_create(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(first) == [1]
    assert keyfile.load_or_create(path) == first
    assert [entry.name for entry in path.parent.iterdir()] == ["master.key"]
    assert keyfile.load_or_create(tmp_path / "other.key") != first


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o620, 0o601, 0o644])
def test_a_file_others_may_touch_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "master.key"
    MasterKeys.load_or_create(path)
    path.chmod(mode)
    with pytest.raises(UnsafeKeyFile, match="chmod 600"):
        MasterKeys.load_or_create(path)
    path.chmod(0o400)
    MasterKeys.load_or_create(path)


@pytest.mark.parametrize(
    ("entries", "trusted"),
    [
        # tag (1 owner, 2 a user, 4 the group, 8 a group, 16 mask, 32 others), rights, whom
        ([(1, 4, -1), (2, 4, os.geteuid()), (4, 0, -1), (16, 4, -1), (32, 0, -1)], True),
        ([(1, 4, -1), (2, 4, 12_345), (4, 0, -1), (16, 4, -1), (32, 0, -1)], False),
        ([(1, 4, -1), (2, 4, os.geteuid()), (4, 4, -1), (16, 4, -1), (32, 0, -1)], False),
        ([(1, 4, -1), (4, 0, -1), (8, 4, 12_345), (16, 4, -1), (32, 0, -1)], False),
        ([(1, 4, -1), (2, 4, os.geteuid()), (4, 0, -1), (16, 4, -1), (32, 4, -1)], False),
    ],
)
def test_an_access_list_counts_as_what_it_says(
    tmp_path: Path, entries: list[tuple[int, int, int]], trusted: bool
) -> None:
    """systemd hands credentials over by one: the group's bits are its mask, and nobody's right."""
    path = tmp_path / "master.key"
    keyfile.load_or_create(path)
    path.chmod(0o400)
    packed = [struct.pack("<HHI", tag, rights, who & 0xFFFFFFFF) for tag, rights, who in entries]
    try:
        os.setxattr(path, "system.posix_acl_access", struct.pack("<I", 2) + b"".join(packed))
    except OSError as reason:
        pytest.skip(f"no access lists in this folder: {reason}")
    assert stat.S_IMODE(path.stat().st_mode) & 0o077
    if trusted:
        assert list(keyfile.load(path)) == [1]
    else:
        with pytest.raises(UnsafeKeyFile, match="chmod 600"):
            keyfile.load(path)


def test_a_file_of_somebody_else_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "master.key"
    keyfile.load_or_create(path)
    status = os.stat_result((*path.stat()[:4], 12_345, *path.stat()[5:]))
    monkeypatch.setattr(os, "fstat", lambda _descriptor: status)
    with pytest.raises(UnsafeKeyFile, match="chown"):
        keyfile.load(path)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# only a comment\n",
        "1\n",
        "x AAAA\n",
        "1 AAAA\n",
        "1 !!!\n",
        "0 " + "A" * 43 + "=\n",
        "ü",
    ],
)
def test_a_damaged_file_is_refused_and_left_alone(tmp_path: Path, text: str) -> None:
    path = tmp_path / "master.key"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(UnsafeKeyFile):
        keyfile.load_or_create(path)
    assert path.read_text() == text


def test_a_folder_is_no_key_file(tmp_path: Path) -> None:
    with pytest.raises((UnsafeKeyFile, IsADirectoryError)):
        keyfile.load(tmp_path)


def test_of_two_first_runs_both_use_the_same_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other process makes its file after we looked and before we made ours."""
    path = tmp_path / "master.key"
    link = os.link

    def overtaken(source: str, target: str) -> None:
        monkeypatch.setattr(os, "link", link)
        theirs.update(keyfile.load_or_create(path))
        link(source, target)

    theirs: dict[int, bytes] = {}
    monkeypatch.setattr(os, "link", overtaken)
    assert keyfile.load_or_create(path) == theirs
    assert len(list(tmp_path.iterdir())) == 1


def test_a_new_version_stands_beside_the_old(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    first = keyfile.load_or_create(path)
    both = keyfile.add_version(path)
    assert sorted(both) == [1, 2]
    assert both[1] == first[1] != both[2]
    assert keyfile.load(path) == both
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert MasterKeys(both).newest == 2


# ---- wrapping


def test_wrapping_is_rfc_3394() -> None:
    """Its section 4.6: 256 bits of key data with a 256-bit key."""
    master = MasterKeys({1: bytes(range(32))})
    data = SessionKey(
        bytes.fromhex("00112233445566778899AABBCCDDEEFF000102030405060708090A0B0C0D0E0F")
    )
    wrapped = bytes.fromhex(
        "28C9F404C4B810F4CBCCB35CFB87F8263F5786E2D80ED326CBC7F0E71A99F43BFB988B9B7A02DD21"
    )
    assert master.wrap(data) == wrapped
    assert master.unwrap(WrappedKey(wrapped), 1) == data


@given(st.integers(0, 319))
def test_an_altered_wrapped_key_is_unreadable(bit: int) -> None:
    master = MasterKeys({1: bytes(32)})
    wrapped = int.from_bytes(master.wrap(SessionKey(bytes(range(32)))), "big") ^ 1 << bit
    with pytest.raises(Unreadable):
        master.unwrap(WrappedKey(wrapped.to_bytes(40, "big")), 1)


@pytest.mark.parametrize("wrapped", [b"", b"x", bytes(40), bytes(1_000)])
def test_junk_is_no_wrapped_key(wrapped: bytes) -> None:
    with pytest.raises(Unreadable):
        MasterKeys({1: bytes(32)}).unwrap(WrappedKey(wrapped), 1)


def test_secrets_differ_by_purpose_and_version() -> None:
    master = MasterKeys({1: bytes(32), 2: bytes(range(32))})
    seat, ticket = master.secrets("seat"), master.secrets("ticket")
    assert len({*seat, *ticket}) == 4
    assert MasterKeys({1: bytes(32)}).secrets("seat") == seat[1:]


# ---- session keys


async def test_a_key_is_the_same_everywhere_and_for_its_session_alone(
    key_database: Database, keys: Keys
) -> None:
    one, two = new_session_id(), new_session_id()
    await keys.create(one)
    await keys.create(two)
    other_node = Keys(key_database, MasterKeys({1: bytes(32)}))
    key = await keys.content_key(one, Epoch(1))
    assert await other_node.content_key(one, Epoch(1)) == key
    assert await keys.content_key(two, Epoch(1)) != key
    assert await keys.content_key(one, Epoch(2)) != key
    stranger = Keys(key_database, MasterKeys({1: bytes(range(32))}))
    with pytest.raises(Unreadable):
        await stranger.content_key(one, Epoch(1))


async def test_without_its_master_key_a_session_says_which_is_missing(
    key_database: Database, keys: Keys
) -> None:
    session = new_session_id()
    await keys.create(session)
    with pytest.raises(LookupError, match="version 1"):
        await Keys(key_database, MasterKeys({2: bytes(32)})).content_key(session, Epoch(1))


async def test_names_open_only_at_their_seat(keys: Keys) -> None:
    one, two = new_session_id(), new_session_id()
    await keys.create(one)
    await keys.create(two)
    anna, ben = new_participant_id(), new_participant_id()
    sealed = await keys.seal_name(one, anna, "Zoë d’Arc")
    assert await keys.open_name(one, anna, sealed) == "Zoë d’Arc"
    assert b"Arc" not in sealed
    assert len(sealed) == len(await keys.seal_name(one, ben, "Li"))
    for session, participant, altered in (
        (two, anna, sealed),
        (one, ben, sealed),
        (one, anna, sealed[:-1]),
        (one, anna, b""),
        (one, anna, bytes([sealed[0] ^ 1]) + sealed[1:]),
    ):
        with pytest.raises(Unreadable):
            await keys.open_name(session, participant, altered)


async def test_a_row_moved_to_another_session_opens_nothing(
    key_database: Database, keys: Keys
) -> None:
    """Wrapping binds no session; but the session is in every derivation."""
    one, two = new_session_id(), new_session_id()
    await keys.create(one)
    await keys.create(two)
    sealed = seal_as_server(
        "session.ended", {}, session=two, epoch=Epoch(1), key=await keys.content_key(two, Epoch(1))
    )

    def swap(db: Connection) -> None:
        mine = select(KeyStoreRow.wrapped).where(KeyStoreRow.session_id == one)
        here = KeyStoreRow.session_id == two
        db.execute(update(KeyStoreRow).where(here).values(wrapped=db.scalar(mine)))

    await key_database.write(swap)
    attacked = Keys(key_database, MasterKeys({1: bytes(32)}))
    with pytest.raises(Unreadable):
        open_sealed(sealed, await attacked.content_key(two, Epoch(1)))


async def test_shredded_is_gone_from_cache_and_disk(
    key_database: Database, keys: Keys, folder: Path
) -> None:
    session, kept, anna = new_session_id(), new_session_id(), new_participant_id()
    await keys.create(session)
    await keys.create(kept)
    sealed = await keys.seal_name(session, anna, "Anna")
    wrapped = await key_database.read(
        lambda db: db.scalar(select(KeyStoreRow.wrapped).where(KeyStoreRow.session_id == session))
    )
    assert wrapped is not None
    assert wrapped in b"".join(file.read_bytes() for file in folder.glob("keys.db*"))
    await keys.shred(session)
    with pytest.raises(Shredded):
        await keys.content_key(session, Epoch(1))
    with pytest.raises(Shredded):
        await keys.open_name(session, anna, sealed)
    with pytest.raises(Shredded):
        await keys.seal_name(session, anna, "Anna")
    assert wrapped not in b"".join(file.read_bytes() for file in folder.glob("keys.db*"))
    await keys.shred(session)
    await keys.content_key(kept, Epoch(1))


async def test_an_unknown_session_is_as_if_shredded(keys: Keys) -> None:
    with pytest.raises(Shredded):
        await keys.content_key(new_session_id(), Epoch(1))


async def test_a_key_read_while_it_is_shredded_is_not_remembered(
    key_database: Database, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = new_session_id()
    await keys.create(session)
    read = key_database.read

    async def read_then_shred(job: Callable[[Connection], Any]) -> Any:
        found = await read(job)
        monkeypatch.undo()
        await keys.shred(session)
        return found

    monkeypatch.setattr(key_database, "read", read_then_shred)
    with pytest.raises(Shredded):
        await keys.content_key(session, Epoch(1))


async def test_another_node_forgets_within_ten_minutes(
    key_database: Database, keys: Keys, clock: Clock
) -> None:
    session = new_session_id()
    await keys.create(session)
    key = await keys.content_key(session, Epoch(1))
    await Keys(key_database, MasterKeys({1: bytes(32)})).shred(session)
    clock.seconds = CACHE_SECONDS - 1
    assert await keys.content_key(session, Epoch(1)) == key
    clock.seconds = CACHE_SECONDS
    with pytest.raises(Shredded):
        await keys.content_key(session, Epoch(1))
    assert CACHE_SECONDS <= 600


async def test_the_cache_is_bounded(keys: Keys, clock: Clock) -> None:
    key = SessionKey(bytes(32))
    for _ in range(MAX_CACHED + 10):
        keys._remember(new_session_id(), key)
    assert len(keys._cache) == MAX_CACHED
    clock.seconds = CACHE_SECONDS + 1
    keys._remember(new_session_id(), key)
    assert len(keys._cache) == 1


async def test_rewrapping_changes_the_wrap_and_nothing_else(
    key_database: Database, keys: Keys
) -> None:
    sessions = [new_session_id() for _ in range(3)]
    for session in sessions:
        await keys.create(session)
    before = [await keys.content_key(session, Epoch(1)) for session in sessions]
    both = MasterKeys({1: bytes(32), 2: b"2" * 32})
    rotated = Keys(key_database, both)
    late = new_session_id()
    await rotated.create(late)
    assert await rotated.rewrap() == 3
    assert await rotated.rewrap() == 0
    only_new = Keys(key_database, MasterKeys({2: b"2" * 32}))
    assert [await only_new.content_key(session, Epoch(1)) for session in sessions] == before
    await only_new.content_key(late, Epoch(1))


async def test_a_key_file_of_another_installation_is_noticed(
    keys: Keys, key_database: Database
) -> None:
    """A second node that made a file of its own would lock everybody out of its sessions."""
    stranger = Keys(key_database, MasterKeys({1: b"x" * 32}))
    lost = Keys(key_database, MasterKeys({2: bytes(32)}))
    for someone in (keys, stranger, lost):
        someone.expect_own()  # there is nothing yet
    await keys.create(new_session_id())
    keys.expect_own()
    Keys(key_database, MasterKeys({1: bytes(32), 2: b"2" * 32})).expect_own()
    for someone in (stranger, lost):
        with pytest.raises(UnsafeKeyFile, match="not the master keys of"):
            someone.expect_own()


async def test_many_keys_are_wrapped_anew_a_few_at_a_time(
    keys: Keys, key_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sessions.keys.REWRAPPED_AT_ONCE", 3)
    for _ in range(8):
        await keys.create(new_session_id())
    both = Keys(key_database, MasterKeys({1: bytes(32), 2: b"2" * 32}))
    assert await both.rewrap() == 8
    assert await both.rewrap() == 0
    Keys(key_database, MasterKeys({2: b"2" * 32})).expect_own()
