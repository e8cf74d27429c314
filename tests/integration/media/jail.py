"""Runs a program as the unit of a node does, as far as it matters here (deploy/systemd/).

No memory that may be written and run, no netlink, no limits to be set. Ends with 77 where the
system cannot do that.
"""

import ctypes
import os
import platform
import struct
import sys

NOT_HERE = 77
_NO_NEW_PRIVS, _SECCOMP, _MDWE = 38, 22, 65  # prctl(2)
_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06  # of a filter
_ALLOW, _ERRNO, _EPERM, _EAFNOSUPPORT = 0x7FFF0000, 0x00050000, 1, 97
_SOCKET, _SETRLIMIT, _PRLIMIT = 41, 160, 302  # of x86-64
_AF_NETLINK = 16
_NUMBER, _FIRST = 0, 16  # of a system call, where a filter sees it; its first argument
_FILTER = (
    (_LOAD, 0, 0, _NUMBER),
    (_EQUAL, 0, 3, _SOCKET),
    (_LOAD, 0, 0, _FIRST),
    (_EQUAL, 0, 1, _AF_NETLINK),
    (_RETURN, 0, 0, _ERRNO | _EAFNOSUPPORT),
    (_LOAD, 0, 0, _NUMBER),
    (_EQUAL, 1, 0, _PRLIMIT),
    (_EQUAL, 0, 1, _SETRLIMIT),
    (_RETURN, 0, 0, _ERRNO | _EPERM),
    (_RETURN, 0, 0, _ALLOW),
)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def main() -> None:
    libc = ctypes.CDLL(None)
    steps = b"".join(struct.pack("HBBI", *step) for step in _FILTER)
    kept = ctypes.create_string_buffer(steps)
    program = _Program(len(_FILTER), ctypes.addressof(kept))
    if (
        platform.machine() != "x86_64"
        or libc.prctl(_NO_NEW_PRIVS, 1, 0, 0, 0) != 0
        or libc.prctl(_MDWE, 1, 0, 0, 0) != 0
        or libc.prctl(_SECCOMP, 2, ctypes.byref(program), 0, 0) != 0
    ):
        sys.exit(NOT_HERE)
    os.execv(sys.argv[1], sys.argv[1:])


if __name__ == "__main__":
    main()
