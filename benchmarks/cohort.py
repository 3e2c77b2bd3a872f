"""`fl-planner cohort` compared with a plain pool of processes, in one run.

    python -m benchmarks.cohort [--cases 1000] [--workers 1 2]
    python -m benchmarks.cohort --cases 50 --shape 512 512 300 --workers 2 --memory-limit 1.5

Invents cases and plans them with the engine and with `concurrent.futures` on the same function;
both keep each plan. A worker waits where it plans no case: that is the engine's overhead. What is
taken to begin is told apart. Memory is the most that the process of a case had, and that of a
worker itself. At last it checks whether the results are still valid, as a resumed run does.
"""

from __future__ import annotations

import argparse
import multiprocessing
import re
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from pathlib import Path
from threading import Event, Thread
from time import perf_counter
from typing import Any

import numpy as np

import fl_planner
from fl_planner.cohort.case import Asked, CohortCase, find_valid, make_shared_key, plan_case
from fl_planner.cohort.result import CASES, STATE, find_folder
from fl_planner.cohort.run_folder import LOG, read_stored_key
from fl_planner.cohort.source.case_table import CohortSource
from fl_planner.workup.many import ForAll
from tests.niftis import both_forms, nifti, write

psutil: Any = import_module("psutil")  # of the extra `cluster`
SMALL = (24, 24, 16)
MASKS = '[masks]\nliver = "liver.nii.gz"\ntumour = "tumour.nii.gz"\nflr = "flr.nii.gz"\n'
LOOK_S = 0.3


def main() -> None:
    """Run the benchmark and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--shape", type=int, nargs=3, default=SMALL)
    parser.add_argument("--workers", type=int, nargs="+", default=(1, 2))
    parser.add_argument("--memory-limit", type=float, default=2.0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        cases = write_cases(Path(folder, "in"), asked.cases, asked.shape)
        print(f"{len(cases)} cases of {' x '.join(map(str, asked.shape))} voxels")
        walls = []
        for workers in asked.workers:
            place = Path(folder, f"w{workers}")
            walls.append(compare_with_pool(cases, place, workers, asked.memory_limit))
        if len(walls) > 1:
            first, last = walls[0], walls[-1]
            print(f"{asked.workers[-1]} workers beside {asked.workers[0]}: {first / last:.2f} x")


def write_cases(folder: Path, count: int, shape: Sequence[int]) -> list[Path]:
    """Write cases that differ in their remnants; large ones have a CT, and share their files."""
    large = int(np.prod(shape)) > 1 << 20
    paths = []
    for number in range(count):
        place = folder / f"c{number:05d}"
        place.mkdir(parents=True)
        first = folder / "c00000"
        if large and number:
            for file in first.glob("*.nii.gz"):
                (place / file.name).symlink_to(file)
        else:
            _write_images(place, shape, number, large=large)
        text = f'schema = 1\nid = "c{number:05d}"\ndiagnosis = "crlm"\n{MASKS}'
        (place / "case.toml").write_text(text + '[imaging]\nct = "ct.nii.gz"\n' * large, "utf-8")
        paths.append(place / "case.toml")
    return paths


def _write_images(folder: Path, shape: Sequence[int], number: int, *, large: bool) -> None:
    """Write a liver like an egg, a round lesion in it, and a remnant beside that."""
    steps_mm = [380 / shape[0], 380 / shape[1], 320 / shape[2]]
    x, y, z = np.ogrid[tuple(slice(0, n) for n in shape)]
    at = [(along + 0.5) / n - 0.5 for along, n in zip((x, y, z), shape, strict=True)]
    liver = (at[0] / 0.33) ** 2 + (at[1] / 0.33) ** 2 + (at[2] / 0.33) ** 2 < 1
    lesion = ((at[0] - 0.1) / 0.08) ** 2 + (at[1] / 0.08) ** 2 + (at[2] / 0.08) ** 2 < 1
    flr = liver & ~lesion & (at[0] < -0.08 + 0.01 * (number % 7))
    images = {"liver": liver, "tumour": lesion, "flr": flr}
    forms = both_forms(tuple(steps_mm), (0.0, 0.0, 0.0))
    for name, voxels in images.items():
        write(folder / f"{name}.nii.gz", nifti(voxels.astype(np.uint8), **forms))
    if large:
        noise = np.random.default_rng(17).integers(-15, 16, shape, dtype=np.int16)
        ct = np.where(liver, 100, -60).astype(np.int16) + noise
        ct[:4] = -1000
        write(folder / "ct.nii.gz", nifti(ct, **forms))


@dataclass(slots=True)
class Peaks:
    """The most memory that processes below this one had, in MiB."""

    child: float = 0.0
    worker: float = 0.0
    over: Event = field(default_factory=Event)

    def watch(self) -> None:
        """Look until it is over."""
        while not self.over.wait(LOOK_S):
            for one in psutil.Process().children(recursive=True):
                try:
                    mib, words = one.memory_info().rss / 2**20, one.cmdline()
                except psutil.Error:
                    continue
                if "fl_planner.cohort.engine.child" in words:
                    self.child = max(self.child, mib)
                else:
                    self.worker = max(self.worker, mib)


@contextmanager
def watching() -> Iterator[Peaks]:
    """Watch the memory of all processes below this one."""
    peaks = Peaks()
    thread = Thread(target=peaks.watch)
    thread.start()
    try:
        yield peaks
    finally:
        peaks.over.set()
        thread.join()


def compare_with_pool(
    cases: Sequence[Path], place: Path, workers: int, memory_limit: float
) -> float:
    """Plan cases both ways and print it; give the engine's time a case once it has begun."""
    with watching() as peaks:
        whole_s = time_engine(cases, place, workers, memory_limit)
    lines = (place / LOG).read_text("utf-8").splitlines()
    taken = [float(re.findall(r"([\d.]+) s$", line)[0]) for line in lines]
    kept = sorted(path.stat().st_mtime for path in place.glob(f"{CASES}/*/{STATE}"))
    begun = max(len(cases) // 10, 1)  # workers have begun, and have read what all cases need
    wall_s, count = kept[-1] - kept[begun - 1], len(cases) - begun
    idle_ms = 1000 * (workers * wall_s - sum(taken[begun:])) / count
    pool_s = time_pool(cases, workers, begun)
    plans_ms = 1000 * sum(taken) / len(taken)
    begun_s = whole_s - len(cases) * wall_s / count
    print(
        f"{workers} workers: engine {1000 * wall_s / count:.1f} ms a case, "
        f"plain pool {1000 * pool_s / count:.1f}; a worker plans {plans_ms:.0f} "
        f"ms a case and waits {idle_ms:.1f}; all in {whole_s:.1f} s, begun in "
        f"{begun_s:.1f}; at most {peaks.child:.0f} MiB a case, "
        f"{peaks.worker:.0f} MiB its worker"
    )
    time_checks(cases, place)
    return wall_s / count


def time_checks(cases: Sequence[Path], out: Path) -> None:
    """Time the check of each result: by size, time stamps and first bytes, and by all bytes."""
    _, told = CohortSource(tuple(cases)).read()
    said = ForAll()
    asked = Asked(said, make_shared_key(said, report=False, pictures=False))
    for name in ("header", "bytes"):
        begin = perf_counter()
        for case in told:
            held = read_stored_key(out, case.id)
            if name == "header":
                found = find_valid(case, asked, held, find_folder(out, case.id))
            else:
                found = plan_case(case, asked, held)
            if found is None or found.status is not None:
                raise SystemExit(f"{case.id} is not valid by {name}")
        ms = 1000 * (perf_counter() - begin) / len(told)
        print(f"a result is found valid by {name} in {ms:.2f} ms")


def time_engine(cases: Sequence[Path], out: Path, workers: int, memory_limit: float) -> float:
    """Time the engine, as Python calls it."""
    begin = perf_counter()
    found = fl_planner.cohort(cases, out, workers=workers, memory_limit=memory_limit)
    if found["counts"]["planned"] != len(cases):
        raise SystemExit(f"not all were planned: {found}")
    return perf_counter() - begin


def time_pool(cases: Sequence[Path], workers: int, begun: int) -> float:
    """Time a pool of processes that plans and keeps the same, once some cases are done."""
    _, told = CohortSource(tuple(cases)).read()
    said = ForAll()
    asked = Asked(said, make_shared_key(said, report=False, pictures=False))
    context = multiprocessing.get_context("spawn")
    begin = 0.0
    with (
        tempfile.TemporaryDirectory() as folder,
        ProcessPoolExecutor(workers, mp_context=context) as pool,
    ):
        for number, content in enumerate(pool.map(partial(plan_plainly, asked), told), start=1):
            Path(folder, f"{number}.json").write_bytes(content)
            if number == begun:
                begin = perf_counter()
        return perf_counter() - begin


def plan_plainly(asked: Asked, case: CohortCase) -> bytes:
    """Plan one case in a pool."""
    return plan_case(case, asked, None).files["plan.json"]


if __name__ == "__main__":
    main()
