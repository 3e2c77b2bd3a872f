"""Drafts as files, planned again by the command line."""

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
from fl_planner.web.dossier.planned import CaseText
from fl_planner.web.dossier.plans import add_plan
from tests.cli.outside import ask
from tests.refusals import refuses
from tests.web.served import CRLM, open_here
from tests.workup.test_plan_dicom import fill

pytestmark = pytest.mark.slow

PLANE = {"point_mm": [14.0, 12.0, 10.0], "normal": [0.9, 0.3, -0.2], "keeps": "back"}
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


def test_the_remnant_of_segments_is_a_mask_too(case: OpenCase, tmp_path: Path) -> None:
    wish = {"segments": ["2", "3"]}
    content = case.export_draft("draft-cut.nii.gz", json.dumps(wish))
    (tmp_path / "two.nii.gz").write_bytes(content)
    record = ask("plan", CRLM, "--flr", tmp_path / "two.nii.gz", "--json").record
    assert record["voxels"]["flr"] == told(case, wish)["plan"]["flr_voxels"]


def test_h18_a_segmentation_needs_the_slices_of_a_ct(case: OpenCase, tmp_path: Path) -> None:
    with refuses("dicom.no_ct"):
        case.export_draft("draft-cut.dcm", json.dumps(PLANE))


@pytest.mark.essential
def test_h02_a_segmentation_is_on_its_ct(tmp_path: Path) -> None:
    made = OpenCase()
    case_file = fill(tmp_path)
    made.open_case(case_file, {})
    content = made.export_draft("draft-cut.dcm", json.dumps(BOXED))
    (tmp_path / "draft-cut.dcm").write_bytes(content)
    record = ask("plan", case_file, "--flr", tmp_path / "draft-cut.dcm", "--json").record
    assert of_record(record) == as_planned(told(made, BOXED))


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
