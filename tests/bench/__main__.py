"""Runs all measurements, or those that are named: `python -m tests.bench [name ...]`."""

import importlib
import os
import pkgutil
import sys

from tests import bench


def main() -> None:
    """Run one after the other, so that none disturbs another, and print each as a table."""
    found = [module.name for module in pkgutil.iter_modules(bench.__path__) if not module.ispkg]
    for name in sys.argv[1:] or [name for name in found if not name.startswith("_")]:
        module = importlib.import_module(f"tests.bench.{name}")
        print(f"\n{name}: {(module.__doc__ or '').splitlines()[0]}", flush=True)
        figures = module.measure()
        print(bench.table(figures))
        print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", end="; ")
        print(f"again: .venv/bin/python -m tests.bench {name}", flush=True)


if __name__ == "__main__":
    main()
