"""Seals what officers write, so that a name that slips in is nowhere in clear.

Under a secret of the house, because such words outlive sessions, and some belong to none.
"""

import secrets
from typing import Final

from sessions.envelope import Sealer, Unreadable, pad
from sessions.keys import Keys

_RUN_BYTES: Final = 16  # random: each text has a key of its own, so that its count can be nought


class Words:
    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    def seal(self, place: str, text: str) -> bytes:
        """For this place alone; its length shows only roughly."""
        written = text.encode()
        clear = pad(len(written).to_bytes(4, "big") + written)
        run = secrets.token_bytes(_RUN_BYTES)
        return run + Sealer.of_run(self._keys.secret("officers"), run).seal(clear, 0, _at(place))

    def open(self, place: str, sealed: bytes | None) -> str:
        """ "" for None. Raises Unreadable if it was altered or belongs to another place."""
        if sealed is None:
            return ""
        run, rest = sealed[:_RUN_BYTES], sealed[_RUN_BYTES:]
        for secret in self._keys.secrets("officers"):  # the master key may be another by now
            try:
                clear = Sealer.of_run(secret, run).open(rest, 0, _at(place))
            except Unreadable:
                continue
            return clear[4 : 4 + int.from_bytes(clear[:4], "big")].decode()
        raise Unreadable


def _at(place: str) -> bytes:
    return b"officer|" + place.encode()
