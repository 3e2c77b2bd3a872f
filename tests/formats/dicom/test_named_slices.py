"""Contours compared with the slices of the CT that they name."""

from pathlib import Path

import pytest

from fl_planner.basis.findings import Severity
from fl_planner.formats.read import read_image
from tests.cases import each_case
from tests.formats.dicom.dicoms import SERIES, USUAL, item, pack, place, put, ring, rtstruct, seg
from tests.formats.dicom.test_ct_series import folder, slices
from tests.niftis import write


@pytest.fixture(scope="module")
def ct(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four slices, 5 mm apart."""
    return folder(tmp_path_factory.mktemp("series"), slices())


def write_contours(to: Path, *named: tuple[float, tuple[int, ...]], kind: str = "") -> Path:
    """Write contours, each at a layer and naming the slices of others; 9 is of another series."""
    data = rtstruct([("Liver", [ring(2.0, place(layer)[2]) for layer, _ in named])])
    contours = data.ROIContourSequence[0].ContourSequence
    for contour, (_, layers) in zip(contours, named, strict=True):
        uids = [f"1.2.826.77.4.{layer + 1}" for layer in layers]
        contour.ContourImageSequence = [item(ReferencedSOPInstanceUID=uid) for uid in uids]
        contour.ContourGeometricType = kind or contour.ContourGeometricType
    return write(to / "liver.dcm", pack(data))


@each_case(
    "named, apart_mm",
    {
        "one slice further": (((0, (1,)), (1, (2,)), (2, (3,))), 5.0),
        "upside down": (((0, (3,)), (1, (2,)), (2, (1,)), (3, (0,))), 15.0),
        "one of several": (((0, (0,)), (1, (1,)), (2, (0,))), 10.0),
        "one contour": (((1, (3,)),), 10.0),
        "by 0.6 slices": (((1.6, (1,)),), 3.0),
    },
)
def test_h04_a_contour_elsewhere_than_the_slice_that_it_names_is_an_error(
    named: tuple[tuple[float, tuple[int, ...]], ...], apart_mm: float, ct: Path, tmp_path: Path
) -> None:
    drawn = write_contours(tmp_path, *named)
    (finding,) = read_image(ct, "ct", USUAL, (drawn, drawn))[2]
    assert (finding.code, finding.severity) == ("contours.other_slice", Severity.ERROR)
    assert finding.value == pytest.approx(apart_mm)
    assert finding.unit == "mm"
    assert finding.file == "liver.dcm"
    assert f"a contour is {apart_mm} mm from the slice of the CT" in finding.message


@each_case(
    "named",
    {
        "their own": ((0, (0,)), (1, (1,)), (2, (2,))),
        "within half a slice": ((0.4, (0,)), (1.4, (1,))),
        "half a slice, rounded": ((0.5001, (0,)), (1.5001, (1,))),
        "those on both sides": ((1, (0, 1, 2)), (2, (1, 2, 3))),
        "one for all, as by a careless program": ((0, (0,)), (1, (0,)), (2, (0,))),
        "another series": ((0, (9,)), (2, (9,))),
        "none": ((0, ()), (2, ())),
    },
)
def test_contours_at_the_slices_that_they_name_are_no_finding(
    named: tuple[tuple[float, tuple[int, ...]], ...], ct: Path, tmp_path: Path
) -> None:
    assert read_image(ct, "ct", USUAL, (write_contours(tmp_path, *named),))[2] == ()


def test_a_needle_through_several_slices_is_not_compared(ct: Path, tmp_path: Path) -> None:
    """Its first point is two slices from the one that it names, where its tip is."""
    data = rtstruct([("Liver", [ring(2.0, place(1)[2])]), ("Needle", [ring(2.0, place(0)[2])])])
    liver, needle = (one.ContourSequence[0] for one in data.ROIContourSequence)
    needle.ContourGeometricType = "OPEN_NONPLANAR"
    for contour, layer in ((liver, 1), (needle, 2)):
        uid = f"1.2.826.77.4.{layer + 1}"
        contour.ContourImageSequence = [item(ReferencedSOPInstanceUID=uid)]
    drawn = write(tmp_path / "liver.dcm", pack(data))
    assert read_image(ct, "ct", USUAL, (drawn,))[2] == ()


def test_points_and_unreadable_contours_are_not_compared(ct: Path, tmp_path: Path) -> None:
    drawn = write_contours(tmp_path, (0, (2,)), (1, (3,)), kind="POINT")
    assert read_image(ct, "ct", USUAL, (drawn,))[2] == ()
    data = rtstruct([("Liver", [ring(2.0, 100.0)])])
    (contour,) = data.ROIContourSequence[0].ContourSequence
    contour.ContourImageSequence = [item(ReferencedSOPInstanceUID="1.2.826.77.4.4")]
    content = pack(data)
    assert content.count(b"2\\0\\100") == 1
    wrong = write(tmp_path / "wrong.dcm", content.replace(b"2\\0\\100", b"x\\0\\100"))
    assert read_image(ct, "ct", USUAL, (wrong,))[2] == ()


def test_a_segmentation_is_not_compared(ct: Path, tmp_path: Path) -> None:
    data = seg()
    put(ReferencedSeriesSequence=[item(SeriesInstanceUID=SERIES)])(data)
    drawn = write(tmp_path / "seg.dcm", pack(data))
    assert read_image(ct, "ct", USUAL, (drawn,))[2] == ()
