"""A folder of segmentations of one scan, one structure in each, is read as one file with all."""

from collections.abc import Callable, Mapping
from gzip import compress
from pathlib import Path
from tempfile import mkdtemp

import numpy as np
import pytest
from pydicom.dataset import Dataset

from fl_planner.formats.dicom.elements import SERIES, mark
from fl_planner.formats.dicom.named_slices import NamedSlices
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.intake.reading.masks import MaskFiles, ReadAnatomy, read_anatomy
from fl_planner.planning.given.identity import judge_identities
from tests.cases import each_case
from tests.formats.dicom.dicoms import (
    SLICES,
    SPACING,
    STEP,
    Frame,
    ct_slice,
    drawn,
    frames_of,
    item,
    pack,
    put,
    rtstruct,
    seg,
)
from tests.masks import codes
from tests.refusals import refuses

VOXEL_ML = SPACING[0] * SPACING[1] * STEP / 1000
LIVER, TUMOURS, FLR = 12, 2, 4  # voxels, counted by hand in `every`


def part(*places: tuple[int, int, int]) -> list[Frame]:
    """Draw single voxels, by slice, row and column; slices without any have no frame."""
    voxels = np.zeros(drawn().shape, dtype=bool)
    for place in places:
        voxels[place] = True
    return frames_of(voxels)


def every() -> dict[str, Dataset]:
    """Two lesions at one end of the liver, and a remnant of four voxels at the other."""
    remnant = part((1, 1, 1), (1, 2, 1), (2, 1, 1), (2, 2, 1))
    return {
        "liver": seg(frames_of(drawn()), ("Liver",)),
        "tumour 1": seg(part((1, 1, 3)), ("Tumor_1",)),
        "tumour 2": seg(part((2, 2, 3)), ("Tumor_2",)),
        "remnant": seg(remnant, ("FLR",)),
    }


def folder_of(place: Path, files: Mapping[str, Dataset]) -> Path:
    """Write each file into its own sub-folder, as a PACS exports series."""
    place = Path(mkdtemp(dir=place))
    for number, (name, data) in enumerate(files.items()):
        (place / str(number)).mkdir(parents=True)
        (place / str(number) / f"{name}.dcm").write_bytes(pack(data))
    return place


def read(place: Path, files: Mapping[str, Dataset]) -> ReadAnatomy:
    return read_anatomy(MaskFiles(label_map=folder_of(place, files)), Limits())


def test_each_structure_counts_as_drawn(tmp_path: Path) -> None:
    found = read(tmp_path, every())
    anatomy = found.anatomy
    assert anatomy.tumour is not None
    assert anatomy.flr is not None
    counts = [one.voxel_count for one in (anatomy.liver, anatomy.tumour, anatomy.flr)]
    assert counts == [LIVER, TUMOURS, FLR]
    assert anatomy.liver.volume_ml == pytest.approx(LIVER * VOXEL_ML, rel=1e-12)
    assert [one.voxel_count for one in anatomy.lesions] == [1, 1]
    assert sorted(one.file for one in found.inputs) == sorted(f"{name}.dcm" for name in every())
    assert found.label_map is not None
    assert found.label_map["labels"] == {
        "Liver": "liver",
        "Tumor_1": "tumour",
        "Tumor_2": "tumour",
        "FLR": "flr",
    }


def test_label_maps_of_several_files_are_apart(tmp_path: Path) -> None:
    """In one layer a liver would have a hole where its tumour is; each file has its own."""
    files = every()
    files["liver"] = seg(frames_of(drawn().astype(np.uint8)), ("Liver",), "LABELMAP")
    tumour = [(n, layer, pixels.astype(np.uint8)) for n, layer, pixels in part((1, 1, 3))]
    files["tumour 1"] = seg(tumour, ("Tumor_1",), "LABELMAP")
    found = read(tmp_path, files)
    assert found.anatomy.liver.voxel_count == LIVER
    assert "segments.layer" not in codes(found.findings)


def test_a_single_slice_is_placed_among_those_of_the_other_files(tmp_path: Path) -> None:
    """Alone, it does not show the distance between slices, and it is read first."""
    files = every()
    alone = files.pop("tumour 1")
    measures = alone.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0]
    del measures.SpacingBetweenSlices
    anatomy = read(tmp_path, {"a first": alone, **files}).anatomy
    assert anatomy.tumour is not None
    assert anatomy.tumour.volume_ml == pytest.approx(TUMOURS * VOXEL_ML, rel=1e-12)


def test_slices_of_the_ct_in_the_folder_are_no_part_of_the_map(tmp_path: Path) -> None:
    slices = {f"slice {n}": ct_slice(n, number=n + 1) for n in range(SLICES)}
    found = read(tmp_path, {**every(), **slices})
    assert found.anatomy.liver.voxel_count == LIVER
    assert len(found.inputs) == len(every())
    assert codes(found.findings) == ["labels.other_dicom"]


@each_case(
    "damage, code",
    {
        "empty": (lambda _: b"", "series.not_dicom"),
        "zeros": (lambda whole: bytes(len(whole)), "series.not_dicom"),
        "cut in its first elements": (lambda whole: whole[:200], "header.cut"),
        "gzip cut": (lambda whole: compress(whole)[:60], "gzip.cut"),
    },
)
def test_h13_a_damaged_file_is_not_left_out_of_a_folder(
    damage: Callable[[bytes], bytes], code: str, tmp_path: Path
) -> None:
    """Without the second lesion, all volumes would look right."""
    place = folder_of(tmp_path, every())
    (lesion,) = place.rglob("tumour 2.dcm")
    lesion.write_bytes(damage(lesion.read_bytes()))
    with refuses(code) as caught:
        read_anatomy(MaskFiles(label_map=place), Limits())
    assert caught.value.source == lesion.name


@each_case("name, content", {"empty": ("IM0004", b""), "zip": ("IM4.zip", b"PK\x03\x04" * 99)})
def test_h13_an_empty_file_or_a_zip_next_to_segmentations_is_named(
    name: str, content: bytes, tmp_path: Path
) -> None:
    place = folder_of(tmp_path, every())
    (place / name).write_bytes(content)
    (place / "README").write_text("exported")
    (place / ".gitkeep").touch()
    (finding,) = read_anatomy(MaskFiles(label_map=place), Limits()).findings
    assert finding.code == "labels.passed_over"
    assert f"also contains {name}, which was not read" in finding.message


def test_h13_two_files_of_one_name_are_both_meant(tmp_path: Path) -> None:
    """Archives name the only file of each series alike, as 1-1.dcm."""
    files = {**every(), "edited": seg(part((1, 2, 3)), ("tumor 1",))}
    place = folder_of(tmp_path, files)
    for path in [*place.rglob("*.dcm")]:
        path.rename(path.with_name("1-1.dcm"))
    with refuses("segments.twice") as caught:
        read_anatomy(MaskFiles(label_map=place), Limits())
    assert "two files (both 1-1.dcm)" in caught.value.reason


def test_an_unknown_name_is_reported_with_its_file(tmp_path: Path) -> None:
    found = read(tmp_path, {**every(), "other": seg(part((2, 1, 2)), ("Blob",))})
    (finding,) = [one for one in found.findings if one.code == "segments.passed_over"]
    assert "other.dcm" in finding.message
    assert "Blob (0.03 mL)" in finding.message


def test_h13_one_lesion_in_two_files_is_counted_once_and_reported(tmp_path: Path) -> None:
    files = every()
    files["tumour 2"] = seg(part((1, 1, 3)), ("Tumor_2",))
    found = read(tmp_path, files)
    assert found.anatomy.tumour is not None
    assert found.anatomy.tumour.voxel_count == 1
    (finding,) = [one for one in found.findings if one.code == "segments.overlap"]
    assert "Tumor_2 has the same voxels as segment Tumor_1" in finding.message


def test_contours_of_several_files_are_drawn_on_one_ct(tmp_path: Path) -> None:
    """A square around the centres of 3 x 2 pixels in two slices, and one of 1 x 1 in one."""
    corners = {"liver": ((-39.0, -28.5), (-33.0, -22.5)), "tumour": ((-39.0, -28.5), (-37, -25.5))}
    heights = {"liver": (105.0, 110.0), "tumour": (105.0,)}
    files = {}
    for name, ((left, front), (right, back)) in corners.items():
        outline = ((left, front), (right, front), (right, back), (left, back))
        planes = [np.array([(x, y, z) for x, y in outline]) for z in heights[name]]
        files[name] = rtstruct([(name, planes)])
    place = folder_of(tmp_path, files)
    grid = read(tmp_path, every()).anatomy.liver.grid
    anatomy = read_anatomy(MaskFiles(label_map=place), Limits(), grid).anatomy
    assert anatomy.tumour is not None
    assert (anatomy.liver.voxel_count, anatomy.tumour.voxel_count) == (12, 1)


@each_case(
    "names",
    {
        "Couinaud's eight": [f"Segment_{n}" for n in range(1, 9)],
        "a liver and a tumour with the names of a program": ["Segment_1", "Segment_2"],
    },
)
def test_h13_numbers_of_segments_in_several_files_are_read_together_or_refused(
    names: list[str], tmp_path: Path
) -> None:
    """Alone, Segment_1 is a number given by a program, and Segment_2 is the segment II."""
    places = [(n, row, column) for n in (1, 2) for row in (1, 2) for column in (1, 2)]
    files = {name: seg(part(at), (name,)) for name, at in zip(names, places, strict=False)}
    with refuses("segments.name") as caught:
        read(tmp_path, files)
    assert caught.value.reason.startswith("Segment_1 may be a Couinaud segment")


def test_roman_numbers_of_segments_in_several_files_are_couinauds(tmp_path: Path) -> None:
    names = ("Segment I", "Segment II", "Segment III")
    files = {name: seg(part((1, 1, n)), (name,)) for n, name in enumerate(names, 1)}
    anatomy = read(tmp_path, files).anatomy
    assert sorted(anatomy.segments) == ["1", "2", "3"]
    assert anatomy.liver.voxel_count == len(names)


Change = Callable[[dict[str, Dataset]], None]


def change(name: str, **values: object) -> Change:
    return lambda files: put(**values)(files[name])


def add(name: str, label: str) -> Change:
    return lambda files: files.update({name: seg(part((1, 2, 3)), (label,))})


def other_pixels(files: dict[str, Dataset]) -> None:
    shared = files["remnant"].SharedFunctionalGroupsSequence[0]
    shared.PixelMeasuresSequence = [
        item(PixelSpacing=[3.0, 2.5], SliceThickness=STEP, SpacingBetweenSlices=STEP)
    ]


REFUSED: dict[str, tuple[Change, str, str]] = {
    "one tumour name in two files": (
        add("edited", "tumor 1"),
        "segments.twice",
        "edited.dcm and tumour 1.dcm",
    ),
    "two livers": (add("edited", "Whole liver"), "segments.name", "denote the liver"),
    "two remnants": (add("edited", "Future liver remnant"), "segments.name", "denote the flr"),
    "another lattice": (other_pixels, "grid.differs", "remnant.dcm"),
}


@each_case("how, code, says", REFUSED)
def test_h13_files_that_do_not_form_one_set_are_refused(
    how: Change, code: str, says: str, tmp_path: Path
) -> None:
    files = every()
    how(files)
    with refuses(code) as caught:
        read(tmp_path, files)
    assert says in f"{caught.value.source}: {caught.value.reason}"


@each_case(
    "how, code",
    {
        "patient": (change("remnant", PatientID="another"), "identity.patients_differ"),
        "frame": (change("remnant", FrameOfReferenceUID="1.2.3"), "identity.frames_differ"),
    },
)
def test_h11_files_of_another_patient_or_scan_are_refused(
    how: Change, code: str, tmp_path: Path
) -> None:
    files = every()
    how(files)
    with refuses(code):
        judge_identities(read(tmp_path, files).inputs)


def test_the_series_that_the_files_name_is_found(tmp_path: Path) -> None:
    """Of several series in a folder of a CT, that of the segmentations is used."""
    files = every()
    named = item(SeriesInstanceUID="1.2.3", ReferencedInstanceSequence=[])
    for data in files.values():
        data.ReferencedSeriesSequence = [named]
    given = MaskFiles(label_map=folder_of(tmp_path, files))
    assert NamedSlices(given.sources, Limits()).find_series() == mark(SERIES, b"1.2.3")
