"""A scene: cleaned elements by id, merged in any order to the same, and the fold that makes one.

Byte-identical with `web/client/src/whiteboard/scene.ts`; `tests/vectors/scene.json` is read by
both. It does not know how events travel, nor how they were sealed.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, TypeAlias

from sessions.events import SERVER, ParticipantId, Role
from whiteboard.elements import Element, ElementId, clean

Scene: TypeAlias = Mapping[ElementId, Element]

_PARTICIPANT = re.compile(r"[0-9a-f]{16}")

MAX_ELEMENTS: Final = 5_000  # to be seen
MAX_IDS: Final = 20_000  # with those that were deleted: they are kept, so that nothing comes back


def text_of(element: Element) -> str:
    """The one JSON text of a cleaned element; in UTF-8 the same bytes as in the browser."""
    return json.dumps(element, ensure_ascii=False, separators=(",", ":"))


def wins(one: Element | None, other: Element) -> bool:
    """Whether `other` takes the place of `one`: Excalidraw's rule, with an end to every tie."""
    if one is None:
        return True
    if other["version"] != one["version"]:
        return bool(other["version"] > one["version"])
    if other["versionNonce"] != one["versionNonce"]:
        return bool(other["versionNonce"] < one["versionNonce"])
    return _units(text_of(other)) < _units(text_of(one))


def _units(text: str) -> bytes:
    """Compares as browsers compare strings: by UTF-16 units, not by characters."""
    return text.encode("utf-16-be")


def merge(scene: Scene, elements: Iterable[Element]) -> Scene:
    """A scene with these elements as well: the same in whatever order and however often."""
    merged = dict(scene)
    for element in elements:
        if wins(merged.get(element["id"]), element):
            merged[element["id"]] = element
    return merged


def ordered(scene: Scene) -> list[Element]:
    """What is to be seen, from back to front."""
    seen = (element for element in scene.values() if not element["isDeleted"])
    return sorted(seen, key=lambda element: (element["index"] or "", element["id"]))


def canonical(scene: Scene) -> str:
    """The one JSON text of a scene, with the deleted ones, by id."""
    return "[" + ",".join(text_of(scene[id]) for id in sorted(scene)) + "]"


def scene_hash(scene: Scene) -> str:
    """SHA-256 over the canonical text in UTF-8, hexadecimal."""
    return hashlib.sha256(canonical(scene).encode()).hexdigest()


class Step(NamedTuple):
    """What one event did to the scene."""

    changed: tuple[Element, ...] = ()
    left_out: int = 0  # elements that may not be there, or for which there is no room
    locked_out: bool = False  # a whole change, by someone who may not draw just now


@dataclass(slots=True)
class Fold:
    """The board as the log tells it, event after event, in the order of the log.

    Whoever folds the same log has the same scene: who may draw is decided here, and by the log
    alone, because the relay cannot read what it carries.
    """

    scene: dict[ElementId, Element] = field(default_factory=dict)
    open: bool = False
    leader: ParticipantId | None = None
    locked: bool = False
    _roles: dict[str, str] = field(default_factory=dict)
    _seen: int = 0

    def apply(self, kind: str, participant: ParticipantId, body: Mapping[str, Any]) -> Step:
        """Take the next logged event; those of other kinds change nothing."""
        if kind == "participant.joined" and participant == SERVER:
            self._roles[str(body.get("participant"))] = str(body.get("role"))
        elif kind == "board.led" and self._advises(participant):
            self._lead(body)
        elif kind == "board.changed":
            return self._change(participant, body.get("elements"))
        return Step()

    def _advises(self, participant: ParticipantId) -> bool:
        return self._roles.get(participant) == Role.ADVISOR

    def _lead(self, body: Mapping[str, Any]) -> None:
        open_, locked, leader = body.get("open"), body.get("locked"), body.get("leader")
        if not isinstance(open_, bool) or not isinstance(locked, bool):
            return
        if leader is None or (isinstance(leader, str) and _PARTICIPANT.fullmatch(leader)):
            self.open, self.locked = open_, locked
            self.leader = None if leader is None else ParticipantId(leader)

    def _change(self, participant: ParticipantId, given: object) -> Step:
        # A body that browsers do not take for one is none here either.
        if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
            return Step()
        if self.locked and not self._advises(participant):
            return Step(locked_out=True)
        changed, left_out = [], 0
        for one in given:
            element = clean(one)
            if element is None or not self._room(element):
                left_out += 1
            elif wins(self.scene.get(element["id"]), element):
                self._put(element)
                changed.append(element)
        return Step(tuple(changed), left_out)

    def _room(self, element: Element) -> bool:
        known = self.scene.get(element["id"])
        if known is None and len(self.scene) >= MAX_IDS:
            return False
        appears = not element["isDeleted"] and (known is None or known["isDeleted"])
        return not appears or self._seen < MAX_ELEMENTS

    def _put(self, element: Element) -> None:
        known = self.scene.get(element["id"])
        self._seen -= known is not None and not known["isDeleted"]
        self._seen += not element["isDeleted"]
        self.scene[element["id"]] = element
