"""The client's table of kinds is the server's."""

import runpy
from pathlib import Path

CLIENT = Path(__file__).resolve().parents[2] / "web/client"


def test_the_generated_table_is_up_to_date() -> None:
    written = (CLIENT / "src/sessions/events.ts").read_text()
    render = runpy.run_path(str(CLIENT / "generate_events.py"))["render"]
    assert written == render(), "run python web/client/generate_events.py"
