"""What import-linter cannot see: nothing below `web` reads the environment."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BELOW_WEB = ("sessions", "signaling", "media", "whiteboard")
READERS = {"environ", "environb", "getenv", "getenvb"}


def environment_reads(source: str) -> list[int]:
    """The lines on which the source touches the environment of the process."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if (isinstance(node, ast.Attribute) and node.attr in READERS)
        or (
            isinstance(node, ast.ImportFrom)
            and node.module == "os"
            and any(name.name in READERS for name in node.names)
        )
    ]


@pytest.mark.parametrize("package", BELOW_WEB)
def test_below_web_nothing_reads_the_environment(package: str) -> None:
    modules = sorted((ROOT / package).rglob("*.py"))
    assert modules
    reads = [
        f"{module.relative_to(ROOT)}:{line}"
        for module in modules
        for line in environment_reads(module.read_text())
    ]
    assert reads == []


@pytest.mark.parametrize(
    "source",
    [
        "import os\nos.environ['A']",
        "import os as system\nsystem.getenv('A')",
        "from os import environ\n",
    ],
)
def test_the_scan_finds_every_way_to_read_it(source: str) -> None:
    assert environment_reads(source)


def test_the_scan_leaves_other_names_alone() -> None:
    assert environment_reads("import os\nos.path.join('a', 'b')\nenviron = {}\n") == []
