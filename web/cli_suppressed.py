"""The command that asks whom no advertising may reach. Parses and prints."""

import logging
import sys
from typing import Final

import click

from sessions.contacts import MAX_CONTACT
from web import log
from web import suppressed as list_of
from web.shell import checked_as, plainly, run, settings_or_exit, who

_UNREAD: Final = 1  # the exit status where a line is no contact


@click.command()
def suppressed() -> None:
    """Ask whom no advertising may reach.

    Reads contacts from standard input, one in a line: an e-mail address, a telephone number, a name
    with its postal address, or the number of a receipt. Prints those lines that must get no
    advertising, as they were written, and nothing else. Exit status 1: some lines are no contact;
    their numbers are told, and nothing is known of them.
    """
    log.configure(level=logging.ERROR)
    settings = settings_or_exit()
    unread: list[int] = []
    given = sys.stdin.buffer.read().decode("utf-8", "replace").split("\n")
    lines = [(number, line.strip()) for number, line in enumerate(given, 1) if line.strip()]
    for some in list_of.in_parts(line[: MAX_CONTACT + 1] for _, line in lines):
        wanted = checked_as(list_of.Wanted, {"contacts": tuple(some), "actor": who()})
        with plainly():
            answers = run(list_of.order(settings, wanted))
        for (number, line), found in zip(lines, answers, strict=False):
            if found is None:
                unread.append(number)
            elif found:
                click.echo(line)
        lines = lines[len(some) :]
    for number in unread:
        click.echo(f"Line {number} is no contact, and was not asked about.", err=True)
    sys.exit(_UNREAD if unread else 0)
