"""Everything that officers write down, together, and forgetting it when its time is over."""

from typing import NamedTuple, Self

from sessions.breaches import Breaches
from sessions.database import Database
from sessions.disclosures import Disclosures
from sessions.keys import Keys
from sessions.letters import Letters
from sessions.provider_exports import ProviderExports
from sessions.recipients import Recipients
from sessions.words import Words


class Casework(NamedTuple):
    letters: Letters
    breaches: Breaches
    recipients: Recipients  # before the disclosures that they are known by
    disclosures: Disclosures
    exports: ProviderExports

    @classmethod
    def over(cls, database: Database, keys: Keys) -> Self:
        words = Words(keys)
        return cls(
            Letters(database, words),
            Breaches(database, words),
            Recipients(database, words),
            Disclosures(database, words),
            ProviderExports(database, words),
        )

    async def forget(self) -> int:
        """Delete what is over; how many rows."""
        return sum([await one.forget() for one in self])
