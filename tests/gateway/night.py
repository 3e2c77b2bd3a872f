"""What takes long: kills of the gateway and of the archive, pages, and studies without a hand.

    python -m tests.gateway.night [--parts kills outages pages many] [--kills 50]

Each part has archives in a network of its own. It ends with status 1 if a part fails or cannot run.
"""

import argparse
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic

from tests.archive.networks import PASSWORD, orthanc
from tests.archive.pages import find_in_pages
from tests.gateway.chaos import Chaos
from tests.gateway.many import plan_many, write

Part = Callable[[Path, argparse.Namespace], Iterator[str]]
FIRST = 100  # number of the first study that is sent while the gateway is killed
PAUSE_S = 10.0  # between two of them


def _kill(folder: Path, given: argparse.Namespace) -> Iterator[str]:
    numbers = range(FIRST, FIRST + given.studies)
    with orthanc(folder / "orthanc") as server:
        yield Chaos(folder, server, numbers, given.seed, PAUSE_S).kill_gateway(given.kills)


def _cut(folder: Path, given: argparse.Namespace) -> Iterator[str]:
    numbers = range(FIRST, FIRST + given.studies)
    with orthanc(folder / "orthanc") as server:
        yield Chaos(folder, server, numbers, given.seed, PAUSE_S / 2).kill_archive(given.kills)


def _find(folder: Path, given: argparse.Namespace) -> Iterator[str]:
    yield from find_in_pages(folder, given.listed)


def _plan(folder: Path, given: argparse.Namespace) -> Iterator[str]:
    with orthanc(folder / "orthanc") as server:
        yield plan_many(folder, server, given.planned)


PARTS: dict[str, Part] = {"kills": _kill, "outages": _cut, "pages": _find, "many": _plan}


def main() -> None:
    """Run the parts, and print what each has seen; an exception ends it with status 1."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--parts", nargs="+", choices=PARTS, default=[*PARTS])
    asked.add_argument("--kills", type=int, default=50)
    asked.add_argument("--studies", type=int, default=25, help="sent while it is killed")
    asked.add_argument("--seed", type=int, default=7, help="of the moments of the kills")
    asked.add_argument("--listed", type=int, default=1000)
    asked.add_argument("--planned", type=int, default=1500)
    given = asked.parse_args()
    os.environ["FL_PLANNER_WEB_PASSWORD"] = PASSWORD
    for name in given.parts:
        began = monotonic()
        with tempfile.TemporaryDirectory() as folder:
            for line in PARTS[name](Path(folder), given):
                write(f"{name}: {line}")
        write(f"{name}: {monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
