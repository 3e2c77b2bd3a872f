"""Whose program is at the other end of a connection: other people may be logged in here too."""

import os
import sys
from functools import cache
from pathlib import Path

TABLE = Path("/proc/net/tcp")  # of Linux: each connection with the user who made it
LOCAL, REMOTE, USER = 1, 2, 7  # its columns
LOOPBACK = "0100007F"  # 127.0.0.1 as it stands there


def is_other_user(client_port: int, port: int) -> bool:
    """Whether another user of this computer made a connection to a port of ours.

    Where the system does not tell (any other than Linux), nobody is taken for another.
    """
    user = _find_user(client_port, port)
    return user is not None and user != _our_user()


def _find_user(client_port: int, port: int) -> int | None:
    if sys.platform != "linux" or not TABLE.exists():
        return None
    ends = [f"{LOOPBACK}:{client_port:04X}", f"{LOOPBACK}:{port:04X}"]
    for line in TABLE.read_text("ascii").splitlines()[1:]:
        told = line.split()
        if [told[LOCAL], told[REMOTE]] == ends:
            return int(told[USER])
    return None


@cache
def _our_user() -> int:
    return os.getuid() if sys.platform != "win32" else 0
