"""`visavis probe`: two people who are not there place a real call through the public door.

It measures how long each step took and what arrived, and takes everything back: the session is
erased as its prospect may. It reads no settings and prints nothing.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from ipaddress import ip_address
from time import monotonic
from typing import Final
from urllib.parse import urlsplit

import structlog

from media.peer import Peer
from media.quality import RUNGS
from sessions.events import Refused, Role
from web.entering import Admitted, Begun, Entrance, TurnedAway
from web.probe_end import End
from web.probing import REASONS, Report, Wanted

_log: Final = structlog.get_logger("probe")
_TAKE_BACK_SECONDS: Final = 10.0  # on top of the limit, whatever happened
_HEARD_FRAMES: Final = 25  # half a second of sound, of which most must be the other's tone
_MOVED_FRAMES: Final = 5
_PATH_SECONDS: Final = 12.0  # every way has been tried by then
_MEDIA_SECONDS: Final = 8.0  # what is not there then will not come
_END_SECONDS: Final = 5.0
_LOOK_SECONDS: Final = 0.05

# Ordinary names: nobody is to see that this is no person. (An advisor may see them ring.)
_FIRST: Final = ("Andrea", "Bernd", "Claudia", "Daniel", "Elke", "Frank", "Heike", "Jan", "Petra")
_LAST: Final = ("Becker", "Fischer", "Koch", "Lehmann", "Meyer", "Richter", "Schulz", "Weber")


class _Failed(Exception):
    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail


async def probe(wanted: Wanted) -> Report:
    """Place one call. Raises nothing; afterwards nothing of it runs."""
    run = _Run(wanted)
    began = monotonic()
    try:
        async with asyncio.timeout(wanted.limit_seconds):
            await run.call()
    except TimeoutError:
        run.failed("too.slow", run.report.step)
    except _Failed as failed:
        run.failed(failed.reason, failed.detail)
    except Exception:
        _log.exception("bug", step=run.report.step)
        run.failed("bug", run.report.step)
    await run.take_back()
    run.report.figures["total_ms"] = _ms(monotonic() - began)
    return run.report


class _Run:
    """One probe, from the first look at the start page to the last trace."""

    def __init__(self, wanted: Wanted) -> None:
        self.report = Report()
        self._wanted = wanted
        self._prospect = Entrance(wanted.url)
        self._advisor = Entrance(wanted.url)
        self._ends: list[End] = []
        self._begun: Begun | None = None
        self._over = False

    async def call(self) -> None:
        await self._come_in()
        prospect, advisor = await self._sit_down()
        accepted_at = await self._accept(prospect, advisor)
        await self._talk(accepted_at, prospect, advisor)
        await self._hang_up(prospect, advisor)

    def failed(self, reason: str, detail: str) -> None:
        assert reason in REASONS
        if self.report.reason is None:
            self.report.reason, self.report.detail = reason, detail

    # -- the steps

    async def _come_in(self) -> None:
        async with self._step("signin", "signin.refused"):
            await self._advisor.sign_in(
                self._wanted.sign_in.username, self._wanted.sign_in.password
            )
        async with self._step("look", "start.refused"):
            await self._prospect.look()
        async with self._step("proof", "start.refused"):
            proof = await self._prospect.proof()
        async with self._step("start", "start.refused"):
            self._begun = await self._prospect.start_call(
                secrets.choice(_FIRST), secrets.choice(_LAST), proof
            )

    async def _sit_down(self) -> tuple[End, End]:
        """Both have joined, and their connection stands without anything in it."""
        assert self._begun is not None
        async with self._step("wait", "join.refused"):
            admitted = await self._prospect.admit(self._begun.session, self._begun)
            prospect = self._end(Role.PROSPECT, self._prospect, admitted)
            await prospect.join()
        self.report.figures["waiting_ms"] = (
            self.report.figures["start_ms"] + self.report.figures["wait_ms"]
        )
        async with self._step("prepare", "join.refused"):
            admitted = await self._advisor.admit(self._begun.session)
            advisor = self._end(Role.ADVISOR, self._advisor, admitted)
            prospect.partner = advisor.me
            await advisor.join()
        async with self._step("warm", "no.path"):
            ways = [asyncio.ensure_future(end.warm()) for end in (prospect, advisor)]
            try:
                await asyncio.wait_for(asyncio.gather(*ways), _PATH_SECONDS)
            except TimeoutError:
                raise ConnectionError("no way to the other end") from None
            finally:  # one that fails leaves the other waiting
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)
        self._name, self._title = admitted.name, admitted.title
        self.report.path = worst(end.peer.path for end in (prospect, advisor) if end.peer)
        return prospect, advisor

    async def _accept(self, prospect: End, advisor: End) -> float:
        at = monotonic()
        async with self._step("accept", "accept.refused"):
            said = {"name": self._name, "title": self._title}
            await advisor.line.say("session.accepted", said)
            await advisor.live()
            await self._unless_lost(prospect, prospect.accepted)
            self._expect_not_taken()
            await prospect.live()
        return at

    async def _talk(self, accepted_at: float, prospect: End, advisor: End) -> None:
        self.report.step = "talk"
        ends = [(end, end.peer) for end in (prospect, advisor) if end.peer is not None]
        try:
            until = accepted_at + _MEDIA_SECONDS
            while monotonic() < until and not all(_all_there(peer) for _, peer in ends):
                self._still_there(prospect, advisor)
                await asyncio.sleep(_LOOK_SECONDS)
            await asyncio.sleep(self._wanted.talk_seconds)
            self._still_there(prospect, advisor)
        finally:
            for end, peer in ends:
                self._count(end, peer, accepted_at)
                await self._count_loss(end, peer)
        self._judge(ends)

    async def _hang_up(self, prospect: End, advisor: End) -> None:
        async with self._step("end", "end.unheard"):
            await advisor.line.say("session.ended", {"reason": "hung_up"})
            self._over = True
            try:
                await asyncio.wait_for(self._unless_lost(prospect, prospect.ended), _END_SECONDS)
            except TimeoutError:
                raise _Failed("end.unheard") from None

    async def take_back(self) -> None:
        """Leave nothing running here, nobody waiting there, and nothing kept."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_TAKE_BACK_SECONDS):
                await self._leave()
                await self._erase()
        for end in self._ends:
            await end.close()
        with suppress(ConnectionError, TimeoutError):
            async with asyncio.timeout(_TAKE_BACK_SECONDS):
                await self._advisor.sign_out()
        for entrance in (self._prospect, self._advisor):
            await entrance.close()

    async def _leave(self) -> None:
        if self._over:
            return
        for end in self._ends:  # in mid-talk the first of them ends it, before that nobody can
            with suppress(Refused, ConnectionError):
                if end.accepted.is_set():
                    await end.line.say("session.ended", {"reason": "hung_up"})
            await end.line.leave()

    async def _erase(self) -> None:
        if self._begun is None:
            return
        began = monotonic()
        try:
            await self._prospect.erase(self._begun)
        except TurnedAway as away:
            self.failed("erase.refused", away.code)
        except ConnectionError:
            self.failed("erase.refused", "")
        else:
            self.report.figures["erase_ms"] = _ms(monotonic() - began)

    # -- inside

    @asynccontextmanager
    async def _step(self, name: str, reason: str) -> AsyncIterator[None]:
        """Measures a step; `reason` is what its failure means, unless nobody answers at all."""
        self.report.step = name
        began = monotonic()
        try:
            yield
        except (TurnedAway, Refused) as away:
            self._expect_not_taken(away.code)
            raise _Failed(reason, away.code) from None
        except ConnectionError:
            self._expect_not_taken()
            broken = "lost" if self._ends else "unreachable"
            raise _Failed(reason if reason == "no.path" else broken, name) from None
        self.report.figures[f"{name}_ms"] = _ms(monotonic() - began)

    def _expect_not_taken(self, code: str = "") -> None:
        """Whoever accepts first closes all others out, in whatever step these are."""
        ours = [end.me for end in self._ends]
        if code == "session.taken" or any(
            end.accepted_by is not None and end.accepted_by not in ours for end in self._ends
        ):
            raise _Failed("taken")

    def _end(self, role: Role, entrance: Entrance, admitted: Admitted) -> End:
        end = End(role, entrance, admitted, loopback=on_loopback(self._wanted.url))
        self._ends.append(end)
        return end

    async def _unless_lost(self, end: End, event: asyncio.Event) -> None:
        waits = [asyncio.ensure_future(one.wait()) for one in (event, end.line.lost)]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in waits:
                one.cancel()
        if not event.is_set():
            raise _Failed("lost", self.report.step)

    def _still_there(self, *ends: End) -> None:
        self._expect_not_taken()
        for end in ends:
            if end.line.lost.is_set():
                raise _Failed("lost", end.role)
            if end.peer is not None and end.peer.broken.is_set():
                raise _Failed("no.path", end.role)

    def _count(self, end: End, peer: Peer, accepted_at: float) -> None:
        sound, sight, figures = peer.sound, peer.sight, self.report.figures
        own = {
            "sound_frames": sound.heard, "tone_frames": sound.tone,
            "sound_level": round(sound.loudest_rms), "picture_frames": sight.seen,
            "picture_fps": round(sight.fps, 1), "picture_width": sight.width,
            "picture_height": sight.height,
        }  # fmt: skip
        figures.update({f"{end.role}.{name}": value for name, value in own.items()})
        for name, at in (("sound", sound.first_at), ("picture", sight.first_at)):
            if at is not None:
                figures[f"{end.role}.first_{name}_ms"] = _ms(at - accepted_at)

    async def _count_loss(self, end: End, peer: Peer) -> None:
        for name, value in (await peer.transport()).items():
            self.report.figures[f"{end.role}.{name}"] = value

    def _judge(self, ends: list[tuple[End, Peer]]) -> None:
        for end, peer in ends:
            if peer.sound.tone < min(_HEARD_FRAMES, self._wanted.talk_seconds * 25):
                raise _Failed("no.sound", end.role)
            if peer.sight.moved < _MOVED_FRAMES:
                raise _Failed("no.picture", end.role)


def on_loopback(url: str) -> bool:
    """Whether a page of this origin is itself reached over loopback."""
    host = urlsplit(url).hostname or ""
    with suppress(ValueError):
        return ip_address(host).is_loopback
    return host == "localhost" or host.endswith(".localhost")


def worst(paths: Iterable[str]) -> str:
    """The longest of these ways."""
    return max(paths, key=RUNGS.index)


def _all_there(peer: Peer) -> bool:
    return peer.sound.first_at is not None and peer.sight.first_at is not None


def _ms(seconds: float) -> float:
    return round(seconds * 1_000, 1)
