"""What a text looks like at a glance: for recognising words that pretend, never for identity.

A hand-picked part of Unicode's confusables (UTS #39): the letters that can spell our words.
"""

import unicodedata
from typing import Final

# Latin letter: capitals of other scripts that look like its capital.
_CAPITALS: Final = {
    "a": "АΑᎪ", "b": "ВΒᏴ", "c": "СϹᏟ", "d": "Ꭰ", "e": "ЕΕᎬ", "g": "Ԍ", "h": "НΗᎻ", "i": "ІΙ",
    "j": "ЈᎫ", "k": "КΚᏦ", "l": "Ꮮ", "m": "МΜᎷ", "n": "Ν", "o": "ОΟՕ", "p": "РΡᏢ", "r": "Ꭱ",
    "s": "ЅᏚՏ", "t": "ТΤᎢ", "u": "Ս", "v": "ѴᏙ", "w": "ԜᎳ", "x": "ХΧ", "y": "УΥҮ", "z": "Ζ",
}  # fmt: skip
# Latin letter: what looks like it when small, small capitals and strokes included.
_SMALL: Final = {
    "a": "аαɑᴀ", "b": "вβЬьʙɓƅ", "c": "сϲᴄ", "d": "ԁᴅđɗ", "e": "еεєᴇҽ", "f": "ꜰſ", "g": "ɡɢ",
    "h": "һнհʜħ", "i": "іιıɩɪ", "j": "јᴊ", "k": "кκᴋ", "l": "ӏʟł", "m": "мᴍ", "n": "пոռηɴ",
    "o": "оοօσᴏø", "p": "рρᴘ", "r": "гʀ", "s": "ѕꜱ", "t": "тτᴛŧ", "u": "υսᴜʋ", "v": "νѵᴠ",
    "w": "ѡԝшᴡ", "x": "хχ", "y": "уүʏγ", "z": "ᴢ",
}  # fmt: skip


def _table(groups: dict[str, str]) -> dict[int, str]:
    return {ord(other): latin for latin, others in groups.items() for other in others}


_CAPITALS_TO_LATIN: Final = _table(_CAPITALS)
_SMALL_TO_LATIN: Final = _table(_SMALL)


def skeleton(text: str) -> str:
    """Two texts that look alike have the same skeleton; it is no spelling of anything."""
    plain = unicodedata.normalize("NFKC", text).translate(_CAPITALS_TO_LATIN).casefold()
    parts = unicodedata.normalize("NFD", plain.translate(_SMALL_TO_LATIN))
    bare = "".join(part for part in parts if not unicodedata.category(part).startswith("M"))
    # A small L, a capital i; r and n side by side.
    return bare.translate(_SMALL_TO_LATIN).replace("i", "l").replace("rn", "m").replace("vv", "w")


def words_of(text: str) -> list[str]:
    """The skeletons of its words, and of all of it in one, for words that were pulled apart."""
    whole = skeleton(text)
    words = "".join(letter if letter.isalpha() else " " for letter in whole).split()
    return [*words, "".join(words)]
