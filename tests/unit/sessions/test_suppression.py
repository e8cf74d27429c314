"""Whom no advertising may reach: asked and not read, taken back, and told when the key is gone."""

import pytest
from sqlalchemy import delete, select

from sessions.contacts import of_receipt, readings
from sessions.house_keys import SUPPRESSION, HouseKeys
from sessions.keys import Keys, MasterKeys
from sessions.models import HouseKeyRow
from sessions.protection_rows import SuppressedRow
from sessions.suppression import KeyLost, Suppression
from tests.unit.sessions.test_erasure import House
from tests.unit.sessions.test_erasure import house as house  # also over PostgreSQL

MAIL, OTHER = "erika@example.com", "emil@example.com"


def suppression_of(house: House) -> Suppression:
    keys = HouseKeys(house.key_store, house.keys.master, now_ms=house.now)
    return Suppression(house.database, keys, now_ms=house.now)


async def entries(house: House) -> list[SuppressedRow]:
    wanted = select(SuppressedRow.__table__)
    return await house.database.read(lambda db: list(db.execute(wanted).all()))  # type: ignore[arg-type]


async def test_it_is_asked_and_cannot_be_read(house: House) -> None:
    """OB-42: however it is written; what lies there is neither the contact nor the objection."""
    suppression = suppression_of(house)
    assert await suppression.among([MAIL, "nonsense"]) == [False, None]
    for _ in range(2):
        await suppression.add([*readings(MAIL), of_receipt("123456789012")], objection="one")
    asked = [MAIL, " ERIKA@Example.com", OTHER, "1234 5678 9012", "Erika Muster"]
    assert await suppression.among(asked) == [True, True, False, True, None]
    rows = await entries(house)
    assert len(rows) == 2
    for word in ("erika", "example", "123456789012", "one"):
        assert word not in repr(rows)


async def test_it_goes_with_its_objection_and_with_no_other(house: House) -> None:
    """OB-42: taken back as easily; what two asked for stands until both took it back."""
    suppression = suppression_of(house)
    await suppression.take_back(objection="none")
    await suppression.add([*readings(MAIL), *readings(OTHER)], objection="one")
    await suppression.add(readings(MAIL), objection="two")
    await suppression.take_back(objection="one")
    assert await suppression.among([MAIL, OTHER]) == [True, False]
    assert await suppression.remove(MAIL)
    assert not await suppression.remove(MAIL)
    assert await suppression.among([MAIL]) == [False]
    assert await entries(house) == []


async def test_a_lost_key_is_told_and_not_taken_for_nobody(house: House) -> None:
    """OB-42: else a restored key store would let advertising through in silence."""
    suppression = suppression_of(house)
    await suppression.add(readings(MAIL), objection="one")
    lost = delete(HouseKeyRow)
    await house.key_store.write(lambda db: db.execute(lost).close())
    with pytest.raises(KeyLost):
        await suppression.among([MAIL])
    with pytest.raises(KeyLost):
        await suppression.add(readings(OTHER), objection="two")


async def test_it_holds_under_the_next_master_key(house: House) -> None:
    """OB-42: the key is wrapped anew with those of the sessions, and stays the same."""
    first = MasterKeys({1: bytes(32)})
    keys = HouseKeys(house.key_store, first, now_ms=house.now)
    key = await keys.get(SUPPRESSION)
    assert key == await keys.get(SUPPRESSION)
    both = MasterKeys({1: bytes(32), 2: bytes([7] * 32)})
    assert await Keys(house.key_store, both).rewrap() == 1
    only = MasterKeys({2: bytes([7] * 32)})
    assert await HouseKeys(house.key_store, only, now_ms=house.now).find(SUPPRESSION) == key
