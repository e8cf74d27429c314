"""Where people complain: the data protection authorities of Germany and of the rest of the EEA.

Names, seats and hosts in `authorities.json` as of November 2026. People choose: where they live or
work, or where it happened (Art. 77 GDPR).
"""

from importlib.resources import files
from typing import Final, NamedTuple

import orjson


class Authority(NamedTuple):
    """`code`: of the Land (ISO 3166-2, without DE-), DE for the Federation, or of the country."""

    code: str
    de: str  # Land or country
    en: str
    name: str
    city: str
    host: str  # on the web

    def place(self, language: str) -> str:
        return self.en if language == "en" else self.de


def authority(code: str) -> Authority | None:
    """The German authority of this Land, or of the Federation."""
    return next((one for one in GERMANY if one.code == code), None)


def _read(which: str) -> tuple[Authority, ...]:
    rows = orjson.loads((files("web") / "authorities.json").read_bytes())[which]
    return tuple(Authority(**row) for row in rows)


GERMANY: Final = _read("germany")
ELSEWHERE: Final = _read("elsewhere")
