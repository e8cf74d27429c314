"""The checkup's process, beside a node: `python -m media.echoing`, spoken to as the recorder is.

It gives way to everything else on the machine: a checkup must not cost a talk anything.
"""

import argparse
import os
from collections.abc import Callable
from typing import Final

from media import recording
from media.connection import Reach
from media.echo import Echo

_NICE: Final = 10


async def echo(_: argparse.Namespace, reach: Reach) -> recording.Make:
    """To send back what comes."""

    def make(_out: Callable[[bytes], None], _began_ms: int) -> Echo:
        return Echo(reach)

    return make


if __name__ == "__main__":
    os.nice(_NICE)
    recording.main(echo)
