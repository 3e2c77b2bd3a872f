"""Where the voxels of a NIfTI file are: units, sform, qform, and what to do when they differ.

Rules F6-F9 of safety.md: one file can give two readers two spacings and two sides, so each
disagreement is either named or refused here, and nowhere else.
"""

from dataclasses import replace
from math import isfinite, sqrt

import numpy as np

from fl_planner.basis.constants import SAME_PLACE_MM, SCANNER_MM
from fl_planner.basis.findings import Finding
from fl_planner.formats.nifti.header import Header
from fl_planner.formats.voxels.geometry import (
    SAME_LENGTH,
    Matrix,
    as_affine,
    by_edges,
    is_singular,
    require_edges,
    require_upright,
)
from fl_planner.space.grid import Affine, Grid

MM_PER_UNIT = {0: 1.0, 1: 1000.0, 2: 1.0, 3: 0.001}  # unknown, metre, mm, micron [nifti1.h]
UNIT_NAMES = {1: "metres", 3: "microns"}
LAST_CODE = 5  # of qform and sform [nifti1.h, NIFTI_XFORM_TEMPLATE_OTHER]
SAME_CORNER_EDGES = 0.1  # sform against qform, silent [safety.md F8]
UNIT_QUATERNION = 1 + 1e-5  # most that b2 + c2 + d2 may be [safety.md F9]
HALF_TURN = 1 - 1e-7  # from here on b2 + c2 + d2 of 32-bit numbers is 1 [nifti1_io.c]


@np.errstate(all="ignore")  # what overflows or vanishes is out of range, and refused
def find_grid(header: Header) -> tuple[Grid, tuple[Finding, ...]]:
    """Find a file's grid, or refuse one whose size or side cannot be known."""
    findings: list[Finding] = []
    header = _in_mm(_positive(header, findings), findings)
    for name, code in (("qform", header.qform_code), ("sform", header.sform_code)):
        if not 0 <= code <= LAST_CODE:
            raise header.refuse(
                "geometry.form_code", f"has the {name} code {code}, of 0 to 5 possible"
            )
    matrix = _choose(header, findings)
    if matrix is None:
        what = (
            "sform and qform code are 0: side and place in the patient are undetermined, and the "
            f"voxel size of {by_edges(header.pixdim[1:])} mm is that of pixdim"
        )
        findings.append(header.find("geometry.both_codes_zero", what))
        x, y, z = header.pixdim[1:]
        upright: Affine = ((x, 0.0, 0.0, 0.0), (0.0, y, 0.0, 0.0), (0.0, 0.0, z, 0.0))
        return Grid(header.shape, upright, placed=False), tuple(findings)
    require_edges(header, np.linalg.norm(matrix[:, :3], axis=0))
    findings += require_upright(header, matrix)
    return Grid(header.shape, as_affine(matrix)), tuple(findings)


def _positive(header: Header, findings: list[Finding]) -> Header:
    edges = header.pixdim[1:]
    if not all(isfinite(edge) and edge != 0 for edge in edges):
        reason = f"has a voxel size of {by_edges(edges)} in its header (pixdim)"
        raise header.refuse("geometry.no_spacing", reason)
    if min(edges) < 0:
        what = f"has a negative voxel size ({by_edges(edges)}); its amount is used"
        findings.append(header.find("geometry.negative_spacing", what))
    return replace(header, pixdim=(header.pixdim[0], *map(abs, edges)))


def _in_mm(header: Header, findings: list[Finding]) -> Header:
    """Convert lengths by the unit code; a code without a meaning is read as mm."""
    code = header.unit_code
    if code not in MM_PER_UNIT:
        what = f"has the undefined unit code {code}; lengths are read as mm"
        findings.append(header.find("geometry.unit_undefined", what))
    by = MM_PER_UNIT.get(code, 1.0)
    header = replace(
        header,
        pixdim=(header.pixdim[0], *(edge * by for edge in header.pixdim[1:])),
        qoffset=tuple(x * by for x in header.qoffset),
        srow=tuple(tuple(x * by for x in row) for row in header.srow),
    )
    require_edges(header, header.pixdim[1:])
    if code in UNIT_NAMES:
        what = f"says its lengths are in {UNIT_NAMES[code]}; converted to mm"
        findings.append(header.find("geometry.unit_converted", what))
    return header


def _choose(header: Header, findings: list[Finding]) -> Matrix | None:
    """Choose between sform and qform by F8; None where neither is coded."""
    qform = _qform(header) if header.qform_code else None
    if not header.sform_code:
        return qform
    sform = np.array(header.srow, dtype=np.float64)
    _require_near(header, "sform", sform.ravel().tolist())
    if is_singular(sform):
        if qform is None:
            raise header.refuse(
                "geometry.singular", "has a singular sform matrix: voxels without volume"
            )
        findings.append(header.find("geometry.sform_singular", "the sform is singular; qform used"))
        return qform
    if qform is None:
        _compare_lengths(header, sform, findings)
    else:
        _compare_forms(header, sform, qform, findings)
    return sform


def _qform(header: Header) -> Matrix:
    """Build the qform matrix from its quaternion [nifti1.h, method 2]."""
    b, c, d = header.quaternion
    length2 = b * b + c * c + d * d
    if not length2 <= UNIT_QUATERNION:
        raise header.refuse("geometry.quaternion", f"has a quaternion of length {sqrt(length2):g}")
    qfac = header.pixdim[0]
    _require_near(header, "qform", [*header.qoffset, qfac])
    if qfac < 0 and qfac != -1:  # nifti1_io.c takes it for -1, nibabel for 1
        reason = f"has a qfac (pixdim[0]) of {qfac:g}, which readers take for two sides"
        raise header.refuse("geometry.quaternion", reason)
    a = sqrt(max(0.0, 1.0 - length2))
    if length2 > HALF_TURN:
        a = 0.0
        b, c, d = (x / sqrt(length2) for x in (b, c, d))
    turn = np.array(
        [
            [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
            [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
            [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c],
        ]
    )
    x, y, z = header.pixdim[1:]
    edges = np.array([x, y, -z if qfac < 0 else z])
    return np.column_stack([turn * edges, np.array(header.qoffset)])


def _require_near(header: Header, form: str, numbers: list[float]) -> None:
    """Refuse a form with a number that no place in a scanner gives."""
    if not all(map(isfinite, numbers)):
        raise header.refuse("geometry.not_finite", f"has a {form} that is not finite")
    if abs(far := max(numbers, key=abs)) > SCANNER_MM:
        reason = f"has a {form} that puts it {far:.3g} mm away, of {SCANNER_MM:g} mm possible"
        raise header.refuse("geometry.too_far", reason)


def _compare_lengths(header: Header, sform: Matrix, findings: list[Finding]) -> None:
    lengths = np.linalg.norm(sform[:, :3], axis=0)
    edges = np.array(header.pixdim[1:])
    if not np.allclose(lengths, edges, rtol=SAME_LENGTH, atol=0.0):
        sizes = f"sform has voxels of {by_edges(lengths)} mm, pixdim says {by_edges(edges)}"
        findings.append(header.find("geometry.pixdim_stale", f"{sizes}; sform used"))


def _compare_forms(header: Header, sform: Matrix, qform: Matrix, findings: list[Finding]) -> None:
    """Accept, name or refuse the difference of two coded forms."""
    volumes = [abs(float(np.linalg.det(m[:, :3]))) for m in (sform, qform)]
    if abs(volumes[0] - volumes[1]) > SAME_LENGTH * min(volumes):
        percent = 100 * abs(volumes[0] / volumes[1] - 1)
        reason = f"sform and qform give volumes {percent:.3g} % apart"
        raise header.refuse("geometry.sform_qform_differ", reason)
    corners = np.column_stack([Grid.upright(header.shape, (1.0, 1.0, 1.0)).corners(), np.ones(8)])
    apart = float(np.linalg.norm(corners @ (sform - qform).T, axis=1).max())
    edge = min(header.pixdim[1:])
    if np.linalg.det(sform[:, :3]) * np.linalg.det(qform[:, :3]) < 0:
        reason = "sform and qform are mirrored: they disagree which side is left"
        raise header.refuse("geometry.sform_qform_differ", reason)
    if apart > edge:
        reason = f"sform and qform put it at places {apart:.3g} mm apart"
        raise header.refuse("geometry.sform_qform_differ", reason)
    if apart > max(SAME_PLACE_MM, SAME_CORNER_EDGES * edge):
        what = f"sform and qform put it at places {apart:.3g} mm apart; sform used"
        code = "geometry.sform_qform_differ"
        findings.append(header.find(code, what, value=apart, unit="mm"))
