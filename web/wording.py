"""Texts of the company itself in both languages, out of files beside its brand file; and what none
of its words may name.

It does not know what they are shown as, nor how they are archived.
"""

import re
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, StringConstraints

IN_FILES: Final = ("house_privacy", "terms")  # what the brand file names text files for
# Grounds for a transfer that the Court of Justice or the Commission ended: C-362/14, C-311/18, and
# clauses that are void since 27 December 2022.
VOID: Final = re.compile(r"safe[\s-]*harbou?r|privacy[\s-]*shield|2001/497|2004/915|2010/87", re.I)
_Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200_000)]


class Wording(BaseModel):
    """A text in full, as `plain.py` writes one: paragraphs with an empty line between them, `# `
    before a heading, `- ` before an item.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    de: _Words
    en: _Words

    def text(self, language: str) -> str:
        return self.en if language == "en" else self.de


def with_words(given: Any, folder: Path) -> Any:
    """A brand as it was written, with the words in place of the names of their files.

    Raises ValueError for a file that is no text.
    """
    if not isinstance(given, dict):
        return given
    named = {name: given[name] for name in IN_FILES if isinstance(given.get(name), dict)}
    return given | {
        name: {language: _words(name, folder / str(file)) for language, file in files.items()}
        for name, files in named.items()
    }


def refuse_void_grounds(given: Any, at: str = "brand") -> None:
    """Raises ValueError where anything that was written names a ground that is void."""
    if isinstance(given, str) and (found := VOID.search(given)) is not None:
        raise ValueError(f"{at}: {found[0]} is void as a ground for a transfer of data")
    for name, one in given.items() if isinstance(given, dict) else ():
        refuse_void_grounds(one, str(name))
    for one in given if isinstance(given, list) else ():
        refuse_void_grounds(one, at)


def _words(name: str, file: Path) -> str:
    """A text file as paragraphs."""
    try:
        lines = [line.rstrip() for line in file.read_text("utf-8").splitlines()]
    except (OSError, UnicodeDecodeError):
        raise ValueError(f"{name}: expected a text file in UTF-8 at {file.name}") from None
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
    if any(one < " " and one != "\n" for one in text):
        raise ValueError(f"{name}: {file.name} is no plain text")
    return text
