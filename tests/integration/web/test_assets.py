"""Files of the built client over HTTP: packed, cached for good, and with every header."""

import json
from pathlib import Path

import pytest

from tests.integration.web.conftest import Site
from web.assets import Assets

SCRIPT = "export const word = 'Guten Tag';\n" * 40


@pytest.fixture
def built(site: Site, tmp_path: Path) -> Site:
    """The node, with a small build in place of whatever is there."""
    root = tmp_path / "dist"
    (root / "assets").mkdir(parents=True)
    chunk = {"file": "assets/start-1.js", "name": "start", "isEntry": True}
    (root / "manifest.json").write_text(json.dumps({"src/entries/start.ts": chunk}))
    (root / "assets/start-1.js").write_text(SCRIPT)
    (root / "assets/start-1.js.br").write_bytes(b"packed by brotli")
    assets = Assets.read(root)
    object.__setattr__(site.parts, "assets", assets)
    object.__setattr__(site.parts.screens, "assets", assets)
    return site


async def test_a_page_names_its_files_and_they_are_there(built: Site) -> None:
    visitor = built.visitor()
    page = await (await visitor.get("/")).text()
    assert '<script type="module" src="/static/dist/assets/start-1.js"></script>' in page
    answer = await visitor.get(
        "/static/dist/assets/start-1.js", headers={"Accept-Encoding": "identity"}
    )
    assert await answer.text() == SCRIPT
    assert answer.headers["Content-Type"].startswith(("text/javascript", "application/javascript"))
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_whoever_can_unpack_gets_it_packed(built: Site) -> None:
    answer = await built.visitor().get(
        "/static/dist/assets/start-1.js",
        headers={"Accept-Encoding": "gzip, br"},
        auto_decompress=False,
    )
    assert answer.headers["Content-Encoding"] == "br"
    assert "Accept-Encoding" in answer.headers["Vary"]
    assert await answer.read() == b"packed by brotli"


@pytest.mark.parametrize(
    "name",
    ["assets/none.js", "..%2fmanifest.json", "%2e%2e/web/app.py", "assets/start-1.js.br", "assets"],
)
async def test_nothing_else_is_served(built: Site, name: str) -> None:
    answer = await built.visitor().get(f"/static/dist/{name}")
    assert answer.status == 404


async def test_ranges_are_bounded(built: Site) -> None:
    """B-037."""
    path = "/static/dist/assets/start-1.js"
    many = "bytes=" + ",".join(f"{at}-{at}" for at in range(1_000))
    for wanted in (many[:4_000], "bytes=9-1", "bytes=999999-"):
        answer = await built.visitor().get(path, headers={"Range": wanted})
        assert answer.status in (200, 416), wanted
    answer = await built.visitor().get(
        path, headers={"Range": "bytes=0-9", "Accept-Encoding": "identity"}
    )
    assert (answer.status, await answer.text()) == (206, SCRIPT[:10])


async def test_a_missing_build_says_what_to_do(site: Site, tmp_path: Path) -> None:
    assets = Assets.read(tmp_path / "nothing")
    object.__setattr__(site.parts.screens, "assets", assets)
    assert "make client" in await (await site.visitor().get("/")).text()
