"""Files of a saved result, known by size, time stamps and first bytes: what is hashed again."""

import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from msgspec import structs

from fl_planner.cohort import identity
from fl_planner.cohort.case import Asked, CaseAnswer, CohortCase, find_valid, make_shared_key
from fl_planner.cohort.case import plan_case as plan
from fl_planner.cohort.identity import (
    HEADER_BYTES,
    SeenFile,
    are_unchanged,
    describe_files,
    format_seen,
    read_seen,
)
from fl_planner.cohort.result import find_folder
from fl_planner.cohort.run_folder import keep, read_stored_key
from fl_planner.cohort.source.case_table import CohortSource
from fl_planner.workup.many import ForAll
from tests.cases import each_case
from tests.cohort.cohorts import left, run, small_cases

TEXT = 'liver = "liver.nii"\nct = "ct"\nflr = \'m.nhdr\'\n'
OLD = 10**18


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let files count as old at once; no program can set back the time of a file's status."""
    monkeypatch.setattr(identity, "COARSEST_NS", 0)


def write_files(folder: Path) -> None:
    """Write a mask, a folder with a slice in a sub-folder, and a header with its voxels."""
    (folder / "ct" / "a").mkdir(parents=True)
    for name in ("liver.nii", "ct/a/1.dcm", "m.nhdr", "m.raw"):
        (folder / name).write_bytes(bytes(2 * HEADER_BYTES))
        os.utime(folder / name, ns=(OLD, OLD))


def describe(folder: Path, text: str = TEXT) -> tuple[SeenFile, ...] | None:
    named = [folder / name for name in ("liver.nii", "ct", "m.nhdr")]
    meant = [*((one,) for one in named[:2]), (named[2], folder / "m.raw")]
    return describe_files(text, str(folder), [*zip(named, meant, strict=True)])


def change_byte(path: Path, place: int) -> None:
    """Change a byte, and set the time of the last change back."""
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(OLD, OLD))


def rename_over(path: Path) -> None:
    """Replace a file by another of the same size, with the same times of the last change."""
    other = path.with_name("other")
    other.write_bytes(bytes(2 * HEADER_BYTES))
    os.utime(other, ns=(OLD, OLD))
    other.replace(path)


def put_pipe(path: Path) -> None:
    """Replace a file by a pipe, which would block its reader."""
    path.unlink()
    os.mkfifo(path)


CHANGES: dict[str, Callable[[Path], object]] = {
    "size": lambda folder: (folder / "liver.nii").write_bytes(b"1"),
    "time": lambda folder: os.utime(folder / "liver.nii", ns=(OLD, OLD + 1)),
    "header": lambda folder: change_byte(folder / "liver.nii", 0),
    "last byte of the header": lambda folder: change_byte(folder / "liver.nii", HEADER_BYTES - 1),
    "voxels, with the time set back": lambda folder: change_byte(folder / "liver.nii", -1),
    "other file": lambda folder: rename_over(folder / "liver.nii"),
    "gone": lambda folder: (folder / "liver.nii").unlink(),
    "pipe": lambda folder: put_pipe(folder / "m.raw"),
    "voxels of a header": lambda folder: (folder / "m.raw").write_bytes(b"1"),
    "slice": lambda folder: os.utime(folder / "ct" / "a" / "1.dcm", ns=(OLD, OLD + 1)),
    "new slice": lambda folder: (folder / "ct" / "2.dcm").write_bytes(b"1"),
    "new slice below": lambda folder: (folder / "ct" / "a" / "2.dcm").write_bytes(b"1"),
    "new file next to a header": lambda folder: (folder / "m.raw.gz").write_bytes(b"1"),
}


@each_case("change", CHANGES)
@pytest.mark.usefixtures("settled")
def test_h04_any_change_of_size_time_or_header_is_seen(
    change: Callable[[Path], object], tmp_path: Path
) -> None:
    place = tmp_path / str(len([*tmp_path.iterdir()]))
    write_files(place)
    seen = describe(place)
    assert seen is not None
    assert are_unchanged(seen, TEXT, str(place))
    time.sleep(0.02)  # the steps of the clock of a file system
    change(place)
    assert not are_unchanged(seen, TEXT, str(place))


@pytest.mark.usefixtures("settled")
def test_h04_a_changed_header_is_seen_whatever_the_times_are(tmp_path: Path) -> None:
    """As on a file system that keeps no time of the status."""
    write_files(tmp_path)
    for changed, place in ((True, HEADER_BYTES - 1), (False, HEADER_BYTES)):
        before = (describe(tmp_path) or ())[0]
        change_byte(tmp_path / "liver.nii", place)
        after = (describe(tmp_path) or ())[0]
        assert (structs.replace(after, ctime_ns=before.ctime_ns) != before) is changed


@pytest.mark.usefixtures("settled")
def test_a_file_in_another_folder_changes_nothing(tmp_path: Path) -> None:
    write_files(tmp_path / "p1")
    seen = describe(tmp_path / "p1")
    assert seen is not None
    (tmp_path / "p2").mkdir()
    assert are_unchanged(seen, TEXT, str(tmp_path / "p1"))


def test_h04_a_file_that_was_just_changed_is_not_described(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second change within one step of a coarse clock has the same time."""
    write_files(tmp_path)
    changed_ns = max(one.stat().st_ctime_ns for one in (tmp_path, *tmp_path.rglob("*")))
    for later_ns, described in ((1_999_999_999, False), (2_000_000_000, True)):
        clock = SimpleNamespace(time_ns=lambda now=changed_ns + later_ns: now)
        monkeypatch.setattr(identity, "time", clock)
        assert (describe(tmp_path) is not None) == described


@pytest.mark.usefixtures("settled")
def test_what_is_not_described_is_hashed(tmp_path: Path) -> None:
    write_files(tmp_path)
    assert describe(tmp_path, TEXT.replace("liver.nii", "li\\u0076er.nii")) is None
    outside = [(tmp_path / "liver.nii", (tmp_path / "liver.nii", tmp_path.parent / "x.raw"))]
    assert describe_files(TEXT, str(tmp_path), outside) is None
    os.mkfifo(tmp_path / "ct" / "pipe")
    assert describe(tmp_path) is None


@pytest.mark.usefixtures("settled")
def test_a_description_is_valid_for_its_case_only(tmp_path: Path) -> None:
    write_files(tmp_path)
    seen = describe(tmp_path)
    assert seen is not None
    assert not are_unchanged((), TEXT, str(tmp_path))
    assert not are_unchanged(seen, "", str(tmp_path))
    (tmp_path / "inputs.json").write_bytes(format_seen("/a", "1", seen))
    assert read_seen(tmp_path, "/a", "1") == seen
    assert read_seen(tmp_path, "/b", "1") == read_seen(tmp_path, "/a", "2") == ()
    (tmp_path / "inputs.json").write_bytes(b"{}")
    assert read_seen(tmp_path, "/a", "1") == read_seen(tmp_path / "none", "/a", "1") == ()


@pytest.fixture
def case(tmp_path: Path) -> CohortCase:
    (found,) = CohortSource(tuple(small_cases(tmp_path / "in", 1))).read()[1]
    return found


def asked(**more: bool) -> Asked:
    said = ForAll()
    return Asked(said, make_shared_key(said, report=False, pictures=False), **more)


def resume(case: CohortCase, out: Path, **more: bool) -> CaseAnswer | None:
    held = read_stored_key(out, case.id)
    return find_valid(case, asked(**more), held, find_folder(out, case.id))


@pytest.mark.essential
@pytest.mark.slow
@pytest.mark.usefixtures("settled")
def test_h04_a_resumed_run_reads_no_unchanged_file(case: CohortCase, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (out / "cases").mkdir(parents=True)
    assert resume(case, out) is None
    keep(out, case, plan(case, asked(), None))
    found = resume(case, out)
    assert found is not None
    assert (found.status, found.hashed) == (None, False)
    assert resume(case, out, rehash=True) is None
    assert resume(replace(case, text=case.text.replace("crlm", "hcc")), out) is None
    assert resume(replace(case, addresses={"a": "https://a"}), out) is None
    os.utime(Path(case.folder, "flr.nii"))  # the same bytes, which are hashed once
    held = read_stored_key(out, case.id)
    assert resume(case, out) is None
    again = plan(case, asked(), held)
    assert (again.status, again.hashed) == (None, True)
    keep(out, case, again)
    assert resume(case, out) is not None
    (find_folder(out, case.id) / "plan.json").write_bytes(b"{}")
    assert resume(case, out) is None


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of libraries that are not ours
def test_h04_a_run_tells_which_files_it_hashed(tmp_path: Path, scheduler: str) -> None:
    cases, out = small_cases(tmp_path / "in", 2), tmp_path / "out"
    time.sleep(2.1)
    run(cases, out, scheduler)
    before = left(out)

    def counts(*words: str) -> tuple[int, int]:
        found = run(cases, out, scheduler, "--json", *words).record["counts"]
        return found["held"], found["held_by_hash"]

    assert counts() == (2, 0)
    assert counts("--rehash") == (2, 2)
    os.utime(cases[0].parent / "flr.nii")
    assert counts() == (2, 1)
    assert left(out) == before
    log = (out / "cohort.log").read_text("utf-8")
    assert log.count("still valid according to size, time stamps and first bytes") == 3
    assert log.count("still valid according to the hashes of its files") == 3
    mask = cases[1].parent / "flr.nii"
    mask.write_bytes((cases[0].parent / "flr.nii").read_bytes())  # of the same size
    again = run(cases, out, scheduler, "--json").record
    assert again["planned_again"] == [{"changed": "its files", "cases": 1}]
