"""No named part is dropped in silence, whichever file names it [safety.md S2, S3, S4].

Files are 10 x 8 x 6 voxels of 2 x 3 x 5 mm; a voxel is 0.030 mL.
"""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from fl_planner.basis.findings import Finding, Severity
from fl_planner.formats.read import read_labels
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.formats.voxels.values import Holds, SegmentFile
from fl_planner.intake.documents.case_file import read_case_file
from fl_planner.intake.reading.masks import MaskFiles, ReadAnatomy, read_anatomy
from tests.cases import sure
from tests.formats.dicom.dicoms import contour, drawn, frames_of, pack, ring, rtstruct, seg, segment
from tests.intake.reading.test_masks import (
    EMPTY,
    FLR,
    LIVER,
    ORIGIN_MM,
    SHAPE,
    Voxels,
    part,
    placed,
    put,
)
from tests.niftis import write
from tests.nrrds import seg_nrrd
from tests.nrrds import segment as named
from tests.refusals import refuses

ROWS = [(2.0, 0.0, 0.0, -100.0), (0.0, 3.0, 0.0, -50.0), (0.0, 0.0, 5.0, 20.0)]
SPLEEN = part((9, 10), (1, 5), (1, 5))  # 16, none of them in the liver
LEFT, RIGHT = FLR, part((6, 9), (1, 7), (1, 5))  # 3 x 6 x 4 = 72
ONE, TWO = part((6, 8), (2, 4), (2, 3)), part((2, 3), (2, 4), (2, 4))  # 4 and 4
BESIDE = part((8, 10), (1, 3), (1, 3))  # 8, of which 4 in the liver


def slicer(folder: Path, *layers: tuple[str, Voxels], name: str = "planning.seg.nrrd") -> Path:
    keys = [named(n, called, layer=n) for n, (called, _) in enumerate(layers)]
    return write(folder / name, seg_nrrd([voxels for _, voxels in layers], ROWS, *keys))


def read(**files: Any) -> ReadAnatomy:
    return read_anatomy(MaskFiles(**files), Limits())


def refuse(code: str, *says: str, **files: Any) -> None:
    with refuses(code) as refused:
        read(**files)
    assert [words for words in says if words not in str(refused.value)] == []


def told(read: ReadAnatomy, code: str) -> Finding:
    (finding,) = (one for one in read.findings if one.code == code)
    return finding


# S2: names of segments.


def test_h03_a_metastasis_by_its_segment_is_a_tumour(tmp_path: Path) -> None:
    parts = [("Liver", LIVER), ("Tumor", ONE), ("Metastasis S8", TWO), ("FLR left", LEFT)]
    found = read(label_map=slicer(tmp_path, *parts))
    assert (sure(found.anatomy.tumour).voxel_count, sure(found.anatomy.flr).voxel_count) == (8, 72)
    assert found.findings == ()


@pytest.mark.parametrize("name", ["FLR after clearing", "Resektat", "Liver w/o tumor", "x" * 200])
def test_h13_a_segment_of_an_unknown_name_is_reported_with_its_ml(
    name: str, tmp_path: Path
) -> None:
    path = slicer(tmp_path, ("Liver", LIVER), ("Tumour", ONE), (name, LEFT))
    for files in ({"label_map": path}, {"masks": {"liver": path, "tumour": path}}):
        found = told(read(**files), "segments.passed_over")
        assert found.severity is Severity.WARNING
        assert f"{name if len(name) < 64 else 'x' * 61 + '...'} (2.2 mL)." in found.message


def test_many_unknown_names_are_one_finding(tmp_path: Path) -> None:
    others = [(f"Fokus {n}", ONE) for n in range(1, 31)]
    path = slicer(tmp_path, ("Liver", LIVER), *others)
    found = told(read(label_map=path), "segments.passed_over")
    assert "30 segments" in found.message
    assert "Fokus 12 (0.12 mL) and 18 more." in found.message


def test_organs_next_to_the_liver_and_what_is_empty_stay_quiet(tmp_path: Path) -> None:
    others = [(name, BESIDE) for name in ("Spleen", "left kidney", "Aorta", "ribs", "right lung")]
    found = read(label_map=slicer(tmp_path, ("Liver", LIVER), *others, ("Fokus", EMPTY)))
    assert found.findings == ()


def test_h13_two_remnants_are_refused_and_not_united(tmp_path: Path) -> None:
    path = slicer(tmp_path, ("Liver", LIVER), ("FLR left", LEFT), ("FLR right", RIGHT))
    says = ("2 segment names denote the flr: FLR left and FLR right", "--structure")
    with refuses("segments.name") as refused:
        read(label_map=path)
    assert [words for words in says if words not in str(refused.value)] == []
    assert "--labelmap" not in refused.value.remedy  # as which it was given
    own = put(tmp_path, "flr", LEFT)
    for role in ("flr", "resected"):
        found = read(label_map=path, masks={role: own})
        assert getattr(found.anatomy, role).file == "flr.nii"
    twice = slicer(tmp_path, ("Liver", LIVER), ("liver", LEFT), name="twice.seg.nrrd")
    refuse("segments.name", "Liver and liver", label_map=twice)


def test_veins_and_cysts_by_their_short_names(tmp_path: Path) -> None:
    vein = [("MHV", ONE), ("RHV", TWO), ("RPV", ONE)]
    parts = [("Liver", LIVER), *vein, ("Cyst S4", TWO), ("scar", ONE)]
    found = read(label_map=slicer(tmp_path, *parts))
    vessels = {name: mask.voxel_count for name, mask in found.anatomy.vessels.items()}
    assert vessels == {"right_hepatic_vein": 4, "middle_hepatic_vein": 4, "right_portal_vein": 4}
    assert [mask.name for mask in found.anatomy.within] == ["cyst", "scar"]
    (told,) = found.findings
    assert (found.anatomy.organ.voxel_count, told.code) == (192, "vessels.of_map")
    assert "MHV (0.12 mL, middle hepatic vein), RHV" in told.message


def test_h03_what_a_map_names_next_to_the_liver_leaves_it(tmp_path: Path) -> None:
    for name in ("GB", "IVC", "portal trunk"):
        found = read(label_map=slicer(tmp_path, ("Liver", LIVER), (name, BESIDE)))
        assert found.anatomy.organ.voxel_count == 188
    carved = np.where(LIVER & (1 - ONE), 1, 0) + 2 * ONE
    keys = [named(0, "Liver"), named(1, "scar", label=2)]
    layer = write(tmp_path / "layer.seg.nrrd", seg_nrrd([carved.astype("u1")], ROWS, *keys))
    assert read(label_map=layer).anatomy.organ.voxel_count == 192  # a scar is liver in any layer


def test_h03_one_segment_a_lesion_is_united_in_every_format(tmp_path: Path) -> None:
    parts = [("lesion 1", ONE), ("lesion 2", TWO), ("Spleen", BESIDE)]
    liver = put(tmp_path, "liver", LIVER)
    found = read(masks={"liver": liver, "tumour": slicer(tmp_path, *parts)})
    (united,) = found.findings
    assert (sure(found.anatomy.tumour).voxel_count, united.code) == (8, "segments.united")
    assert united.message.endswith("together: lesion 1 (0.12 mL), lesion 2 (0.12 mL)")
    assert [mask.voxel_count for mask in found.anatomy.lesions] == [4, 4]


def test_h03_one_segment_a_lesion_is_united_in_dicom_too(tmp_path: Path) -> None:
    other = np.zeros_like(drawn())
    other[1, 2:4, 2:4] = True  # 4 voxels, 2 of them in the small mask of 12
    frames = [*frames_of(drawn()), *frames_of(other, 2)]
    of_seg = write(tmp_path / "a.dcm", pack(seg(frames, ("Lesion 1", "Lesion 2"))))
    assert count(of_seg, "tumour") == 14
    box = [ring(20.0, z) for z in (0.0, 2.5, 5.0)]
    apart = [points + np.array((60.0, 0.0, 0.0)) for points in box]
    content = pack(rtstruct([("Met 1", box), ("Met 2", apart), ("Body", box)]))
    of_rt = write(tmp_path / "b.dcm", content)
    assert count(of_rt, "tumour") == 2 * count(of_rt, "exclude Met 1")


def test_h13_a_lesion_that_is_twice_in_a_file_is_reported(tmp_path: Path) -> None:
    one, other = frames_of(drawn()), frames_of(drawn(), 2)
    path = write(tmp_path / "a.dcm", pack(seg([*one, *other], ("Lesion 1", "Lesion 2"))))
    liver = write(tmp_path / "liver.dcm", pack(seg()))
    as_tumour = read(masks={"liver": liver, "tumour": path})
    as_map = read(masks={"liver": liver}, label_map=path)
    for found in (as_tumour, as_map):
        finding = told(found, "segments.overlap")
        assert finding.severity is Severity.WARNING
        assert "Lesion 2 has the same voxels as" in finding.message


def count(path: Path, role: str) -> int:
    file = read_labels(path, role, Holds.LABELS, Limits())
    assert isinstance(file, SegmentFile)
    return file.whole(role).voxel_count


def test_an_empty_lesion_is_reported_and_all_empty_are_refused(tmp_path: Path) -> None:
    liver = put(tmp_path, "liver", LIVER)
    some = slicer(tmp_path, ("lesion 1", ONE), ("lesion 2", EMPTY))
    found = told(read(masks={"liver": liver, "tumour": some}), "segments.empty")
    assert "lesion 2" in found.message
    parts = [("lesion 1", EMPTY), ("lesion 2", EMPTY), ("Spleen", ONE)]
    masks = {"liver": liver, "tumour": slicer(tmp_path, *parts, name="n.seg.nrrd")}
    refuse("segments.empty", "lesion 1 (label 1) and lesion 2", masks=masks)


def test_h03_lesions_not_requested_are_reported(tmp_path: Path) -> None:
    path = slicer(tmp_path, ("Liver", LIVER), ("Tumor_1", ONE), ("FLR", LEFT))
    found = told(read(masks={"liver": path, "flr": path}), "segments.not_asked")
    assert "also contains Tumor_1, but no tumour mask was given" in found.message
    asked = {"liver": path, "flr": path, "tumour": path}
    assert read(masks=asked).findings == ()
    assert read(masks={"liver": path}, label_map=path).findings == ()


@pytest.mark.parametrize("name", ["FLR", "Future liver remnant", "Resected"])
def test_h03_a_remnant_not_requested_is_reported(name: str, tmp_path: Path) -> None:
    others = (("Liver", LIVER), ("Spleen", TWO), ("Portal vein", TWO))
    path = slicer(tmp_path, *others, (name, LEFT))
    found = told(read(masks={"liver": path}), "segments.not_asked")
    assert (
        f"also contains {name}, but no remnant mask was given; also give the file as --flr"
        in found.message
    )
    assert (found.severity, found.file) == (Severity.WARNING, "planning.seg.nrrd")
    remnant = put(tmp_path, "flr", LEFT)
    for files in (
        {"masks": {"liver": path, "flr": remnant}},
        {"masks": {"liver": path, "resected": remnant}},
        {"masks": {"liver": path}, "planned": {"plan 2 flr": remnant}},
        {"masks": {"liver": path}, "label_map": path},
        {"masks": {"liver": slicer(tmp_path, *others, name="quiet.seg.nrrd")}},
    ):
        assert "segments.not_asked" not in [one.code for one in read(**files).findings]


def test_h03_lesions_and_a_remnant_not_requested_are_two_doubts(tmp_path: Path) -> None:
    path = slicer(tmp_path, ("Liver", LIVER), ("Tumor_1", ONE), ("FLR", LEFT))
    found = [one.message for one in read(masks={"liver": path}).findings]
    assert [message.split(": ", 1)[1] for message in found] == [
        "also contains Tumor_1, but no tumour mask was given; also give the file as --tumour, or "
        "as --labelmap",
        "also contains FLR, but no remnant mask was given; also give the file as --flr (a part to "
        "be removed: --resected), or as --labelmap",
    ]
    other = put(tmp_path, "liver", LIVER)  # and beside a tumour of that file
    found = [one.message for one in read(masks={"liver": other, "tumour": path}).findings]
    assert ["no remnant mask was given" in message for message in found] == [True]


# names that a program gave


def of_dicom(folder: Path, *names: str) -> Path:
    data = seg([f for n in range(len(names)) for f in frames_of(drawn(), n + 1)], names)
    return write(folder / "planning.dcm", pack(data))


@pytest.mark.parametrize(
    "names", [("Segment_1", "Segment_2", "Segment_3"), ("1", "2"), ("Liver ?", "Segment_2"),
              tuple(f"Segment_{n}" for n in range(1, 11))],
)  # fmt: skip
def test_h13_numbers_in_order_are_no_couinaud_segments(
    names: tuple[str, ...], tmp_path: Path
) -> None:
    says = "no segment with voxels has a name that denotes the liver"
    refuse("labels.no_liver", says, label_map=of_dicom(tmp_path, *names))


def test_h16_a_liver_without_voxels_is_not_called_nameless(tmp_path: Path) -> None:
    path = slicer(tmp_path, ("Liver", EMPTY), ("FLR", LEFT))
    refuse("labels.no_liver", "no segment with voxels has a name that denotes", label_map=path)


@pytest.mark.parametrize(
    ("names", "segments"),
    [
        (("Segment_2", "Segment_3"), "23"),
        (tuple(f"Segment_{n}" for n in range(1, 9)), "12345678"),
        (tuple(f"Segment {n}" for n in ("1", "2", "3", "4a", *"5678", "4b")), "12345678"),
        (("Segment I", "Segment II"), "12"),
        (("liver_segment_1", "liver_segment_2"), "12"),
    ],
)
def test_names_that_people_give_are(names: tuple[str, ...], segments: str, tmp_path: Path) -> None:
    found = read(label_map=of_dicom(tmp_path, *names)).anatomy.segments
    assert "".join(sorted(found)) == segments


def test_h13_a_segment_without_a_name_is_none_of_couinauds(tmp_path: Path) -> None:
    data = seg([*frames_of(drawn()), *frames_of(drawn(), 2)], ("Liver", "x"))
    del data.SegmentSequence[1].SegmentLabel
    found = read(label_map=write(tmp_path / "a.dcm", pack(data)))
    assert found.anatomy.segments == {}
    assert "segment 2 (0.36 mL)." in told(found, "segments.passed_over").message
    data.SegmentSequence[1] = segment(2, "Segment_2", ("SCT", "277956007"))
    assert [*read(label_map=write(tmp_path / "b.dcm", pack(data))).anatomy.segments] == ["2"]
    for names in (("Liver", ""), ("Liver", "2")):
        path = slicer(tmp_path, (names[0], LIVER), (names[1], ONE))
        assert read(label_map=path).anatomy.segments == {}


def test_what_cannot_be_drawn_and_is_not_used_refuses_nothing(tmp_path: Path) -> None:
    box = [ring(20.0, z) for z in (0.0, 2.5, 5.0)]
    data = rtstruct([("Liver", box), ("Line", box), ("Isocentre", box), ("BODY", box)])
    data.ROIContourSequence[1].ContourSequence = [contour(box[0], "OPEN_PLANAR")]
    data.ROIContourSequence[2].ContourSequence = [contour(box[0][:1], "POINT")]
    found = read(label_map=write(tmp_path / "a.dcm", pack(data)))
    assert "unknown name and is not counted: Line. Name" in (
        told(found, "segments.passed_over").message
    )
    data.ROIContourSequence[1].ContourSequence = [contour(box[0][:1], "POINT")] * 2
    found = read(label_map=write(tmp_path / "b.dcm", pack(data)))
    assert "segments.passed_over" not in {one.code for one in found.findings}


# a user's own labels


def test_many_own_names_that_are_not_used_are_one_finding(tmp_path: Path) -> None:
    voxels = LIVER.copy()
    voxels[1, 1:7, 1:4] = np.arange(2, 20).reshape(6, 3)
    labels = {1: "liver"} | {n: f"Fokus {n}" for n in range(2, 20)}
    found = told(read(label_map=put(tmp_path, "map", voxels), labels=labels), "labels.passed_over")
    assert "label 2 (0.03 mL) is named 'Fokus 2'" in found.message
    assert "6 more" in found.message


# S3: names of what is excluded.


@pytest.mark.parametrize("name", ["gallbladder", "Gallbladder", "GB", "IVC", "Portal_Vein", "gut"])
def test_h03_the_same_number_for_every_spelling(name: str, tmp_path: Path) -> None:
    liver, beside = put(tmp_path, "liver", LIVER), put(tmp_path, "beside", BESIDE)
    found = read(masks={"liver": liver}, excluded={name: beside})
    assert found.anatomy.organ.voxel_count == 188
    (mask,) = found.anatomy.excluded
    assert [one.role for one in found.inputs] == ["liver", f"exclude {mask.name}"]


def test_h03_a_cyst_stays_however_it_is_spelled(tmp_path: Path) -> None:
    liver, cyst = put(tmp_path, "liver", LIVER), put(tmp_path, "cyst", ONE)
    for name in ("cyst", "Cysts", "liver_cyst", "other stone"):
        anatomy = read(masks={"liver": liver}, excluded={name: cyst}).anatomy
        assert (anatomy.organ.voxel_count, len(anatomy.within)) == (192, 1)


def test_two_spellings_of_one_name_are_united(tmp_path: Path) -> None:
    liver = put(tmp_path, "liver", LIVER)
    excluded = {"GB": put(tmp_path, "a", BESIDE), "gall_bladder": put(tmp_path, "b", ONE)}
    found = read(masks={"liver": liver}, excluded=excluded)
    (mask,) = found.anatomy.excluded
    assert (mask.name, mask.voxel_count) == ("gallbladder", 12)


def test_h13_an_unknown_name_is_refused_with_the_list(tmp_path: Path) -> None:
    beside = put(tmp_path, "beside", BESIDE)
    for name in ("Galle", "tumour", "liver", "x" * 300, "a\x1b[31m\u202e"):
        with refuses("exclude.unknown") as refused:
            MaskFiles({"liver": beside}, {name: beside})
        assert "gallbladder, inferior_vena_cava, portal_vein_trunk" in refused.value.remedy
        assert refused.value.source.isprintable()
        assert len(refused.value.source) < 80


def test_verified_files_are_found_under_any_spelling(tmp_path: Path) -> None:
    path = tmp_path / "case.toml"
    path.write_text(
        'schema = 1\n[masks]\nliver = "l.nii"\nexclude = { GB = "g.nii" }\n'
        f'[imaging]\nsha256 = {{ "exclude Gallbladder" = "{"a" * 64}" }}\n'
    )
    request = read_case_file(path)
    assert request.expected_sha256 == (("exclude gallbladder", "a" * 64),)
    assert [*request.files.excluded] == ["gallbladder"]


# S4: schemes.


def liver_sized(folder: Path, voxels: npt.NDArray[Any]) -> Path:
    """Write a map whose voxel has 5.2 mL, so that 192 of them are 1 L."""
    return put(folder, "map", voxels, **placed(ORIGIN_MM, (20.0, 20.0, 13.0)))


MAP = np.zeros(SHAPE, "u1")
MAP[1:9, 1:7, 1:5] = np.repeat(np.arange(1, 9), 24).reshape(8, 6, 4)


def test_h13_a_map_of_another_numbering_is_asked_about(tmp_path: Path) -> None:
    many = MAP * 0
    many[1:9, 1:7, 1:5] = 5
    many[0, :7, 0:5] = np.r_[1:23, 26:39].reshape(7, 5)  # no cysts of the kidneys, no sacrum
    cases = (
        (
            many,
            "35 labels, 1 to 38, most of it label 5 (1004 mL); the numbers fit the scheme "
            "totalsegmentator",  # 193 voxels
            "(--scheme): totalsegmentator if 1 is spleen, 2 is kidney right and ",
        ),
        (
            np.where(MAP == 8, 9, MAP),
            "9; the numbers fit the schemes couinaud_4_9 and couinaud_4_5",
            "couinaud_4_9 if 4 is segment IVa and 9 is segment IVb, couinaud_4_5 if 4 is "
            "segment IVa, 5 is segment IVb and 6 is segment V, or couinaud if 1 to 8",
        ),
        (LIVER + ONE, "only labels 1 (978 mL) and 2 (20.8 mL); the numbers fit"),
        (LIVER * 5, "only label 5 (998 mL); the numbers fit the scheme totalsegmentator"),
        (
            LIVER * 5 + SPLEEN,
            "2 labels, 1 to 5, most of it label 5 (998 mL); the numbers fit the scheme "
            "totalsegmentator",
            "totalsegmentator if 1 is spleen and 5 is liver, or couinaud if 1 to 8 are",
        ),
        (
            LIVER * 5 + 2 * SPLEEN + 3 * SPLEEN[::-1],
            "3 labels, 2 to 5, most of it label 5",
            "totalsegmentator if 2 is kidney right, 3 is kidney left and 5 is liver",
        ),
        (
            LIVER + 3 * SPLEEN + 6 * SPLEEN[::-1],  # no gallbladder
            "3 labels, 1 to 6, most of it label 1 (998 mL); the numbers fit the scheme flare22",
            "flare22 if 1 is liver, 3 is spleen and 6 is inferior vena cava, or couinaud",
        ),
    )
    for voxels, *says in cases:
        refuse("labels.which_scheme", "map.nii", *says, label_map=liver_sized(tmp_path, voxels))
        found = read(label_map=liver_sized(tmp_path, voxels), scheme="couinaud")
        assert "labels.which_scheme" not in {one.code for one in found.findings}


@pytest.mark.parametrize(("other", "is_asked"), [(95, True), (96, False)])
def test_h13_more_than_two_thirds_of_a_map_are_no_segment(
    other: int, is_asked: bool, tmp_path: Path
) -> None:
    """192 of 288 voxels are two thirds: only more of a map may be a liver with its spleen."""
    voxels = LIVER * 5
    for place in np.argwhere(voxels == 0)[:other]:
        voxels[tuple(place)] = 1
    path = liver_sized(tmp_path, voxels)
    if is_asked:
        refuse("labels.which_scheme", "most of it label 5", label_map=path)
    else:
        assert read(label_map=path).anatomy.liver.voxel_count == 288


def test_vessels_and_tumour_next_to_a_liver_are_asked_about(tmp_path: Path) -> None:
    files = {"masks": {"liver": put(tmp_path, "liver", LIVER)}}
    small = put(tmp_path, "map", TWO + 2 * ONE)
    says = "fit the schemes totalsegmentator_vessels and msd_task08"
    both = "totalsegmentator_vessels or msd_task08 if 1 is liver vessels and 2 is tumour, or couin"
    own = "{ file, labels } for your own labels"
    refuse("labels.which_scheme", says, both, own, label_map=small, **files)


def test_a_slip_of_the_pen_is_reported_and_asked_about(tmp_path: Path) -> None:
    voxels = MAP.copy()
    voxels[0, 0, 0] = 9
    found = read(label_map=liver_sized(tmp_path, voxels))
    assert found.anatomy.liver.voxel_count == 192
    message = told(found, "labels.unknown").message
    assert "label 9 (5.2 mL) is not defined in the scheme couinaud, and not counted" in message
    assert message.endswith("the numbers fit the schemes couinaud_4_9 and couinaud_4_5")


def test_a_map_of_segments_is_asked_nothing(tmp_path: Path) -> None:
    for voxels in (MAP, np.where(MAP == 1, 0, MAP), np.where(MAP > 3, 0, MAP)):
        assert read(label_map=liver_sized(tmp_path, voxels.astype("u1"))).findings == ()


def test_unknown_labels_of_a_scheme_are_one_finding(tmp_path: Path) -> None:
    voxels = LIVER.copy()
    voxels[0, :7, 0:5] = np.arange(41, 76).reshape(7, 5)
    found = read(label_map=put(tmp_path, "map", voxels), scheme="lits")
    assert "52 (0.03 mL) and 23 more, 1.1 mL in all are not defined" in (
        told(found, "labels.unknown").message
    )


# a folder of single files


def in_files(folder: Path, voxels: Voxels = MAP, last: int = 8) -> Path:
    for n in range(1, last + 1):
        put(folder / "segments", f"liver_segment_{n}", (voxels == n).astype("u1"))
    return folder / "segments"


def test_a_folder_of_segments_is_a_map(tmp_path: Path) -> None:
    found = read(label_map=in_files(tmp_path))
    assert {n: mask.voxel_count for n, mask in found.anatomy.segments.items()} == dict.fromkeys(
        "12345678", 24
    )
    assert (found.anatomy.liver.voxel_count, found.findings) == (192, ())
    assert [one.file for one in found.inputs] == [f"liver_segment_{n}.nii" for n in range(1, 9)]
    assert {one.role for one in found.inputs} == {"labelmap"}
    assert found.label_map is not None
    assert (found.label_map["file"], found.label_map["scheme"]) == ("segments", "file names")


def test_h16_a_segment_that_was_not_found_is_absent(tmp_path: Path) -> None:
    folder = in_files(tmp_path, np.where(MAP == 2, 0, MAP).astype("u1"), last=7)
    assert "".join(sorted(read(label_map=folder).anatomy.segments)) == "134567"


def test_h13_other_files_of_the_folder_are_reported_unless_they_are_given(tmp_path: Path) -> None:
    folder = in_files(tmp_path)
    tumour = put(folder, "tumour", ONE)
    for other in ("spleen", "ct", "liver"):
        put(folder, other, ONE)
    found = told(read(label_map=folder), "labels.passed_over")
    assert "also contains tumour.nii, which was not read" in found.message
    (folder / "._liver_segment_4.nii").write_bytes(b"\0\5\x16\7")  # of macOS
    assert read(label_map=folder, masks={"tumour": tumour}).findings == ()


@pytest.mark.parametrize(
    "other", ["liver_segment_4a", "Liver_Segment_IV", "liver_segment_4_edited", "S4"]
)
def test_h13_a_segment_of_another_spelling_is_reported(other: str, tmp_path: Path) -> None:
    folder = in_files(tmp_path)
    (folder / "liver_segment_4.nii").rename(folder / f"{other}.nii")
    found = told(read(label_map=folder), "labels.passed_over")
    assert f"also contains {other}.nii, which was not read" in found.message
    assert "liver_segment_1 to liver_segment_8" in found.message


def test_folders_that_are_no_map(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    refuse("file.folder", "empty", "liver_segment_1", "--ml", label_map=tmp_path / "empty")
    folder = in_files(tmp_path)
    write(folder / "liver_segment_1.nii.gz", b"")
    refuse("segments.twice", "are two files for the same segment", label_map=folder)
    (folder / "liver_segment_1.nii.gz").unlink()
    put(folder, "liver_segment_3", MAP)
    refuse("labels.several", "liver_segment_3.nii", label_map=folder)
    put(folder, "liver_segment_3", LIVER, **placed(ORIGIN_MM, (3.0, 3.0, 5.0)))
    refuse("grid.differs", "liver_segment_3.nii", label_map=folder)
