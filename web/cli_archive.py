"""Commands about what sessions leave behind: to export, erase, hold, verify. Parses and prints."""

import logging
import os
import zipfile
from base64 import b64decode
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import click

from sessions.keys import MasterKeys
from web import certificates, erasures, exports, log, package
from web import doctor as physician
from web.brand import load_brand
from web.shell import checked_as, plainly, run, settings_or_exit, who
from web.texts import load_texts


@click.group()
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
        "actor": who(), "reason": reason,
    }  # fmt: skip
    checked = checked_as(exports.Wanted, wanted)
    with plainly():
        taken = run(exports.order_export(settings, checked))
        write_new(target, taken.board)
        for id, data in taken.documents.items():
            assert documents
            documents.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_new(documents / f"{id}.pdf", data)
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


@click.group()
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
    checked = checked_as(erasures.Wanted, {"actor": who(), "reason": "-", **wanted})
    with plainly():
        return run(erasures.order(settings, checked))


def _day(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1_000, UTC).date().isoformat()


@click.group()
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
            counted = f"{len(copy.messages)} messages, {len(copy.files)} files"
            click.echo(f"Whole and ours: {counted}, {len(copy.consents)} entries about consents.")
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


@click.group()
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


def write_new(target: Path, data: bytes) -> None:
    """For whoever asked alone, and never over something that is there."""
    with open(target, "xb", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
        file.write(data)
    click.echo(f"Wrote {target}.")
