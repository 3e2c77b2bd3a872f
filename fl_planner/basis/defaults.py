"""Defaults that several rooms share: options, ports, the clearing margin, and bounds of options.

Command line, Python interface and settings read them from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, get_args

Profile = Literal["shareable", "clinical"]  # without or with identifying information
PROFILES: tuple[Profile, ...] = get_args(Profile)
Paper = Literal["a4", "letter"]  # of a PDF
PAPERS: tuple[Paper, ...] = get_args(Paper)

CLEARING_MARGIN_MM = 10  # around lesions left in a remnant [clinical.md 2]
LOOPBACK = "127.0.0.1"  # services on this computer are not reachable from outside
PAGE_PORT, HOOKS_PORT = 8321, 8322  # usual ports; any free port if they are in use

DEFAULTS: Mapping[str, Any] = {
    "profile": "shareable",
    "paper": "a4",
    "size_limit": 1,  # GiB of a file, unpacked
    "format": "png",  # of pictures
    "dpi": 150,  # of pictures, and of the CT in vector pictures
    "consensus": "majority",
    "sort": "need",
    "memory_limit": "2",  # GiB that one case of a cohort may take
    "time_limit": "30",  # min
}
BOUNDS: Mapping[str, tuple[int, int]] = {
    "size_limit": (1, 64),
    "dpi": (50, 600),
    "top": (1, 10**9),  # rows of a worklist
    "workers": (1, 10**5),
    "dashboard": (1024, 65535),
    "port": (1024, 65535),
}
