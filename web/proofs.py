"""Proof of work (ALTCHA, version 2): challenges that this house signs, and whether one was solved.

It does not know who has to solve one, nor which were used up. Nothing is kept: every node that has
the secret can check what another has issued.
"""

import binascii
import secrets
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import altcha
from pydantic import BaseModel, ConfigDict

from sessions.events import Refused

VALID_MS: Final = 120_000
_ALGORITHM: Final = "PBKDF2/SHA-256"  # every browser has it built in
_COST: Final = 1_000  # iterations an attempt: what a check costs us, and no more
_MAX_CHARACTERS: Final = 2_048
_EXACT: Final = ConfigDict(frozen=True, extra="forbid")


class Effort(IntEnum):
    """How much a start is to cost. A phone needs about 50 ms, 1 s, 4 s; names take longer."""

    LIGHT = 0
    SOME = 1
    MUCH = 2


# The solution is drawn below this, so nobody is ever unlucky without bound.
ATTEMPTS: Final[dict[Effort, int]] = {Effort.LIGHT: 100, Effort.SOME: 2_000, Effort.MUCH: 8_000}


class Signed(BaseModel):
    """Our own part of the parameters."""

    model_config = _EXACT
    effort: int


class Parameters(BaseModel):
    """What the protocol calls them."""

    model_config = _EXACT
    algorithm: str
    nonce: str
    salt: str
    cost: int
    keyLength: int
    keyPrefix: str
    keySignature: str
    expiresAt: int
    data: Signed


class Challenge(BaseModel):
    """A challenge as ALTCHA has it, and whether a call can be started only with it."""

    model_config = _EXACT
    parameters: Parameters
    signature: str
    needed: bool


@dataclass(frozen=True, slots=True)
class Proof:
    """A solution as it came in: well formed, and nothing more is known of it."""

    payload: altcha.Payload

    @property
    def nonce(self) -> bytes:
        """What is new in every challenge."""
        return bytes.fromhex(self.payload.challenge.parameters.nonce)


class Proofs:
    """Issues challenges and checks solutions."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._key_secret = secret + b"|key"

    def issue(self, effort: Effort, now_ms: int) -> Challenge:
        """A challenge of this effort that is good for two minutes."""
        challenge = altcha.create_challenge(
            _ALGORITHM,
            _COST,
            counter=secrets.randbelow(ATTEMPTS[effort]),
            expires_at=(now_ms + VALID_MS) // 1_000,
            data={"effort": int(effort)},
            hmac_secret=self._secret,
            hmac_key_secret=self._key_secret,
        )
        return Challenge.model_validate(challenge.to_dict() | {"needed": effort > Effort.LIGHT})

    def check(self, proof: Proof, at_least: Effort) -> None:
        """Raises Refused("proof.invalid"), ("proof.expired") or ("proof.weak")."""
        found = altcha.verify_solution(
            proof.payload, self._secret, hmac_key_secret=self._key_secret
        )
        if found.expired:
            raise Refused("proof.expired")
        if not found.verified:
            raise Refused("proof.invalid")
        # From here on every parameter is one that we have signed.
        if (proof.payload.challenge.parameters.data or {}).get("effort", -1) < at_least:
            raise Refused("proof.weak")


def read_proof(text: str) -> Proof:
    """A proof from its header; raises Refused("proof.invalid") for what is none."""
    if len(text) > _MAX_CHARACTERS:
        raise Refused("proof.invalid")
    try:
        proof = Proof(altcha.Payload.from_base64(text))
        well_formed = len(proof.nonce) == 16
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, binascii.Error):
        raise Refused("proof.invalid") from None
    if not well_formed:
        raise Refused("proof.invalid")
    return proof
