"""Commands about statistics. Parses and prints."""

import logging
from pathlib import Path

import click

from web import log, provider
from web.cli_archive import write_new
from web.shell import checked_as, plainly, run, settings_or_exit, who


@click.group()
def statistics() -> None:
    """Counters without people."""


@statistics.command("export")
@click.argument("export")
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False),
    help="A new file; else it is printed.",
)  # fmt: skip
def statistics_export(export: str, output: Path | None) -> None:
    """For the technical provider: numbers of at least 10, rounded, with noise. In the audit log.

    EXPORT: the number of one that an officer prepared and another one released, as the protection
    desk shows it. What is printed is what they looked at.
    """
    if output is not None and output.exists():
        raise click.ClickException(f"{output} is there already.")
    log.configure(level=logging.ERROR)
    settings = settings_or_exit()
    wanted = checked_as(provider.Wanted, {"export": export, "actor": who()})
    with plainly():
        text = run(provider.order(settings, wanted))
        if output is None:
            click.echo(text, nl=False)
        else:
            write_new(output, text)
