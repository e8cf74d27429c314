"""Whoever was there, however badly, sees the same board; and so does whoever opens the archive."""

import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from sessions.envelope import open_sealed
from sessions.events import Epoch, SenderId, Seq, participant_of
from tests.unit.whiteboard.scenes import RECTANGLE
from tests.world import Browser, Heard, LossyBus, World, migrated, world_in
from whiteboard.scene import Fold, scene_hash


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return migrated(tmp_path_factory.mktemp("template"))


def folded(log: Iterable[Heard]) -> Fold:
    fold = Fold()
    for heard in log:
        fold.apply(heard.kind, participant_of(SenderId(heard.sender)), heard.body)
    return fold


def drawing(dice: random.Random, fold: Fold) -> dict[str, Any]:
    """A change as somebody makes it who has seen this much of the board."""
    known = fold.scene.get(id_ := f"e{dice.randrange(12)}")  # type: ignore[call-overload]
    version = (known["version"] if known else 0) + 1
    place = {"x": dice.uniform(-9e5, 9e5), "index": f"a{dice.randrange(9)}"}
    odd = [{**RECTANGLE, "type": "iframe"}] if dice.random() < 0.1 else []
    element = {**RECTANGLE, **place, "id": id_, "version": version,
               "versionNonce": dice.randrange(3), "isDeleted": dice.random() < 0.2}  # fmt: skip
    return {"elements": [element, *odd]}


async def test_everybody_folds_the_same_scene(tmp_path: Path, template: Path) -> None:
    dice = random.Random(1)
    async with world_in(tmp_path, template, nodes=2, bus=LossyBus(1)) as world:
        people = await world.talk()
        for _ in range(60):
            person = dice.choice(people)
            if dice.random() < 0.1:
                await person.join(dice.choice(world.nodes))
            if dice.random() < 0.1 and person is people[1]:
                led = {"open": True, "leader": None, "locked": dice.random() < 0.5}
                await person.say("board.led", led)
            else:
                await person.say("board.changed", drawing(dice, folded(person.logged())))
        late = people[0].in_another_tab()
        await late.join(world.nodes[1])
        scenes = [await archived(world, people[0])]
        for person in (*people, late):
            head = len(scenes[0])
            await person.until(lambda one, head=head: one.cursor == head)  # type: ignore[misc]
            scenes.append(person.logged())
    folds = [folded(log) for log in scenes]
    assert len({scene_hash(fold.scene) for fold in folds}) == 1
    assert len(folds[0].scene) > 5


async def archived(world: World, browser: Browser) -> list[Heard]:
    """The log as the server has it, opened with the session's key."""
    node = world.nodes[0]
    key = await node.keys.content_key(browser.session, Epoch(1))
    log = await node.log.after(browser.session, Seq(0))
    return [
        Heard(event.seq, event.id, event.sender, event.kind, open_sealed(event, key).body)
        for event in log
    ]
