"""A small disk for tests: a file system of its own that can be filled and emptied."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

_PIECE = bytes(65_536)


@contextmanager
def small_disk(folder: Path, size: str = "1m") -> Iterator[None]:
    """So much room in this folder and no more, where that may be made."""
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no file system may be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def full(folder: Path) -> Iterator[None]:
    """Not a byte is left on the disk of this folder, until the end."""
    filling = folder / "filling"
    with filling.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(_PIECE):
            pass
    try:
        yield
    finally:
        filling.unlink()
