"""What operators promise to people who use such a platform, row by row, and what proves it.

`kept`: at least one test would fail without it. `part`: what is there is proved, what is missing
is said. `open`: not built, or no test can prove it; then it is said how a person checks it.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal, NamedTuple

ROOT: Final = Path(__file__).resolve().parent.parent
State = Literal["kept", "part", "open"]
_ROW: Final = re.compile(r"\b(?:OB|KP)-\d\d\b")


class Promise(NamedTuple):
    """A row: what is promised, how far it is kept, and what is missing."""

    text: str
    state: State
    missing: str = ""


class Proof(NamedTuple):
    """A test that names a row; `path` within the repository."""

    row: str
    path: str
    name: str


PROMISES: Final[dict[str, Promise]] = {
    "OB-01": Promise("roles, each with its own rights, and agencies that see only their own",
                     "kept"),
    "OB-02": Promise("chat, sound, picture, screen, files and board in one talk", "kept"),
    "OB-03": Promise("a privacy notice of the house and one of the platform, with versions",
                     "kept"),
    "OB-04": Promise("controller and officer come from the configuration; requests have due days",
                     "kept"),
    "OB-05": Promise("an access log with six fields and no more", "kept"),
    "OB-06": Promise("no password, no account for prospects", "kept"),
    "OB-07": Promise("first and last name are enough; more is refused", "kept"),
    "OB-08": Promise("media and signalling are always encrypted on the way", "kept"),
    "OB-09": Promise("names, chat, files and board are stored encrypted", "kept"),
    "OB-10": Promise("one board for both, whatever happens on the way", "kept"),
    "OB-11": Promise("what is freely told: a hint before, a consent before a talk comes to what is "
                     "protected, and pictures without their metadata", "kept"),
    "OB-12": Promise("statistics without people", "kept"),
    "OB-13": Promise("statistics never see what was entered", "kept"),
    "OB-14": Promise("the provider is given aggregates only, once a second person looked at them",
                     "kept"),
    "OB-15": Promise("every disclosure has a ground", "kept"),
    "OB-16": Promise("authorities: four eyes, the least, sealed, logged, and told to the person "
                     "once that is allowed", "kept"),
    "OB-17": Promise("who was removed does not come back for a while; terms of use have versions",
                     "kept"),
    "OB-18": Promise("a report on requests of authorities", "kept"),
    "OB-19": Promise("a register of processors, and no machine that is not in it", "kept"),
    "OB-20": Promise("no request to anybody else's host", "kept"),
    "OB-21": Promise("addresses are nowhere after thirty days: they are shortened before anything "
                     "is written", "kept"),
    "OB-22": Promise("transfers need a ground", "kept"),
    "OB-23": Promise("void grounds are never named", "kept"),
    "OB-24": Promise("standard clauses are on file, with the assessment", "kept"),
    "OB-25": Promise("sessions can be handed to another house, and are erased here then",
                     "kept"),
    "OB-26": Promise("one cookie, and what it is for", "kept"),
    "OB-27": Promise("who only looks stays anonymous", "kept"),
    "OB-28": Promise("without cookies there is a way on", "kept"),
    "OB-29": Promise("deleting the cookie ends the access and doubles no session", "kept"),
    "OB-30": Promise("a defence against robots without anybody else's service", "kept"),
    "OB-31": Promise("no maps of others", "kept"),
    "OB-32": Promise("fonts from the own house", "kept"),
    "OB-33": Promise("no page says where one came from", "kept"),
    "OB-34": Promise("no profiles", "kept"),
    "OB-35": Promise("an objection to statistics holds at once", "kept"),
    "OB-36": Promise("rights by number and code; else only once it is kept how identity was "
                     "checked", "kept"),
    "OB-37": Promise("everything that is kept, to read and to take home", "kept"),
    "OB-38": Promise("corrections, with a history", "kept"),
    "OB-39": Promise("erasure, of copies and backups too; recipients are told", "kept"),
    "OB-40": Promise("what is restricted is neither used nor erased", "kept"),
    "OB-41": Promise("a package for programs, sealed for another house too", "kept"),
    "OB-42": Promise("objections, by purpose, and a list of whom no advertising may reach", "kept"),
    "OB-43": Promise("nobody is chosen by a score", "kept"),
    "OB-44": Promise("a consent is withdrawn as easily as given", "kept"),
    "OB-45": Promise("where to complain", "kept"),
    "OB-46": Promise("a consent before camera and microphone, each by itself", "kept"),
    "OB-47": Promise("each line of a log has a purpose", "kept"),
    "OB-48": Promise("operators see numbers, never names or content", "kept"),
    "OB-49": Promise("nothing is kept longer than its period", "kept"),
    "OB-50": Promise("every version of the notice can be read", "kept"),
    "KP-03": Promise("the officer's address comes from the configuration", "kept"),
    "KP-04": Promise("signing in tells nobody which names there are", "part",
                     "the portal, of which only its spirit is here"),
    "KP-20": Promise("addresses are coarsened before anything sees them", "kept"),
    "KP-21": Promise("nothing ties a visit to an address", "kept"),
}  # fmt: skip


def proofs() -> list[Proof]:
    """Every test that names a row, by row and path."""
    found = {*_of_python(), *_of_scripts()}
    return sorted(found)


def table() -> str:
    """The rows, and the tests that prove each."""
    by_row: dict[str, list[Proof]] = {}
    for proof in proofs():
        by_row.setdefault(proof.row, []).append(proof)
    lines = ["| row | promise | | proved by | missing |", "| --- | --- | --- | --- | --- |"]
    for row, promise in PROMISES.items():
        links = ", ".join(f"[`{one.name}`](../{one.path})" for one in by_row.get(row, ()))
        lines.append(f"| {row} | {promise.text} | {promise.state} | {links} | {promise.missing} |")
    return "\n".join(lines)


def _of_python() -> Iterator[Proof]:
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                if node.name.startswith("test_"):
                    for row in _ROW.findall(ast.get_docstring(node) or ""):
                        yield Proof(row, _within(path), node.name.removeprefix("test_"))


def _of_scripts() -> Iterator[Proof]:
    """A test or group by its name; a whole file by the comment that it opens with."""
    for path in sorted((ROOT / "web" / "client" / "src").rglob("*.test.ts*")):
        text = path.read_text("utf-8")
        opening = text.partition("*/")[0] if text.startswith("/**") else ""
        for row in _ROW.findall(opening):
            yield Proof(row, _within(path), path.name)
        for name in re.findall(r"\b(?:test|it|describe)\(\s*[\"'`]([^\"'`]+)", text):
            for row in _ROW.findall(name):
                yield Proof(row, _within(path), name.rpartition(": ")[2])


def _within(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()
