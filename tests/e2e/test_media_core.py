"""What a talk survives: a path of media that dies, and a while without us. Picture and sound go
from browser to browser; neither needs the other.
"""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import expect

from tests.e2e.guard import CUT_OFF
from tests.e2e.media import media_of, sees_and_hears
from tests.e2e.path import MediaPath
from tests.e2e.people import House, Prospect, Talker
from tests.patience import allowed


@pytest.fixture
async def path() -> AsyncIterator[MediaPath]:
    """The way of media, which can be cut."""
    path = MediaPath()
    yield path
    await path.close()


async def talking(house: House, path: MediaPath | None = None) -> tuple[Prospect, Talker]:
    """Two who see and hear each other, if told so over this path and no other."""
    advisor = await house.advisor()
    prospect = await house.prospect()
    if path is not None:
        await path.lead(advisor.context)
        await advisor.page.reload()
        await expect(advisor.page.get_by_test_id("own-video")).to_be_visible()
        await path.lead(prospect.context)
    await prospect.call("Erika", "Weg")
    await advisor.accept("Erika Weg")
    for talker in (prospect, advisor):
        await sees_and_hears(talker.page, within_seconds=60)
    return prospect, advisor


async def test_a_path_that_dies_is_replaced_within_seconds(house: House, path: MediaPath) -> None:
    """Promise 1: another network, another path; the same connection, the same talk."""
    both = await talking(house, path)
    path.cut()
    for talker in both:
        # Five more frames: what was on its way does not count for long.
        await sees_and_hears(talker.page, within_seconds=allowed(10))
    assert path.lost > 0
    for talker in both:
        assert (await media_of(talker.page)).connections == 1


async def test_picture_and_sound_go_on_without_us(house: House) -> None:
    """Promise 1 and 2: off the server nobody freezes, and what is written is sent later."""
    prospect, advisor = await talking(house)
    await prospect.open_chat()
    await advisor.open_chat()
    prospect.guard.allow(CUT_OFF)
    await prospect.context.set_offline(True)
    await prospect.write("Sehen Sie mich noch?")
    for talker in (prospect, advisor):
        await sees_and_hears(talker.page)
    await expect(advisor.messages).to_have_count(0)
    await prospect.context.set_offline(False)
    await advisor.sees_message("Sehen Sie mich noch?")
