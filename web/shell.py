"""What every command needs: settings or a plain word about them, a loop, errors in one line."""

import asyncio
import os
import sys
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import contextmanager
from pwd import getpwuid
from typing import Any, NoReturn, TypeVar

import click
import uvloop
from pydantic import BaseModel, ValidationError

from sessions.database import DatabaseInUse
from sessions.keyfile import UnsafeKeyFile
from web.brand import load_brand
from web.settings import Settings
from web.staff import OrderFailed
from web.wanted import ice_of

T = TypeVar("T")
B = TypeVar("B", bound=BaseModel)


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


def checked_as(model: type[B], given: Mapping[str, Any]) -> B:
    """What was typed, in this form; else one plain line about the first mistake."""
    try:
        return model.model_validate(given)
    except ValidationError as error:
        [wrong, *_] = error.errors(include_input=False, include_url=False)
        raise click.ClickException(f"{wrong['loc'][0]}: {wrong['msg']}") from None


def who() -> str:
    """Whose shell this is, for the audit log."""
    return f"shell:{getpwuid(os.getuid()).pw_name}"[:40]
