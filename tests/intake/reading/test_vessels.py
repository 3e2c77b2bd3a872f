"""Vessels beside segments: from files of their own, from maps, and from what is excluded.

Files are 10 x 8 x 6 voxels of 2 x 3 x 5 mm; a voxel is 0.030 mL.
"""

from pathlib import Path

import numpy as np
import pytest

from fl_planner.given.table import Words
from fl_planner.intake.documents.case_file import read_case_file
from fl_planner.intake.reading.masks import ReadAnatomy
from fl_planner.intake.request.read_case import read_case
from fl_planner.liver.vessels.branch_cut import BranchCut
from fl_planner.planning.given.case import Case, Operation
from fl_planner.planning.given.identity import find_same_files
from fl_planner.workup.request import make_request
from tests.intake.reading.test_masks import LIVER, ORIGIN_MM, SHAPE, part, placed, put
from tests.intake.reading.test_part_names import read, slicer, told
from tests.refusals import refuses

PORTAL = part((2, 6), (3, 4), (2, 3))  # 4 in the liver
BRANCH = part((6, 8), (3, 4), (2, 3))  # 2 in the liver, right behind
CAVA = part((8, 10), (1, 3), (1, 5))  # 16, of which 8 in the liver
UNSAID: Words = {
    "remnant_segments": None, "exclude": (), "labelmap": None, "scheme": None, "absent_segment": (),
    "no_tumour": False, "resample": False, "gaps_to_nearest": False, "liver": None, "tumour": (),
    "flr": None, "resected": None, "treated": None, "size_limit": 1, "place_frame": "RAS",
}  # fmt: skip


def voxels_of(found: ReadAnatomy) -> dict[str, int]:
    return {name: mask.voxel_count for name, mask in found.anatomy.vessels.items()}


def excluded_in(found: ReadAnatomy) -> list[str]:
    return [mask.name for mask in found.anatomy.excluded]


def write_case(folder: Path, *lines: str) -> Path:
    put(folder, "liver", LIVER)
    put(folder, "portal", PORTAL)
    path = folder / "case.toml"
    path.write_text("\n".join(("schema = 1", "[masks]", 'liver = "liver.nii"', *lines)))
    return path


def ask(folder: Path, **given: object) -> Case:
    request = make_request(None, {**UNSAID, "liver": put(folder, "liver", LIVER), **given})
    return read_case(request)


# Names and files.


def test_vessels_are_read_by_any_spelling_and_several_files_united(tmp_path: Path) -> None:
    files = {
        "PV": put(tmp_path, "pv", PORTAL),
        "portal veins": put(tmp_path, "more", BRANCH),
        "RHV": put(tmp_path, "rhv", BRANCH),
    }
    found = read(masks={"liver": put(tmp_path, "liver", LIVER)}, vessels=files)
    assert voxels_of(found) == {"right_hepatic_vein": 2, "portal_veins": 6}
    assert [one.role for one in found.inputs] == [
        "liver", "vessel portal_veins", "vessel portal_veins", "vessel right_hepatic_vein",
    ]  # fmt: skip
    assert "vessel portal_veins: pv.nii" in told(found, "input.united").message
    assert found.anatomy.organ.voxel_count == 192


def test_a_vessel_by_no_name_is_refused_with_the_names(tmp_path: Path) -> None:
    liver, aorta = put(tmp_path, "liver", LIVER), put(tmp_path, "aorta", PORTAL)
    with refuses("vessels.unknown", "vessel aorta") as refused:
        read(masks={"liver": liver}, vessels={"aorta": aorta})
    assert "portal_veins, right_portal_vein" in refused.value.remedy
    with refuses("vessels.unknown", says="did you mean bile_duct?"):
        read(masks={"liver": liver}, vessels={"bile_duckt": aorta})


def test_an_empty_vessel_is_a_failed_drawing(tmp_path: Path) -> None:
    masks = {"liver": put(tmp_path, "liver", LIVER)}
    with refuses("mask.empty", "none.nii"):
        read(masks=masks, vessels={"PV": put(tmp_path, "none", np.zeros(SHAPE, "u1"))})


def test_a_vessel_on_another_grid_is_brought_over_or_refused(tmp_path: Path) -> None:
    masks = {"liver": put(tmp_path, "liver", LIVER)}
    coarse = put(tmp_path, "pv", PORTAL[::2], **placed(ORIGIN_MM, (4.0, 3.0, 5.0)))
    with refuses("grid.differs"):
        read(masks=masks, vessels={"PV": coarse})
    found = read(masks=masks, vessels={"PV": coarse}, resample=True)
    assert voxels_of(found)["portal_veins"] > 0
    assert [one.file for one in found.resampled] == ["pv.nii"]
    cropped = put(tmp_path, "cropped", PORTAL[:9])  # the same voxels, one layer less
    assert voxels_of(read(masks=masks, vessels={"PV": cropped})) == {"portal_veins": 4}


def test_a_segment_file_gives_the_branches_of_a_tree_and_no_other(tmp_path: Path) -> None:
    veins = slicer(tmp_path, ("RHV", PORTAL), ("MHV", BRANCH), ("Portal", CAVA))
    masks = {"liver": put(tmp_path, "liver", LIVER)}
    assert voxels_of(read(masks=masks, vessels={"HV": veins})) == {"hepatic_veins": 6}
    assert voxels_of(read(masks=masks, vessels={"RHV": veins})) == {"right_hepatic_vein": 4}
    both = voxels_of(read(masks=masks, vessels={"liver_vessels": veins}))
    assert both == {"liver_vessels": 22}
    with refuses("segments.name", says="none named left_hepatic_vein"):
        read(masks=masks, vessels={"LHV": veins})


def test_a_lone_segment_of_another_name_is_reported(tmp_path: Path) -> None:
    masks = {"liver": put(tmp_path, "liver", LIVER)}
    alone = slicer(tmp_path, ("Portal", PORTAL))
    found = read(masks=masks, vessels={"HV": alone})
    assert "is named Portal instead of hepatic_veins" in told(found, "segments.name").message
    assert read(masks=masks, vessels={"PV": alone}).findings == ()


def test_one_label_of_any_file_is_a_vessel(tmp_path: Path) -> None:
    masks = {"liver": put(tmp_path, "liver", LIVER)}
    veins = put(tmp_path, "veins", PORTAL + 2 * BRANCH + 3 * part((2, 4), (5, 6), (2, 3)))
    found = read(masks=masks, vessels={"PV#1": veins, "hepatic veins#2": veins, "HV#3": veins})
    assert voxels_of(found) == {"hepatic_veins": 4, "portal_veins": 4}
    assert [one.role for one in found.inputs[1:]] == [
        "vessel portal_veins", "vessel hepatic_veins", "vessel hepatic_veins",
    ]  # fmt: skip
    assert find_same_files(found.inputs, found.anatomy) == ()
    with refuses(
        "vessels.no_label", "veins.nii", says="as label 4, but the file contains labels 1, 2, 3"
    ):
        read(masks=masks, vessels={"PV#4": veins})
    named = slicer(tmp_path, ("RHV", PORTAL), ("MHV", BRANCH))
    with refuses("vessels.no_label", says="the file contains named segments"):
        read(masks=masks, vessels={"HV#1": named})
    for name in ("PV#0", "PV#1#2", "PV#2#1", "#1", "PV#"):
        with refuses("vessels.unknown", f"vessel {name}"):
            read(masks=masks, vessels={name: veins})
    for name in ("RPV#x", "PV#0", "PV#"):
        with refuses("vessels.unknown", f"vessel {name}", says="give a whole number of 1 or more"):
            read(masks=masks, vessels={name: veins})
    with refuses("vessels.unknown", says="the vessel's name is unknown"):
        read(masks=masks, vessels={"aorta#x": veins})
    with refuses("labels.several", "veins.nii") as several:
        read(masks=masks, vessels={"PV": veins})
    assert several.value.remedy == "select a label: portal_veins#LABEL instead of portal_veins"


def test_an_option_replaces_every_label_of_a_vessel(tmp_path: Path) -> None:
    path = write_case(tmp_path, "[masks.vessels]", '"PV#1" = "portal.nii"', 'RHV = "portal.nii"')
    said = {**UNSAID, "vessel": (f"portal veins={tmp_path / 'portal.nii'}",)}
    assert {*make_request(path, said).files.vessels} == {"portal_veins", "right_hepatic_vein"}


# Maps, and what is excluded.


def test_branches_of_a_map_keep_their_names(tmp_path: Path) -> None:
    veins = (("RHV", PORTAL), ("MHV", BRANCH), ("HA", BRANCH), ("CBD", PORTAL))
    found = read(label_map=slicer(tmp_path, ("Liver", LIVER), *veins))
    assert voxels_of(found) == {
        "right_hepatic_vein": 4, "middle_hepatic_vein": 2, "hepatic_artery": 2, "bile_duct": 4,
    }  # fmt: skip
    assert found.anatomy.organ.voxel_count == 192


def test_a_file_of_its_own_goes_before_the_map(tmp_path: Path) -> None:
    of_map = slicer(tmp_path, ("Liver", LIVER), ("PV", PORTAL), ("MPV", BRANCH))
    own = {"PV": put(tmp_path, "pv", BRANCH), "MPV": put(tmp_path, "trunk", CAVA)}
    found = read(label_map=of_map, vessels=own)
    assert voxels_of(found) == {"portal_veins": 2, "portal_vein_trunk": 16}
    wins = [one.message for one in found.findings if one.code == "labels.file_wins"]
    assert any("given as vessel portal_veins" in message for message in wins)


def test_the_vena_cava_leaves_the_liver_however_it_is_given(tmp_path: Path) -> None:
    liver, cava = put(tmp_path, "liver", LIVER), put(tmp_path, "cava", CAVA)
    by_vessel = read(masks={"liver": liver}, vessels={"IVC": cava})
    by_exclude = read(masks={"liver": liver}, excluded={"VCI": cava})
    by_map = read(masks={"liver": liver}, label_map=slicer(tmp_path, ("IVC", CAVA)))
    for found in (by_vessel, by_exclude, by_map):
        assert voxels_of(found) == {"inferior_vena_cava": 16}
        assert excluded_in(found) == ["inferior_vena_cava"]
        assert found.anatomy.organ.voxel_count == 184
    both = read(masks={"liver": liver}, vessels={"IVC": cava}, excluded={"IVC": cava})
    assert excluded_in(both) == ["inferior_vena_cava"]


def test_an_excluded_trunk_is_a_root_too(tmp_path: Path) -> None:
    liver, trunk = put(tmp_path, "liver", LIVER), put(tmp_path, "trunk", PORTAL)
    found = read(masks={"liver": liver}, excluded={"portal vein trunk": trunk})
    assert voxels_of(found) == {"portal_vein_trunk": 4}
    assert found.anatomy.organ.voxel_count == 188
    spared = read(masks={"liver": liver}, excluded={"hepatic veins": trunk})
    assert (voxels_of(spared), spared.anatomy.organ.voxel_count) == ({"hepatic_veins": 4}, 192)
    empty = put(tmp_path, "none", np.zeros(SHAPE, "u1"))
    assert voxels_of(read(masks={"liver": liver}, excluded={"IVC": empty})) == {}


def test_one_file_as_two_trees_is_reported(tmp_path: Path) -> None:
    same = put(tmp_path, "veins", PORTAL)
    masks = {"liver": put(tmp_path, "liver", LIVER)}
    found = read(masks=masks, vessels={"PV": same, "HV": same})
    (finding,) = find_same_files(found.inputs, found.anatomy)
    assert "vessel hepatic_veins and as vessel portal_veins" in finding.message


# Words of options.


def test_options_name_vessels_roots_and_cuts(tmp_path: Path) -> None:
    pv = put(tmp_path, "portal", PORTAL)
    case = ask(
        tmp_path, vessel=(f"PV={pv}", f"HV={pv}"),
        portal_root="1,2,3", hepatic_root=" 4, -5.5,6",
        cut=("portal=RPV", "hepatic=-1,2,3"), place_frame="LPS",
    )  # fmt: skip
    assert {*case.anatomy.vessels} == {"portal_veins", "hepatic_veins"}
    assert case.vessel_roots_mm == {"portal": (-1.0, -2.0, 3.0), "hepatic": (-4.0, 5.5, 6.0)}
    assert case.operations == (
        Operation(
            cuts=(
                BranchCut("portal", branch="right_portal_vein"),
                BranchCut("hepatic", (1.0, -2.0, 3.0)),
            )
        ),
    )


@pytest.mark.parametrize(
    ("option", "word", "says"),
    [
        ("--cut", {"cut": ("portal",)}, "is not TREE=POINT"),
        ("--cut", {"cut": ("arterial=1,2,3",)}, "is not TREE=POINT"),
        ("--cut", {"cut": ("portal=1,2",)}, "is neither a point nor a branch of the portal veins"),
        ("--cut", {"cut": ("portal=1,2,nan",)}, "is neither a point nor a branch"),
        ("--cut", {"cut": ("portal=RHV",)}, "nor a branch of the portal veins"),
        ("--cut", {"cut": ("portal=RPV#2",)}, "nor a branch of the portal veins"),
        ("--cut", {"cut": ("hepatic=hepatic veins",)}, "nor a branch of the hepatic veins"),
        ("--portal-root", {"portal_root": "1;2;3"}, "does not give a point as three numbers"),
        ("--hepatic-root", {"hepatic_root": "1,2,inf"}, "does not give a point as three numbers"),
        ("--portal-point", {"portal_point": ("1,2",)}, "does not give a point as three numbers"),
        ("--vessel", {"vessel": ("portal.nii",)}, "is not NAME=FILE"),
    ],
)
def test_words_that_give_no_vessel_are_refused(
    option: str, word: dict[str, object], says: str, tmp_path: Path
) -> None:
    with refuses("usage.wrong", option, says=says):
        ask(tmp_path, **word)


@pytest.mark.parametrize(
    ("source", "word"),
    [
        ("portal root", {"portal_root": "1,2,3"}),
        ("hepatic root", {"hepatic_root": "1,2,3"}),
        ("portal cut", {"cut": ("portal=1,2,3",)}),
        ("hepatic cut", {"cut": ("hepatic=RHV",)}),
    ],
)
def test_a_root_or_a_cut_of_no_tree_is_not_passed_over(
    source: str, word: dict[str, object], tmp_path: Path
) -> None:
    artery = f"HA={put(tmp_path, 'artery', PORTAL)}"
    with refuses("vessels.no_tree", source):
        ask(tmp_path, vessel=(artery,), **word)
    every = f"liver vessels={put(tmp_path, 'vessels', PORTAL)}"
    assert ask(tmp_path, vessel=(artery, every), **word).anatomy.vessels.keys() >= {"liver_vessels"}


@pytest.mark.parametrize(
    ("source", "word"),
    [
        ("hepatic root", {"hepatic_root": "1,2,3"}),
        ("hepatic root", {"hepatic_root": "1,2,3", "portal_root": "1,2,3"}),
        ("hepatic cut", {"cut": ("hepatic=RHV",)}),
    ],
)
def test_one_label_of_all_veins_is_no_tree_next_to_named_veins(
    source: str, word: dict[str, object], tmp_path: Path
) -> None:
    file = put(tmp_path, "veins", PORTAL)
    with refuses(
        "vessels.no_tree",
        source,
        says="liver_vessels is not split into portal and hepatic veins if named",
    ):
        ask(tmp_path, vessel=(f"PV={file}", f"liver vessels={file}"), **word)


def test_points_are_of_one_label_of_all_veins_that_is_divided(tmp_path: Path) -> None:
    file = put(tmp_path, "veins", PORTAL)
    said = {"portal_point": ("1,2,3", "2,3,4"), "hepatic_point": ("4,5,6",)}
    case = ask(tmp_path, vessel=(f"liver vessels={file}",), **said)
    assert case.vessel_points_mm == {
        "portal": ((1.0, 2.0, 3.0), (2.0, 3.0, 4.0)),
        "hepatic": ((4.0, 5.0, 6.0),),
    }
    with refuses("vessels.point_unused", "portal point", says="veins were given by name"):
        ask(tmp_path, vessel=(f"PV={file}", f"liver vessels={file}"), **said)
    with refuses(
        "vessels.point_unused", "hepatic point", says="there is no single label for all veins"
    ):
        ask(tmp_path, vessel=(f"HA={file}",), hepatic_point=("4,5,6",))


@pytest.mark.parametrize("name", ["cyst#2", "cyst #2", "gallbladder#1", "IVC#1#2"])
def test_a_label_behind_what_is_excluded_is_not_passed_over(name: str, tmp_path: Path) -> None:
    file = put(tmp_path, "veins", PORTAL)
    with refuses("exclude.unknown", f"exclude {name}", says="be selected only for a vessel"):
        ask(tmp_path, exclude=(f"{name}={file}",))
    assert ask(tmp_path, exclude=(f"other stone #2={file}",)).anatomy.excluded


def test_a_number_sign_in_the_name_of_a_file_is_its_own(tmp_path: Path) -> None:
    file = put(tmp_path, "veins#3", PORTAL)
    case = ask(tmp_path, vessel=(f"PV={file}",), exclude=(f"cyst={file}",))
    assert {*case.anatomy.vessels} == {"portal_veins"}


# The case file.


def test_a_case_file_names_vessels_roots_and_cuts(tmp_path: Path) -> None:
    path = write_case(
        tmp_path,
        'vessels = { "portal vein" = "portal.nii", HV = "portal.nii" }',
        "[vessels]",
        "portal_root_mm = [1, 2.5, 3]",
        'frame = "LPS"',
        "[[plan]]",
        'cuts = [{ tree = "portal", at_mm = [1, 2, 3], frame = "LPS" },',
        '        { tree = "hepatic", branch = "MHV" }]',
    )
    case = read_case(read_case_file(path))
    assert {*case.anatomy.vessels} == {"portal_veins", "hepatic_veins"}
    assert case.vessel_roots_mm == {"portal": (-1.0, -2.5, 3.0)}
    cuts = (
        BranchCut("portal", (-1.0, -2.0, 3.0)),
        BranchCut("hepatic", branch="middle_hepatic_vein"),
    )
    assert case.operations[0].cuts == cuts
    said = {**UNSAID, "cut": ("hepatic=LHV",), "hepatic_root": "7,8,9", "vessel": ()}
    over = read_case(make_request(path, said))
    assert over.operations[0].cuts == (BranchCut("hepatic", branch="left_hepatic_vein"),)
    assert over.vessel_roots_mm == {"portal": (-1.0, -2.5, 3.0), "hepatic": (7.0, 8.0, 9.0)}


def test_cuts_of_options_need_one_plan(tmp_path: Path) -> None:
    veins = 'vessels = { PV = "portal.nii" }'
    path = write_case(tmp_path, veins, "[[plan]]", 'name = "a"', "[[plan]]", 'name = "b"')
    with refuses("usage.wrong", "--cut", says="the case file has 2 plans"):
        read_case(make_request(path, {**UNSAID, "cut": ("portal=RPV",)}))


def test_the_hash_of_a_vessel_is_held_against_its_file(tmp_path: Path) -> None:
    sha = f'"vessel PV" = "{"0" * 64}"'
    path = write_case(tmp_path, 'vessels = { PV = "portal.nii" }', "[imaging.sha256]", sha)
    case = read_case(read_case_file(path))
    changed = [one for one in case.findings if one.code == "case.mask_changed"]
    assert [one.file for one in changed] == ["portal.nii"]
