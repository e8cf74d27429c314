"""The files of deploy/ that no test can start here: read, checked by their own tools, compared."""

import os
import re
import shutil
import stat
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from sessions.keyfile import load
from tests.integration.deploy.edge import ROOT, clean_environment, needed
from web.settings import Settings

DEPLOY: Final = ROOT / "deploy"
OUTSIDE: Final = {"edge", "turn"}
SAFE_ADDRESSES: Final = {
    "0.0.0.0", "127.0.0.1", "10.0.0.0", "172.16.0.0", "192.168.0.0",
}  # fmt: skip


def compose() -> dict[str, Any]:
    text = (DEPLOY / "compose/compose.yaml").read_text()
    read: dict[str, Any] = yaml.safe_load(text)
    return read


def services() -> list[Any]:
    return [pytest.param(one, id=name) for name, one in compose()["services"].items()]


# ---- compose


@pytest.mark.parametrize("service", services())
def test_a_container_can_do_nothing_it_need_not(service: dict[str, Any]) -> None:
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert str(service["user"]).split(":")[0] not in ("", "0", "root")
    assert "privileged" not in service
    assert service.get("network_mode") is None
    assert service["logging"]["driver"] == "local"


@pytest.mark.parametrize("service", services())
def test_images_are_official_and_pinned(service: dict[str, Any]) -> None:
    """A tag, not `latest`, and no registry's host."""
    name, _, tag = service["image"].partition(":")
    assert re.fullmatch(r"[a-z]+(/[a-z]+)?", name)
    assert re.fullmatch(r"local|[0-9][A-Za-z0-9.-]*", tag)


def test_only_the_edge_and_turn_are_reached_from_outside() -> None:
    """AT-46: nothing else publishes a port, and databases live in networks without a way out."""
    read = compose()
    assert {name for name, one in read["services"].items() if "ports" in one} == OUTSIDE
    assert all(read["networks"][name]["internal"] for name in ("edge", "data"))
    lives = {name: set(one["networks"]) for name, one in read["services"].items()}
    assert lives["turn"] == {"relay"}
    assert lives["database"] == lives["bus"] == lives["migrate"] == {"data"}
    assert {name for name, networks in lives.items() if "edge" in networks} == {
        "edge", "node1", "node2",
    }  # fmt: skip


def test_secrets_come_as_files() -> None:
    read = compose()
    for name, one in read["services"].items():
        for setting, value in one.get("environment", {}).items():
            secret = re.search("PASSWORD|SECRET|_URL$|KEY", setting)
            if setting == "VISAVIS_BLOBS_URL":  # may hold none: its keys have names of their own
                continue
            assert not secret or str(value).startswith("/run/secrets/"), (name, setting)
    used = {
        given["source"] if isinstance(given, dict) else given
        for one in read["services"].values()
        for given in one.get("secrets", [])
    }
    assert used == set(read["secrets"])


@pytest.mark.parametrize(
    "path", [path for path in DEPLOY.rglob("*") if path.is_file() and path.suffix != ".txt"]
)
def test_no_file_names_a_machine(path: Path) -> None:
    """No registry, no foreign host, no address but the ones that mean this machine or none."""
    text = path.read_text()
    if path.name not in ("turnserver.conf",):  # that one lists what is denied
        found = set(re.findall(r"\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b", text))
        assert found <= SAFE_ADDRESSES
    assert not re.search(r"\b(docker\.io|ghcr\.io|quay\.io|registry\.)", text)


# ---- prepare


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `prepare` makes, in a copy of the folder."""
    needed("openssl", "openssl")
    copy = tmp_path_factory.mktemp("prepare") / "deploy"
    shutil.copytree(DEPLOY, copy, ignore=shutil.ignore_patterns("secrets", ".env"))
    subprocess.run([str(copy / "compose/prepare"), "visavis.test"], check=True, capture_output=True)
    return copy / "compose"


def test_prepare_makes_exactly_the_secrets_that_are_used(prepared: Path) -> None:
    made = {path.name for path in (prepared / "secrets").iterdir()}
    assert made == set(compose()["secrets"])
    for path in (prepared / "secrets").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o400, path.name
    again = subprocess.run(
        [str(prepared / "prepare"), "visavis.test"], capture_output=True, check=False
    )
    assert again.returncode == 1
    assert b"not overwritten" in again.stderr


def test_what_prepare_makes_are_settings(prepared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("VISAVIS_")]:
        monkeypatch.delenv(name)
    secrets = prepared / "secrets"
    monkeypatch.setenv("VISAVIS_SETTINGS_FILE", str(secrets / "visavis.env"))
    monkeypatch.setenv("VISAVIS_BUS_URL", "memory://")
    settings = Settings.load()
    assert settings.public_url == "https://visavis.test"
    assert settings.database.endswith("@database/visavis")
    assert settings.key_store.endswith("@database/visavis_keys")
    assert settings.turn_secret is not None
    turn = (secrets / "turnserver.conf").read_text()
    assert f"static-auth-secret={settings.turn_secret.get_secret_value()}\n" in turn
    key = secrets / "master.keys"
    if os.geteuid() == 0:
        os.chown(key, 0, 0)  # as its own user sees it
    assert list(load(key)) == [1]


# ---- settings and the unit


def test_the_example_has_settings_that_exist() -> None:
    text = (DEPLOY / "systemd/visavis.env.example").read_text()
    named = {name.lower() for name in re.findall(r"VISAVIS_([A-Z_]+)=", text)}
    named |= {
        name.lower()
        for name in re.findall(r"VISAVIS_([A-Z_]+)[=:]", (DEPLOY / "compose/prepare").read_text())
    } - {"host"}
    assert named <= set(Settings.model_fields)


def test_the_readme_names_what_there_is() -> None:
    text = (DEPLOY / "README.md").read_text()
    for link in re.findall(r"\]\(([^)#]+)", text):
        assert (DEPLOY / link).exists(), link
    for path in re.findall(r"\bdeploy/[\w./@-]+\w", text):
        assert (ROOT / path).exists(), path
    edge = set(re.findall(r"presetenv VISAVIS_(\w+)", (DEPLOY / "haproxy/haproxy.cfg").read_text()))
    for name in re.findall(r"VISAVIS_([A-Z_0-9]+)", text):
        assert name in edge or name == "SETTINGS_FILE" or name.lower() in Settings.model_fields, (
            name
        )


UNITS = ("visavis@.service", "visavis-probe.service")


def unit_here(folder: Path, name: str) -> Path:
    """The unit, with a program that is there."""
    program = folder / "visavis"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    text = (DEPLOY / "systemd" / name).read_text()
    unit = folder / name.replace("@", "@8081")
    unit.write_text(text.replace("/opt/visavis/bin/visavis", str(program)))
    return unit


def test_systemd_takes_the_timer_of_the_probe(tmp_path: Path) -> None:
    unit_here(tmp_path, "visavis-probe.service")
    timer = unit_here(tmp_path, "visavis-probe.timer")
    said = subprocess.run(
        [needed("systemd-analyze", "systemd"), "verify", "--man=no", str(timer)],
        capture_output=True, text=True, env=clean_environment(), check=False,
    )  # fmt: skip
    ours = [line for line in said.stderr.splitlines() if "visavis" in line]
    assert (said.returncode, ours) == (0, [])


@pytest.mark.parametrize("name", UNITS)
def test_systemd_takes_the_unit(tmp_path: Path, name: str) -> None:
    said = subprocess.run(
        [
            needed("systemd-analyze", "systemd"), "verify", "--man=no",
            str(unit_here(tmp_path, name)),
        ],
        capture_output=True, text=True, env=clean_environment(), check=False,
    )  # fmt: skip
    ours = [line for line in said.stderr.splitlines() if "visavis" in line]
    assert (said.returncode, ours) == (0, [])


@pytest.mark.parametrize("name", UNITS)
def test_systemd_finds_the_unit_well_shut_in(tmp_path: Path, name: str) -> None:
    """Its own measure, 0 to 10: below 2 is "OK"."""
    said = subprocess.run(
        [
            needed("systemd-analyze", "systemd"), "security", "--offline=yes", "--threshold=20",
            "--no-pager", str(unit_here(tmp_path, name)),
        ],
        capture_output=True, text=True, env=clean_environment(), check=False,
    )  # fmt: skip
    assert said.returncode == 0, said.stdout[-200:] + said.stderr


def test_the_unit_says_what_was_promised() -> None:
    lines = (DEPLOY / "systemd/visavis@.service").read_text().splitlines()
    for line in (
        "TimeoutStopSec=120", "Restart=always", "NoNewPrivileges=yes", "ProtectSystem=strict",
        "SystemCallFilter=@system-service", "LoadCredential=master.keys:/etc/visavis/master.keys",
    ):  # fmt: skip
        assert line in lines


# ---- the image


def test_the_image_is_built_from_locks_and_runs_as_nobody() -> None:
    text = (DEPLOY / "Containerfile").read_text()
    build, final = text.split("\nFROM ")[-2:]
    assert re.findall(r"pip install (?!--require-hashes|--no-deps --no-index)", build) == []
    assert "pip install" not in final
    assert re.search(r"^USER 10001:10001$", final, re.M)
    assert all(re.search(r"^\S+:\d", one) for one in re.split(r"^FROM ", text, flags=re.M)[1:])
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert ignored[0] == "*"
