"""A cohort from outside: each case planned once, whatever ends in between."""

import errno
import json
import os
import re
from pathlib import Path

import pytest

import fl_planner
from fl_planner.cohort import run as runs
from fl_planner.cohort.case import CaseAnswer, CohortCase
from fl_planner.cohort.result import CaseState
from fl_planner.cohort.run_folder import LOG, keep, lock_alone
from tests.cli.outside import REPOSITORY, ask, real
from tests.cohort.cohorts import left, run, small_cases

pytestmark = pytest.mark.filterwarnings("ignore")  # of libraries that are not ours


def counts(text: str) -> dict[str, int]:
    """Read the counts of `--json`."""
    found: dict[str, int] = json.loads(text)["counts"]
    return found


@pytest.mark.essential
@pytest.mark.slow
def test_each_case_is_what_plan_prints(tmp_path: Path, scheduler: str) -> None:
    cases, out = small_cases(tmp_path / "in", 3), tmp_path / "out"
    ran = run(cases, out, scheduler, "--json")
    assert (ran.status, ran.err) == (0, "")
    assert counts(ran.out) == {
        "cases": 3, "planned": 3, "refused": 0, "failed": 0, "held": 0, "held_by_hash": 0,
        "left_out": 0,
    }  # fmt: skip
    for number, case in enumerate(cases):
        kept = (out / "cases" / f"p{number}" / "plan.json").read_bytes()
        assert kept == ask("plan", case, "--json").stdout
        voxels = json.loads(kept)["voxels"]["flr"]
        assert voxels == 800 + 80 * number


@pytest.mark.slow
def test_h04_what_holds_is_not_planned_twice_and_what_changed_is(
    tmp_path: Path, scheduler: str
) -> None:
    cases, out = small_cases(tmp_path / "in", 3), tmp_path / "out"
    run(cases, out, scheduler)
    before = left(out)
    again = run(cases, out, scheduler, "--json")
    assert counts(again.out)["held"] == 3
    assert left(out) == before
    (cases[0].parent / "flr.nii").write_bytes((cases[1].parent / "flr.nii").read_bytes())
    (out / "cases" / "p1" / "plan.json").write_bytes(b"{}")
    cases[2].write_text(cases[2].read_text("utf-8").replace("crlm", "hcc"), "utf-8")
    third = run(cases, out, scheduler, "--json")
    told = {one["changed"]: one["cases"] for one in json.loads(third.out)["planned_again"]}
    assert told == {"its files": 1, "its case data": 1, "its result in the folder": 1}
    assert left(out)["cases/p1/plan.json"] == before["cases/p1/plan.json"]
    plan = json.loads(left(out)["cases/p0/plan.json"])
    assert plan["voxels"]["flr"] == 880
    dated = run(cases, out, scheduler, "--json", "--as-of", "2026-11-20")
    assert json.loads(dated.out)["planned_again"] == [{"changed": "the options", "cases": 3}]


@pytest.mark.essential
@pytest.mark.slow
def test_a_run_that_was_stopped_goes_on_and_is_as_an_unbroken_one(
    tmp_path: Path, scheduler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases, out, whole = small_cases(tmp_path / "in", 5), tmp_path / "out", tmp_path / "whole"
    run(cases, whole, scheduler)

    def stop(folder: Path, case: CohortCase, answer: CaseAnswer) -> CaseState:
        if len(left(out)) > 4:
            raise KeyboardInterrupt
        return keep(folder, case, answer)

    monkeypatch.setattr(runs, "keep", stop)
    assert run(cases, out, scheduler).status == 130
    assert 0 < len([*out.glob("cases/*")]) < 5
    monkeypatch.undo()
    again = run(cases, out, scheduler, "--json")
    assert 0 < counts(again.out)["held"] < 5
    assert left(out) == left(whole)


@pytest.mark.slow
def test_a_full_disk_loses_nothing(
    tmp_path: Path, scheduler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases, out, whole = small_cases(tmp_path / "in", 4), tmp_path / "out", tmp_path / "whole"
    run(cases, whole, scheduler)
    synced = os.fsync

    def fill(file: int) -> None:
        if len([*out.glob("cases/*/plan.json")]) > 1:
            raise OSError(errno.ENOSPC, "No space left on device")
        synced(file)

    monkeypatch.setattr(os, "fsync", fill)
    ran = run(cases, out, scheduler, "--json")
    assert (ran.status, json.loads(ran.out)["refusal"]["code"]) == (2, "output.unwritable")
    assert "No space left" in ran.out
    monkeypatch.undo()
    assert not [*out.rglob(".fl-planner-*")]
    run(cases, out, scheduler)
    assert left(out) == left(whole)


@pytest.mark.slow
def test_h16_every_tenth_file_is_corrupt_and_every_refusal_is_listed(
    tmp_path: Path, scheduler: str
) -> None:
    cases, out = small_cases(tmp_path / "in", 20), tmp_path / "out"
    for case in cases[::10]:
        mask = case.parent / "liver.nii"
        mask.write_bytes(mask.read_bytes()[:1000])
    ran = run(cases, out, scheduler, "--json")
    assert ran.status == 3
    told = json.loads(ran.out)
    assert (told["counts"]["planned"], told["counts"]["refused"]) == (18, 2)
    assert [one["id"] for one in told["without_plan"]] == ["p0", "p10"]
    assert {one["file"] for one in told["without_plan"]} == {"liver.nii"}
    assert all(one["reason"] and one["remedy"] for one in told["without_plan"])


@pytest.mark.slow
def test_a_case_whose_files_are_missing_is_a_row_until_they_come(
    tmp_path: Path, scheduler: str
) -> None:
    cases, out = small_cases(tmp_path / "in", 2), tmp_path / "out"
    mask = cases[1].parent / "flr.nii"
    kept = mask.read_bytes()
    mask.unlink()
    ran = run(cases, out, scheduler)
    assert ran.status == 3
    assert "p1: refused: flr.nii: no such file" in " ".join(ran.out.split())
    mask.write_bytes(kept)
    again = run(cases, out, scheduler, "--json")
    assert json.loads(again.out)["planned_again"] == [{"changed": "its files", "cases": 1}]
    assert (again.status, counts(again.out)["held"]) == (0, 1)


@pytest.mark.essential
@pytest.mark.slow
def test_h11_two_cases_of_one_id_are_two_refused_rows(tmp_path: Path, scheduler: str) -> None:
    cases = small_cases(tmp_path / "in", 3)
    cases[1].write_text(cases[1].read_text("utf-8").replace('"p1"', '"p0"'), "utf-8")
    cases[2].write_text(cases[2].read_text("utf-8").replace('id = "p2"\n', ""), "utf-8")
    told = json.loads(run(cases, tmp_path / "out", scheduler, "--json").out)
    found = [(one["id"], one["code"]) for one in told["without_plan"]]
    assert found == [
        ("p0#1", "screen.id_twice"),
        ("p0#2", "screen.id_twice"),
        ("file-3", "cohort.no_id"),
    ]


@pytest.mark.essential
@pytest.mark.slow
def test_two_starts_on_one_folder_do_not_count_twice(tmp_path: Path, scheduler: str) -> None:
    cases, out = small_cases(tmp_path / "in", 1), tmp_path / "out"
    with lock_alone(out):
        ran = run(cases, out, scheduler, "--json")
    assert (ran.status, json.loads(ran.out)["refusal"]["code"]) == (2, "cohort.running")
    assert run(cases, out, scheduler).status == 0


@pytest.mark.essential
@pytest.mark.slow
def test_a_folder_of_other_things_is_left_alone(tmp_path: Path, scheduler: str) -> None:
    cases, out = small_cases(tmp_path / "in", 2), tmp_path / "out"
    out.mkdir()
    (out / "thesis.docx").write_bytes(b"1")
    ran = run(cases, out, scheduler, "--json")
    assert json.loads(ran.out)["refusal"]["code"] == "output.other_files"
    (out / "thesis.docx").rename(out / ".DS_Store")  # of the Finder
    assert run(cases[:1], out, scheduler).status == 0
    ran = run(cases[1:], out, scheduler, "--json")
    assert json.loads(ran.out)["refusal"]["code"] == "cohort.other_cases"
    ran = run(cases[1:], out, scheduler, "--json", "--force")
    assert counts(ran.out)["left_out"] == 1
    assert (out / "cases" / "p0" / "plan.json").exists()


@pytest.mark.essential
@pytest.mark.slow
def test_the_log_names_no_case_and_no_file(tmp_path: Path, scheduler: str) -> None:
    cases, out = small_cases(tmp_path / "in", 2), tmp_path / "out"
    (cases[1].parent / "liver.nii").unlink()
    run(cases, out, scheduler)
    lines = sorted(line.split(" ", 1)[1] for line in (out / LOG).read_text().splitlines())
    assert [re.sub(r"[\d.]+ s$", "", line) for line in lines] == [
        "INFO case 1: planned, ",
        "WARNING case 2: refused, file.missing, ",
    ]


@pytest.mark.slow
def test_python_gives_what_the_command_prints(tmp_path: Path, scheduler: str) -> None:
    cases = small_cases(tmp_path / "in", 2)
    ran = run(cases, tmp_path / "a", scheduler, "--json", "--report", "--pictures")
    found = fl_planner.cohort(
        cases, tmp_path / "b", scheduler=scheduler, report=True, pictures=True
    )
    assert found.as_json() + "\n" == ran.out
    assert left(tmp_path / "a") == left(tmp_path / "b")
    assert [one.id for one in found.cases()] == ["p0", "p1"]
    files = {path.name for path in (tmp_path / "a" / "cases" / "p0").iterdir()} - {"inputs.json"}
    assert files == {"plan.json", "worklist.json", "picture.png", "report.html", "state.json"}
    assert repr(found) == "<fl_planner.cohort: 2 cases: 2 planned, 0 refused, 0 failed>"
    assert "2 planned" in found._repr_html_()
    one = fl_planner.cohort(str(cases[0]), tmp_path / "c", scheduler=scheduler)
    assert one["counts"]["planned"] == 1


DEFECT = """
import sys
if "fl_planner.cohort.engine.child" in sys.orig_argv:
    from fl_planner.cohort import case as planned

    def fail(*_):
        with open({tries!r}, "a") as file:
            file.write("tried\\n")
        raise IndexError("a defect of ours")

    planned._plan = fail
"""


@pytest.mark.slow
def test_h16_a_defect_of_ours_is_named_as_one_and_its_case_tried_once(tmp_path: Path) -> None:
    """In a real run: the row blames no file, and the next run tries again."""
    cases, tries = small_cases(tmp_path / "in", 1), tmp_path / "tries"
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(DEFECT.format(tries=str(tries)), "utf-8")
    path = {"PYTHONPATH": f"{tmp_path / 'site'}{os.pathsep}{REPOSITORY}"}
    for number in (1, 2):
        words = ("cohort", cases[0], "--out", "out", "--json", "--workers", 1)
        ran = real(*words, cwd=tmp_path, env=path)
        (row,) = ran.record["without_plan"]
        assert (ran.status, row["status"], row["code"]) == (1, "failed", "cohort.defect")
        assert "a defect in fl_planner; please report it" in row["reason"]
        assert not {"file", "remedy"} & row.keys()
        assert tries.read_text() == "tried\n" * number
