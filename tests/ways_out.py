"""Every place in the code at which bytes can leave the process, found by reading it.

It reads names, not values: who reaches a network, a program, a file or a download by a name that is
not here is not found. What is found stands in a list with its reason, or fails a test.
"""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
PACKAGES: Final = ("sessions", "signaling", "media", "whiteboard", "web")

_MODULES: Final = {
    "network": (
        "socket", "ssl", "socketserver", "http.client", "http.server", "urllib.request", "smtplib",
        "ftplib", "imaplib", "poplib", "telnetlib", "xmlrpc", "obstore", "redis", "psycopg",
        "aioice", "aiortc", "socketio", "websockets", "httpx", "requests", "urllib3", "paramiko",
    ),
    "program": ("subprocess", "asyncio.subprocess", "multiprocessing", "pty"),
    "file": ("tempfile", "zipfile", "tarfile"),
}  # fmt: skip
_CALLS: Final = {
    "network": (
        "ClientSession", "TCPConnector", "UnixConnector", "open_connection", "create_connection",
        "open_unix_connection", "create_unix_connection", "create_datagram_endpoint",
        "create_engine", "start_server", "start_unix_server", "create_server", "TCPSite",
        "UnixSite",
        "sock_connect", "sock_sendall", "sock_sendto", "getaddrinfo", "connect_ex",
    ),
    "program": (
        "create_subprocess_exec", "create_subprocess_shell", "Popen", "system", "popen", "fork",
        "forkpty", "execv", "execve", "execvp", "spawnv", "posix_spawn", "posix_spawnp",
    ),
    "file": (
        "write_bytes", "write_text", "ZipFile", "mkstemp", "copyfile", "copytree", "copyfileobj",
    ),
}  # fmt: skip
_WRITES: Final = frozenset("wax+")


def ways_out(source: str) -> set[str]:
    """Of network, program, file, download: which of them this module can reach."""
    return {kind for node in ast.walk(ast.parse(source)) for kind in _of(node)}


def everywhere() -> dict[str, set[str]]:
    """Of each module that can reach something: what. The client's build is no part of a node."""
    found = {
        str(path.relative_to(ROOT)): ways_out(path.read_text("utf-8"))
        for name in PACKAGES
        for path in sorted((ROOT / name).glob("*.py"))
    }
    return {module: kinds for module, kinds in found.items() if kinds}


def _of(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Import(names=names):
            yield from (kind for one in names for kind in _imported(one.name))
        case ast.ImportFrom(module=str(module), names=names):
            for one in names:
                yield from _imported(f"{module}.{one.name}")
                yield from _called(one.name)  # under another name it is still this
        case ast.Call(func=ast.Attribute(attr=name)) | ast.Call(func=ast.Name(id=name)):
            yield from _called(name)
            if name in ("open", "fdopen") and _to_write(node):
                yield "file"
        case ast.Constant(value=str(text)) if "content-disposition" in text.lower():
            yield "download"


def _imported(module: str) -> Iterator[str]:
    for kind, names in _MODULES.items():
        if any(module == name or module.startswith(f"{name}.") for name in names):
            yield kind


def _called(name: str) -> Iterator[str]:
    yield from (kind for kind, names in _CALLS.items() if name in names)


def _to_write(call: ast.Call) -> bool:
    """A mode that writes, or one that is not written there; `os.open` has flags in its place."""
    given = [*call.args[:2], *(one.value for one in call.keywords if one.arg == "mode")]
    modes = [one.value for one in given if isinstance(one, ast.Constant)]
    texts = [one for one in modes if isinstance(one, str) and len(one) <= 3]
    if ast.unparse(call.func) == "os.open":
        return "O_RDONLY" not in ast.unparse(call)
    return any(_WRITES & set(one) for one in texts)
