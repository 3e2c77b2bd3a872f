"""Broken files by the thousand: each is refused, or read to the number that it now says.

A mutant of a right file has one of these ends, and no other:

refused   `InputRefused`, which names the file
same      the original's number
as told   another number, and a reader that shares nothing with this package finds it too
doubted   a number that no other reader finds, and a warning says what is odd

Anything else is a failure: another exception, a number that nothing explains, ten seconds,
1 GiB, a file written beside. `python -m tests.fuzz.mutants 20000` runs so many mutants,
`--keep FOLDER` keeps those that fail.
"""

import json
import resource
import signal
import subprocess
import sys
import tempfile
import traceback
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from time import monotonic
from types import FrameType

import click

from fl_planner.basis.findings import InputRefused
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.workup.files.check import check_files
from tests.fuzz.mutations import mutate
from tests.fuzz.nuclear import every_nuclear
from tests.fuzz.nuclear_readings import DRAWN, NUCLEAR
from tests.fuzz.readings import Numbers, read_elsewhere, read_here
from tests.fuzz.specimens import Specimen, every_specimen

MOST_SECONDS = 10.0
MOST_BYTES = 1 << 30
SPECIMENS = (*every_specimen(), *every_nuclear())
REGIONS = {role: frozenset(files) for role, files in DRAWN.items()}  # named by what they are
SURE = ("liver", "labelmap", "dynamic", "curves")  # roles that a command reads as the search does
GOOD = ("refused", "same", "as told", "doubted")


@dataclass(frozen=True, slots=True)
class Mutant:
    """One broken file: how to make it again, its files, what came of it."""

    number: int
    specimen: Specimen
    files: dict[str, bytes]
    end: str
    told: str = ""

    @property
    def failed(self) -> bool:
        """Whether it came to an end that none may have."""
        return self.end not in GOOD


class _TooSlow(BaseException):
    """The time is over; no handler of errors may catch it."""


def run_mutants(count: int, folder: Path, first: int = 0) -> Iterator[Mutant]:
    """Make and read `count` mutants, the same ones every time."""
    originals = {one.name: _read_original(one, folder) for one in SPECIMENS}
    for number in range(first, first + count):
        random = Random(number)
        specimen = SPECIMENS[number % len(SPECIMENS)]
        files = mutate(specimen, random)
        end, told = _try(specimen, files, originals[specimen.name], folder)
        yield Mutant(number, specimen, files, end, told)


def run_command(mutant: Mutant, folder: Path) -> str:
    """Read a mutant by the command line; say what is wrong with the answer, if anything."""
    path = _write(mutant.specimen, mutant.files, folder)
    done = subprocess.run(
        [sys.executable, "-m", "fl_planner", *_words(mutant.specimen.role, path), "--json"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if done.returncode not in (0, 2) or "Traceback" in done.stderr:
        return f"exit {done.returncode}: {done.stderr}"
    try:
        refused = json.loads(done.stdout)["status"] == "refused"
    except ValueError:
        return f"not one object: {done.stdout}"
    known = mutant.specimen.role in SURE and mutant.end == "refused"
    if refused is not (done.returncode == 2) or (known and not refused):
        return f"exit {done.returncode}: {done.stdout}"
    return ""


def _words(role: str, path: Path) -> list[str]:
    """Give the command that reads a file of a role, and the files beside it."""
    if role not in NUCLEAR:
        return ["volume", "--labelmap" if role == "labelmap" else "--liver", str(path)]
    if role not in ("dynamic", "curves"):
        return ["check", str(path)]
    drawn = {f"--region-{part}": path.with_name(file) for part, file in DRAWN.get(role, {}).items()}
    given = {f"--{role}": path, **drawn}
    more = ["--decay-corrected", "no"] if role == "curves" else []
    return ["function", *(str(word) for pair in given.items() for word in pair), *more]


def _read_original(specimen: Specimen, folder: Path) -> Numbers:
    """Read the right file: here and elsewhere it is the same, and nothing is odd about it."""
    path = _write(specimen, specimen.files, folder)
    numbers, findings = read_here(path, specimen.role)
    assert {finding.code for finding in findings} == specimen.usual, (specimen.name, findings)
    elsewhere = read_elsewhere(path, specimen.role)
    assert elsewhere, specimen.name
    assert all(map(numbers.same, elsewhere)), (specimen.name, numbers, elsewhere)
    return numbers


def _try(
    specimen: Specimen, files: dict[str, bytes], original: Numbers, folder: Path
) -> tuple[str, str]:
    """Read a mutant, watched; give its end, and what is to be told of it."""
    path = _write(specimen, files, folder)
    peak, started = _peak_bytes(), monotonic()
    try:
        with _watched():
            end, told = _read(path, specimen, original)
        with _watched():
            check_files([path], Limits())  # as a file of unknown kind, an image too
    except _TooSlow:
        return "slow", f"over {MOST_SECONDS} s"
    except Exception:  # noqa: BLE001  # what the search is for
        return "crash", traceback.format_exc()
    if _peak_bytes() - peak > MOST_BYTES:
        return "big", f"{(_peak_bytes() - peak) >> 20} MiB"
    if monotonic() - started > MOST_SECONDS:
        return "slow", f"{monotonic() - started:.1f} s"
    if {one.name: one.read_bytes() for one in folder.iterdir()} != files:
        return "written", "files beside it changed"
    return end, told


def _read(path: Path, specimen: Specimen, original: Numbers) -> tuple[str, str]:
    try:
        numbers, findings = read_here(path, specimen.role)
    except InputRefused as refused:
        named = refused.source in specimen.files or refused.source in REGIONS.get(specimen.role, ())
        end = "refused" if named else "nameless"
        return end, f"{refused.code}: {refused}"
    codes = ", ".join(one.code for one in findings if one.code not in specimen.usual)
    return _judge(path, specimen.role, numbers, original, codes)


def _judge(
    path: Path, role: str, numbers: Numbers, original: Numbers, codes: str
) -> tuple[str, str]:
    if numbers.same(original) and numbers.ml:
        return "same", codes
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        elsewhere = read_elsewhere(path, role)
    if any(map(numbers.same, elsewhere)):
        return "as told", codes
    others = " and ".join(map(str, elsewhere)) or "nothing"
    told = f"{numbers} here, {others} elsewhere, {original} before"
    return ("doubted", f"{codes}: {told}") if codes else ("silent", told)


def _write(specimen: Specimen, files: dict[str, bytes], folder: Path) -> Path:
    for old in folder.iterdir():
        old.unlink()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder / specimen.given


def _peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


@contextmanager
def _watched() -> Iterator[None]:
    """End what takes too long, and take every warning for an error."""

    def stop(_: int, __: FrameType | None) -> None:
        raise _TooSlow

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, MOST_SECONDS)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@click.command()
@click.argument("count", type=int, default=2000)
@click.option("--first", default=0, help="Number of the first mutant.")
@click.option("--keep", type=click.Path(path_type=Path), help="Folder for those that fail.")
@click.option("--commands", default=0, help="How many of them to read by the command line too.")
def main(count: int, first: int, keep: Path | None, commands: int) -> None:
    """Run COUNT mutants and tell how they end."""
    ends: Counter[str] = Counter()
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        for mutant in run_mutants(count, Path(folder), first):
            ends[mutant.end] += 1
            told = f"{mutant.number} {mutant.specimen.name}: {mutant.end}: {mutant.told}"
            step = max(1, count // commands) if commands else 0
            said = run_command(mutant, Path(folder)) if step and mutant.number % step == 0 else ""
            if mutant.failed or said:
                wrong += 1
                click.echo(f"{told} {said}")
            elif mutant.end == "doubted":
                click.echo(told, err=True)
            if mutant.failed and keep:
                (keep / str(mutant.number)).mkdir(parents=True, exist_ok=True)
                for name, content in mutant.files.items():
                    (keep / str(mutant.number) / name).write_bytes(content)
    click.echo(", ".join(f"{end} {number}" for end, number in ends.most_common()))
    if wrong:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
