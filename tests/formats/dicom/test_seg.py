"""DICOM SEG: segments by name, every type, sparse frames, and each rule tripped."""

import warnings
from collections.abc import Callable, Sequence
from copy import deepcopy
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset

from fl_planner.basis.findings import InputRefused, Severity
from fl_planner.formats.read import list_files
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.intake.reading.masks import MaskFiles, read_anatomy
from fl_planner.liver.mask_faults import find_cut, find_gaps
from tests.cases import by_outcome, each_case, sure
from tests.formats.dicom.dicoms import (
    COLUMNS,
    CT,
    ML,
    MR,
    ROWS,
    SLICES,
    STEP,
    USUAL,
    VOXELS,
    Frame,
    ct_slice,
    drawn,
    frames_of,
    item,
    pack,
    place,
    put,
    read,
    require_private,
    require_refusal,
    require_right,
    require_warning,
    seg,
    segment,
)
from tests.formats.opening import require_finding
from tests.masks import codes
from tests.niftis import write
from tests.shared import shared

PLANES = frames_of(drawn())


def other() -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Draw a block of 2 x 2 x 1 voxels, half of it in the small mask."""
    voxels = np.zeros((SLICES, ROWS, COLUMNS), dtype=bool)
    voxels[1, 2:4, 2:4] = True
    return voxels


def both(first: str = "Liver", second: str = "Tumor") -> Dataset:
    """Build a SEG of two segments that overlap by two voxels."""
    return seg([*PLANES, *frames_of(other(), 2)], (first, second))


def levels(*values: int) -> list[Frame]:
    """Give the small mask in fractions, a value for each of its slices."""
    voxels = drawn().astype(int)
    return [(1, n, voxels[n] * value) for n, value in zip((1, 2), values, strict=True)]


def test_a_binary_segment_by_itself(tmp_path: Path) -> None:
    file = require_right(tmp_path, pack(seg()))
    assert file.grid.spacing_mm == (2.0, 3.0, 5.0)
    (one,) = file.inputs
    assert (one.role, one.file, one.format) == ("liver", "liver.dcm", "dicom-seg")
    assert list_files(tmp_path / one.file, Limits()) == (tmp_path / one.file,)
    first = file.whole("liver")
    corner = np.array([first.box.start], dtype=np.intp)
    # LPS (-40 + 2, -30 + 3, 100 + 5) of the first voxel is RAS (38, 27, 105)
    assert file.grid.places_mm(corner).tolist() == [[38.0, 27.0, 105.0]]
    # one empty slice on either side of the frames: beyond them nothing is stated
    assert (file.grid.shape, first.box.start[2]) == ((COLUMNS, ROWS, 2 + 2), 1)


def test_h03_a_cyst_in_the_liver_stays_liver_when_a_label_map_leaves_it_out(tmp_path: Path) -> None:
    """Two voxels of the small mask: one value a voxel, or frames that may overlap but do not."""
    cyst = drawn() & other()
    frames = frames_of(drawn() * 1 + cyst, 0)
    file = read(tmp_path, pack(seg(frames, ("Liver", "Cyst"), "LABELMAP")))
    assert file.whole("liver").voxel_count == VOXELS
    require_finding(file, "segments.layer", "does not include Cyst, drawn in the same layer")
    apart = [*frames_of(drawn() & ~cyst), *frames_of(cyst, 2)]
    file = read(tmp_path, pack(seg(apart, ("Liver", "Cyst"))))
    assert (file.whole("liver").voxel_count, codes(file.findings)) == (VOXELS - 2, [])


@pytest.mark.parametrize(
    ("maximum", "values", "voxels"),
    [
        (255, (255, 127), VOXELS // 2),  # 127 of 255 is less than half
        (255, (255, 128), VOXELS),
        (100, (100, 50), VOXELS),  # half counts
        (100, (49, 50), VOXELS // 2),
    ],
)
def test_fractions_count_from_half(
    maximum: int, values: tuple[int, int], voxels: int, tmp_path: Path
) -> None:
    content = pack(seg(levels(*values), kind="FRACTIONAL", maximum=maximum))
    file = read(tmp_path, content)
    assert file.whole("liver").voxel_count == voxels
    require_finding(file, "values.fractional", "at least half")


def test_h16_a_maximum_that_leaves_every_segment_empty_is_refused(tmp_path: Path) -> None:
    """As of percentages (0 to 100) whose header states 255."""
    percent = pack(seg(levels(100, 90), kind="FRACTIONAL", maximum=255))
    says = "MaximumFractionalValue in the header is more than twice the largest pixel value"
    require_refusal(tmp_path, percent, "header.value", says)
    require_refusal(tmp_path, percent, "header.value", says, "labelmap")
    faint = [*levels(100, 90), *frames_of(drawn() * 255, 2)]
    content = pack(seg(faint, ("Tumour", "Liver"), kind="FRACTIONAL"))
    masks = [mask.voxel_count for _, mask in read(tmp_path, content, "labelmap").drawn()]
    assert masks == [0, VOXELS]


def test_segments_may_overlap(tmp_path: Path) -> None:
    masks = np.stack([drawn(), other()], axis=-1).astype(np.uint8)
    for content in (pack(both()), by_highdicom("BINARY", masks, ["Liver", "Tumor"])):
        liver, tumour = read(tmp_path, content), read(tmp_path, content, "tumour")
        assert liver.whole("liver").voxel_count == VOXELS
        assert tumour.whole("tumour").voxel_count == 4
        assert (liver.whole("liver") & tumour.whole("tumour")).voxel_count == 2


def test_segments_of_one_name_are_counted_together_and_listed(tmp_path: Path) -> None:
    file = read(tmp_path, pack(both("Tumor", "Tumor")), "tumour")
    assert file.whole("tumour").voxel_count == VOXELS + 2  # 2 of 4 overlap
    (finding,) = file.findings
    assert (finding.code, finding.severity) == ("segments.united", Severity.INFO)
    assert "2 segments are counted together: Tumor (0.36 mL), Tumor (0.12 mL)" in finding.message
    one_is_empty = read(tmp_path, pack(seg(labels=("Tumor 1", "Tumor 2"))), "tumour")
    assert [one.code for one in one_is_empty.findings] == ["segments.empty"]


@pytest.mark.parametrize(("name", "role"), [("Spleen", "spleen"), ("Lungs", "lungs")])
def test_an_organ_of_its_own_role_is_not_reported(name: str, role: str, tmp_path: Path) -> None:
    assert read(tmp_path, pack(seg(labels=(name,))), role).findings == ()
    for other in ("Kidney", f"Left {role}"):
        (finding,) = read(tmp_path, pack(seg(labels=(other,))), role).findings
        assert f"is named {other} instead of {role}" in finding.message


def test_overlapping_segments_of_a_map_by_name(tmp_path: Path) -> None:
    path = write(tmp_path / "map.dcm", pack(both()))
    found = read_anatomy(MaskFiles(label_map=path), USUAL)
    assert found.anatomy.liver.voxel_count == VOXELS
    assert sure(found.anatomy.tumour).voxel_count == 4
    assert sure(found.label_map)["labels"] == {"Liver": "liver", "Tumor": "tumour"}


@each_case("name, code, structure", [
    ("Organ 1", ("SCT", "10200004"), "liver"),
    ("Organ 1", ("SRT", "T-62000"), "liver"),
    ("Part", ("SCT", "277958008"), "segment_4"),
    ("Part", ("SCT", "273099000"), "middle_hepatic_vein"),
    ("Part", ("SRT", "T-48725"), "right_hepatic_vein"),
    ("Part", ("SCT", "70253006"), "left_portal_vein"),
    ("Organ 1", ("SCT", "85756007"), None),
    ("Organ 1", ("99LOCAL", "10200004"), None),
    ("FLR", ("SCT", "10200004"), "flr"),  # the name goes before the code
    ("Spleen", ("SCT", "10200004"), None),  # and contradicts it
])  # fmt: skip
def test_codes_state_where_names_are_silent(
    name: str, code: tuple[str, str], structure: str | None, tmp_path: Path
) -> None:
    content = changed(SegmentSequence=[segment(1, name, code)])
    (one,) = read(tmp_path, content, "check").segments
    assert (one.name, one.structure) == (name, structure)
    data = seg()
    del data.SegmentSequence[0].SegmentLabel
    assert read(tmp_path, pack(data)).segments[0].name == "segment 1"


def test_several_of_which_none_is_named(tmp_path: Path) -> None:
    content = pack(both("GREEN", "ORANGE"))
    error = require_refusal(tmp_path, content, "segments.name", "2 segments (GREEN, ORANGE), none")
    assert "liver" in error.remedy


def test_h16_an_empty_segment_is_no_liver(tmp_path: Path) -> None:
    content = pack(seg(labels=("Spleen", "Liver")))
    says = "the segment Liver (label 2) has no voxels"
    require_refusal(tmp_path, content, "segments.empty", says)
    assert codes(read(tmp_path, content, "labelmap").findings) == ["segments.empty"]


def test_h06_slices_without_frames_are_a_gap(tmp_path: Path) -> None:
    mask = np.repeat(drawn()[1:2], 5, axis=0)
    mask[2] = False
    found = read(tmp_path, pack(seg(frames_of(mask)))).whole("liver")
    assert found.voxel_count == 4 * VOXELS // 2
    (finding,) = find_gaps(found)
    assert finding.code == "parts.gap"


def test_a_flat_cut_is_found_as_in_every_format(tmp_path: Path) -> None:
    block = np.zeros((2, 9, 9), dtype=bool)
    block[:, 3:6, :4] = True
    file = read(tmp_path, pack(seg(frames_of(block))))
    assert file.findings == ()
    (finding,) = find_cut(file.whole("liver"))
    assert "(right)" in finding.message  # of the patient: LPS x grows to the left


def test_contact_with_the_border_that_is_not_flat(tmp_path: Path) -> None:
    tip = np.zeros((2, 9, 9), dtype=bool)
    for column, rows in enumerate([(4, 5), (3, 6), (2, 7), (1, 8), (2, 7)]):
        tip[:, slice(*rows), column] = True
    file = read(tmp_path, pack(seg(frames_of(tip))))
    require_finding(file, "edge.frames", "the liver touches the border of the frames")
    spleen = read(tmp_path, pack(seg(frames_of(tip), labels=("Spleen",))), "exclude spleen")
    assert spleen.findings == ()


def moved(*heights: float, **measures: Any) -> bytes:
    frames = [(1, float(n), drawn()[1]) for n in range(len(heights))]
    data = seg(frames)
    for frame, height in zip(data.PerFrameFunctionalGroupsSequence, heights, strict=True):
        frame.PlanePositionSequence[0].ImagePositionPatient = [*place(0)[:2], height]
    put(**measures)(data.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0])
    return pack(data)


UNSAID = {"SpacingBetweenSlices": None, "SliceThickness": None}
EVERY_5, THICK_5 = {"SpacingBetweenSlices": 5.0}, UNSAID | {"SliceThickness": 5.0}
STEPS = by_outcome(
    {
        (5.0, None): {
            "thickness means nothing": ((0, 5, 10), {"SliceThickness": 7.0}),
            "no step in the header": ((0, 5, 10, 15, 20), UNSAID),
            "no step in the header, and as thick as apart": ((0, 5, 10), THICK_5),
            "a step of nothing": ((0, 5, 10), {"SpacingBetweenSlices": 0.0}),
            "in any order": ((10, 0, 5), {}),
            "rounded": ((0, 5.009, 10.0), {}),
            "gaps of whole steps": ((0, 5, 15, 30), {}),
            "no step in the header, and two gaps": ((0, 5, 10, 15, 20, 35, 50), UNSAID),
        },
        (5.01, None): {"a gap of a hair": ((0, 5.01, 10.02), EVERY_5)},
        (10.0, None): {"two neighbours": ((0, 10), {"SpacingBetweenSlices": 10.0})},
        (15.0, None): {"thick": ((0, 15), {"SpacingBetweenSlices": 15.0})},
        (5.0, "geometry.slice_step"): {
            "twice the step": ((0, 5, 10, 15, 20), {"SpacingBetweenSlices": 10.0}),
            "a step beside positions": ((0, 5, 10), {"SpacingBetweenSlices": 2.0}),
            "steps named by the header": ((0, 10, 25), EVERY_5),
            "one gap of two steps": ((0, 10), EVERY_5),
        },
        (6.25, "geometry.slice_step"): {
            "positions drawn apart": ((0, 6.25, 12.5, 18.75, 25), EVERY_5)
        },
        (3.75, "geometry.slice_step"): {"positions pushed together": ((0, 3.75, 7.5), EVERY_5)},
        (10.0, "geometry.slice_step"): {"thin slices far apart": ((0, 10, 20, 30, 40), THICK_5)},
        (8.0, "geometry.slice_step"): {
            "slices with gaps between them": ((0, 8, 16, 24, 32, 56), THICK_5)
        },
        (5.0, "geometry.single_slice"): {"one slice": ((0,), {})},
    }
)


@pytest.mark.parametrize(("frames", "step", "code"), STEPS.values(), ids=STEPS)
def test_h01_positions_decide(
    frames: tuple[tuple[float, ...], dict[str, Any]], step: float, code: str | None, tmp_path: Path
) -> None:
    heights, measures = frames
    file = read(tmp_path, moved(*heights, **measures))
    assert file.grid.spacing_mm[2] == pytest.approx(step, rel=1e-3)
    assert codes(file.findings) == ([code] if code else [])
    assert file.whole("liver").voxel_count == len(heights) * VOXELS // 2
    assert all(finding.value == step for finding in file.findings)


NO_STEPS = by_outcome(
    {
        ("geometry.steps_differ", "the slice spacing is not uniform"): {
            "no equal steps": moved(0, 5, 10, 18)
        },
        ("geometry.steps_differ", "5 to 5.11 mm"): {
            "more than a hundredth off": moved(0, 5, 10, 15.11)
        },
        ("geometry.steps_differ", "not uniform: 2.5 to 5 mm"): {
            "half a stated step off": moved(0, 5, 10, 12.5, 15, 20, 25, 30, **EVERY_5),
            "half a thickness off": moved(0, 5, 10, 12.5, 15, 20, 25, 30, **THICK_5),
            "half of most steps off": moved(*(0, 5, 10, 12.5, 15, 17.5, 20, 25, 30, 35), **UNSAID),
        },
        ("geometry.slice_step", "all slices are 10 mm apart"): {
            "every second slice": moved(0, 10, 20, **EVERY_5),
            "every second of many slices": moved(0, 10, 20, 30, 40, **EVERY_5),
        },
        ("geometry.slice_step", "5 or more successive slices are 10 mm apart"): {
            "every second slice, and a gap": moved(0, 10, 20, 30, 40, 70, **EVERY_5)
        },
        ("geometry.step_unknown", "a single slice, and no SpacingBetweenSlices"): {
            "one slice of no thickness": moved(0, **UNSAID),
            "one slice of a thickness": moved(0, **THICK_5),
            "one slice of less than none": moved(0, **UNSAID | {"SliceThickness": -1.0}),
        },
        ("geometry.step_unknown", "few slices, at least 5 mm apart"): {
            "two slices": moved(0, 5, **THICK_5),
            "two slices and one that is not adjacent": moved(0, 5, 25, **UNSAID),
            "four slices of no thickness": moved(0, 5, 10, 15, **UNSAID),
        },
        ("geometry.step_unknown", "few slices, at least 10 mm apart"): {
            "two thin slices far apart": moved(0, 10, **THICK_5),
            "three thin slices far apart": moved(0, 10, 20, **THICK_5),
            "slices of several steps": moved(0, 10, 25, **UNSAID),
        },
        ("geometry.step_unknown", "SpacingBetweenSlices (5 mm) contradicts their positions"): {
            "another step in the header": moved(0, 7)
        },
        ("geometry.slice_twice", "two frames of the same segment have the same position"): {
            "two frames at one place": moved(0, 0, 5)
        },
        ("geometry.spacing_range", "2 x 3 x 25 mm"): {
            "steps too large": moved(0, 25, SpacingBetweenSlices=25)
        },
        ("geometry.spacing_range", "0.04 mm"): {"steps too small": moved(0, 0.04, 0.08)},
        ("geometry.spacing_range", "2 x 30 x 5 mm"): {
            "pixels too large": moved(0, 5, PixelSpacing=[30, 2])
        },
        ("geometry.no_spacing", "the pixel size is not greater than 0"): {
            "pixels without size": moved(0, 5, PixelSpacing=[0, 2])
        },
        ("header.value", "more than 100000 mm"): {"far away": moved(0, 2e5)},
        ("header.value", "PixelSpacing in the header is not 2 numbers"): {
            "no number": moved(0, 5, PixelSpacing=["1.5"])
        },
    }
)


@pytest.mark.parametrize(("content", "code", "says"), NO_STEPS.values(), ids=NO_STEPS)
def test_h01_positions_that_make_no_grid(
    content: bytes, code: str, says: str, tmp_path: Path
) -> None:
    require_refusal(tmp_path, content, code, says)


def of_frames(change: Callable[[Dataset], None], frame: int = 1) -> bytes:
    data = seg()
    held = data.SharedFunctionalGroupsSequence[0].PlaneOrientationSequence
    del data.SharedFunctionalGroupsSequence[0].PlaneOrientationSequence
    for one in data.PerFrameFunctionalGroupsSequence:
        one.PlaneOrientationSequence = deepcopy(held)
    change(data.PerFrameFunctionalGroupsSequence[frame])
    return pack(data)


def orient(*cosines: float) -> Callable[[Dataset], None]:
    return put(PlaneOrientationSequence=[item(ImageOrientationPatient=list(cosines))])


def shift(x: float, y: float = 0.0) -> Callable[[Dataset], None]:
    def move(frame: Dataset) -> None:
        at = frame.PlanePositionSequence[0].ImagePositionPatient
        frame.PlanePositionSequence[0].ImagePositionPatient = [at[0] + x, at[1] + y, at[2]]

    return move


OTHER_SIZE = put(PixelMeasuresSequence=[item(PixelSpacing=[3.001, 2.0])])


def without(keyword: str) -> Callable[[Dataset], None]:
    return lambda frame: delattr(frame, keyword)


def of_segment_7(frame: Dataset) -> None:
    frame.SegmentIdentificationSequence[0].ReferencedSegmentNumber = 7


def test_a_tilted_gantry_is_named(tmp_path: Path) -> None:
    require_warning(tmp_path, of_frames(shift(0.0, 1.0)), "geometry.sheared", "gantry tilt")


def shifted() -> bytes:
    data = seg(frames_of(np.repeat(drawn()[1:2], 3, axis=0)))
    shift(1.0)(data.PerFrameFunctionalGroupsSequence[1])
    return pack(data)


def lying(*cosines: float) -> bytes:
    return edited(lambda data: orient(*cosines)(data.SharedFunctionalGroupsSequence[0]))


@pytest.mark.parametrize(
    "cosines",
    [
        (0, 1, 0, 0, 0, -1),  # sagittal
        (1, 0, 0, 0, 0, -1),  # coronal
        (-1, 0, 0, 0, -1, 0),  # upside down
    ],
)
def test_volumes_however_slices_are(cosines: tuple[float, ...], tmp_path: Path) -> None:
    data = seg()
    orient(*cosines)(data.SharedFunctionalGroupsSequence[0])
    normal = np.cross(cosines[:3], cosines[3:])
    for n, frame in enumerate(data.PerFrameFunctionalGroupsSequence):
        at = (normal * STEP * n).tolist()
        frame.PlanePositionSequence[0].ImagePositionPatient = at
    file = require_right(tmp_path, pack(data))
    matrix = file.grid.matrix()
    lps = np.diag([-1.0, -1.0, 1.0])
    assert np.allclose(lps @ matrix[:, 0], 2.0 * np.array(cosines[:3]))
    assert np.allclose(lps @ matrix[:, 1], 3.0 * np.array(cosines[3:]))
    assert np.allclose(lps @ matrix[:, 2], STEP * normal)


def edited(change: Callable[[Dataset], None]) -> bytes:
    data = seg()
    change(data)
    return pack(data)


def changed(**values: Any) -> bytes:
    return edited(put(**values))


def label_frames(value: int, **values: Any) -> bytes:
    frames = [(0, layer, plane * value) for _, layer, plane in PLANES]
    data = seg(frames, kind="LABELMAP")
    put(**values)(data)
    return pack(data)


def of_class(sop_class: str, modality: str) -> bytes:
    data = ct_slice(0)
    data.SOPClassUID, data.Modality = sop_class, modality
    return pack(data)


NOT_UPRIGHT = "the axes of a slice are not perpendicular"
HEADERS = by_outcome(
    {
        ("header.value", "Modality in the header is not SEG"): {
            "another modality": changed(Modality="CT")
        },
        ("header.value", "SegmentationType"): {
            "an unknown type": changed(SegmentationType="SURFACE")
        },
        ("header.value", "SegmentationType in the header does not match the type of the file"): {
            "a label map under the other class": changed(SegmentationType="LABELMAP")
        },
        ("header.missing", "SegmentationType"): {"no type": changed(SegmentationType=None)},
        ("segments.none", "the file has no segment"): {"no segment": changed(SegmentSequence=[])},
        ("segments.twice", "two segments have the same number"): {
            "two of one number": changed(SegmentSequence=[segment(1, "Liver"), segment(1, "x")])
        },
        ("header.value", "has 1 item for 2 frames"): {
            "a frame without items": edited(
                lambda data: data.PerFrameFunctionalGroupsSequence.pop()
            )
        },
        ("header.value", "MaximumFractionalValue"): {
            "more than the maximum": pack(seg(levels(200, 200), kind="FRACTIONAL", maximum=100)),
            "a maximum of nothing": pack(seg(levels(0, 0), kind="FRACTIONAL", maximum=0)),
        },
        ("segments.unknown_value", "the value 2 does not belong to any segment"): {
            "a value of no segment": label_frames(2)
        },
        ("header.value", "PixelPaddingValue in the header is also the number"): {
            "padding that is a segment": label_frames(1, PixelPaddingValue=1)
        },
        ("mask.no_background", "fills all of its frames"): {
            "all of its frames": pack(seg([(1, n, np.ones((ROWS, COLUMNS))) for n in range(3)]))
        },
        ("geometry.orientation", "not parallel"): {
            "a frame that is turned": of_frames(orient(1, 0.0002, 0, 0, 1, 0)),
            "a frame that is mirrored": of_frames(orient(-1, 0, 0, 0, 1, 0)),
        },
        ("geometry.sheared", "the axes are not perpendicular (cosine 0.71)"): {
            "a frame that is shifted": of_frames(shift(5.0))
        },
        ("geometry.orientation", "the slices are shifted relative to each other"): {
            "a frame between others that is shifted": shifted()
        },
        ("geometry.orientation", NOT_UPRIGHT): {
            "a long axis": lying(2, 0, 0, 0, 1, 0),
            "an axis that leans": lying(1, 0, 0, 0.1, 1, 0),
            "an axis of nothing": lying(0, 0, 0, 0, 1, 0),
        },
        ("geometry.spacing_differs", "the frames have different pixel sizes"): {
            "a frame of another size": of_frames(OTHER_SIZE)
        },
        ("header.missing", "PlanePosition"): {
            "a frame without a place": of_frames(without("PlanePositionSequence"))
        },
        ("header.missing", "SegmentIdentification"): {
            "a frame of no segment": of_frames(without("SegmentIdentificationSequence"))
        },
        ("segments.unknown_value", "segment 7"): {
            "a frame of an unknown segment": of_frames(of_segment_7)
        },
        ("values.image", "the file is a CT image, not a mask"): {"a CT": of_class(CT, "CT")},
        ("file.not_a_mask", "the file is an MR image, not a mask"): {"an MR": of_class(MR, "MR")},
        ("file.not_a_mask", "a surface segmentation"): {
            "a surface": of_class("1.2.840.10008.5.1.4.1.1.66.5", "SEG")
        },
        ("file.not_a_mask", "a structured report"): {
            "a report": of_class("1.2.840.10008.5.1.4.1.1.88.33", "SR")
        },
        ("file.not_a_mask", "of a different type"): {
            "another object": of_class("1.2.826.77.8.8", "XX")
        },
    }
)


@pytest.mark.parametrize(("content", "code", "says"), HEADERS.values(), ids=HEADERS)
def test_headers_that_are_refused(content: bytes, code: str, says: str, tmp_path: Path) -> None:
    require_refusal(tmp_path, content, code, says)


def group_by_frame(data: Dataset) -> None:
    held = data.SharedFunctionalGroupsSequence[0]
    del data.SharedFunctionalGroupsSequence
    for frame in data.PerFrameFunctionalGroupsSequence:
        frame.update(held)


def padded() -> bytes:
    frames = [(0, layer, np.where(plane, 1, 5)) for _, layer, plane in PLANES]
    data = seg(frames, kind="LABELMAP")
    data.PixelPaddingValue = 5
    data["PixelPaddingValue"].VR = "US"
    data.SegmentSequence.insert(0, segment(0, "Background"))
    return pack(data)


WHOLE = {"InConcatenationNumber": 1, "InConcatenationTotalNumber": 1}
RIGHT = {
    "a label map": label_frames(1),
    "no part of a maximum of 1": pack(seg(levels(1, 1), kind="FRACTIONAL", maximum=1)),
    "no part of a maximum of 100": pack(seg(levels(100, 100), kind="FRACTIONAL", maximum=100)),
    "no part of a maximum of 255": pack(seg(levels(255, 255), kind="FRACTIONAL", maximum=255)),
    "a name without a code": edited(
        lambda data: delattr(data.SegmentSequence[0], "SegmentedPropertyTypeCodeSequence")
    ),
    "an orientation within rounding": of_frames(orient(1, 0.00009, 0, 0, 1, 0)),
    "every group with its frame": edited(group_by_frame),
    "padding that is no segment": padded(),
    "a concatenation of one file": changed(
        ConcatenationUID="1.2.826.77.7.7", ConcatenationFrameOffsetNumber=0, **WHOLE
    ),
}


@each_case("content", RIGHT)
def test_what_is_read_exactly_and_silently(content: bytes, tmp_path: Path) -> None:
    require_right(tmp_path, content)


def test_a_grid_beyond_the_limit(tmp_path: Path) -> None:
    content = moved(0, 5, 50_000)
    require_refusal(
        tmp_path, content, "limit.voxels", "300090 voxels", limits=Limits(voxels=100_000)
    )


def by_highdicom(kind: str, masks: np.ndarray[Any, Any], names: list[str]) -> bytes:
    """Let highdicom write a SEG of the slices of a CT."""
    with warnings.catch_warnings(action="ignore"):
        import highdicom
        from pydicom import dcmread
        from pydicom.sr.codedict import codes

        slices = [ct_slice(layer, number=layer + 1) for layer in range(SLICES)]
        sources = [dcmread(BytesIO(pack(one))) for one in slices]
        described = [
            highdicom.seg.SegmentDescription(
                segment_number=n,
                segment_label=name,
                segmented_property_category=codes.SCT.Organ,
                segmented_property_type=codes.SCT.Liver,
                algorithm_type="MANUAL",
            )
            for n, name in enumerate(names, start=1)
        ]
        written = highdicom.seg.Segmentation(
            source_images=sources,
            pixel_array=masks,
            segmentation_type=kind,
            segment_descriptions=described,
            series_instance_uid="1.2.826.77.3.2",
            series_number=2,
            sop_instance_uid="1.2.826.77.9.1",
            instance_number=1,
            manufacturer="CANARY",
            manufacturer_model_name="CANARY",
            software_versions="1",
            device_serial_number="1",
        )
        target = BytesIO()
        written.save_as(target)
    return target.getvalue()


@pytest.mark.essential
@pytest.mark.slow
@pytest.mark.parametrize("kind", ["BINARY", "LABELMAP", "FRACTIONAL"])
def test_what_highdicom_writes(kind: str, tmp_path: Path) -> None:
    mask = drawn().astype(np.float32 if kind == "FRACTIONAL" else np.uint8)
    file = read(tmp_path, by_highdicom(kind, mask, ["Liver"]))
    assert file.whole("liver").voxel_count == VOXELS
    assert file.whole("liver").volume_ml == pytest.approx(ML)
    corner = np.array([file.whole("liver").box.start], dtype=np.intp)
    assert file.grid.places_mm(corner).tolist() == [[38.0, 27.0, 105.0]]


PUBLIC = {
    "dcmqi_liver_seg/liver.dcm": (107_098, 70.3619337),
    "dcmqi_liver_seg/sparse-labelmap-noppv.dcm": (630, 0.77175),
    "dcmqi_liver_seg/sparse-labelmap-ppv5.dcm": (630, 0.77175),
    "highdicom_seg/seg_image_ct_binary.dcm": (638, 0.190138622),
    "highdicom_seg/seg_image_ct_binary_fractional.dcm": (638, 0.190138622),
    "highdicom_seg/seg_image_ct_true_fractional.dcm": (638, 0.190138622),
    "highdicom_seg/seg_image_ct_binary_single_frame.dcm": (1832, 4.00786562),
}


@pytest.mark.parametrize(("name", "expected"), PUBLIC.items(), ids=PUBLIC)
def test_public_files(name: str, expected: tuple[int, float], tmp_path: Path) -> None:
    mask = read(tmp_path, shared("data", *name.split("/")).read_bytes()).whole("liver")
    assert mask.voxel_count == expected[0]
    assert mask.volume_ml == pytest.approx(expected[1], rel=1e-6)


def test_public_segments_overlap(tmp_path: Path) -> None:
    content = shared("data", "dcmqi_liver_seg", "partial_overlaps.dcm").read_bytes()
    file = read(tmp_path, content, "check")
    volumes = {one.name: mask.volume_ml for one, mask in file.drawn()}
    expected = {"GREEN": 6.30838, "ORANGE": 7.81025, "PURPLE": 7.05801, "LIGHT_BLUE": 4.39721,
                "DARK_BLUE": 3.09638}  # fmt: skip
    assert volumes == pytest.approx(expected, abs=1e-5)
    assert sum(volumes.values()) == pytest.approx(28.670, abs=1e-3)
    assert file.whole("all").volume_ml == pytest.approx(26.611, abs=1e-3)


def test_a_refusal_shows_nothing_of_the_patient(tmp_path: Path) -> None:
    path = write(tmp_path / "liver.dcm", pack(both("GREEN", "ORANGE")))
    with pytest.raises(InputRefused) as refusal:
        read_anatomy(MaskFiles(masks={"liver": path}), USUAL)
    require_private(refusal.value)


def test_slices_that_overlap_are_counted_by_their_distance_and_reported(tmp_path: Path) -> None:
    content = moved(0, 2.5, 5, **UNSAID | {"SliceThickness": 5.0})
    file = read(tmp_path, content)
    assert file.grid.spacing_mm[2] == 2.5
    (finding,) = file.findings
    assert (finding.code, finding.severity) == ("geometry.slice_step", Severity.INFO)
    assert "2.5 mm apart according to their positions and 5 mm thick" in finding.message


def measured(shared_mm: Sequence[float], own_mm: Sequence[float], **more: Any) -> bytes:
    """Give pixels one size for all frames, and another with each of them."""
    data = seg()
    held = data.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0]
    held.PixelSpacing = list(shared_mm)
    for frame in data.PerFrameFunctionalGroupsSequence:
        frame.PixelMeasuresSequence = [item(PixelSpacing=list(own_mm), **more)]
    return pack(data)


def test_h01_a_size_for_all_frames_and_another_with_each(tmp_path: Path) -> None:
    require_right(tmp_path, measured((3.0, 2.0), (3.0, 2.0)))
    require_right(tmp_path, measured((3.0, 2.0), (3.0, 2.0), SliceThickness=STEP))
    for content in (
        measured((3.0, 2.0), (1.5, 2.0)),
        measured((3.0, 2.0), (3.0, 2.0), SliceThickness=2.5),
        measured((3.0, 2.0), (3.0, 2.0), SpacingBetweenSlices=2.5),
    ):
        says = "the value for all frames differs from the value for one frame"
        require_refusal(tmp_path, content, "geometry.spacing_differs", says)
    data = seg()  # a step that stands for all frames counts where their own group has none
    held = data.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0]
    held.SpacingBetweenSlices = 4.0
    for frame in data.PerFrameFunctionalGroupsSequence:
        frame.PixelMeasuresSequence = [item(PixelSpacing=[3.0, 2.0])]
    says = "SpacingBetweenSlices (4 mm) contradicts their positions"
    require_refusal(tmp_path, pack(data), "geometry.step_unknown", says)


def test_h01_thicknesses_that_differ_from_frame_to_frame(tmp_path: Path) -> None:
    data = seg()
    measures = data.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0]
    del data.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence
    for frame, mm in zip(data.PerFrameFunctionalGroupsSequence, (5.0, 2.5), strict=True):
        own = deepcopy(measures)
        own.SliceThickness = mm
        frame.PixelMeasuresSequence = [own]
    says = "the slices differ in thickness or spacing"
    require_refusal(tmp_path, pack(data), "geometry.spacing_differs", says)


def _two(*keywords: str) -> bytes:
    """Let an item stand twice, the second one saying something else."""
    data = seg()
    at = data.SharedFunctionalGroupsSequence[0] if "Shared" in keywords else data
    if "PerFrame" in keywords:
        at = data.PerFrameFunctionalGroupsSequence[0]
    if "Segment" in keywords:
        at = data.SegmentSequence[0]
    sequence = getattr(at, keywords[-1])
    sequence.append(deepcopy(sequence[0]))
    return pack(data)


@pytest.mark.parametrize(
    "keywords",
    [
        ("SharedFunctionalGroupsSequence",),
        ("Shared", "PixelMeasuresSequence"),
        ("Shared", "PlaneOrientationSequence"),
        ("PerFrame", "PlanePositionSequence"),
        ("PerFrame", "SegmentIdentificationSequence"),
        ("Segment", "SegmentedPropertyTypeCodeSequence"),
    ],
)
def test_h13_two_items_where_one_may_be(keywords: tuple[str, ...], tmp_path: Path) -> None:
    says = f"{keywords[-1]} in the header has 2 items instead of one"
    require_refusal(tmp_path, _two(*keywords), "header.value", says)


def test_h13_a_segment_of_all_frames_and_another_of_one(tmp_path: Path) -> None:
    data = seg(labels=("Liver", "Spleen"))
    (of_all,) = data.SharedFunctionalGroupsSequence
    of_all.SegmentIdentificationSequence = [item(ReferencedSegmentNumber=2)]
    says = "SegmentIdentificationSequence twice: the value for all frames"
    require_refusal(tmp_path, pack(data), "header.value", says)


PARTS_OF_ONE = {
    "the first of two": {"InConcatenationNumber": 1, "InConcatenationTotalNumber": 2},
    "of how many is not said": {"ConcatenationUID": "1.2.826.77.7.7", "InConcatenationNumber": 1},
    "the second": {"InConcatenationNumber": 2},
    "frames before it": {"InConcatenationTotalNumber": 1, "ConcatenationFrameOffsetNumber": 40},
}


@each_case("values", PARTS_OF_ONE)
def test_h06_a_part_of_a_concatenation_is_refused(values: dict[str, Any], tmp_path: Path) -> None:
    says = "one part of a segmentation split into several files"
    require_refusal(tmp_path, changed(**values), "file.part", says)


CODED = {
    "a spleen called liver": ("Liver", ("SCT", "78961009"), "liver", "spleen"),
    "in the older scheme": ("Liver", ("SRT", "T-C3000"), "liver", "spleen"),
    "a name that says nothing": ("Organ 1", ("SCT", "78961009"), "liver", "spleen"),
    "a tumour called liver": ("Liver", ("SCT", "108369006"), "liver", "tumour"),
    "a segment called liver": ("Liver", ("SCT", "277956007"), "liver", "segment 2"),
    "a kidney called tumour": ("Tumor_1", ("SCT", "64033007"), "tumour", "kidney"),
    "a spleen called remnant": ("FLR", ("SCT", "78961009"), "flr", "spleen"),
    "portal veins called hepatic": (
        *("Hepatic veins", ("SCT", "32764006"), "labelmap"),
        "portal veins but is counted as hepatic veins",
    ),
    "a vein called by another": (
        *("RHV", ("SCT", "273202007"), "labelmap"),
        "left hepatic vein but is counted as right hepatic vein",
    ),
    "one segment called another": (
        *("Segment IV", ("SCT", "277959000"), "labelmap"),
        "segment 5 but is counted as segment 4",
    ),
}


@each_case("name, code, role, meant", CODED)
def test_h13_a_code_that_contradicts_the_name_is_reported(
    name: str, code: tuple[str, str], role: str, meant: str, tmp_path: Path
) -> None:
    file = read(tmp_path, changed(SegmentSequence=[segment(1, name, code)]), role)
    (finding,) = [one for one in file.findings if one.code == "segments.code"]
    assert (finding.severity, finding.file) == (Severity.WARNING, "liver.dcm")
    assert f"has the code for {meant}" in finding.message


@pytest.mark.parametrize(
    ("name", "code", "role"),
    [
        ("Liver", ("SCT", "10200004"), "liver"),
        ("Liver", ("SCT", "85756007"), "liver"),  # tissue, which programs write by default
        ("Liver", ("99LOCAL", "78961009"), "liver"),
        ("Tumor_1", ("SCT", "10200004"), "tumour"),  # where it is, in place of what it is
        ("Metastasis", ("SCT", "128462008"), "tumour"),
        ("FLR", ("SCT", "277956007"), "flr"),
        ("Segment IV", ("SCT", "871688003"), "labelmap"),
        ("Gallbladder", ("SCT", "28231008"), "exclude gallbladder"),
        ("RHV", ("SCT", "272998002"), "labelmap"),
        ("RHV", ("SCT", "8993003"), "labelmap"),  # its tree
        ("Hepatic veins", ("SRT", "T-48727"), "labelmap"),  # a branch of it
        ("Left portal vein", ("SCT", "32764006"), "labelmap"),
        ("MPV", ("SCT", "32764006"), "labelmap"),
        ("Portal and splenic vein", ("SCT", "32764006"), "labelmap"),
        ("Liver vessels", ("SCT", "8993003"), "vessel liver_vessels"),
    ],
)
def test_codes_that_fit_are_quiet(
    name: str, code: tuple[str, str], role: str, tmp_path: Path
) -> None:
    file = read(tmp_path, changed(SegmentSequence=[segment(1, name, code)]), role)
    assert "segments.code" not in codes(file.findings)


def test_slices_between_the_others_are_read_with_the_ct_that_has_them_all(tmp_path: Path) -> None:
    """Every second slice of 2.5 mm was drawn, and one more: the remedy names the CT."""
    content = moved(0, 5, 10, 12.5, 15, 20, 25, 30, **THICK_5)
    with pytest.raises(InputRefused) as refusal:
        read(tmp_path, content)
    assert "give the CT on which it was drawn" in refusal.value.remedy
    alone = read(tmp_path, moved(*(2.5 * n for n in range(13)), **UNSAID)).grid  # all of its planes
    file = read(tmp_path, content, on=alone)
    assert file.grid.spacing_mm[2] == 2.5
    assert file.whole("liver").voxel_count == 8 * VOXELS // 2
