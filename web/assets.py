"""The built client: tags for an entry out of Vite's manifest, and the files themselves.

Knows nothing of what the entries do.
"""

import json
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from aiohttp import web as aioweb
from markupsafe import Markup

from sessions.events import Refused

BASE: Final = "/static/dist/"
DIST: Final = Path(str(files("web"))) / "static" / "dist"
MISSING: Final = "The client is not built: run `make client`."
FOREVER: Final = "public, max-age=31536000, immutable"
# The thread that draws the camera's pictures anew may compile what it computes with, which no page
# may, and do nothing else: it reaches no address at all, not even ours.
WORKER: Final = "assets/blurWorker-"
WORKER_POLICY: Final = "default-src 'none'; script-src 'wasm-unsafe-eval'"


@dataclass(frozen=True, slots=True)
class Assets:
    """The files of one build."""

    root: Path
    chunks: dict[str, dict[str, Any]]
    served: frozenset[str]

    @classmethod
    def read(cls, root: Path = DIST) -> "Assets":
        """What was built into `root`; nothing there gives an empty set that says so in pages."""
        manifest = root / "manifest.json"
        chunks = json.loads(manifest.read_text("utf-8")) if manifest.is_file() else {}
        served = {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
        return cls(root, chunks, frozenset(served))

    @property
    def missing(self) -> str | None:
        return None if self.chunks else MISSING

    def tags(self, entry: str) -> Markup:
        """Stylesheets, module preloads and the script of an entry, in that order."""
        top = next(
            (
                key
                for key in self.chunks
                if self.chunks[key].get("name") == entry and self.chunks[key].get("isEntry")
            ),
            None,
        )
        if top is None:
            return Markup("")
        reached = self._reach(top)
        sheets = dict.fromkeys(
            sheet for key in reached for sheet in self.chunks[key].get("css", ())
        )
        lines = [
            *(Markup('<link rel="stylesheet" href="{}">').format(BASE + one) for one in sheets),
            *(
                Markup('<link rel="modulepreload" href="{}">').format(
                    BASE + self.chunks[key]["file"]
                )
                for key in reached
                if key != top
            ),
            Markup('<script type="module" src="{}"></script>').format(
                BASE + self.chunks[top]["file"]
            ),
        ]
        return Markup("\n").join(lines)

    def answer(self, name: str) -> aioweb.StreamResponse:
        """One file; packed if the browser takes that. Raises Refused("not.found")."""
        if name not in self.served or name.startswith(".") or name.endswith((".br", ".gz")):
            raise Refused("not.found")
        # Everything below assets/ has a hash of its content in its name.
        caching = FOREVER if name.startswith("assets/") else "no-store"
        headers = {"Cache-Control": caching, "Vary": "Accept-Encoding"}
        if name.startswith(WORKER):
            headers["Content-Security-Policy"] = WORKER_POLICY
        return aioweb.FileResponse(self.root / name, headers=headers)

    def _reach(self, key: str) -> list[str]:
        """The chunk and what it imports, imports first, each once."""
        seen: dict[str, None] = {}

        def visit(one: str) -> None:
            if one in seen:
                return
            for inner in self.chunks[one].get("imports", ()):
                visit(inner)
            seen[one] = None

        visit(key)
        return list(seen)
