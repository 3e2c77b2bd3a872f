"""Where voxels are: units, matrices, and two forms that differ [safety.md F6-F9].

The small mask is 12 voxels of 2 x 3 x 5 mm; its corner voxels are 10, 12 and 15 mm apart.
"""

from itertools import permutations, product
from math import asin, cos, inf, nan, sin, sqrt
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from fl_planner.basis.findings import Severity
from fl_planner.space.grid import Affine
from tests.cases import each_case
from tests.formats.opening import ML, block
from tests.formats.reading import (
    FORMS,
    SPACING_MM,
    good,
    read,
    require_number,
    require_refusal,
    require_right,
    require_warning,
)
from tests.niftis import Rows, both_forms, nifti, qform, quaternion, sform, upright

UPRIGHT = upright(SPACING_MM)
AFFINE: Affine = ((2, 0, 0, 0), (0, 3, 0, 0), (0, 0, 5, 0))
SFORM, QFORM = sform(UPRIGHT), qform(SPACING_MM)


def exact(**fields: Any) -> bytes:
    return nifti(block(), version=2, **fields)


def pixdim(*edges: float, qfac: float = 1.0) -> tuple[float, ...]:
    return (qfac, *edges, 0.0, 0.0, 0.0, 0.0)


# Which form holds.


@pytest.mark.parametrize("fields", [FORMS, SFORM, QFORM], ids=["both", "sform", "qform"])
@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("code", [1, 2, 3, 4, 5])
def test_one_coded_form_or_two_that_agree(
    code: int, version: int, fields: dict[str, Any], tmp_path: Path
) -> None:
    codes: dict[str, Any] = {key: code for key in ("sform_code", "qform_code") if key in fields}
    grid = require_right(tmp_path, nifti(block(), version=version, **{**fields, **codes})).grid
    assert grid.placed
    assert grid.affine == AFFINE


@pytest.mark.parametrize("form", ["sform_code", "qform_code"])
@pytest.mark.parametrize("code", [-1, 6, 7, 99])
def test_codes_that_no_form_has(form: str, code: int, tmp_path: Path) -> None:
    says = f"the {form[:5]} code is {code};"
    require_refusal(tmp_path, nifti(block(), **{**FORMS, form: code}), "geometry.form_code", says)


def test_h01_both_codes_zero_gives_a_volume_and_no_place(tmp_path: Path) -> None:
    fields = {**FORMS, "sform_code": 0, "qform_code": 0, "qoffset": (9.0, 9.0, 9.0)}
    says = "orientation and position in the patient are undetermined"
    require_warning(tmp_path, nifti(block(), **fields), "geometry.both_codes_zero", says)
    grid = read(tmp_path, nifti(block(), **fields)).grid
    assert not grid.placed
    assert grid.affine == AFFINE


def test_a_form_without_a_code_means_nothing(tmp_path: Path) -> None:
    rubbish = [nan, inf, 1e30, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    require_right(tmp_path, nifti(block(), **{**QFORM, "srow": rubbish}))
    spoiled = {"quatern": (nan, 2.0, 3.0), "qoffset": (nan, inf, 0.0)}
    require_right(tmp_path, nifti(block(), **{**SFORM, **spoiled}))


# F6: units and edges.


@pytest.mark.parametrize("code", [0, 2, 2 + 8, 2 + 16, 2 + 24, 0 + 8, 2 + 64 + 128, 248])
def test_millimetres_unknown_units_and_high_bits(code: int, tmp_path: Path) -> None:
    require_right(tmp_path, good(xyzt_units=code))


@pytest.mark.parametrize(
    ("code", "factor", "says"),
    [(1, 1e-3, "metres"), (3, 1e3, "microns"), (1 + 8, 1e-3, "metres"), (3 + 16, 1e3, "microns")],
)
@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("form", ["sform", "qform", "both"])
def test_h01_metres_and_microns_are_converted(
    form: str, version: int, code: int, factor: float, says: str, tmp_path: Path
) -> None:
    edges, origin = [edge * factor for edge in SPACING_MM], [10 * factor, -20 * factor, 30 * factor]
    forms = {
        "sform": sform(upright(edges, origin)),
        "qform": qform(edges, origin),
        "both": both_forms(edges, origin),
    }
    content = nifti(block(), version=version, xyzt_units=code, **forms[form])
    require_warning(tmp_path, content, "geometry.unit_converted", f"in {says} were converted to mm")
    grid = read(tmp_path, content).grid
    assert np.array(grid.affine) == pytest.approx(np.array(upright(SPACING_MM, (10, -20, 30))))


def test_metres_without_a_place_are_converted_too(tmp_path: Path) -> None:
    content = nifti(block(), pixdim=pixdim(0.002, 0.003, 0.005), xyzt_units=1)
    file = read(tmp_path, content)
    require_number(file, 12, ML)
    assert [finding.code for finding in file.findings] == [
        "geometry.unit_converted",
        "geometry.both_codes_zero",
    ]


@pytest.mark.parametrize("code", [4, 5, 6, 7, 4 + 8, 7 + 128])
def test_undefined_units_are_millimetres(code: int, tmp_path: Path) -> None:
    says = f"the unit code {code & 7} is undefined; lengths are read as mm"
    require_warning(tmp_path, good(xyzt_units=code), "geometry.unit_undefined", says)


@pytest.mark.parametrize("code", [1, 3])
def test_h01_millimetres_called_otherwise(code: int, tmp_path: Path) -> None:
    require_refusal(tmp_path, good(xyzt_units=code), "geometry.spacing_range", "0.05 to 20 mm")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("edge", "code", "fits"),
    [
        (0.05, 2, True), (0.04999, 2, False), (20.0, 2, True), (20.001, 2, False),
        (50.0, 3, True), (49.99, 3, False), (0.02, 1, True), (0.02001, 1, False),
        (1e-30, 2, False), (1e30, 2, False),
    ],
)  # fmt: skip
@each_case("axis, form, version", product([0, 1, 2], ["sform", "qform", "none"], [1, 2]))
def test_h01_edges_from_a_twentieth_to_twenty_millimetres(
    version: int, form: str, axis: int, edge: float, code: int, fits: bool, tmp_path: Path
) -> None:
    by = {1: 0.001, 2: 1.0, 3: 1000.0}[code]
    edges = [by, by, by]
    edges[axis] = edge
    forms = {
        "sform": sform(upright(edges)),
        "qform": qform(edges),
        "none": {"pixdim": pixdim(*edges)},
    }
    content = nifti(block(), version=version, xyzt_units=code, **forms[form])
    if fits:
        require_number(read(tmp_path, content), 12, 12 * edge / by / 1000)
    else:
        require_refusal(tmp_path, content, "geometry.spacing_range", "range is 0.05 to 20 mm")


@pytest.mark.parametrize("edge", [0.0499, 20.01])
def test_h01_edges_of_the_sform_count_too(edge: float, tmp_path: Path) -> None:
    fields = {**sform(upright((edge, 3, 5))), "pixdim": pixdim(1, 3, 5)}
    content = nifti(block(), **fields)
    require_refusal(tmp_path, content, "geometry.spacing_range", f"{edge:g} x 3 x 5 mm")


@pytest.mark.parametrize("forms", [FORMS, SFORM, QFORM, {}], ids=["both", "sform", "qform", "none"])
@each_case("edge, axis", product([0.0, -0.0, nan, inf, -inf], [0, 1, 2]))
def test_h01_pixdim_of_nothing_is_refused_whatever_the_forms(
    axis: int, edge: float, forms: dict[str, Any], tmp_path: Path
) -> None:
    edges = [*SPACING_MM]
    edges[axis] = edge
    content = nifti(block(), **{**forms, "pixdim": pixdim(*edges)})
    require_refusal(tmp_path, content, "geometry.no_spacing", "(pixdim)")


@pytest.mark.parametrize("forms", [FORMS, SFORM, QFORM])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_the_amount_of_a_negative_pixdim(axis: int, forms: dict[str, Any], tmp_path: Path) -> None:
    edges = [*SPACING_MM]
    edges[axis] *= -1
    content = nifti(block(), **{**forms, "pixdim": pixdim(*edges)})
    says = "negative voxel size"
    require_warning(tmp_path, content, "geometry.negative_spacing", says)


# F7: the matrix.


def leaning(cosine: float, angle_only: bool = True) -> Rows:
    """Rows of 2 x 3 x 5 mm whose third axis leans on the first."""
    edge = 5.0 if angle_only else 5.0 / sqrt(1 - cosine * cosine)
    return [[2, 0, edge * cosine, 0], [0, 3, 0, 0], [0, 0, edge * sqrt(1 - cosine**2), 0]]


@pytest.mark.parametrize("cosine", [0.0, 0.000999, -0.000999])
def test_axes_nearly_upright(cosine: float, tmp_path: Path) -> None:
    ml = ML * sqrt(1 - cosine**2)
    require_right(tmp_path, exact(**sform(leaning(cosine))), ml=ml)


@pytest.mark.parametrize("cosine", [0.001001, -0.001001, 0.25, 0.49999, -0.49999])
def test_sheared_voxels_have_the_volume_of_their_determinant(cosine: float, tmp_path: Path) -> None:
    content = exact(**sform(leaning(cosine)))
    says = f"sheared (cosine {abs(cosine):.3f}"
    ml = 12 * 2 * 3 * 5 * cos(asin(cosine)) / 1000
    require_warning(tmp_path, content, "geometry.sheared", says, ml=ml)


@pytest.mark.parametrize("number", [nan, inf, -inf])
@pytest.mark.parametrize("at", [0, 3, 5, 6, 11])
@pytest.mark.parametrize("forms", [SFORM, FORMS], ids=["sform", "both"])
def test_an_sform_that_is_not_finite(
    forms: dict[str, Any], at: int, number: float, tmp_path: Path
) -> None:
    row = [*forms["srow"]]
    row[at] = number
    content = nifti(block(), **{**forms, "srow": row})
    require_refusal(tmp_path, content, "geometry.not_finite", "sform")


@pytest.mark.parametrize("by", [1.000999, 0.999001])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_lengths_within_a_thousandth_of_pixdim(axis: int, by: float, tmp_path: Path) -> None:
    edges = [*SPACING_MM]
    edges[axis] *= by
    fields = {**SFORM, "pixdim": pixdim(*edges)}
    require_right(tmp_path, exact(**fields))


@pytest.mark.parametrize(
    "edges", [(2 * 1.00101, 3, 5), (2, 3 * 0.99899, 5), (1, 1, 1), (2, 5, 3), (2, 3, 5.00501)]
)
def test_h01_stale_pixdim_next_to_a_coded_sform(edges: tuple[float, ...], tmp_path: Path) -> None:
    fields = {**SFORM, "pixdim": pixdim(*edges)}
    says = f"sform has voxels of 2 x 3 x 5 mm, pixdim {edges[0]:g} x "
    require_warning(tmp_path, exact(**fields), "geometry.pixdim_stale", says)


# F8: two forms.


def moved(by: float) -> dict[str, Any]:
    """Two coded forms, the sform `by` mm farther right."""
    return {**QFORM, **sform(upright(SPACING_MM, (by, 0.0, 0.0)))}


@pytest.mark.parametrize("by", [0.0, 0.199, -0.199])
def test_forms_a_tenth_of_an_edge_apart(by: float, tmp_path: Path) -> None:
    grid = require_right(tmp_path, exact(**moved(by))).grid
    assert grid.affine[0][3] == by  # sform


@pytest.mark.parametrize("by", [0.201, 1.999, -1.999])
def test_forms_up_to_an_edge_apart_are_reported(by: float, tmp_path: Path) -> None:
    content = exact(**moved(by))
    finding = require_warning(
        tmp_path,
        content,
        "geometry.sform_qform_differ",
        f"{abs(by):.3g} mm apart; the sform is used",
    )
    assert finding.value == pytest.approx(abs(by))
    assert finding.unit == "mm"
    assert read(tmp_path, content).grid.affine[0][3] == by


@pytest.mark.parametrize("mm", [1e6, -1e6, 1.01e6, -1.01e6, 1e30, 1e300])
@pytest.mark.parametrize("form", ["sform", "qform"])
def test_places_within_a_kilometre(form: str, mm: float, tmp_path: Path) -> None:
    origin = (0.0, mm, 0.0)
    fields = sform(upright(SPACING_MM, origin)) if form == "sform" else qform(SPACING_MM, origin)
    if abs(mm) <= 1e6:
        require_right(tmp_path, exact(**fields))
    else:
        says = f"the {form} gives a position {mm:.3g} mm from the origin"
        require_refusal(tmp_path, exact(**fields), "geometry.too_far", says)


@pytest.mark.parametrize(("by", "silent"), [(0.0099, True), (0.0101, False)])
def test_a_hundredth_of_a_millimetre_is_rounding(by: float, silent: bool, tmp_path: Path) -> None:
    edges = (0.08, 0.08, 0.08)  # a tenth of them is less
    content = exact(**qform(edges), **{k: v for k, v in sform(upright(edges, (by, 0, 0))).items()
                                       if k != "pixdim"})  # fmt: skip
    ml = 12 * 0.08**3 / 1000
    if silent:
        require_right(tmp_path, content, ml=ml)
    else:
        says = "0.0101 mm apart"
        require_warning(tmp_path, content, "geometry.sform_qform_differ", says, ml=ml)


@pytest.mark.parametrize("by", [1.0009, 0.9991, 1.0])
def test_volumes_within_a_thousandth(by: float, tmp_path: Path) -> None:
    fields = {**sform(upright((2, 3, 5 * by))), **QFORM}
    require_right(tmp_path, exact(**fields), ml=ML * by)


def with_sform(rows: Any) -> dict[str, Any]:
    return {**QFORM, **sform(rows)}


def mirrored(axis: int) -> Rows:
    turned: Rows = (np.array(UPRIGHT) * np.where(np.arange(3) == axis, -1, 1)[:, None]).tolist()
    return turned


def without_column(n: int) -> dict[str, Any]:
    """Place voxels without an edge along one axis, beside a right pixdim."""
    rows = (np.array(UPRIGHT) * (np.arange(4) != n)).tolist()
    return {**sform(rows), "pixdim": FORMS["pixdim"]}


REFUSED: list[tuple[str, str, dict[str, Any]]] = [
    *(
        (
            "geometry.sheared",
            f"not perpendicular (cosine {abs(cosine):.2f})",
            sform(leaning(cosine)),
        )
        for cosine in (0.50001, -0.50001, 0.9, 0.999)
    ),
    # the least by the largest singular value is half of the last number
    ("geometry.singular", "", sform([[1.0, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 0]])),
    ("geometry.singular", "", sform([[1.0, 0, 1, 0], [0, 1, 0, 0], [0, 0, 1.9e-6, 0]])),
    ("geometry.sheared", "", sform([[1.0, 0, 1, 0], [0, 1, 0, 0], [0, 0, 2.1e-6, 0]])),
    *(("geometry.singular", "voxels have no volume", without_column(n)) for n in range(3)),
    ("geometry.too_far", "1e+200 mm", {**SFORM, "srow": [1e200, *SFORM["srow"][1:]]}),
    *(
        ("geometry.sform_qform_differ", "mm apart", moved(by))
        for by in (2.001, -2.001, 500.0, 9.9e5)
    ),
    *(  # the smallest edge counts
        ("geometry.sform_qform_differ", "2.5 mm apart", with_sform(upright(SPACING_MM, origin)))
        for origin in ((0.0, 2.5, 0.0), (0.0, 0.0, 2.5))
    ),
    *(("geometry.sform_qform_differ", "mirrored", with_sform(mirrored(axis))) for axis in range(3)),
    (  # about its own middle: the same field, sides swapped
        "geometry.sform_qform_differ",
        "which side is left",
        with_sform([[-2.0, 0, 0, 10], [0, 3, 0, 0], [0, 0, 5, 0]]),
    ),
    *(
        ("geometry.sform_qform_differ", says, {**sform(upright((2, 3, 5 * by))), **QFORM})
        for by, says in ((1.0011, "0.11 %"), (0.9989, "0.11 %"), (1.05, "5 %"), (2, "100 %"))
    ),
]


@each_case("code, says, fields", REFUSED)
def test_h07_forms_that_are_refused(
    code: str, says: str, fields: dict[str, Any], tmp_path: Path
) -> None:
    require_refusal(tmp_path, exact(**fields), code, says)


def test_h07_sides_may_differ_where_no_corner_does(tmp_path: Path) -> None:
    voxels = np.zeros((1, 5, 4), "u1")
    voxels[0, 1:3, 1:3] = 1  # one voxel thick: mirrored, its corners stay
    rows: Rows = [[-2.0, 0, 0, 0], [0, 3, 0, 0], [0, 0, 5, 0]]
    fields = {**QFORM, **sform(rows)}
    content = nifti(voxels, version=2, **fields)
    require_refusal(tmp_path, content, "geometry.sform_qform_differ", "which side is left")


@pytest.mark.parametrize(
    "rows", [np.zeros((3, 4)).tolist(), [[2, 0, 0, 0], [0, 3, 0, 0], [2, 0, 0, 0]]]
)
def test_a_singular_sform_next_to_a_good_qform(rows: Rows, tmp_path: Path) -> None:
    fields = {**sform(rows), **qform(SPACING_MM, (7, 8, 9))}
    content = exact(**fields)
    require_warning(tmp_path, content, "geometry.sform_singular", "the qform is used")
    assert read(tmp_path, content).grid.affine[0] == (2, 0, 0, 7)


# F9: quaternions.


@pytest.mark.parametrize("qfac", [0.0, 1.0, 5.0])
def test_qfac_of_nothing_is_one(qfac: float, tmp_path: Path) -> None:
    grid = require_right(tmp_path, exact(**qform(SPACING_MM, qfac=qfac))).grid
    assert grid.affine[2] == (0, 0, 5, 0)


def test_qfac_of_minus_one_turns_the_third_axis(tmp_path: Path) -> None:
    grid = require_right(tmp_path, exact(**qform(SPACING_MM, qfac=-1.0))).grid
    assert grid.affine == (*AFFINE[:2], (0, 0, -5, 0))


@pytest.mark.parametrize("qfac", [-0.5, -2.0, -1.0001, -1e-30])
def test_h07_a_qfac_that_readers_take_for_two_sides(qfac: float, tmp_path: Path) -> None:
    content = exact(**qform(SPACING_MM, qfac=qfac))
    require_refusal(tmp_path, content, "geometry.quaternion", f"qfac (pixdim[0]) of {qfac:g}")
    require_right(tmp_path, exact(**{**SFORM, "pixdim": pixdim(*SPACING_MM, qfac=qfac)}))


@pytest.mark.parametrize("number", [nan, inf, -inf])
def test_a_qform_that_is_not_finite(number: float, tmp_path: Path) -> None:
    for fields in (qform(SPACING_MM, qfac=number), qform(SPACING_MM, (0, number, 0))):
        require_refusal(tmp_path, exact(**fields), "geometry.not_finite", "qform")
    for quatern in ((number, 0, 0), (0, number, 0), (0, 0, number)):
        fields = qform(SPACING_MM, quatern=quatern)
        require_refusal(
            tmp_path, exact(**fields), "geometry.quaternion", "the quaternion has a length of"
        )


def test_qfac_means_nothing_without_a_qform(tmp_path: Path) -> None:
    require_right(tmp_path, exact(**{**SFORM, "pixdim": pixdim(*SPACING_MM, qfac=nan)}))


@pytest.mark.parametrize("forms", [{}, SFORM], ids=["qform", "both"])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_quaternions_are_no_longer_than_one(
    axis: int, forms: dict[str, Any], tmp_path: Path
) -> None:
    quatern = [0.0, 0.0, 0.0]
    quatern[axis] = sqrt(1 + 1.1e-5)
    fields = {**forms, **qform(SPACING_MM, quatern=quatern)}
    require_refusal(tmp_path, exact(**fields), "geometry.quaternion", "a length of 1.0000")
    quatern[axis] = sqrt(1 + 0.9e-5)
    require_right(tmp_path, exact(**qform(SPACING_MM, quatern=quatern)))


def test_a_quaternion_by_hand(tmp_path: Path) -> None:
    # 30 degrees about z: i runs to (cos 30, sin 30), j to (-sin 30, cos 30)
    half = np.pi / 12
    turned = exact(**qform(SPACING_MM, (1, 2, 3), (0, 0, sin(half))))
    grid = require_right(tmp_path, turned).grid
    c, s = sqrt(3) / 2, 0.5
    by_hand = [[2 * c, -3 * s, 0, 1], [2 * s, 3 * c, 0, 2], [0, 0, 5, 3]]
    assert np.array(grid.affine) == pytest.approx(np.array(by_hand))


@pytest.mark.parametrize(("missing", "tips"), [(0.9e-7, False), (1.1e-7, True)])
def test_a_half_turn_within_rounding_of_32_bits(missing: float, tips: bool, tmp_path: Path) -> None:
    half_turn = exact(**qform(SPACING_MM, quatern=(sqrt(1 - missing), 0, 0)))
    grid = require_right(tmp_path, half_turn).grid
    tipped = 2 * sqrt(missing) * sqrt(1 - missing) if tips else 0.0  # 2ab, about the first axis
    assert grid.affine[2][1] == pytest.approx(3 * tipped, abs=1e-12)
    assert grid.affine[1][1] == pytest.approx(-3, abs=1e-6)


Turn = npt.NDArray[np.float64]


TURNS = [
    np.diag(signs)[:, list(order)].astype(float)
    for order in permutations(range(3))
    for signs in product((1, -1), repeat=3)
]


@pytest.mark.slow
@each_case("turn", TURNS)
def test_h07_all_48_orders_of_axes_agree_in_both_forms(turn: Turn, tmp_path: Path) -> None:
    edges = (0.8, 0.7, 2.5)
    qfac = float(np.rint(np.linalg.det(turn)))
    proper = turn * [1, 1, qfac]
    rows = np.column_stack([turn * edges, [-200, 150, 33]]).tolist()
    forms = {**sform(rows), **qform(edges, (-200, 150, 33), quaternion(proper), qfac=qfac)}
    voxels = np.zeros((400, 400, 3), "u1")  # 32-bit quaternions of half turns must not tip it
    voxels[100:200, 100:200, 1] = 1
    for fields in (forms, {**forms, "sform_code": 0}):
        file = require_right(tmp_path, nifti(voxels, **fields), voxels=10_000, ml=10_000 * 0.0014)
        assert np.array(file.grid.affine) == pytest.approx(np.array(rows), abs=1e-5)


def test_findings_of_the_place_are_warnings_of_one_file(tmp_path: Path) -> None:
    fields = {**sform(leaning(0.1)), "pixdim": pixdim(-1, 1, 1), "xyzt_units": 7}
    file = read(tmp_path, exact(**fields))
    assert [finding.code for finding in file.findings] == [
        "geometry.negative_spacing",
        "geometry.unit_undefined",
        "geometry.pixdim_stale",
        "geometry.sheared",
    ]
    assert {finding.severity for finding in file.findings} == {Severity.WARNING}
    assert {finding.file for finding in file.findings} == {"liver.nii"}
