"""The built client as the server finds it."""

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
DIST = ROOT / "web" / "static" / "dist"
ENTRIES = sorted(
    path.relative_to(ROOT / "web" / "client").as_posix()
    for path in (ROOT / "web" / "client" / "src" / "entries").glob("*.ts*")
    if ".test." not in path.name
)


@pytest.mark.parametrize("entry", ENTRIES)
def test_every_entry_is_in_the_manifest(entry: str) -> None:
    manifest = json.loads((DIST / "manifest.json").read_text())
    assert manifest[entry]["isEntry"]
    assert (DIST / manifest[entry]["file"]).is_file()


def test_compressed_files_hold_what_the_plain_ones_hold() -> None:
    for packed in DIST.rglob("*.gz"):
        assert gzip.decompress(packed.read_bytes()) == packed.with_suffix("").read_bytes()
        assert packed.with_suffix(".br").is_file()


def test_the_call_page_stays_light() -> None:
    """What a prospect's browser loads before anything is on the screen, as gzip."""
    manifest = json.loads((DIST / "manifest.json").read_text())
    scripts = {manifest[chunk]["file"] for chunk in _chunks(manifest, "src/entries/call.ts")}
    sizes = [len(gzip.compress((DIST / script).read_bytes(), 9)) for script in scripts]
    assert 60_000 < sum(sizes) <= 110_000


# Names of namespaces, addresses that lead nowhere, what libraries say in errors, and what pdf.js
# tries out whether a browser can read addresses: nothing of it is ever asked for.
NAMES = {
    *("www.w3.org", "nowhere.invalid", "react.dev", "socket.io", "rolldown.rs"),
    *("www.xfa.org", "ns.adobe.com", "www.apache.org", "github.com", "foo.bar", "example.com"),
}


def test_no_address_of_anybody_else_is_in_the_bundle() -> None:
    """Not even as a way out: Excalidraw looks for its fonts at esm.sh where it finds none."""
    found: dict[str, str] = {}
    for path in (*DIST.rglob("*.js"), *DIST.rglob("*.css")):
        for host in re.findall(r"(?:https?|wss?)://([\w.-]+\.[a-z]{2,})", path.read_text("utf-8")):
            found[host] = path.name
    assert {host: where for host, where in found.items() if host not in NAMES} == {}
    assert "nowhere.invalid" in found, "the board's code is not in the bundle"


def test_the_board_comes_apart_from_the_call_page() -> None:
    """Fetched when it opens, with its fonts beside it; no font of 13 MB, no compiler of fonts."""
    manifest = json.loads((DIST / "manifest.json").read_text())
    first = _chunks(manifest, "src/entries/call.ts") | _chunks(manifest, "src/entries/console.tsx")
    board = manifest["src/whiteboard/lazy.ts"]
    assert board["isDynamicEntry"]
    assert "src/whiteboard/lazy.ts" not in first
    assert all((DIST / manifest[chunk]["file"]).stat().st_size < 400_000 for chunk in first)
    fonts = {path.parent.name for path in DIST.glob("assets/excalidraw-*/fonts/*/*.woff2")}
    assert "Nunito" in fonts
    assert "Xiaolai" not in fonts
    shipped = sum(path.stat().st_size for path in DIST.rglob("*") if path.suffix not in PACKED)
    assert shipped < 9_000_000


def test_what_blurs_a_background_comes_when_it_is_wanted() -> None:
    """The published weights, unchanged, with their licence; of MediaPipe's code nothing."""
    manifest = json.loads((DIST / "manifest.json").read_text())
    first = _chunks(manifest, "src/entries/call.ts") | _chunks(manifest, "src/entries/console.tsx")
    assert manifest["src/blur/background.ts"]["isDynamicEntry"]
    assert "src/blur/background.ts" not in first
    (folder,) = DIST.glob("assets/blur-*")
    model = "selfie_segmentation_landscape.tflite"
    assert {path.name for path in folder.iterdir()} == {model, "LICENSE", "NOTICE"}
    published = ROOT / "web/client/node_modules/@mediapipe/selfie_segmentation" / model
    assert (folder / model).read_bytes() == published.read_bytes()
    assert "Apache License" in (folder / "LICENSE").read_text()
    assert "Google" in (folder / "NOTICE").read_text()
    assert not list(DIST.rglob("*.wasm"))
    (worker,) = DIST.glob("assets/blurWorker-*.js")
    assert worker.stat().st_size < 20_000


PACKED = {".br", ".gz"}


def _chunks(manifest: dict[str, Any], entry: str) -> set[str]:
    """The entry with everything that it imports before it runs."""
    direct = set(manifest[entry].get("imports", ()))
    return {entry}.union(*(_chunks(manifest, chunk) for chunk in direct))
