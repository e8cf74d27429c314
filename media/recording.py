"""The recorder: a process of its own, beside a node, that listens and hands on files as they grow.

`python -m media.recording` reads messages (`media.pipe`) on its standard input and writes them on
its standard output, until the input ends. It has no keys, no files and no settings of its own.
"""

import argparse
import asyncio
import errno
import logging
import os
import resource
import signal
import sys
from asyncio.streams import FlowControlMixin
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from socket import AF_INET, AF_INET6, SOCK_DGRAM, socket
from typing import Any, Final, Protocol, cast

import uvloop

from media import pipe, rehearsal, verdict
from media.black import black
from media.connection import Reach
from media.part import BLACK_SIZE, Limits, Part
from media.pipe import MAX_BODY, Message, Word, taken

_MAX_BEHIND: Final = 64 << 20  # bytes that the node has not read
_CLOSE_SECONDS: Final = 4.0
_log: Final = logging.getLogger(__name__)


class NoPortLeft(Exception):
    """All that may be used are in use."""


class Ports:
    """The UDP ports that may be used, one after the other."""

    def __init__(self, first: int, last: int) -> None:
        self._range = range(first, last + 1)
        self._at = 0

    def __iter__(self) -> "Ports":
        self._left = len(self._range)
        return self

    def __next__(self) -> int:
        if self._left == 0:
            raise StopIteration
        self._left -= 1
        self._at = (self._at + 1) % len(self._range)
        return self._range[self._at]


class _Loop(uvloop.Loop):
    """One whose sockets for UDP come from a range, where nobody asked for a certain port."""

    ports: Ports | None = None

    async def create_datagram_endpoint(  # type: ignore[override]
        self, protocol_factory: Any, local_addr: Any = None, **more: Any
    ) -> Any:
        make = super().create_datagram_endpoint
        if self.ports is None or local_addr is None or local_addr[1] != 0:
            return await make(protocol_factory, local_addr=local_addr, **more)
        family = AF_INET6 if ":" in local_addr[0] else AF_INET
        for port in self.ports:
            one = socket(family, SOCK_DGRAM)
            try:
                one.bind((local_addr[0], port))
            except OSError as error:
                one.close()
                if error.errno != errno.EADDRINUSE:
                    _log.error("an address of this machine cannot be used: %s", error.strerror)
                    raise
            else:
                one.setblocking(False)
                return await make(protocol_factory, sock=one, **more)
        raise NoPortLeft


class Taker(Protocol):
    """What takes one offer and lasts until it is over (see `Part`)."""

    async def answer(self, offer: str) -> str: ...

    async def again(self, offer: str) -> str: ...

    def stop(self, code: str = "stopped") -> None: ...

    async def run(self) -> str: ...

    async def close(self) -> None: ...


Make = Callable[[Callable[[bytes], None], int], Taker]  # where bytes go, and when it was asked for
# What a process of this kind does with an offer; asked once, before the first.
Trade = Callable[[argparse.Namespace, Reach], Awaitable[Make]]


class Recordings:
    """All parts of this process."""

    def __init__(
        self,
        make: Make,
        most_parts: int,
        writer: asyncio.StreamWriter,
    ) -> None:
        self._make, self._most_parts = make, most_parts
        self._writer = writer
        self._parts: dict[str, Taker] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def told(self, message: Message) -> None:
        name = message.part
        if message.word is Word.STOP:
            if name in self._parts:
                self._parts[name].stop()
        elif message.word is Word.AGAIN:
            self._spawn(self._go_on(name, message.body.decode()))
        elif message.word is Word.TAKE and name not in self._parts:
            if len(self._parts) >= self._most_parts:
                self.tell(Word.REFUSED, name, b"too_many")
                return
            began_ms, offer = taken(message.body)
            part = self._make(lambda data: self._chunks(name, data), began_ms)
            self._parts[name] = part
            self._spawn(self._record(name, part, offer))

    def tell(self, word: Word, name: str = "", body: bytes = b"") -> None:
        if self._writer.transport.get_write_buffer_size() > _MAX_BEHIND:
            _log.error("nobody reads what is recorded")
            os._exit(3)
        self._writer.write(Message(word, name, body).packed())

    async def close(self) -> None:
        """Finish every file, as far as that is soon done."""
        for part in self._parts.values():
            part.stop()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_CLOSE_SECONDS)

    def _spawn(self, job: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(job)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _record(self, name: str, part: Taker, offer: str) -> None:
        try:
            answer = await part.answer(offer)
        except Exception as error:
            del self._parts[name]
            self._refuse(name, error)
            return
        self.tell(Word.ANSWER, name, answer.encode())
        code = "crashed"
        try:
            code = await part.run()
        finally:
            del self._parts[name]
            self.tell(Word.ENDED, name, code.encode())
            await part.close()

    async def _go_on(self, name: str, offer: str) -> None:
        part = self._parts.get(name)
        try:
            if part is None:
                raise ValueError("this part has ended")
            answer = await part.again(offer)
        except Exception as error:
            self._refuse(name, error)
        else:
            self.tell(Word.ANSWER, name, answer.encode())

    def _refuse(self, name: str, error: Exception) -> None:
        """Whatever an offer does to those who read it."""
        _log.debug("an offer was refused: %s", type(error).__name__)
        full = isinstance(error.__cause__, NoPortLeft)
        self.tell(Word.REFUSED, name, b"unavailable" if full else b"bad_offer")

    def _chunks(self, name: str, data: bytes) -> None:
        for at in range(0, len(data), MAX_BODY):
            self.tell(Word.CHUNK, name, data[at : at + MAX_BODY])


async def record(options: argparse.Namespace, reach: Reach) -> Make:
    """To record whoever offers."""
    limits = Limits(options.most_bytes, options.most_bits, options.silent_seconds)
    way = await rehearsal.way()
    black(*BLACK_SIZE)  # made while nobody waits

    def make(out: Callable[[bytes], None], began_ms: int) -> Part:
        return Part(reach, limits, out, began_ms=began_ms, way=way)

    return make


async def serve(options: argparse.Namespace, out: int, trade: Trade = record) -> None:
    """Until standard input ends. `out`: the descriptor that the node reads."""
    loop = cast(_Loop, asyncio.get_running_loop())
    reader = asyncio.StreamReader(limit=2 * MAX_BODY)
    await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(0, "rb", buffering=0)
    )
    pipes: Any = await loop.connect_write_pipe(FlowControlMixin, os.fdopen(out, "wb", buffering=0))
    transport, protocol = pipes
    transport.set_write_buffer_limits(high=0)  # to drain is to wait until all is written
    writer = asyncio.StreamWriter(transport, protocol, None, loop)
    reach = Reach(loopback=options.loopback, addresses=tuple(options.address))
    make = await trade(options, reach)
    loop.ports = options.ports and Ports(*options.ports)
    recordings = Recordings(make, options.most_parts, writer)
    recordings.tell(Word.READY)
    try:
        while (message := await pipe.read(reader)) is not None:
            recordings.told(message)
    finally:
        await recordings.close()
        with suppress(ConnectionError, TimeoutError):  # the node may be gone
            async with asyncio.timeout(_CLOSE_SECONDS):
                await writer.drain()


def options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="media.recording", description=__doc__)
    parser.add_argument("--address", action="append", default=[])
    parser.add_argument("--ports", type=_range, default=None)
    parser.add_argument("--loopback", action="store_true")
    parser.add_argument("--most-parts", type=int, default=16)
    parser.add_argument("--most-bytes", type=int, default=Limits().most_bytes)
    parser.add_argument("--most-bits", type=int, default=Limits().most_bits)
    parser.add_argument("--silent-seconds", type=float, default=Limits().silent_seconds)
    return parser.parse_args(arguments)


def _range(text: str) -> tuple[int, int]:
    first, _, last = text.partition("-")
    if not 0 < int(first) <= int(last or first) < 65_536:
        raise ValueError("not a range of ports")
    return int(first), int(last or first)


def main(trade: Trade = record) -> None:
    """Nothing of what is recorded is left behind by a crash, and only messages go to the node."""
    with suppress(OSError, ValueError):  # where this may not be asked for, it was seen to
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for number in (signal.SIGINT, signal.SIGTERM):  # meant for the node, which then closes the pipe
        signal.signal(number, signal.SIG_IGN)
    logging.basicConfig(stream=sys.stderr, format="recorder: %(message)s")
    for others in ("aiortc", "aioice"):  # addresses of people, and keys, in so many words
        logging.getLogger(others).setLevel(logging.CRITICAL)
    if verdict.needed():
        verdict.install()
    out = os.dup(1)
    os.dup2(2, 1)
    chosen = options()
    loop = _Loop()
    try:
        loop.run_until_complete(serve(chosen, out, trade))
    finally:
        loop.close()


if __name__ == "__main__":
    main()
