"""Work on what strangers sent, in a process of its own: bounded in time and memory, then gone.

What hangs is killed, what grows is refused memory, what crashes takes nobody along.
"""

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import IO, Final

_OUT_OF_MEMORY: Final = 9  # what the worker leaves with when it got no more memory
_PATIENCE: Final = 6  # how much longer it may take on a busy machine than it may work
_NO_MEMORY_SIGNALS = frozenset((-signal.SIGABRT, -signal.SIGTRAP, -signal.SIGILL))


class Failed(Exception):
    """The work did not come to an end; `why` is too_slow, too_large or damaged."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Worker:
    """One child that runs `whiteboard.worker`: bytes in, records out, each within its time.

    It may work for `seconds` on each record, by its own clock: on a busy machine a good document
    is not taken for an evil one. Whoever only sleeps is killed a little later.
    """

    def __init__(self, task: Sequence[str], *, seconds: int, megabytes: int) -> None:
        self._patience = seconds * _PATIENCE
        self._late = False
        # Isolated, without the environment: nothing of it is any business of the child's.
        self._child = subprocess.Popen(
            [sys.executable, "-I", "-m", "whiteboard.worker", str(seconds), str(megabytes), *task],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={},
        )  # fmt: skip

    def __enter__(self) -> "Worker":
        return self

    def __exit__(self, *_: object) -> None:
        self._child.kill()
        for end in (self._input, self._output):
            with suppress(BrokenPipeError):
                end.close()
        self._child.wait()

    @property
    def _input(self) -> IO[bytes]:
        assert self._child.stdin
        return self._child.stdin

    @property
    def _output(self) -> IO[bytes]:
        assert self._child.stdout
        return self._child.stdout

    def give(self, data: bytes) -> None:
        """All that the child gets. One that is gone already is noticed when it is asked."""
        with self._in_time(), suppress(BrokenPipeError):
            self._input.write(data)
            self._input.close()

    def record(self) -> bytes:
        """The next record. Raises Failed; there is no other end before the last record."""
        with self._in_time():
            head = self._output.read(8)
            data = self._output.read(int.from_bytes(head, "big")) if len(head) == 8 else b""
        if len(head) < 8 or len(data) < int.from_bytes(head, "big"):
            raise Failed(self._why())
        return data

    def _why(self) -> str:
        code = self._child.wait()
        if self._late or code == -signal.SIGXCPU:
            return "too_slow"
        return "too_large" if code == _OUT_OF_MEMORY or code in _NO_MEMORY_SIGNALS else "damaged"

    @contextmanager
    def _in_time(self) -> Iterator[None]:
        timer = threading.Timer(self._patience, self._kill)
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()

    def _kill(self) -> None:
        self._late = True
        self._child.kill()
