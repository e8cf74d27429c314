"""At the rights desk: sealing one's own copy for another house, which alone can open it.

Article 20 GDPR. No other machine is asked for anything: the person takes the file there.
"""

import asyncio
from base64 import b64encode
from collections.abc import Mapping
from functools import partial
from typing import Final

from aiohttp import web as aioweb

from sessions.age import Sealing, for_key, for_passphrase, is_passphrase, new_passphrase, read_key
from sessions.events import Refused
from sessions.receipts import Receipt
from sessions.ways import COPY
from web.receipt import packed
from web.receipt_door import Show, gone, let_in, page, proof, reading
from web.refusals import fault_of
from web.routes import Ask, Route, Shape, Who


class Seal(Show):
    """`how`: with the key of its recipient, or with a passphrase; nothing yet for the form."""

    how: str = ""
    recipient: str = ""
    passphrase: str = ""


async def seal(ask: Ask) -> aioweb.StreamResponse:
    """The form, and then the package."""
    return await let_in(ask, Seal, _sealed)


async def _sealed(ask: Ask, receipt: Receipt) -> aioweb.StreamResponse:
    if receipt.session is None:
        return await gone(ask, receipt)
    form = ask.form or {}
    if not form.get("how"):
        return _asked(ask)
    try:
        sealing = await _sealing(form.get("how", ""), form)
    except Refused as refused:
        return _asked(ask, refused)
    return await reading(COPY, partial(packed, sealing=sealing))(ask, receipt)


def _asked(ask: Ask, refused: Refused | None = None) -> aioweb.Response:
    """What was typed does not come back: where it is no key it may be anything."""
    status, fault = fault_of(refused, ask.texts) if refused else (200, None)
    signed = b64encode(ask.parts.keys.master.public_keys()[0]).decode()
    return page(
        ask, "seal", status=status, **proof(ask), fault=fault, passphrase=new_passphrase(),
        signed=signed,
    )  # fmt: skip


async def _sealing(how: str, form: Mapping[str, str]) -> Sealing:
    """Raises Refused: recipient.invalid, field.invalid."""
    if how == "key":
        try:
            read_key(key := "".join(form.get("recipient", "").split()))
        except ValueError:
            raise Refused("recipient.invalid", field="recipient") from None
        return for_key(key)
    passphrase = form.get("passphrase", "")
    if how != "passphrase" or not is_passphrase(passphrase):
        raise Refused("field.invalid", field="passphrase")
    return await asyncio.to_thread(for_passphrase, passphrase)


ROUTES: Final = (
    Route(
        "POST", "/receipt/seal", seal, Who.ALL, Shape.FORM,
        "Seal everything for another house", takes=Seal,
    ),
)  # fmt: skip
