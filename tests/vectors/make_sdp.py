"""Writes sdp.json: descriptions, and what becomes of them (B-073, B-074, B-076). Both ends open it.

The verdicts are written by hand, not computed.
"""

import json
from pathlib import Path

_HASH = ":".join(f"{byte:02X}" for byte in range(32))
_OTHER = ":".join(f"{byte:02X}" for byte in range(32, 64))
_GOOD = "a=candidate:1 1 udp 2122260223 192.168.1.20 54321 typ host generation 0"
_BAD = "a=candidate:2 1 udp 2122260223 169.254.169.254 80 typ host generation 0"
_HEAD = ["v=0", "o=- 4611731400430051336 2 IN IP4 127.0.0.1", "s=-", "t=0 0"]
_SECTION = [
    "c=IN IP4 0.0.0.0", "a=rtcp:9 IN IP4 0.0.0.0", "a=ice-ufrag:abcd",
    "a=ice-pwd:abcdefghijklmnopqrstuvwx", "a=ice-options:trickle",
    f"a=fingerprint:sha-256 {_HASH}", "a=setup:actpass", "a=mid:0", "a=sendrecv", "a=rtcp-mux",
]  # fmt: skip
_AUDIO = ["m=audio 9 UDP/TLS/RTP/SAVPF 111", *_SECTION, "a=rtpmap:111 opus/48000/2"]
_VIDEO = ["m=video 9 UDP/TLS/RTP/SAVPF 96", *_SECTION, "a=rtpmap:96 VP8/90000"]
_DATA = ["m=application 9 UDP/DTLS/SCTP webrtc-datachannel", *_SECTION[:-2], "a=sctp-port:5000"]


def _text(*parts: list[str]) -> str:
    return "".join(f"{line}\r\n" for part in parts for line in part)


def _with(old: str, new: str | None, section: list[str] = _AUDIO) -> str:
    lines = [new if line == old else line for line in section]
    assert old in section
    return _text(_HEAD, [line for line in lines if line is not None])


_PLAIN = _text(_HEAD, _AUDIO, _VIDEO)
_BUNDLED = ["m=video 0 UDP/TLS/RTP/SAVPF 96", "c=IN IP4 0.0.0.0", "a=bundle-only", "a=mid:1"]
_YES = {
    "sound and picture": _PLAIN,
    "and data": _text(_HEAD, _AUDIO, _VIDEO, _DATA),
    "said once for all": _text(
        [*_HEAD, "a=ice-ufrag:abcd", "a=ice-pwd:abcdefghijklmnopqrstuvwx", "a=setup:active",
         f"a=fingerprint:sha-256 {_HASH}"],
        [_AUDIO[0], "a=rtcp-mux", "a=mid:0"],
    ),
    "bundled with another": _text(_HEAD, _AUDIO, _BUNDLED),
    "two hashes of one certificate": _with(
        "a=setup:actpass", f"a=fingerprint:sha-384 {_HASH}:{_HASH[:47]}\r\na=setup:actpass"
    ),
    "small letters": _text(_HEAD, _AUDIO).replace(_HASH, _HASH.lower()),
    "a good candidate": _text(_HEAD, _AUDIO, [_GOOD, "a=end-of-candidates"]),
}  # fmt: skip
_NO = {
    "nothing": ("", "syntax"),
    "words": ("hello", "syntax"),
    "too large": (_PLAIN + "a=x:" + "y" * 32_768 + "\r\n", "size"),
    "line ends of Unix": (_PLAIN.replace("\r\n", "\n"), "syntax"),
    "line ends of old": (_PLAIN.replace("\r\n", "\r"), "syntax"),
    "one lone line end": (_PLAIN.replace("s=-\r\n", "s=-\r\nt=0 0\n"), "syntax"),
    "no last line end": (_PLAIN[:-2], "syntax"),
    "an empty line": (_PLAIN + "\r\n", "syntax"),
    "NUL": (_PLAIN.replace("s=-", "s=\0"), "syntax"),
    "digits of another script": (_PLAIN.replace("96", "٩٦"), "syntax"),
    "a very long line": (_PLAIN + "a=x:" + "y" * 2_045 + "\r\n", "syntax"),
    "no version": (_text(_HEAD[1:], _AUDIO), "syntax"),
    "another version": (_PLAIN.replace("v=0", "v=1"), "syntax"),
    "no origin": (_text([_HEAD[0], *_HEAD[2:]], _AUDIO), "syntax"),
    "no section": (_text(_HEAD), "section"),
    "five sections": (_text(_HEAD, *[_AUDIO] * 5), "section"),
    "a section of another kind": (_PLAIN.replace("m=audio", "m=image"), "section"),
    "a section without formats": (_PLAIN.replace("SAVPF 111", "SAVPF"), "section"),
    "a port beyond": (_PLAIN.replace("m=audio 9", "m=audio 999999"), "section"),
    "not encrypted": (_PLAIN.replace("UDP/TLS/RTP/SAVPF", "RTP/AVP"), "profile"),
    "keys in the clear": (_PLAIN.replace("UDP/TLS/RTP/SAVPF", "RTP/SAVPF"), "profile"),
    "data as media": (_PLAIN.replace("UDP/TLS/RTP/SAVPF", "UDP/DTLS/SCTP"), "profile"),
    "media as data": (
        _text(_HEAD, _DATA).replace("UDP/DTLS/SCTP", "UDP/TLS/RTP/SAVPF"),
        "profile",
    ),
    "a key in the clear": (
        _with("a=mid:0", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAAA"),
        "crypto",
    ),
    "no fingerprint": (_with(f"a=fingerprint:sha-256 {_HASH}", None), "fingerprint"),
    "md5": (_with(_SECTION[5], f"a=fingerprint:md5 {_HASH[:47]}"), "fingerprint"),
    "sha-1": (_with(_SECTION[5], f"a=fingerprint:sha-1 {_HASH[:59]}"), "fingerprint"),
    "too short": (_with(_SECTION[5], f"a=fingerprint:sha-256 {_HASH[:-3]}"), "fingerprint"),
    "too long": (_with(_SECTION[5], f"a=fingerprint:sha-256 {_HASH}:00"), "fingerprint"),
    "no hexadecimal": (_with(_SECTION[5], f"a=fingerprint:sha-256 {'G' * 95}"), "fingerprint"),
    "two that contradict": (
        _with(_SECTION[5], f"{_SECTION[5]}\r\na=fingerprint:sha-256 {_OTHER}"),
        "fingerprint",
    ),
    "one for each section": (
        _text(_HEAD, _AUDIO) + _text(_VIDEO).replace(_HASH, _OTHER),
        "fingerprint",
    ),
    "held": (_with("a=setup:actpass", "a=setup:holdconn"), "setup"),
    "no setup": (_with("a=setup:actpass", None), "setup"),
    "no ufrag": (_with("a=ice-ufrag:abcd", None), "ice"),
    "a short ufrag": (_with("a=ice-ufrag:abcd", "a=ice-ufrag:abc"), "ice"),
    "a long ufrag": (_with("a=ice-ufrag:abcd", f"a=ice-ufrag:{'a' * 257}"), "ice"),
    "two ufrags": (_with("a=ice-ufrag:abcd", "a=ice-ufrag:abcd\r\na=ice-ufrag:efgh"), "ice"),
    "a short password": (_with(_SECTION[3], "a=ice-pwd:abcdefghijklmnopqrstu"), "ice"),
    "RTCP on a port of its own": (_with("a=rtcp-mux", None), "mux"),
}


def main() -> None:
    """Write the file beside this one."""
    rows: list[dict[str, object]] = [
        {"name": name, "sdp": sdp, "cleaned": sdp} for name, sdp in _YES.items()
    ]
    rows += [{"name": name, "sdp": sdp, "refused": code} for name, (sdp, code) in _NO.items()]
    one = _text(_HEAD, _AUDIO, [_GOOD])
    rows += [
        {"name": "a bad candidate", "sdp": _text(_HEAD, _AUDIO, [_GOOD, _BAD]), "cleaned": one},
        {"name": "one candidate too many", "sdp": _text(_HEAD, _AUDIO, [_GOOD] * 31),
         "cleaned": _text(_HEAD, _AUDIO, [_GOOD] * 30)},
        {"name": "only relayed", "sdp": one, "relay_only": True, "cleaned": _text(_HEAD, _AUDIO)},
    ]  # fmt: skip
    target = Path(__file__).with_name("sdp.json")
    target.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
