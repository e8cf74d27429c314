"""The browser that the other tests rely on."""

from playwright.async_api import BrowserContext


async def test_it_speaks_german_and_has_a_camera(context: BrowserContext) -> None:
    page = await context.new_page()
    await page.route("**/*", lambda route: route.fulfill(body="<!doctype html>"))
    await page.goto("http://localhost/")
    assert await page.evaluate("navigator.language") == "de-DE"
    tracks = await page.evaluate(
        "navigator.mediaDevices.getUserMedia({audio: true, video: true})"
        ".then(stream => stream.getTracks().map(track => track.kind).sort())"
    )
    assert tracks == ["audio", "video"]
