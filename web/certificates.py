"""The certificate of an erasure: a plain text that anybody can read, signed at its end.

How a text is signed and checked so is for others to use as well.
"""

from typing import Final

from sessions.keys import MasterKeys
from sessions.receipts import grouped
from sessions.tombstones import Tombstone
from web.brand import Brand
from web.moments import at_second
from web.package import Damaged, read_signature, signature_line
from web.texts import Texts

_BEFORE: Final = "\n-- \n"  # what separates the text from the signature


def certificate(stone: Tombstone, keys: MasterKeys, brand: Brand, texts: Texts) -> str:
    """What was erased and when, signed."""
    lines = [
        texts.t("receipt.certificate.title"),
        "",
        brand.controller.name,
        f"{brand.controller.street}, {brand.controller.city}",
        "",
        *facts(stone, texts),
        "",
        texts.t("receipt.certificate.erased"),
        *(f"- {line}" for line in erased(stone, texts)),
        "",
        texts.t("receipt.certificate.left"),
        f"- {texts.t('receipt.certificate.left.this')}",
        f"- {texts.t('receipt.certificate.left.audit')}",
        f"- {texts.t('receipt.certificate.left.contacts')}",
        f"- {texts.t('receipt.certificate.left.backups')}",
    ]
    return signed("\n".join(lines) + "\n", keys)


def signed(body: str, keys: MasterKeys) -> str:
    """A text with the signature of this house at its end; see `verify_certificate`."""
    return body + _BEFORE + signature_line(keys.sign(body.encode()))


def facts(stone: Tombstone, texts: Texts) -> list[str]:
    """Whose, why and when; a line each."""
    number = grouped(stone.number) if stone.number else stone.session_hash.hex()[:16]
    said = [
        texts.t("receipt.certificate.number", number=number),
        texts.t(f"receipt.certificate.cause.{stone.cause}"),
        texts.t("receipt.certificate.asked", time=at_second(stone.asked_ms, texts.language)),
    ]
    if stone.key_ms is not None:
        time = at_second(stone.key_ms, texts.language)
        said.append(texts.t("receipt.certificate.key", time=time))
    if stone.done_ms is not None:
        time = at_second(stone.done_ms, texts.language)
        said.append(texts.t("receipt.certificate.done", time=time))
    return said


def erased(stone: Tombstone, texts: Texts) -> list[str]:
    """What is gone; a line each."""
    return [
        texts.t("receipt.certificate.erased.key"),
        texts.t("receipt.certificate.erased.events", count=stone.events),
        texts.t("receipt.certificate.erased.seats", count=stone.seats),
        texts.t("receipt.certificate.erased.files", count=stone.files),
    ]


def verify_certificate(text: str, keys: list[bytes]) -> str:
    """The text of a certificate, if one of these keys signed it; else Damaged."""
    body, separator, line = text.rpartition(_BEFORE)
    try:
        signature = read_signature(line)
    except ValueError:
        raise Damaged("this is no certificate of ours") from None
    if not separator or signature.key not in keys:
        raise Damaged("signed with a key that is not this house's")
    if not signature.signs(body.encode()):
        raise Damaged("the certificate was changed")
    return body
