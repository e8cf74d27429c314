"""Receipts: the number and the code by which a prospect claims later what is kept of a session.

The code follows from the token of the seat, which only the browser of the prospect has; kept is a
hash. It does not know what can be done with a receipt.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from functools import partial
from typing import Final

from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError

from sessions.clock import Clock, wall_clock_ms
from sessions.database import Database
from sessions.events import Role, SessionId
from sessions.keys import Keys
from sessions.lost import Found, find_lost
from sessions.models import ReceiptRow, SeatRow

NUMBER_DIGITS: Final = 12
GROUPS: Final = 7
ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: none looks like another
_SECRET_CHARACTERS: Final = 26  # of five bits: 130 bits
_CODE_CHARACTERS: Final = 4 * GROUPS  # with two that show a slip of the finger
_ALIKE: Final = str.maketrans("OIL", "011")
_MAX_TYPED: Final = 200
_ATTEMPTS: Final = 5  # at a number that nobody has


@dataclass(frozen=True, slots=True)
class Receipt:
    """A claim that was proven. `session` is None once it was erased."""

    number: str
    session: SessionId | None
    session_hash: bytes


@dataclass(frozen=True, slots=True)
class Claim:
    """What is written on a receipt, in groups of four."""

    number: str
    code: str


class Receipts:
    def __init__(self, database: Database, keys: Keys, *, now_ms: Clock = wall_clock_ms) -> None:
        self._database = database
        self._keys = keys
        self._now_ms = now_ms

    async def claim(self, session: SessionId, token: str) -> Claim | None:
        """The receipt of the prospect whose token this is, also after they left; always the same.

        None for anybody else.
        """
        codes = [_code(secret, session, token) for secret in self._keys.secrets("receipt")]
        for _ in range(_ATTEMPTS):
            number = f"{secrets.randbelow(10**NUMBER_DIGITS):0{NUMBER_DIGITS}}"
            row = {
                "number": number, "code_hash": _code_hash(codes[0]), "session_id": session,
                "session_hash": hash_of(session), "created_ms": self._now_ms(),
            }  # fmt: skip
            try:
                kept = await self._database.write(partial(_kept, session, token, row))
            except IntegrityError:  # the number is somebody's, or the same browser asked twice
                continue
            if kept is None:
                return None
            number, code_hash = kept
            # The master key may be another by now than when it was kept.
            code = next((one for one in codes if _code_hash(one) == code_hash), None)
            return None if code is None else Claim(grouped(number), grouped(code))
        return None

    async def find(self, number: str, code: str) -> Receipt | None:
        """The receipt of this number, if this is its code; else None, in the same time.

        Both as `read_number` and `read_code` have them.
        """
        wanted = select(ReceiptRow.__table__).where(ReceiptRow.number == number)
        row = await self._database.read(lambda db: db.execute(wanted).one_or_none())
        kept = bytes(32) if row is None else row.code_hash
        if not hmac.compare_digest(kept, _code_hash(code)) or row is None:
            return None
        session = None if row.session_id is None else SessionId(row.session_id)
        return Receipt(row.number, session, row.session_hash)

    async def session_of(self, number: str) -> SessionId | None:
        """The session that this receipt is about; None if it was erased or there is none."""
        wanted = select(ReceiptRow.session_id).where(ReceiptRow.number == number)
        found = await self._database.read(lambda db: db.scalar(wanted))
        return None if found is None else SessionId(found)

    async def number_of(self, session: SessionId) -> tuple[str, bytes] | None:
        """Number and hash of the code of this session's receipt, if it was claimed."""
        wanted = select(ReceiptRow.number, ReceiptRow.code_hash).where(
            ReceiptRow.session_hash == hash_of(session)
        )
        row = await self._database.read(lambda db: db.execute(wanted).one_or_none())
        return None if row is None else (row.number, row.code_hash)

    async def number_by(self, session_hash: bytes) -> str | None:
        """Number of the receipt of a session that is perhaps erased."""
        wanted = select(ReceiptRow.number).where(ReceiptRow.session_hash == session_hash)
        return await self._database.read(lambda db: db.scalar(wanted))

    async def find_lost(self, *, name: str, from_ms: int, until_ms: int) -> list[Found]:
        """For who has none: sessions of that time under this name; see sessions/lost.py."""
        return await find_lost(
            self._database, self._keys, name=name, from_ms=from_ms, until_ms=until_ms
        )


def hash_of(session: SessionId) -> bytes:
    """By what an erased session is known: its id is random, so that this leads nowhere back."""
    return hashlib.sha256(b"visavis/1|erased|" + session.encode()).digest()


def read_number(typed: str) -> str | None:
    """A number as people type it, or None if it cannot be one."""
    digits = "".join(typed[:_MAX_TYPED].split()).replace("-", "")
    return (
        digits if len(digits) == NUMBER_DIGITS and digits.isascii() and digits.isdigit() else None
    )


def read_code(typed: str) -> str | None:
    """A code as people type it; None if it cannot be one: too short, too long, a slip in it."""
    code = "".join(typed[:_MAX_TYPED].split()).replace("-", "").upper().translate(_ALIKE)
    if len(code) != _CODE_CHARACTERS or set(code) - set(ALPHABET):
        return None
    return code if code[_SECRET_CHARACTERS:] == _check(code[:_SECRET_CHARACTERS]) else None


def grouped(text: str) -> str:
    """In groups of four, as people can read it aloud."""
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def _code(secret: bytes, session: SessionId, token: str) -> str:
    digest = hmac.digest(secret, f"{session}|{token}".encode(), hashlib.sha256)
    number = int.from_bytes(digest, "big")
    text = "".join(ALPHABET[number >> 5 * place & 31] for place in range(_SECRET_CHARACTERS))
    return text + _check(text)


def _check(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return ALPHABET[digest[0] & 31] + ALPHABET[digest[1] & 31]


def _code_hash(code: str) -> bytes:
    """The code has 130 random bits: no slow hash could make it harder to guess."""
    return hashlib.sha256(b"visavis/1|receipt|" + code.encode()).digest()


def _is_prospect(db: Connection, session: SessionId, token: str) -> bool:
    seat = select(SeatRow.participant).where(
        SeatRow.session_id == session,
        SeatRow.token_hash == hashlib.sha256(token.encode(errors="replace")).digest(),
        SeatRow.role == Role.PROSPECT,
    )
    return db.scalar(seat) is not None


def _kept(
    session: SessionId, token: str, row: dict[str, object], db: Connection
) -> tuple[str, bytes] | None:
    """Number and hash that are kept from now on, or were before; None for a stranger."""
    if not _is_prospect(db, session, token):
        return None
    here = select(ReceiptRow.number, ReceiptRow.code_hash).where(
        ReceiptRow.session_hash == hash_of(session)
    )
    if db.execute(here).one_or_none() is None:
        db.execute(insert(ReceiptRow), row).close()
    number, code_hash = db.execute(here).one()
    return number, code_hash
