"""Writes candidates.json: candidates, and whether to hand them to ICE (B-077). Both ends open it.

The verdicts are written by hand, not computed.
"""

import json
from pathlib import Path

_YES = {
    "private IPv4": "candidate:1 1 udp 2122260223 192.168.1.20 54321 typ host generation 0",
    "as Chromium says it": "candidate:842163049 1 udp 1677729535 203.0.113.7 45664 typ srflx "
    "raddr 10.0.0.4 rport 50000 generation 0 ufrag abcd network-cost 999",
    "as Firefox says it": "candidate:0 2 UDP 2122187007 10.0.0.4 60000 typ host",
    "global IPv6": "candidate:1 1 udp 1 2001:db8::7 9 typ host",
    "unique local IPv6": "candidate:1 1 udp 1 fd00::7 9 typ host",
    "hidden by a name of this network": "candidate:1 1 udp 2113937151 "
    "0b3a8f3e-4c1d-4b5a-9a3e-7d6c5b4a3f2e.local 50000 typ host",
    "relayed": "candidate:3 1 udp 41885439 198.51.100.4 61000 typ relay raddr 0.0.0.0 rport 0",
    "no more": "",
}
_NO = {
    "loopback": "candidate:1 1 udp 1 127.0.0.1 5000 typ host",
    "loopback, further up": "candidate:1 1 udp 1 127.9.9.9 5000 typ host",
    "loopback IPv6": "candidate:1 1 udp 1 ::1 5000 typ host",
    "loopback IPv6, at length": "candidate:1 1 udp 1 0:0:0:0:0:0:0:1 5000 typ host",
    "unspecified": "candidate:1 1 udp 1 0.0.0.0 5000 typ host",
    "unspecified IPv6": "candidate:1 1 udp 1 :: 5000 typ host",
    "this network": "candidate:1 1 udp 1 0.1.2.3 5000 typ host",
    "link-local, as clouds use it": "candidate:1 1 udp 1 169.254.169.254 80 typ host",
    "link-local IPv6": "candidate:1 1 udp 1 fe80::1 5000 typ host",
    "link-local IPv6 with a zone": "candidate:1 1 udp 1 fe80::1%eth0 5000 typ host",
    "multicast": "candidate:1 1 udp 1 224.0.0.251 5353 typ host",
    "multicast IPv6": "candidate:1 1 udp 1 ff02::fb 5353 typ host",
    "broadcast": "candidate:1 1 udp 1 255.255.255.255 5000 typ host",
    "IPv4 inside IPv6": "candidate:1 1 udp 1 ::ffff:10.0.0.1 5000 typ host",
    "IPv4 inside IPv6, as hexadecimal": "candidate:1 1 udp 1 ::ffff:7f00:1 5000 typ host",
    "IPv4 below IPv6": "candidate:1 1 udp 1 ::10.0.0.1 5000 typ host",
    "NAT64": "candidate:1 1 udp 1 64:ff9b::a00:1 5000 typ host",
    "6to4": "candidate:1 1 udp 1 2002:a00:1::1 5000 typ host",
    "port 0": "candidate:1 1 udp 1 10.0.0.1 0 typ host",
    "port beyond": "candidate:1 1 udp 1 10.0.0.1 99999 typ host",
    "port below": "candidate:1 1 udp 1 10.0.0.1 -1 typ host",
    "host name": "candidate:1 1 udp 1 db.example.org 5000 typ host",
    "host name under local": "candidate:1 1 udp 1 a.b.local 5000 typ host",
    "short form of an address": "candidate:1 1 udp 1 10.1 5000 typ host",
    "octal address": "candidate:1 1 udp 1 010.0.0.1 5000 typ host",
    "address as a number": "candidate:1 1 udp 1 167772161 5000 typ host",
    "too many groups": "candidate:1 1 udp 1 1:2:3:4:5:6:7:8:9 5000 typ host",
    "two gaps": "candidate:1 1 udp 1 1::2::3 5000 typ host",
    "component 0": "candidate:1 0 udp 1 10.0.0.1 5000 typ host",
    "component 3": "candidate:1 3 udp 1 10.0.0.1 5000 typ host",
    "component 7": "candidate:1 7 udp 1 10.0.0.1 5000 typ host",
    "TCP": "candidate:1 1 tcp 1518280447 10.0.0.1 9 typ host tcptype active",
    "peer reflexive": "candidate:1 1 udp 1 10.0.0.1 5000 typ prflx raddr 10.0.0.2 rport 4",
    "no type": "candidate:1 1 udp 1 10.0.0.1 5000 typ",
    "priority 0": "candidate:1 1 udp 0 10.0.0.1 5000 typ host",
    "priority beyond": "candidate:1 1 udp 4294967296 10.0.0.1 5000 typ host",
    "priority far beyond": "candidate:1 1 udp 100000000000000000000 10.0.0.1 5000 typ host",
    "digits of another script": "candidate:1 1 udp 1 10.0.0.1 ٥٠٠٠ typ host",
    "two lines": "candidate:1 1 udp 1 10.0.0.1 5000 typ host\r\na=x",
    "line end": "candidate:1 1 udp 1 10.0.0.1 5000 typ host\n",
    "prefix of an attribute": "a=candidate:1 1 udp 1 10.0.0.1 5000 typ host",
    "words": "hello",
    "a foundation of its own kind": "candidate:a b 1 udp 1 10.0.0.1 5000 typ host",
    "half a pair": "candidate:1 1 udp 1 10.0.0.1 5000 typ host generation",
    "too long": "candidate:1 1 udp 1 10.0.0.1 5000 typ host" + " a b" * 13,
}
_LOOPBACK = "candidate:1 1 udp 1 127.0.0.1 5000 typ host"
_RELAYED = _YES["relayed"]


def main() -> None:
    """Write the file beside this one."""
    rows = [{"name": name, "candidate": text, "allowed": True} for name, text in _YES.items()]
    rows += [{"name": name, "candidate": text, "allowed": False} for name, text in _NO.items()]
    here = {"loopback": True, "allowed": True}
    rows += [
        {"name": "loopback, on loopback", "candidate": _LOOPBACK, **here},
        {"name": "loopback IPv6, on loopback", "candidate": _NO["loopback IPv6"], **here},
        {"name": "link-local, on loopback", "candidate": _NO["link-local IPv6"], "loopback": True,
         "allowed": False},
    ]  # fmt: skip
    only = {"relay_only": True}
    rows += [
        {"name": "relayed, only relayed", "candidate": _RELAYED, **only, "allowed": True},
        {"name": "host, only relayed", "candidate": _YES["private IPv4"], **only, "allowed": False},
        {"name": "no more, only relayed", "candidate": "", **only, "allowed": True},
    ]
    target = Path(__file__).with_name("candidates.json")
    target.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
