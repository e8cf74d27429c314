"""Writes quality.json: numbers, and how they are judged. Both ends open it.

The verdicts are written by hand, not computed.
"""

import json
from pathlib import Path
from typing import Any

# name, round trip, loss, jitter, frames a second, path: score, word, cause
_ROWS: list[tuple[str, Any, Any, Any, Any, str, int, str, str]] = [
    ("one room", 2, 0, 1, 30, "direct", 100, "good", "ok"),
    ("another town", 150, 0, 30, 30, "direct", 100, "good", "ok"),
    ("nothing known yet", None, None, None, None, "direct", 100, "good", "ok"),
    ("nobody there", None, None, None, None, "none", 0, "none", "no-path"),
    ("numbers without a path", 10, 0, 1, 30, "none", 0, "none", "no-path"),
    ("another continent", 350, 0, 5, 30, "turn-udp", 80, "good", "ok"),
    ("a satellite", 700, 0, 5, 30, "turn-tls", 60, "fair", "delay"),
    ("restless", 400, 0, 60, 30, "direct", 65, "fair", "delay"),
    ("restless beyond measure", 9_000, 0, 9_000, 30, "direct", 40, "poor", "delay"),
    ("a bad radio", 20, 3, 10, 30, "direct", 82, "good", "ok"),
    ("a worse radio", 20, 5, 10, 30, "direct", 70, "fair", "loss"),
    ("hardly a radio", 20, 30, 10, 30, "direct", 40, "poor", "loss"),
    ("starved", 20, 0, 5, 6, "direct", 73, "fair", "bandwidth"),
    ("a still picture", 20, 0, 5, 0, "direct", 70, "fair", "bandwidth"),
    ("everything at once", 5_000, 50, 5_000, 0, "turn-tcp", 0, "poor", "loss"),
    ("half a point", 155, 0, 0, 30, "direct", 100, "good", "ok"),
    ("a tenth more", 156, 0, 0, 30, "direct", 99, "good", "ok"),
    ("the last good", 20, 4.1, 0, 30, "direct", 75, "good", "ok"),
    ("the first fair", 20, 4.3, 0, 30, "direct", 74, "fair", "loss"),
    ("as much loss as delay", 450, 5, 0, 30, "direct", 40, "poor", "loss"),
]


def main() -> None:
    """Write the file beside this one."""
    names = ("name", "rtt_ms", "loss_pct", "jitter_ms", "fps", "path", "score", "word", "cause")
    rows = [dict(zip(names, row, strict=True)) for row in _ROWS]
    target = Path(__file__).with_name("quality.json")
    target.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
