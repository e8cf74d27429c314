"""Tickets: a minute's right to join one channel once, signed so that every node can check it.

It knows nothing of sign-ins and seats: whoever issues a ticket has checked them.
"""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import orjson

from sessions.events import ParticipantId, Refused, Role, SessionId

VALID_MS: Final = 60_000
_MAC_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Claims:
    """Who the holder is on which channel; of its log they hear what follows `since`."""

    channel: SessionId
    participant: ParticipantId | None
    role: Role
    account: str | None = None
    name: str = ""
    since: int = 0


class Tickets:
    """Issues and redeems tickets. Single use holds on this node, and on others once they were
    told; a node that was not is bounded by the minute."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self.spent: Callable[[str, int], None] = lambda _nonce, _expires_ms: None  # tell others
        self._spent: dict[str, int] = {}  # nonce -> when it expires, oldest first

    def __len__(self) -> int:
        """How many are known to be spent and could still be tried again."""
        return len(self._spent)

    def issue(self, claims: Claims, now_ms: int) -> str:
        """A ticket for these claims, to be used within a minute."""
        told: list[Any] = [
            secrets.token_hex(16), now_ms + VALID_MS, claims.channel, claims.participant,
            claims.role, claims.account, claims.name,
        ]  # fmt: skip
        if claims.since:  # a node of the release before, which would tell all, cannot read it
            told.append(claims.since)
        text = orjson.dumps(told)
        return urlsafe_b64encode(self._mac(text) + text).decode()

    def affinity(self, channel: SessionId) -> str:
        """What a load balancer may keep the connections of one channel together by.

        Eight digits that stand in the socket's URL, and so in the logs of others: they say
        nothing of the channel to whoever lacks our secret.
        """
        return self._mac(b"affinity|" + channel.encode())[:4].hex()

    def redeem(self, text: str, now_ms: int) -> Claims:
        """The claims of a ticket, which is spent by that; raises Refused("ticket.invalid")."""
        nonce, expires_ms, channel, participant, role, account, name, *later = self._open(text)
        self._forget(now_ms)
        if not now_ms < expires_ms <= now_ms + VALID_MS or nonce in self._spent:
            raise Refused("ticket.invalid")
        self._spent[nonce] = expires_ms
        self.spent(nonce, expires_ms)
        return Claims(channel, participant, Role(role), account, name, *later)

    def spend(self, nonce: str, expires_ms: int, now_ms: int) -> None:
        """It was used on another node."""
        self._forget(now_ms)
        self._spent[nonce] = expires_ms

    def _open(self, text: str) -> list[Any]:
        try:
            signed = urlsafe_b64decode(text.encode("ascii"))
        except ValueError:
            raise Refused("ticket.invalid") from None
        mac, claims = signed[:_MAC_BYTES], signed[_MAC_BYTES:]
        if not hmac.compare_digest(mac, self._mac(claims)):
            raise Refused("ticket.invalid")
        opened: list[Any] = orjson.loads(claims)
        return opened

    def _mac(self, text: bytes) -> bytes:
        return hmac.digest(self._secret, text, hashlib.sha256)

    def _forget(self, now_ms: int) -> None:
        """Drop what has expired anyway."""
        for nonce, expires_ms in list(self._spent.items()):
            if expires_ms > now_ms:
                break
            del self._spent[nonce]
