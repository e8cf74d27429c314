"""Opens what was sealed for somebody outside, as the program `age` does; knows nothing of ours."""

from base64 import b64decode
from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

_ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_VERSION = b"age-encryption.org/v1"
Unwrap = Callable[[list[bytes], bytes], bytes]


def bech32(data: bytes, prefix: str = "age") -> str:
    """As people copy a public key of 32 bytes."""
    bits = "".join(f"{byte:08b}" for byte in data)
    bits += "0" * (-len(bits) % 5)
    values = [int(bits[start : start + 5], 2) for start in range(0, len(bits), 5)]
    spelt = [ord(one) >> 5 for one in prefix] + [0] + [ord(one) & 31 for one in prefix]
    check = _checksum(spelt + values + [0] * 6) ^ 1
    values += [check >> 5 * (5 - place) & 31 for place in range(6)]
    return f"{prefix}1" + "".join(_ALPHABET[value] for value in values)


def identity(text: str) -> X25519PrivateKey:
    """Of an `AGE-SECRET-KEY-1…`."""
    number = 0
    for one in text.lower().rpartition("1")[2][:-6]:
        number = number << 5 | _ALPHABET.index(one)
    return X25519PrivateKey.from_private_bytes((number >> 4).to_bytes(32, "big"))


def with_key(own: X25519PrivateKey) -> Unwrap:
    def unwrap(words: list[bytes], body: bytes) -> bytes:
        assert words[0] == b"X25519"
        share, mine = _decoded(words[1]), own.public_key().public_bytes_raw()
        shared = own.exchange(X25519PublicKey.from_public_bytes(share))
        wrap = _derived(shared, share + mine, _VERSION + b"/X25519")
        return ChaCha20Poly1305(wrap).decrypt(bytes(12), body, None)

    return unwrap


def with_passphrase(passphrase: str) -> Unwrap:
    def unwrap(words: list[bytes], body: bytes) -> bytes:
        assert words[0] == b"scrypt"
        salt = _VERSION + b"/scrypt" + _decoded(words[1])
        wrap = Scrypt(salt, 32, 1 << int(words[2]), 8, 1).derive(passphrase.encode())
        return ChaCha20Poly1305(wrap).decrypt(bytes(12), body, None)

    return unwrap


def opened(sealed: bytes, unwrap: Unwrap) -> bytes:
    """Raises InvalidTag or InvalidSignature for what was altered or cut."""
    head, _, rest = sealed.partition(b"\n--- ")
    mac, _, payload = rest.partition(b"\n")
    version, told, body, *_ = head.split(b"\n")  # others may follow, to be passed over
    assert (version, told[:3]) == (_VERSION, b"-> ")
    file_key = unwrap(told[3:].split(b" "), _decoded(body))
    check = HMAC(_derived(file_key, b"", b"header"), SHA256())
    check.update(head + b"\n---")
    check.verify(_decoded(mac))
    cipher = ChaCha20Poly1305(_derived(file_key, payload[:16], b"payload"))
    chunks = [payload[start : start + 65_552] for start in range(16, len(payload), 65_552)]
    return b"".join(
        cipher.decrypt(count.to_bytes(11, "big") + bytes([count == len(chunks) - 1]), chunk, None)
        for count, chunk in enumerate(chunks)
    )


def _derived(secret: bytes, salt: bytes, info: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=salt, info=info).derive(secret)


def _decoded(text: bytes) -> bytes:
    return b64decode(text + b"=" * (-len(text) % 4), validate=True)


def _checksum(values: list[int]) -> int:
    check = 1
    for value in values:
        top, check = check >> 25, (check & 0x1FFFFFF) << 5 ^ value
        generators = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
        for place, generator in enumerate(generators):
            check ^= generator if top >> place & 1 else 0
    return check
