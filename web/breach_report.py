"""The report of a breach to the supervisory authority, with what Art. 33(3) GDPR wants to know."""

from typing import Final

from sessions.breaches import Breach
from sessions.exit import Leave
from sessions.ways import REPORT
from web.authorities import authority
from web.brand import Brand, Contact
from web.moments import at_second
from web.texts import Texts

_LINE: Final = "\n\n"


def report(breach: Breach, brand: Brand, texts: Texts, now_ms: int, leave: Leave) -> str:
    """Plain text, part by part; what is not known yet says so, as Art. 33(4) allows."""
    leave.expect(REPORT)
    facts, language = breach.facts, texts.language
    watch = None if brand.complaints_to is None else authority(brand.complaints_to)
    missing = texts.t("protection.report.missing")

    def words(kind: str, codes: tuple[str, ...]) -> str:
        return ", ".join(texts.t(f"protection.breach.{kind}.{one}") for one in codes) or missing

    def count(number: int | None) -> str:
        return missing if number is None else f"{number}"

    parts = [
        ("to", missing if watch is None else f"{watch.name}, {watch.city}"),
        ("controller", _who(brand.controller)),
        ("noticed", at_second(breach.noticed_ms, language)),
        ("as_of", at_second(now_ms, language)),
        ("nature", f"{words('nature', facts.natures)}\n{facts.happened}"),
        ("classes", words("class", facts.classes)),
        ("people", count(facts.people)),
        ("records", count(facts.records)),
        ("officer", _who(brand.protection_officer)),
        ("follows", facts.follows or missing),
        ("measures", facts.measures or missing),
        ("risk", texts.t(f"protection.breach.risk.{facts.risk}")),
    ]
    if breach.late:
        parts.append(("late", breach.late))
    title = texts.t("protection.report.title")
    told = [f"{texts.t(f'protection.report.{name}')}\n{said}" for name, said in parts]
    return _LINE.join([f"{title}\n{'=' * len(title)}", *told]) + "\n"


def _who(one: Contact) -> str:
    return f"{one.name}\n{one.street}, {one.city}\n{one.email}, {one.phone}"
