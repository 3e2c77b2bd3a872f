"""What a draft cut leaves without its vessels: as the plan of the same remnant tells it."""

import json
from pathlib import Path
from typing import Any

import pytest

from fl_planner.web.case import OpenCase
from tests.cli.outside import ask
from tests.refusals import refuses
from tests.vessel_liver import VESSELS, VOXEL_ML, write_masks
from tests.web.served import Browser, open_here

COLUMN = 144  # voxels of liver at one place along x
# between columns 19 and 20: the left side stays, and the trunk is halved
PLANE = {"point_mm": [78.0, 30.0, 30.0], "normal": [1.0, 0.0, 0.0], "keeps": "back"}
LEFT = {"segments": ["1", "2", "3", "4"]}
SHARED = ("flr_inflow_lost", "flr_outflow_lost", "flr_either_lost", "flr_supplied_percent")


def case_file(folder: Path, *, vessels: bool = True, plan: str = "") -> Path:
    write_masks(folder)
    names = [*VESSELS] if vessels else []
    drawn = "".join(f'{name} = "{name}.nii.gz"\n' for name in names)
    masks = (
        '[masks]\nliver = "liver.nii.gz"\ntumour = "tumour.nii.gz"\nlabelmap = "segments.nii.gz"\n'
    )
    path = folder / "case.toml"
    text = f'schema = 1\ndiagnosis = "crlm"\n{masks}{plan}[masks.vessels]\n{drawn}'
    path.write_text(text, "utf-8")
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("supply")


@pytest.fixture(scope="module")
def case(folder: Path) -> OpenCase:
    return open_here(case_file(folder))


def supply(case: OpenCase, wish: dict[str, Any]) -> Any:
    return json.loads(case.draft_supply(json.dumps(wish)))


def planned(folder: Path, *options: str) -> Any:
    vessels = [f"--vessel={name}={folder / name}.nii.gz" for name in VESSELS]
    masks = [f"--{name}={folder / name}.nii.gz" for name in ("liver", "tumour")]
    record = ask("plan", *masks, *vessels, *options, "--json").record
    return record["vessels"]["plans"][0]


@pytest.mark.slow
def test_a_plane_leaves_what_the_plan_of_its_saved_mask_does(case: OpenCase, folder: Path) -> None:
    told = supply(case, PLANE)
    (folder / "flr.nii.gz").write_bytes(case.export_draft("draft-cut.nii.gz", json.dumps(PLANE)))
    plan = planned(folder, f"--flr={folder / 'flr.nii.gz'}")
    assert {key: told[key] for key in SHARED} == {key: plan[key] for key in SHARED}
    assert "does not change the answer" in told["notes"][0]


def test_segments_leave_what_their_plan_does(case: OpenCase, folder: Path) -> None:
    told = supply(case, LEFT)
    options = (f"--labelmap={folder / 'segments.nii.gz'}", "--remnant-segments=1,2,3,4")
    plan = planned(folder, *options)
    assert {key: told[key] for key in SHARED} == {key: plan[key] for key in SHARED}


def test_what_is_left_is_reported_by_counting(case: OpenCase) -> None:
    # columns 2 to 19 stay: portal branches of the left side begin there, in the trunk's half
    told = supply(case, PLANE)
    assert case.drafts()["trees"] == ["portal", "hepatic"]
    kept = told["flr_supplied_ml"] / VOXEL_ML + told["flr_either_lost"]["voxels"]
    excluded = 36 // 2  # the halves of cava and trunk that lie in these columns of the liver
    assert kept == pytest.approx(18 * COLUMN - excluded)


def test_without_trees_there_is_no_supply(tmp_path: Path, browser: Browser) -> None:
    case = open_here(case_file(tmp_path, vessels=False))
    assert case.drafts()["trees"] == []
    with refuses("vessels.no_tree"):
        supply(case, PLANE)
    refused = browser.get(f"/cases/{browser.first()}/draft-supply?cut=x")
    assert (refused.status, refused.json()["code"]) == (422, "page.draft")
