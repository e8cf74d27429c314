"""`visavis doctor`: examines a deployment by its settings, and says what to mend.

It examines nothing itself, and mends nothing.
"""

import os
from collections.abc import Sequence
from typing import Final

import orjson

from web.agency_check import agencies
from web.examinations import (
    blobs,
    bus,
    databases,
    disk,
    key_file,
    open_files,
    python,
    scanner,
)
from web.exit_check import exits
from web.findings import Examination, Finding, Grade, error
from web.reachability import proxies, public_address, turn
from web.recording_policy import recording
from web.register import register
from web.role_check import roles
from web.settings import Settings
from web.texts import LANGUAGES, Texts, load_texts

EXAMINATIONS: Final[tuple[Examination, ...]] = (
    python, open_files, key_file, disk, databases, blobs, scanner, bus, public_address, proxies,
    turn, register, recording, agencies, roles, exits,
)  # fmt: skip
_MARKS: Final = {Grade.FINE: "ok", Grade.WARNING: "warning", Grade.ERROR: "ERROR"}


async def examine(settings: Settings) -> list[Finding]:
    """Everything that was found, in the order of the examinations."""
    found: list[Finding] = []
    for examination in EXAMINATIONS:
        try:
            found.extend([finding async for finding in examination(settings)])
        except Exception as reason:  # one that fails must not hide what the others find
            found.append(error("failed", what=examination.__name__, why=type(reason).__name__))
    return found


def verdict(findings: Sequence[Finding]) -> Grade:
    """The gravest, which is the exit status."""
    return max((one.grade for one in findings), default=Grade.FINE)


def in_words(findings: Sequence[Finding], language: str) -> str:
    """A line each: how grave, the code, and what to do."""
    texts = _texts(language)
    lines = [
        f"{_MARKS[one.grade]:8}{one.code:24}{texts.t(f'doctor.{one.code}', **one.facts)}"
        for one in findings
    ]
    last = texts.t(f"doctor.verdict.{verdict(findings).name.lower()}")
    return "\n".join([*lines, "", last])


def as_json(findings: Sequence[Finding], language: str) -> str:
    texts = _texts(language)
    report = {
        "verdict": verdict(findings).name.lower(),
        "findings": [
            {
                "code": one.code,
                "grade": one.grade.name.lower(),
                "text": texts.t(f"doctor.{one.code}", **one.facts),
            }
            for one in findings
        ],
    }
    return orjson.dumps(report, option=orjson.OPT_INDENT_2).decode()


def language_of_terminal() -> str:
    """German where the terminal is, else English as the rest of the command line."""
    wanted = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG", "")
    return "de" if wanted.startswith("de") else "en"


def _texts(language: str) -> Texts:
    assert language in LANGUAGES
    return load_texts()[language]
