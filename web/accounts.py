"""Signing in: passwords, the cookie, and how long it is good for.

The rows are kept by `sessions.accounts`; this module knows how a browser proves who it is.
"""

import asyncio
import base64
import hashlib
import hmac
import secrets
import unicodedata
from dataclasses import dataclass
from typing import Final

from aiohttp import web as aioweb
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from sessions.accounts import Account, Accounts
from sessions.clock import Clock, wall_clock_ms
from sessions.events import Refused
from web.clients import Buckets

MIN_PASSWORD: Final = 10  # characters
MAX_PASSWORD: Final = 200
ONE_TIME_MS: Final = 72 * 3_600_000  # how long a password is good that somebody else handed out
_AT_ONCE: Final = 2  # each hash takes 64 MiB: more at once would be a way to exhaust memory


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A signed-in browser."""

    account: Account
    csrf: str

    def csrf_is(self, given: str) -> bool:
        return hmac.compare_digest(self.csrf.encode(), given.encode())


class Passwords:
    """Argon2id in threads, a few at once; unknown names cost as much as wrong passwords."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turn = asyncio.Semaphore(_AT_ONCE)
        self._nobodys = _never(self._hasher)

    async def hash(self, password: str) -> str:
        """The hash of a new password."""
        async with self._turn:
            return await asyncio.to_thread(self._hasher.hash, _as_typed(password))

    async def match(self, stored: str | None, given: str) -> bool:
        """Whether the password is right; None for an account that does not exist."""
        async with self._turn:
            return await asyncio.to_thread(self._match, stored, _as_typed(given))

    def _match(self, stored: str | None, given: str) -> bool:
        try:
            self._hasher.verify(stored or self._nobodys, given)
        except (VerificationError, InvalidHashError):
            return False
        return stored is not None


class SignIns:
    """Turns a name and a password into a cookie, and a cookie back into an account."""

    def __init__(
        self, accounts: Accounts, passwords: Passwords, buckets: Buckets, secret: bytes,
        *, secure: bool, now_ms: Clock = wall_clock_ms,
    ) -> None:  # fmt: skip
        self._accounts = accounts
        self._passwords = passwords
        self._buckets = buckets
        self._secret = secret
        self._secure = secure
        self._now_ms = now_ms
        self.cookie: Final = "__Host-visavis" if secure else "visavis"

    async def sign_in(
        self, username: str, password: str, old: str | None = None
    ) -> tuple[Account, str]:
        """A fresh secret for the cookie; an `old` one ends here, so that none can be planted.

        Raises Refused("signin.wrong") the same way for every reason, or Refused("too.fast").
        """
        username = username.strip()[:80]
        self._buckets.take("signin-name", username.casefold())
        account = await self._accounts.find(username)
        usable = account if account is not None and account.usable(self._now_ms()) else None
        right = len(password) <= MAX_PASSWORD and await self._passwords.match(
            usable.password_hash if usable else None, password
        )
        if usable is None or not right:
            raise Refused("signin.wrong")
        if old:
            await self._accounts.sign_out(old)
        return usable, await self._accounts.sign_in(usable.id)

    async def who(self, request: aioweb.Request) -> SignedIn | None:
        """Who this browser is signed in as."""
        secret = request.cookies.get(self.cookie)
        if not secret or len(secret) > 128 or not secret.isascii():
            return None
        account = await self._accounts.by_secret(secret)
        return SignedIn(account, self.csrf_of(secret)) if account else None

    async def sign_out(self, request: aioweb.Request) -> None:
        if secret := request.cookies.get(self.cookie):
            await self._accounts.sign_out(secret)

    def csrf_of(self, secret: str) -> str:
        """The token of one sign-in: worthless in any other."""
        return hmac.digest(self._secret, secret.encode(), hashlib.sha256).hex()

    def set_cookie(self, response: aioweb.StreamResponse, secret: str) -> None:
        """A session cookie, as OB-26 promises: no expiry, not for scripts, not across sites."""
        response.set_cookie(
            self.cookie, secret, path="/", httponly=True, samesite="Lax", secure=self._secure
        )

    def drop_cookie(self, response: aioweb.StreamResponse) -> None:
        response.del_cookie(
            self.cookie, path="/", httponly=True, samesite="Lax", secure=self._secure
        )


def one_time_password() -> str:
    """Easy to say and to type: four groups of four, without letters and digits that look alike."""
    alphabet = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(alphabet) for _ in range(4)) for _ in range(4))


def _never(hasher: PasswordHasher) -> str:
    """What no password hashes to, as far as anybody can tell; to find out takes as long as ever."""
    salt, tag = (
        base64.b64encode(secrets.token_bytes(length)).decode().rstrip("=")
        for length in (hasher.salt_len, hasher.hash_len)
    )
    costs = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    return f"$argon2id$v=19${costs}${salt}${tag}"


def _as_typed(password: str) -> str:
    """The same characters whatever keyboard composed them (RFC 8265, 4.2)."""
    return unicodedata.normalize("NFC", password)
