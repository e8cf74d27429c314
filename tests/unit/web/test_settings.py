"""Settings and brand: what an operator writes is what holds, and nonsense is refused at start."""

import json
import re
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from web.brand import SPECIAL, Brand, load_brand, stylesheet
from web.settings import Settings


def test_the_defaults_need_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings.load(data_dir=Path("x"))
    assert settings.database == "sqlite:///x/visavis.db"
    assert settings.key_store == "sqlite:///x/keys.db"
    assert settings.master_keys == Path("x/master.keys")
    assert settings.allowed_origins[0] == "http://localhost:8080"
    assert not settings.secure


def test_the_environment_sets_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("VISAVIS_PUBLIC_URL", "https://beratung.example.com/")
    monkeypatch.setenv("VISAVIS_TURN_URLS", "turn:a.example.com:3478, turns:a.example.com:443")
    monkeypatch.setenv("VISAVIS_TURN_SECRET", "s3cret")
    monkeypatch.setenv("VISAVIS_TRUSTED_PROXIES", "10.0.0.0/8 ::1/128")
    file = tmp_path / "settings"
    file.write_text("VISAVIS_NODE=seven\n")
    monkeypatch.setenv("VISAVIS_SETTINGS_FILE", str(file))
    settings = Settings.load()
    assert settings.allowed_origins == ("https://beratung.example.com",)
    assert settings.socket_origins == ("wss://beratung.example.com",)
    assert settings.secure
    assert settings.node == "seven"
    assert len(settings.turn_urls) == len(settings.trusted_proxies) == 2
    assert "s3cret" not in repr(settings)
    assert settings.turn_secret == SecretStr("s3cret")


@pytest.mark.parametrize(
    "wrong",
    [
        {"public_url": "beratung.example.com"},
        {"public_url": "https://example.com/app"},
        {"ice_policy": "some"},
        {"listen": "localhost"},
        {"listen": "localhost:http"},
        {"listen": "localhost:70000"},
        {"trusted_proxies": "everyone"},
        {"turn_urls": "turn:a.example.com"},
        {"database_url": "nonsense"},
        {"database_url": "mysql://a@b/c"},
        {"database_url": "postgresql://a@b"},
        {"keys_url": "sqlite://"},
        {"database_url": "postgresql://a@b/c", "keys_url": "postgresql://a@b/c"},
    ],
)
def test_nonsense_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Settings(**wrong)  # type: ignore[arg-type]


def test_a_server_may_keep_the_databases() -> None:
    """Each in a database of its own; the passwords are shown to nobody."""
    urls = {"database_url": "postgresql://a:s3cret@b/c", "keys_url": "postgresql://a:s3cret@b/d"}
    settings = Settings(**urls)  # type: ignore[arg-type]
    assert settings.database == urls["database_url"]
    assert settings.key_store == urls["keys_url"]
    assert not settings.on_files
    assert Settings().on_files
    assert "s3cret" not in repr(settings)


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError):
        Settings().node = "other"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("listen", "expected"),
    [("0.0.0.0:80", ("0.0.0.0", 80)), ("[::1]:8080", ("::1", 8080)), (":9", ("127.0.0.1", 9))],
)
def test_the_address_to_listen_on(listen: str, expected: tuple[str, int]) -> None:
    assert Settings(listen=listen).host_and_port == expected


def test_a_brand_file_is_read_with_its_logo(tmp_path: Path) -> None:
    (tmp_path / "logo.svg").write_text("<svg/>")
    file = tmp_path / "brand.json"
    file.write_text(json.dumps({"company": "Anker AG", "accent": "#AA0044", "logo": "logo.svg"}))
    brand = load_brand(file)
    assert (brand.company, brand.logo) == ("Anker AG", tmp_path / "logo.svg")
    toml = tmp_path / "brand.toml"
    toml.write_text('company = "Anker AG"\n')
    assert load_brand(toml).company == "Anker AG"


@pytest.mark.parametrize(
    "wrong",
    [
        {"accent": "red;}body{"},
        {"colour": "#000000"},
        {"company": ""},
        {"corporate_privacy_url": "javascript:x"},
        {"logo": "missing.svg"},
        {"house_privacy": {"de": "missing.txt", "en": "missing.txt"}},
        {"house_privacy": {"de": "brand.json"}},
        {"house_privacy": {"de": "nul.txt", "en": "nul.txt"}},
        {"house_privacy": {"de": "empty.txt", "en": "empty.txt"}},
        {"house_privacy": {"de": ".", "en": 7}},
        {"house_privacy": "brand.json"},
        {"terms": {"de": "missing.txt", "en": "missing.txt"}},
        {"terms": {"de": "brand.json"}},
        {"terms": "brand.json"},
        {"terms": {"de": "void.txt", "en": "void.txt"}},
        {
            "periods": {
                "talk": {"days": 9, "reason": {"de": "Privacy-Shield", "en": "privacy shield"}}
            }
        },
        {"imprint": {"authority": "2010/87/EU"}},
    ],
)
def test_a_wrong_brand_is_refused(wrong: dict[str, object], tmp_path: Path) -> None:
    (tmp_path / "nul.txt").write_bytes(b"a\0b")
    (tmp_path / "empty.txt").write_text("\n \n")
    (tmp_path / "void.txt").write_text("Wir stützen uns auf das Privacy\nShield.")
    file = tmp_path / "brand.json"
    file.write_text(json.dumps(wrong))
    with pytest.raises(ValueError):
        load_brand(file)


def test_the_accent_becomes_one_variable() -> None:
    assert stylesheet(Brand().accent) == f":root{{--brand:{Brand().accent}}}\n"


@pytest.mark.parametrize("wrong", ["redis://", "nats://localhost", "localhost:6379", "memory", ""])
def test_a_bus_that_is_not_there_is_not_quietly_replaced(wrong: str) -> None:
    with pytest.raises(ValidationError, match="bus_url"):
        Settings.load(bus_url=wrong)


def test_where_the_nodes_meet_is_not_shown_with_its_password() -> None:
    settings = Settings.load(bus_url="rediss://visavis:s3cret@localhost:6379")
    assert settings.redis_url == "rediss://visavis:s3cret@localhost:6379"
    assert "s3cret" not in repr(settings)
    assert Settings.load().redis_url is None
    many = "redis+cluster://a:1,b:2"
    assert Settings.load(bus_url=many).redis_url == many


def test_only_what_the_law_protects_is_asked_for(tmp_path: Path) -> None:
    """OB-11: a house names some of Art. 9(1) GDPR; another word is refused."""
    file = tmp_path / "brand.json"
    for brand in (
        {"special": ["origin", "taste"]},
        {"topics": [{"code": "a", "name": {"de": "A", "en": "A"}, "special": ["taste"]}]},
    ):
        file.write_text(json.dumps(brand))
        with pytest.raises(ValidationError) as refused:
            load_brand(file)
        [wrong] = refused.value.errors()
        assert "special" in wrong["loc"]
        for one in SPECIAL:
            assert f"'{one}'" in wrong["msg"]


def test_pages_ask_for_what_the_brand_may_name_in_its_order() -> None:
    """OB-11."""
    source = Path(__file__).parents[3] / "web/client/src/call/special.ts"
    listed = source.read_text("utf-8").partition("specials: readonly Special[] = [")[2]
    assert re.findall(r'"(\w+)"', listed.partition("]")[0]) == list(SPECIAL)
