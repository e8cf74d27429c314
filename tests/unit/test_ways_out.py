"""No way out of the process but those that are named here, each with what it is for."""

from typing import Final

import pytest

from sessions.ways import STANDING, WAYS
from tests.ways_out import everywhere, ways_out

NOBODY: Final = "nobody"  # nothing of a person goes there
INWARD: Final = "inward"  # to or from a process or a file of the node's own
# What each module reaches, and what for: a way of the table, what the table says flows all the
# time, or one of the two words above. A module that is not here has no way out.
DECLARED: Final[dict[str, tuple[str, str, str]]] = {
    # ---- where sealed things lie, and pass
    "sessions/append_postgres.py": ("network", "database", "appends what is sealed"),
    "sessions/audit.py": ("network", "database", "reads the chain from beside a node"),
    "sessions/condition.py": ("network file", "database", "looks what a database is like"),
    "sessions/database.py": ("network", "database", "one database behind one interface"),
    "sessions/line.py": ("network", "database", "a connection to PostgreSQL"),
    "sessions/postgres.py": ("network", "database", "PostgreSQL for many nodes"),
    "sessions/sqlite.py": ("network file", "database", "the SQLite file, and its lock"),
    "sessions/blobs.py": ("network", "blobs", "parts of files, sealed by browsers"),
    "sessions/keyfile.py": ("file", "keys", "the file with the master keys"),
    "signaling/redis_condition.py": ("network", "bus", "looks what a Redis is like"),
    "signaling/redis_line.py": ("network", "bus", "hears parcels"),
    "signaling/redis_shards.py": ("network", "bus", "asks a cluster for its shards"),
    "signaling/redis_speaker.py": ("network", "bus", "says parcels"),
    # ---- ends of a call, by DTLS-SRTP, for checkups, probes and whoever agreed to be recorded
    "media/connection.py": ("network", "talk", "one connection in aiortc"),
    "media/detour.py": ("network", "talk", "frames by aiortc's own way"),
    "media/echo.py": ("network", NOBODY, "the checkup's far end sends back its probes"),
    "media/guard.py": ("network", "talk", "what may reach an end of ours"),
    "media/ingress.py": ("network", "talk", "where frames go"),
    "media/listener.py": ("network", "talk", "a connection that only listens"),
    "media/passthrough.py": ("network", "talk", "frames as they come"),
    "media/peer.py": ("network", NOBODY, "an end of a probe, by two people who are not there"),
    "media/rehearsal.py": ("network", NOBODY, "tries frames that nobody made"),
    "media/synthetic.py": ("network", NOBODY, "a person who is not there"),
    "media/turn.py": ("network", NOBODY, "knocks at a TURN server"),
    "media/recording.py": ("network file", "record", "the recorder: two pipes to its node"),
    "media/recorder.py": ("program", "record", "starts the recorder, the checkup's far end"),
    "sessions/clamd.py": ("network", "scan", "the scanner's unix socket"),
    # ---- programs of our own
    "whiteboard/bounded.py": ("program", INWARD, "draws in a process that is bounded"),
    "whiteboard/worker.py": ("file", INWARD, "an empty folder to be in"),
    # ---- what people take
    "web/fetching.py": ("download", "talk", "sealed bytes, to a seat of the session"),
    "web/receipt.py": ("download", "copy", "package, file, certificate, for who has the receipt"),
    "web/package.py": ("file", "copy", "verifies a package"),
    "web/opening.py": ("file", INWARD, "what a person brings from another house, written out"),
    "web/parcel.py": ("file", "copy", "a ZIP while it is sent, in memory"),
    "web/protection_disclosures.py": ("download", "authority", "a package, sealed"),
    "web/protection_recipients.py": ("download", "tell", "the letter to who received something"),
    "web/protection_provider.py": ("download", "provider", "numbers, released"),
    "web/protection_breaches.py": ("download", "report", "the report of a breach"),
    "web/protection_register.py": ("download", "requests", "requests as a table"),
    "web/protection_records.py": ("download", NOBODY, "the records of processing"),
    "web/protection_audit.py": ("download", NOBODY, "where the chain ends, signed"),
    "web/transfer.py": ("file", "successor", "what goes to another house, sealed for it"),
    "web/cli_transfer.py": ("file", "successor", "and whom to inform of that"),
    "web/cli_archive.py": ("file", "board", "what the command line was told to write"),
    # ---- a node, and who looks after it
    "web/server.py": ("network", "talk", "listens for browsers"),
    "web/staff.py": ("network", INWARD, "orders to the node, by a socket file of its own"),
    "web/settings.py": ("network", NOBODY, "the name of this machine"),
    "web/reachability.py": ("network", NOBODY, "the doctor looks at the own public address"),
    "web/entering.py": ("network", NOBODY, "a probe comes in as browsers do"),
    "web/demo.py": ("file", NOBODY, "sign-ins of people who are not there"),
}


def test_nothing_leaves_by_a_place_that_is_not_named() -> None:
    """OB-15: sockets, programs, files and downloads, module by module, and no module too many."""
    found = {module: " ".join(sorted(kinds)) for module, kinds in everywhere().items()}
    named = {module: " ".join(sorted(kinds.split())) for module, (kinds, *_) in DECLARED.items()}
    assert found == named
    known = {one.code for one in (*WAYS, *STANDING)} | {NOBODY, INWARD}
    assert {what for _, what, _ in DECLARED.values()} <= known


@pytest.mark.parametrize(
    ("planted", "kind"),
    [
        ("import socket", "network"),
        ("import urllib.request as net", "network"),
        ("from urllib import request", "network"),
        ("import requests", "network"),
        ("from smtplib import SMTP", "network"),
        ("async def f(): await asyncio.open_connection('x', 1)", "network"),
        ("from asyncio import open_connection as o", "network"),
        ("http = aiohttp.ClientSession()", "network"),
        ("from aiohttp import ClientSession as Quiet", "network"),
        ("loop.create_datagram_endpoint(p)", "network"),
        ("import subprocess", "program"),
        ("os.system('curl x')", "program"),
        ("from os import posix_spawn", "program"),
        ("open('/tmp/x', 'w').write(name)", "file"),
        ("path.open('ab')", "file"),
        ("os.open(path, os.O_WRONLY)", "file"),
        ("Path('x').write_text(name)", "file"),
        ("import zipfile", "file"),
        ("said = {'content-disposition': 'attachment'}", "download"),
    ],
)
def test_a_planted_one_is_found(planted: str, kind: str) -> None:
    """OB-15: the search can fail."""
    assert ways_out(planted) == {kind}


def test_what_only_reads_is_none() -> None:
    harmless = "open(path)\nopen(path, 'rb')\nos.open(path, os.O_RDONLY)\nimport json\nf.write(x)\n"
    assert ways_out(harmless) == set()
