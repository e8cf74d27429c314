"""The guard that looks over every page of these tests sees what it must."""

import pytest

from tests.e2e.people import House

OFFENCES = {
    "a request to another host": (
        "fetch('http://visavis.invalid/').catch(() => null)",
        "connect-src",
    ),
    "a script in the page": (
        "document.body.append(Object.assign(document.createElement('script'), {text: '1'}))",
        "script-src",
    ),
    "an error in the console": ("console.error('something is wrong')", "something is wrong"),
    "an exception": (
        "new Promise((done) => setTimeout(() => { done(); throw new Error('broken'); }))",
        "broken",
    ),
}


@pytest.mark.parametrize("offence", OFFENCES)
async def test_an_offence_does_not_go_unseen(house: House, offence: str) -> None:
    """OB-20, OB-32: a page that asked another host, or broke the policy, would fail its test."""
    expression, trace = OFFENCES[offence]
    visitor = await house.prospect()
    await visitor.open("/imprint")
    visitor.guard.check()
    await visitor.page.evaluate(f"(async () => {{ await ({expression}); }})()")
    await visitor.page.evaluate("new Promise((later) => setTimeout(later))")
    assert any(trace in seen for seen in visitor.guard.offences), visitor.guard.offences
    visitor.guard.offences.clear()


async def test_a_request_to_another_host_is_seen_where_no_policy_stops_it(house: House) -> None:
    """OB-20: an image of another host, in a page of our own without a policy."""
    visitor = await house.prospect()
    await visitor.page.route("**/bare", lambda route: route.fulfill(body="<!doctype html>"))
    await visitor.page.route("http://visavis.invalid/**", lambda route: route.abort())
    await visitor.open("/bare")
    await visitor.page.evaluate(
        "new Promise((done) => { const one = new Image(); one.onerror = done;"
        " one.src = 'http://visavis.invalid/pixel.gif'; })"
    )
    assert any("visavis.invalid" in seen for seen in visitor.guard.offences)
    visitor.guard.offences.clear()
