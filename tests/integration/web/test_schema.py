"""The description of the API, taken at its word by a stranger: schemathesis, as each of us."""

import asyncio
import os
import re
import sys
from pathlib import Path

import pytest

from tests.integration.web.conftest import Caller, MakeSite
from tests.patience import allowed

ROOT = Path(__file__).parents[3]
MEDIA = "tests.integration.web.schemathesis_media"
SECONDS = 60.0  # it takes ten
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
)
# Only for who has no papers: theirs are always there, also where they are left out on purpose.
OF_STRANGERS = ("negative_data_rejection",)


async def examined(caller: Caller, folder: Path) -> tuple[int | None, str]:
    """Run it in a process of its own; its exit code and what it said."""
    headers = {"X-CSRF-Token": caller.csrf} if caller.csrf else {}
    if caller.token:
        headers["Authorization"] = f"Bearer {caller.token}"
    cookies = "; ".join(f"{one.key}={one.value}" for one in caller.http.cookie_jar)
    if cookies:
        headers["Cookie"] = cookies
    checks = CHECKS if headers else CHECKS + OF_STRANGERS
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "schemathesis.cli", "run", f"{caller.url}/api/openapi.json",
        "--checks", ",".join(checks), "--phases", "coverage,fuzzing", "--max-examples", "12",
        "--seed", "1", "--no-color", "--continue-on-failure",
        *(f"-H{name}: {value}" for name, value in (caller.headers | headers).items()),
        env={**os.environ, "PYTHONPATH": str(ROOT), "SCHEMATHESIS_HOOKS": MEDIA},
        cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        async with asyncio.timeout(allowed(SECONDS)):
            said, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode, said.decode(errors="replace")


@pytest.mark.parametrize("role", ["visitor", "advisor", "operator"])
async def test_nothing_surprises_a_stranger(make_site: MakeSite, tmp_path: Path, role: str) -> None:
    """No 500, nothing that is not described, and what is described as wrong is refused."""
    site = await make_site(limits_scale=10_000.0, queue_max=100_000)
    caller = site.visitor() if role == "visitor" else await getattr(site, role)()
    code, said = await examined(caller, tmp_path)
    assert code == 0, said[-6_000:]
    generated = re.search(r"(\d+) generated", said)
    assert generated
    assert int(generated[1]) > 200
