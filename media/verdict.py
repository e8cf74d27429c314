"""DTLS where no memory may be written and run (systemd's MemoryDenyWriteExecute): aiortc asks for
such, only to say yes to every certificate.

The certificate is compared with the description afterwards in any case (RFC 8827, 6.5). Without the
question a server of DTLS is shown none: then only the end that begins the handshake works, as ours
does with browsers. It knows no connection.
"""

from typing import Any, Final

from OpenSSL import SSL

_set_verify: Final = SSL.Context.set_verify


def needed() -> bool:
    """Whether aiortc's own way fails here."""
    try:
        _set_verify(SSL.Context(SSL.DTLS_METHOD), SSL.VERIFY_PEER, lambda *any_: True)
    except MemoryError:
        return True
    return False


def install() -> None:
    """No context of this process asks anybody from now on."""

    def unasked(context: SSL.Context, mode: int, callback: Any = None) -> None:
        _set_verify(context, SSL.VERIFY_NONE)

    setattr(SSL.Context, _set_verify.__name__, unasked)
