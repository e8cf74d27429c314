"""The node's end of the recorder: starts the process, passes offers to it and files from it.

The process has what is fragile (aiortc) and no keys; whoever listens here seals what comes. It
knows neither sessions nor people, and imports nothing of what the process needs.
"""

import asyncio
import logging
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from contextlib import suppress
from importlib.util import find_spec
from time import time
from typing import Final, Protocol

from media import pipe
from media.pipe import PART, Message, Word
from media.sdp import MAX_BYTES

ENDINGS: Final = ("stopped", "lost", "crashed", "too_large")
_START_SECONDS: Final = 60.0  # a machine may be busy
_ANSWER_SECONDS: Final = 15.0
_STOP_SECONDS: Final = 5.0
_log: Final = logging.getLogger(__name__)


class Refusal(Exception):
    """`code`: "bad_offer"; "too_many" parts at once; "unavailable", now or here."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Ears(Protocol):
    """All called on the node's loop, in order for each part; they must not block.

    Of a part that never sent anything there is no chunk.
    """

    def chunk(self, part: str, data: bytes) -> None:
        """The next bytes of the part's file, at most 256 KiB; at least once a second."""

    def ended(self, part: str, code: str) -> None:
        """Nothing more comes of this part. `code`:

        - "stopped": as was asked, and the file is finished;
        - "lost": no sign of life for ten seconds, or the other end went away; finished too;
        - "too_large": more came than may; finished too;
        - "crashed": the recorder went away; what came until then plays.
        """


def installed() -> bool:
    """Whether what the recorder needs is there (the extra `media`)."""
    return all(find_spec(name) is not None for name in ("aiortc", "av"))


def command(
    *,
    addresses: Sequence[str] = (),
    ports: tuple[int, int] | None = None,
    loopback: bool = False,
    most_parts: int = 16,
    most_bytes: int = 4 << 30,
    most_bits: int = 2_500_000,
    silent_seconds: float = 10.0,
) -> list[str]:
    """How the recorder is started.

    `addresses` of this machine at which browsers reach it, all where none is given; one behind a
    NAT of its own is "public/private". `ports` of UDP, first and last. `loopback` too, for tests.
    Of one part `most_bytes` are taken, and `most_bits` a second asked for.
    """
    words = [sys.executable, "-m", "media.recording"]
    for address in addresses:
        words += ["--address", address]
    if ports is not None:
        words += ["--ports", f"{ports[0]}-{ports[1]}"]
    if loopback:
        words.append("--loopback")
    words += ["--most-parts", str(most_parts), "--most-bytes", str(most_bytes)]
    return [*words, "--most-bits", str(most_bits), "--silent-seconds", str(silent_seconds)]


class Recorder:
    """Starts its process when first needed, and anew after it went away.

    A part is in exactly one recording of one connection; its name is the caller's, of up to 128
    letters, digits and `_.:-`. `ended` is called once for each part that was taken.
    """

    def __init__(self, ears: Ears, *, command: Sequence[str] | None = None) -> None:
        self._ears = ears
        self._command = command
        self._process: Process | None = None
        self._starting = asyncio.Lock()
        self._ready = asyncio.Event()
        self._hears: asyncio.Task[None] | None = None
        self._answers: dict[str, asyncio.Future[str]] = {}
        self._parts: dict[str, asyncio.Event] = {}  # set when it has ended
        self._closed = False

    async def warm(self) -> None:
        """Start the process if it does not run, so that the first offer is answered at once.

        Raises Refusal("unavailable").
        """
        await self._running()

    async def take(self, part: str, offer_sdp: str) -> str:
        """The answer to an offer to send, all candidates inside. Raises Refusal.

        The file of this part begins now, whatever comes when: `media.webm.began_ms` says it too.
        """
        began_ms = round(1_000 * time())
        _expect_readable(offer_sdp)
        if PART.fullmatch(part) is None or part in self._parts or part in self._answers:
            raise ValueError("a part needs a name of its own")
        return await self._ask(pipe.take(part, began_ms, offer_sdp))

    async def again(self, part: str, offer_sdp: str) -> str:
        """The answer to another offer of whoever is recorded and lost their way: the file goes on.

        Raises Refusal: this part does not go on so, and what is left of it is ended.
        """
        _expect_readable(offer_sdp)
        if part not in self._parts or part in self._answers:
            raise Refusal("unavailable")
        return await self._ask(Message(Word.AGAIN, part, offer_sdp.encode()))

    async def stop(self, part: str) -> None:
        """Take nothing more of it from now on; returns when its file is finished.

        A part that has ended is no error, and one that is only being taken is refused. If the
        recorder does not do it, it is killed.
        """
        if (answer := self._answers.get(part)) is not None and not answer.done():
            answer.set_exception(Refusal("unavailable"))
        if (ended := self._parts.get(part)) is None:
            return
        self._say(Message(Word.STOP, part))
        try:
            async with asyncio.timeout(_STOP_SECONDS):
                await ended.wait()
        except TimeoutError:
            _log.error("the recorder did not stop a part")
            self._kill()
            await ended.wait()

    async def close(self) -> None:
        """End the process; every file is finished first. Nothing is taken any more."""
        self._closed = True
        process, hears = self._process, self._hears
        if process is None or hears is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        await asyncio.wait({hears}, timeout=2 * _STOP_SECONDS)
        self._kill()
        await hears

    async def _ask(self, message: Message) -> str:
        """The answer to what has an offer in it."""
        part = message.part
        answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._answers[part] = answer
        try:
            await self._running()
            if not answer.done():  # else it was stopped meanwhile
                self._say(message)
            async with asyncio.timeout(_ANSWER_SECONDS):
                return await answer
        except BaseException as error:
            self._say(Message(Word.STOP, part))  # nobody waits for it any more
            if isinstance(error, TimeoutError):
                raise Refusal("unavailable") from None
            raise
        finally:
            del self._answers[part]
            if not answer.cancel() and not answer.cancelled():
                answer.exception()  # whether or not anybody waited for it

    # -- the process

    async def _running(self) -> None:
        async with self._starting:
            if self._closed or not (self._command or installed()):
                raise Refusal("unavailable")
            if self._process is None:
                await self._start()
            hears = self._hears
            assert hears is not None
            ready = asyncio.get_running_loop().create_task(self._ready.wait())
            try:
                await asyncio.wait(
                    {ready, hears}, timeout=_START_SECONDS, return_when=asyncio.FIRST_COMPLETED
                )
            finally:
                ready.cancel()
            if not self._ready.is_set():
                self._kill()
                raise Refusal("unavailable")

    async def _start(self) -> None:
        self._ready.clear()
        try:
            process = await asyncio.create_subprocess_exec(
                *(self._command or command()),
                stdin=PIPE, stdout=PIPE, limit=1 << 20, start_new_session=True,
                env={},  # that of the node may have secrets in it
            )  # fmt: skip
        except OSError as error:
            _log.error("the recorder does not start: %s", error.strerror)
            raise Refusal("unavailable") from None
        self._process = process
        self._hears = asyncio.get_running_loop().create_task(self._hear(process))

    async def _hear(self, process: Process) -> None:
        """All that this process says, to its end."""
        assert process.stdout is not None
        try:
            while (message := await pipe.read(process.stdout)) is not None:
                self._heard(message)
        except ValueError:
            _log.error("the recorder said what is no message")
        finally:
            self._process = None
            self._gone()
        with suppress(TimeoutError):
            async with asyncio.timeout(_STOP_SECONDS):
                await process.wait()
        self._kill(process)
        await process.wait()
        if not self._closed:
            _log.error("the recorder ended by itself, code %s", process.returncode)

    def _heard(self, message: Message) -> None:
        part, text = message.part, message.body
        if message.word is Word.READY:
            self._ready.set()
        elif message.word is Word.CHUNK:
            self._tell(part, text)
        elif message.word is Word.ENDED:
            self._end(part, text.decode("ascii", "replace"))
        elif (answer := self._answers.get(part)) is not None and not answer.done():
            if message.word is Word.ANSWER:
                self._parts.setdefault(part, asyncio.Event())
                answer.set_result(text.decode())
            elif message.word is Word.REFUSED:
                answer.set_exception(Refusal(text.decode("ascii", "replace")))

    def _tell(self, part: str, data: bytes) -> None:
        if part not in self._parts:
            return
        try:
            self._ears.chunk(part, data)
        except Exception:
            _log.exception("what was recorded was not taken")
            self._say(Message(Word.STOP, part))

    def _end(self, part: str, code: str) -> None:
        ended = self._parts.pop(part, None)
        if ended is None:
            return
        ended.set()
        try:
            self._ears.ended(part, code if code in ENDINGS else "crashed")
        except Exception:
            _log.exception("the end of a part was not taken")

    def _gone(self) -> None:
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(Refusal("unavailable"))
        for part in list(self._parts):
            self._end(part, "crashed")

    def _say(self, message: Message) -> None:
        process = self._process
        if process is not None and process.stdin is not None and not process.stdin.is_closing():
            process.stdin.write(message.packed())

    def _kill(self, process: Process | None = None) -> None:
        process = process or self._process
        if process is not None and process.returncode is None:
            process.kill()


def _expect_readable(offer_sdp: str) -> None:
    if len(offer_sdp) > MAX_BYTES or not offer_sdp.isascii():
        raise Refusal("bad_offer")
