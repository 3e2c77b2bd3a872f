"""How fast draft cuts follow on the page: `python -m benchmarks.cut [--moves 200]`.

A plane is dragged and turned through a liver of 512 x 512 x 300 voxels, and each move is asked of
the page's server over its socket, as the page asks: volumes, interval, chances, lesions, margin.
Then sets of segments are asked for, each for the first time: later ones are remembered.
Exits with 1 where 95 of 100 moves are not answered within 100 ms, or the memory of the case grows.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import tempfile
from dataclasses import dataclass
from multiprocessing import active_children
from pathlib import Path
from time import perf_counter
from urllib.parse import quote

import numpy as np

from benchmarks.plan import make
from tests.web.served import Browser, serving

SHAPE = (512, 512, 300)
MOST_MS, MOST_GROWN_MIB = 100.0, 8.0
SETS = (("2", "3"), ("1", "2", "3"), ("2", "3", "4"), ("5", "6", "7", "8"), ("6", "7"))  # that stay
SETTLED = 40  # moves after which the memory is that of the work itself
CASE = """schema = 1
diagnosis = "crlm"
[masks]
liver = "liver.nii.gz"
tumour = "tumour.nii.gz"
labelmap = { file = "segments.nii.gz", scheme = "couinaud" }
[[plan]]
remnant_segments = [2, 3]
"""


@dataclass(frozen=True, slots=True)
class Moves:
    """What the moves of a plane took.

    - `each_ms`: each but the first, which makes the liver ready and took `first_ms`.
    - `sets_ms`: each set of segments.
    - `cpu_ms`: of the case's process for a move, on average.
    - `grown_mib`: by how much its memory grew.
    """

    each_ms: tuple[float, ...]
    first_ms: float
    sets_ms: tuple[float, ...]
    cpu_ms: float
    grown_mib: float

    @property
    def p95_ms(self) -> float:
        """What 95 of 100 moves do not exceed."""
        return float(np.percentile(self.each_ms, 95))

    @property
    def holds(self) -> bool:
        """Whether moves are followed, and nothing is kept of them."""
        return self.p95_ms <= MOST_MS and self.grown_mib <= MOST_GROWN_MIB


def main() -> None:
    """Run the benchmark and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--moves", type=int, default=200)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        make(folder, SHAPE, 3)
        case = Path(folder, "case.toml")
        case.write_text(CASE, "utf-8")
        (pages := Path(folder, "page")).mkdir()
        with serving(pages, case) as server:
            moved = move(server.browser(), asked.moves)
    median = float(np.median(moved.each_ms))
    print(f"{'moves':24}{len(moved.each_ms):8}")
    print(f"{'first, made ready, ms':24}{moved.first_ms:8.0f}")
    print(f"{'median, ms':24}{median:8.0f}")
    print(f"{'95th percentile, ms':24}{moved.p95_ms:8.0f}")
    print(f"{'segments, worst, ms':24}{max(moved.sets_ms):8.0f}")
    print(f"{'CPU a move, ms':24}{moved.cpu_ms:8.0f}")
    print(f"{'memory grown, MiB':24}{moved.grown_mib:8.1f}")
    sys.exit(0 if moved.holds else 1)


def move(browser: Browser, moves: int) -> Moves:
    """Drag a plane from left to right and back, turning it meanwhile."""
    case = browser.get("/cases").json()[0]["id"]
    browser.wait(case, 120)
    x, y, z = browser.get(f"/cases/{case}/drafts").json()["plane"]["point_mm"]
    taken, before, began = [], 0.0, 0.0
    for n in range(moves + 1):
        turn = 2 * math.pi * n / moves
        wish = {
            "point_mm": [x + 60 * math.sin(turn), y, z],
            "normal": [1.0, 0.4 * math.sin(2 * turn), 0.3 * math.cos(turn)],
            "keeps": "back",
        }
        taken.append(ask_ms(browser, case, wish))
        before = measure_mib() if n == SETTLED else before
        began = began if n else measure_cpu_ms()
    cpu_ms = (measure_cpu_ms() - began) / moves
    grown = measure_mib() - before
    sets = tuple(ask_ms(browser, case, {"segments": one}) for one in SETS)
    return Moves(tuple(taken[1:]), taken[0], sets, cpu_ms, grown)


def ask_ms(browser: Browser, case: str, wish: object) -> float:
    """Ask what a draft comes to, and measure how long that takes."""
    start = perf_counter()
    told = browser.get(f"/cases/{case}/draft?cut={quote(json.dumps(wish))}")
    assert told.status == 200, told.body
    return 1000 * (perf_counter() - start)


def measure_cpu_ms() -> float:
    """Measure the time of all processors that the processes of all cases took."""
    stats = [Path(f"/proc/{one.pid}/stat").read_text("ascii") for one in active_children()]
    ticks = sum(sum(map(int, text.rpartition(")")[2].split()[11:13])) for text in stats)
    return 1000 * ticks / os.sysconf("SC_CLK_TCK")


def measure_mib() -> float:
    """Measure what the processes of all cases hold in memory."""
    status = [Path(f"/proc/{one.pid}/status").read_text("ascii") for one in active_children()]
    lines = [line for text in status for line in text.splitlines() if line.startswith("VmRSS")]
    return sum(int(line.split()[1]) for line in lines) / 1024


if __name__ == "__main__":
    main()
