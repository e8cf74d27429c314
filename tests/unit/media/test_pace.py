"""How much a recording may take of somebody's line: all there is, until the talk would suffer."""

from media.pace import LEAST_BITS, START_BITS, Pace


def after(seconds: list[tuple[float, float]], pace: Pace | None = None) -> int:
    """What it is after these seconds of (way of the sound, loss)."""
    pace = pace or Pace()
    for way, loss in seconds:
        for jitter in (0.0, 0.3, 0.01):
            pace.sound(way + jitter)
        pace.second(loss)
    return pace.bits


def test_it_grows_to_what_is_asked_for_at_most() -> None:
    assert after([(5.0, 0.0)] * 3) > START_BITS
    assert after([(5.0, 0.0)] * 60, Pace(1_000_000)) == 1_000_000


def test_it_gives_way_to_losses_and_to_queues_and_comes_back() -> None:
    for bad in ((5.0, 0.2), (5.2, 0.0)):
        pace = Pace()
        usual = after([(5.0, 0.0)] * 20, pace)
        assert after([bad] * 4, pace) < usual / 3
        assert after([bad] * 15, pace) == LEAST_BITS
        assert after([(5.0, 0.0)] * 40, pace) == usual


def test_what_wireless_loses_by_itself_is_no_reason() -> None:
    assert after([(5.0, 0.03)] * 40) == after([(5.0, 0.0)] * 40)


def test_who_is_silent_is_judged_by_losses_alone() -> None:
    pace = Pace()
    for _ in range(5):
        pace.second(0.0)
    assert pace.bits > START_BITS
