"""A hand that draws what the dice say, with the mouse and the keys, as a person would."""

import random
import re
from contextlib import suppress

from playwright.async_api import Error, FloatRect, Locator, expect

from tests.e2e.people import Talker, word

_SHAPES = ("pen", "marker", "rectangle", "ellipse", "arrow", "line")
_EDGE = 0.25  # of the paper: where tools and pictures may lie over it
_LOST_CHANCE, _RELOAD_CHANCE = 0.03, 0.015
_OPERATIONS_OFFLINE = (2, 8)


class Hand:
    """One person's. It knows where something may lie, because it has drawn there."""

    def __init__(self, talker: Talker, dice: random.Random) -> None:
        self.talker = talker
        talker.guard.allow(r"ERR_INTERNET_DISCONNECTED|WebSocket connection to \S+ failed")
        self.reloads = self.cuts = 0
        self._dice = dice
        self._offline = 0
        self._places: list[tuple[float, float]] = []
        self._box: FloatRect | None = None

    @property
    def board(self) -> Locator:
        return self.talker.page.get_by_role("region", name=word("board.title"), exact=True)

    async def be_patient(self) -> None:
        """Whoever is asked whether to wait for the other, who is away for a while, waits."""
        wait = self.talker.button("talk.lost.wait")
        await self.talker.page.add_locator_handler(wait, lambda button: button.click())

    async def sit_down(self) -> None:
        """Wait for the board, and look where it is."""
        await expect(self.board).to_have_attribute("data-draws", "true")
        paper = self.board.get_by_role("application")
        await expect(paper).to_be_visible()
        self._box = await paper.bounding_box()

    async def operate(self) -> None:
        """One operation, and what may happen to the network meanwhile."""
        await self._trouble()
        act = self._dice.choices(
            (self._draw, self._write, self._move, self._erase, self._remove, self._step_back),
            (10, 1, 4, 1, 1, 3),
        )[0]
        await act()

    async def rest(self) -> None:
        """Everything has its way again."""
        await self.talker.page.keyboard.press("Escape")
        await self.talker.context.set_offline(False)

    async def _trouble(self) -> None:
        if self._offline:
            self._offline -= 1
            if self._offline == 0:
                await self.talker.context.set_offline(False)
        elif self._dice.random() < _LOST_CHANCE:
            self._offline = self._dice.randint(*_OPERATIONS_OFFLINE)
            self.cuts += 1
            await self.talker.context.set_offline(True)
        elif self._dice.random() < _RELOAD_CHANCE:
            self.reloads += 1
            await self.talker.page.reload()
            await self.talker.in_talk()
            await self.sit_down()

    def _somewhere(self) -> tuple[float, float]:
        assert self._box
        across, down = (self._dice.uniform(_EDGE, 1 - _EDGE) for _ in "xy")
        return (
            self._box["x"] + across * self._box["width"],
            self._box["y"] + down * self._box["height"],
        )

    async def _take(self, tool: str) -> None:
        tools = self.board.get_by_role("toolbar", name=word("board.tools"))
        # Where there is no room for the word, its key is part of the name.
        name = re.compile(rf"^{re.escape(word(f'board.tool.{tool}'))}( \(\w\))?$")
        await tools.get_by_role("button", name=name).click()

    async def _drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        mouse = self.talker.page.mouse
        await mouse.move(*start)
        await mouse.down()
        await mouse.move(*end, steps=self._dice.randint(2, 6))
        await mouse.up()

    async def _draw(self) -> None:
        start, end = self._somewhere(), self._somewhere()
        await self._take(self._dice.choice(_SHAPES))
        await self._drag(start, end)
        self._places.append(start)

    async def _write(self) -> None:
        place = self._somewhere()
        await self._take("text")
        await self.talker.page.mouse.click(*place)
        await self.talker.page.keyboard.type(self._dice.choice(("Hausrat", "Grüße 👋", "7,50 €")))
        await self.talker.page.keyboard.press("Escape")
        self._places.append(place)

    async def _move(self) -> None:
        await self._take("select")
        await self._drag(self._known(), self._somewhere())

    async def _erase(self) -> None:
        await self._take("eraser")
        await self._drag(self._known(), self._somewhere())

    async def _remove(self) -> None:
        await self._take("select")
        await self.talker.page.mouse.click(*self._known())
        await self.talker.page.keyboard.press("Delete")

    async def _step_back(self) -> None:
        with suppress(Error):
            await self.talker.page.keyboard.press(self._dice.choice(("Control+z", "Control+y")))

    def _known(self) -> tuple[float, float]:
        return self._dice.choice(self._places) if self._places else self._somewhere()
