"""What holds for every test: no task survives it, no exception goes unnoticed."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# A busy machine is slow, not wrong.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


@pytest.fixture(autouse=True)
async def nothing_leaks() -> AsyncIterator[None]:
    """Fail a test that leaves a task behind or an exception that nobody awaited."""
    loop = asyncio.get_running_loop()
    unnoticed: list[dict[str, Any]] = []
    loop.set_exception_handler(lambda _loop, context: unnoticed.append(context))
    before = asyncio.all_tasks()
    yield
    for _ in range(3):  # what was cancelled may need a turn to end
        await asyncio.sleep(0)
    if ending := {task for task in asyncio.all_tasks() - before if task.cancelling()}:
        await asyncio.wait(ending, timeout=60)
    # Each half of this fixture runs in a task of its own.
    ours = asyncio.all_tasks() - before - {asyncio.current_task()}
    leaked = {task for task in ours if not _is_the_browser_s(task)}
    for task in leaked:
        task.cancel()
    loop.set_exception_handler(None)
    assert not leaked, f"leaked tasks: {leaked}"
    assert not unnoticed, f"exceptions that nobody awaited: {unnoticed}"


def _is_the_browser_s(task: "asyncio.Task[Any]") -> bool:
    """Playwright lets calls go on that nobody waits for, until the browser has answered."""
    code = getattr(task.get_coro(), "cr_code", None)
    return code is not None and "playwright" in Path(code.co_filename).parts
