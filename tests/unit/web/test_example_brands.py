"""The example brands, an insurer and a bank that do not exist, hold with this release."""

from pathlib import Path

import pytest

from web.assets import Assets
from web.brand import Brand, load_brand
from web.notices import HOUSE, TERMS, editions
from web.screens import Screens
from web.texts import load_texts
from web.wording import refuse_void_grounds

EXAMPLES = Path(__file__).parents[3] / "deploy" / "brands"
NAMES = ("bank", "insurer")


def brand(name: str) -> Brand:
    return load_brand(EXAMPLES / name / "brand.toml")


def test_there_is_a_bank_and_an_insurer() -> None:
    assert sorted(one.name for one in EXAMPLES.iterdir()) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_an_example_says_everything_in_both_languages(name: str) -> None:
    """OB-03, OB-50: who is responsible, whom to complain to, how long what is kept and why."""
    house, texts = brand(name), load_texts()
    made = editions(Screens.over(house, Assets.read()), house, texts)
    assert set(made["de"].versions) == set(made["en"].versions)
    for edition in made.values():
        said = {one.name: one.text for one in edition.notices}
        assert house.controller.name in said["privacy"]
        assert house.protection_officer.email in said["privacy"]
        assert house.controller.name in said[TERMS]
        assert (HOUSE in said) == (house.house_privacy is not None)
        for period in house.periods.topics.values():
            assert any(text in said["privacy"] for text in (period.reason.de, period.reason.en))
        refuse_void_grounds(said)
    assert house.logo is not None
    assert all(one.hosts for one in house.processors)


def test_the_two_have_nothing_in_common() -> None:
    """Each replaces what the built-in demonstration says, and none says what the other does."""
    bank, insurer, demo = brand("bank"), brand("insurer"), Brand()
    for field in ("company", "accent", "controller", "protection_officer", "complaints_to"):
        assert len({repr(getattr(one, field)) for one in (bank, insurer, demo)}) == 3, field
    assert not bank.topic_codes() & insurer.topic_codes()


@pytest.mark.parametrize(
    "ground", ["Privacy Shield", "EU-US privacy\nshield", "Safe-Harbour", "2010/87/EU"]
)
def test_a_void_ground_is_found_wherever_it_stands(ground: str) -> None:
    """OB-23, OB-24."""
    for given in ({"a": ground}, {"a": [{"b": ground}]}, {"processors": [{"service": ground}]}):
        with pytest.raises(ValueError, match="is void"):
            refuse_void_grounds(given)
    refuse_void_grounds({"a": ["2021/914", "adequacy", 7, None]})
