"""The command `visavis probe`: reads who probes whom, and says what came of it in three ways."""

import logging
import os
import sys
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import click
import orjson
from prometheus_client import CollectorRegistry, Gauge, write_to_textfile

from media.quality import RUNGS
from sessions.keyfile import UnsafeKeyFile, read_private
from web import log
from web.probing import REASONS, Report, SignIn, Wanted
from web.shell import run, settings_or_exit

_USERNAME: Final = "VISAVIS_PROBE_USERNAME"
_PASSWORD: Final = "VISAVIS_PROBE_PASSWORD"


@click.command()
@click.option("--url", help="Where people come in: https://host; else VISAVIS_PUBLIC_URL.")
@click.option(
    "--advisor", "file", type=click.Path(path_type=Path, dir_okay=False),
    help=f"A file for your eyes only: username, then password. Else {_USERNAME}, {_PASSWORD}.",
)  # fmt: skip
@click.option("--limit", type=click.FloatRange(5, 300), default=30.0, show_default=True,
              help="Seconds until it gives up.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.option(
    "--metrics", type=click.Path(path_type=Path, dir_okay=False),
    help="A file for the textfile collector of a node exporter; written whole or not at all.",
)  # fmt: skip
def probe(
    url: str | None, file: Path | None, limit: float, as_json: bool, metrics: Path | None
) -> None:
    """Place a real call as a prospect and an advisor who are not there, and measure it.

    Through the public address, with sound and picture both ways. Nothing of it is counted, and it
    is erased again. While it lasts, consoles of free advisors ring. Exit status: 0 it went well,
    1 it did not, 2 it could not be tried.
    """
    log.configure(level=logging.CRITICAL)
    origin = _origin(url or settings_or_exit().allowed_origins[0])
    wanted = Wanted(origin, _sign_in(file), limit)
    try:
        from web.probe import probe as place  # with aiortc, which no other command needs
    except ImportError:
        raise click.UsageError(
            "the part `media` is missing: pip install 'visavis[media]'"
        ) from None
    report = run(place(wanted))
    if metrics is not None:
        _write(metrics, report)
    click.echo(_as_json(report) if as_json else _in_words(report))
    sys.exit(0 if report.ok else 1)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/"):
        raise click.UsageError("--url: expected https://host[:port]")
    return url.rstrip("/")


def _sign_in(file: Path | None) -> SignIn:
    """Never from the command line, which everybody on the machine can read."""
    if file is None:
        username, password = os.environ.get(_USERNAME, ""), os.environ.get(_PASSWORD, "")
    else:
        username, password = _read(file)
    if not username or not password:
        raise click.UsageError(f"who advises? --advisor FILE, or {_USERNAME} and {_PASSWORD}")
    return SignIn(username, password)


def _read(file: Path) -> tuple[str, str]:
    try:
        lines = read_private(file).splitlines()
    except UnsafeKeyFile as unsafe:
        raise click.UsageError(str(unsafe)) from None
    except OSError as error:
        raise click.UsageError(f"{file}: {error.strerror}") from None
    username, password, *_ = [*lines, "", ""]
    return username.strip(), password


# -- what is said


def _in_words(report: Report) -> str:
    lines = [f"{name:28}{value:>12,.1f}" for name, value in report.figures.items()]
    if report.path:
        lines.append(f"{'path':28}{report.path:>12}")
    if report.reason is None:
        return "\n".join([*lines, "", "The call went well."])
    where = f" ({report.detail})" if report.detail else ""
    said = f"It failed at {report.step}, {report.reason}{where}: {REASONS[report.reason]}."
    return "\n".join([*lines, "", said])


def _as_json(report: Report) -> str:
    told = {
        "ok": report.ok, "step": report.step, "reason": report.reason,
        "detail": report.detail, "path": report.path, "figures": report.figures,
    }  # fmt: skip
    return orjson.dumps(told, option=orjson.OPT_INDENT_2).decode()


def _write(file: Path, report: Report) -> None:
    registry = CollectorRegistry()

    def gauge(name: str, text: str, *labels: str) -> Gauge:
        return Gauge(f"visavis_probe_{name}", text, labels, registry=registry)

    gauge("success", "1: the last call of the probe went well").set(report.ok)
    gauge("last_run_timestamp_seconds", "When it ended").set_to_current_time()
    failure = gauge("failure", "1: the last call failed for this reason", "reason")
    for reason in REASONS:
        failure.labels(reason).set(reason == report.reason)
    way = gauge("path", "1: by this way sound and picture came", "path")
    for path in RUNGS:
        way.labels(path).set(path == report.path)
    took = "How long a step or a round trip took; when something first came after the accept"
    seconds = gauge("seconds", took, "step")
    media = gauge("media", "What arrived, at which end", "end", "what")
    for name, value in report.figures.items():
        end, _, what = name.rpartition(".")
        if what.endswith("_ms"):
            seconds.labels(name.removesuffix("_ms")).set(value / 1_000)
        elif end:
            media.labels(end, what).set(value)
    try:
        write_to_textfile(str(file), registry)
    except OSError as error:
        raise click.UsageError(f"{file}: {error.strerror}") from None
