"""Segments of 3D Slicer by name: every cell of rule S1 of safety.md, alone and as a label map."""

import itertools
import json
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from fl_planner.basis.findings import InputRefused, Severity
from fl_planner.cli import run
from fl_planner.formats.read import read_image, read_labels
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.formats.voxels.values import Holds, SegmentFile
from fl_planner.intake.reading.masks import MaskFiles, ReadAnatomy, read_anatomy
from fl_planner.liver.segments.segments import check_cover
from tests.cases import each_case, sure
from tests.formats.opening import ROWS, SHAPE, block, read_named, require_finding, require_refusal
from tests.niftis import nifti, sform, write
from tests.nrrds import SEGMENTATION, Rows, metaimage, nrrd, placed, seg_nrrd, segment

sitk: Any = import_module("SimpleITK")  # its calls are untyped
Voxels = npt.NDArray[Any]


def part(*ends: tuple[int, int], label: int = 1) -> Voxels:
    voxels = np.zeros(SHAPE, "u1")
    voxels[tuple(slice(*pair) for pair in ends)] = label
    return voxels


LIVER = part((1, 6), (1, 4), (1, 3))  # 5 x 3 x 2 = 30
FLR = part((1, 3), (1, 4), (1, 3))  # 2 x 3 x 2 = 12
TUMOUR = part((4, 5), (2, 3), (1, 3))  # 1 x 1 x 2 = 2
LAYERED = seg_nrrd(
    [LIVER, FLR, TUMOUR], ROWS, segment(0, "Liver"), segment(1, "FLR", layer=1),
    segment(2, "Tumour", layer=2),
)  # fmt: skip
CARVED = np.maximum(LIVER, np.maximum(2 * FLR, 3 * TUMOUR))  # one number a voxel
ONE_LAYER = seg_nrrd(
    [CARVED], ROWS, segment(0, "Liver"), segment(1, "FLR", label=2), segment(2, "Tumor", label=3)
)


def of(folder: Path, content: bytes, name: str = "planning.seg.nrrd") -> Path:
    return write(folder / name, content)


def count(path: Path, role: str) -> int:
    file = read_named(path, role)
    assert file.findings == ()
    return file.whole(role).voxel_count


# one segment, several, layers


@pytest.mark.parametrize("name", ["Segment_1", "1", "IV", "my drawing", "", "L\u00e9ber"])
@pytest.mark.parametrize("label", [1, 2, 255])
def test_one_segment_alone_is_meant(name: str, label: int, tmp_path: Path) -> None:
    path = of(tmp_path, seg_nrrd([LIVER * label], ROWS, segment(0, name, label=label)))
    for role in ("liver", "flr", "tumour", "exclude cyst"):
        assert count(path, role) == 30


def test_segments_in_layers_of_one_file(tmp_path: Path) -> None:
    path = of(tmp_path, LAYERED)
    assert [count(path, role) for role in ("liver", "flr", "tumour")] == [30, 12, 2]
    parts = [segment(0, "Liver", label=4), segment(1, "FLR", label=4, layer=1)]  # of one label
    path = of(tmp_path, seg_nrrd([LIVER * 4, FLR * 4], ROWS, *parts))
    assert [count(path, "liver"), count(path, "flr")] == [30, 12]


@pytest.mark.parametrize(
    ("named", "role"),
    [
        ("LIVER", "liver"), ("Whole liver", "liver"), ("liver_mask", "liver"),
        ("Tumor_1", "tumour"), ("Lesions", "tumour"), ("Mass", "tumour"), ("metastases", "tumour"),
        ("liver tumour", "tumour"), ("Future Liver Remnant (FLR)", "flr"), ("remnant", "flr"),
        ("Liver_Remnant", "flr"), ("resection", "resected"), ("perfused territory", "treated"),
        ("Cyst", "exclude cyst"), ("Inferior Vena-Cava", "exclude inferior_vena_cava"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("layers", [1, 2])
def test_of_several_the_one_that_bears_the_roles_name(
    named: str, role: str, layers: int, tmp_path: Path
) -> None:
    if layers == 2:
        voxels = [part((0, 1), (0, 5), (0, 4)), LIVER]
        parts = [segment(0, "Spleen"), segment(1, named, layer=1)]
    else:
        voxels = [part((0, 1), (0, 5), (0, 4), label=7) + LIVER]
        parts = [segment(0, "Spleen", label=7), segment(1, named)]
    assert count(of(tmp_path, seg_nrrd(voxels, ROWS, *parts)), role) == 30


def named_parts(folder: Path, names: tuple[str, ...]) -> Path:
    """Write a file whose voxels have as many labels as there are names."""
    voxels = np.arange(120).reshape(SHAPE, order="F").astype("u1") % (len(names) + 1)
    parts = [segment(n, name, label=n + 1) for n, name in enumerate(names)]
    return of(folder, seg_nrrd([voxels.astype("u1")], ROWS, *parts))


@each_case("names, beside, as_map", [
    (("Tumor", "FLR"), True, False),
    (("s1 x", "s2 x"), False, False),
    (("Segment II", "Segment III"), False, True),  # of these the liver can be made
    (("ribs", "left lung"), False, False),
])  # fmt: skip
def test_a_file_without_a_liver_is_wanted_next_to_the_livers_and_not_in_its_place(
    names: tuple[str, ...], beside: bool, as_map: bool, tmp_path: Path
) -> None:
    path = named_parts(tmp_path, names)
    error = require_refusal(path, "segments.name", "none named liver", "liver")
    says = "the file that contains the liver as --liver, and this file as --labelmap"
    assert (says in error.remedy) is beside
    assert ("or give the file as --labelmap" in error.remedy) is as_map
    assert ("fl-planner convert FILE --structure" in error.remedy) is not beside


@each_case("names, role, says", [
    (("ribs", "left lung"), "liver", "2 segments (ribs, left lung), none named liver"),
    (("Liver", "Spleen"), "flr", "none named flr"),
    (("FLR left", "FLR right"), "flr", "2 of them named flr (FLR left, FLR right)"),
    (("Liver", "liver"), "liver", "2 of them named liver"),
    (("FLR", "Remnant"), "flr", "2 of them named flr"),
    (("Segment_1", "Segment_2"), "liver", "none named liver"),
    (("Liver", "Spleen"), "exclude cyst", "none named cyst"),
    (tuple(f"s{n} x" for n in range(15)), "liver", "s11 x and 3 more), none"),
])  # fmt: skip
def test_none_or_several_bear_the_name(
    names: tuple[str, ...], role: str, says: str, tmp_path: Path
) -> None:
    require_refusal(named_parts(tmp_path, names), "segments.name", says, role)


def test_a_segment_alone_that_is_called_something_else(tmp_path: Path) -> None:
    named = (("Spleen", "liver"), ("FLR", "liver"), ("Liver", "tumour"), ("vena cava", "flr"))
    for name, role in named:
        path = of(tmp_path, seg_nrrd([LIVER], ROWS, segment(0, name)))
        file = read_named(path, role)
        assert file.whole(role).voxel_count == 30
        says = f"the only segment is named {name} instead of {role}"
        require_finding(file, "segments.name", says)


def test_two_segments_that_claim_one_label(tmp_path: Path) -> None:
    parts = [segment(0, "Liver"), segment(1, "FLR", label=2), segment(2, "Cyst", label=2)]
    path = of(tmp_path, seg_nrrd([CARVED], ROWS, *parts))
    says = "several segments share label 2 in the same layer: FLR and Cyst"
    for role in ("liver", "flr", "labelmap"):
        require_refusal(path, "segments.keys", says, role)


def test_h16_a_label_that_is_not_in_the_data(tmp_path: Path) -> None:
    parts = [segment(0, "Liver"), segment(1, "Tumour", label=9)]
    path = of(tmp_path, seg_nrrd([LIVER], ROWS, *parts))
    require_refusal(path, "segments.empty", "the segment Tumour (label 9) has no voxels", "tumour")
    assert count(path, "liver") == 30
    empty = of(tmp_path, seg_nrrd([part((0, 0))[:1, :1, :1]], ROWS, segment(0, "Liver")))
    require_refusal(empty, "segments.empty", "the segment Liver (label 1) has no voxels")


def test_a_label_that_belongs_to_no_segment_is_reported(tmp_path: Path) -> None:
    path = of(tmp_path, seg_nrrd([LIVER + 4 * FLR], ROWS, segment(0, "Liver")))
    file = read_named(path)
    assert file.whole("liver").voxel_count == 18
    says = "label 5 (0.36 mL) does not belong to any segment in the header, and is not"
    assert require_finding(file, "segments.unnamed", says).value == pytest.approx(0.36)


def test_h03_a_layer_cannot_hold_a_remnant_in_a_liver(tmp_path: Path) -> None:
    path = of(tmp_path, ONE_LAYER)
    file = read_named(path, "liver")
    assert file.whole("liver").voxel_count == 28  # the tumour joins as any tumour does
    says = "the whole-liver segment does not include FLR, drawn in the same layer"
    require_finding(file, "segments.layer", says)
    assert [count(path, role) for role in ("flr", "tumour")] == [12, 2]


@pytest.mark.parametrize("name", ["haemangioma", "scar S4", "abscess", "cyst"])
def test_h03_a_finding_in_the_liver_stays_liver_when_its_layer_leaves_it_out(
    name: str, tmp_path: Path
) -> None:
    """18 voxels of liver and 12 of the finding drawn in it, by the role as by the map."""
    parts = [segment(0, "Liver"), segment(1, name, label=2)]
    path = of(tmp_path, seg_nrrd([LIVER + FLR], ROWS, *parts))
    file = read_named(path, "liver")
    assert file.whole("liver").voxel_count == 30
    require_finding(file, "segments.layer", f"does not include {name}, drawn in the same layer")
    read = read_anatomy(MaskFiles(label_map=path, no_tumour=True), Limits())
    assert read.anatomy.liver.voxel_count == 30
    (finding,) = (one for one in read.findings if one.code == "segments.layer")
    assert f"omits {name.removesuffix(' S4')} in the same layer" in finding.message


def test_h03_a_layer_cannot_hold_a_vein_in_a_liver(tmp_path: Path) -> None:
    def read_with(name: str, *layers: Voxels, layer: int = 0, label: int = 1) -> SegmentFile:
        parts = [segment(0, "Liver"), segment(1, name, layer=layer, label=label)]
        return read_named(of(tmp_path, seg_nrrd([*layers], ROWS, *parts)), "liver")

    file = read_with("MHV", LIVER + FLR, label=2)
    assert file.whole("liver").voxel_count == 18
    says = "does not include MHV, drawn in the same layer: the liver volume excludes"
    require_finding(file, "segments.layer", says)
    assert read_with("MHV", LIVER, FLR, layer=1).findings == ()
    assert read_with("portal vein trunk", LIVER + FLR, label=2).findings == ()


def test_extents_are_ignored_and_the_origin_holds_the_crop(tmp_path: Path) -> None:
    whole = read_named(of(tmp_path, LAYERED), "flr").whole("flr")
    rows: Rows = [[2.0, 0, 0, -9], [0, 3, 0, 10.5], [0, 0, 5, 45]]  # from voxel (1, 1, 1) on
    cut = seg_nrrd([FLR[1:3, 1:5, 1:4]], rows, segment(0, "FLR"))
    cropped = read_named(of(tmp_path, cut, "flr.seg.nrrd"), "flr").whole("flr")
    places = [
        mask.grid.places_mm(np.argwhere(mask.voxels) + np.array(mask.box.start)).tolist()
        for mask in (whole, cropped)
    ]
    assert places[0] == places[1]


# what the keys may hold


def test_old_files_have_one_layer_a_segment(tmp_path: Path) -> None:
    parts = [segment(n, name, label=None, layer=None) for n, name in enumerate(("Liver", "FLR"))]
    path = of(tmp_path, seg_nrrd([LIVER, FLR], ROWS, *parts))
    assert [count(path, "liver"), count(path, "flr")] == [30, 12]
    alone = of(tmp_path, seg_nrrd([LIVER], ROWS, segment(0, "x", label=None, layer=None)))
    assert count(alone, "liver") == 30


@pytest.mark.parametrize(
    "kinds", ["list domain domain domain", "vector domain domain domain", None]
)
@pytest.mark.parametrize("encoding", ["raw", "gzip", "ascii"])
@pytest.mark.parametrize("order", ["<", ">"])
def test_layers_however_they_are_stored(
    kinds: str | None, encoding: str, order: str, tmp_path: Path
) -> None:
    layers = [voxels.astype("u2") for voxels in (LIVER, FLR)]
    parts = [segment(0, "Liver"), segment(1, "FLR", layer=1)]
    content = seg_nrrd(layers, ROWS, *parts, kinds=kinds, encoding=encoding, order=order)
    path = of(tmp_path, content)
    assert [count(path, "liver"), count(path, "flr")] == [30, 12]


def test_a_layer_axis_of_one(tmp_path: Path) -> None:
    fields = {
        "kinds": "list domain domain domain",
        "space directions": placed(ROWS, none=[0])["space directions"],
    }
    keys = {**segment(0, "Liver"), **SEGMENTATION}
    path = of(tmp_path, nrrd(LIVER[None], ROWS, pairs=keys, **fields))
    assert count(path, "liver") == 30


OTHER = "not stored as a binary label map"
LABEL_VALUE = "Segment0_LabelValue in the header"
BROKEN: dict[str, tuple[dict[str, Any], str]] = {
    "label in words": ({"Segment0_LabelValue": "one"}, "Segment0_LabelValue"),
    "label empty": ({"Segment0_LabelValue": ""}, "Segment0_LabelValue"),
    "two labels": ({"Segment0_LabelValue": "1 2"}, "Segment0_LabelValue"),
    "label 0": ({"Segment0_LabelValue": "0"}, f"{LABEL_VALUE} is 0, which is not a label"),
    "label below 0": ({"Segment0_LabelValue": "-1"}, f"{LABEL_VALUE} is -1, which is not a label"),
    "no label, where another has one": ({"Segment0_LabelValue": None}, "Segment0_LabelValue"),
    "no layer, where another has one": (
        {"Segment0_Layer": None}, "Segment0_Layer in the header is missing",
    ),
    "a layer that is not there": (
        {"Segment0_Layer": "1"}, "Liver is in layer 1, but the last layer is 0",
    ),
    "layer below 0": ({"Segment0_Layer": "-1"}, "Segment0_Layer in the header is -1, below 0"),
    "fractions": ({"Segmentation_MasterRepresentation": "Fractional labelmap"}, OTHER),
    "a surface": ({"Segmentation_SourceRepresentation": "Closed surface"}, OTHER),
}  # fmt: skip


@pytest.mark.parametrize(("keys", "says"), BROKEN.values(), ids=BROKEN)
def test_keys_that_cannot_be_right(keys: dict[str, Any], says: str, tmp_path: Path) -> None:
    right = {**segment(0, "Liver"), **segment(1, "FLR", label=2), **SEGMENTATION}
    pairs = {key: value for key, value in {**right, **keys}.items() if value is not None}
    path = of(tmp_path, nrrd(CARVED, ROWS, pairs=pairs))
    require_refusal(path, "segments.keys", says)


def test_a_key_twice(tmp_path: Path) -> None:
    keys = [*segment(0, "Liver").items(), ("Segment0_LabelValue", "2"), ("Other", "1")]
    path = of(tmp_path, nrrd(CARVED, ROWS, pairs=[*keys, ("Other", "2")]))
    require_refusal(path, "segments.keys", "the header gives two values for Segment0_LabelValue")
    same = [*segment(0, "Liver").items(), ("Segment0_LabelValue", "1"), *keys[-1:], ("Other", "2")]
    assert count(of(tmp_path, nrrd(LIVER, ROWS, pairs=same)), "liver") == 30


def test_h19_two_marks_of_a_mask(tmp_path: Path) -> None:
    """The first was read; it may hide that the mask was carried over from another scan."""
    marks = [("descrip", "scan 1"), ("descrip", "fl-planner: carried, not drawn; off by 5.38 mm")]
    path = of(tmp_path, nrrd(LIVER, ROWS, pairs=marks))
    require_refusal(path, "segments.keys", "the header gives two values for descrip")


def test_more_segments_and_layers_than_are_believed(tmp_path: Path) -> None:
    parts = [segment(n, f"s {n}", label=n + 1) for n in range(1025)]
    path = of(tmp_path, seg_nrrd([LIVER], ROWS, *parts))
    require_refusal(path, "segments.keys", "the header has 1025 segments; the limit is 1024")
    many = np.zeros((257, *SHAPE), "u1")
    path = of(tmp_path, seg_nrrd([*many], ROWS, segment(0, "Liver")))
    require_refusal(path, "dims.frames", "sizes = [257, 6, 5, 4]")


@pytest.mark.parametrize("kind", ["domain", "time", "RGB-color", "complex"])
def test_an_axis_that_is_no_layer_axis(kind: str, tmp_path: Path) -> None:
    kinds = f"{kind} domain domain domain"
    path = of(tmp_path, seg_nrrd([LIVER, FLR], ROWS, segment(0, "Liver"), kinds=kinds))
    require_refusal(path, "dims.frames", "several frames, layers or vectors (sizes = [")


def test_layers_in_a_file_without_segments_or_as_an_image(tmp_path: Path) -> None:
    require_refusal(of(tmp_path, seg_nrrd([LIVER, FLR], ROWS)), "dims.frames", "[2, 6, 5, 4]")
    with pytest.raises(InputRefused, match="several frames"):
        read_image(of(tmp_path, LAYERED), "ct", Limits())
    image, _, _ = read_image(of(tmp_path, ONE_LAYER), "ct", Limits())
    assert np.array_equal(image.voxels, CARVED)


def test_names_on_one_line_and_not_too_long(tmp_path: Path) -> None:
    for said, shown in (("Li\tver\x07", "Li ver"), ("x" * 99, "x" * 61 + "..."), ("", "Segment_1")):
        path = of(tmp_path, seg_nrrd([LIVER], ROWS, segment(0, said)))
        assert read_named(path).segments[0].name == shown
    keys = {"Segment3_LabelValue": "1", "Segment3_Layer": "0"}
    path = of(tmp_path, nrrd(LIVER, ROWS, pairs=keys))
    assert read_named(path).segments[0].name == "segment 3"


def test_values_that_no_label_map_holds(tmp_path: Path) -> None:
    for voxels, code in ((LIVER * 0.5, "values.fractions"), (-1.0 * LIVER, "labels.negative")):
        path = of(tmp_path, seg_nrrd([voxels.astype("f4")], ROWS, segment(0, "Liver")))
        require_refusal(path, code, "")


def test_h14_a_damaged_layer_is_refused(tmp_path: Path) -> None:
    for cut in range(1, 40):
        with pytest.raises(InputRefused, match=r"^planning\.seg\.nrrd: "):
            read_named(of(tmp_path, LAYERED[:-cut]))


# as a label map


def couinaud(names: list[str], *, automatic: bool = False) -> bytes:
    voxels = np.zeros((12, 5, 4), "u1")
    for n in range(len(names)):
        voxels[n + 1 : n + 2, 1:4, 1:3] = n + 1
    parts = [segment(n, name, label=n + 1, automatic=automatic) for n, name in enumerate(names)]
    return seg_nrrd([voxels], ROWS, *parts)


ROMAN = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII"]


def as_map(path: Path, **files: Any) -> ReadAnatomy:
    return read_anatomy(MaskFiles(label_map=path, **files), Limits())


def test_h13_a_map_is_read_by_the_names_of_its_segments(tmp_path: Path) -> None:
    names = [f"Segment {name}" for name in reversed(ROMAN)]  # label 1 is VIII
    read = as_map(of(tmp_path, couinaud([*names, "Spleen"])))
    assert {name: mask.box.start[0] for name, mask in read.anatomy.segments.items()} == {
        str(9 - n): n for n in range(1, 9)
    }
    assert read.label_map == {
        "file": "planning.seg.nrrd",
        "scheme": "names",
        "source": "names of the file's segments",
        "labels": {
            **{name: f"segment_{8 - n}" for n, name in enumerate(names)},
            "Spleen": "not used",
        },
    }


MITK = "org.mitk.multilabel.segmentation.labelgroups"


def mitk(*groups: list[str], values: Callable[[int], object] = int) -> dict[str, str]:
    """Key of MITK for groups of labels, which are numbered through all groups."""
    after = itertools.count(1)
    groups_of_labels = [
        {"labels": [{"name": n, "value": values(next(after)), "opacity": 0.6} for n in names]}
        for names in groups
    ]
    return {"modality": "org.mitk.multilabel.segmentation", MITK: json.dumps(groups_of_labels)}


def old_mitk(number: int, name: str, value: int | str, group: int = 0) -> dict[str, str]:
    """Key of one label as MITK wrote it before 2023; lines are escaped as by ITK."""
    lines = [
        '<?xml version="1.0"?>', "<Label>", '<property key="locked" type="BoolProperty">',
        '<bool value="true"/>', "</property>", '<property key="name" type="StringProperty">',
        f'    <string value="{name}"/>', "</property>",
        '<property key="value" type="UShortProperty">', f'    <unsigned value="{value}"/>',
        "</property>", "</Label>", "",
    ]  # fmt: skip
    return {f"org.mitk.label_{group:03}_{number:05}": "\\n".join(lines)}


def test_h13_a_map_of_mitk_is_read_by_the_names_of_its_labels(tmp_path: Path) -> None:
    """Drawn from segment VIII on: label 1 is VIII. In the old form, label 0 is the background."""
    old = {"modality": "org.mitk.image.multilabel", "layers": "1", "layer_000": "9"}
    for number in range(9):
        old |= old_mitk(number, f"S{9 - number}" if number else "Exterior", number)
    voxels = np.repeat(np.arange(9, dtype="u2"), 6).reshape(9, 2, 3)
    for pairs in (mitk([f"S{n}" for n in range(8, 0, -1)]), old):
        path = of(tmp_path, nrrd(voxels, ROWS, pairs=pairs), "mitk.nrrd")
        segments = as_map(path).anatomy.segments
        assert {name: mask.box.start[0] for name, mask in segments.items()} == {
            str(9 - n): n for n in range(1, 9)
        }


def test_layers_of_an_old_file_of_mitk(tmp_path: Path) -> None:
    keys = [old_mitk(1, n, 1, at) for at, n in enumerate(["Liver", "FLR", "Tumour&#32;1"])]
    path = of(tmp_path, seg_nrrd([LIVER, FLR, TUMOUR], ROWS, *keys), "mitk.nrrd")
    assert [count(path, role) for role in ("liver", "flr", "tumour")] == [30, 12, 2]


def test_groups_of_mitk_are_layers(tmp_path: Path) -> None:
    layers = [LIVER, np.zeros(SHAPE, "u1"), FLR * 2, TUMOUR * 3]
    content = seg_nrrd(layers, ROWS, mitk(["Liver"], [], ["FLR"], ["Tumour"]))
    path = of(tmp_path, content.replace(b'"labels": []', b'"labels":null'), "mitk.nrrd")
    assert [count(path, role) for role in ("liver", "flr", "tumour")] == [30, 12, 2]


UNREADABLE = "the labels of MITK in the header cannot be read"


@each_case("keys, says", [
    ({MITK: "[{"}, UNREADABLE),
    ({MITK: '[{"color": ' + "[" * 50_000 + "]" * 50_000 + "}]"}, UNREADABLE),
    (mitk(["Liver"], values=str), UNREADABLE),
    ({MITK: '[{"labels": [{"name": "FLR", "value": 1, "name": "Liver"}]}]'}, UNREADABLE),
    ({MITK: '[{"labels": [{"name": "Liver", "value": 2, "value": 1}]}]'}, UNREADABLE),
    ({MITK: '[{"labels": [], "labels": [{"name": "Liver", "value": 1}]}]'}, UNREADABLE),
    ({key: text * 2 for key, text in old_mitk(1, "Liver", 1).items()}, UNREADABLE),
    (old_mitk(1, "Liver", "one"), UNREADABLE),
    ({"org.mitk.label_000_00001": "<Label/>"}, UNREADABLE),
    ({**mitk(["Liver"]), **segment(0, "FLR")}, "segments of 3D Slicer and labels of MITK"),
    (mitk(["Liver", "FLR"], values=lambda _: 1), "several segments share label 1"),
])  # fmt: skip
def test_h13_labels_of_mitk_that_cannot_be_right(
    keys: dict[str, str], says: str, tmp_path: Path
) -> None:
    path = of(tmp_path, nrrd(LIVER, ROWS, pairs=keys), "mitk.nrrd")
    require_refusal(path, "segments.keys", says, role="liver")


def test_a_split_fourth_segment_is_one(tmp_path: Path) -> None:
    read = as_map(of(tmp_path, couinaud(["4a", "4b", "III"])))
    counts = {name: mask.voxel_count for name, mask in read.anatomy.segments.items()}
    assert counts == {"3": 6, "4": 12}


def test_a_map_of_liver_tumours_and_remnant(tmp_path: Path) -> None:
    read = as_map(of(tmp_path, couinaud(["Liver", "Tumor_1", "Tumor_2", "FLR", "Spleen"])))
    anatomy = read.anatomy
    assert anatomy.flr is not None
    assert (anatomy.flr.name, anatomy.flr.voxel_count) == ("flr", 6)
    # one number a voxel: the remnant was cut out of the liver, and is liver
    assert (anatomy.liver.voxel_count, sure(anatomy.tumour).voxel_count) == (12, 12)
    assert anatomy.organ.voxel_count == 24
    (finding,) = (one for one in read.findings if one.code == "segments.layer")
    assert "the whole-liver segment omits flr in the same layer" in finding.message
    assert sure(read.label_map)["labels"] == {
        "Liver": "liver",
        "Tumor_1": "tumour",
        "Tumor_2": "tumour",
        "FLR": "flr",
        "Spleen": "not used",
    }


METASTASES = ["Liver", "Liver_Remnant", "Tumor_1", "Hepatic", "Portal"]  # as one data set names


def overlapping(names: list[str], masks: list[npt.NDArray[Any]]) -> bytes:
    parts = [segment(n, name, layer=n) for n, name in enumerate(names)]
    return seg_nrrd(masks, ROWS, *parts)


def slab(first: int, last: int) -> Voxels:
    """Draw six voxels in each layer from the first to before the last."""
    voxels = np.zeros((12, 5, 4), "u1")
    voxels[first:last, 1:4, 1:3] = 1
    return voxels


def test_the_names_of_colorectal_liver_metastases(tmp_path: Path) -> None:
    whole, left, tumour, veins = slab(1, 11), slab(0, 4), slab(8, 10), slab(4, 6)
    veins[:, 2:] = 0
    read = as_map(of(tmp_path, overlapping(METASTASES, [whole, left, tumour, veins, veins])))
    anatomy = read.anatomy
    assert (anatomy.liver.voxel_count, anatomy.organ.voxel_count) == (60, 60)
    assert sure(anatomy.flr).voxel_count == 24  # 6 of them outside the liver, which stay no liver
    supplied = {name: mask.voxel_count for name, mask in anatomy.vessels.items()}
    assert supplied == {"hepatic_veins": 4, "portal_veins": 4}
    assert "segments.layer" not in {one.code for one in read.findings}
    assert sure(read.label_map)["labels"] == {
        "Liver": "liver",
        "Liver_Remnant": "flr",
        "Tumor_1": "tumour",
        "Hepatic": "hepatic_veins",
        "Portal": "portal_veins",
    }


def test_a_file_of_its_own_wins_over_a_name_in_the_map(tmp_path: Path) -> None:
    whole, drawn = slab(1, 11), slab(1, 3)
    names = ["Liver", "FLR", "Tumour"]
    path = of(tmp_path, overlapping(names, [whole, whole, drawn]))
    own = of(tmp_path, seg_nrrd([drawn], ROWS, segment(0, "rest")), "own.seg.nrrd")
    for role in ("flr", "resected", "tumour"):
        read = as_map(path, masks={role: own})
        mask = getattr(read.anatomy, role)
        assert (mask.voxel_count, mask.file) == (12, "own.seg.nrrd")
        (told,) = (one for one in read.findings if one.code == "labels.file_wins")
        holds = "tumour" if role == "tumour" else "flr"
        # by far, or by less than 1 mL
        severity = Severity.WARNING if role == "flr" else Severity.INFO
        assert (told.severity, told.file) == (severity, "planning.seg.nrrd")
        assert f"also contains {holds}; the file given as {role} is used" in told.message
    assert as_map(path, masks={"resected": own}).anatomy.flr is None


def test_a_remnant_and_a_resection_in_one_map(tmp_path: Path) -> None:
    layers = [slab(1, 11), slab(1, 5), slab(5, 11)]
    path = of(tmp_path, overlapping(["Liver", "FLR", "Resection"], layers))
    read = as_map(path)
    assert (sure(read.anatomy.flr).voxel_count, read.anatomy.resected) == (24, None)
    (told,) = (one for one in read.findings if one.code == "labels.two_remnants")
    assert told.severity is Severity.WARNING


def test_names_go_before_labels_of_one_s_own(tmp_path: Path) -> None:
    path = of(tmp_path, couinaud(["Tumour", "Liver"]))
    read = as_map(path, labels={1: "liver", 2: "tumour"})
    assert read.anatomy.liver.box.start[0] == 2
    (told,) = (one for one in read.findings if one.code == "labels.not_used")
    assert "the labels of the case file are not used" in told.message


def test_a_liver_next_to_segments_of_a_map(tmp_path: Path) -> None:
    layers = [slab(1, 11), slab(1, 5)]
    read = as_map(of(tmp_path, overlapping(["Liver", "Segment II"], layers)))
    assert (read.anatomy.liver.voxel_count, read.anatomy.segments["2"].voxel_count) == (60, 24)
    assert sure(read.anatomy.mapped).voxel_count == 24
    (told,) = check_cover(read.anatomy)  # the rest of the liver has no segment
    assert "only 40.0 % of the liver is in the label map's segments" in told.message


def test_names_that_are_the_same_are_distinguished(tmp_path: Path) -> None:
    layers = [LIVER, FLR, TUMOUR]
    parts = [segment(n, "Liver" if n == 0 else "cyst", layer=n) for n in range(3)]
    read = as_map(of(tmp_path, seg_nrrd(layers, ROWS, *parts)))
    labels = {"Liver": "liver", "cyst (2)": "cyst", "cyst (3)": "cyst"}
    assert sure(read.label_map)["labels"] == labels


def test_an_empty_segment_of_a_map_is_reported(tmp_path: Path) -> None:
    parts = [segment(0, "Liver"), segment(1, "Tumour", label=2), segment(2, "Spleen", label=3)]
    read = as_map(of(tmp_path, seg_nrrd([LIVER], ROWS, *parts)))
    assert read.anatomy.tumour is None
    (finding,) = read.findings
    assert finding.code == "segments.empty"
    assert "segments without voxels: Tumour" in finding.message


@pytest.mark.parametrize("automatic", [True, False])
def test_h13_names_that_slicer_gave_make_no_map(automatic: bool, tmp_path: Path) -> None:
    path = of(tmp_path, couinaud([f"Segment_{n}" for n in range(1, 9)], automatic=automatic))
    if not automatic:
        assert len(as_map(path).anatomy.segments) == 8
        return
    with pytest.raises(InputRefused, match="has a name that denotes the liver"):
        as_map(path)


def test_a_map_next_to_masks_in_other_formats(tmp_path: Path) -> None:
    liver = write(tmp_path / "liver.nii", nifti(LIVER, **sform(ROWS)))
    flr = write(tmp_path / "flr.mha", metaimage(FLR, ROWS))
    path = of(tmp_path, seg_nrrd([CARVED], ROWS, segment(0, "IV"), segment(1, "III", label=2)))
    read = as_map(path, masks={"liver": liver, "flr": flr})
    assert read.anatomy.liver.voxel_count == 30
    assert set(read.anatomy.segments) == {"3", "4"}
    assert [one.format for one in read.inputs] == ["nifti1", "metaimage", "nrrd"]


def test_roles_of_one_file(tmp_path: Path) -> None:
    for content in (LAYERED, ONE_LAYER):
        path = of(tmp_path, content)
        files = MaskFiles(dict.fromkeys(("liver", "flr", "tumour"), path), {"other liver": path})
        anatomy = read_anatomy(files, Limits()).anatomy
        assert (anatomy.organ.voxel_count, sure(anatomy.flr).voxel_count) == (30, 12)
        assert [mask.voxel_count for mask in anatomy.excluded] in ([30], [28])


# through the one door


def test_every_segment_is_asked_for_by_check(tmp_path: Path) -> None:
    file = read_labels(of(tmp_path, LAYERED), "check", Holds.LABEL_MAP, Limits())
    assert [segment.mask is not None for segment in file.segments] == [True] * 3  # type: ignore[union-attr]


def test_check_shows_names(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = of(tmp_path, LAYERED)
    assert run(["check", str(path), "--json"]) == 0
    (file,) = json.loads(capsys.readouterr().out)["files"]
    assert file["kind"] == "segmentation"
    assert [(one["name"], one["voxels"]) for one in file["labels"]] == [
        ("Liver", 30),
        ("FLR", 12),
        ("Tumour", 2),
    ]


def test_the_same_numbers_byte_for_byte_in_every_format(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    grid = np.indices((40, 36, 30)).transpose(1, 2, 3, 0)
    liver = (((grid - (20, 18, 15)) / (15, 13, 11)) ** 2).sum(-1) <= 1
    masks = {
        "liver": liver.astype("u1"),
        "flr": (liver & (grid[..., 0] < 17)).astype("u1"),
        "tumour": (((grid - (26, 18, 15)) ** 2).sum(-1) <= 16).astype("u1"),
    }
    rows: Rows = [[-6.7, 0, 0, 100.1], [0, 6.8, 0, -70.3], [0, 0, 7.3, 11.9]]
    writers: dict[str, Callable[[Voxels], bytes]] = {
        "nii": lambda voxels: nifti(voxels, **sform(rows)),
        "nrrd": lambda voxels: nrrd(voxels, rows),
        "mha": lambda voxels: metaimage(voxels, rows, CompressedData="True"),
        "seg.nrrd": lambda voxels: seg_nrrd([voxels * 3], rows, segment(0, "x", label=3)),
    }
    printed = set()
    for ending, writer in writers.items():
        given = []
        for role, voxels in masks.items():
            path = write(tmp_path / f"{role}.{ending}", writer(voxels))
            given += [f"--{role}", str(path)]
        assert run(["volume", *given, "--json"]) == 0
        record = json.loads(capsys.readouterr().out)
        del record["inputs"]
        printed.add(json.dumps(record).replace(f".{ending}", ""))
    assert len(printed) == 1


def test_nifti_loads_no_other_reader(tmp_path: Path) -> None:
    path = write(tmp_path / "liver.nii", nifti(block(), **sform(ROWS)))
    code = (
        "import sys; from fl_planner.cli import run; run(['volume', '--liver', sys.argv[1]]);"
        "print(*sys.modules)"
    )
    program = [sys.executable, "-c", code, str(path)]
    loaded = subprocess.run(program, capture_output=True, text=True, check=True).stdout.split()
    assert "fl_planner.formats.nifti" in loaded
    assert not {f"fl_planner.formats.{one}" for one in ("nrrd", "metaimage", "dicom")} & {*loaded}


# a second engine


def test_simpleitk_sees_the_same_layers(tmp_path: Path) -> None:
    path = of(tmp_path, LAYERED)
    image = sitk.ReadImage(str(path))
    array = sitk.GetArrayFromImage(image).transpose(2, 1, 0, 3)
    for layer, role in enumerate(("liver", "flr", "tumour")):
        mask = read_named(path, role).whole(role)
        assert np.array_equal(mask.as_array(), array[..., layer] == 1)
        names = [image.GetMetaData(f"Segment{layer}_Name").lower(), role]
        assert names[0] == names[1]


def test_files_that_simpleitk_wrote_again(tmp_path: Path) -> None:
    again = tmp_path / "again.seg.nrrd"
    sitk.WriteImage(sitk.ReadImage(str(of(tmp_path, LAYERED))), str(again), useCompression=True)
    assert [count(again, role) for role in ("liver", "flr", "tumour")] == [30, 12, 2]


def test_a_series_of_one_frame_that_simpleitk_wrote(tmp_path: Path) -> None:
    frame = sitk.GetImageFromArray(LIVER.transpose())
    sitk.WriteImage(sitk.JoinSeries([frame]), str(tmp_path / "series.nrrd"))
    refusal = require_refusal(tmp_path / "series.nrrd", "dims.frames", "four spatial axes")
    assert refusal.remedy == "export one 3-D volume"
