"""The threat model names tests that exist: a control without a test is not listed."""

import ast
import re
from functools import cache

import pytest

from tests.documents import ROOT

_ROW = re.compile(r"^\| ((?:AT|B)-\d+\S*.*?) \| (.+?) \| (.+) \|$", re.MULTILINE)
_TEST = re.compile(r"\[`(\w+)`\]\(([^)]+)\)")
ROWS = _ROW.findall((ROOT / "THREAT_MODEL.md").read_text())


@cache
def names_in(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text())
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in tree.body if isinstance(node, functions))


def test_the_table_is_read() -> None:
    assert len(ROWS) > 40
    assert len({row for row, _, _ in ROWS}) == len(ROWS)


@pytest.mark.parametrize(("row", "tried", "proofs"), ROWS, ids=[row for row, _, _ in ROWS])
def test_every_row_names_tests_that_exist(row: str, tried: str, proofs: str) -> None:
    named = _TEST.findall(proofs)
    assert tried
    assert named
    assert _TEST.sub("", proofs).strip(", ") == ""
    for name, path in named:
        assert f"test_{name}" in names_in(path), f"{row}: {path} has no test_{name}"
