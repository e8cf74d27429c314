"""The proof of work in a real browser: solved beside the page, under our policy, unseen."""

import asyncio
import json
import time
from pathlib import Path

from playwright.async_api import Browser, Request, Worker, expect

from tests.e2e.people import House
from tests.e2e.server import Server
from tests.patience import allowed

# As our worker works, with the effort that the server would ask for; on this machine.
_SOLVE = """async ({ parameters, path }) => {
  const worker = new Worker(path, { type: "module" });
  const started = performance.now();
  const found = await new Promise((resolve) => {
    worker.onmessage = (event) => resolve(event.data);
    worker.postMessage(parameters);
  });
  worker.terminate();
  return { found, took_ms: performance.now() - started };
}"""
_DIST = Path(__file__).parents[2] / "web" / "static" / "dist"


async def test_the_work_is_done_while_the_name_is_typed(house: House, server: Server) -> None:
    """F-23: asked for at the first letter, solved in a worker of our own, sent with the start."""
    prospect = await house.prospect()
    asked: list[Request] = []
    works: list[Worker] = []
    prospect.page.on("request", lambda request: asked.append(request))
    prospect.page.on("worker", lambda worker: works.append(worker))
    await prospect.open("/")
    async with prospect.page.expect_response("**/api/challenge"):
        await prospect.fill_in("Anna", "Beispiel")
    async with asyncio.timeout(60):
        while not any("/worker-" in worker.url for worker in works):
            await prospect.page.wait_for_timeout(20)
        while prospect.page.workers:  # it ends when it has found the solution
            await prospect.page.wait_for_timeout(20)
    await prospect.start()
    await prospect.page.wait_for_url("**/call/*")
    [start] = [request for request in asked if request.url.endswith("/api/calls")]
    assert "proof-of-work" in await start.all_headers()
    answer = await start.response()
    assert answer is not None
    assert answer.status == 201


async def test_it_takes_a_moment_and_no_more(house: House, server: Server) -> None:
    """The effort of quiet times, as a browser on this machine needs it."""
    prospect = await house.prospect()
    await prospect.open("/")
    workers = (_DIST / "assets").glob("worker-*.js")
    [worker] = [path for path in workers if "keyPrefix" in path.read_text()]  # files have theirs
    challenge = await prospect.page.evaluate("async () => (await fetch('/api/challenge')).json()")
    given = {"parameters": challenge["parameters"], "path": f"/static/dist/assets/{worker.name}"}
    solved = await prospect.page.evaluate(_SOLVE, given)
    assert solved["found"]["derivedKey"].startswith(challenge["parameters"]["keyPrefix"])
    print(json.dumps({"quiet_ms": round(solved["took_ms"])}))
    assert solved["took_ms"] < allowed(3) * 1_000


async def test_under_pressure_nobody_sees_more_than_a_moment(
    browser: Browser, tmp_path: Path
) -> None:
    """F-23: the browser is told to work more and does so by itself; the names stay."""
    server = await Server.start(tmp_path, VISAVIS_QUEUE_MAX="2")
    house = House(browser, server)
    try:
        first, second, third = [await house.prospect() for _ in range(3)]
        for who in (first, second):
            who.guard.allow(r"status of 403")
            await who.open("/")
            await who.fill_in("Anna", "Beispiel")
            began = time.monotonic()
            await who.start()
            await who.page.wait_for_url("**/call/*")
            assert time.monotonic() - began < allowed(20)
        third.guard.allow(r"status of (403|503)")
        await third.open("/")
        await third.fill_in("Anna", "Beispiel")
        await third.start()
        await expect(third.page.locator("#form-error")).to_contain_text("Minuten")
        await expect(third.page.get_by_label("Vorname")).to_have_value("Anna")
    finally:
        await house.close()
        await server.stop()
