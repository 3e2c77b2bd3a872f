"""What a command weighs, counted: calls of this package's functions, and modules that it loads.

    python -m benchmarks.weight [--write] [--python PYTHON]

Seconds differ from machine to machine, counts do not: on one input a command makes the same calls
anywhere. Each command runs on the bundled cases in a process of its own and is compared with
`weight.toml`; one that makes or loads more than `ROOM_PERCENT` beyond it fails, by name. `--write`
keeps today's counts, lighter or heavier: whoever makes a command heavier says so in the change.
`--package` weighs that of another clone, such as one of an older commit, and `--python` by its
libraries.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
KEPT = Path(__file__).with_name("weight.toml")
# What may be added: of all modules, also by other releases of libraries and of Python.
ROOM_PERCENT = {"calls": 2, "own_modules": 2, "all_modules": 10}
COMMANDS: Mapping[str, tuple[str, ...]] = {
    "help": ("--help",),
    "calc": ("calc", "bsa", "--height-cm", "180", "--weight-kg", "80"),
    "volume": ("volume", "--liver", "crlm/liver.nii.gz", "--flr", "crlm/flr.nii.gz",
               "--tumour", "crlm/tumour.nii.gz", "--json"),
    "check": ("check", "crlm/liver.nii.gz"),
    "plan": ("plan", "crlm/case.toml", "--json"),
    "plan-table": ("plan", "crlm/case.toml"),
    "dose": ("dose", "--liver", "hcc/liver.nii.gz", "--tumour", "hcc/tumour.nii.gz",
             "--treated", "hcc/treated.nii.gz", "--lung-shunt", "0.06",
             "--tumour-to-normal", "3.2", "--json"),
}  # fmt: skip
COUNTER = """
import cProfile, json, os, pstats, sys
package = os.path.join(os.environ["WEIGHED"], "fl_planner", "")
profile = cProfile.Profile()
out, sys.stdout = sys.stdout, open(os.devnull, "w")
profile.enable()
try:
    from fl_planner.cli import run
    status = run(sys.argv[1:])
except SystemExit as ended:
    status = ended.code
profile.disable()
if status:
    sys.exit(f"{sys.argv[1:]} ended with {status}")
counted = pstats.Stats(profile).stats
calls = sum(one[1] for (file, _, name), one in counted.items()
            if file.startswith(package) and name[0] != "<")
own = sum(name.split(".")[0] == "fl_planner" for name in sys.modules)
json.dump({"calls": calls, "own_modules": own, "all_modules": len(sys.modules)}, out)
"""


@dataclass(frozen=True, slots=True)
class Weight:
    """What one command did: calls of the package's functions, its modules, and all modules."""

    calls: int
    own_modules: int
    all_modules: int


def main() -> None:
    """Count, print beside what is kept, and end with 1 where something is heavier."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="keep today's counts")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--package", type=Path, default=ROOT, help="folder that holds the package")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        now = {
            name: weigh(command, Path(folder), asked.package, asked.python)
            for name, command in COMMANDS.items()
        }
    if asked.write:
        KEPT.write_text("\n".join(_as_toml(now)), "utf-8")
    kept = {name: Weight(**one) for name, one in tomllib.loads(KEPT.read_text("utf-8")).items()}
    print(f"{'':14}{'calls':>10}{'kept':>10}{'own':>7}{'kept':>7}{'modules':>9}{'kept':>7}")
    for name, one in now.items():
        was = kept[name]
        print(f"{name:14}{one.calls:10}{was.calls:10}{one.own_modules:7}{was.own_modules:7}"
              f"{one.all_modules:9}{was.all_modules:7}")  # fmt: skip
    if heavier := [*find_heavier(kept, now)]:
        print(*heavier, sep="\n", file=sys.stderr)
        raise SystemExit(1)


def weigh(
    command: tuple[str, ...], folder: Path, package: Path, python: str = sys.executable
) -> Weight:
    """Run a command in a process of its own that counts."""
    files = ROOT / "sample_data"
    words = [str(files / word) if (files / word).is_file() else word for word in command]
    known = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    ran = subprocess.run(
        [python, "-c", COUNTER, *words],
        env={**known, "WEIGHED": str(package.resolve()), "PYTHONPATH": str(package.resolve()),
             "PYTHONHASHSEED": "0", "HOME": str(folder), "XDG_CACHE_HOME": str(folder)},
        cwd=folder, check=True, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    return Weight(**json.loads(ran.stdout))


def find_heavier(kept: Mapping[str, Weight], now: Mapping[str, Weight]) -> Iterator[str]:
    """Name what is heavier than it was kept, by more than `ROOM_PERCENT`."""
    for name, one in now.items():
        for what, count in asdict(one).items():
            was = asdict(kept[name])[what]
            if 100 * count > (100 + ROOM_PERCENT[what]) * was:
                words = what.replace("_", " ")
                yield f"{name}: {count} {words} where {was} were kept, {count / was - 1:+.1%}"


def _as_toml(weights: Mapping[str, Weight]) -> Iterator[str]:
    yield "# Made by `python -m benchmarks.weight --write`: what commands weigh."
    for name, one in weights.items():
        yield f"\n[{name}]"
        yield from (f"{what} = {count}" for what, count in asdict(one).items())
    yield ""


if __name__ == "__main__":
    main()
