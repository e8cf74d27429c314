"""Searches for what must not be found: a text in every form that software writes texts in.

It knows encodings; what the texts are and where to look is the tests' business.
"""

import base64
import json
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import quote, quote_plus

LETTERS = "abcdefghijklmnopqrstuvwxyz"


def canary(prefix: str) -> str:
    """A name that nobody bears; an umlaut, so that the encodings differ."""
    return prefix + "ö" + "".join(secrets.choice(LETTERS) for _ in range(10))


def forms(text: str) -> dict[str, bytes]:
    """How the text looks in bytes, by the encoding."""
    utf8 = text.encode()
    found = {
        "utf-8": utf8,
        "utf-16": text.encode("utf-16-le"),
        "latin-1": text.encode("latin-1"),
        "json": json.dumps(text)[1:-1].encode(),
        "repr": repr(utf8)[2:-1].encode(),
        "url": quote(text).encode(),
        "form": quote_plus(text).encode(),
        "hex": utf8.hex().encode(),
    }
    for shift in range(3):  # where a text lies in a longer one decides how base64 shows it
        padded = base64.b64encode(b"\0" * shift + utf8)
        middle = padded[4 if shift else 0 : -4]
        found[f"base64, {shift}"] = middle
        found[f"base64url, {shift}"] = middle.replace(b"+", b"-").replace(b"/", b"_")
    return found


def traces(texts: Iterable[str], places: Mapping[str, bytes]) -> list[str]:
    """Where which text was found, in which form."""
    found = []
    for text in texts:
        for form, needle in forms(text).items():
            for place, content in places.items():
                if needle.lower() in content.lower():
                    found.append(f"{text} in {place} as {form}")
    return found


def files(folder: Path) -> dict[str, bytes]:
    """Every file below a folder with its content, write-ahead logs and all."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
