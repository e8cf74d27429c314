"""The command line `visavis`. It parses and prints; the work is done elsewhere."""

import logging
import sys
from typing import Any, get_args

import click

from sessions.audit import Broken, Mark, verify
from sessions.keys import MasterKeys
from sessions.migrations import migrate as migrate_database
from web import (
    cli_archive,
    cli_package,
    cli_probe,
    cli_statistics,
    cli_suppressed,
    cli_transfer,
    log,
    server,
)
from web import demo as demonstration
from web import doctor as physician
from web.settings import Settings
from web.shell import checked_as, plainly, run, settings_or_exit, who
from web.staff import Order, SignsIn, order
from web.texts import LANGUAGES


def migrate_both(settings: Settings) -> None:
    migrate_database(settings.database, "main")
    migrate_database(settings.key_store, "keys")


def give_order(**wanted: Any) -> list[dict[str, Any]]:
    """An order about accounts, checked here first."""
    log.configure(level=logging.ERROR)
    settings = settings_or_exit()
    checked = checked_as(Order, {"actor": who(), **wanted})
    with plainly():
        return run(order(settings, checked))


@click.group()
@click.version_option(package_name="visavis", prog_name="visavis")
def main() -> None:
    """Self-hosted platform for real-time advice."""


@main.command()
@click.option("--listen", help="host:port; else VISAVIS_LISTEN.")
def serve(listen: str | None) -> None:
    """Serve until told to stop. Settings come from VISAVIS_*."""
    settings = settings_or_exit(**({"listen": listen} if listen else {}))
    log.configure()
    with plainly():
        migrate_both(settings)
        run(server.serve(settings))


@main.command()
@click.option("--listen", help="host:port; else VISAVIS_LISTEN.")
def demo(listen: str | None) -> None:
    """Serve with demo accounts; their sign-ins are printed."""
    settings = settings_or_exit(**({"listen": listen} if listen else {}))
    if not settings.on_files:
        click.echo("VISAVIS_DATABASE_URL: the demo keeps to files; use `visavis serve`", err=True)
        sys.exit(2)
    log.configure(level=logging.ERROR)
    with plainly():
        migrate_both(settings)
        run(demonstration.show(settings, click.echo))


@main.command()
def migrate() -> None:
    """Bring both databases to the newest schema."""
    log.configure(level=logging.ERROR)
    with plainly():
        migrate_both(settings_or_exit())
    click.echo("The databases are up to date.")


@main.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.option("--lang", type=click.Choice(LANGUAGES), help="Else as LANG says.")
def doctor(as_json: bool, lang: str | None) -> None:
    """Examine this deployment and say what to mend. Exit status: 0 fine, 1 warnings, 2 errors."""
    settings = settings_or_exit()
    log.configure(level=logging.CRITICAL)
    findings = run(physician.examine(settings))
    say = physician.as_json if as_json else physician.in_words
    click.echo(say(findings, lang or physician.language_of_terminal()))
    sys.exit(physician.verdict(findings))


@main.group()
def keys() -> None:
    """The master keys."""


@keys.command("init")
def keys_init() -> None:
    """Make the key file, if there is none."""
    path = settings_or_exit().master_keys
    fresh = not path.exists()
    with plainly():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        MasterKeys.load_or_create(path)
    click.echo(f"{'Made' if fresh else 'There is already'} {path}. Keep a copy apart from backups.")


@main.group()
def audit() -> None:
    """Who opened what with the keys of the server."""


@audit.command("verify")
@click.argument("noted", nargs=-1)
def audit_verify(noted: tuple[str, ...]) -> None:
    """Prove that nothing was changed, and say where the chain ends: note that elsewhere.

    NOTED: ends that were noted before (number:hash); they must still be in it.
    """
    settings = settings_or_exit()
    try:
        end = verify(settings.database, [Mark.parse(one) for one in noted])
    except ValueError:
        raise click.UsageError("expected number:hash, as this command prints it") from None
    except Broken as broken:
        raise click.ClickException(str(broken)) from None
    except (ConnectionError, LookupError) as reason:
        raise click.ClickException(str(reason)) from None
    click.echo(f"{end.seq} entries, none changed. The end: {end}")


@main.group()
def account() -> None:
    """Those who sign in."""


@account.command("add")
@click.argument("username")
@click.option("--role", type=click.Choice(get_args(SignsIn)), required=True)
@click.option("--name", "display_name", required=True, help="Shown in a talk.")
@click.option("--title", default="", help="Shown under the name.")
@click.option("--agency", help="Code of the agency they advise for; else they are of the house.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def account_add(
    username: str, role: str, display_name: str, title: str, agency: str | None,
    password_stdin: bool,
) -> None:  # fmt: skip
    """Add an account; the password is asked for."""
    password = (
        sys.stdin.readline().rstrip("\n")
        if password_stdin
        else click.prompt("Password", hide_input=True, confirmation_prompt=True)
    )
    give_order(
        what="add", username=username, role=role, display_name=display_name, title=title,
        agency=agency, password=password,
    )  # fmt: skip
    click.echo(f"Added {username}.")


@account.command("list")
def account_list() -> None:
    """Show all accounts."""
    for one in give_order(what="list"):
        state = "disabled" if one["disabled"] else ""
        whose = f"  [{one['agency']}]" if one.get("agency") else ""
        line = f"{one['role']:9} {one['username']:20} {one['display_name']}{whose}  {state}"
        click.echo(line.rstrip())


@account.command("disable")
@click.argument("username")
def account_disable(username: str) -> None:
    """Sign an account out everywhere, for good."""
    give_order(what="disable", username=username)
    click.echo(f"Disabled {username}.")


for command in (
    cli_archive.session, cli_archive.retention, cli_archive.receipt, cli_archive.tombstones,
    cli_statistics.statistics, cli_suppressed.suppressed, cli_probe.probe, cli_transfer.transfer,
    cli_package.package,
):  # fmt: skip
    main.add_command(command)
