"""Whether two versions of fl-planner put out the same bytes.

    python -m benchmarks.same_outputs collect FOLDER --command "python -m fl_planner" [--every 4]
    python -m benchmarks.same_outputs compare BEFORE AFTER [--only REGEX] [--aside-from-texts]

`collect` runs every command on the bundled cases, on the public files and invented patients that
lie beside the repository, on bad inputs, on case files with one key changed (`mutants.py`) and on
small cases of its own (`inputs/`, `scenes.toml`), in Python and on the page, and keeps exit status,
both streams and every file written. One that was stopped is completed by the same call. `compare`
names each that differs, with the first differing place, and ends with 1 where there is one; with
`--aside-from-texts` those that differ in words alone are counted only. Put aside is only what must
differ: the version, the folder it ran in, the moment of logging; of a log its listing is compared.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.same_outputs.inputs import lay_out
from benchmarks.same_outputs.kept import Kept, compare
from benchmarks.same_outputs.programs import Programs
from benchmarks.same_outputs.scene import Scene
from benchmarks.same_outputs.scenes import WRITTEN, list_scenes, list_written

PLANNER = ["-m", "fl_planner"]
SLOWEST = 10


def main() -> int:
    """Collect or compare."""
    asked = _parse()
    if asked.verb == "compare":
        kept = Kept.of(asked.before), Kept.of(asked.after)
        return report(*kept, re.compile(asked.only), texts=not asked.aside_from_texts)
    planner = shlex.split(asked.command)
    python = shlex.split(asked.python) or planner[: -len(PLANNER)]
    if not asked.python and planner[-len(PLANNER) :] != PLANNER:
        raise SystemExit("give --python too: the Python that imports the package of --command")
    scenes = list_scenes(lay_out(asked.folder / "inputs"))
    chosen = choose(scenes, asked.only, asked.every)
    collect(asked.folder, Programs(planner, python, asked.warm), chosen, asked.jobs)
    return 0


def _parse() -> argparse.Namespace:
    described = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=described)
    verbs = parser.add_subparsers(dest="verb", required=True)
    one = verbs.add_parser("collect", help="run everything and keep what comes out")
    one.add_argument("folder", type=Path, help="new, or collected before: then what is missing")
    one.add_argument("--command", default=f"{sys.executable} -m fl_planner")
    one.add_argument("--python", default="", help="if --command does not end in -m fl_planner")
    one.add_argument("--only", default="", metavar="REGEX", help="scenes whose name it is in")
    one.add_argument("--every", type=int, default=1, help="of scenes of many inputs, each Nth")
    one.add_argument("--warm", action="store_true", help="fork: quicker, not the proof")
    one.add_argument("--jobs", type=int, default=2)
    two = verbs.add_parser("compare", help="name what differs")
    two.add_argument("before", type=Path)
    two.add_argument("after", type=Path)
    two.add_argument("--only", default="", metavar="REGEX", help="scenes whose name it is in")
    two.add_argument("--aside-from-texts", action="store_true", help="count reworded texts only")
    return parser.parse_args()


def choose(scenes: Sequence[Scene], only: str, every: int) -> list[Scene]:
    """Choose scenes by name; of those made of many inputs, each one of `every`."""
    written = {scene.name for scene in list_written(WRITTEN)}
    by_hand = [scene for scene in scenes if scene.name in written]
    others = [scene for scene in scenes if scene.name not in written]
    return [one for one in (*by_hand, *others[::every]) if re.search(only, one.name)]


def collect(folder: Path, programs: Programs, scenes: Sequence[Scene], jobs: int) -> None:
    """Play every scene that has not been played into this folder."""
    began = time.monotonic()
    scenes = [scene for scene in scenes if not scene.is_kept(folder)]
    _describe(folder, programs)  # first, so that one that is stopped can be compared
    with ThreadPoolExecutor(jobs) as pool:
        taken = list(pool.map(lambda scene: scene.play(folder, programs), scenes))
    programs.stop()
    _describe(folder, programs)
    commands = sum(len(scene.commands) for scene in scenes)
    print(f"{commands} commands in {len(scenes)} scenes, {time.monotonic() - began:.0f} s")
    slowest = sorted(zip(taken, scenes, strict=True), key=lambda pair: -pair[0])[:SLOWEST]
    for seconds, scene in slowest:
        print(f"{seconds:7.1f} s  {scene.name}")


def _describe(folder: Path, programs: Programs) -> None:
    """Keep the version, the days of all runs, and the hashes of the inputs."""
    about = folder / "about.json"
    days = json.loads(about.read_text("utf-8"))["days"] if about.exists() else []
    told = {
        "folder": str(folder.resolve()),
        "version": _ask_version(programs),
        "days": sorted({*days, _today()}),
        "inputs": _hash_inputs(folder / "inputs"),
    }
    about.write_text(json.dumps(told, indent=1), "utf-8")


def report(before: Kept, after: Kept, only: re.Pattern[str], *, texts: bool = True) -> int:
    """Print what differs, also in `texts`; 1 where anything of this does."""
    old, new = (kept.about["inputs"] for kept in (before, after))
    moved = sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))
    for name in moved:
        print(f"inputs/{name}: the two were not asked about the same")
    every = list(compare(before, after, only))
    found = [one for one in every if texts or not one.in_texts]
    for one in found:
        print(one)
    if not texts:
        print(f"{len(every) - len(found)} differences in words alone")
    played = [scene for scene in before.scenes() | after.scenes() if only.search(scene)]
    scenes = len({one.scene for one in found})
    print(f"{len(found)} differences in {scenes} of {len(played)} scenes; {len(moved)} inputs")
    return 1 if found or moved else 0


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


def _ask_version(programs: Programs) -> str:
    shown = subprocess.run([*programs.planner, "--version"], capture_output=True, check=True)
    return shown.stdout.decode().split()[-1]


def _hash_inputs(inputs: Path) -> dict[str, str]:
    found = {}
    for path in sorted(inputs.rglob("*")):
        if path.is_file() and path.stat().st_size < 1 << 28:
            name = path.relative_to(inputs).as_posix()
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


if __name__ == "__main__":
    sys.exit(main())
