"""The table of promises is as the tests say: no row claims a proof that is not there."""

import pytest

from tests.promises import PROMISES, proofs

PROVED = {proof.row for proof in proofs()}


@pytest.mark.parametrize("row", PROMISES)
def test_a_row_claims_what_its_tests_prove(row: str) -> None:
    """A kept row has a test; an open one has none, and says what is missing or how to check it."""
    promise = PROMISES[row]
    if promise.state == "open":
        assert row not in PROVED, f"{row} has a test: say how far it is kept"
    else:
        assert row in PROVED, f"{row} claims to be kept, and no test names it"
    assert bool(promise.missing) is (promise.state != "kept")


def test_every_row_of_the_platform_is_there_and_tests_name_no_other() -> None:
    assert {f"OB-{number:02}" for number in range(1, 51)} <= set(PROMISES)
    assert set(PROMISES) >= PROVED


def test_both_kinds_of_tests_are_searched() -> None:
    """Silence means something: what is known to be named is found."""
    found = {(proof.row, proof.path) for proof in proofs()}
    assert ("OB-46", "web/client/src/call/flow.test.ts") in found
    assert ("OB-39", "tests/unit/sessions/test_erasure.py") in found
