"""Who listens on the wire of a test: what is not closed is found."""

import socket

from tests.e2e.traces import canary, traces
from tests.networks import WEB, inside, networks
from tests.wiretap import framed, kind_of, listening


def test_who_listens_finds_what_is_not_closed() -> None:
    """Silence means something: a page, a word and a picture in the clear are all found."""
    word = canary("offen")
    with networks({}) as made, listening(made.outside) as wire:

        def serve() -> socket.socket:
            return socket.create_server((WEB, 8080))

        def ask(server: socket.socket) -> None:
            with socket.create_connection((WEB, 8080)) as line:
                line.sendall(f"GET /{word} HTTP/1.1\r\n\r\n".encode())
                heard, _ = server.accept()
                heard.recv(100)
                heard.close()
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
                rtp = b"\x80\x60" + bytes(10)
                line.sendto(rtp + b"\x10\x10\x02\x00\x9d\x01\x2a" + bytes(100), (WEB, 9))
                line.sendto(b"hello " + word.encode(), (WEB, 9))
                line.sendto(b"\x40\x00\x00\x10" + rtp + b"\x9d\x01\x2a\x00", (WEB, 9))

        with inside(made.outside, serve) as server:
            inside(made.home.namespace, lambda: ask(server))
    found = wire.open()
    assert any("GET" in one for one in found), found
    assert sum("clear picture" in one for one in found) == 2  # one of them in a channel of TURN
    assert any("unknown" in one for one in found)
    assert traces([word], {"the wire": wire.everything()}) != []
    turn = b"\x00\x03\x00\x04" + bytes(20) + b"\x40\x00\x00\x01\x80\x00\x00\x00"
    assert [kind_of(one) for one in framed(turn)] == ["stun", "srtp"]
    assert [kind_of(one) for one in (b"\x00\x01", b"\x16\xfe\xfd", b"\x40\x00\x00\x01\x80")] == [
        "stun", "dtls", "srtp",
    ]  # fmt: skip
