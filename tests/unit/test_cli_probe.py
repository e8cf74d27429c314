"""What `visavis probe` takes and refuses before it knocks anywhere, and where nobody answers."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from web.cli import main

PASSWORD = "korrekt-pferd-batterie"
NOBODY = "http://127.0.0.1:9"  # discard: not on this machine


def probe(*words: str) -> Result:
    return CliRunner().invoke(main, ["probe", *words])


def sign_in(folder: Path, mode: int = 0o600, text: str = f"probe\n{PASSWORD}\n") -> str:
    file = folder / "advisor"
    file.write_text(text)
    file.chmod(mode)
    return str(file)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_a_file_that_others_may_read_is_not_used(tmp_path: Path, mode: int) -> None:
    said = probe("--url", NOBODY, "--advisor", sign_in(tmp_path, mode))
    assert (said.exit_code, "chmod 600" in said.output) == (2, True)
    assert PASSWORD not in said.output


@pytest.mark.parametrize("text", ["", "\n", "probe", "probe\n", "\nsecret\n"])
def test_a_file_without_both_is_not_used(tmp_path: Path, text: str) -> None:
    said = probe("--url", NOBODY, "--advisor", sign_in(tmp_path, text=text))
    assert (said.exit_code, "who advises?" in said.output) == (2, True)


def test_there_is_no_way_to_say_the_password_on_the_command_line() -> None:
    """Everybody on a machine sees the command lines of all."""
    said = probe("--help").output
    assert "password" in said
    assert "--password" not in said


@pytest.mark.parametrize("url", ["ftp://x", "nonsense", "http://", "https://x/console", "/"])
def test_what_is_no_address_is_said(tmp_path: Path, url: str) -> None:
    said = probe("--url", url, "--advisor", sign_in(tmp_path))
    assert (said.exit_code, "--url" in said.output) == (2, True)


def test_nobody_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sign-in may come from the environment; the metrics say why, and are there at once."""
    monkeypatch.setenv("VISAVIS_PROBE_USERNAME", "probe")
    monkeypatch.setenv("VISAVIS_PROBE_PASSWORD", PASSWORD)
    metrics = tmp_path / "probe.prom"
    said = probe("--url", NOBODY, "--json", "--metrics", str(metrics))
    report = json.loads(said.output)
    assert (said.exit_code, report["ok"], report["reason"]) == (1, False, "unreachable")
    assert report["step"] == "signin"
    text = metrics.read_text()
    assert "visavis_probe_success 0.0\n" in text
    assert 'visavis_probe_failure{reason="unreachable"} 1.0\n' in text
    assert [one.name for one in tmp_path.iterdir()] == ["probe.prom"]
    plain = probe("--url", NOBODY)
    assert plain.output.rstrip().endswith("nobody answers as a node of ours does.")


def test_metrics_that_cannot_be_written_are_an_error(tmp_path: Path) -> None:
    where = tmp_path / "not there" / "probe.prom"
    said = probe("--url", NOBODY, "--advisor", sign_in(tmp_path), "--metrics", str(where))
    assert (said.exit_code, "probe.prom" in said.output) == (2, True)


def test_a_node_never_loads_what_only_ends_of_calls_need() -> None:
    """The part `media` is optional, and in the relay's process there is nothing of it."""
    code = "import sys, web.app, web.cli, web.server; print({'aiortc', 'av'} & set(sys.modules))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout == "set()\n"
