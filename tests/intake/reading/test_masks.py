"""From files to one anatomy: roles, label maps, and one grid for all [safety.md F8, F11, G1].

Files are 10 x 8 x 6 voxels of 2 x 3 x 5 mm; a voxel is 0.030 mL.
"""

import os
from collections.abc import Callable
from pathlib import Path
from struct import pack
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from fl_planner.basis.findings import InputRefused, Severity
from fl_planner.formats.read import read_labels
from fl_planner.formats.segments.by_role import read_bundled_schemes
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.formats.voxels.values import Holds, LabelFile
from fl_planner.intake.reading import mask_files
from fl_planner.intake.reading.masks import MaskFiles, ReadAnatomy, read_anatomy
from fl_planner.intake.reading.numbering import find_named_otherwise
from fl_planner.space.labels import LabelScheme, find_scheme
from tests.cases import each_case, sure
from tests.niftis import both_forms, nifti, write
from tests.nrrds import seg_nrrd, segment
from tests.refusals import refuses

SHAPE = (10, 8, 6)
SPACING_MM = (2.0, 3.0, 5.0)
ORIGIN_MM = (-100.0, -50.0, 20.0)
Voxels = npt.NDArray[np.uint8]


def part(*start_stop: tuple[int, int], label: int = 1) -> Voxels:
    voxels = np.zeros(SHAPE, "u1")
    voxels[tuple(slice(*pair) for pair in start_stop)] = label
    return voxels


LIVER = part((1, 9), (1, 7), (1, 5))  # 8 x 6 x 4 = 192
FLR = part((1, 4), (1, 7), (1, 5))  # 3 x 6 x 4 = 72
TUMOUR = part((6, 8), (2, 4), (2, 3))  # 2 x 2 x 1 = 4
EMPTY = part((0, 0), (0, 0), (0, 0))


def put(folder: Path, name: str, voxels: npt.NDArray[Any], **fields: Any) -> Path:
    forms = both_forms(SPACING_MM, ORIGIN_MM)
    return write(folder / f"{name}.nii", nifti(voxels, **{**forms, **fields}))


def placed(origin_mm: tuple[float, float, float], spacing_mm: Any = SPACING_MM) -> dict[str, Any]:
    return both_forms(spacing_mm, origin_mm)


UNPLACED = {"sform_code": 0, "qform_code": 0}


def together(folder: Path, **files: tuple[npt.NDArray[Any], dict[str, Any]]) -> ReadAnatomy:
    paths = {role: put(folder, role, *file[:1], **file[1]) for role, file in files.items()}
    return read_anatomy(MaskFiles(paths), Limits())


def refuse(files: MaskFiles, code: str, *says: str) -> InputRefused:
    with refuses(code) as refusal:
        read_anatomy(files, Limits())
    for words in says:
        assert words in str(refusal.value)
    return refusal.value


def test_h05_a_probability_map_below_the_threshold_is_not_an_empty_drawing(tmp_path: Path) -> None:
    low = np.linspace(0.0, 0.45, FLR.size, dtype="f4").reshape(SHAPE) * FLR
    liver, flr = put(tmp_path, "liver", LIVER), put(tmp_path, "low", low)
    says = "low.nii: no voxel of the probability map is above 0.5", "lower threshold"
    refuse(MaskFiles({"liver": liver, "flr": flr}), "mask.empty", *says)
    read = read_anatomy(MaskFiles({"liver": liver, "tumour": flr}), Limits())  # none may be there
    assert read.anatomy.tumour is not None
    assert read.anatomy.tumour.voxel_count == 0
    assert "probability map: no voxel is above 0.5" in "".join(one.message for one in read.findings)


def refuse_pair(folder: Path, code: str, *says: str, **files: Any) -> InputRefused:
    paths = {role: put(folder, role, *file[:1], **file[1]) for role, file in files.items()}
    return refuse(MaskFiles(paths), code, *(f"{role}.nii" for role in files), *says)


# Roles.


def test_every_role_has_its_mask_and_its_file(tmp_path: Path) -> None:
    files = MaskFiles(
        {
            "treated": put(tmp_path, "t90", FLR),
            "tumour": put(tmp_path, "t", TUMOUR),
            "liver": put(tmp_path, "l", LIVER),
        },
        excluded={"cyst": put(tmp_path, "c", part((2, 3), (2, 3), (2, 3), label=7))},
    )
    read = read_anatomy(files, Limits())
    anatomy = read.anatomy
    counts = (
        anatomy.liver.voxel_count,
        sure(anatomy.tumour).voxel_count,
        sure(anatomy.treated).voxel_count,
    )
    assert counts == (192, 4, 72)
    assert [(mask.name, mask.voxel_count) for mask in anatomy.excluded] == [("cyst", 1)]
    assert (anatomy.flr, anatomy.resected, anatomy.mapped, anatomy.segments) == (None,) * 3 + ({},)
    assert [(one.role, one.file, one.format) for one in read.inputs] == [
        ("liver", "l.nii", "nifti1"),
        ("tumour", "t.nii", "nifti1"),
        ("treated", "t90.nii", "nifti1"),
        ("exclude cyst", "c.nii", "nifti1"),
    ]
    assert (read.findings, read.label_map) == ((), None)


@pytest.mark.parametrize("role", ["flr", "resected"])
def test_a_remnant_or_what_is_removed(role: str, tmp_path: Path) -> None:
    read = together(tmp_path, liver=(LIVER, {}), **{role: (FLR, {})})
    mask = getattr(read.anatomy, role)
    assert (mask.name, mask.file, mask.voxel_count) == (role, f"{role}.nii", 72)


def test_no_liver(tmp_path: Path) -> None:
    refuse(MaskFiles({"flr": put(tmp_path, "flr", FLR)}), "input.no_liver", "--liver")
    refuse(MaskFiles(), "input.no_liver", "--labelmap")


@pytest.mark.parametrize("role", ["liver", "flr", "resected", "treated"])
def test_h16_an_empty_mask_is_a_failed_drawing(role: str, tmp_path: Path) -> None:
    masks = {"liver": put(tmp_path, "liver", LIVER), role: put(tmp_path, role, EMPTY)}
    refuse(MaskFiles(masks), "mask.empty", f"{role}.nii", "is empty")


def test_h16_an_empty_tumour_mask_states_that_there_is_none(tmp_path: Path) -> None:
    read = together(tmp_path, liver=(LIVER, {}), tumour=(EMPTY, {}))
    assert (sure(read.anatomy.tumour).voxel_count, read.findings) == (0, ())


def test_no_tumour_by_word(tmp_path: Path) -> None:
    liver = put(tmp_path, "liver", LIVER)
    anatomy = read_anatomy(MaskFiles({"liver": liver}, no_tumour=True), Limits()).anatomy
    assert anatomy.tumour is not None
    assert (anatomy.tumour.name, anatomy.tumour.voxel_count) == ("tumour", 0)
    masks = {"liver": liver, "tumour": put(tmp_path, "tumour", EMPTY)}
    refuse(
        MaskFiles(masks, no_tumour=True),
        "input.tumour_twice",
        "omit either the tumour mask or no_tumour",
    )


def test_each_label_of_a_tumour_mask_is_a_lesion(tmp_path: Path) -> None:
    two = TUMOUR + part((2, 3), (2, 3), (2, 4), label=5)
    read = together(tmp_path, liver=(LIVER, {}), tumour=(two, {}))
    assert sure(read.anatomy.tumour).voxel_count == 6
    assert [(mask.name, mask.voxel_count) for mask in read.anatomy.lesions] == [
        ("tumour", 4),
        ("tumour", 2),
    ]
    (finding,) = read.findings
    assert (finding.code, finding.severity) == ("labels.several", Severity.WARNING)
    assert "(1: 0.12 mL, 5: 0.06 mL)" in finding.message


def test_labels_that_are_within_each_other_are_one_lesion(tmp_path: Path) -> None:
    """A rim of 4 x 4 voxels in one layer, and a core of 2 x 2: tissues, told with their mL."""
    core = part((3, 5), (3, 5), (2, 3))
    tissues = part((2, 6), (2, 6), (2, 3)) + core
    read = together(tmp_path, liver=(LIVER, {}), tumour=(tissues, {}))
    assert read.anatomy.lesions == ()
    assert [finding.code for finding in read.findings] == ["labels.several", "lesions.tissues"]
    assert "label 2 (0.12 mL) is inside label 1" in read.findings[1].message


def test_h13_tumours_of_a_label_map_with_a_label_each_stay_apart(tmp_path: Path) -> None:
    """They touch by a face: by their labels two lesions of 4 and 2 voxels, else one of 6."""
    voxels = LIVER + TUMOUR + 2 * part((6, 8), (4, 5), (2, 3))
    labels = {1: "liver", 2: "tumour", 3: "tumour"}
    read = read_anatomy(of_map(tmp_path, voxels, labels=labels), Limits())
    assert [(mask.name, mask.voxel_count) for mask in read.anatomy.lesions] == [
        ("tumour", 4),
        ("tumour", 2),
    ]
    assert read.findings == ()
    beside = {"tumour": put(tmp_path, "tumour", TUMOUR)}  # a file of its own wins
    read = read_anatomy(of_map(tmp_path, voxels, labels=labels, masks=beside), Limits())
    assert read.anatomy.lesions == ()


def test_h13_tumours_of_a_segmentation_stay_apart(tmp_path: Path) -> None:
    """Two segments of one name, and none of a third: each that is drawn is a lesion."""
    rows = [[2.0, 0, 0, 0], [0, 3.0, 0, 0], [0, 0, 5.0, 0]]
    voxels = LIVER + TUMOUR + 2 * part((6, 8), (4, 5), (2, 3))
    names = ["liver", "tumour", "tumour", "tumour"]
    segments = [segment(n, name, label=n + 1) for n, name in enumerate(names)]
    (tmp_path / "map.seg.nrrd").write_bytes(seg_nrrd([voxels], rows, *segments))
    read = read_anatomy(MaskFiles(label_map=tmp_path / "map.seg.nrrd"), Limits())
    assert [mask.voxel_count for mask in read.anatomy.lesions] == [4, 2]


def test_one_label_is_not_split_into_lesions(tmp_path: Path) -> None:
    assert together(tmp_path, liver=(LIVER, {}), tumour=(TUMOUR, {})).anatomy.lesions == ()


@pytest.mark.parametrize("role", ["flr", "resected", "treated"])
def test_h13_several_labels_are_counted_in_a_liver_only(role: str, tmp_path: Path) -> None:
    two = LIVER + TUMOUR  # 1 and 2, as LiTS has it
    read = together(tmp_path, liver=(two, {}))
    assert (read.anatomy.liver.voxel_count, read.anatomy.lesions) == (192, ())
    masks = {"liver": put(tmp_path, "liver", LIVER), role: put(tmp_path, role, two)}
    refuse(MaskFiles(masks), "labels.several", f"{role}.nii", "this mask requires a single label")


def test_h13_an_excluded_part_has_one_label(tmp_path: Path) -> None:
    files = MaskFiles(
        {"liver": put(tmp_path, "liver", LIVER)},
        excluded={"cyst": put(tmp_path, "cyst", LIVER + TUMOUR)},
    )
    refuse(files, "labels.several", "cyst.nii")


def test_findings_of_one_file_are_reported_once(tmp_path: Path) -> None:
    path = put(tmp_path, "both", LIVER, xyzt_units=7)
    read = read_anatomy(MaskFiles({"liver": path, "flr": path}), Limits())
    assert [finding.code for finding in read.findings] == ["geometry.unit_undefined"]


# Label maps.

MAP = EMPTY.copy()
MAP[1:9, 1:7, 1:5] = np.repeat(np.arange(1, 9), 24).reshape(8, 6, 4)  # 24 voxels each


def of_map(folder: Path, voxels: npt.NDArray[Any], **more: Any) -> MaskFiles:
    return MaskFiles(label_map=put(folder, "map", voxels), **more)


def test_a_couinaud_map_is_the_liver_and_its_segments(tmp_path: Path) -> None:
    read = read_anatomy(of_map(tmp_path, MAP), Limits())
    anatomy = read.anatomy
    assert (anatomy.liver.name, anatomy.liver.voxel_count) == ("liver", 192)
    assert {name: mask.voxel_count for name, mask in anatomy.segments.items()} == {
        str(n): 24 for n in range(1, 9)
    }
    assert (anatomy.tumour, anatomy.mapped) == (None, None)
    assert read.label_map == {
        "file": "map.nii",
        "scheme": "couinaud",
        "source": read_bundled_schemes()["couinaud"].source,
        "labels": {str(n): f"segment_{n}" for n in range(1, 9)},
    }
    assert [one.role for one in read.inputs] == ["labelmap"]


@pytest.mark.parametrize("scheme", ["lits", "no such scheme"])
def test_h13_a_scheme_without_a_map_is_refused(scheme: str, tmp_path: Path) -> None:
    """Nobody wants it in vain: the map was forgotten, or given in another role."""
    files = MaskFiles({"liver": put(tmp_path, "liver", LIVER)}, scheme=scheme)
    refuse(files, "labels.scheme_alone", scheme, "--labelmap")


def test_h13_a_missing_segment_is_absent_and_not_empty(tmp_path: Path) -> None:
    voxels = np.where(MAP == 2, 0, MAP)
    read = read_anatomy(of_map(tmp_path, voxels, absent_segments=frozenset("2")), Limits())
    assert sorted(read.anatomy.segments) == [*"1345678"]
    assert read.anatomy.absent_segments == {"2"}
    assert read.anatomy.liver.voxel_count == 168


def test_h13_other_labels_are_named_and_counted_in_nothing(tmp_path: Path) -> None:
    voxels = MAP.copy()
    voxels[0, 0, 0:2], voxels[9, 7, 5] = 9, 41
    read = read_anatomy(of_map(tmp_path, voxels), Limits())
    assert read.anatomy.liver.voxel_count == 192
    assert [(f.code, f.severity, f.file, f.unit) for f in read.findings] == [
        ("labels.unknown", Severity.WARNING, "map.nii", "mL")
    ]
    assert [f.value for f in read.findings] == [pytest.approx(0.09)]
    assert read.findings[0].message == (
        "map.nii: labels 9 (0.06 mL), 41 (0.03 mL) are not defined in the scheme couinaud, and not "
        "counted"
    )
    labels = sure(read.label_map)["labels"]
    assert isinstance(labels, dict)
    assert (labels["8"], labels["9"], labels["41"]) == ("segment_8", "unknown", "unknown")


def table_of(names: dict[int, str]) -> bytes:
    """Write a table of labels in an extension, as TotalSegmentator 2 does."""
    labels = "".join(
        f'<Label Key="{key}" Red="0.0" Green="1.0" Blue="0.0" Alpha="1"><![CDATA[{name}]]></Label>'
        for key, name in names.items()
    )
    xml = (
        '<?xml version="1.0" encoding="UTF-8"?> <CaretExtension> <VolumeInformation Index="0"> '
        f"<LabelTable>{labels}</LabelTable> </VolumeInformation></CaretExtension>"
    ).encode()
    size = -(-(len(xml) + 8) // 16) * 16
    return b"\1\0\0\0" + pack("<ii", size, 0) + xml.ljust(size - 8, b"\0")


def find_by_names(folder: Path, names: dict[int, str], scheme: str) -> list[str]:
    """Read labels 1 (188 voxels) and 2 (4 voxels) by a scheme; return the findings on names."""
    path = put(folder, "map", LIVER + TUMOUR, between=table_of(names))
    read = read_anatomy(MaskFiles(label_map=path, scheme=scheme), Limits())
    assert (read.anatomy.organ.voxel_count, sure(read.anatomy.tumour).voxel_count) == (192, 4)
    return [f.message for f in read.findings if f.code == "labels.named_otherwise"]


def count_contradictions(folder: Path, name: str, structure: str) -> int:
    """Count the findings on a map whose only label has this name, and is that of a structure."""
    voxels = np.repeat(np.array([0, 1], "u1"), 240).reshape(SHAPE)
    scheme = LabelScheme("own", "own", "the centre", {1: structure}, complete=True)
    path = put(folder, "map", voxels, between=table_of({1: name}))
    file = read_labels(path, "labelmap", Holds.LABEL_MAP, Limits())
    assert isinstance(file, LabelFile)
    return len(find_named_otherwise(file, scheme))


@each_case(
    "names, said",
    {
        "another organ": (
            {1: "spleen", 2: "tumor"},
            ["1 is named as another structure, but is read as liver"],
        ),
        "swapped": (
            {1: "tumor", 2: "liver"},
            [
                "1 is named as tumour, but is read as liver, "
                "2 is named as liver, but is read as tumour"
            ],
        ),
        "a segment": ({1: "liver_segment_1"}, ["1 is named as segment I, but is read as liver"]),
        "with the name of a patient": (
            {1: "spleen of Jane Roe"},
            ["1 is named as another structure, but is read as liver"],
        ),
        "the same": ({1: "liver", 2: "liver_tumor"}, []),
        "in German": ({1: "Leber", 2: "Metastase"}, []),
        "numbers": ({1: "Label 1", 2: "2"}, []),
        "of labels without voxels": ({3: "liver", 5: "spleen"}, []),
        "none": ({}, []),
    },
)
def test_h13_names_in_the_header_that_contradict_the_scheme_are_reported(
    names: dict[int, str], said: list[str], tmp_path: Path
) -> None:
    found = find_by_names(tmp_path, names, "lits")
    assert found == [
        "map.nii: names of labels in the header contradict the scheme lits, which is used: "
        f"label {one}"
        for one in said
    ]


@each_case(
    "form",
    {
        "as they are": str,
        "with blanks": lambda name: name.replace("_", " ").title(),
        "segments of TotalSegmentator": lambda name: name.replace("segment", "liver_segment"),
    },
)
def test_names_of_every_scheme_agree_with_it(form: Callable[[str], str], tmp_path: Path) -> None:
    for scheme in read_bundled_schemes().values():
        voxels = np.zeros(480, "u1")
        voxels[100 : 100 + len(scheme.structures)] = [*scheme.structures]
        names = {label: form(name) for label, name in scheme.structures.items()}
        path = put(tmp_path, "map", voxels.reshape(SHAPE), between=table_of(names))
        file = read_labels(path, "labelmap", Holds.LABEL_MAP, Limits())
        assert isinstance(file, LabelFile)
        assert (file.names, find_named_otherwise(file, scheme)) == (names, ())


@each_case(
    "structure, names",
    {
        "liver": "Leber;foie;liver without tumour;tumour-free liver;Liver excl. tumor;foie sain",
        "tumour": "Lebermetastasen;liver cancer;L\u00e9sion 2;hepatic tumor",
        "hepatic_vessel": "hepatic vessel;vessels;liver_vessels",  # VISTA3D; MSD Task08
        "liver_vessels": "hepatic vessels;Vessel;vasculature;portal and hepatic veins",
        "portal_vein_and_splenic_vein": "Portal/splenic vein;portal vein;portal vein & splenic vein"
        ";Pfortader und Milzvene;veine porte et spl\u00e9nique;PV+SV",
        "flr": "left liver;left lobe of liver;Leber links;foie gauche",
        "resected": "right liver;foie droit;right lobe",
        "segment_4": "Leber Segment 4;foie segment IV;Lebersegment 4;Liver Segment 4",
    }.items(),
)
def test_names_of_a_structure_in_other_words_agree_with_it(
    structure: str, names: str, tmp_path: Path
) -> None:
    """As in data sets and their programs, in English, German and French."""
    for name in names.split(";"):
        assert count_contradictions(tmp_path, name, structure) == 0, name


@each_case(
    "structure, names",
    {
        "flr": "liver;spleen;right kidney;liver with tumour;liver without FLR;tumor",
        "portal_vein_and_splenic_vein": "hepatic vein;liver;hepatic vessels",
        "liver_vessels": "hepatic vein;portal vein",  # one tree of both
        "segment_4": "Leber Segment 5;left liver;foie",
    }.items(),
)
def test_h13_names_of_something_else_contradict_a_structure(
    structure: str, names: str, tmp_path: Path
) -> None:
    for name in names.split(";"):
        assert count_contradictions(tmp_path, name, structure) == 1, name


def test_a_scheme_that_goes_on_is_silent_about_the_rest(tmp_path: Path) -> None:
    voxels = np.where(MAP == 0, 0, np.where(MAP < 5, 5, 117)).astype("u1")
    read = read_anatomy(of_map(tmp_path, voxels, scheme="totalsegmentator_mr"), Limits())
    assert (read.anatomy.liver.voxel_count, read.findings) == (96, ())
    assert read.anatomy.segments == {}


def test_every_number_of_totalsegmentator_has_a_name(tmp_path: Path) -> None:
    names = read_bundled_schemes()["totalsegmentator"].structures
    assert [*names] == [*range(1, 118)]
    assert len({*names.values()}) == 117
    known = {1: "spleen", 2: "kidney_right", 4: "gallbladder", 5: "liver", 7: "pancreas",
             8: "adrenal_gland_right", 52: "aorta", 63: "inferior_vena_cava",
             64: "portal_vein_and_splenic_vein", 79: "spinal_cord"}  # fmt: skip
    assert known.items() <= names.items()  # conventions.md 1, and data/README.md
    voxels = np.where(MAP == 0, 0, np.where(MAP < 5, 5, 118)).astype("u1")
    read = read_anatomy(of_map(tmp_path, voxels, scheme="totalsegmentator"), Limits())
    assert [one.code for one in read.findings] == ["labels.unknown"]


def test_veins_of_a_map_are_kept_and_belong_to_no_set(tmp_path: Path) -> None:
    voxels = np.where(MAP == 0, 0, 5).astype("u1")
    voxels[1:2, 1:7, 1:5], voxels[9, 0, 0:2], voxels[9, 7, 0] = 64, 63, 52
    anatomy = read_anatomy(of_map(tmp_path, voxels, scheme="totalsegmentator"), Limits()).anatomy
    assert {name: mask.voxel_count for name, mask in anatomy.vessels.items()} == {
        "portal_vein_and_splenic_vein": 24,
        "inferior_vena_cava": 2,
    }
    assert anatomy.organ.voxel_count == 168


@pytest.mark.parametrize("scheme", ["totalsegmentator", "btcv", "msd_task08"])
def test_h13_a_scheme_without_a_liver_in_the_map(scheme: str, tmp_path: Path) -> None:
    files = of_map(tmp_path, np.where(MAP == 0, 0, 2).astype("u1"), scheme=scheme)
    refuse(files, "labels.no_liver", "map.nii", scheme, "--scheme")


def halved(first: int, second: int, later: int = 0) -> Voxels:
    """Divide IV of the map into halves of 12 voxels; V to VIII get numbers `later` by so much."""
    voxels = np.where(MAP > 4, MAP + later, MAP)
    voxels[4, 1:7, 3:5], voxels[4, 1:7, 1:3] = first, second
    return voxels.astype("u1")


@pytest.mark.parametrize(
    ("scheme", "numbers"),
    [("couinaud_4_9", (4, 9)), ("couinaud_41_42", (41, 42)), ("couinaud_4_5", (4, 5, 1))],
)
def test_h13_a_map_with_iv_in_halves(scheme: str, numbers: tuple[int, ...], tmp_path: Path) -> None:
    read = read_anatomy(of_map(tmp_path, halved(*numbers), scheme=scheme), Limits())
    anatomy = read.anatomy
    assert anatomy.liver.voxel_count == 192
    assert {name: mask.voxel_count for name, mask in anatomy.segments.items()} == {
        str(n): 24 for n in range(1, 9)
    }
    halves = {name: mask.voxel_count for name, mask in anatomy.segment_parts.items()}
    assert (halves, read.findings) == ({"4a": 12, "4b": 12}, ())
    assert (anatomy.segment_parts["4a"].box.start[2], anatomy.segments["4"].file) == (3, "map.nii")
    labels = sure(read.label_map)["labels"]
    assert isinstance(labels, dict)
    assert [labels[str(n)] for n in numbers[:2]] == ["segment_4a", "segment_4b"]


@pytest.mark.parametrize(("half", "left"), [(4, "4b"), (9, "4a")])
def test_h13_half_of_iv_is_not_iv(half: int, left: str, tmp_path: Path) -> None:
    voxels = halved(4, 9)
    voxels[voxels == half] = 0
    anatomy = read_anatomy(of_map(tmp_path, voxels, scheme="couinaud_4_9"), Limits()).anatomy
    assert sorted(anatomy.segments) == [*"1235678"]
    assert [*anatomy.segment_parts] == [left]
    assert anatomy.liver.voxel_count == 180  # what is drawn of it is liver
    gone = frozenset({"4a" if left == "4b" else "4b"})
    files = of_map(tmp_path, voxels, scheme="couinaud_4_9", absent_segments=gone)
    assert read_anatomy(files, Limits()).anatomy.segments["4"].voxel_count == 12


def test_a_map_by_labels_of_one_s_own(tmp_path: Path) -> None:
    voxels = LIVER + TUMOUR  # 1 liver, 2 tumour
    voxels[1:3, 1:7, 1:5] = 3  # 48 of the 192 voxels
    voxels[8, 1:2, 1:5], voxels[8, 2:3, 1:5], voxels[9, 0, 0] = 4, 5, 6
    labels = {1: "liver", 2: "tumour", 3: "flr", 4: "cyst", 5: "liver_vessels", 7: "spleen"}
    read = read_anatomy(of_map(tmp_path, voxels, labels=labels), Limits())
    anatomy = read.anatomy
    assert (sure(anatomy.flr).voxel_count, sure(anatomy.tumour).voxel_count) == (48, 4)
    # one number a voxel: remnant and cyst were cut out of the liver; the vessel belongs to no set
    assert (anatomy.liver.voxel_count, anatomy.organ.voxel_count) == (192 - 4 - 4, 192 - 4)
    assert [(mask.name, mask.voxel_count) for mask in anatomy.within] == [("cyst", 4)]
    assert {name: mask.voxel_count for name, mask in anatomy.vessels.items()} == {
        "liver_vessels": 4
    }
    assert read.label_map == {
        "file": "map.nii",
        "scheme": "own labels",
        "source": "the case file",
        "labels": {**{str(n): labels[n] for n in range(1, 6)}, "6": "unknown"},
    }
    veins, finding = sorted(read.findings, key=lambda one: one.code, reverse=True)
    assert (veins.code, veins.severity) == ("vessels.of_map", Severity.INFO)
    assert finding.code == "labels.unknown"
    assert "label 6 (0.03 mL) is not defined in the scheme own labels" in finding.message


def test_devascularised_and_congested_labels_of_a_map_are_liver(tmp_path: Path) -> None:
    voxels = LIVER.copy()
    voxels[1:2, 1:7, 1:5], voxels[2:3, 1:7, 1:5], voxels[3:4, 1:7, 1:5] = 2, 3, 4  # 24 each
    labels = {1: "liver", 2: "flr", 3: "devascularised", 4: "congested"}
    anatomy = read_anatomy(of_map(tmp_path, voxels, labels=labels), Limits()).anatomy
    assert [(mask.name, mask.voxel_count) for mask in anatomy.impaired] == [
        ("devascularised", 24),
        ("congested", 24),
    ]
    assert (anatomy.organ.voxel_count, anatomy.within) == (192, ())


def test_h13_labels_of_one_s_own_without_a_liver(tmp_path: Path) -> None:
    files = of_map(tmp_path, LIVER, labels={1: "flr", 2: "tumour"})
    refuse(files, "labels.no_liver", "map.nii", "in the scheme own labels")


def test_h13_a_name_of_one_s_own_that_is_not_used_is_reported(tmp_path: Path) -> None:
    files = of_map(tmp_path, LIVER + TUMOUR, labels={1: "liver", 2: "Metastase"})
    read = read_anatomy(files, Limits())
    assert (read.anatomy.organ.voxel_count, read.anatomy.tumour) == (188, None)
    (finding,) = read.findings
    assert (finding.code, finding.severity) == ("labels.passed_over", Severity.WARNING)
    assert "label 2 (0.12 mL) is named 'Metastase'" in finding.message
    spleen = of_map(tmp_path, LIVER + TUMOUR, labels={1: "liver", 2: "spleen"})
    assert read_anatomy(spleen, Limits()).findings == ()


def test_an_excluded_file_wins_over_the_map(tmp_path: Path) -> None:
    voxels = LIVER + TUMOUR
    cyst = {"cyst": put(tmp_path, "cyst", part((2, 3), (2, 3), (2, 4)))}
    files = of_map(tmp_path, voxels, labels={1: "liver", 2: "cyst"}, excluded=cyst)
    read = read_anatomy(files, Limits())
    assert [(mask.name, mask.voxel_count) for mask in read.anatomy.excluded] == [("cyst", 2)]
    assert [one.code for one in read.findings] == ["labels.file_wins"]
    assert "also contains exclude cyst; the file given as exclude cyst" in read.findings[0].message


def test_h16_an_empty_map_has_no_liver(tmp_path: Path) -> None:
    refuse(of_map(tmp_path, EMPTY), "labels.no_liver", "map.nii", "scheme couinaud")


def test_h16_an_empty_map_next_to_a_liver_is_a_failed_segmentation(tmp_path: Path) -> None:
    files = of_map(tmp_path, EMPTY, masks={"liver": put(tmp_path, "liver", LIVER)})
    refuse(files, "mask.empty", "map.nii", "the label map contains no labels", "omit the label map")


def test_h13_a_map_of_which_nothing_is_used_is_reported(tmp_path: Path) -> None:
    # label 1 is the spleen to TotalSegmentator
    masks = {"liver": put(tmp_path, "liver", LIVER)}
    files = of_map(tmp_path, LIVER, masks=masks, scheme="totalsegmentator")
    (finding,) = read_anatomy(files, Limits()).findings
    assert (finding.code, finding.severity) == ("labels.none_used", Severity.WARNING)
    assert finding.message == (
        "map.nii: no part of the label map is used: in the scheme totalsegmentator, no label in "
        "the map denotes a part of the liver"
    )


def test_labels_that_are_unknown_are_reported_one_by_one_only(tmp_path: Path) -> None:
    masks = {"liver": put(tmp_path, "liver", LIVER)}
    findings = read_anatomy(of_map(tmp_path, LIVER * 40, masks=masks), Limits()).findings
    assert [finding.code for finding in findings] == ["labels.unknown"]


def test_h13_a_map_with_foreign_names_is_reported(tmp_path: Path) -> None:
    rows = [(2.0, 0.0, 0.0, -100.0), (0.0, 3.0, 0.0, -50.0), (0.0, 0.0, 5.0, 20.0)]
    content = seg_nrrd([LIVER], rows, segment(0, "Fleck"), segment(1, "Punkt", label=2))
    masks = {"liver": put(tmp_path, "liver", LIVER)}
    files = MaskFiles(masks, label_map=write(tmp_path / "map.seg.nrrd", content))
    (finding,) = read_anatomy(files, Limits()).findings
    assert finding.code == "segments.passed_over"
    assert "a segment has an unknown name and is not counted: Fleck (5.8 mL)." in (finding.message)
    others = seg_nrrd([LIVER], rows, segment(0, "Spleen"), segment(1, "Punkt", label=2))
    files = MaskFiles(masks, label_map=write(tmp_path / "map.seg.nrrd", others))
    (finding,) = read_anatomy(files, Limits()).findings
    assert finding.code == "labels.none_used"
    assert finding.message.endswith("no segment with voxels has a known name")


def test_h03_tumour_of_a_map_belongs_to_the_organ(tmp_path: Path) -> None:
    voxels = LIVER + TUMOUR  # 1 liver, 2 tumour carved out of it
    files = of_map(tmp_path, voxels, scheme="lits")
    anatomy = read_anatomy(files, Limits()).anatomy
    assert (anatomy.liver.voxel_count, sure(anatomy.tumour).voxel_count) == (188, 4)
    assert anatomy.organ.voxel_count == 192


def test_h03_a_tumour_mask_next_to_a_map_leaves_no_hole(tmp_path: Path) -> None:
    smaller = part((6, 7), (2, 4), (2, 3))  # 2 of the 4 voxels that the map calls tumour
    files = MaskFiles(
        {"tumour": put(tmp_path, "tumour", smaller)},
        label_map=put(tmp_path, "map", LIVER + TUMOUR),
        scheme="lits",
    )
    anatomy = read_anatomy(files, Limits()).anatomy
    assert anatomy.tumour is not None
    assert (anatomy.tumour.voxel_count, anatomy.tumour.file) == (2, "tumour.nii")
    assert anatomy.organ.voxel_count == 192
    assert anatomy.nontumorous.voxel_count == 190


def test_a_tumour_mask_next_to_a_map_of_segments(tmp_path: Path) -> None:
    files = of_map(tmp_path, MAP, masks={"tumour": put(tmp_path, "tumour", TUMOUR)})
    anatomy = read_anatomy(files, Limits()).anatomy
    assert (sure(anatomy.tumour).voxel_count, anatomy.organ.voxel_count) == (4, 192)
    assert len(anatomy.segments) == 8


def test_h03_a_tumour_label_and_the_word_that_there_is_none(tmp_path: Path) -> None:
    files = of_map(tmp_path, LIVER + TUMOUR, scheme="lits", no_tumour=True)
    refuse(files, "input.tumour_twice", "map.nii", "the map has a tumour label")
    files = of_map(tmp_path, LIVER, scheme="lits", no_tumour=True)
    assert read_anatomy(files, Limits()).anatomy.organ.voxel_count == 192


def test_a_map_next_to_a_liver_mask_checks_it(tmp_path: Path) -> None:
    liver = put(tmp_path, "liver", FLR)
    for scheme, voxels, count in (
        ("couinaud", MAP, 192),
        ("lits", LIVER + TUMOUR, 192),
        ("totalsegmentator_lesions", TUMOUR, 4),
    ):
        label_map = put(tmp_path, "map", voxels)
        files = MaskFiles({"liver": liver}, label_map=label_map, scheme=scheme)
        anatomy = read_anatomy(files, Limits()).anatomy
        assert (anatomy.liver.voxel_count, anatomy.liver.file) == (72, "liver.nii")
        assert anatomy.mapped is not None
        assert (anatomy.mapped.name, anatomy.mapped.voxel_count) == ("liver", count)


def test_a_map_that_gives_nothing_next_to_a_liver_mask(tmp_path: Path) -> None:
    files = MaskFiles(
        {"liver": put(tmp_path, "liver", LIVER)},
        label_map=put(tmp_path, "map", part((0, 1), (0, 1), (0, 1), label=63)),
        scheme="totalsegmentator",
    )
    anatomy = read_anatomy(files, Limits()).anatomy
    assert (anatomy.mapped, anatomy.segments, anatomy.tumour) == (None, {}, None)


# One grid.


@pytest.mark.parametrize("spacing_mm", [(2.0, 5.0, 3.0), (3.0, 2.0, 5.0), (2.0, 3.0, 5.06)])
def test_files_without_a_place_but_with_other_spacings(spacing_mm: Any, tmp_path: Path) -> None:
    other = {**UNPLACED, "pixdim": (1.0, *spacing_mm, 0.0, 0.0, 0.0, 0.0)}
    files = {"liver": (LIVER, UNPLACED), "flr": (FLR, other)}
    refuse_pair(tmp_path, "grid.differs", "voxels of", **files)


def test_every_file_is_compared_with_the_liver(tmp_path: Path) -> None:
    off = placed((-99.0, -50.0, 20.0))
    for role, mask in (("tumour", TUMOUR), ("tumour", EMPTY), ("treated", FLR)):
        files = {"liver": (LIVER, {}), role: (mask, off)}
        refuse_pair(tmp_path, "grid.differs", "shifted", **files)
    cyst = put(tmp_path, "cyst", TUMOUR, **off)
    liver = {"liver": put(tmp_path, "liver", LIVER)}
    refuse(MaskFiles(liver, excluded={"cyst": cyst}), "grid.differs", "cyst.nii", "liver.nii")
    refuse(
        MaskFiles(liver, label_map=put(tmp_path, "map", MAP, **off)),
        "grid.differs",
        "map.nii",
        "liver.nii",
    )


def test_another_lattice_on_request(tmp_path: Path) -> None:
    fine = np.repeat(FLR, 2, axis=2)  # each layer cut in two: the same body
    halved = placed((-100.0, -50.0, 18.75), (2.0, 3.0, 2.5))
    masks = {"liver": put(tmp_path, "liver", LIVER), "flr": put(tmp_path, "flr", fine, **halved)}
    refuse(MaskFiles(masks), "grid.differs", "flr.nii", "liver.nii", "--resample")
    read = read_anatomy(MaskFiles(masks, resample=True), Limits())
    assert (read.anatomy.liver.voxel_count, sure(read.anatomy.flr).voxel_count) == (384, 144)
    (told,) = read.resampled
    assert told.file == "liver.nii"
    assert (told.before_ml, told.after_ml) == pytest.approx((5.76, 5.76))
    (finding,) = read.findings
    assert (finding.file, "nearest-neighbour" in finding.message) == ("liver.nii", True)


# Schemes.


def labels_of(scheme: LabelScheme, structure: str) -> tuple[int, ...]:
    """List the labels of a structure, in order; none where the scheme lacks it."""
    return tuple(label for label, name in scheme.structures.items() if name == structure)


def test_bundled_schemes_state_where_they_come_from() -> None:
    schemes = read_bundled_schemes()
    assert set(schemes) >= {"couinaud", "totalsegmentator", "lits", "btcv", "amos"}
    for name, scheme in schemes.items():
        assert (scheme.name, bool(scheme.title), bool(scheme.source)) == (name, True, True)
        assert min(scheme.structures) >= 1


@pytest.mark.parametrize(
    ("scheme", "liver", "tumour"),
    [  # conventions.md 1
        ("totalsegmentator", (5,), ()), ("totalsegmentator_mr", (5,), ()), ("lits", (1,), (2,)),
        ("msd_task08", (), (2,)), ("totalsegmentator_vessels", (), (2,)),
        ("totalsegmentator_lesions", (), (1,)), ("btcv", (6,), ()), ("amos", (6,), ()),
        ("flare22", (1,), ()), ("word", (1,), ()), ("vista3d", (1,), (26,)), ("couinaud", (), ()),
    ],
)  # fmt: skip
def test_h13_liver_and_tumour_of_each_scheme(
    scheme: str, liver: tuple[int, ...], tumour: tuple[int, ...]
) -> None:
    found = find_scheme(read_bundled_schemes(), scheme)
    assert (labels_of(found, "liver"), labels_of(found, "tumour")) == (liver, tumour)


def test_h13_neighbours_that_schemes_number_differently() -> None:
    schemes = read_bundled_schemes()
    pancreas = {name: labels_of(scheme, "pancreas") for name, scheme in schemes.items()}
    spleen = {name: labels_of(scheme, "spleen") for name, scheme in schemes.items()}
    assert (pancreas["btcv"], pancreas["amos"]) == ((11,), (10,))
    assert (spleen["flare22"], spleen["word"], spleen["btcv"]) == ((3,), (2,), (1,))
    assert schemes["couinaud"].structures == {n: f"segment_{n}" for n in range(1, 9)}
    assert [name for name, scheme in schemes.items() if scheme.complete] == [
        "couinaud", "couinaud_4_9", "couinaud_41_42", "couinaud_4_5", "totalsegmentator",
        "totalsegmentator_vessels", "totalsegmentator_lesions", "lits", "msd_task08",
    ]  # fmt: skip


# A map that was resampled as if its numbers were grey values.


def between_layers(voxels: Voxels, *, blend: bool) -> Voxels:
    """Halve the slices: each second one is the mean of two, or the one before."""
    fine = voxels.repeat(2, axis=2)
    if blend:
        fine[:, :, 1:-1:2] = (voxels[:, :, :-1].astype(int) + voxels[:, :, 1:]) // 2
    return fine


def test_h05_a_map_that_was_interpolated_is_an_error(tmp_path: Path) -> None:
    """Segments 2 and 8 upon each other in a field of 0: a layer of 1, 5 and 4 comes in."""
    whole = part((1, 9), (1, 7), (1, 3), label=2) + part((1, 9), (1, 7), (3, 5), label=8)
    whole = whole.repeat(2, axis=0).repeat(2, axis=1)
    for blend in (True, False):
        path = put(tmp_path, f"map_{blend}", between_layers(whole, blend=blend))
        findings = read_anatomy(MaskFiles(label_map=path, scheme="couinaud"), Limits()).findings
        told = [one for one in findings if one.code == "labels.interpolated"]
        assert [one.severity for one in told] == [Severity.ERROR] * blend
        if told:  # 3 of 9 layers
            assert told[0].value == 33.333


@pytest.mark.parametrize("replaced", ["liver", "flr"], ids=["another mask", "the mask itself"])
def test_h12_masks_of_two_versions_are_not_combined(
    replaced: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A workstation exports again while the FLR, the last mask, is being read."""
    paths = {"liver": put(tmp_path, "liver", LIVER), "flr": put(tmp_path, "flr", FLR)}

    def read_during_export(path: Path, role: str, *given: Any) -> Any:
        if role == "flr":
            state = path.with_name(f"{replaced}.nii").stat()
            put(tmp_path, replaced, FLR)
            changed = state.st_mtime_ns + 10**9  # later, whatever the clock of the file system
            os.utime(tmp_path / f"{replaced}.nii", ns=(changed, changed))
        return read_labels(path, role, *given)

    monkeypatch.setattr(mask_files, "read_labels", read_during_export)
    refuse(MaskFiles(paths), "file.changed", f"{replaced}.nii")
