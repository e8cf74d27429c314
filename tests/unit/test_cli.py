"""The command line as an operator sees it."""

from click.testing import CliRunner

from web.cli import main


def test_version_is_the_one_of_the_package() -> None:
    result = CliRunner().invoke(main, ["--version"])
    assert result.exit_code == 0
    assert result.output.startswith("visavis, version ")
