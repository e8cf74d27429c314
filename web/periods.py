"""How long what is kept, in words: the company's periods as its privacy page says them."""

from typing import Final

from web.brand import Brand, RetentionPeriod
from web.texts import Texts

_DAYS_OF_A_YEAR: Final = 365


def periods_in_words(brand: Brand, texts: Texts) -> list[str]:
    """A sentence or two for each period, with its reason; then the company's own words."""
    language, periods = texts.language, brand.periods
    names = {topic.code: topic.name.text(language) for topic in brand.topics}
    said = [
        texts.t("privacy.period.talk", period=_length(periods.talk, texts)),
        *(
            texts.t("privacy.period.topic", topic=names[code], period=_length(period, texts))
            for code, period in periods.topics.items()
        ),
        texts.t("privacy.period.unanswered", period=_length(periods.unanswered, texts)),
    ]
    if brand.recording is not None:
        said.append(
            texts.t("privacy.period.recording", period=_length(brand.recording.period, texts))
        )
    return said if brand.retention is None else [*said, brand.retention.text(language)]


def _length(period: RetentionPeriod, texts: Texts) -> str:
    since = "year" if period.from_year_end else "end"
    reason = period.reason.text(texts.language)
    return texts.t(f"privacy.period.since_{since}", length=_days(period, texts), reason=reason)


def length_of(period: RetentionPeriod, texts: Texts) -> str:
    """The period within a sentence, without its reason."""
    since = "year" if period.from_year_end else "end"
    return texts.t(f"recording.period.{since}", length=_days(period, texts))


def _days(period: RetentionPeriod, texts: Texts) -> str:
    whole_years, rest = divmod(period.days, _DAYS_OF_A_YEAR)
    key, count = ("years", whole_years) if whole_years and not rest else ("days", period.days)
    return texts.t(f"privacy.period.{key}", count=count)
