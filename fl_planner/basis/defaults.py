"""What an option means when nobody says otherwise, and the least and most that it may be.

Of options that no table of inputs declares: command line, Python and settings read them here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, get_args

Profile = Literal["shareable", "clinical"]  # without what tells who it is, or with it
PROFILES: tuple[Profile, ...] = get_args(Profile)
Paper = Literal["a4", "letter"]  # of a PDF
PAPERS: tuple[Paper, ...] = get_args(Paper)

LOOPBACK = "127.0.0.1"  # what serves or works on this computer is reached from nowhere else

DEFAULTS: Mapping[str, Any] = {
    "profile": "shareable",
    "paper": "a4",
    "size_limit": 1,  # GiB of a file, unpacked
    "format": "png",  # of pictures
    "dpi": 150,  # of pictures, and of the CT in one that is drawn in lines
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
