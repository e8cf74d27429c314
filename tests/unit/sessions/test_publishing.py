"""What is published: nothing small, nothing that gives a small number away, nothing rare."""

import math
from collections import Counter
from fractions import Fraction

from hypothesis import example, given
from hypothesis import strategies as st

from sessions import publishing
from sessions.counted import Metric
from sessions.publishing import EPSILON, STEP, K, noised, publishable, rounded

COUNTS = st.sampled_from(list(Metric)).flatmap(
    lambda metric: st.tuples(
        st.just(metric),
        st.fixed_dictionaries(
            {}, optional={cell: st.integers(1, 3 * K) for cell in metric.cells}
        ),
    )
)  # fmt: skip


def seen(metric: Metric, counts: dict[str, int]) -> dict[str, int]:
    """What a reader is shown of it."""
    return {cell: rounded(n) for cell, n in publishable(counts, metric.cells).items()}


@given(COUNTS)
def test_every_published_cell_holds_at_least_k(drawn: tuple[Metric, dict[str, int]]) -> None:
    """OB-12: the k-check. And rounding never makes a number look smaller than K."""
    metric, counts = drawn
    for cell, shown in publishable(counts, metric.cells).items():
        assert counts[cell] == shown >= K
        assert rounded(shown) >= K
        assert rounded(shown) % STEP == 0
        assert abs(rounded(shown) - shown) <= STEP // 2


@given(COUNTS)
def test_what_is_withheld_cannot_be_computed_from_the_total(
    drawn: tuple[Metric, dict[str, int]],
) -> None:
    """OB-12: whoever knows the exact total and all that is shown finds at least K missing."""
    metric, counts = drawn
    shown = publishable(counts, metric.cells)
    missing = sum(counts.values()) - sum(shown.values())
    withheld = set(metric.cells) - set(shown)
    assert not shown or not withheld or (missing >= K and len(withheld) >= 2)


@given(COUNTS, st.data())
@example((Metric.BEGUN, {"03:00": 1, "10:00": 50, "11:00": 40}), None)
def test_one_session_more_or_less_singles_nobody_out(
    drawn: tuple[Metric, dict[str, int]], data: st.DataObject | None
) -> None:
    """OB-12: differencing. A session that was in a rare cell changes nothing at all; where one
    changes something, it was one of at least K, and the number moves by one step at most.
    """
    metric, counts = drawn
    there = sorted(counts)
    if not there:
        return
    cell = "03:00" if data is None else data.draw(st.sampled_from(there))
    without = dict(Counter(counts) - Counter({cell: 1}))
    before, after = seen(metric, counts), seen(metric, without)
    if counts[cell] < K:
        assert after == before
        return
    for other in set(before) & set(after):
        assert abs(before[other] - after[other]) <= (STEP if other == cell else 0)
    for other in set(before) ^ set(after):  # came or went: as one of at least K, either way
        assert counts[other] >= K


def test_one_call_at_three_in_the_night_is_not_to_be_seen() -> None:
    """OB-12: the rare event; neither by a number nor by what is missing because of it."""
    busy = {"10:00": 50, "10:15": 40, "16:45": 22}
    assert seen(Metric.BEGUN, busy | {"03:00": 1}) == seen(Metric.BEGUN, busy)
    assert seen(Metric.BEGUN, busy) == {"10:00": 50, "10:15": 40}
    # Nor that somebody gave up, where everybody else was answered.
    assert seen(Metric.OUTCOME, {"answered": 80, "gave_up": 1}) == {}
    assert seen(Metric.OUTCOME, {"answered": 80}) == {}
    assert seen(Metric.OUTCOME, {"answered": 80, "gave_up": 11}) == {"answered": 80, "gave_up": 10}


def test_the_noise_is_that_of_laplace() -> None:
    """OB-14: mean, spread and tails of a thousand thousandths; epsilon is at most 1."""
    assert EPSILON <= 1
    drawn = Counter(noised(0) for _ in range(20_000))
    total = drawn.total()
    q = math.exp(-EPSILON)
    for x in range(-3, 4):
        expected = (1 - q) / (1 + q) * q ** abs(x)
        # Six standard deviations: once in some hundred million runs.
        assert abs(drawn[x] / total - expected) < 6 * math.sqrt(expected / total), x
    assert abs(sum(x * n for x, n in drawn.items()) / total) < 6 * math.sqrt(2 / total) * 1.1


def test_the_coin_of_the_noise_is_exact() -> None:
    """Its chance by the rules of `_exp_of_minus_one`, summed up, is exp(-1)."""
    ends_at = [Fraction(1, math.factorial(k - 1)) * (1 - Fraction(1, k)) for k in range(1, 25)]
    even_handed = sum(chance for k, chance in enumerate(ends_at, 1) if k % 2 == 1)
    assert math.isclose(even_handed, math.exp(-1), rel_tol=1e-12)
    heads = sum(publishing._exp_of_minus_one() for _ in range(10_000))
    assert abs(heads / 10_000 - math.exp(-1)) < 6 * math.sqrt(0.24 / 10_000)
