"""What the tests of signaling are given: worlds, over databases that were migrated once."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.world import World, migrated, world_in


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return migrated(tmp_path_factory.mktemp("template"))


@pytest.fixture
async def world(tmp_path: Path, template: Path) -> AsyncIterator[World]:
    """One node."""
    async with world_in(tmp_path, template) as world:
        yield world


@pytest.fixture
async def two_nodes(tmp_path: Path, template: Path) -> AsyncIterator[World]:
    async with world_in(tmp_path, template, nodes=2) as world:
        yield world
