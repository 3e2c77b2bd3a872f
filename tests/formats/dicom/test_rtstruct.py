"""DICOM RTSTRUCT: volumes of true shapes, masks given back, and each rule tripped."""

import warnings
from collections.abc import Callable, Sequence
from importlib import import_module
from math import pi
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from pydicom.dataset import Dataset

from fl_planner.basis.findings import Severity
from fl_planner.formats.dicom import rtstruct as dicom_rtstruct
from fl_planner.formats.read import read_image
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.liver.mask_faults import find_cut, find_flat_ends, find_gaps
from fl_planner.space.grid import Grid
from tests.cases import by_outcome, of_many
from tests.formats.dicom.dicoms import (
    COLUMNS,
    ROWS,
    SLICES,
    SPACING,
    USUAL,
    VOXELS,
    contour,
    drawn,
    item,
    pack,
    place,
    put,
    read,
    require_refusal,
    ring,
    rtstruct,
)
from tests.formats.dicom.test_ct_series import folder, slices
from tests.formats.opening import require_finding
from tests.masks import codes
from tests.refusals import refuses

Points = npt.NDArray[np.float64]
CENTRE = (3.1, -2.7)


def ball(radius: float, step: float, offset: float = 0.3) -> list[Points]:
    """Contours of a ball: true circles, plane by plane."""
    planes = np.arange(-radius, radius, step) + offset * step
    return [ring((radius**2 - z**2) ** 0.5, z, CENTRE) for z in planes.tolist() if abs(z) < radius]


def image() -> Grid:
    """Lay the grid of a CT around balls, whose slices are the planes of `ball`."""
    edge, pixel, step = 200, 0.8, 2.5
    low, first = edge / 2 * pixel, 0.3 * step - 70 - 5 * step
    rows = ((-pixel, 0.0, 0.0, low), (0.0, -pixel, 0.0, low), (0.0, 0.0, step, first))
    return Grid((edge, edge, 80), rows)


def sphere(radius: float) -> float:
    return 4 / 3 * pi * radius**3 / 1000


@pytest.mark.slow
@pytest.mark.parametrize("radius", [20.0, 70.0])
@pytest.mark.parametrize(("pixel", "step"), [(1.0, 2.5), (0.8, 2.0), (0.7, 1.0)])
def test_balls_on_an_image(radius: float, pixel: float, step: float, tmp_path: Path) -> None:
    steps = round(70 / step)
    planes = [n * step for n in range(-steps, steps + 1)]
    contours = [ring((radius**2 - z * z) ** 0.5, z, CENTRE) for z in planes if abs(z) < radius]
    rows = ((-pixel, 0.0, 0.0, 80.0), (0.0, -pixel, 0.0, 80.0), (0.0, 0.0, step, -steps * step))
    grid = Grid((round(160 / pixel), round(160 / pixel), 2 * steps + 1), rows)
    file = read(tmp_path, pack(rtstruct([("Liver", contours)])), on=grid)
    assert file.grid == grid
    assert file.whole("liver").volume_ml == pytest.approx(sphere(radius), rel=0.005)


@pytest.mark.slow
@pytest.mark.parametrize("radius", [pytest.param(20.0, marks=pytest.mark.essential), 70.0])
@pytest.mark.parametrize("step", [1.0, 2.5])
def test_balls_without_an_image(radius: float, step: float, tmp_path: Path) -> None:
    file = read(tmp_path, pack(rtstruct([("Liver", ball(radius, step))])))
    mask = file.whole("liver")
    assert mask.volume_ml == pytest.approx(sphere(radius), rel=0.005)
    assert find_cut(mask) == ()
    finding = require_finding(file, "contours.no_image", "derived from contours")
    pixel_mm = max(1.0, step)  # unknown: as long as the slices are apart
    assert finding.value == pytest.approx(pi**2 * radius**2 * pixel_mm / 2 / 1000, rel=0.3)


@pytest.mark.parametrize("pixel", [0.8, 1.0, 2.5])
def test_h05_without_the_image_the_error_is_not_smaller_than_with_it(
    pixel: float, tmp_path: Path
) -> None:
    step = 2.5
    low, first = 100.0, 0.3 * step - 40 - 5 * step
    rows = ((-pixel, 0.0, 0.0, low), (0.0, -pixel, 0.0, low), (0.0, 0.0, step, first))
    on = Grid((round(2 * low / pixel), round(2 * low / pixel), 50), rows)
    content = pack(rtstruct([("Liver", ball(40.0, step))]))
    (known,) = read(tmp_path, content, on=on).findings
    unknown = require_finding(read(tmp_path, content), "contours.no_image", "at most 2.5 mm")
    assert known.code == "contours.derived"
    assert known.value is not None
    assert unknown.value is not None
    assert unknown.value >= known.value
    around_ml = pi**2 * 40**2 * 2.5 / 2 / 1000  # of all planes: half the perimeter times the pixel
    assert unknown.value == pytest.approx(around_ml, rel=0.2)


@pytest.mark.slow
@pytest.mark.parametrize("on", [None, image()])
def test_a_shell(on: Grid | None, tmp_path: Path) -> None:
    contours = [*ball(70.0, 2.5), *cavity(40.0)]
    file = read(tmp_path, pack(rtstruct([("Liver", contours)])), on=on)
    assert file.whole("liver").volume_ml == pytest.approx(sphere(70) - sphere(40), rel=0.005)


def cavity(radius: float) -> list[Points]:
    """Contours of a smaller ball on the planes of the largest."""
    planes = np.arange(-70, 70, 2.5) + 0.3 * 2.5
    return [ring((radius**2 - z**2) ** 0.5, z, CENTRE) for z in planes.tolist() if abs(z) < radius]


def test_a_shell_of_keyholes(tmp_path: Path) -> None:
    holes = {round(points[0, 2], 3): points for points in cavity(40.0)}
    contours = []
    for outer in ball(70.0, 2.5):
        inner = holes.get(round(outer[0, 2], 3))
        joined = (
            outer
            if inner is None
            else np.vstack([outer, outer[:1], inner[:1], inner[::-1], inner[:1], outer[:1]])
        )
        contours.append(joined)
    file = read(tmp_path, pack(rtstruct([("Liver", contours)])), on=image())
    assert file.whole("liver").volume_ml == pytest.approx(sphere(70) - sphere(40), rel=0.005)


def test_what_is_derived_from_contours_states_this(tmp_path: Path) -> None:
    file = read(tmp_path, pack(rtstruct([("Liver", ball(40.0, 2.5))])), on=image())
    (finding,) = file.findings
    assert (finding.code, finding.severity) == ("contours.derived", Severity.INFO)
    assert "half a voxel at the surface" in finding.message
    around = pi**2 * 40**2  # of all planes: half the perimeter of each times the pixel
    assert finding.value == pytest.approx(around * 0.8 / 2 / 1000, rel=0.2)
    (one,) = file.inputs
    assert one.format == "dicom-rtstruct"


def series(at: Path, spacing: Sequence[float] = SPACING) -> Path:
    return folder(at, slices(change=lambda data, _: put(PixelSpacing=list(spacing))(data)))


def through_centres(voxels: npt.NDArray[np.bool_]) -> list[Points]:
    """Draw a block through its outermost centres, as programs do that trace a mask."""
    contours = []
    for layer, plane in enumerate(voxels):
        if plane.any():
            rows, columns = np.nonzero(plane)
            corners = [(columns.min(), rows.min()), (columns.max(), rows.min()),
                       (columns.max(), rows.max()), (columns.min(), rows.max())]  # fmt: skip
            x0, y0, z = place(layer)
            contours.append(np.array([[x0 + 2.0 * c, y0 + 3.0 * r, z] for c, r in corners]))
    return contours


def test_a_traced_mask_is_given_back_on_its_image(tmp_path: Path) -> None:
    ct, _, _ = read_image(series(tmp_path), "ct", USUAL)
    content = pack(rtstruct([("Liver", through_centres(drawn()))]))
    mask = read(tmp_path, content, on=ct.grid).whole("liver")
    assert mask.voxel_count == VOXELS
    assert np.array_equal(mask.as_array(), drawn().transpose(2, 1, 0))


def test_what_rt_utils_writes_is_given_back(tmp_path: Path) -> None:
    ct_folder = series(tmp_path, spacing=[2.0, 2.0])  # it takes rows for columns
    mask = np.random.default_rng(11).random((SLICES, ROWS, COLUMNS)) < 0.5
    with warnings.catch_warnings(action="ignore"):
        builder = import_module("rt_utils").RTStructBuilder
        made = builder.create_new(dicom_series_path=str(ct_folder))
        made.add_roi(mask=mask.transpose(1, 2, 0), name="Liver")
        made.save(str(tmp_path / "made.dcm"))
    ct, _, _ = read_image(ct_folder, "ct", USUAL)
    file = read(tmp_path, (tmp_path / "made.dcm").read_bytes(), on=ct.grid)
    assert np.array_equal(file.whole("liver").as_array(), mask.transpose(2, 1, 0))
    assert [finding.code for finding in file.findings] == ["contours.derived"]


@pytest.mark.essential
@pytest.mark.slow
@pytest.mark.parametrize("turned", [(0, 1, 2), (2, 0, 1), (1, 2, 0)])
def test_slices_may_be_along_any_axis_of_the_image(
    turned: tuple[int, int, int], tmp_path: Path
) -> None:
    grid = image()
    matrix = grid.matrix()[:, [*turned, 3]]
    shape = tuple(grid.shape[axis] for axis in turned)
    other = Grid((shape[0], shape[1], shape[2]), tuple(map(tuple, matrix.tolist())))
    content = pack(rtstruct([("Liver", ball(40.0, 2.5))]))
    ours, theirs = (read(tmp_path, content, on=on).whole("liver") for on in (grid, other))
    assert ours.voxel_count == theirs.voxel_count
    assert np.array_equal(ours.as_array().transpose(turned), theirs.as_array())


@pytest.mark.essential
@pytest.mark.slow
def test_structures_are_chosen_by_name(tmp_path: Path) -> None:
    content = pack(rtstruct([("BODY", ball(70.0, 2.5)), ("Liver", ball(40.0, 2.5))]))
    assert read(tmp_path, content, on=image()).whole("liver").volume_ml == pytest.approx(
        sphere(40), rel=0.005
    )
    require_refusal(tmp_path, content, "segments.name", "2 segments (BODY, Liver)", "flr")


def test_a_map_of_unknown_names(tmp_path: Path) -> None:
    content = pack(rtstruct([("BODY", FLAT), ("PTV", FLAT)]))
    says = "no structure has a known name"
    require_refusal(tmp_path, content, "segments.name", says, "labelmap")


def test_two_structures_without_an_image_share_a_lattice(tmp_path: Path) -> None:
    content = pack(rtstruct([("Liver", ball(40.0, 2.5)), ("FLR", ball(20.0, 2.5))]))
    liver, flr = read(tmp_path, content), read(tmp_path, content, "flr")
    apart = liver.grid.matrix()[:, 3] - flr.grid.matrix()[:, 3]
    steps = apart / liver.grid.spacing_mm
    assert liver.grid.spacing_mm == flr.grid.spacing_mm == (0.5, 0.5, 2.5)
    assert np.allclose(steps, np.rint(steps), atol=1e-6)


def test_a_structure_without_contours_is_empty(tmp_path: Path) -> None:
    content = pack(rtstruct([("Liver", ball(20.0, 2.5)), ("Tumour", [])]))
    file = read(tmp_path, content, "check", on=image())
    assert [mask.voxel_count > 0 for _, mask in file.drawn()] == [True, False]
    data = rtstruct([("Liver", ball(20.0, 2.5)), ("Tumour", [])])
    del data.ROIContourSequence[1:]
    file = read(tmp_path, pack(data), "check", on=image())
    assert [mask.voxel_count > 0 for _, mask in file.drawn()] == [True, False]
    require_refusal(tmp_path, content, "segments.empty", "Tumour", "tumour", on=image())


def test_a_structure_without_contours_is_no_unknown_part_without_an_image_either(
    tmp_path: Path,
) -> None:
    content = pack(rtstruct([("Liver", ball(20.0, 2.5)), ("Isocentre", [])]))
    for on in (image(), None):
        assert "segments.passed_over" not in {
            one.code for one in read(tmp_path, content, "labelmap", on=on).findings
        }


def test_contours_that_cross_are_reported(tmp_path: Path) -> None:
    left = [ring(30.0, 2.5 * n, (0.0, 0.0)) for n in range(3)]
    right = [ring(30.0, 2.5 * n, (30.0, 0.0)) for n in range(3)]
    file = read(tmp_path, pack(rtstruct([("Liver", [*left, *right])])))
    finding = next(one for one in file.findings if one.code == "contours.crossing")
    lens = 2 * 900 * (pi / 3) - 30 * 30 * 3**0.5 / 2
    assert finding.value == pytest.approx(lens * 7.5 / 1000, rel=0.01)
    assert finding.severity is Severity.WARNING


def test_h06_planes_without_contours_are_a_gap(tmp_path: Path) -> None:
    contours = [points for n, points in enumerate(ball(40.0, 2.5)) if n not in (14, 15)]
    for on in (None, image()):
        found = read(tmp_path, pack(rtstruct([("Liver", contours)])), on=on).whole("liver")
        (finding,) = find_gaps(found)
        assert finding.value == 2


FLAT = [ring(20.0, 2.5 * n) for n in range(4)]
TILTED = [points + np.outer(points[:, 0], (0.0, 0.0, 0.1)) for points in FLAT]


def with_first(change: Callable[[Dataset], None]) -> bytes:
    data = rtstruct([("Liver", FLAT)])
    change(data.ROIContourSequence[0].ContourSequence[0])
    return pack(data)


def changed(change: Callable[[Dataset], None], structures: Sequence[str] = ("Liver",)) -> bytes:
    data = rtstruct([(name, FLAT) for name in structures])
    change(data)
    return pack(data)


def _twice(data: Dataset) -> None:
    data.ROIContourSequence.append(data.ROIContourSequence[0])


def _same_number(data: Dataset) -> None:
    data.StructureSetROISequence[1].ROINumber = 1


def _unlisted(data: Dataset) -> None:
    del data.StructureSetROISequence[1]


WRONG = by_outcome(
    {
        ("contours.not_closed", "CLOSED_PLANAR"): {
            "points": with_first(put(ContourGeometricType="POINT")),
            "an open line": with_first(put(ContourGeometricType="OPEN_PLANAR")),
        },
        ("header.missing", "ContourGeometric"): {
            "no type": with_first(put(ContourGeometricType=None))
        },
        ("header.value", "ContourData in the header does not have the stated number of points"): {
            "another count": with_first(put(NumberOfContourPoints=7)),
            "two numbers a point": with_first(
                put(ContourData=["1", "2"], NumberOfContourPoints=None)
            ),
            "no points": with_first(put(ContourData=None, NumberOfContourPoints=0)),
        },
        ("header.value", "more than 100000 mm"): {
            "far away": with_first(put(ContourData=["1e9", "0", "0"], NumberOfContourPoints=1))
        },
        ("header.value", "Modality in the header is not RTSTRUCT"): {
            "another modality": changed(put(Modality="CT"))
        },
        ("segments.none", "no structure"): {
            "no structures": changed(put(StructureSetROISequence=[]))
        },
        ("segments.twice", "a structure occurs twice"): {
            "a structure drawn twice": changed(_twice)
        },
        ("segments.twice", "two structures have the same number"): {
            "two structures of one number": changed(_same_number, ("Liver", "Spleen"))
        },
        ("segments.unknown_value", "structure 2 has contours but no description"): {
            "contours of no structure": changed(_unlisted, ("Liver", "Tumour"))
        },
        ("contours.plane", "the contours are not axial, and no image was given"): {
            "tilted, and no image": pack(rtstruct([("Liver", TILTED)]))
        },
        ("geometry.steps_differ", "the slice spacing is not uniform"): {
            "no equal steps": pack(rtstruct([("Liver", [ring(20, z) for z in (0, 2.5, 5, 8.5)])]))
        },
        ("geometry.step_unknown", "at least 2.5 mm apart, and no image was given"): {
            "two planes": pack(rtstruct([("Liver", [ring(20, z) for z in (0, 2.5)])])),
            "planes not all adjacent": pack(
                rtstruct([("Liver", [ring(20, z) for z in (0, 2.5, 6)])])
            ),
        },
        ("geometry.step_unknown", "a single slice, and no image was given"): {
            "one plane": pack(rtstruct([("Liver", [ring(20.0, 0.0)])]))
        },
        ("contours.none", "the structure has no contour, and no image was given"): {
            "nothing at all": pack(rtstruct([("Liver", [])]))
        },
    }
)


@pytest.mark.parametrize(("content", "code", "says"), WRONG.values(), ids=WRONG)
def test_what_is_refused(content: bytes, code: str, says: str, tmp_path: Path) -> None:
    require_refusal(tmp_path, content, code, says)


@pytest.mark.parametrize(
    "numbers", ["1\\2\\x", "1\\2\\nan", "1\\2\\1-2", "1\\2\\1_0", "1\\2\\", "1\\2\\.", "e\\2\\3"]
)
def test_points_that_are_no_numbers(numbers: str, tmp_path: Path) -> None:
    data = rtstruct([("Liver", [np.array([[1.0, 2.0, 3.0]])])])
    data.ROIContourSequence[0].ContourSequence[0].add_new(0x30060050, "LT", numbers)
    require_refusal(
        tmp_path,
        pack(data),
        "header.value",
        "ContourData in the header contains a value that is not a number",
    )


def ball_moved(*by_mm: float) -> list[Points]:
    return [points + np.array(by_mm) for points in ball(40.0, 2.5)]


BESIDE = by_outcome(
    {
        ("contours.plane", "contours that are not in any slice of the image"): {
            "between two slices": ball_moved(0, 0, 1),
            "tilted": TILTED,
        },
        ("contours.outside", "outside the image"): {
            "beyond the last slice": ball_moved(0, 0, 250),
            "beyond the border": ball_moved(100, 0, 0),
        },
        ("contours.sparse", "2 image slices apart"): {
            "in every second slice": ball(40.0, 2.5)[::2],
            "and once in the next": [*ball(40.0, 2.5)[::2], ball(40.0, 2.5)[15]],
            "in two of three slices": [c for n, c in enumerate(ball(40.0, 2.5)) if n % 3],
        },
    }
)


@pytest.mark.slow
@pytest.mark.parametrize(("contours", "code", "says"), BESIDE.values(), ids=BESIDE)
def test_contours_that_are_not_where_the_image_is(
    contours: list[Points], code: str, says: str, tmp_path: Path
) -> None:
    require_refusal(tmp_path, pack(rtstruct([("Liver", contours)])), code, says, on=image())


def test_one_slice_of_an_image_is_enough(tmp_path: Path) -> None:
    content = pack(rtstruct([("Liver", ball(40.0, 2.5)[10:11])]))
    assert read(tmp_path, content, on=image()).whole("liver").voxel_count > 0


def lesions(*at: tuple[int, float]) -> list[Points]:
    """Contours of discs with a radius of 5 mm: the slice of each, and its place from left."""
    return [ring(5.0, ball(40.0, 2.5)[n][0, 2], (CENTRE[0] + left, CENTRE[1])) for n, left in at]


@pytest.mark.parametrize(
    "at",
    [((10, -12.0), (16, 12.0)), ((9, 0.0), (10, 0.0), (16, 0.0), (17, 0.0))],
    ids=["beside each other", "above each other"],
)
def test_lesions_may_be_slices_apart(at: tuple[tuple[int, float], ...], tmp_path: Path) -> None:
    """Two metastases, each drawn in one slice: 2 x 5^2 x pi x 2.5 mm^3 = 0.39 mL."""
    content = pack(rtstruct([("Tumour", lesions(*at))]))
    mask = read(tmp_path, content, on=image()).whole("tumour")
    assert mask.volume_ml == pytest.approx(len(at) * pi * 25 * 2.5 / 1000, rel=0.05)


@pytest.mark.parametrize(
    "at", [((10, 0.0), (12, 0.0)), ((10, -20.0), (12, 0.0), (14, 20.0))], ids=["above", "a course"]
)
def test_h06_contours_with_slices_between_are_refused(
    at: tuple[tuple[int, float], ...], tmp_path: Path
) -> None:
    content = pack(rtstruct([("Tumour", lesions(*at))]))
    refusal = require_refusal(
        tmp_path, content, "contours.sparse", "2 image slices apart", "tumour", on=image()
    )
    assert refusal.remedy.startswith("give the image to which the structure set refers; otherwise")


def point(*place_mm: float) -> Dataset:
    return contour(np.array([place_mm]), "POINT")


@pytest.mark.parametrize("on", [None, image()])
@pytest.mark.parametrize("kind", ["CLOSED_PLANAR", "CLOSEDPLANAR_XOR"])
def test_single_points_among_contours_are_reported_and_not_counted(
    kind: str, on: Grid | None, tmp_path: Path
) -> None:
    data = rtstruct([("Liver", ball(40.0, 2.5))])
    contours = data.ROIContourSequence[0].ContourSequence
    for one in contours:
        one.ContourGeometricType = kind
    alone = read(tmp_path, pack(data), on=on)
    contours.append(point(3.0, 4.0, 1.0))  # between slices
    contours.append(point(0.0, 0.0, 500.0))  # beyond the image
    file = read(tmp_path, pack(data), on=on)
    (finding,) = (one for one in file.findings if one.code == "contours.point")
    assert (finding.severity, finding.value) == (Severity.WARNING, 2)
    assert "single points of Liver, which enclose no area, are not counted: 2" in finding.message
    assert file.whole("liver").voxel_count == alone.whole("liver").voxel_count
    assert "contours.point" not in codes(alone.findings)


def test_h16_a_structure_of_points_alone_is_empty(tmp_path: Path) -> None:
    data = rtstruct([("Liver", [])])
    data.ROIContourSequence[0].ContourSequence = [point(0.0, 0.0, 0.0)]
    require_refusal(tmp_path, pack(data), "segments.empty", "no voxels", on=image())
    require_refusal(tmp_path, pack(data), "contours.none", "the structure has no contour")


@pytest.mark.parametrize("on", [None, image()])
def test_h06_a_rejected_structure_set_is_reported(on: Grid | None, tmp_path: Path) -> None:
    data = rtstruct([("Liver", ball(40.0, 2.5))])
    for status in ("APPROVED", "UNAPPROVED", ""):
        data.ApprovalStatus = status
        assert "contours.rejected" not in codes(read(tmp_path, pack(data), on=on).findings)
    data.ApprovalStatus = "REJECTED"
    found = read(tmp_path, pack(data), on=on).findings
    (finding,) = (one for one in found if one.code == "contours.rejected")
    assert (finding.severity, finding.file) == (Severity.WARNING, "liver.dcm")


def test_a_structure_of_no_name(tmp_path: Path) -> None:
    data = rtstruct([("Liver", FLAT)])
    del data.StructureSetROISequence[0].ROIName
    assert read(tmp_path, pack(data)).segments[0].name == "structure 1"


def test_no_contours_of_no_structure_are_passed_over(tmp_path: Path) -> None:
    data = rtstruct([("Liver", FLAT), ("Tumour", [])])
    _unlisted(data)
    assert read(tmp_path, pack(data)).whole("liver").voxel_count > 0


def test_structures_of_two_frames_of_reference(tmp_path: Path) -> None:
    data = rtstruct([("Liver", FLAT), ("Tumour", FLAT)])
    data.StructureSetROISequence[1].ReferencedFrameOfReferenceUID = "1.2.826.77.1.2"
    require_refusal(tmp_path, pack(data), "identity.frames_differ", "its structures", "check")
    assert read(tmp_path, pack(data)).whole("liver").voxel_count > 0


def test_too_many_contours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dicom_rtstruct, "MOST_CONTOURS", 3)
    content = pack(rtstruct([("Liver", FLAT)]))
    require_refusal(tmp_path, content, "limit.contours", "a structure has 4 contours")


def test_a_lattice_beyond_the_limit(tmp_path: Path) -> None:
    contours = [ring(20.0, 0.0), ring(20.0, 2.5, (40_000.0, 0.0)), ring(20.0, 5.0)]
    limits = Limits(voxels=1 << 20)
    content = pack(rtstruct([("Liver", contours)]))
    require_refusal(tmp_path, content, "limit.voxels", "the limit is", limits=limits)


def test_sources_of_contours_mean_nothing(tmp_path: Path) -> None:
    data = rtstruct([("Liver", FLAT)])
    for one in data.ROIContourSequence[0].ContourSequence:
        one.ContourImageSequence = [item(ReferencedSOPInstanceUID="1.2.826.77.6.6")]
    assert read(tmp_path, pack(data)).whole("liver").voxel_count > 0


def stirred(contours: Sequence[Points]) -> list[Points]:
    """Swap two quarters of each outline: a figure of eight."""
    return [np.vstack([one[:60], one[120:180], one[60:120], one[180:]]) for one in contours]


@pytest.mark.parametrize("on", [None, image()])
def test_h06_contours_that_cross_themselves_are_reported(on: Grid | None, tmp_path: Path) -> None:
    file = read(tmp_path, pack(rtstruct([("Liver", stirred(ball(40.0, 2.5)))])), on=on)
    finding = next(one for one in file.findings if one.code == "contours.crosses_itself")
    assert finding.severity is Severity.WARNING
    assert finding.value is not None
    assert finding.value > 1.0


@pytest.mark.slow
@pytest.mark.parametrize("on", [None, image()])
@pytest.mark.parametrize("turn", [1, -1])
def test_h06_contours_that_are_twice_count_once(on: Grid | None, turn: int, tmp_path: Path) -> None:
    once = ball(40.0, 2.5)
    twice = [*once, *(one[::turn] for one in once)]
    file = read(tmp_path, pack(rtstruct([("Liver", twice)])), on=on)
    assert file.whole("liver").volume_ml == pytest.approx(sphere(40), rel=0.005)
    finding = next(one for one in file.findings if one.code == "contours.crossing")
    assert finding.value == pytest.approx(sphere(40), rel=0.05)


@pytest.mark.slow
@pytest.mark.parametrize("on", [None, image()])
@pytest.mark.parametrize("size", of_many([0.98], [0.9, 0.98, 1.03]))
def test_h06_outlines_drawn_again_are_refused(on: Grid | None, size: float, tmp_path: Path) -> None:
    once = ball(40.0, 2.5)
    centre = np.array([*CENTRE, 0.0])
    again = [(one - centre) * (size, size, 1.0) + centre for one in once]
    content = pack(rtstruct([("Liver", [*once, *again[8:18]])]))
    with refuses("contours.twice", says="Liver has two nearly identical contours in 10 slices"):
        read(tmp_path, content, on=on).whole("liver")


def stated_xor(
    contours: Sequence[Points], count: int | None = None, kind: str = "CLOSEDPLANAR_XOR"
) -> bytes:
    """Mark contours (or the first few) as those whose common area is outside [PS3.3 C.8.8.6]."""
    data = rtstruct([("Liver", contours)])
    for one in data.ROIContourSequence[0].ContourSequence[:count]:
        one.ContourGeometricType = kind
    return pack(data)


@pytest.mark.slow
@pytest.mark.parametrize("on", [None, image()])
def test_a_thin_shell_that_is_stated_to_be_one(on: Grid | None, tmp_path: Path) -> None:
    contours = [*ball(70.0, 2.5), *cavity(66.0)]
    file = read(tmp_path, stated_xor(contours), on=on)
    assert file.whole("liver").volume_ml == pytest.approx(sphere(70) - sphere(66), rel=0.01)
    assert codes(file.findings) == ["contours.no_image" if on is None else "contours.derived"]
    with refuses("contours.twice", says="two nearly identical contours"):
        read(tmp_path, pack(rtstruct([("Liver", contours)])), on=on)


@pytest.mark.filterwarnings("ignore:The value length")  # the second has a letter too many
@pytest.mark.parametrize("kind", ["CLOSEDPLANAR_XOR", "CLOSED_PLANAR_XOR"])
def test_contours_that_cross_without_their_common_area(kind: str, tmp_path: Path) -> None:
    pair = [ring(30.0, 2.5 * n, (x, 0.0)) for n in range(3) for x in (0.0, 30.0)]
    file = read(tmp_path, stated_xor(pair, kind=kind))
    lens = 2 * 900 * (pi / 3) - 30 * 30 * 3**0.5 / 2
    once_ml = (2 * pi * 900 - 2 * lens) * 7.5 / 1000
    assert file.whole("liver").volume_ml == pytest.approx(once_ml, rel=0.005)
    assert codes(file.findings) == ["contours.no_image"]


def test_h06_a_stated_outline_that_is_twice_is_no_hole(tmp_path: Path) -> None:
    content = stated_xor([*FLAT, *FLAT])
    file = read(tmp_path, content)
    assert file.whole("liver").volume_ml == pytest.approx(pi * 400 * 10 / 1000, rel=0.01)
    assert "contours.crossing" in codes(file.findings)


def test_h06_contours_of_two_kinds_in_a_structure_are_refused(tmp_path: Path) -> None:
    says = "is CLOSEDPLANAR_XOR for only some contours of a structure"
    require_refusal(tmp_path, stated_xor(FLAT, 3), "header.value", says)


def test_h06_one_outline_drawn_again_at_an_end_is_reported(tmp_path: Path) -> None:
    once = ball(40.0, 2.5)
    centre = np.array([*CENTRE, 0.0])
    content = pack(rtstruct([("Liver", [*once, (once[0] - centre) * (0.95, 0.95, 1.0) + centre])]))
    file = read(tmp_path, content)
    assert [one.code for one in file.findings].count("contours.twice") == 1


def test_h06_a_contour_between_slices_is_refused(tmp_path: Path) -> None:
    contours = ball(40.0, 2.5)
    between = (contours[15] + contours[16]) / 2
    content = pack(rtstruct([("Liver", [*contours, between])]))
    says = "contours are 1.25 mm apart, although most are 2.5 mm"
    require_refusal(tmp_path, content, "contours.plane", says)


@pytest.mark.slow
def test_h06_ends_without_contours_are_reported(tmp_path: Path) -> None:
    for on in (None, image()):
        whole = read(tmp_path, pack(rtstruct([("Liver", ball(60.0, 2.5))])), on=on)
        cut = read(tmp_path, pack(rtstruct([("Liver", ball(60.0, 2.5)[:-14])])), on=on)
        assert find_flat_ends(whole.whole("liver")) == ()
        assert find_flat_ends(cut.whole("liver")) != ()


def test_a_contour_that_is_moved_by_its_header_is_refused(tmp_path: Path) -> None:
    moved = with_first(put(ContourOffsetVector=[0, 0, 2.5]))
    require_refusal(
        tmp_path, moved, "header.value", "ContourOffsetVector in the header shifts the contour"
    )
    still = with_first(put(ContourOffsetVector=["0.0", "0", "-0.00"]))
    assert read(tmp_path, still).whole("liver").voxel_count


def test_h13_a_structure_coded_as_another_is_reported(tmp_path: Path) -> None:
    data = rtstruct([("Liver", FLAT)])
    coded = item(CodingSchemeDesignator="SCT", CodeValue="78961009", CodeMeaning="CANARY")
    seen = item(ObservationNumber=1, ReferencedROINumber=1)
    seen.RTROIIdentificationCodeSequence = [coded]
    data.RTROIObservationsSequence = [seen]
    findings = read(tmp_path, pack(data)).findings
    assert (
        "has the code for spleen" in next(o for o in findings if o.code == "segments.code").message
    )
