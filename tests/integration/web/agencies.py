"""A house with two agencies, for the tests."""

import json
from pathlib import Path
from typing import Final

from tests.integration.web.conftest import MakeSite, Site

AGENCIES: Final = (
    {"code": "nord", "name": "Agentur Nord"}, {"code": "sued-2", "name": "Agentur Süd"},
)  # fmt: skip
WHOSE: Final = (None, "nord", "sued-2")


async def site_with_agencies(make_site: MakeSite, folder: Path, **given: object) -> Site:
    """A node that knows them; what its brand says beside that is the demonstration's."""
    file = folder / "agencies.json"
    file.write_text(json.dumps({"agencies": AGENCIES}))
    made: Site = await make_site(brand_file=file, **given)
    return made
