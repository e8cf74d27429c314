"""Tags come out of the manifest in the order browsers want; files outside it stay outside."""

import json
from pathlib import Path

import pytest

from sessions.events import Refused
from web.assets import Assets

MANIFEST = {
    "src/entries/call.tsx": {
        "file": "assets/call-1.js", "name": "call", "isEntry": True,
        "imports": ["_react.js", "_shared.js"], "css": ["assets/call-1.css"],
        "dynamicImports": ["src/board.tsx"],
    },
    "_react.js": {"file": "assets/react-1.js", "name": "react"},
    "_shared.js": {
        "file": "assets/shared-1.js", "name": "shared",
        "imports": ["_react.js"], "css": ["assets/shared-1.css"],
    },
    "src/board.tsx": {"file": "assets/board-1.js", "name": "board", "isDynamicEntry": True},
}  # fmt: skip


@pytest.fixture
def assets(tmp_path: Path) -> Assets:
    (tmp_path / "assets").mkdir()
    (tmp_path / "manifest.json").write_text(json.dumps(MANIFEST))
    (tmp_path / "assets/call-1.js").write_text("1")
    (tmp_path / "assets/call-1.js.br").write_text("1")
    return Assets.read(tmp_path)


def test_the_tags_of_an_entry(assets: Assets) -> None:
    assert assets.tags("call").splitlines() == [
        '<link rel="stylesheet" href="/static/dist/assets/shared-1.css">',
        '<link rel="stylesheet" href="/static/dist/assets/call-1.css">',
        '<link rel="modulepreload" href="/static/dist/assets/react-1.js">',
        '<link rel="modulepreload" href="/static/dist/assets/shared-1.js">',
        '<script type="module" src="/static/dist/assets/call-1.js"></script>',
    ]
    assert assets.tags("privacy") == ""
    assert assets.missing is None


def test_a_missing_build_says_what_to_do(tmp_path: Path) -> None:
    assert "make client" in (Assets.read(tmp_path / "none").missing or "")


@pytest.mark.parametrize(
    "name", ["../manifest.json", "assets/../../x", "assets/none.js", "assets/call-1.js.br", ""]
)
def test_only_files_of_the_build_are_served(assets: Assets, name: str) -> None:
    with pytest.raises(Refused):
        assets.answer(name)


def test_hashed_files_stay_in_caches(assets: Assets) -> None:
    assert "immutable" in assets.answer("assets/call-1.js").headers["Cache-Control"]
    assert assets.answer("manifest.json").headers["Cache-Control"] == "no-store"
