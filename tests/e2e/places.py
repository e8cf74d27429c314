"""The platform as it is deployed, outside; an advisor in the office and a prospect at home.

Each browser lives in its site's network and trusts one authority of ours. It knows the names of
hosts and how things are started, nothing of what people do.
"""

import os
import socket
import ssl
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from playwright.async_api import Browser, Playwright

from tests.e2e.people import CHROMIUM, FLAGS, SLOW_CAMERA, House
from tests.e2e.server import Server
from tests.integration.deploy.edge import (
    CONFIGURATION,
    OURSELVES,
    START_SECONDS,
    Program,
    clean_environment,
    needed,
    until,
)
from tests.integration.deploy.servers import TURN_SECRET, answers_stun, turn_configuration
from tests.networks import TURN, WEB, Networks, Site, door, inside, networks

HOST: Final = "visavis.test"
TURN_HOST: Final = "turn.visavis.test"
TURN_URLS: Final = ",".join((
    f"turn:{TURN_HOST}:3478?transport=udp",
    f"turn:{TURN_HOST}:3478?transport=tcp",
    f"turns:{TURN_HOST}:443?transport=tcp",
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Authority:
    """Signs for the hosts here, and is trusted by the browsers here alone."""

    folder: Path

    @classmethod
    def make(cls, folder: Path) -> "Authority":
        """Writes `localhost.crt`, `key.pem` and `visavis.pem`, under the names that others read."""
        ec = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30")
        openssl = needed("openssl", "openssl")

        def request(*words: str) -> None:
            command = [openssl, "req", "-x509", *ec, *words]
            subprocess.run(command, cwd=folder, check=True, capture_output=True)

        request("-subj", "/CN=Visavis test authority", "-keyout", "ca.key", "-out", "ca.crt")
        request(
            "-subj", f"/CN={HOST}", "-CA", "ca.crt", "-CAkey", "ca.key",
            "-addext", f"subjectAltName=DNS:{HOST},DNS:{TURN_HOST}",
            "-addext", "basicConstraints=critical,CA:FALSE",
            "-keyout", "key.pem", "-out", "localhost.crt",
        )  # fmt: skip
        both = (folder / "localhost.crt").read_text() + (folder / "key.pem").read_text()
        (folder / "visavis.pem").write_text(both)
        return cls(folder)

    def vouches_for_a_ready_node(self) -> bool:
        """Whether somebody outside is let in to a node that is ready."""
        trust = ssl.create_default_context(cafile=str(self.folder / "ca.crt"))
        try:
            with socket.create_connection((WEB, 443), 2) as line:
                with trust.wrap_socket(line, server_hostname=HOST) as safe:
                    safe.sendall(f"GET /readyz HTTP/1.0\r\nHost: {HOST}\r\n\r\n".encode())
                    return safe.recv(100).split()[1] == b"200"
        except OSError:
            return False

    def trusted_in(self, home: Path) -> None:
        """By a browser whose home this is."""
        store = home / ".pki" / "nssdb"
        store.mkdir(parents=True)
        certutil = needed("certutil", "libnss3-tools")
        for words in (
            ("-N", "--empty-password"),
            ("-A", "-n", "visavis", "-t", "C,,", "-i", str(self.folder / "ca.crt")),
        ):
            command = [certutil, "-d", f"sql:{store}", *words]
            subprocess.run(command, check=True, capture_output=True)


@dataclass(slots=True)
class Places:
    """Everything, running."""

    networks: Networks
    authority: Authority
    server: Server
    home: House
    office: House
    turn: Program

    async def restart(self, **settings: str) -> None:
        """The server, with other settings."""
        self.server.environment.update(settings)
        await self.server.restart()
        await until("the edge sends to the node again", self._answers)

    async def crash(self) -> None:
        """The server dies, and is started again."""
        await self.server.crash()
        await until("the edge sends to the node again", self._answers)

    async def _answers(self) -> bool:
        return inside(self.networks.outside, self.authority.vouches_for_a_ready_node)

    async def close(self) -> None:
        """See everybody out."""
        for house in (self.home, self.office):
            await house.close()
            house.people.clear()


@asynccontextmanager
async def places(
    folder: Path, playwright: Playwright, camera: str = SLOW_CAMERA, **settings: str
) -> AsyncIterator[Places]:
    """For as long as this lasts. `settings`: of the server."""
    authority = Authority.make(folder)
    async with AsyncExitStack() as stack:
        net = stack.enter_context(networks({HOST: WEB, TURN_HOST: TURN}))
        turn = stack.enter_context(_turn(folder, net))
        server = await Server.start(
            folder,
            VISAVIS_PUBLIC_URL=f"https://{HOST}",
            VISAVIS_TRUSTED_PROXIES="127.0.0.1",
            VISAVIS_TURN_URLS=TURN_URLS,
            VISAVIS_TURN_SECRET=TURN_SECRET,
            **settings,
        )
        stack.push_async_callback(server.stop)
        stack.enter_context(door(folder / "node.sock", int(server.url.rsplit(":")[-1])))
        await stack.enter_async_context(_edge(folder, net, authority))
        public = replace(server, url=f"https://{HOST}")

        async def house(site: Site) -> House:
            browser = await _browser(playwright, folder, site, authority, camera)
            stack.push_async_callback(browser.close)
            return House(browser, public)

        yield Places(net, authority, server, await house(net.home), await house(net.office), turn)


async def _browser(
    playwright: Playwright, folder: Path, site: Site, authority: Authority, camera: str
) -> Browser:
    home = folder / site.namespace
    home.mkdir()
    authority.trusted_in(home)
    flags = [flag for flag in FLAGS if "loopback" not in flag]
    return await playwright.chromium.launch(
        executable_path=site.program(folder, needed(CHROMIUM, "chromium")),
        args=[*flags, camera],
        env={**os.environ, "HOME": str(home)},
    )


@contextmanager
def _turn(folder: Path, net: Networks) -> Iterator[Program]:
    """coturn with the configuration that we ship, and TLS where also the strictest let us out."""
    words = [
        "ip", "netns", "exec", net.outside, needed("turnserver", "coturn"), "--no-dtls",
        "-c", str(turn_configuration(folder, 3478, 443)),
        f"--listening-ip={TURN}", f"--relay-ip={TURN}",
    ]  # fmt: skip
    turn = Program(words, os.environ, folder / "turn.log")
    turn.start()
    try:
        deadline = time.monotonic() + START_SECONDS
        while not inside(net.outside, lambda: answers_stun(3478, TURN)):
            assert time.monotonic() < deadline, turn.log.read_text()
            time.sleep(0.05)
        yield turn
    finally:
        turn.stop()


@asynccontextmanager
async def _edge(folder: Path, net: Networks, authority: Authority) -> AsyncIterator[None]:
    """HAProxy with the configuration that we ship."""
    node = f"unix@{folder / 'node.sock'}"
    environment = clean_environment() | OURSELVES | {
        "VISAVIS_HOST": HOST,
        "VISAVIS_CONNECTIONS": "500",
        "VISAVIS_HTTP": f"{WEB}:80",
        "VISAVIS_HTTPS": f"{WEB}:443",
        "VISAVIS_CERTIFICATE": str(folder / "visavis.pem"),
        "VISAVIS_ADMIN": str(folder / "admin.sock"),
        "VISAVIS_NODE_1": node,
        "VISAVIS_NODE_2": node,
    }  # fmt: skip
    words = [needed("haproxy", "haproxy"), "-db", "-f", str(CONFIGURATION)]
    proxy = Program(["ip", "netns", "exec", net.outside, *words], environment, folder / "proxy.log")
    proxy.start()

    async def takes() -> bool:
        assert proxy.process is not None
        assert proxy.process.poll() is None, proxy.log.read_text()
        return inside(net.outside, authority.vouches_for_a_ready_node)

    try:
        await until("the edge lets people in", takes)
        yield
    finally:
        proxy.stop()
