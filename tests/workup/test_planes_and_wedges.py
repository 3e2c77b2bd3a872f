"""Planes and wedges by options, by a case file and from Python: one answer, and a round trip."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import fl_planner
from fl_planner.intake.documents.case_file import read_case_file
from fl_planner.liver.cut_plane import CutPlane
from fl_planner.liver.transection import Wedges
from tests.cases import each_case, sure
from tests.cli.outside import BUNDLED, Record, ask, refused, told

pytestmark = pytest.mark.slow

CRLM = BUNDLED / "crlm"
MASKS = ("--liver", CRLM / "liver.nii.gz", "--tumour", CRLM / "tumour.nii.gz",
         "--labelmap", CRLM / "segments.nii.gz", "--scheme", "couinaud")  # fmt: skip
LIVER = 'liver = "liver.nii.gz"\ntumour = "tumour.nii.gz"\n'
# Sagittal, and oblique; either keeps what lies towards the patient's left.
PLANE, POINTS = "-10,0,0;-1,0,0", "-10,0,0;-10,0,1;-10,1,0"
LPS = "10,0,0;1,0,0"


def flr_of(record: Record) -> tuple[int, dict[str, list[int]]]:
    plan = record["case"]["plan"]
    return plan["flr_voxels"], plan["lesions"]


def case_of(folder: Path, plan: str, masks: str = LIVER) -> Path:
    for name in ("liver.nii.gz", "tumour.nii.gz", "segments.nii.gz", "flr.nii.gz"):
        shutil.copy(CRLM / name, folder / name)
    path = folder / "case.toml"
    path.write_text(f"schema = 1\n\n[masks]\n{masks}\n[[plan]]\n{plan}\n", "utf-8")
    return path


@pytest.fixture(scope="module")
def by_option() -> Record:
    return told("plan", *MASKS, "--plane", PLANE)


@pytest.mark.essential
def test_a_plane_is_reported_in_the_record(by_option: Record) -> None:
    plan = by_option["case"]["plan"]
    assert plan["planes"] == [{"point_mm": [-10.0, 0.0, 0.0], "normal": [-1.0, 0.0, 0.0]}]
    assert (plan["cut_by"], plan["origin"]) == ("a plane", "drawn")
    assert by_option["remnant"] == {"origin": "drawn", "segments": []}
    assert "wedges" not in plan
    assert 0 < plan["flr_percent"] < 100


@each_case(
    "plane",
    {
        "three points": (POINTS, "RAS"),
        "of any length": ("-10,5,7;-3,0,0", "RAS"),
        "as DICOM has it": (LPS, "LPS"),
    },
)
def test_the_same_plane_has_the_same_answer(by_option: Record, plane: tuple[str, str]) -> None:
    text, frame = plane
    same = told("plan", *MASKS, "--plane", text, "--place-frame", frame)
    assert flr_of(same) == flr_of(by_option)
    assert same["ratios"]["flr"] == by_option["ratios"]["flr"]


@each_case(
    "plan",
    {
        "a normal": 'plane = { point_mm = [-10, 0, 0], normal = [-1, 0, 0], frame = "RAS" }',
        "LPS": 'plane = { point_mm = [10.0, 0.0, 0.0], normal = [1.0, 0.0, 0.0], frame = "LPS" }',
        "points": 'plane = { points_mm = [[-10,0,0],[-10,0,1],[-10,1,0]], frame = "RAS" }',
        "a list": 'plane = [{ point_mm = [-10, 0, 0], normal = [-1, 0, 0], frame = "RAS" }]',
    },
)
def test_a_case_file_states_the_same(tmp_path: Path, by_option: Record, plan: str) -> None:
    assert flr_of(told("plan", case_of(tmp_path, plan))) == flr_of(by_option)


def test_python_states_the_same(by_option: Record) -> None:
    masks: Any = {
        "liver": CRLM / "liver.nii.gz",
        "tumour": CRLM / "tumour.nii.gz",
        "labelmap": CRLM / "segments.nii.gz",
        "scheme": "couinaud",
    }
    made = fl_planner.plan(**masks, plane=[CutPlane((-10, 0, 0), (-1, 0, 0), "RAS")])
    assert sure(made.record.case.plan.share).flr_voxels == flr_of(by_option)[0]


def test_an_option_replaces_the_remnant_of_a_case_file(by_option: Record) -> None:
    """The bundled case draws its FLR: as `--remnant-segments`, a plane stands in its place."""
    same = told("plan", CRLM / "case.toml", "--plane", PLANE)
    assert flr_of(same) == flr_of(by_option)


@pytest.mark.essential
def test_wedges_by_option_and_by_file(tmp_path: Path) -> None:
    by_option = told("plan", *MASKS, "--wedge", "1, 3", "--wedge-margin-mm", "5")
    plan = by_option["case"]["plan"]
    assert plan["wedges"] == {"lesions": [1, 3], "margin_mm": 5.0}
    assert plan["lesions"] == {"cleared": [1, 3], "cut": [], "left": [2, 4, 5]}
    assert plan["margin_mm"] > 5
    case = case_of(tmp_path, "wedges = { lesions = [3, 1], margin_mm = 5 }")
    assert flr_of(told("plan", case)) == flr_of(by_option)
    every = told("plan", *MASKS, "--wedge", "all", "--clearing-margin-mm", "5")
    assert every["case"]["plan"]["wedges"] == {"lesions": [1, 2, 3, 4, 5], "margin_mm": 5.0}
    by_all = case_of(tmp_path, 'clearing_margin_mm = 5\nwedges = { lesions = "all" }')
    assert flr_of(told("plan", by_all)) == flr_of(every)


def test_the_table_of_plans_states_what_cuts(tmp_path: Path) -> None:
    plans = (
        'name = "left"\nplane = { point_mm = [-10, 0, 0], normal = [-1, 0, 0], frame = "RAS" }\n'
        '[[plan]]\nname = "wedges"\nwedges = { lesions = "all" }\n'
        '[[plan]]\nname = "drawn"\nflr = "flr.nii.gz"'
    )
    case = case_of(tmp_path, plans)
    text = " ".join(ask("plan", case).out.split())
    assert "cut by a plane" in text
    record = told("plan", case)
    assert [one.get("cut_by") for one in record["case"]["other_plans"]] == [
        "wedge resections of lesions 1, 2, 3, 4, 5 with a margin of 10 mm", None,
    ]  # fmt: skip


@pytest.mark.essential
def test_a_new_case_holds_what_was_entered(tmp_path: Path) -> None:
    path = tmp_path / "new.toml"
    ran = ask("new-case", path, *MASKS, "--plane", LPS, "--place-frame", "LPS",
              "--plane", POINTS.replace("-10", "-90"), "--wedge", "all",
              "--wedge-margin-mm", "7.5")  # fmt: skip
    assert ran.status == 0
    (operation,) = read_case_file(path).operations
    assert operation.planes[0] == CutPlane((-10.0, 0.0, 0.0), (-1.0, 0.0, 0.0), "RAS")
    assert len(operation.planes) == 2
    assert operation.wedges == Wedges((), 7.5)


@each_case(
    "wrong",
    {
        "one place": (("--plane", "1,2,3"), "usage.wrong", "--plane"),
        "four numbers": (("--plane", "1,2,3,4;1,0,0"), "usage.wrong", "--plane"),
        "no number": (("--plane", "a,b,c;1,0,0"), "usage.wrong", "--plane"),
        "not finite": (("--plane", "nan,2,3;1,0,0"), "usage.wrong", "--plane"),
        "no length": (("--plane", "1,2,3;0,0,0"), "cut.no_plane", "cutting plane"),
        "one line": (("--plane", "0,0,0;1,0,0;2,0,0"), "cut.no_plane", "cutting plane"),
        "beside the liver": (("--plane", "900,0,0;1,0,0"), "cut.leaves_nothing", "cutting plane"),
        "behind the liver": (("--plane", "900,0,0;-1,0,0"), "cut.removes_nothing", "cutting plane"),
        "no lesion 7": (("--wedge", "1,7"), "cut.no_lesion", "wedge"),
        "lesion 0": (("--wedge", "0"), "cut.no_wedge", "wedge"),
        "a name": (("--wedge", "one"), "usage.wrong", "--wedge"),
        "no wedge": (("--wedge-margin-mm", "5"), "usage.wrong", "--wedge-margin-mm"),
        "a wide margin": (
            ("--wedge", "1", "--wedge-margin-mm", "51"), "usage.wrong", "--wedge-margin-mm",
        ),
        "drawn too": (
            ("--plane", PLANE, "--flr", CRLM / "flr.nii.gz"), "cut.and_drawn", "flr.nii.gz",
        ),
    },
)  # fmt: skip
def test_h13_what_cannot_cut_is_refused(wrong: tuple[Sequence[object], str, str]) -> None:
    options, code, source = wrong
    refusal = refused("plan", *MASKS, *options)
    assert (refusal["code"], refusal["file"]) == (code, source)


@pytest.mark.essential
@each_case(
    "wrong",
    {
        "no frame": ("plane = { point_mm = [1, 2, 3], normal = [1, 0, 0] }", "frame"),
        "both": (
            'plane = { point_mm = [1,2,3], normal = [1,0,0], points_mm = [[1,2,3],[1,2,4],[2,2,3]],'
            ' frame = "RAS" }',
            "give either point_mm and normal, or points_mm",
        ),
        "no normal": (
            'plane = { point_mm = [1, 2, 3], frame = "RAS" }',
            "give either point_mm and normal, or points_mm",
        ),
        "no length": (
            'plane = { point_mm = [1, 2, 3], normal = [0, 0, 0], frame = "RAS" }',
            "the normal has length zero",
        ),
        "one line": (
            'plane = { points_mm = [[0,0,0],[1,0,0],[2,0,0]], frame = "RAS" }', "collinear",
        ),
        "no lesions": ("wedges = { lesions = [] }", "lesions: give lesion numbers, or"),
        "lesion 0": ("wedges = { lesions = [0] }", "lesions"),
        "a margin": ("wedges = { lesions = [1], margin_mm = 51 }",
            "51 mm is outside the range of 0 to 50 mm",
        ),
        "a name": ('wedges = { lesions = "most" }', "lesions"),
        "drawn too": ('flr = "flr.nii.gz"\nwedges = { lesions = [1] }', "give either this or flr"),
    },
)  # fmt: skip
def test_h13_what_a_case_file_cannot_state_is_refused(
    tmp_path: Path, wrong: tuple[str, str]
) -> None:
    plan, says = wrong
    refusal = refused("plan", case_of(tmp_path, plan))
    assert refusal["code"] == "case.unreadable"
    assert says in json.dumps(refusal)


@pytest.mark.essential
def test_h13_a_first_plan_is_not_drawn_and_cut(tmp_path: Path) -> None:
    masks = LIVER + 'flr = "flr.nii.gz"\n'
    case = case_of(tmp_path, "wedges = { lesions = [1] }", masks)
    assert "plan.0.wedges: give either this or flr" in refused("plan", case)["message"]
