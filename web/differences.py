"""What changed between two texts: block by block, and within a block word by word.

Pure. Texts are as `plain.py` writes them; what becomes of a difference on a screen is not its
affair.
"""

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Final, Literal, NamedTuple

What = Literal["same", "added", "removed"]
_MARK: Final = re.compile(r"(#{1,3}|-) ")
_WORDS: Final = re.compile(r"\S+\s*|\s+")
_ALIKE: Final = 0.5  # of the words; below, a reader is better served with all of both


class Piece(NamedTuple):
    """Words that are in both texts, only in the new one, or only in the old one."""

    what: What
    text: str


class Block(NamedTuple):
    """A paragraph, a heading ("#", "##", "###") or an item ("-"), in pieces."""

    mark: str
    pieces: Sequence[Piece]

    @property
    def changed(self) -> bool:
        return any(piece.what != "same" for piece in self.pieces)


def blocks(text: str, what: What = "same") -> list[Block]:
    """A whole text."""
    return [_block(one, what) for one in text.split("\n\n")]


def differences(old: str, new: str) -> list[Block]:
    """All of the new text, and at its place what of the old one is gone."""
    before, after = old.split("\n\n"), new.split("\n\n")
    found: list[Block] = []
    for tag, i, i_end, j, j_end in SequenceMatcher(None, before, after, False).get_opcodes():
        if tag == "equal":
            found += [_block(one, "same") for one in after[j:j_end]]
        else:
            for gone, come in zip_longest(before[i:i_end], after[j:j_end]):
                found += _changed(gone, come)
    return found


def changes(found: Sequence[Block]) -> list[Block | None]:
    """What changed, with the block before and after it; None where blocks were left out."""
    shown: list[Block | None] = []
    for place, block in enumerate(found):
        if any(near.changed for near in found[max(0, place - 1) : place + 2]):
            shown.append(block)
        elif not shown or shown[-1] is not None:
            shown.append(None)
    return shown


def _changed(gone: str | None, come: str | None) -> Iterator[Block]:
    if gone is not None and come is not None:
        (mark, old), (new_mark, new) = _parted(gone), _parted(come)
        pieces = _words(old, new)
        same = sum(len(piece.text) for piece in pieces if piece.what == "same")
        if mark == new_mark and same >= _ALIKE * max(len(old), len(new)):
            yield Block(mark, pieces)
            return
    if gone is not None:
        yield _block(gone, "removed")
    if come is not None:
        yield _block(come, "added")


def _words(old: str, new: str) -> list[Piece]:
    before, after = _WORDS.findall(old), _WORDS.findall(new)
    pieces: list[Piece] = []
    for tag, i, i_end, j, j_end in SequenceMatcher(None, before, after, False).get_opcodes():
        if tag == "equal":
            pieces.append(Piece("same", "".join(after[j:j_end])))
            continue
        if i < i_end:
            pieces.append(Piece("removed", "".join(before[i:i_end])))
        if j < j_end:
            pieces.append(Piece("added", "".join(after[j:j_end])))
    return pieces


def _block(text: str, what: What) -> Block:
    mark, words = _parted(text)
    return Block(mark, [Piece(what, words)])


def _parted(text: str) -> tuple[str, str]:
    found = _MARK.match(text)
    return (found[1], text[found.end() :]) if found else ("", text)
