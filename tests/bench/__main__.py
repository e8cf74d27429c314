"""Runs all measurements, or those that are named: `python -m tests.bench [name ...]`."""

import importlib
import pkgutil
import sys

from tests import bench


def main() -> None:
    """Run one after the other, so that none disturbs another."""
    found = [module.name for module in pkgutil.iter_modules(bench.__path__)]
    for name in sys.argv[1:] or [name for name in found if not name.startswith("_")]:
        print(f"== {name}", flush=True)
        importlib.import_module(f"tests.bench.{name}").main()


if __name__ == "__main__":
    main()
