"""Public livers: 14 Couinaud maps and 3 livers with tumour, against counts made by others.

The numbers stand in data/index.json, made with nibabel and SimpleITK; what is compared here
with nibabel and scipy is counted anew.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import cache, reduce
from operator import or_
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
from scipy import ndimage

from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.shown import Share
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.intake.reading.masks import MaskFiles, ReadAnatomy, read_anatomy
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.lesions.lesions import measure_lesions
from fl_planner.liver.mask_faults import find_cut, find_flat_ends
from fl_planner.liver.misplacement import find_left_bulk
from fl_planner.liver.segments.segments import find_segment_doubts
from fl_planner.liver.stray import find_stray
from fl_planner.liver.volumetry import find_odd_extent, find_odd_volume
from fl_planner.planning.assessment.assess import Measured
from fl_planner.planning.assessment.plan_measures import measure_plan
from fl_planner.planning.given.case import Case, Operation
from fl_planner.space.grid import Box, Grid
from fl_planner.space.mask import Mask
from tests.cases import of_many, sure
from tests.masks import codes, mirrored, on_each
from tests.shared import shared

pytestmark = pytest.mark.slow

MAPS = of_many(  # usual, a tiny, an unusual and a missing segment, and a liver that is cut off
    ["011", "022", "094", "133", "289"],
    ["011", "022", "030", "037", "066", "089", "094", "133", "141", "175", "207", "255", "289",
     "375"],
)  # fmt: skip
TUMOURS = ["002", "008", "010"]
REMNANTS = {
    "right_hepatectomy_5-8": "1234",
    "extended_right_4-8": "123",
    "left_hepatectomy_1-4": "5678",
}
SINGLE = 2e-7  # relative: the header's 32-bit edge is taken as the decimal that it was made from
CODES = {
    "segment_tiny": "segments.small",
    "segment_missing": "segments.missing",
    "segment_unusual": "segments.unusual",
    "thick_slices": "plausibility.thick_slices",
    "fov_cut": "edge.cut",
}


@cache
def index() -> Mapping[str, dict[str, Any]]:
    files = json.loads(shared("data", "index.json").read_text("utf-8"))["files"]
    return {file["path"]: file for file in files}


@cache
def read(name: str) -> tuple[ReadAnatomy, dict[str, Any]]:
    path = f"couinaud_msd08/MSD-{name}_couinaud.nii.gz"
    return read_anatomy(MaskFiles(label_map=shared("data", path)), Limits()), index()[path]


def measured_of(anatomy: Anatomy, remnant: str = "") -> Measured:
    return measure_plan(Case(anatomy, (), operations=(Operation(None, tuple(remnant)),)))


def printed(ml: float, decimals: int) -> object:
    """Allow half of the last printed digit, and the header's own rounding."""
    return pytest.approx(ml, abs=0.5 * 10**-decimals + SINGLE * ml)


def share_of(anatomy: Anatomy, remnant: str) -> Share | None:
    volumes = sure(measured_of(anatomy, remnant).volumes)
    return volumes.flr_share


def above_info(findings: tuple[Finding, ...]) -> set[str]:
    return {finding.code for finding in findings if finding.severity is not Severity.INFO}


def counted(path: Path) -> tuple[Any, float]:
    image = nibabel.load(path)
    affine = image.affine[:3, :3]  # type: ignore[attr-defined]  # every image has one
    labels = np.asarray(image.dataobj)  # type: ignore[attr-defined]
    return labels, abs(float(np.linalg.det(affine))) / 1000


@pytest.mark.essential
@pytest.mark.parametrize("name", MAPS)
def test_h13_segments_make_up_the_liver_to_the_voxel(name: str) -> None:
    both = {kind: shared("data", f"couinaud_msd08/MSD-{name}_{kind}.nii.gz")
            for kind in ("couinaud", "liver")}  # fmt: skip
    anatomy = read_anatomy(
        MaskFiles({"liver": both["liver"]}, label_map=both["couinaud"]), Limits()
    ).anatomy
    union = reduce(or_, anatomy.segments.values())
    voxels = sum(mask.voxel_count for mask in anatomy.segments.values())
    assert voxels == union.voxel_count == anatomy.liver.voxel_count
    assert voxels == index()[f"couinaud_msd08/MSD-{name}_liver.nii.gz"]["liver_voxels"]
    assert (union & anatomy.liver).voxel_count == voxels
    labels, voxel_ml = counted(both["couinaud"])
    counts = np.bincount(labels[labels > 0], minlength=9)
    for segment, mask in anatomy.segments.items():
        assert mask.voxel_count == counts[int(segment)]
        assert mask.volume_ml == pytest.approx(counts[int(segment)] * voxel_ml, rel=SINGLE)


@pytest.mark.essential
@pytest.mark.parametrize("name", MAPS)
def test_volumes_and_shares_are_those_of_the_list_to_its_last_digit(name: str) -> None:
    done, row = read(name)
    anatomy = done.anatomy
    assert anatomy.liver.voxel_count == row["liver_voxels"]
    assert anatomy.liver.volume_ml == printed(row["liver_ml"], 5)
    for segment, mask in anatomy.segments.items():
        assert mask.volume_ml == printed(row["volumes_ml"][segment], 4)
    for resection, remnant in REMNANTS.items():
        if row["flr_percent"] is not None:
            share = share_of(anatomy, remnant)
            assert round(sure(share).percent, 3) == row["flr_percent"][resection]


@pytest.mark.essential
@pytest.mark.parametrize("name", MAPS)
def test_only_what_is_odd_is_reported(name: str) -> None:
    done, row = read(name)
    expected = {CODES[topic] for topic in row["expected_findings"]}
    allowed = {CODES[topic] for topic in row.get("allowed_findings", [])}
    remnants = ["", *REMNANTS.values()] if row["flr_percent"] is not None else [""]
    for remnant in remnants:
        found = above_info((*done.findings, *measured_of(done.anatomy, remnant).findings))
        assert expected <= found <= expected | allowed
    path = f"couinaud_msd08/MSD-{name}_liver.nii.gz"
    alone = read_anatomy(MaskFiles({"liver": shared("data", path)}), Limits())
    found = above_info((*alone.findings, *measured_of(alone.anatomy).findings))
    assert found == {CODES[topic] for topic in index()[path]["expected_findings"]}


def test_h13_a_plan_on_missing_segments_is_undetermined() -> None:
    anatomy = read("133")[0].anatomy  # II, V and VI have no voxel
    measured = measured_of(anatomy, "1234")
    assert measured.remnant is None
    assert share_of(anatomy, "1234") is share_of(anatomy, "123") is None
    assert share_of(anatomy, "5678") is None
    assert share_of(anatomy, "1347") is not None
    assert {"segments.missing", "remnant.segment_missing"} <= above_info(measured.findings)


@pytest.mark.essential
@pytest.mark.parametrize("name", MAPS)
def test_h02_a_map_mirrored_in_its_voxels_is_an_error(name: str) -> None:
    found = find_segment_doubts(on_each(read(name)[0].anatomy, mirrored))
    assert Severity.ERROR in {finding.severity for finding in found}
    assert "segments.side" in codes(found)


def judged(organ: Mask, part: Mask) -> list[str]:
    """List what the stray rule says, a refusal's code too."""
    try:
        return codes(find_stray(organ, part))
    except InputRefused as refusal:
        return [refusal.code]


@pytest.mark.parametrize("name", MAPS)
@pytest.mark.parametrize("remnant", ["23", "234", "5678"])
def test_h02_a_mirrored_remnant_is_refused_or_a_warning(name: str, remnant: str) -> None:
    anatomy = read(name)[0].anatomy
    drawn = reduce(or_, (anatomy.segments[s] for s in remnant if s in anatomy.segments))
    assert judged(anatomy.organ, drawn) == []
    (code,) = judged(anatomy.organ, mirrored(drawn))
    assert code in ("stray.outside_liver", "stray.mostly_outside")


@pytest.mark.parametrize("name", of_many(["011"], ["011", "037", "141"]))
def test_h04_a_remnant_one_pixel_beyond_the_capsule_is_information_only(name: str) -> None:
    anatomy = read(name)[0].anatomy
    drawn = reduce(or_, (anatomy.segments[s] for s in "1234"))
    pixel = np.ones((3, 3, 1), dtype=bool)
    wide = Mask.of("flr", ndimage.binary_dilation(drawn.as_array(), pixel), drawn.grid)
    flr = (drawn | (wide - anatomy.liver)).renamed("flr")
    measured = measured_of(replace(anatomy, flr=flr, segments={}))
    assert above_info(measured.findings) == set()
    assert "stray.at_surface" in codes(measured.findings)
    assert measured.volumes.flr_voxels == drawn.voxel_count


@pytest.mark.essential
def test_h01_a_liver_that_lost_its_spacing_is_reported() -> None:
    liver = read("011")[0].anatomy.liver
    lost = replace(liver, grid=Grid.upright(liver.grid.shape, (1.0, 1.0, 1.0)))
    assert find_odd_volume(liver) == ()
    assert find_odd_volume(lost)[0].message.endswith(
        "a liver of 382 mL is implausibly small (500 to 6000 mL expected)"
    )


@pytest.mark.essential
@pytest.mark.parametrize(("end", "face"), [(0, "foot"), (1, "head")])
def test_h06_a_liver_cut_in_the_middle_of_the_scan_is_reported(end: int, face: str) -> None:
    liver = read("037")[0].anatomy.liver
    i, j, _ = liver.grid.shape
    middle = (liver.box.start[2] + liver.box.stop[2]) // 2
    half = Box((0, 0, 0), (i, j, middle)) if end else Box((0, 0, middle), liver.grid.shape)
    voxels = liver.as_array()[half.slices()]
    (finding,) = find_cut(Mask.of("liver", voxels, liver.grid.part(half), "liver.nii.gz"))
    assert f"({face})" in finding.message
    assert find_cut(liver) == ()


@pytest.mark.parametrize("name", ["011", "037", "094", "255", "375"])
def test_h06_a_public_liver_without_the_top_of_its_dome_is_reported(name: str) -> None:
    """Without its upper 24 mm, and whole, in slices of up to 6 mm and wherever they are."""
    path = shared("data", f"couinaud_msd08/MSD-{name}_liver.nii.gz")
    liver = read_anatomy(MaskFiles({"liver": path}), Limits()).anatomy.liver
    step_mm = liver.grid.spacing_mm
    for every in range(1, int(6 / step_mm[2]) + 1):
        for first in range(every):
            voxels = liver.as_array()[:, :, first::every]
            grid = Grid.upright(voxels.shape, (*step_mm[:2], every * step_mm[2]))
            assert find_flat_ends(Mask.of("liver", voxels, grid)) == ()
    below = np.arange(liver.grid.shape[2]) < liver.box.stop[2] - round(24 / step_mm[2])
    cut = Mask.of("liver", liver.as_array() & below, liver.grid)
    assert codes(find_flat_ends(cut)) == ["edge.flat_end"]


@cache
def with_tumour(name: str) -> ReadAnatomy:
    return read_anatomy(
        MaskFiles(
            {"liver": shared("data", f"hpb_msd08/hepaticvessel_{name}_liver.nii.gz")},
            label_map=shared("data", f"hpb_msd08/hepaticvessel_{name}_vessel_tumour.nii.gz"),
            scheme="msd_task08",
        ),
        Limits(),
    )


@pytest.mark.parametrize("name", TUMOURS)
def test_lesions_are_those_that_scipy_counts(name: str) -> None:
    labels, voxel_ml = counted(
        shared("data", f"hpb_msd08/hepaticvessel_{name}_vessel_tumour.nii.gz")
    )
    lesions = sure(measured_of(with_tumour(name).anatomy).lesions)
    counts = {}
    for rank in (1, 3):
        parts, _ = ndimage.label(labels == 2, ndimage.generate_binary_structure(3, rank))
        sizes = np.bincount(parts.ravel())[1:]
        counts[rank] = sorted((sizes[sizes * voxel_ml >= 0.03]).tolist(), reverse=True)
    assert [lesion.mask.voxel_count for lesion in lesions.items] == counts[3]
    assert lesions.count_by_faces == len(counts[1])


@pytest.mark.essential
@pytest.mark.parametrize("name", TUMOURS)
def test_h13_a_public_map_of_vessels_and_tumour_is_reported_as_tumour(name: str) -> None:
    """Given as a tumour file its label 1 is vessels; the lesions are those of label 2."""
    path = f"hpb_msd08/hepaticvessel_{name}"
    masks = {"liver": "liver", "tumour": "vessel_tumour"}
    paths = {role: shared("data", f"{path}_{file}.nii.gz") for role, file in masks.items()}
    read = read_anatomy(MaskFiles(paths), Limits())
    told = {finding.code: finding.message for finding in read.findings}
    assert "label 1" in told["tumour.vessel_like"]
    alone = with_tumour(name)
    assert "tumour.vessel_like" not in {finding.code for finding in alone.findings}
    ours, right = (measure_lesions(one.anatomy) for one in (read, alone))
    assert [one.diameters for one in sure(ours).items] == [
        one.diameters for one in sure(right).items
    ]


@pytest.mark.essential
@pytest.mark.parametrize("name", TUMOURS)
def test_sets_of_liver_and_tumour_are_those_of_the_list(name: str) -> None:
    anatomy = with_tumour(name).anatomy
    row = index()[f"hpb_msd08/hepaticvessel_{name}_vessel_tumour.nii.gz"]
    liver, tumour, sets = anatomy.liver, anatomy.tumour, row["derived_ml"]
    assert tumour is not None
    volumes = measured_of(anatomy).volumes
    assert tumour.volume_ml == printed(row["volumes_ml"]["2"], 3)
    assert (tumour & liver).volume_ml == printed(sets["tumour_inside_liver"], 3)
    assert (tumour - liver).volume_ml == printed(sets["tumour_outside_liver"], 3)
    assert sure(volumes).nontumorous_ml == printed(sets["liver_minus_tumour_voxelwise"], 3)
    assert anatomy.organ.volume_ml == printed(sets["liver_union_tumour"], 3)


def test_a_tumour_that_an_automatic_liver_leaves_out_in_part_is_reported() -> None:
    done = with_tumour("010")
    findings = (*done.findings, *measured_of(done.anatomy).findings)
    told = {f.code: f for f in findings if f.severity is not Severity.INFO}
    assert told.keys() == {"stray.outside_liver", "vessels.left_out"}  # of its vessels, too
    finding = told["stray.outside_liver"]
    assert finding.message.startswith(
        "hepaticvessel_010_vessel_tumour.nii.gz: 12.7 mL of 34.0 mL is outside the liver"
    )
    assert finding.value == pytest.approx(12.728, abs=0.0005)


@pytest.mark.parametrize("name", ["002", "008"])
def test_a_tumour_in_the_liver_states_nothing(name: str) -> None:
    done = with_tumour(name)
    assert above_info((*done.findings, *measured_of(done.anatomy).findings)) == set()


@pytest.mark.parametrize(
    "path",
    [f"couinaud_msd08/MSD-{name}_liver.nii.gz" for name in MAPS]
    + [f"hpb_msd08/hepaticvessel_{name}_liver.nii.gz" for name in TUMOURS],
)
def test_h02_a_public_liver_is_known_to_be_mirrored_by_its_shape(path: str) -> None:
    liver = read_anatomy(MaskFiles({"liver": shared("data", path)}), Limits()).anatomy.liver
    assert find_left_bulk(liver) == ()
    assert codes(find_left_bulk(mirrored(liver))) == ["plausibility.side"]


@pytest.mark.parametrize("name", ["037", "066", "089", "094", "141"])
def test_h01_a_public_liver_with_doubled_slice_spacing_is_too_tall(name: str) -> None:
    # 165 to 195 mm high, and 330 to 390 mm if each slice counts twice
    path = shared("data", f"couinaud_msd08/MSD-{name}_liver.nii.gz")
    liver = read_anatomy(MaskFiles({"liver": path}), Limits()).anatomy.liver
    assert find_odd_extent(liver) == ()
    twice = np.repeat(liver.voxels, 2, axis=2)
    a, b, c = liver.grid.shape
    box = Box(
        (*liver.box.start[:2], 2 * liver.box.start[2]), (*liver.box.stop[:2], 2 * liver.box.stop[2])
    )
    tall = Mask(liver.name, twice, box, replace(liver.grid, shape=(a, b, 2 * c)), liver.file)
    assert codes(find_odd_extent(tall)) == ["plausibility.extent"]
