"""Where vessel trees begin, and points in branches of the wrong tree, set on the page."""

from __future__ import annotations

import json
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from fl_planner.space.mask import unite
from fl_planner.web.case import OpenCase
from fl_planner.web.dossier.planned import CaseText
from fl_planner.web.dossier.sign_off import add_begin, add_point, remove_point
from tests.cli.outside import ask
from tests.masks import boxes
from tests.niftis import write_nifti
from tests.refusals import refuses
from tests.vessel_liver import EDGE_MM, FLR, GRID, LIVER, TUMOUR, VESSELS, write_masks
from tests.web.served import Browser, open_here

if TYPE_CHECKING:
    from fl_planner.space.grid import Place


BY = {"by": "R1", "on": "2026-11-22"}
PORTAL, HEPATIC = (78.0, 30.0, 10.0), (78.0, 38.0, 42.0)  # in the trunk, and in the middle vein
HEAD = '[masks]\nliver = "liver.nii.gz"\ntumour = "tumour.nii.gz"\nflr = "flr.nii.gz"\n'
FEET = [[18, 22, 7, 9, 0, 3], [19, 21, 9, 11, 10, 20]]  # of the trunk, and of the middle vein
ALL = '[masks.vessels]\nliver_vessels = "all.nii.gz"\n'


def case_file(folder: Path, more: str = ALL) -> Path:
    """Write a case whose veins were drawn under one label."""
    write_masks(folder)
    veins = [mask for name, mask in VESSELS.items() if name != "inferior_vena_cava"]
    veins.append(boxes(GRID, FEET, "outside"))  # without it less than 1 mL is outside the liver
    together = np.logical_or.reduce([mask.as_array() for mask in veins])
    write_nifti(folder / "all.nii.gz", together.astype(np.uint8), (EDGE_MM,) * 3)
    path = folder / "case.toml"
    path.write_text(f'schema = 1\ndiagnosis = "crlm"\n{HEAD}{more}', "utf-8")
    return path


def begin(case: OpenCase, tree: str, place: tuple[float, ...]) -> Any:
    return case.enter("begin", {"tree": tree, "at_mm": json.dumps(place), **BY})


@pytest.mark.essential
@pytest.mark.slow
def test_one_label_is_distinguished_by_two_places_as_on_the_command_line(tmp_path: Path) -> None:
    case = open_here(case_file(tmp_path))
    unknown: list[dict[str, Any]] = [
        {"tree": tree, "at_mm": [], "told": False, "tells": False} for tree in ("portal", "hepatic")
    ]
    assert case.dossier()["begins"] == unknown
    assert case.branches() == []
    half = begin(case, "portal", PORTAL)
    (portal, hepatic) = half["begins"]
    assert (portal["told"], portal["tells"]) == (True, False)
    assert (hepatic["told"], hepatic["tells"]) == (False, False)
    assert case.branches() == []  # one alone tells nothing apart
    whole = begin(case, "hepatic", HEPATIC)
    assert [one["at_mm"] for one in whole["begins"]] == [[[*PORTAL]], [[*HEPATIC]]]
    assert all(one["tells"] for one in whole["begins"])
    assert case.branches() == ["portal", "hepatic"]
    assert [one["says"] for one in whole["steps"]] == [
        "origin of the portal tree at 78, 30, 10 mm",
        "origin of the hepatic tree at 78, 38, 42 mm",
    ]
    options = [f"--{name}={tmp_path / name}.nii.gz" for name in ("liver", "tumour", "flr")]
    options += ["--vessel", f"liver_vessels={tmp_path / 'all.nii.gz'}", "--diagnosis", "crlm"]
    places = (("--portal-root", PORTAL), ("--hepatic-root", HEPATIC))
    options += [f"{name}={','.join(map(str, place))}" for name, place in places]
    asked = ask("plan", *options, "--json").record["vessels"]
    told = json.loads(case.record())["vessels"]
    assert told["trees"] == asked["trees"]
    assert told["plans"] == asked["plans"]


@pytest.mark.slow
def test_what_was_reported_can_be_taken_back(tmp_path: Path) -> None:
    case = open_here(case_file(tmp_path))
    before = case.own_text()
    begin(case, "portal", PORTAL)
    begin(case, "hepatic", HEPATIC)
    case.enter("undo", {})
    assert case.branches() == []
    case.enter("undo", {})
    assert case.own_text() == before
    case.enter("redo", {})
    case.enter("redo", {})
    assert case.branches() == ["portal", "hepatic"]


@pytest.mark.slow
def test_h02_a_warning_accepted_for_one_origin_is_not_accepted_for_another(tmp_path: Path) -> None:
    case = open_here(
        case_file(tmp_path, f'{ALL}[facts]\nlargest_lesion = {{value=9, unit="cm"}}\n')
    )
    accepted = {"code": "contradiction.largest_lesion", "why": "oblique", **BY}
    case.enter("accept", accepted)
    begin(case, "portal", PORTAL)
    told = begin(case, "hepatic", HEPATIC)
    assert len(told["accepted"]) == 1  # neither tree had an origin before
    told = begin(case, "hepatic", HEPATIC)
    assert len(told["accepted"]) == 1
    told = begin(case, "hepatic", (78.0, 38.0, 40.0))
    assert told["accepted"] == []
    assert told["steps"][-1]["notes"][0].startswith("removed: acceptance of: the largest lesion")
    case.enter("accept", accepted)
    point = {"tree": "hepatic", "at_mm": json.dumps((78.0, 38.0, 38.0)), **BY}
    assert case.enter("point", point)["accepted"] == []


@pytest.mark.slow
def test_veins_that_were_drawn_by_name_state_where_they_are_taken_to_begin(tmp_path: Path) -> None:
    names = ("right_portal_vein", "left_portal_vein", "right_hepatic_vein", "inferior_vena_cava")
    vessels = "".join(f'{name} = "{name}.nii.gz"\n' for name in names)
    case = open_here(case_file(tmp_path, f"[masks.vessels]\n{vessels}"))
    portal, hepatic = case.dossier()["begins"]
    # without a trunk, veins that end in the liver are clipped
    assert (portal["tree"], portal["told"], portal["tells"]) == ("portal", False, False)
    assert portal["at_mm"] == [[72.0, 28.0, 20.0], [84.0, 28.0, 20.0]]  # where both meet
    assert (hepatic["tree"], hepatic["told"]) == ("hepatic", True)  # the cava says so
    moved = begin(case, "portal", (84.0, 30.0, 22.0))["begins"][0]
    # begun in the right one alone, the left one is a piece 12 mm away, and nothing is told
    assert moved == {"tree": "portal", "at_mm": [[84.0, 30.0, 22.0]], "told": True, "tells": False}


def test_a_case_without_veins_has_no_tree(tmp_path: Path) -> None:
    assert open_here(case_file(tmp_path, "")).dossier()["begins"] == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "code"),
    [({"tree": "biliary"}, "page.entry"), ({"at_mm": "here"}, "page.draft"),
     ({"at_mm": "[1, 2]"}, "page.draft"), ({"at_mm": "[NaN, 2, 3]"}, "page.draft"),
     ({"at_mm": f"[1{'0' * 400}, 2, 3]"}, "page.draft"), ({"at_mm": "[true, 2, 3]"}, "page.draft"),
     ({"at_mm": "[" * 60_000}, "page.draft"),
     ({"by": ""}, "page.entry"), ({"at_mm": "[78, 60, 10]"}, "vessels.root_beside")],
)  # fmt: skip
def test_what_is_no_place_in_the_vessel_changes_nothing(
    words: dict[str, str], code: str, tmp_path: Path
) -> None:
    path = case_file(tmp_path)
    case = open_here(path)
    with refuses(code):
        case.enter("begin", {"tree": "portal", "at_mm": json.dumps(PORTAL), **BY, **words})
    assert case.own_text() == (str(path), path.read_bytes())
    assert not case.dossier()["undo"]


def test_a_place_is_written_in_the_frame_of_the_file_and_voids_a_sign_off(tmp_path: Path) -> None:
    more = f'{ALL}[vessels]\nframe = "LPS"\nhepatic_root_mm = [-78.0, -38.0, 42.0]\n'
    signed = '[imaging]\nreader = "R1"\nstatus = "verified"\n'
    made = add_begin(CaseText.of(case_file(tmp_path, more + signed)), "portal", PORTAL, "R1")
    table = tomllib.loads(made.text)
    assert table["vessels"]["portal_root_mm"] == [-78.0, -30.0, 10.0]
    assert table["vessels"]["hepatic_root_mm"] == [-78.0, -38.0, 42.0]
    assert table["imaging"]["status"] == "draft"
    roots = made.parse().vessel_roots_mm
    assert roots == {"portal": PORTAL, "hepatic": HEPATIC}


def test_the_address_takes_it(browser: Browser) -> None:
    place = {"tree": "portal", "at_mm": "[1, 2]", **BY}
    refused = browser.post(f"/cases/{browser.first()}/begin", place)
    assert (refused.status, refused.json()["code"]) == (422, "page.draft")


# ---- points in branches of the wrong tree


FINE_MM = EDGE_MM / 2  # so that a twig is narrower than the vein
TWIG = (60, 16, slice(15, 20))  # one voxel thick, from the right hepatic vein to the portal one
IN_TWIG = (120.0, 32.0, 38.0)
IN_VEIN = (100.0, 30.0, 42.0)  # in the right hepatic vein
ROOTS = f'[vessels]\nframe = "RAS"\nportal_root_mm = {[*PORTAL]}\nhepatic_root_mm = {[*HEPATIC]}\n'
LABEL = '[masks.vessels]\nliver_vessels = "all.nii.gz"\n'


def write_twig_case(folder: Path, more: str = LABEL + ROOTS) -> Path:
    """Write a case of one label of all veins, in which a twig is at a hepatic vein."""
    veins = [mask for name, mask in VESSELS.items() if name != "inferior_vena_cava"]
    together = unite([*veins, boxes(GRID, FEET, "outside")])
    for mask in (LIVER, TUMOUR, FLR, VESSELS["right_portal_vein"], replace(together, name="all")):
        voxels = mask.as_array().astype(np.uint8)
        for axis in range(3):
            voxels = voxels.repeat(2, axis)
        if mask.name == "all":
            voxels[TWIG] = 1
        write_nifti(folder / f"{mask.name}.nii.gz", voxels, (FINE_MM,) * 3)
    path = folder / "case.toml"
    path.write_text(f'schema = 1\ndiagnosis = "crlm"\n{HEAD}{more}', "utf-8")
    return path


def enter(case: OpenCase, what: str, tree: str, place: Place) -> Any:
    return case.enter(what, {"tree": tree, "at_mm": json.dumps(place), **BY})


def trees(case: OpenCase) -> dict[str, int]:
    """List the volume of each tree."""
    vessels = json.loads(case.record())["vessels"]
    return {one["tree"]: one["volume_ml"] for one in vessels["trees"]}


def test_h13_a_point_moves_a_branch_as_on_the_command_line(tmp_path: Path) -> None:
    path = write_twig_case(tmp_path)
    case = open_here(path)
    assert case.dossier()["points"] == []
    before = trees(case)
    told = enter(case, "point", "portal", IN_TWIG)
    assert told["points"] == [{"tree": "portal", "at_mm": [*IN_TWIG]}]
    assert told["steps"][-1]["says"] == "point in the portal tree at 120, 32, 38 mm"
    after = trees(case)
    twig_ml = 5 * FINE_MM**3 / 1000  # five voxels
    assert after["portal"] - before["portal"] == pytest.approx(twig_ml)
    assert before["hepatic"] - after["hepatic"] == pytest.approx(twig_ml)
    asked = ask("plan", path, "--portal-point=120,32,38", "--json").record
    record = json.loads(case.record())
    assert record["vessels"] == asked["vessels"]
    path.write_bytes(case.own_text()[1])  # the case file of the page has the point
    assert json.loads(ask("plan", path, "--json").stdout) == record


def test_points_are_removed_and_entries_undone(tmp_path: Path) -> None:
    case = open_here(write_twig_case(tmp_path))
    without = case.own_text()
    enter(case, "point", "portal", IN_TWIG)
    moved = trees(case)
    enter(case, "point", "hepatic", IN_VEIN)
    told = enter(case, "remove_point", "portal", IN_TWIG)
    assert told["points"] == [{"tree": "hepatic", "at_mm": [*IN_VEIN]}]
    assert told["steps"][-1]["says"] == "removed: point in the portal tree at 120, 32, 38 mm"
    case.enter("undo", {})
    case.enter("undo", {})
    assert trees(case) == moved
    enter(case, "remove_point", "portal", IN_TWIG)
    assert case.own_text() == without


@pytest.mark.parametrize(
    ("what", "tree", "place", "code"),
    [("point", "portal", (120.0, 60.0, 38.0), "vessels.root_beside"),
     ("point", "biliary", IN_TWIG, "page.entry"),
     ("remove_point", "portal", IN_TWIG, "page.entry")],
)  # fmt: skip
def test_a_refused_point_changes_nothing(
    what: str, tree: str, place: Place, code: str, tmp_path: Path
) -> None:
    path = write_twig_case(tmp_path)
    case = open_here(path)
    with refuses(code):
        enter(case, what, tree, place)
    assert case.own_text() == (str(path), path.read_bytes())
    assert not case.dossier()["undo"]


def test_points_of_both_trees_in_one_branch_are_refused_as_on_the_command_line(
    tmp_path: Path,
) -> None:
    case = open_here(write_twig_case(tmp_path))
    enter(case, "point", "portal", IN_TWIG)
    with refuses("vessels.points_conflict"):
        enter(case, "point", "hepatic", IN_TWIG)
    assert case.dossier()["points"] == [{"tree": "portal", "at_mm": [*IN_TWIG]}]


def test_without_both_origins_a_point_is_refused(tmp_path: Path) -> None:
    case = open_here(write_twig_case(tmp_path, LABEL))
    with refuses("vessels.point_unused", says="a root is unknown"):
        enter(case, "point", "portal", IN_TWIG)


def test_veins_drawn_by_name_have_no_points(tmp_path: Path) -> None:
    named = '[masks.vessels]\nright_portal_vein = "right_portal_vein.nii.gz"\n'
    assert open_here(write_twig_case(tmp_path, named)).dossier()["points"] is None


def test_a_point_is_written_in_the_frame_of_the_file_and_voids_a_sign_off(tmp_path: Path) -> None:
    more = '[vessels]\nframe = "LPS"\nportal_points_mm = [[-100.0, -30.0, 42.0]]\n'
    signed = '[imaging]\nreader = "R1"\nstatus = "verified"\n'
    text = CaseText.of(write_twig_case(tmp_path, LABEL + more + signed))
    made = add_point(text, "portal", IN_TWIG, "R1")
    table = tomllib.loads(made.text)
    assert table["vessels"]["portal_points_mm"] == [[-100.0, -30.0, 42.0], [-120.0, -32.0, 38.0]]
    assert table["imaging"]["status"] == "draft"
    assert made.parse().vessel_points_mm == {"portal": (IN_VEIN, IN_TWIG)}
    left = remove_point(made, "portal", IN_VEIN, "R1")
    assert left.parse().vessel_points_mm == {"portal": (IN_TWIG,)}


def test_both_trees_of_a_divided_label_are_shown_as_they_were_divided(tmp_path: Path) -> None:
    case = open_here(write_twig_case(tmp_path))
    layer = 19  # of the twig, from the feet
    for point in (False, True):
        if point:
            enter(case, "point", "portal", IN_TWIG)
        content = case.cut("axial", layer)
        length = int.from_bytes(content[:4], "little")
        parts = json.loads(content[4 : 4 + length])["parts"]
        assert ("portal" in parts, "hepatic" in parts) == (point, not point)
    keys = {one["key"] for one in case.scan()["parts"]}
    assert {"portal", "hepatic"} <= keys
    volumes = dict(case.answer()["strip"]["volumes"])
    assert {"portal", "hepatic"} <= volumes.keys()
