"""A draft as the plan of a case: the case file that it makes, and the numbers that follow."""

from __future__ import annotations

import json
import shutil
import tomllib
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import nibabel as nib
import numpy as np
import pytest

from fl_planner.web.case import OpenCase
from fl_planner.web.cutting import read_wish
from fl_planner.web.dossier.case_form import fill_form
from fl_planner.web.dossier.planned import CaseText
from fl_planner.web.dossier.plans import add_plan, put_first
from tests.cases import each_case
from tests.cli.outside import ask
from tests.refusals import refuses
from tests.web.served import CRLM, open_here
from tests.workup.test_plan_dicom import fill

SEGMENTS = {"remnant_segments": '["2", "3"]'}
PLANE = {"point_mm": [14.0, 12.0, 10.0], "normal": [0.9, 0.3, -0.2], "keeps": "back"}
BENT = [[14.0, -30.0, -30.0], [14.0, -30.0, 60.0], [14.0, 50.0, -30.0], [20.0, 50.0, 60.0]]
SURFACE = {"points_mm": BENT, "towards": [-1.0, 0.0, 0.0]}


def put(text: str) -> dict[str, Any]:
    return tomllib.loads(put_first(CaseText(Path("case.toml"), text.encode()), SEGMENTS).text)


@each_case(
    "text, plans",
    {
        "no plan": ("[masks]\n", [["draft cut", None]]),
        "a drawing": (
            '[masks]\nflr = "f"\nliver = "l"\n',
            [["draft cut", None], ["remnant as drawn", "f"]],
        ),
        "a drawing with a name": (
            '[masks]\nflr = "f"\n\n[[plan]]\nname = "a"\n[facts]\nage = 1\n',
            [["draft cut", None], ["a", "f"]],
        ),
        "two plans": (
            '[[plan]]\nname = "draft cut"\n[[plan]]\nflr = "g"\n',
            [["draft cut 2", None], ["draft cut", None], [None, "g"]],
        ),
    },
)
def test_a_draft_is_the_first_plan_and_the_others_follow(
    text: str, plans: list[list[str | None]]
) -> None:
    made = put(text)
    assert [[one.get("name"), one.get("flr")] for one in made["plan"]] == plans
    assert made["plan"][0]["remnant_segments"] == ["2", "3"]
    assert "flr" not in made.get("masks", {})
    assert made.get("facts") == tomllib.loads(text).get("facts")


@each_case(
    "text, kept",
    {
        "another remnant": ('[masks]\nflr = "f"\n', False),
        "another plan": ("[[plan]]\nremnant_segments = [3]\n", False),
        "the first remnant": ("[masks]\n", True),
    },
)
def test_h03_function_of_the_previous_remnant_is_not_that_of_a_draft(text: str, kept: bool) -> None:
    facts = '[facts]\necog = 1\nflr_function = { value = 2.9, unit = "%/min/m2" }\n'
    codes = ("flr.lesions_stay", "segments.side")
    seen = "".join(f'[[accepted]]\ncode = "{one}"\nby = "R1"\nwhy = "seen"\n' for one in codes)
    made = put(f"{text}{facts}{seen}")
    assert [*made["facts"]] == (["ecog", "flr_function"] if kept else ["ecog"])
    assert [one["code"] for one in made["accepted"]] == [*(codes if kept else codes[1:])]


@each_case(
    "text, hashes",
    {
        "of the masks": (
            '[masks]\nflr = "f"\nliver = "l"\n[imaging]\nsha256 = { flr = "a", liver = "b" }\n',
            {"plan 2 flr": "a", "liver": "b"},
        ),
        "in a table of their own": (
            '[masks]\nresected = "f"\n[imaging]\n[imaging.sha256]\nresected = "a"\n',
            {"plan 2 resected": "a"},
        ),
        "of plans": (
            '[imaging.sha256]\nflr = "a"\n"plan 2 resected" = "b"\n'
            '[[plan]]\nflr = "f"\n[[plan]]\nresected = "g"\n',
            {"plan 2 flr": "a", "plan 3 resected": "b"},
        ),
        "of no drawing": ('[imaging.sha256]\nliver = "a"\n', {"liver": "a"}),
    },
)
def test_h16_hashes_stay_with_the_drawings_that_move(text: str, hashes: dict[str, str]) -> None:
    assert put(text)["imaging"]["sha256"] == hashes


def test_what_belongs_to_the_patient_and_not_to_the_cut_stays() -> None:
    before = "[[plan]]\nremnant_segments = [2]\nembolised_segments = [5, 6]\nstages = 2\n"
    first, second = put(f'{before}cuts = [{{ tree = "portal", branch = "right_portal_vein" }}]\n')[
        "plan"
    ]
    assert (first["embolised_segments"], first["stages"]) == ([5, 6], 2)
    assert "cuts" not in first
    assert second["remnant_segments"] == [2]


def test_a_signed_case_becomes_a_draft_again() -> None:
    made = put('[imaging]\nreader = "R1"\nstatus = "verified"\n[imaging.sha256]\nliver = ["a"]\n')
    assert made["imaging"].get("status") in (None, "draft")


def test_h16_a_second_reader_of_another_remnant_is_not_compared_with_a_draft() -> None:
    with refuses("page.draft", says="a second reader's remnant belongs to the plan"):
        put('[second_reader]\nflr = "b"\n')
    with refuses("page.draft"):
        put('[second_reader]\nresected = "b"\n')
    assert put('[second_reader]\nliver = "b"\n')["plan"][0]["name"] == "draft cut"


@each_case(
    "wish",
    [
        {"cuts": []},
        {"cuts": {}},
        {"cuts": {"more": 1}},
        {"cuts": {"planes": PLANE}},
        {"cuts": {"planes": [PLANE] * 7}},
        {"cuts": {"planes": [{"point_mm": [1, 2, 3]}]}},
        {"cuts": {"surfaces": [{"points_mm": BENT}]}},
        {"cuts": {"surfaces": [{"points_mm": [BENT[0]] * 101, "towards": [1, 0, 0]}]}},
        {"cuts": {"surfaces": [{"points_mm": 3, "towards": [1, 0, 0]}]}},
        {"cuts": {"wedges": {"lesions": [], "margin_mm": 5}}},
        {"cuts": {"wedges": {"lesions": [True], "margin_mm": 5}}},
        {"cuts": {"wedges": {"lesions": [1], "margin_mm": "5"}}},
        {"cuts": {"wedges": {"lesions": "all"}}},
    ],
)
def test_h18_cuts_that_the_page_never_sends_are_refused(wish: Any) -> None:
    with refuses("page.draft"):
        read_wish(json.dumps(wish))


@pytest.mark.slow
@each_case(
    "wish",
    {
        "segments": {"segments": ["2", "3"]},
        "a plane": PLANE,
        "in the plane of voxels": {"point_mm": [14.0, 0, 0], "normal": [1, 0, 0], "keeps": "back"},
        "all together": {
            "cuts": {
                "segments": ["2", "3", "4"],
                "planes": [PLANE],
                "wedges": {"lesions": [4], "margin_mm": 5.0},
            }
        },
        "a curved surface": {"cuts": {"surfaces": [SURFACE]}},
    },
)
def test_numbers_of_an_adopted_draft_are_those_of_the_draft_and_are_undone(wish: Any) -> None:
    case, text = OpenCase(), json.dumps(wish)
    case.open_case(CRLM, {})
    before, draft = case.record(), json.loads(case.draft(text))
    dossier = case.adopt(text)
    assert dossier["undo"]
    record = json.loads(case.record())
    assert as_planned(draft) == of_record(record)
    assert fill_form(case._planned())["cut"] == ("segments" not in wish)
    assert [one["name"] for one in record["case"]["other_plans"]][:1] == [
        "extended right hepatectomy"
    ]
    case.enter("undo", {})
    assert case.record() == before


@pytest.mark.slow
def test_a_draft_is_used_as_the_plan_of_a_case_that_was_signed_off() -> None:
    """And the drawn remnant is checked against the file that was signed off, in its new role."""
    case = open_here(CRLM)
    seen, _ = case.sheet()
    codes = " ".join(one["code"] for one in case.dossier()["findings"])
    words = {"status": "verified", "seen": seen, "despite": codes, "by": "R1", "on": "2026-11-20"}
    case.enter("sign", words)
    signed = tomllib.loads(case.own_text()[1].decode())["imaging"]["sha256"]
    case.adopt(json.dumps({"segments": ["2", "3", "4"]}))
    made = tomllib.loads(case.own_text()[1].decode())
    assert made["imaging"]["status"] == "draft"
    assert made["imaging"]["sha256"]["plan 2 flr"] == signed["flr"]
    assert "flr" not in made["imaging"]["sha256"]
    assert "case.mask_changed" not in case.record().decode()


BOXED = {"point_mm": [0.0, -40.0, 40.0], "normal": [0.0, 1.0, 0.0], "keeps": "back"}
SHARED = ("flr_voxels", "flr_percent", "flr_percent_shown", "lesions", "margin_mm")


@pytest.fixture(scope="module")
def case() -> OpenCase:
    return open_here(CRLM)


def told(case: OpenCase, wish: dict[str, Any]) -> Any:
    return json.loads(case.draft(json.dumps(wish)))


def as_planned(draft: Any) -> dict[str, Any]:
    """Give what the record of a plan tells too, in its keys."""
    found = {key: draft["plan"].get(key) for key in SHARED}
    return {
        **found,
        "flr_ml": draft["plan"]["flr_ml"],
        "flr": draft["flr"],
        "flr_after_clearing": draft.get("flr_after_clearing"),
        "thresholds": draft["thresholds"],
    }


def of_record(record: Any, plan: Any = None) -> dict[str, Any]:
    plan = plan or record["case"]["plan"]
    return {
        "flr_voxels": record["voxels"]["flr"],
        "flr_percent": record["flr_percent"],
        "flr_percent_shown": record["flr_percent_shown"],
        "lesions": plan["lesions"],
        "margin_mm": plan.get("margin_mm"),
        "flr_ml": record["volumes_ml"]["flr"],
        "flr": record["ratios"]["flr"],
        "flr_after_clearing": record["ratios"].get("flr_after_clearing"),
        "thresholds": [one for one in record["thresholds"] if ".untreated_" not in one["name"]],
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["draft-cut.nii.gz", pytest.param("draft-cut.seg.nrrd", marks=pytest.mark.essential)]
)
@pytest.mark.parametrize("keeps", ["back", "front"])
def test_a_saved_draft_is_planned_with_the_same_numbers(
    case: OpenCase, tmp_path: Path, name: str, keeps: str
) -> None:
    wish = {**PLANE, "keeps": keeps}
    (tmp_path / name).write_bytes(case.export_draft(name, json.dumps(wish)))
    record = ask("plan", CRLM, "--flr", tmp_path / name, "--json").record
    assert of_record(record) == as_planned(told(case, wish))
    assert record["case"]["plan"]["origin"] == "drawn"


@pytest.mark.slow
def test_h02_the_mask_is_where_the_plane_has_it(case: OpenCase, tmp_path: Path) -> None:
    """Each voxel of the liver by itself, with nibabel."""
    content = case.export_draft("draft-cut.nii.gz", json.dumps(PLANE))
    (tmp_path / "draft.nii.gz").write_bytes(content)
    names = (CRLM.parent / "liver.nii.gz", CRLM.parent / "tumour.nii.gz", tmp_path / "draft.nii.gz")
    images: list[Any] = [nib.loadsave.load(name) for name in names]
    liver, tumour, draft = (np.asarray(one.dataobj) > 0 for one in images)
    where = np.moveaxis(np.indices(liver.shape), 0, -1) @ images[0].affine[:3, :3].T
    heights = (where + images[0].affine[:3, 3] - PLANE["point_mm"]) @ PLANE["normal"]
    assert np.array_equal(draft, (liver | tumour) & (heights < 0))


@pytest.mark.slow
@pytest.mark.essential
def test_the_case_file_has_the_draft_as_its_last_plan(case: OpenCase, tmp_path: Path) -> None:
    shutil.copytree(CRLM.parent, tmp_path / "case")
    content = case.export_draft("draft-cut.zip", json.dumps(PLANE))
    with ZipFile(BytesIO(content)) as packed:
        assert packed.namelist() == ["case.toml", "draft-cut.nii.gz"]
        packed.extractall(tmp_path / "case")
    record = ask("plan", tmp_path / "case" / "case.toml", "--json").record
    (other,) = record["case"]["other_plans"]
    assert other["name"] == "draft cut"
    draft = told(case, PLANE)["plan"]
    assert {key: other[key] for key in (*SHARED, "flr_ml", "origin")} == {
        key: draft[key] for key in (*SHARED, "flr_ml", "origin")
    }


@pytest.mark.slow
def test_segments_are_named_in_the_case_file(case: OpenCase, tmp_path: Path) -> None:
    shutil.copytree(CRLM.parent, tmp_path / "case")
    wish = {"segments": ["1", "2", "3"]}
    content = case.export_draft("draft-cut.zip", json.dumps(wish))
    with ZipFile(BytesIO(content)) as packed:
        assert packed.namelist() == ["case.toml"]
        packed.extractall(tmp_path / "case")
    record = ask("plan", tmp_path / "case" / "case.toml", "--json").record
    (other,) = record["case"]["other_plans"]
    assert other == {**told(case, wish)["plan"], "name": "draft cut"}


@pytest.mark.slow
def test_the_remnant_of_segments_is_a_mask_too(case: OpenCase, tmp_path: Path) -> None:
    wish = {"segments": ["2", "3"]}
    content = case.export_draft("draft-cut.nii.gz", json.dumps(wish))
    (tmp_path / "two.nii.gz").write_bytes(content)
    record = ask("plan", CRLM, "--flr", tmp_path / "two.nii.gz", "--json").record
    assert record["voxels"]["flr"] == told(case, wish)["plan"]["flr_voxels"]


@pytest.mark.slow
def test_h18_a_segmentation_needs_the_slices_of_a_ct(case: OpenCase, tmp_path: Path) -> None:
    with refuses("dicom.no_ct"):
        case.export_draft("draft-cut.dcm", json.dumps(PLANE))


@pytest.mark.slow
@pytest.mark.essential
def test_h02_a_segmentation_is_on_its_ct(tmp_path: Path) -> None:
    made = OpenCase()
    case_file = fill(tmp_path)
    made.open_case(case_file, {})
    content = made.export_draft("draft-cut.dcm", json.dumps(BOXED))
    (tmp_path / "draft-cut.dcm").write_bytes(content)
    record = ask("plan", case_file, "--flr", tmp_path / "draft-cut.dcm", "--json").record
    assert of_record(record) == as_planned(told(made, BOXED))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "plans"),
    [
        ('[masks]\nliver = "l"\n', ["draft cut"]),
        ('[masks]\nflr = "f"\n', ["remnant as drawn", "draft cut"]),
        ('[masks]\nflr = "f"\n[[plan]]\nname = "draft cut"\n', ["draft cut", "draft cut 2"]),
        ('[[plan]]\nremnant_segments = [2]\n[facts]\nage = 1\n', [None, "draft cut"]),
    ],
)  # fmt: skip
def test_where_a_draft_is_among_plans(text: str, plans: list[str | None]) -> None:
    made = tomllib.loads(
        add_plan(CaseText(Path("case.toml"), text.encode()), {"flr": '"draft-cut.nii.gz"'}).text
    )
    assert [one.get("name") for one in made["plan"]] == plans
    assert made["plan"][-1]["flr"] == "draft-cut.nii.gz"
