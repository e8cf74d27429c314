"""OB-45: who can be complained to is complete, and what is set exists."""

import re

import pytest
from pydantic import ValidationError

from web.authorities import ELSEWHERE, GERMANY, authority
from web.brand import Brand

LAENDER_AND_FEDERATION = "BB BE BW BY DE HB HE HH MV NI NW RP SH SL SN ST TH"
THE_REST_OF_THE_EEA = (
    "AT BE BG CY CZ DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK"
)


def test_every_land_the_federation_and_every_country_of_the_eea_is_there_once() -> None:
    """OB-45."""
    assert " ".join(sorted(one.code for one in GERMANY)) == LAENDER_AND_FEDERATION
    assert " ".join(sorted(one.code for one in ELSEWHERE)) == THE_REST_OF_THE_EEA


def test_each_can_be_found() -> None:
    everyone = (*GERMANY, *ELSEWHERE)
    assert len({one.host for one in everyone}) == len(everyone)
    for one in everyone:
        assert re.fullmatch(r"(?:[a-z0-9-]+\.)+[a-z]{2,3}", one.host), one
        assert all(text.strip() == text and text for text in one)


def test_the_one_in_charge_is_one_of_them() -> None:
    found = authority("BY")
    assert found is not None
    assert found.place("en") == "Bavaria"
    assert Brand(complaints_to="BY").complaints_to == "BY"
    with pytest.raises(ValidationError, match="expected one of DE, BW"):
        Brand(complaints_to="XX")
