"""The command line `visavis`. It parses and prints; the work is done elsewhere."""

import click


@click.group()
@click.version_option(package_name="visavis", prog_name="visavis")
def main() -> None:
    """Self-hosted platform for real-time advice."""
