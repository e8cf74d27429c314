"""The parts of the documents that are made from the code.

`python -m tests.documents` rewrites them; a unit test notices when that was forgotten.
"""

import ast
import re
from pathlib import Path

from sessions.events import KINDS, Kind
from tests import promises

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("sessions", "signaling", "media", "whiteboard", "web")
_ORDER = ("prospect", "advisor", "guest", "operator", "server")


def kinds_table() -> str:
    """The table of kinds as PROTOCOL.md shows it."""
    head = _cells("kind", "code", "lane", "from", "while", "bytes", "means")
    rule = _cells(*["---"] * 7)
    return "\n".join([head, rule, *(_row(kind) for kind in KINDS.values())])


def _row(kind: Kind) -> str:
    senders = ", ".join(sorted(kind.senders, key=_ORDER.index))
    states = (
        "any"
        if len(kind.states) == 3
        else ", ".join(s for s in ("waiting", "active") if s in kind.states)
    )
    lane = kind.lane + (", clear" if kind.clear else "")
    moves = f"; the session becomes {kind.moves_to}" if kind.moves_to else ""
    return _cells(
        f"`{kind.name}`",
        str(kind.code),
        lane,
        senders,
        states,
        f"{kind.max_bytes:,}",
        kind.meaning + moves,
    )


def _cells(*texts: str) -> str:
    return f"| {' | '.join(texts)} |"


def modules_table() -> str:
    """Every Python module of the product with the first sentence of its docstring."""
    paths = sorted(p for name in PACKAGES for p in (ROOT / name).glob("*.py"))
    rows = [_module(path) for path in paths if path.name != "__init__.py"]
    return "\n".join([_cells("module", "one line"), _cells("---", "---"), *rows])


def _module(path: Path) -> str:
    text = ast.get_docstring(ast.parse(path.read_text())) or ""
    sentence = re.split(r"\n\n|(?<=\w)\.(?=\s|$)", text, maxsplit=1)[0].replace("\n", " ")
    return _cells(f"`{path.relative_to(ROOT)}`", sentence)


def with_part(text: str, name: str, part: str) -> str:
    """`text` with what stands between the two marks of `name` replaced by `part`."""
    marks = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.S)
    replaced, count = marks.subn(lambda found: f"{found[1]}{part}\n{found[2]}", text)
    assert count == 1, f"the marks of {name} are missing"
    return replaced


def made() -> dict[Path, str]:
    """The documents with parts made from the code, as they should read."""
    protocol, architecture = ROOT / "PROTOCOL.md", ROOT / "ARCHITECTURE.md"
    promised = ROOT / "tests" / "PROMISES.md"
    return {
        protocol: with_part(protocol.read_text(), "kinds", kinds_table()),
        architecture: with_part(architecture.read_text(), "modules", modules_table()),
        promised: with_part(promised.read_text(), "promises", promises.table()),
    }


if __name__ == "__main__":
    for path, text in made().items():
        path.write_text(text)
