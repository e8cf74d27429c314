"""Commands for packages that people bring from another house. Parses and prints."""

import logging
from base64 import b64decode
from pathlib import Path

import click

from sessions.age_open import house_key
from sessions.keys import MasterKeys
from web import log
from web.opening import open_package, wants_passphrase
from web.package import Damaged
from web.shell import plainly, settings_or_exit


@click.group()
def package() -> None:
    """Take what a person brings from another house (Art. 20 GDPR)."""
    log.configure(level=logging.ERROR)


@package.command("key")
def package_key() -> None:
    """Print the public key that people seal a package for this house with."""
    with plainly():
        click.echo(house_key(MasterKeys.load_or_create(settings_or_exit().master_keys)))


@package.command("open")
@click.argument("file", type=click.Path(exists=True, path_type=Path, dir_okay=False))
@click.option(
    "--into", "target", required=True, type=click.Path(path_type=Path, file_okay=False),
    help="A new folder for all that is in it.",
)  # fmt: skip
@click.option(
    "--by", "given", multiple=True, required=True,
    help="A signing key of the other house, base64, as its /api/receipt/keys has it; repeatable.",
)  # fmt: skip
def package_open(file: Path, target: Path, given: tuple[str, ...]) -> None:
    """Unseal FILE, prove who made it and that it is whole, and write out JSON and files.

    Sealed for our key, with a passphrase, which is asked for, or unsealed before.
    """
    try:
        by = [b64decode(one, validate=True) for one in given]
    except ValueError:
        raise click.UsageError("expected a key in base64") from None
    with plainly():
        master = MasterKeys.load_or_create(settings_or_exit().master_keys)
        asked = wants_passphrase(file)
        passphrase = click.prompt("Passphrase", hide_input=True).strip() if asked else None
        try:
            copy = open_package(file, target, by, master, passphrase)
        except Damaged as damaged:
            raise click.ClickException(str(damaged)) from None
    counted = f"{len(copy.messages)} messages, {len(copy.files)} files"
    click.echo(f"Whole, and signed by {copy.notice.controller.name}: {counted}. In {target}.")
