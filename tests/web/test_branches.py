"""Branches that are cut on the page: what they take, refused ones, and as a plan of the case."""

import gzip
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pytest

from fl_planner.liver.vessels.supply.loss import SupplyLoss
from fl_planner.web.branch_cuts import read_branches
from fl_planner.web.case import OpenCase
from fl_planner.web.dossier.planned import CaseText
from fl_planner.web.dossier.plans import add_branches
from tests.cases import sure
from tests.cli.outside import ask
from tests.niftis import write_nifti
from tests.refusals import refuses
from tests.vessel_liver import EDGE_MM, GRID, MASKS, VESSEL_BOXES, VOXEL_ML, write_case
from tests.vessel_liver import SEGMENTS as MAP
from tests.web.served import Browser, open_here

TOLD = (
    "cuts", "flr_inflow_lost", "flr_outflow_lost", "flr_either_lost", "flr_supplied_low_percent",
)  # fmt: skip
COLUMN = 144  # voxels of liver at one place along x
RIGHT = {"tree": "portal", "at_mm": [84.0, 30.0, 22.0]}  # where the right portal vein begins


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("branches")


@pytest.fixture(scope="module")
def case(folder: Path) -> OpenCase:
    return open_here(write_case(folder))


def told(case: OpenCase, *cuts: dict[str, Any]) -> Any:
    return json.loads(case.cut_branches(json.dumps(cuts)))


def lose(case: OpenCase, *cuts: dict[str, Any]) -> SupplyLoss:
    """Return the counts, which the answer does not have if a cut is uncertain."""
    return case._branching()._lose(json.dumps(cuts))[0]


def test_both_trees_can_be_cut(case: OpenCase) -> None:
    assert case.branches() == ["portal", "hepatic"]
    assert case.branches() == ["portal", "hepatic"]  # of the same case, asked again


def test_a_cut_states_what_hangs_on_it(case: OpenCase) -> None:
    answer = told(case, RIGHT)
    # cava and trunk are no liver: 36 voxels of the remnant, half of them in column 20; the upper
    # voxels of the vein at its mouth hang on the trunk, with the liver nearest to them
    loss = sure(lose(case, RIGHT).flr_inflow)
    assert 2 * COLUMN < loss.voxels <= 4 * COLUMN - 18
    ends_ml = {"low_ml": loss.low * VOXEL_ML, "high_ml": loss.high * VOXEL_ML}
    assert answer["flr_inflow_lost"] == pytest.approx(ends_ml)
    least_ml = answer["flr_either_lost"]["low_ml"]  # only the range is stated of an uncertain cut
    assert "flr_supplied_ml" not in answer
    kept_ml = (22 * COLUMN - 36) * VOXEL_ML - least_ml
    assert answer["flr_supplied_high_ml"] == pytest.approx(kept_ml)
    (cut,) = answer["cuts"]
    assert (cut["tree"], cut["at_mm"]) == ("portal", RIGHT["at_mm"])
    assert cut["snapped_mm"] == pytest.approx(8**0.5)  # half a voxel off along two axes
    assert "does not change the answer" in answer["notes"][0]


def test_the_saved_cut_is_planned_with_the_same_numbers(case: OpenCase, folder: Path) -> None:
    saved = folder / "saved.toml"
    saved.write_bytes(case.export_branches(json.dumps([RIGHT])))
    record = ask("plan", saved, "--json").record
    (plan,) = record["vessels"]["plans"]
    answer = told(case, RIGHT)
    assert plan["name"] == "branches cut"
    assert {key: plan[key] for key in TOLD} == {key: answer[key] for key in TOLD}


def affected(case: OpenCase, *cuts: dict[str, Any]) -> dict[str, Any]:
    """Read the field of cut branches: its layers by name, each with its cells."""
    content = case.branch_fields(json.dumps(cuts))
    length = int.from_bytes(content[:4], "little")
    head = json.loads(content[4 : 4 + length])
    cells = np.frombuffer(gzip.decompress(content[4 + length :]), np.uint8)
    return dict(zip(head["layers"], cells.reshape(-1, len(head["layers"])).T, strict=True))


def test_what_cut_branches_affect_is_painted_where_the_remnant_loses_it(case: OpenCase) -> None:
    layers = affected(case, RIGHT)
    lost = layers["inflow_lost"] > 127
    assert lost.any()
    assert not layers["outflow_lost"].any()
    kept = layers["kept"] > 127
    assert kept.any()
    assert (lost & ~kept).any()  # the territory is that of the liver: the specimen has some of it
    cut = json.dumps([RIGHT])
    drawn = case._branching().affected(cut)["inflow_lost"]
    remnant = case._planned().plan.measured.remnant
    assert remnant is not None
    counted = drawn & remnant.mask & case._planned().plan.case.anatomy.nontumorous
    assert counted.voxel_count == sure(lose(case, RIGHT).flr_inflow).voxels


def test_without_a_remnant_what_is_painted_is_the_liver_counted(tmp_path: Path) -> None:
    case = open_here(write_case(tmp_path, masks=MASKS[:2]))
    drawn = case._branching().affected(json.dumps([RIGHT]))["inflow_lost"]
    assert drawn.voxel_count == sure(lose(case, RIGHT).inflow).voxels
    layers = affected(case, RIGHT)
    assert set(layers["cut"]) == {255}  # there is no cut surface, so no lesion is near one


def test_their_outlines_are_drawn_in_the_slices_that_they_reach(case: OpenCase) -> None:
    cut = json.dumps([RIGHT])
    drawn = case._branching().affected(cut)["inflow_lost"]
    axial = [json.loads(case.branch_outlines("axial", n, cut)) for n in range(GRID.shape[2])]
    outlined = [bool(one.get("inflow_lost")) for one in axial]
    voxels = drawn.as_array()
    held = [bool(voxels[:, :, n].any()) for n in range(voxels.shape[2])]
    assert outlined in (held, held[::-1])
    assert any(outlined)


SEGMENTS = "remnant_segments = [1, 2, 3, 4]\n"
PLANE = 'plane = { point_mm = [80, 0, 0], normal = [-1, 0, 0], frame = "RAS" }\n'


def write_mapped(folder: Path, plan: str) -> Path:
    """Write the case with a map that leaves out the vessels and a voxel of liver around them."""
    path = write_case(folder, f'[[plan]]\nname = "left stays"\n{plan}', ("liver", "labelmap"))
    codes = np.zeros(GRID.shape, np.uint8)
    for name, (a, b, c, d, e, f) in MAP.items():
        codes[a:b, c:d, e:f] = int(name)
    for a, b, c, d, e, f in VESSEL_BOXES.values():
        codes[a - 1 : b + 1, c - 1 : d + 1, max(e - 1, 0) : f + 1] = 0
    write_nifti(folder / "labelmap.nii.gz", codes, (EDGE_MM,) * 3)
    text = path.read_text("utf-8").replace("[masks]\n", "[masks]\nno_tumour = true\n")
    path.write_text(text, "utf-8")
    return path


@pytest.mark.slow
@pytest.mark.parametrize("plan", [SEGMENTS, PLANE, SEGMENTS + PLANE])
def test_the_saved_cut_is_planned_so_whatever_made_the_remnant(plan: str, tmp_path: Path) -> None:
    case = open_here(write_mapped(tmp_path, plan))
    hepatic = {"tree": "hepatic", "at_mm": [65.3, 30.0, 42.0]}  # of the left one, halfway
    saved = tmp_path / "saved.toml"
    saved.write_bytes(case.export_branches(json.dumps([RIGHT, hepatic])))
    planned = ask("plan", saved, "--json").record["vessels"]["plans"][-1]
    answer = told(case, RIGHT, hepatic)
    assert {key: planned[key] for key in TOLD} == {key: answer[key] for key in TOLD}
    if plan == SEGMENTS:  # the left portal vein lies between segments that stay, and so it stays
        assert sure(lose(case, RIGHT, hepatic).flr_inflow).voxels == 0
    assert sure(lose(case, RIGHT, hepatic).flr_outflow).voxels > 0


@pytest.mark.slow
def test_cuts_are_saved_time_and_again(tmp_path: Path) -> None:
    path = write_case(tmp_path)
    for names in (["branches cut"], ["branches cut", "branches cut 2"]):
        case = open_here(path)
        path.write_bytes(case.export_branches(json.dumps([RIGHT])))
        plans = ask("plan", path, "--json").record["vessels"]["plans"]
        assert [plan["name"] for plan in plans] == names
    numbers = [plan["flr_either_lost"] for plan in plans]
    assert numbers[0] == numbers[1]


def test_a_saved_place_is_not_rounded(tmp_path: Path) -> None:
    text = CaseText.of(write_case(tmp_path))
    place = [83.99996, 30.0, -1e-07]  # rounded, the first would lie in another voxel than clicked
    made = add_branches(text, read_branches(json.dumps([{**RIGHT, "at_mm": place}])))
    (cut,) = made.parse().operations[-1].cuts
    assert cut.at_mm == tuple(place)


def test_a_cut_next_to_its_vessel_is_refused(case: OpenCase) -> None:
    beside = {"tree": "portal", "at_mm": [84.0, 60.0, 22.0]}
    for asked in (case.cut_branches, case.export_branches):
        with refuses("vessels.cut_beside") as refused:
            asked(json.dumps([beside]))
        assert refused.value.remedy == "click on the vessel, and cut again"


def test_no_more_cuts_are_tried_than_the_page_can_ask_for() -> None:
    assert len(read_branches(json.dumps([RIGHT] * 20))) == 20
    with refuses("page.draft", says="21 cuts exceed the maximum of 20") as refused:
        read_branches(json.dumps([RIGHT] * 21))
    assert refused.value.remedy == "undo a cut first"


@pytest.mark.parametrize(
    "wish",
    ["{", "{}", "[]", "[1]", '[{"tree": "portal"}]', json.dumps([RIGHT] * 21),
     '[{"tree": "biliary", "at_mm": [0, 0, 0]}]', '[{"tree": "portal", "at_mm": [0, 0]}]',
     '[{"tree": "portal", "at_mm": [0, 0, NaN]}]', "[" * 60_000,
     '[{"tree": "portal", "at_mm": [true, false, 1]}]',
     f'[{{"tree": "portal", "at_mm": [1{"0" * 400}, 0, 0]}}]'],
)  # fmt: skip
def test_what_is_no_cut_is_refused(wish: str) -> None:
    with refuses("page.draft"):
        read_branches(wish)


def test_a_case_of_plans_keeps_them_and_gets_one_more(tmp_path: Path) -> None:
    plans = '[[plan]]\nname = "right"\nstages = 1\nclearing_margin_mm = 5\n'
    text = CaseText.of(write_case(tmp_path, plans))
    made = add_branches(text, read_branches(json.dumps([RIGHT])))
    path = tmp_path / "more.toml"
    path.write_bytes(made.content)
    record = ask("plan", path, "--json").record
    first, second = record["vessels"]["plans"]
    assert ("cuts" in first, second["name"]) == (False, "branches cut")
    assert second["flr_inflow_lost"]["high_ml"] > 2 * COLUMN * VOXEL_ML
    (other,) = record["case"]["other_plans"]
    assert other["stages"] == 1


def test_values_of_a_plan_are_written_back(tmp_path: Path) -> None:
    plans = (
        '[[plan]]\nname = "first"\nremnant_segments = ["2", "3"]\nclearing_margin_mm = 2.50\n'
        'flr = { file = "flr \N{DOG}.nii.gz", label = 1 }\n'
    )
    path = tmp_path / "case.toml"
    path.write_text(f'schema = 1\n[masks]\nliver = "liver.nii.gz"\n{plans}', "utf-8")
    made = add_branches(CaseText.of(path), read_branches(json.dumps([RIGHT])))
    first, second = made.table["plan"]
    assert {**first, "name": "branches cut", "cuts": second["cuts"]} == second


def test_addresses_answer_and_a_case_without_vessels_has_no_tree(browser: Browser) -> None:
    case = browser.first()
    assert browser.get(f"/cases/{case}/branches").json() == []
    wish = json.dumps([RIGHT])
    for address in ("branch-cuts", "branches/branches-cut.toml"):
        refused = browser.get(f"/cases/{case}/{address}?cut={quote(wish)}")
        assert (refused.status, refused.json()["code"]) == (422, "vessels.no_tree")
