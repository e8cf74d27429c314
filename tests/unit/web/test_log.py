"""OB-05: the access log has six personal fields, reduced, and nothing that says more."""

import io
import json
import logging
from collections.abc import Iterator
from ipaddress import ip_address

import pytest
import structlog
from aiohttp.test_utils import make_mocked_request

from web import log

CANARY = "Kanarienvogel"
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/141.0.7390.55 Safari/537.36"
)


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    stream = io.StringIO()
    log.configure(stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_a_line_has_exactly_the_fields_of_the_statement(written: io.StringIO) -> None:
    """OB-05, KP-20."""
    request = make_mocked_request(
        "GET",
        f"/call/{'0' * 32}?q={CANARY}",
        headers={
            "User-Agent": CHROME,
            "Referer": f"https://shop.example.com/{CANARY}?x={CANARY}",
            "Cookie": f"a={CANARY}",
            "X-Canary": CANARY,
        },
    )
    log.access(
        request, ip_address("203.0.113.77"),
        route="/call/{session}", status=200, sent_bytes=512, took_seconds=0.0123,
    )  # fmt: skip
    line = json.loads(written.getvalue())
    assert set(line) == {*log.SIX, *log.IMPERSONAL}
    assert line["address"] == "203.0.0.0/16"
    assert line["browser"] == "Chrome 141"
    assert line["system"] == "Windows"
    assert line["referrer"] == "https://shop.example.com"
    assert line["bytes"] == 512
    assert CANARY not in written.getvalue()
    assert "203.0.113" not in written.getvalue()


@pytest.mark.parametrize(
    ("agent", "expected"),
    [
        (CHROME, "Chrome 141"),
        (CHROME + " Edg/141.0", "Edge 141"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox 145"),
        ("Mozilla/5.0 (iPhone) AppleWebKit/605.1.15 Version/19.0 Safari/604.1", "Safari 19"),
        (f"Chrome/{CANARY}", "Chrome ?"),
        (f"Chrome/{'9' * 200}", "Chrome 9999"),
        (CANARY, "-"),
        ("", "-"),
    ],
)
def test_browsers_are_known_by_family_and_version(agent: str, expected: str) -> None:
    """B-040."""
    assert log.browser_of(agent) == expected


@pytest.mark.parametrize(
    "referrer",
    [CANARY, f"ftp://{CANARY}", f"https://user:{CANARY}@", f"https://{CANARY}_/", "https://[", ""],
)
def test_a_strange_referrer_is_dropped(referrer: str) -> None:
    assert log.origin_of(referrer) == "-"


def test_a_traceback_keeps_places_and_loses_what_was_said(written: io.StringIO) -> None:
    def fails() -> None:
        raise ValueError(f"bad value {CANARY}")

    for logger in (structlog.get_logger("x").exception, logging.getLogger("y").exception):
        try:
            fails()
        except ValueError:
            logger("bug")
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    assert [line["error"] for line in lines] == ["ValueError", "ValueError"]
    assert all(line["places"][-1].endswith("fails") for line in lines)
    assert CANARY not in written.getvalue()


def test_values_in_messages_of_libraries_are_dropped(written: io.StringIO) -> None:
    logging.getLogger("aiohttp.server").warning("bad line %r", CANARY)
    assert json.loads(written.getvalue())["event"] == "aiohttp.server: bad line %r"
