"""Cohorts of small cases, whose voxels are counted by hand, and what a run leaves of them."""

from collections.abc import Sequence
from pathlib import Path

from tests.cli.outside import SMALL, Ran, ask, case_toml

MASKS = '[masks]\nliver = "liver.nii"\ntumour = "tumour.nii"\nflr = "flr.nii"\n'


def small_cases(folder: Path, count: int) -> list[Path]:
    """Write cases whose remnants are 10 %, 11 %, ... of a liver of 8000 voxels."""
    paths = []
    for number in range(count):
        place = folder / f"p{number}"
        place.mkdir(parents=True)
        SMALL.write(place, tumour=(6000, 8000), flr=(0, 800 + 80 * number))
        paths.append(case_toml(place, f'id = "p{number}"\ndiagnosis = "crlm"\n{MASKS}'))
    return paths


def run(sources: Sequence[Path], out: Path, scheduler: str, *words: object) -> Ran:
    """Run the command, on workers that are there."""
    return ask("cohort", *sources, "--out", out, "--scheduler", scheduler, "--quiet", *words)


def left(out: Path) -> dict[str, bytes]:
    """Read all that a run left but its log, its lock and the times of its inputs."""
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file() and path.name not in (".lock", "cohort.log", "inputs.json")
    }
