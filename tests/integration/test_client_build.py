"""The built client as the server finds it."""

import gzip
import json
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


def _chunks(manifest: dict[str, Any], entry: str) -> set[str]:
    """The entry with everything that it imports before it runs."""
    direct = set(manifest[entry].get("imports", ()))
    return {entry}.union(*(_chunks(manifest, chunk) for chunk in direct))
