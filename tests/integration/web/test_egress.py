"""A node as people run it, watched from within: whom it calls, and which programs it starts."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

from tests.integration.web.conftest import Caller
from tests.integration.web.test_process import Process, browser, free_port

# Python says what it is about to do (PEP 578). Its own event loop is watched, for uvloop says
# nothing: above it, everything is as it is served.
WATCH: Final = """
import asyncio, os, sys, types

quiet = types.ModuleType("uvloop")
quiet.new_event_loop, quiet.Loop = asyncio.new_event_loop, asyncio.SelectorEventLoop
sys.modules["uvloop"] = quiet
out = os.open(os.environ["WATCHED"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)

CALLS = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork")
SILENT = ("socket.__new__", "socket.bind", "socket.gethostname")  # which machine this is

def hook(event, args):
    if event in CALLS or event.startswith("socket.") and event not in SILENT:
        about = args[-1:] if event == "socket.connect" else args[:1]
        os.write(out, f"{event} {', '.join(map(repr, about))}\\n".encode())

sys.addaudithook(hook)
"""


def watched(data: Path, port: int) -> tuple[Process, Path]:
    """A process that writes down what it is about to do."""
    (data.parent / "watch").mkdir()
    (data.parent / "watch" / "sitecustomize.py").write_text(WATCH)
    process, seen = Process(data, port), data.parent / "seen"
    path = f"{data.parent / 'watch'}{os.pathsep}{process.environment['PYTHONPATH']}"
    process.environment |= {"PYTHONPATH": path, "WATCHED": str(seen)}
    return process, seen


async def test_a_node_calls_nobody_while_people_talk_and_take_their_copies(tmp_path: Path) -> None:
    """OB-15, OB-20: from its start over a call, the console and the rights desk to its end: it
    connects to nothing, sends to nobody, looks up no name and starts no program.
    """
    port = free_port()
    demo, seen = watched(tmp_path / "var", port)
    async with demo.running("demo") as (process, said), browser() as http, browser() as other:
        [password] = re.findall(r"advisor +berg +(\S+)", said)
        caller = Caller(http, demo.url, headers={"Origin": demo.url})
        await caller.start_call()
        answer = await caller.post(f"/api/sessions/{caller.session}/join", {})
        assert answer.status == 200
        claim = await (await caller.post(f"/api/sessions/{caller.session}/receipt", {})).json()
        proof = {"number": claim["number"], "code": claim["code"]}
        berg = Caller(other, demo.url, headers={"Origin": demo.url})
        sign_in = {"username": "berg", "password": password}
        assert (await berg.post("/login", data=sign_in)).status == 303
        assert (await berg.get("/console")).status == 200
        assert (await caller.post("/receipt", data=proof)).status == 200
        copy = await (await caller.post("/receipt/copy", data=proof)).read()
        assert copy.startswith(b"PK")
        for path in ("/", "/privacy", "/metrics", "/readyz"):
            assert (await caller.get(path)).status == 200
        process.terminate()
        await process.wait()
    assert seen.read_text() == ""


def test_whoever_calls_somebody_is_seen(tmp_path: Path) -> None:
    """The watch can fail: a program that connects, looks up a name and starts another one."""
    process, seen = watched(tmp_path / "var", free_port())
    code = (
        "import asyncio, contextlib, socket, subprocess, sys\n"
        "async def main():\n"
        "    with contextlib.suppress(OSError):\n"
        "        await asyncio.open_connection('127.0.0.9', 9)\n"
        "asyncio.run(main())\n"
        "subprocess.run([sys.executable, '-c', ''])\n"
    )
    command = [sys.executable, "-c", code]
    subprocess.run(command, env=process.environment, check=True, timeout=60)
    told = seen.read_text()
    assert "socket.connect ('127.0.0.9', 9)" in told
    assert f"subprocess.Popen {sys.executable!r}" in told
