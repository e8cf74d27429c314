"""The letter to who received something of a session: what became of it since.

Article 19 GDPR: erased, corrected, restricted, or restricted no longer. By the file number of what
they received; never a name.
"""

from typing import Final

from sessions.disclosures import Disclosure
from sessions.receipts import grouped
from sessions.recipients import Notification
from web.brand import Brand, Contact
from web.dossier import moment
from web.moments import on_day
from web.texts import Texts

_PART: Final = "\n\n"


def letter(
    one: Notification,
    disclosure: Disclosure | None,
    number: str | None,
    brand: Brand,
    texts: Texts,
    now_ms: int,
) -> str:
    """Plain text, ready to be printed.

    `disclosure`: by which they received it, if it was one. `number`: of the receipt, by which
    another house knows the session as well as this one; else it is the hash.
    """
    language = texts.language

    def said(name: str, **facts: object) -> str:
        return texts.t(f"protection.recipient.letter.{name}", **facts)

    def day(at_ms: int) -> str:
        return on_day(moment(at_ms), language)

    if disclosure is None:
        to = texts.t("protection.recipient.house", key=one.recipient)
        which = grouped(number) if number else one.session_hash.hex()
        about = said("house.number" if number else "house.hash", key=one.recipient, number=which)
    else:
        to = disclosure.authority
        handed = day(disclosure.handed_ms or disclosure.asked_ms)
        about = said("authority", day=handed, number=disclosure.file_number, ours=disclosure.id)
    parts = [
        _who(brand.controller),
        f"{said('to')}\n{to}",
        day(now_ms),
        said("subject"),
        said("greeting"),
        about,
        said(f"fact.{one.fact}", day=day(one.since_ms)),
        said(f"please.{one.fact}"),
        said("passed_on"),
        f"{said('questions')}\n{_who(brand.protection_officer)}",
        f"{said('regards')}\n{brand.controller.name}",
    ]
    return _PART.join(parts) + "\n"


def _who(one: Contact) -> str:
    return f"{one.name}\n{one.street}, {one.city}\n{one.email}, {one.phone}"
