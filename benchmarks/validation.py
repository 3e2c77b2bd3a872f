"""Every figure of the validation page, made by one command: `python -m benchmarks.validation`.

    python -m benchmarks.validation [PART ...] [--shared ../shared] [--runs 1]

Runs the reference files that lie beside the project, the register of hazards, and the benchmarks,
and writes what was seen into `docs/validation.json`, from which the site makes its page: each part
with the day, the version, the commit, and a seal over the whole, which no edit by hand survives.
Parts that are named replace those of that name; without a name all are run, which takes a while. A
part whose files are not there is left out, and the page says so.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import click

from benchmarks.figures import (
    Figure,
    Told,
    read_carried,
    read_held,
    read_mutants,
    read_ratios,
    read_verdicts,
)
from fl_planner.basis.version import __version__

PROJECT = Path(__file__).resolve().parents[1]
OUT = PROJECT / "docs" / "validation.json"
PLANNER = f"{sys.executable} -m fl_planner"


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the validation.

    - `name`, `title`, `says`: how it is asked for, its heading, and what it is held against.
    - `command`: what is run, `{shared}`, `{runs}`, `{report}` and `{planner}` put in.
    - `read`: figures from what the command said.
    - `needs`: its reference file below the shared folder; empty where it needs none.
    """

    name: str
    title: str
    says: str
    command: tuple[str, ...]
    read: Callable[[Told], tuple[Figure, ...]]
    needs: str = ""


def _accept(name: str, title: str, says: str, needs: str) -> Part:
    command = ("{python}", "{shared}/accept/accept.py", name, "--command", "{planner}")
    return Part(name, title, says, command, read_held, needs)


def _benchmark(name: str, says: str) -> Part:
    command = ("{python}", "-m", f"benchmarks.{name}", "--runs", "{runs}")
    title = f"Speed and memory of `{name}`"
    return Part(f"speed-{name}", title, says, command, read_ratios)


PARTS = (
    _accept("vectors", "Formulas", "every formula, compared with an independent "
            "calculator; inputs, results and tolerances were specified beforehand", "vectors.json"),
    _accept("same", "Phantom", "the mask of the published IBSI phantom in many encodings, "
            "with one volume, known from the number of voxels", "ibsi"),
    _accept("volumes", "Real scans", "public segmentations of real scans, with volumes counted "
            "by other programs; their defects must be reported or refused", "data/index.json"),
    _accept("patients", "Patients", "fictitious patients, limits and unreadable facts, with the "
            "answer to every criterion of five trials", "patients.json"),
    _accept("endpoints", "Over time", "fictitious patients on several dates: growth, responses "
            "and outcomes", "endpoints.json"),
    Part(
        "badinputs", "Invalid inputs",
        "files that were damaged, mirrored, mislabelled or mixed up on purpose, with the response "
        "that each requires",
        ("{python}", "{shared}/badinputs/score.py", "{shared}/badinputs/open.tar.gz", "--jobs",
         "2", "--fail-under", "95", "--json", "{report}", "--command", "{planner}"),
        read_verdicts, "badinputs/open.tar.gz",
    ),
    Part(
        "hazards", "Hazards",
        "each control is removed in turn, and every test listed with it must then fail",
        ("{python}", "-m", "tests.hazards.mutate"), read_mutants,
    ),
    Part(
        "carry", "Masks carried over to another scan",
        "the bundled case, deformed by analytically defined fields, so that the true result is "
        "known; compared with plain SimpleITK recipes. Masks are refused if no registration "
        "reached the required quality",
        ("{python}", "-m", "benchmarks.carry"), read_carried,
    ),
    _benchmark("volume", "complete processes, including their start, on one large case, "
               "compared with scripts that users write; below 1 means less than the script"),
    _benchmark("plan", "the same for a plan with segments, lesions and distances"),
)  # fmt: skip


def run_part(part: Part, shared: Path, runs: int) -> dict[str, Any]:
    """Run one part, and record what was seen."""
    if part.needs and not (shared / part.needs).exists():
        return left_out(part, "its reference files are not next to the project")
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        put_in = {"python": sys.executable, "planner": PLANNER, "shared": str(shared),
                  "runs": str(runs), "report": str(report)}  # fmt: skip
        command = [word.format(**put_in) for word in part.command]
        done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
        told = Told(done.stdout, done.returncode, report.read_text() if report.exists() else "")
    figures = part.read(told)
    holds = done.returncode == 0 and bool(figures)
    said = without_places(done.stdout + done.stderr).splitlines()
    return sealed({
        "name": part.name,
        "title": part.title,
        "says": part.says,
        "left_out": None,
        "command": format_command(part.command, runs),
        "date": datetime.now(UTC).date().isoformat(),
        "version": __version__,
        "commit": find_commit(),
        "holds": holds,
        "figures": [asdict(one) for one in figures],
        "last_lines": [] if holds else said[-5:],
    })  # fmt: skip


def sealed(part: dict[str, Any]) -> dict[str, Any]:
    """Put a hash over all that a part says: what was changed by hand no longer fits it."""
    said = {key: part[key] for key in sorted(part) if key != "seal"}
    return {**part, "seal": sha256(json.dumps(said).encode()).hexdigest()[:16]}


def format_command(command: Sequence[str], runs: int) -> str:
    """Describe a command as it is typed from the project's folder, without places of this machine.

    Examples
    --------
    >>> format_command(("{python}", "-m", "benchmarks.plan", "--runs", "{runs}"), 3)
    'python -m benchmarks.plan --runs 3'
    """
    words = {"python": "python", "planner": "fl-planner", "shared": "../shared",
             "runs": str(runs), "report": "report.json"}  # fmt: skip
    return " ".join(word.format(**words) for word in command)


def without_places(text: str) -> str:
    """Take the places of this machine out of what was printed.

    Examples
    --------
    >>> without_places(f"{PROJECT.parent}/shared/data: {sys.prefix}/bin")
    'shared/data: bin'
    """
    places = map(str, (PROJECT.parent, sys.prefix, tempfile.gettempdir()))
    for place in sorted(places, key=len, reverse=True):  # one may lie within another
        text = text.replace(f"{place}/", "")
    return text


def find_commit() -> str:
    """Name the commit, with a plus where files were changed since; the figures do not count."""
    commit = _git("rev-parse", "--short=10", "HEAD")
    changed = _git("status", "--porcelain", "--", ".", f":!{OUT.relative_to(PROJECT)}")
    return f"{commit or 'unknown'}{'+' if changed else ''}"


def _git(*asked: str) -> str:
    done = subprocess.run(["git", *asked], cwd=PROJECT, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def keep(before: Iterable[dict[str, Any]], now: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put new parts in place of those of the same name, in the order of `PARTS`.

    A part that was never run is told to be so.
    """
    by_name = {part["name"]: part for part in (*before, *now)}
    return [by_name.get(part.name) or left_out(part, "not requested") for part in PARTS]


def left_out(part: Part, why: str) -> dict[str, Any]:
    """Record a part that was not run."""
    return {"name": part.name, "title": part.title, "says": part.says, "left_out": why}


@click.command(help=__doc__)
@click.argument("names", nargs=-1, type=click.Choice([part.name for part in PARTS]))
@click.option("--shared", type=click.Path(path_type=Path), default=PROJECT.parent / "shared")
@click.option("--runs", default=1, show_default=True, help="Runs of each benchmark.")
@click.option("--out", type=click.Path(path_type=Path), default=OUT)
def main(names: tuple[str, ...], shared: Path, runs: int, out: Path) -> None:
    """Run the parts, write the figures, and end with 1 where one did not hold."""
    before = json.loads(out.read_text("utf-8"))["parts"] if out.exists() else []
    now = []
    for part in PARTS:
        if not names or part.name in names:
            click.echo(f"{part.name} ...", err=True)
            now.append(run_part(part, shared, runs))
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps({"parts": keep(before, now)}, indent=1) + "\n", "utf-8")
    for one in now:
        click.echo(f"{one['name']}: {one['left_out'] or ('holds' if one['holds'] else 'FAILS')}")
    if any(one["left_out"] is None and not one["holds"] for one in now):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
