"""The catalogs agree with each other and with the code that uses them."""

import json
import re
from pathlib import Path

import pytest

from web.refusals import STATUSES
from web.screens import PREFIXES, RECORDED
from web.texts import LANGUAGES, Texts, choose_language, load_texts, placeholders

WEB = Path(__file__).parents[3] / "web"
TEXTS = load_texts()
GERMAN = TEXTS["de"].entries


def source_of(*patterns: str) -> str:
    paths = [path for pattern in patterns for path in sorted(WEB.glob(pattern))]
    return "\n".join(path.read_text("utf-8") for path in paths if ".test." not in path.name)


SERVER = source_of("*.py", "templates/*.html")
CLIENT = source_of("client/src/**/*.ts", "client/src/**/*.tsx")
SOURCES = SERVER + CLIENT
# `t("start.heading")`, and keys made of a literal beginning: `t("page." ~ page)`, `error.${code}`.
WHOLE = set(re.findall(r"""["'`]([a-z_]+(?:\.[a-z_0-9-]+)+)["'`]""", SOURCES))
BEGINNINGS = tuple(
    set(re.findall(r"""["'`]([a-z_]+\.(?:[a-z_0-9-]+\.)*)["'`]""", SOURCES))
    | set(re.findall(r"""[`"']([a-z_]+\.(?:[a-z_0-9-]+[._])*)[$]?\{""", SOURCES))
)
USED_IN_TEMPLATES = set(re.findall(r"""\bt\("([a-z_.]+[a-z_])[",]""", SERVER))
PLURAL = re.compile(r"\.(zero|one|two|few|many|other)$")


def test_both_catalogs_have_the_same_keys_in_order() -> None:
    german, english = (list(TEXTS[language].entries) for language in LANGUAGES)
    assert german == english
    for part in sorted((WEB / "catalogs").glob("*.json")):
        keys = list(json.loads(part.read_text("utf-8")))
        assert keys == sorted(keys), part.name


def test_both_texts_of_a_key_have_the_same_placeholders() -> None:
    """All keys in one test: eighteen hundred tests of a line each cost four seconds."""
    pairs = {key: [TEXTS[language].entries[key] for language in LANGUAGES] for key in GERMAN}
    differ = {
        key for key, (german, english) in pairs.items()
        if placeholders(german) != placeholders(english)
    }  # fmt: skip
    assert differ == set()
    assert {key for key, (german, _) in pairs.items() if german.strip() != german} == set()
    assert {key for key, (german, _) in pairs.items() if not german} == set(), "an empty text"


def test_every_key_that_is_used_exists() -> None:
    known = {PLURAL.sub("", key) for key in TEXTS["de"].entries}
    assert USED_IN_TEMPLATES - known == set()


def test_every_key_that_the_client_uses_exists_and_reaches_it() -> None:
    """Also those with a part that is filled in, by what stands before that part."""
    whole = set(re.findall(r"""\b(?:t|plural)\(\s*["'`]([a-z_]+(?:\.[\w-]+)+)["'`]""", CLIENT))
    built = set(re.findall(r"""\b(?:t|plural)\(\s*`([a-z_]+\.[\w.-]*)\$\{""", CLIENT))
    known = set(TEXTS["de"].entries) | {PLURAL.sub("", key) for key in TEXTS["de"].entries}
    assert len(whole) > 100
    assert whole - known == set()
    assert {one for one in built if not any(key.startswith(one) for key in known)} == set()
    handed = {prefix for prefixes in (*PREFIXES.values(), RECORDED) for prefix in prefixes}
    assert {one for one in whole | built if not one.startswith((*handed, "common.", "error."))} == (
        set()
    )


def test_every_key_that_exists_is_used() -> None:
    unused = {
        key
        for key in (PLURAL.sub("", key) for key in TEXTS["de"].entries)
        if key not in WHOLE and not key.startswith(BEGINNINGS)
    }
    assert unused == set()


def test_every_refusal_has_its_text_and_every_text_its_refusal() -> None:
    keys = (PLURAL.sub("", key) for key in TEXTS["de"].entries)
    said = {key.removeprefix("error.") for key in keys if key.startswith("error.")}
    assert set(STATUSES) <= said


def test_no_text_promises_more_than_the_platform_keeps() -> None:
    """OB-23: void grounds are never named.

    And the operator's key service holds the keys: it is not end-to-end, and nobody says so.
    """
    for language in LANGUAGES:
        for key, text in TEXTS[language].entries.items():
            assert not re.search(r"end.?(to|zu|2).?end|privacy shield", text, re.I), key


@pytest.mark.parametrize(
    ("asked", "accepted", "language"),
    [
        (None, "", "de"),
        (None, "en-US,en;q=0.9,de;q=0.8", "en"),
        (None, "de-AT, en;q=0.9", "de"),
        (None, "fr, en;q=0.3", "en"),
        (None, "fr", "de"),
        (None, "en;q=0", "de"),
        (None, "en;q=nan, ,;q=,*", "de"),
        (None, "x" * 10_000, "de"),
        ("en", "de", "en"),
        ("fr", "en", "en"),
        ("../en", "", "de"),
    ],
)
def test_the_language_is_chosen(asked: str | None, accepted: str, language: str) -> None:
    """B-040."""
    assert choose_language(asked, accepted) == language


def test_plurals_and_placeholders() -> None:
    texts = Texts("de", {"a.one": "ein Stück", "a.other": "{count} Stück", "b": "Hallo {name}"})
    assert texts.t("a", count=1) == "ein Stück"
    assert texts.t("a", count=0) == "0 Stück"
    assert texts.t("b", name="{x}") == "Hallo {x}"
    with pytest.raises(KeyError):
        texts.t("b")


def test_a_page_gets_only_its_own_texts() -> None:
    assert TEXTS["en"].subset(["login."]).keys() == {
        key for key in TEXTS["en"].entries if key.startswith("login.")
    }
