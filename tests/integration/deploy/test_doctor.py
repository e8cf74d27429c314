"""`visavis doctor`: each thing it says, in a deployment of which it is true."""

import asyncio
import json
import os
import re
import resource
import sqlite3
import ssl
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web as aioweb
from alembic import command
from sqlalchemy import create_engine

from sessions.keyfile import load_or_create
from sessions.migrations import migrate, run
from sessions.sqlite import repaired
from tests.disks import small_disk
from tests.integration.deploy.edge import ROOT, Edge, certificate, clean_environment, free_port
from tests.integration.deploy.servers import PASSWORD, TURN_SECRET, Roles, coturn, redis, say
from tests.servers import clamd_in
from web import examinations, reachability
from web.doctor import EXAMINATIONS
from web.findings import Examination, Grade
from web.settings import Settings
from web.texts import load_texts


async def said(examination: Examination, **given: Any) -> dict[str, Grade]:
    """What was found; but for what a busy machine is."""
    found = await all_said(examination, **given)
    return {code: grade for code, grade in found.items() if not code.endswith(".slow")}


async def all_said(examination: Examination, **given: Any) -> dict[str, Grade]:
    settings = Settings(**given)
    return {finding.code: finding.grade async for finding in examination(settings)}


# ---- what a node stands on


async def test_python(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await said(examinations.python) == {"python.fine": Grade.FINE}
    monkeypatch.setattr(examinations, "PYTHON_FLOOR", (9, 0))
    assert await said(examinations.python) == {"python.old": Grade.ERROR}


async def test_open_files() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        for allowed, found in (
            (1_000, {"files.few": Grade.WARNING}), (4_096, {"files.fine": Grade.FINE}),
        ):  # fmt: skip
            resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, before[1]))
            assert await said(examinations.open_files) == found
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


async def test_the_key_file(tmp_path: Path) -> None:
    """Rights, place, content."""
    path, data = tmp_path / "etc" / "master.keys", tmp_path / "data"
    given = {"master_key_file": path, "data_dir": data}
    assert await said(examinations.key_file, **given) == {"keys.missing": Grade.ERROR}
    load_or_create(path)
    assert await said(examinations.key_file, **given) == {"keys.fine": Grade.FINE}
    path.chmod(0o644)
    assert await said(examinations.key_file, **given) == {"keys.unsafe": Grade.ERROR}
    path.chmod(0o400)
    assert await said(examinations.key_file, **given) == {"keys.fine": Grade.FINE}
    assert await said(examinations.key_file, data_dir=tmp_path, master_key_file=path) == {
        "keys.fine": Grade.FINE, "keys.beside_data": Grade.WARNING,
    }  # fmt: skip
    path.unlink()
    path.mkdir()
    found = await said(examinations.key_file, **given)
    assert found == {"keys.unreadable": Grade.ERROR}


async def test_disk_space(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    with small_disk(data):
        for used_kib, found in (
            (100, {"disk.fine": Grade.FINE}), (900, {"disk.full": Grade.WARNING}),
            (1_000, {"disk.full": Grade.ERROR}),
        ):  # fmt: skip
            (data / "filling").write_bytes(bytes(used_kib * 1024))
            assert await said(examinations.disk, data_dir=data) == found


async def test_the_place_of_files(tmp_path: Path) -> None:
    """A directory is looked at, and left as it is; a store that is not there is named."""
    there = (tmp_path / "blobs").as_uri()
    given = {"data_dir": tmp_path, "blobs_url": there}
    assert await said(examinations.blobs, **given) == {"blobs.fine": Grade.FINE}
    assert not (tmp_path / "blobs").exists()
    if os.access("/dev/shm", os.W_OK):
        given["blobs_url"] = "file:///dev/shm/blobs"
        assert await said(examinations.blobs, **given) == {"blobs.not_durable": Grade.ERROR}
    server = {"database_url": "postgresql://x@h/x", "keys_url": "postgresql://x@h/y"}
    assert await said(examinations.blobs, data_dir=tmp_path, **server) == {
        "blobs.fine": Grade.FINE, "blobs.alone": Grade.WARNING,
    }  # fmt: skip
    nowhere = {"blobs_url": "s3://bucket", "blobs_endpoint": "http://127.0.0.1:1"}
    keys = {"blobs_access_key": "x", "blobs_secret_key": "x", "blobs_region": "x"}
    assert await said(examinations.blobs, data_dir=tmp_path, **nowhere, **keys) == {
        "blobs.unreachable": Grade.ERROR
    }


async def test_the_scanner(tmp_path: Path) -> None:
    assert await said(examinations.scanner, data_dir=tmp_path) == {}
    given = {"data_dir": tmp_path, "clamd_socket": tmp_path / "none"}
    assert await said(examinations.scanner, **given) == {"scanner.unreachable": Grade.ERROR}
    with clamd_in(tmp_path / "clamd") as socket:
        given["clamd_socket"] = socket
        assert await said(examinations.scanner, **given) == {"scanner.fine": Grade.FINE}


async def databases(**given: Any) -> dict[str, Grade]:
    found = await said(examinations.databases, **given)
    return {code: grade for code, grade in found.items() if code != "sqlite.old"}


async def test_sqlite_files(tmp_path: Path) -> None:
    given = {"data_dir": tmp_path}
    settings = Settings.model_validate(given)
    assert await databases(**given) == {"database.schema_missing": Grade.ERROR}
    run(settings.database, "main", lambda config: command.upgrade(config, "0001"))
    migrate(settings.key_store, "keys")
    assert await databases(**given) == {
        "database.schema_old": Grade.ERROR, "database.fine": Grade.FINE,
    }  # fmt: skip
    migrate(settings.database, "main")
    assert await databases(**given) == {"database.fine": Grade.FINE}
    with create_engine(settings.key_store).begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    assert "database.schema_newer" in await databases(**given)
    (tmp_path / "keys.db").write_bytes(b"not a database, but long enough to be read" * 9)
    assert "database.unreachable" in await databases(**given)


async def test_an_old_sqlite_is_warned_of(tmp_path: Path) -> None:
    found = await said(examinations.databases, data_dir=tmp_path)
    here = sqlite3.sqlite_version_info
    assert ("sqlite.old" in found) == (not repaired(here))
    for version, good in (
        ((3, 40, 1), False), ((3, 44, 6), True), ((3, 45, 0), False), ((3, 51, 3), True),
        ((3, 52, 0), True),
    ):  # fmt: skip
        assert repaired(version) == good


async def test_a_file_in_memory_is_not_durable(tmp_path: Path) -> None:
    shared = Path("/dev/shm")
    if not os.access(shared, os.W_OK):
        pytest.skip("no folder in memory here")
    found = await databases(
        data_dir=tmp_path, database_url=f"sqlite:///{shared}/visavis-{os.getpid()}-none.db"
    )
    assert found["database.not_durable"] is Grade.ERROR
    assert "database.not_durable" not in await databases(data_dir=tmp_path)


async def test_sessions_and_keys_are_to_be_apart(tmp_path: Path) -> None:
    path = tmp_path / "one.db"
    (tmp_path / "link.db").symlink_to(path)
    migrate(f"sqlite:///{path}", "main")
    given = {"data_dir": tmp_path, "database_url": f"sqlite:///{path}"}
    same = {"keys_url": f"sqlite:///{tmp_path / 'link.db'}"}
    assert "database.same" in await databases(**given, **same)
    assert "database.same" not in await databases(**given)


async def test_postgresql(roles: Roles) -> None:
    keys = {"keys_url": roles.url("visavis_keys", "visavis_keys")}
    good = roles.url("visavis", "visavis")
    assert await databases(database_url=good, **keys) == {"database.fine": Grade.FINE}
    for url, found in (
        (roles.url("visavis_owner", "visavis"), {"database.mighty": Grade.WARNING}),
        (
            roles.url("admin", "postgres"),
            {"database.mighty": Grade.WARNING, "database.schema_missing": Grade.ERROR},
        ),
        (
            f"{good}?options=-c%20synchronous_commit%3Doff",
            {"database.not_durable": Grade.ERROR},
        ),
        (
            f"{good}?options=-c%20default_transaction_read_only%3Don&target_session_attrs=any",
            {"database.read_only": Grade.ERROR},
        ),
        (
            f"postgresql://visavis@127.0.0.1:{free_port()}/visavis",
            {"database.unreachable": Grade.ERROR},
        ),
        (roles.url("visavis_keys", "visavis"), {"database.unreachable": Grade.ERROR}),
    ):  # fmt: skip
        found_here = await databases(database_url=url, **keys)
        assert found_here == found | {"database.fine": Grade.FINE}, url
    roles.durable(False)
    try:
        found_here = await databases(database_url=good, **keys)
        assert found_here == {"database.not_durable": Grade.ERROR}
    finally:
        roles.durable(True)
    both = {"database_url": keys["keys_url"].replace("127.0.0.1", "localhost"), **keys}
    assert "database.same" in await databases(**both)


def test_clocks_that_differ() -> None:
    """No server here has a clock of its own to set: what is made of the difference."""
    for ahead_ms, grades in ((900, []), (-1_500, [Grade.WARNING]), (6_000, [Grade.ERROR])):
        assert [one.grade for one in examinations._clock("Redis", ahead_ms)] == grades


async def test_the_bus(
    bus: int, tmp_path: Path, roles: Roles, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = f"redis://visavis:{PASSWORD}@127.0.0.1:{bus}"
    assert await said(examinations.bus, bus_url=good) == {"bus.fine": Grade.FINE}
    with monkeypatch.context() as impatient:
        impatient.setattr(examinations, "SLOW_BUS_MS", 0)
        assert (await all_said(examinations.bus, bus_url=good))["bus.slow"] == Grade.WARNING
    for url in (good.replace(PASSWORD, "falsch"), f"redis://127.0.0.1:{free_port()}"):
        assert await said(examinations.bus, bus_url=url) == {"bus.unreachable": Grade.ERROR}
    assert await said(examinations.bus) == {"bus.alone": Grade.FINE}
    several = {"database_url": roles.url("visavis", "visavis")}
    assert await said(examinations.bus, **several) == {"bus.missing": Grade.WARNING}
    with redis(tmp_path, "--maxmemory-policy", "allkeys-lru", acl=False) as open_port:
        found = await said(examinations.bus, bus_url=f"redis://127.0.0.1:{open_port}")
    assert found == {
        "bus.fine": Grade.FINE, "bus.default_user": Grade.WARNING,
        "bus.persists": Grade.WARNING, "bus.evicts": Grade.WARNING,
    }  # fmt: skip


async def test_a_bus_user_with_too_many_rights(tmp_path: Path) -> None:
    with redis(tmp_path, acl=False) as port:
        say(port, "ACL", "SETUSER", "much", "on", ">x", "~*", "&*", "+@all", user=None)
        found = await said(examinations.bus, bus_url=f"redis://much:x@127.0.0.1:{port}")
    assert found["bus.mighty"] is Grade.WARNING


# ---- how browsers come in


@asynccontextmanager
async def bare_server(folder: Path) -> AsyncIterator[int]:
    """Answers by TLS, and with no header that protects."""

    async def answer(_request: aioweb.Request) -> aioweb.Response:
        return aioweb.Response(text="bare")

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "localhost.pem")
    app = aioweb.Application()
    app.router.add_get("/", answer)
    runner = aioweb.AppRunner(app)
    await runner.setup()
    port = free_port()
    await aioweb.TCPSite(runner, "127.0.0.1", port, ssl_context=context).start()
    try:
        yield port
    finally:
        await runner.cleanup()


async def test_the_public_address(
    edge: Edge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    examine = reachability.public_address
    assert await said(examine) == {"public.missing": Grade.WARNING}
    assert await said(examine, public_url=edge.url) == {"public.untrusted": Grade.ERROR}
    monkeypatch.setenv("SSL_CERT_FILE", str(edge.certificate.with_suffix(".crt")))
    assert await said(examine, public_url=edge.url) == {
        "public.fine": Grade.FINE, "certificate.fine": Grade.FINE,
    }  # fmt: skip
    nobody = f"https://localhost:{free_port()}"
    assert await said(examine, public_url=nobody) == {"public.unreachable": Grade.ERROR}
    plain = await said(examine, public_url="http://visavis.invalid")
    assert plain["public.plain"] is Grade.ERROR
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate(tmp_path, days=2).with_suffix(".crt")))
    async with bare_server(tmp_path) as port:
        assert await said(examine, public_url=f"https://localhost:{port}") == {
            "public.headers": Grade.ERROR, "certificate.expires": Grade.WARNING,
        }  # fmt: skip


async def test_trusted_proxies() -> None:
    examine, https = reachability.proxies, {"public_url": "https://visavis.test"}
    assert await said(examine, **https) == {"proxies.missing": Grade.WARNING}
    for proxies, code in (("127.0.0.1", "proxies.fine"), ("127.0.0.1 ::/0", "proxies.everybody")):
        found = await said(examine, **https, trusted_proxies=proxies)
        assert set(found) == {code}
    assert await said(examine) == {"proxies.fine": Grade.FINE}


async def test_turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """AT-30: a real allocation by UDP, TCP and TLS, and a knock at what must stay closed."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate(tmp_path, days=90).with_suffix(".crt")))
    examine, secret = reachability.turn, {"turn_secret": TURN_SECRET}
    assert await said(examine) == {"turn.missing": Grade.WARNING}
    # Outside addresses are what a server is told; this one means a machine that there is not.
    with coturn(tmp_path, add=["external-ip=198.20.0.1/127.0.0.1"]) as (plain, tls):
        three = (
            f"turn:127.0.0.1:{plain}?transport=udp", f"turn:127.0.0.1:{plain}?transport=tcp",
            f"turns:localhost:{tls}?transport=tcp",
        )  # fmt: skip
        for url in three:
            found = await said(examine, turn_urls=(url,), **secret)
            certified = {"certificate.fine": Grade.FINE} if "turns" in url else {}
            assert found == {"turn.fine": Grade.FINE} | certified, url
            found = await said(examine, turn_urls=(url,), turn_secret="falsch")
            assert found == {"turn.refused": Grade.ERROR} | certified
    with coturn(tmp_path) as (plain, _):
        found = await said(examine, turn_urls=(f"turn:127.0.0.1:{plain}",), **secret)
        assert found == {"turn.relays_inside": Grade.WARNING}
    with coturn(tmp_path, without="denied-peer-ip=10") as (plain, _):
        found = await said(examine, turn_urls=(f"turn:127.0.0.1:{plain}",), **secret)
        assert found == {"turn.open_inside": Grade.ERROR}
    for url in three[1:]:
        found = await said(examine, turn_urls=(url,), **secret)
        assert found["turn.unreachable"] is Grade.ERROR
        assert ("certificate.invalid" in found) == ("turns" in url)


async def test_turn_keeps_no_addresses(tmp_path: Path) -> None:
    """KP-20: nothing that coturn writes after a talk has an address of it."""
    certificate(tmp_path)
    with coturn(tmp_path) as (plain, _):
        found = await said(
            reachability.turn, turn_urls=(f"turn:127.0.0.1:{plain}",), turn_secret=TURN_SECRET
        )
        assert "turn.relays_inside" in found
    text = (tmp_path / "turn.log").read_text(errors="replace")
    assert not re.search(r"session \d+|peer|user <|10\.0\.0\.1", text), text


# ---- the command


async def doctor(environment: dict[str, str], folder: Path, *words: str) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "from web.cli import main; main()", "doctor", *words,
        env=clean_environment() | environment, cwd=folder,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    text, _ = await process.communicate()
    return process.returncode, text.decode()


async def test_a_whole_deployment_is_fine_and_what_breaks_is_said(
    edge: Edge, tmp_path: Path
) -> None:
    """The exit status is the gravest finding; a program gets the same as JSON."""
    trusted = edge.certificate.with_suffix(".crt")
    for name in ("localhost.crt", "key.pem"):
        (tmp_path / name).write_bytes((trusted.parent / name).read_bytes())
    with coturn(tmp_path, add=["external-ip=198.20.0.1/127.0.0.1"]) as (plain, tls):
        environment = {
            **edge.nodes["n1"].environment,
            "SSL_CERT_FILE": str(trusted),
            "VISAVIS_TURN_SECRET": TURN_SECRET,
            "VISAVIS_TURN_URLS": f"turn:127.0.0.1:{plain},turns:localhost:{tls}?transport=tcp",
        }
        code, text = await doctor(environment, tmp_path)
        assert (code, "Everything is fine." in text) == (0, True), text
        code, text = await doctor(environment | {"VISAVIS_TURN_URLS": ""}, tmp_path, "--lang=de")
        assert (code, "Kein TURN-Server" in text) == (1, True), text
    code, text = await doctor(environment | {"LANG": "de_DE.UTF-8"}, tmp_path, "--json")
    report = json.loads(text)
    assert (code, report["verdict"]) == (2, "error")
    grave = [one for one in report["findings"] if one["grade"] == "error"]
    assert {one["code"] for one in grave} == {"turn.unreachable", "certificate.invalid"}
    assert "antwortet nicht" in grave[0]["text"]
    for secret in (PASSWORD, TURN_SECRET):
        assert secret not in text


def test_every_code_has_its_words_and_the_other_way_round() -> None:
    sources = "".join(
        (ROOT / "web" / name).read_text()
        for name in (
            "agency_check.py", "doctor.py", "examinations.py", "exit_check.py", "reachability.py",
            "recording_policy.py", "register.py", "role_check.py",
        )
    )  # fmt: skip
    used = set(re.findall(r'"((?:[a-z]+\.[a-z_]+)|failed)"', sources))
    used |= {f"database.schema_{state}" for state in ("missing", "old", "newer")}
    used |= {f"verdict.{grade.name.lower()}" for grade in Grade}
    known = {
        key.removeprefix("doctor.")
        for key in load_texts()["de"].entries
        if key.startswith("doctor.")
    }
    assert known == used
    assert len(EXAMINATIONS) == len(set(EXAMINATIONS))
