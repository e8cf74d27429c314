"""Every measurement can be asked for its figures the same way."""

import importlib
import pkgutil

import pytest

from tests import bench

NAMES = [module.name for module in pkgutil.iter_modules(bench.__path__) if not module.ispkg]


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith("_")])
def test_a_measurement_says_what_it_is_and_can_be_run(name: str) -> None:
    module = importlib.import_module(f"tests.bench.{name}")
    assert module.__doc__
    assert callable(module.measure)


def test_a_table_shows_the_median_between_the_extremes() -> None:
    text = bench.table([bench.Figure("a", "ms", (3, 1, 2), "≤ 5")])
    assert text.splitlines()[1].split() == ["a", "2.00", "1.00", "3.00", "ms", "3", "≤", "5"]
