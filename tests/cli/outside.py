"""The program from outside: what it prints, and small cases whose voxels are counted by hand."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cache
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

import click
import numpy as np
import numpy.typing as npt

from fl_planner.cli import planner, run
from tests.niftis import both_forms, nifti, write

REPOSITORY = Path(__file__).resolve().parents[2]
BUNDLED = REPOSITORY / "sample_data"
CASES = ("crlm", "hcc")
Record = dict[str, Any]
Voxels = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Ran:
    """What a command left: its exit status and the bytes of both streams."""

    status: int
    stdout: bytes
    stderr: bytes

    @property
    def out(self) -> str:
        """Text for a person."""
        return self.stdout.decode()

    @property
    def err(self) -> str:
        """Hints and refusals for a person."""
        return self.stderr.decode()

    @property
    def record(self) -> Record:
        """The one object on stdout, and nothing else there."""
        text = self.stdout.decode()
        assert text.endswith("}\n")
        record: Record = json.loads(text, parse_constant=no_number)
        assert isinstance(record, dict)
        return record


def no_number(word: str) -> None:
    """Refuse NaN and Infinity, which are no JSON."""
    raise AssertionError(f"{word} not valid JSON")


def ask(*args: object) -> Ran:
    out, err = BytesIO(), BytesIO()
    streams = [TextIOWrapper(stream, "utf-8", write_through=True) for stream in (out, err)]
    with redirect_stdout(streams[0]), redirect_stderr(streams[1]):
        status = run([str(arg) for arg in args])
    return Ran(status, out.getvalue(), err.getvalue())


def told(*args: object) -> Record:
    ran = ask(*args) if "--json" in args else ask(*args, "--json")
    assert (ran.status, ran.err) == (0, "")
    return ran.record


def refused(*args: object) -> Record:
    """Give the refusal of a command that refuses, after its form was looked at."""
    return refusal_of(ask(*args) if "--json" in args else ask(*args, "--json"))


def refusal_of(ran: Ran) -> Record:
    """Give the refusal of a command that was to answer with one object."""
    assert (ran.status, ran.err) == (2, "")
    assert ran.record["status"] == "refused"
    refusal: Record = ran.record["refusal"]
    assert set(refusal) == {"code", "message", "file", "reason", "remedy"}
    assert refusal["message"] == f"{refusal['file']}: {refusal['reason']}; {refusal['remedy']}"
    return refusal


def real(
    *args: object,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    start: Sequence[str] = ("-m", "fl_planner"),
) -> Ran:
    """Run a command as a user does, in a process of its own; `env` is added to this one's."""
    ran = subprocess.run(
        [sys.executable, *start, *map(str, args)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), **(env or {})},
        capture_output=True,
        check=False,
        timeout=60,
    )
    return Ran(ran.returncode, ran.stdout, ran.stderr)


def commands() -> Iterator[tuple[str, ...]]:
    """List every command and group by the words that call it."""
    yield ()
    context = click.Context(planner)
    for name in planner.list_commands(context):
        command = planner.get_command(context, name)
        yield (name,)
        if isinstance(command, click.Group):
            yield from ((name, inner) for inner in command.commands)


@cache
def bundled(name: str, *args: str) -> Ran:
    return ask("plan", BUNDLED / name / "case.toml", *args)


@cache
def truth() -> Record:
    """Read what was counted in the bundled cases without any image library."""
    read: Record = json.loads((BUNDLED / "truth.json").read_text("utf-8"))
    return read


@dataclass(frozen=True)
class Cube:
    """A liver of side x side x side voxels with a layer of air around it.

    Its voxels are numbered along the last axis first, so the first n of them are whole layers
    and one that is begun: any count, in one piece. Twenty voxels of 5 mm make 1000 mL.
    """

    side: int = 20
    step_mm: float = 5.0
    foot_mm: float = 30.0  # where its lowest layer lies: elsewhere in each scan of a patient

    @property
    def voxels(self) -> int:
        """How many voxels the liver has."""
        return self.side**3

    @property
    def ml(self) -> float:
        """Volume of a voxel."""
        return self.step_mm**3 / 1000

    def mask(self, start: int, stop: int) -> Voxels:
        """Set the voxels from number `start` to before `stop`."""
        inside = np.zeros(self.voxels, np.uint8)
        inside[start:stop] = 1
        return np.pad(inside.reshape((self.side,) * 3), 1)

    def segments(self, first: int = 1) -> Voxels:
        """Mark segments of an eighth of the liver each by number, from the first that is there."""
        voxels, each = self.mask(0, 0), self.voxels // 8
        for n in range(first, 9):
            voxels += np.uint8(n) * self.mask(each * (n - 1), each * n)
        return voxels

    def beside(self) -> Voxels:
        """Set a square of the air layer on its far side: a tumour that takes none of its voxels."""
        voxels = self.mask(0, 0)
        voxels[-1, 1 : 1 + self.side // 4, 1 : 1 + self.side // 4] = 1
        return voxels

    def file(self, path: Path, voxels: Voxels) -> Path:
        """Write voxels on its grid."""
        forms = both_forms((self.step_mm,) * 3, (-40.0, -60.0, self.foot_mm))
        return write(path, nifti(voxels, **forms))

    def write(self, folder: Path, **parts: tuple[int, int]) -> list[str]:
        """Write the liver and `parts` from ... to, and give the options that name them."""
        files = self.files(folder, **parts).items()
        return [word for role, path in files for word in (f"--{role}", str(path))]

    def files(self, folder: Path, **parts: tuple[int, int]) -> dict[str, Any]:
        """Write the same, and give each file by its role."""
        return {
            role: self.file(folder / f"{role}.nii", self.mask(start, stop))
            for role, (start, stop) in {"liver": (0, self.voxels), **parts}.items()
        }


SMALL = Cube()  # 8000 voxels of 0.125 mL
FINE = Cube(100, 1.0)  # 1 000 000 voxels of 0.001 mL


def case_toml(folder: Path, text: str, name: str = "case.toml") -> Path:
    path = folder / name
    path.write_text(f"schema = 1\n{text}", "utf-8")
    return path


def codes(record: Record) -> list[str]:
    return [finding["code"] for finding in record["findings"]]


def doubts(record: Record) -> list[str]:
    """List the codes of findings above info: a clean input has none."""
    return [finding["code"] for finding in record["findings"] if finding["severity"] != "info"]


def finding(record: Record, code: str) -> Record:
    (found,) = (one for one in record["findings"] if one["code"] == code)
    assert set(found) <= {"code", "severity", "message", "file", "value", "unit", "accepted"}
    return dict(found)
