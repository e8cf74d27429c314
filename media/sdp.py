"""Session descriptions (RFC 8866, RFC 8829) that come from elsewhere: limits, and a filter.

What a browser of ours would never say is refused before any parser sees it; candidates that lead
where they should not are taken out. It does not know what is done with the description.
"""

import re
from dataclasses import dataclass
from typing import Final

from media.ice import allowed

MAX_BYTES: Final = 32_768
MAX_LINE: Final = 2_048
MAX_SECTIONS: Final = 4
MAX_CANDIDATES: Final = 30
_CHARACTERS = re.compile(r"[\x20-\x7e\r\n]*")
_LINE = re.compile(r"[a-z]=.+")
_MEDIA = re.compile(r"m=(audio|video|application) (0|[1-9]\d{0,4}) (\S+) \S.*", re.ASCII)
_PROFILES: Final = {
    "audio": "UDP/TLS/RTP/SAVPF",
    "video": "UDP/TLS/RTP/SAVPF",
    "application": "UDP/DTLS/SCTP",
}
_HASH_BYTES: Final = {"sha-256": 32, "sha-384": 48, "sha-512": 64}
_FINGERPRINT = re.compile(r"([a-z0-9-]+) ([0-9A-F]{2}(?::[0-9A-F]{2})*)", re.ASCII | re.IGNORECASE)
_UFRAG = re.compile(r"[A-Za-z0-9+/]{4,256}", re.ASCII)
_PASSWORD = re.compile(r"[A-Za-z0-9+/]{22,256}", re.ASCII)
_ROUND = re.compile(r"^a=ice-ufrag:(\S+)", re.ASCII | re.MULTILINE)
_SETUPS: Final = frozenset({"actpass", "active", "passive"})


class SdpRefused(ValueError):
    """`code` is one of size, syntax, section, profile, crypto, fingerprint, setup, ice, mux."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class _Section:
    """The session part (no media), or one m= section."""

    media: str | None
    rejected: bool
    lines: list[str]

    def values(self, attribute: str) -> list[str]:
        """What follows `a=attribute:`, once per line."""
        prefix = f"a={attribute}:"
        return [line[len(prefix) :] for line in self.lines if line.startswith(prefix)]


def clean(sdp: str, *, loopback: bool = False, relay_only: bool = False) -> str:
    """The description without candidates that lead nowhere good; raises SdpRefused."""
    session, *sections = _sections(_lines(sdp))
    if any(line.startswith("a=crypto") for part in (session, *sections) for line in part.lines):
        raise SdpRefused("crypto")
    _check_fingerprints([session, *sections])
    for section in sections:
        _check_transport(session, section)
    return _without_bad_candidates(sdp, loopback=loopback, relay_only=relay_only)


def rounds(sdp: str) -> frozenset[str]:
    """By what names ICE goes in a description that was cleaned: others after each restart."""
    return frozenset(_ROUND.findall(sdp))


def _lines(sdp: str) -> list[str]:
    if len(sdp) > MAX_BYTES:
        raise SdpRefused("size")
    if _CHARACTERS.fullmatch(sdp) is None or not sdp.endswith("\r\n"):
        raise SdpRefused("syntax")
    lines = sdp[:-2].split("\r\n")
    for line in lines:
        # "." matches no LF; a lone CR is the one control that is left.
        if len(line) > MAX_LINE or "\r" in line or _LINE.fullmatch(line) is None:
            raise SdpRefused("syntax")
    if lines[0] != "v=0" or len(lines) < 2 or not lines[1].startswith("o="):
        raise SdpRefused("syntax")
    return lines


def _sections(lines: list[str]) -> list[_Section]:
    """The session part first."""
    found = [_Section(None, rejected=False, lines=[])]
    for line in lines:
        if line.startswith("m="):
            found.append(_section(line))
        else:
            found[-1].lines.append(line)
    if not 1 < len(found) <= MAX_SECTIONS + 1:
        raise SdpRefused("section")
    return found


def _section(line: str) -> _Section:
    match = _MEDIA.fullmatch(line)
    if match is None:
        raise SdpRefused("section")
    media, port, profile = match.groups()
    if profile != _PROFILES[media]:
        raise SdpRefused("profile")
    return _Section(media, rejected=port == "0", lines=[])


def _check_fingerprints(parts: list[_Section]) -> None:
    """Strong ones only, and never two that contradict each other."""
    seen: dict[str, str] = {}
    for value in (value for part in parts for value in part.values("fingerprint")):
        match = _FINGERPRINT.fullmatch(value)
        if match is None:
            raise SdpRefused("fingerprint")
        name, digest = match[1].lower(), match[2].upper()
        if _HASH_BYTES.get(name) != (len(digest) + 1) / 3:
            raise SdpRefused("fingerprint")
        if seen.setdefault(name, digest) != digest:
            raise SdpRefused("fingerprint")


def _check_transport(session: _Section, section: _Section) -> None:
    def said(attribute: str) -> list[str]:
        return section.values(attribute) or session.values(attribute)

    if any(setup not in _SETUPS for setup in said("setup")):
        raise SdpRefused("setup")
    if section.rejected:  # or bundled with another; then that one says it
        return
    if not said("fingerprint"):
        raise SdpRefused("fingerprint")
    if not said("setup"):
        raise SdpRefused("setup")
    if not _one(_UFRAG, said("ice-ufrag")) or not _one(_PASSWORD, said("ice-pwd")):
        raise SdpRefused("ice")
    if section.media != "application" and "a=rtcp-mux" not in section.lines:
        raise SdpRefused("mux")


def _one(pattern: re.Pattern[str], values: list[str]) -> bool:
    return len(values) == 1 and pattern.fullmatch(values[0]) is not None


def _without_bad_candidates(sdp: str, *, loopback: bool, relay_only: bool) -> str:
    kept: list[str] = []
    candidates = 0
    for line in sdp.split("\r\n"):
        if line.startswith("a=candidate:"):
            candidate = line.removeprefix("a=")
            if not allowed(candidate, loopback=loopback, relay_only=relay_only):
                continue
            candidates += 1
            if candidates > MAX_CANDIDATES:
                continue
        kept.append(line)
    return "\r\n".join(kept)
