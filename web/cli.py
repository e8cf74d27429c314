"""The command line `visavis`. It parses and prints; the work is done elsewhere."""

import asyncio
import logging
import os
import sys
import zipfile
from base64 import b64decode
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from pwd import getpwuid
from typing import IO, Any, NoReturn, TypeVar

import click
import uvloop
from pydantic import ValidationError

from sessions.audit import Broken, Mark, verify
from sessions.database import DatabaseInUse
from sessions.keyfile import UnsafeKeyFile
from sessions.keys import MasterKeys
from sessions.migrations import migrate as migrate_database
from web import certificates, erasures, exports, log, package, server
from web import demo as demonstration
from web import doctor as physician
from web.app import ice_of
from web.brand import load_brand
from web.settings import Settings
from web.staff import Order, OrderFailed, order
from web.texts import LANGUAGES, load_texts

T = TypeVar("T")


def run(job: Coroutine[Any, Any, T]) -> T:
    """Run a job on the fast loop."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(job)


@contextmanager
def plainly() -> Iterator[None]:
    """What a person can put right is said in one line, without a traceback."""
    try:
        yield
    except (DatabaseInUse, OrderFailed, UnsafeKeyFile) as reason:
        raise click.ClickException(str(reason)) from None
    except OSError as reason:
        raise click.ClickException(reason.strerror or str(reason)) from None


def migrate_both(settings: Settings) -> None:
    migrate_database(settings.database, "main")
    migrate_database(settings.key_store, "keys")


def give_order(**wanted: Any) -> list[dict[str, Any]]:
    """An order about accounts, checked here first."""
    log.configure(level=logging.ERROR)
    settings = settings_or_exit()
    try:
        checked = Order.model_validate(wanted)
    except ValidationError as error:
        [wrong, *_] = error.errors(include_input=False, include_url=False)
        raise click.ClickException(f"{wrong['loc'][0]}: {wrong['msg']}") from None
    with plainly():
        return run(order(settings, checked))


def settings_or_exit(**given: Any) -> Settings:
    """The settings, or one plain line per wrong one."""
    try:
        settings = Settings.load(**given)
    except ValidationError as error:
        _explain(error, "VISAVIS_{}")
    try:
        load_brand(settings.brand_file)
        ice_of(settings)
    except ValidationError as error:
        _explain(error, "VISAVIS_BRAND_FILE, {}")
    except (ValueError, OSError) as reason:
        click.echo(f"VISAVIS_BRAND_FILE or VISAVIS_TURN_URLS: {reason}", err=True)
        sys.exit(2)
    return settings


def _explain(error: ValidationError, where: str) -> NoReturn:
    for wrong in error.errors(include_input=False, include_url=False):
        name = "_".join(str(part) for part in wrong["loc"])
        setting = where.format(name.upper()) if name else "VISAVIS_*"
        click.echo(f"{setting}: {wrong['msg']}", err=True)
    sys.exit(2)


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
@click.option("--role", type=click.Choice(["advisor", "operator"]), required=True)
@click.option("--name", "display_name", required=True, help="Shown in a talk.")
@click.option("--title", default="", help="Shown under the name.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def account_add(
    username: str, role: str, display_name: str, title: str, password_stdin: bool
) -> None:
    """Add an account; the password is asked for."""
    password = (
        sys.stdin.readline().rstrip("\n")
        if password_stdin
        else click.prompt("Password", hide_input=True, confirmation_prompt=True)
    )
    give_order(
        what="add", username=username, role=role, display_name=display_name, title=title,
        password=password,
    )  # fmt: skip
    click.echo(f"Added {username}.")


@account.command("list")
def account_list() -> None:
    """Show all accounts."""
    for one in give_order(what="list"):
        state = "disabled" if one["disabled"] else ""
        click.echo(f"{one['role']:9} {one['username']:20} {one['display_name']}  {state}".rstrip())


@account.command("disable")
@click.argument("username")
def account_disable(username: str) -> None:
    """Sign an account out everywhere, for good."""
    give_order(what="disable", username=username)
    click.echo(f"Disabled {username}.")


@main.group()
def session() -> None:
    """What sessions leave behind."""


@session.command("export")
@click.argument("session")
@click.option(
    "--board", "target", required=True, type=click.Path(path_type=Path, dir_okay=False),
    help="The whole board; the ending says as what: .pdf, .svg or .png.",
)  # fmt: skip
@click.option(
    "--documents", type=click.Path(path_type=Path, file_okay=False),
    help="A folder for the documents on it, with what was drawn on them.",
)  # fmt: skip
@click.option("--reason", help="Why; goes into the audit log. Asked for if missing.")
def session_export(session: str, target: Path, documents: Path | None, reason: str | None) -> None:
    """Open the archive of one session and write its board; this is in the audit log."""
    if target.exists():
        raise click.ClickException(f"{target} is there already.")
    log.configure(level=logging.ERROR)
    settings = settings_or_exit()
    reason = reason or click.prompt("Why (a case number, say; at most 40 characters)")
    wanted = {
        "session": session, "format": target.suffix[1:].lower(), "documents": documents is not None,
        "actor": _shell(), "reason": reason,
    }  # fmt: skip
    try:
        checked = exports.Wanted.model_validate(wanted)
    except ValidationError as error:
        [wrong, *_] = error.errors(include_input=False, include_url=False)
        raise click.ClickException(f"{wrong['loc'][0]}: {wrong['msg']}") from None
    with plainly():
        taken = run(exports.order_export(settings, checked))
        _write(target, taken.board)
        for id, data in taken.documents.items():
            assert documents
            documents.mkdir(mode=0o700, parents=True, exist_ok=True)
            _write(documents / f"{id}.pdf", data)
    for id, code in sorted(taken.problems.items()):
        click.echo(f"Left out: {id} ({code})", err=True)
    if taken.unreadable:
        click.echo(f"{taken.unreadable} events did not open.", err=True)


@session.command("erase")
@click.argument("session")
@click.option("--reason", help="Why; goes into the audit log. Asked for if missing.")
@click.option("--yes", is_flag=True, help="Do not ask whether this is meant.")
def session_erase(session: str, reason: str | None, yes: bool) -> None:
    """Erase one session for good, also a live one; print the certificate."""
    reason = reason or click.prompt("Why (a case number, say; at most 40 characters)")
    if not yes:
        click.confirm("Nobody can bring it back. Erase it?", abort=True)
    [answer] = _about_erasing(what="erase", session=session, reason=reason)
    settings = settings_or_exit()
    texts = load_texts()[physician.language_of_terminal()]
    signing = MasterKeys.load_or_create(settings.master_keys)
    brand = load_brand(settings.brand_file)
    stone = erasures.stone_of(answer)
    click.echo(certificates.certificate(stone, signing, brand, texts), nl=False)


@session.command("hold")
@click.argument("session")
@click.option("--restrict", is_flag=True, help="Only its use; the person may still erase it.")
@click.option("--reason", required=True, help="Why; goes into the audit log.")
def session_hold(session: str, restrict: bool, reason: str) -> None:
    """Let nobody erase or open a session: it is needed for a legal matter."""
    what = "restriction" if restrict else "hold"
    [held] = _about_erasing(what=what, session=session, reason=reason)
    click.echo(f"Held. Look on {_day(held['review_ms'])} whether it still has to be.")


@session.command("lift")
@click.argument("session")
@click.option("--reason", required=True, help="Why; goes into the audit log.")
def session_lift(session: str, reason: str) -> None:
    """Hold a session no longer, and restrict it no longer."""
    _about_erasing(what="lift", session=session, reason=reason)
    click.echo("Lifted. What is due is erased by the next run.")


@session.command("holds")
def session_holds() -> None:
    """Show what is held or restricted, the next to be looked at first."""
    for one in _about_erasing(what="holds"):
        words = (one["session"], one["kind"], _day(one["review_ms"]), one["set_by"], one["reason"])
        click.echo("  ".join(words))


@main.group()
def retention() -> None:
    """How long sessions are kept; the periods are in the brand file."""


@retention.command("run")
@click.option("--dry-run", is_flag=True, help="Only show what would be erased.")
def retention_run(dry_run: bool) -> None:
    """Erase what is due now. A node does it every hour by itself."""
    if not dry_run:
        [done] = _about_erasing(what="run")
        click.echo(f"{done['erased']} erased.")
        return
    due = _about_erasing(what="due")
    for one in due:
        held = "held" if one["held"] else "would be erased"
        kind = "talk" if one["answered"] else "unanswered"
        words = (one["session"], kind, one["topic"] or "-", f"due {_day(one['due_ms'])}", held)
        click.echo("  ".join(words))
    click.echo(f"{sum(not one['held'] for one in due)} would be erased.")


def _about_erasing(**wanted: Any) -> list[dict[str, Any]]:
    """An order about erasing, checked here first."""
    log.configure(level=logging.ERROR)
    settings = settings_or_exit()
    try:
        checked = erasures.Wanted.model_validate({"actor": _shell(), "reason": "-", **wanted})
    except ValidationError as error:
        [wrong, *_] = error.errors(include_input=False, include_url=False)
        raise click.ClickException(f"{wrong['loc'][0]}: {wrong['msg']}") from None
    with plainly():
        return run(erasures.order(settings, checked))


def _day(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1_000, UTC).date().isoformat()


@main.group()
def receipt() -> None:
    """What prospects take home."""


@receipt.command("verify")
@click.argument("file", type=click.Path(exists=True, path_type=Path, dir_okay=False))
@click.option("--key", "given", multiple=True, help="A public key of the house, base64; else ours.")
def receipt_verify(file: Path, given: tuple[str, ...]) -> None:
    """Prove that a package (.zip) or a certificate (.txt) is as it left the house."""
    try:
        known = [b64decode(one, validate=True) for one in given] or _own_public_keys()
    except ValueError:
        raise click.UsageError("expected a key in base64") from None
    try:
        if zipfile.is_zipfile(file):
            copy = package.verify_package(str(file), known)
            click.echo(f"Whole and ours: {len(copy.messages)} messages, {len(copy.files)} files.")
        else:
            certificates.verify_certificate(file.read_text("utf-8"), known)
            click.echo("Ours, and not changed.")
    except UnicodeDecodeError:
        raise click.ClickException("this is no certificate of ours") from None
    except package.Damaged as damaged:
        raise click.ClickException(str(damaged)) from None


def _own_public_keys() -> list[bytes]:
    path = settings_or_exit().master_keys
    if not path.exists():
        raise click.UsageError("there is no key file here: give --key, as /api/receipt/keys has it")
    with plainly():
        return MasterKeys.load_or_create(path).public_keys()


@main.group()
def tombstones() -> None:
    """What was erased: to be kept apart, for the day on which everything is restored."""


@tombstones.command("list")
def tombstones_list() -> None:
    """Print what was erased, a line each: hashes, times and counts, nothing of a person."""
    log.configure(level=logging.ERROR)
    with plainly():
        for stone in run(erasures.listed(settings_or_exit())):
            click.echo(erasures.line_of(stone))


@tombstones.command("add")
@click.argument("file", type=click.File())
def tombstones_add(file: IO[str]) -> None:
    """Add a list printed before: the next start erases again what it names."""
    log.configure(level=logging.ERROR)
    with plainly():
        count = run(erasures.added(settings_or_exit(), file))
    click.echo(f"{count} added. The next start erases them before it serves.")


def _shell() -> str:
    return f"shell:{getpwuid(os.getuid()).pw_name}"[:40]


def _write(target: Path, data: bytes) -> None:
    """For whoever asked alone, and never over something that is there."""
    with open(target, "xb", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
        file.write(data)
    click.echo(f"Wrote {target}.")
