"""The gate: so many at once, the others later, and everybody who came in goes out again."""

import pytest

from sessions.events import Refused
from signaling.gate import Gate


def test_so_many_at_once_and_the_next_one_later() -> None:
    gate = Gate(2)
    with gate.entering():
        with gate.entering():
            with pytest.raises(Refused) as refused, gate.entering():
                pass
            assert refused.value.code == "busy"
            assert 1_000 <= refused.value.facts["retry_ms"] <= 3_000
            assert refused.value.facts["retry_ms"] == refused.value.facts["retry_s"] * 1_000
        with gate.entering():
            pass


def test_who_fails_inside_leaves_the_gate_open() -> None:
    gate = Gate(1)
    for _ in range(3):
        with pytest.raises(ValueError, match="inside"), gate.entering():
            raise ValueError("inside")


def test_nobody_takes_every_place() -> None:
    gate = Gate(3, each=2)
    with gate.entering("one"), gate.entering("one"):
        with pytest.raises(Refused), gate.entering("one"):
            pass
        with gate.entering("other"):
            with pytest.raises(Refused), gate.entering("third"):
                pass
    with gate.entering("one"), gate.entering("one"):
        pass
