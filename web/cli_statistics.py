"""Commands about statistics. Parses and prints."""

import logging
from datetime import date, datetime
from pathlib import Path

import click
import orjson

from web import log, provider
from web.cli_archive import write_new
from web.shell import checked_as, plainly, run, settings_or_exit, who

_DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.group()
def statistics() -> None:
    """Counters without people."""


@statistics.command("export")
@click.option("--from", "first", required=True, type=_DAY, help="The first day, as 2026-11-01.")
@click.option("--to", "last", required=True, type=_DAY, help="The last day.")
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False),
    help="A new file; else it is printed.",
)  # fmt: skip
@click.option("--reason", default="-", help="What for; goes into the audit log.")
def statistics_export(first: datetime, last: datetime, output: Path | None, reason: str) -> None:
    """For the technical provider: numbers of at least 10, rounded, with noise. In the audit log.

    Days, weeks and months that lie between the two days and are over. Asked again, the same
    numbers come again.
    """
    if output is not None and output.exists():
        raise click.ClickException(f"{output} is there already.")
    log.configure(level=logging.ERROR)
    settings = settings_or_exit()
    days: dict[str, date] = {"first": first.date(), "last": last.date()}
    wanted = checked_as(provider.Wanted, {**days, "actor": who(), "reason": reason})
    with plainly():
        document = run(provider.order(settings, wanted))
        text = orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
        if output is None:
            click.echo(text, nl=False)
        else:
            write_new(output, text)
