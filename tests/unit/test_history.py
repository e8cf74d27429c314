"""The history sees each broken promise; one that sees nothing would prove nothing."""

from tests.faults.history import History, Seen

ONE, OTHER = "1" * 32, "2" * 32
LOG = [Seen(1, "a", "x"), Seen(2, "b", "y")]


def told(view: list[Seen], *, acked: dict[str, int] | None = None) -> History:
    """Two events of one session, both acked, and what a participant saw."""
    history = History()
    history.sent(ONE, "a", "x")
    history.sent(ONE, "b", "y")
    for id_, seq in ({"a": 1, "b": 2} if acked is None else acked).items():
        history.answered(id_, seq)
    for seen in view:
        history.saw(ONE, "p", seen)
    return history


def broken(history: History, log: list[Seen] = LOG) -> set[str]:
    return {violation.promise for violation in history.violations({ONE: log})}


def test_a_faultless_history() -> None:
    assert broken(told(LOG)) == set()


def test_an_acked_event_that_is_gone() -> None:
    assert "acked is durable" in broken(told(LOG[:1]), LOG[:1])


def test_an_acked_event_at_another_place() -> None:
    history = told([])
    history.answered("a", 2)
    assert "one place for one id" in broken(history)


def test_shown_twice() -> None:
    assert "each event is shown once" in broken(told([LOG[0], *LOG]))


def test_out_of_order() -> None:
    assert "events come in order" in broken(told(LOG[::-1]))


def test_something_missing() -> None:
    assert "everybody sees the whole log" in broken(told(LOG[1:]))


def test_a_gap_and_a_repetition_in_the_log() -> None:
    assert "the log has no gap" in broken(told(LOG), [LOG[0], Seen(3, "b", "y")])
    assert "the log has each id once" in broken(told(LOG), [*LOG, Seen(3, "a", "x")])


def test_a_strangers_event() -> None:
    history = told(LOG)
    history.sent(OTHER, "c", "z")
    history.passed(ONE, "c")
    assert "nobody sees a stranger's event" in broken(history)
    history = told([*LOG, Seen(3, "c", "z")])
    history.session_of["c"] = OTHER
    assert "nobody sees a stranger's event" in broken(history)


def test_an_altered_event() -> None:
    assert "what comes is what was sent" in broken(told([Seen(1, "a", "!"), LOG[1]]))
