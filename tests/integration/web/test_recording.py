"""Recording, as the house allows it and people agree: taken, kept, played, handed out, gone."""

import asyncio
import io
import json
import re
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import av
import pytest

from media.connection import Reach
from media.rehearsal import Caller as Sender
from media.synthetic import Picture, Tone
from sessions.events import SessionId
from sessions.recordings import Part
from sessions.retention import DAY_MS
from tests.e2e.media import eventually
from tests.integration.web.conftest import Caller, MakeSite, Site
from tests.integration.web.test_consents import Agreeing, copy_of, proof
from tests.integration.web.test_protection import DESK
from tests.integration.web.test_protection import page as desk_page
from tests.integration.web.test_talk import Talker, talking
from tests.patience import allowed

POLICY = {
    "assessment": "DSFA-2026-014", "approved": "2026-01-15", "review": "2099-01-15",
    "topics": ["insurance"],
    "purpose": {"de": "Nachweis der Beratung.", "en": "Proof of the advice."},
    "period": {"days": 14, "reason": {"de": "Bis geprüft ist.", "en": "Until checked."}},
}  # fmt: skip


@pytest.fixture
async def site(make_site: MakeSite, tmp_path: Path) -> Site:
    """A house that may record talks about insurance. The recorder is the real one."""
    brand = tmp_path / "brand.json"
    brand.write_text(json.dumps({"recording": POLICY}))
    made: Site = await make_site(brand_file=brand)
    return made


class Talk:
    """An advisor and a prospect in a talk about a topic."""

    def __init__(self, site: Site, advisor: Caller, prospect: Caller) -> None:
        self.site, self.advisor, self.prospect = site, advisor, prospect
        self.session = prospect.session

    async def offer(self, caller: Caller, sdp: str) -> tuple[int, dict[str, Any]]:
        answer = await caller.post(f"/api/sessions/{self.session}/recording", {"sdp": sdp})
        return answer.status, await answer.json()

    async def stop(self, caller: Caller, **body: Any) -> None:
        answer = await caller.post(f"/api/sessions/{self.session}/recording/stop", body)
        assert answer.status == 204, await answer.text()

    @asynccontextmanager
    async def sending(self, caller: Caller, *, seen: bool = True) -> AsyncIterator[str]:
        """Somebody whose stream is taken; the id of the part."""
        sender = Sender(Reach(loopback=True), Tone(10), *([Picture()] if seen else []))
        try:
            status, taken = await self.offer(caller, await sender.offer())
            assert status == 200, taken
            await sender.answered(taken["sdp"])
            async with asyncio.timeout(allowed(20)):
                await sender.connected.wait()
            yield taken["part"]
        finally:
            await sender.close()

    async def parts(self) -> list[Part]:
        return await self.site.parts.recordings.of(SessionId(self.session))

    async def until_kept(self, chunks: int) -> Part:
        async def kept() -> int:
            return max((one.chunks for one in await self.parts()), default=0)

        await eventually(
            kept, lambda found: found >= chunks, within_seconds=allowed(40), what="chunks"
        )
        return (await self.parts())[-1]


@asynccontextmanager
async def talk(site: Site, topic: str = "insurance") -> AsyncIterator[tuple[Talk, Talker, Talker]]:
    advisor, prospect = await site.advisor(), site.visitor()
    body = {"first_name": "Zoë", "last_name": "Núñez", "topic": topic}
    # With a proof of work: the recorder of the test before may still take its time to end.
    answer = await prospect.post("/api/calls", body, headers=await prospect.proof())
    assert answer.status == 201, await answer.text()
    prospect.session = (await answer.json())["session"]
    async with (
        talking(prospect, prospect.session) as erika,
        talking(advisor, prospect.session) as berta,
    ):
        assert (await berta.send("session.accepted", {"name": "Berta", "title": ""}))["ok"]
        yield Talk(site, advisor, prospect), berta, erika


def decoded(file: bytes) -> tuple[int, float]:
    """How many pictures, and how long, as a player finds it."""
    with av.open(io.BytesIO(file), "r") as source:
        pictures = sum(1 for _ in source.decode(video=0))
        return pictures, (source.duration or 0) / 1_000_000


async def test_from_a_consent_to_a_film_and_back_to_nothing(site: Site, tmp_path: Path) -> None:
    """OB-46, OB-44, OB-09, OB-37, OB-41: nothing without consent of that very person; nothing after
    it was taken back; opened with a reason only; handed to whom it shows; erased with its time."""
    async with talk(site) as (it, berta, erika):
        agreeing = Agreeing(erika, site)
        some = "v=0"
        for said in ({"on": True}, {"on": False}):
            assert (await it.offer(it.prospect, some))[1]["error"]["code"] == "recording.consent"
            assert (await erika.send("recording.changed", said))["ok"]  # not hers to ask for
        await agreeing.say("recording", True)
        assert (await it.offer(it.prospect, some))[1]["error"]["code"] == "recording.consent"
        assert (await berta.send("recording.changed", {"on": True}))["ok"]
        assert (await it.offer(it.advisor, some))[1]["error"]["code"] == "recording.consent"
        status, refused = await it.offer(it.prospect, some)
        assert (status, refused["error"]["code"]) == (400, "recording.offer")

        async with it.sending(it.prospect) as id:
            await it.until_kept(chunks=3)
            await it.stop(it.prospect)
            [part] = await it.parts()
            assert (part.id, part.ended) == (id, "stopped")
    # Joined anew: nobody here answered for as long as it took.
    async with talking(it.prospect, it.session) as agreeing.talker:
        await agreeing.say("recording", False)
        assert (await it.offer(it.prospect, some))[1]["error"]["code"] == "recording.consent"
    path = f"/api/sessions/{it.session}/recording/{id}"
    page = f"/console/session/{it.session}/recording"
    assert (await it.advisor.get(path)).status == 404  # the talk is not over
    async with talking(it.advisor, it.session) as berta:
        assert (await berta.send("session.ended", {"reason": "hung_up"}))["ok"]

    # -- the advisor's door
    [mine] = (await (await it.advisor.get("/api/desk")).json())["mine"]
    assert (mine["recording"], mine["recorded"]) == (True, 1)
    assert (await it.advisor.get(path)).status == 404  # nobody said why
    assert "<video" not in await (await it.advisor.get(page)).text()
    given = {"csrf": it.advisor.csrf}
    assert (await it.advisor.post(page, data=given | {"reason": "curious"})).status == 400
    assert (await it.advisor.post(page, data=given | {"reason": "duty"})).status == 303
    other = await site.advisor("other")
    assert (await other.get(path)).status == (await other.get(page)).status == 404
    answer = await it.advisor.get(path)
    film = await answer.read()
    assert answer.headers["Content-Type"] == "video/webm"
    assert answer.headers["Cache-Control"] == "no-store"
    pictures, seconds = decoded(film)
    assert pictures > 5
    assert seconds > 1
    tail = await it.advisor.get(path, headers={"Range": "bytes=100-299"})
    assert (tail.status, await tail.read()) == (206, film[100:300])
    assert tail.headers["Content-Range"] == f"bytes 100-299/{len(film)}"
    assert (await it.advisor.get(path, headers={"Range": f"bytes={len(film)}-"})).status == 416
    await site.parts.holds.set(SessionId(it.session), "restriction", reason="asked", by="receipt")
    assert (await it.advisor.get(path)).status == 403
    await site.parts.holds.lift(SessionId(it.session), "restriction")

    # -- the person's copy
    claimed = await proof(it.prospect)
    copy, readable = await copy_of(site, claimed, tmp_path)
    [told] = copy.recordings
    assert (told.id, told.state, told.path) == (id, "own", "recordings/01.webm")
    assert "recordings/01.webm" in readable
    with zipfile.ZipFile(next(tmp_path.glob("*.zip"))) as archive:
        assert archive.read("recordings/01.webm") == film
    assert [one.by for one in copy.openings if one.action == "recording opened"] == ["house"]

    # -- sealed at rest, and gone
    for stored in site.data.rglob("*"):
        if stored.is_file():
            assert film[2_000:2_040] not in stored.read_bytes(), stored
    shown = await desk_page(await site.officer(), f"{DESK}/retention")
    [row] = re.findall(r"Recordings of talks.*?</tr>", shown, re.S)
    assert re.findall(r'register__count"[^>]*>(\d+)<', row) == ["0", "0", "1", "0"]
    tomorrow = site.parts.now_ms() + 15 * DAY_MS
    site.parts.recordings._now_ms = lambda: tomorrow
    assert await site.parts.recordings.sweep(site.parts.brand.recording.period.rule) == 1  # type: ignore[union-attr]
    assert (await it.advisor.get(path)).status == 404
    assert SessionId(it.session) not in await site.parts.files._blobs.sessions()


async def test_whoever_comes_by_another_way_is_in_the_same_file(site: Site) -> None:
    """F-14, OB-44: offered again where the network changed; never after a stop, nor before a new
    yes."""
    async with talk(site) as (it, berta, erika):
        agreeing = Agreeing(erika, site)
        await agreeing.say("recording", True)
        assert (await berta.send("recording.changed", {"on": True}))["ok"]
        async with it.sending(it.prospect) as first:
            await it.until_kept(chunks=2)
            async with it.sending(it.prospect) as again:
                assert again == first
                kept = (await it.parts())[0].chunks
                await it.until_kept(chunks=kept + 12)
                await agreeing.say("recording", False)
                assert (await it.offer(it.prospect, "v=0"))[1]["error"]["code"] == (
                    "recording.consent"
                )
                await it.stop(it.prospect)
        await agreeing.say("recording", True)
        async with it.sending(it.prospect) as other:
            await it.until_kept(chunks=1)
            async with it.sending(it.prospect, seen=False) as heard_alone:  # another kind of file
                assert len({first, other, heard_alone}) == 3
                await it.stop(it.prospect)
        [part, *_] = await it.parts()
        assert (part.id, part.ended) == (first, "stopped")


async def test_a_refusal_is_respected_and_anybody_ends_it_for_all(site: Site) -> None:
    """OB-46: of two, only whoever agreed is recorded; the other ends that all the same."""
    async with talk(site) as (it, berta, erika):
        await Agreeing(berta, site).say("recording", True)
        await Agreeing(erika, site).say("recording", False)
        assert (await berta.send("recording.changed", {"on": True}))["ok"]
        status, refused = await it.offer(it.prospect, "v=0")
        assert (status, refused["error"]["code"]) == (409, "recording.consent")
        async with it.sending(it.advisor) as id:
            await it.until_kept(chunks=1)
            await it.stop(it.prospect)  # nothing of hers: that of others goes on
            assert [one.ended for one in await it.parts()] == [None]
            await it.stop(it.prospect, all=True)
            assert [(one.id, one.ended) for one in await it.parts()] == [(id, "stopped")]


async def test_another_node_ends_it_within_a_second_of_media(site: Site) -> None:
    """What another node halts, and a talk that is over, the writing node finishes by itself."""
    async with talk(site) as (it, berta, _):
        await Agreeing(berta, site).say("recording", True)
        assert (await berta.send("recording.changed", {"on": True}))["ok"]
        async with it.sending(it.advisor):
            await it.until_kept(chunks=1)
            await site.parts.recordings.halt(SessionId(it.session))

            async def ended() -> list[str | None]:
                return [one.ended for one in await it.parts()]

            await eventually(
                ended, lambda found: found == ["stopped"], within_seconds=allowed(20),
                what="the end of a halted part",
            )  # fmt: skip


async def test_a_node_that_dies_leaves_what_it_had_written(make_site: MakeSite, site: Site) -> None:
    """After a restart without a farewell every chunk that was kept is played."""
    async with talk(site) as (it, berta, _):
        await Agreeing(berta, site).say("recording", True)
        assert (await berta.send("recording.changed", {"on": True}))["ok"]
        async with it.sending(it.advisor):
            await it.until_kept(chunks=3)
            assert site.parts.takes is not None
            for task in list(site.parts.takes._tasks._running):
                task.cancel()  # the writer: nothing of it is said any more
        await site.parts.lifecycle.end(SessionId(it.session), "hung_up")
    again: Site = await make_site(after=site, brand_file=site.parts.settings.brand_file)
    [part] = await again.parts.recordings.of(SessionId(it.session))
    assert part.ended == "restarted"
    advisor = await again.advisor()
    page = f"/console/session/{it.session}/recording"
    answer = await advisor.post(page, data={"csrf": advisor.csrf, "reason": "reread"})
    assert answer.status == 303
    film = await (await advisor.get(f"/api/sessions/{it.session}/recording/{part.id}")).read()
    assert decoded(film)[0] > 5


@pytest.mark.parametrize(
    "change", [{"topics": ["claim"]}, {"review": "2026-02-01"}, {"approved": "2098-01-01"}]
)
async def test_where_it_is_not_allowed_nothing_is_seen_of_it(
    make_site: MakeSite, tmp_path: Path, change: dict[str, Any]
) -> None:
    """OB-46: another topic, an assessment that is overdue, one that does not hold yet."""
    brand = tmp_path / "brand.json"
    brand.write_text(json.dumps({"recording": POLICY | change}))
    site = await make_site(brand_file=brand)
    async with talk(site) as (it, berta, _):
        await Agreeing(berta, site).say("recording", True)
        assert (await berta.send("recording.changed", {"on": True}))["ok"]
        status, refused = await it.offer(it.advisor, "v=0")
        assert (status, refused["error"]["code"]) == (409, "recording.off")
        told = await (await it.prospect.get(f"/api/sessions/{it.session}/topic")).json()
        assert told["recording"] is None
        [mine] = (await (await it.advisor.get("/api/desk")).json())["mine"]
        assert mine["recording"] is False


async def test_a_house_without_a_policy_says_that_it_never_records(make_site: MakeSite) -> None:
    """OB-46: and one with a policy does not say so."""
    site = await make_site()
    page = await (await site.visitor().get("/")).text()
    assert "recording.ask" not in page
    assert "Aufgezeichnet wird nichts" in page
