"""The CT as witness: whether it covers the liver mask, is a CT, and shows a liver there.

It finds a mask that every header calls valid and that lies mirrored or moved on its scan
[safety.md H-02, H-04, H-06]. Limits are the project's choice; no number depends on them.
"""

from functools import reduce
from operator import sub

import numpy as np
import numpy.typing as npt

from fl_planner.basis.constants import CT_FITS
from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.shown import as_ml
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.drawing import FACES
from fl_planner.liver.witness.body import Body, find_body
from fl_planner.liver.witness.border import STEP_MM, holds
from fl_planner.liver.witness.hounsfield import find_odd_liver, find_odd_values, name_ct
from fl_planner.liver.witness.pose import Fit, Pose, Scene, find_better_pose
from fl_planner.space.coarse import thin_image, thin_mask
from fl_planner.space.distance import measure_centre_mm
from fl_planner.space.grid import Grid
from fl_planner.space.image import Image
from fl_planner.space.mask import Mask

Floats = npt.NDArray[np.float64]
Findings = tuple[Finding, ...]

HALF = 0.5  # of a cell that the mask fills
BEYOND_PERCENT, ELSEWHERE_PERCENT = 1, 50  # of the liver beyond the CT: told; another place
OUTSIDE_PERCENT = 5  # of the liver outside the body
LEFT_MM = 20.0  # of the body's middle: after a right hepatectomy a liver lies in the middle
LEAST_INSIDE = 0.6  # of the places just inside the border that must look like liver
LEAST_FIT = 0.2  # below, the CT does not show where the liver ends
ENDS = ("start", "end")  # of an axis whose direction is not known
STEP_TOLD_MM = 5  # in which a way is told: it is searched in no finer steps


def find_ct_doubts(anatomy: Anatomy, ct: Image) -> Findings:
    """Ask a CT whether the liver lies where its mask has it; that it does is told, too.

    What is known to be tumour, cyst or cavity may look like anything: only the rest is asked
    whether it looks like liver. The CT may lie on any grid; where neither it nor the mask says
    where in the patient it lies, both must have one shape.
    """
    organ = anatomy.organ
    if not _comparable(organ.grid, ct.grid):
        return (_no_place(organ, ct),)
    cells = thin_image(ct, STEP_MM)
    onto = cells.from_grid(organ.grid, ct.grid)
    places = _fill(organ)
    at = places @ onto[:, :3].T + onto[:, 3]
    percent = 100 * float(np.isnan(cells.at(at)).mean())
    beyond = _find_beyond(organ, ct, percent)
    odd = find_odd_values(ct, cells)
    if odd:
        return (*beyond, *odd)
    body = find_body(cells, ct.grid)
    sound = reduce(sub, anatomy.within, anatomy.nontumorous)  # as far as is known
    scene = Scene.of(organ, sound, cells, ct.grid)
    mirrors = _mirrors(organ, ct.grid, body, at)
    given, better = find_better_pose(scene, mirrors, [mirrors[-1] - mirrors[0]])
    if better is not None:
        return (_misplaced(organ, ct, given, better),)
    if percent > ELSEWHERE_PERCENT:
        return beyond
    doubts = (
        *beyond,
        *find_odd_liver(organ, ct, cells.at(at[holds(sound, places)])),
        *(_find_no_border(organ, ct, given) if scene.tells else ()),
        *(_find_out_of_body(organ, ct, body, at) if body is not None else ()),
    )
    return doubts if doubts or not scene.tells else (_fits(organ, ct, given),)


def _comparable(grid: Grid, ct: Grid) -> bool:
    if grid.placed and ct.placed:
        return True
    return grid.placed is ct.placed and grid.matches(ct)


def _fill(organ: Mask) -> Floats:
    """List a place in each cell that the mask fills half or more, as voxel indices."""
    share = thin_mask(organ, STEP_MM)
    least = min(HALF, float(share.cells.max()))  # a mask may be thinner than a cell
    return share.index_of(np.argwhere(share.cells >= least).astype(np.float64))


def _mirrors(organ: Mask, ct: Grid, body: Body | None, at: Floats) -> list[Floats]:
    """List where a mask may have been mirrored about, as indices of its grid.

    The middle of its file first; the origin of the patient's axes, where a reader that takes
    LPS for RAS turns it; the middle of the body from right to left; that of the CT last.
    """
    matrix, field = organ.grid.matrix(), organ.field
    own: Floats = np.subtract(np.add(field.start, field.stop), 1) / 2
    if not organ.grid.placed:
        return [own]
    places = [np.zeros(3), np.mean(ct.places_mm(ct.corners()), axis=0)]
    middle_mm = body.middle_mm(at) if body is not None else None
    if middle_mm is not None:
        places.insert(1, np.array([middle_mm, *(matrix[1:, :3] @ own + matrix[1:, 3])]))
    indices = [np.linalg.solve(matrix[:, :3], place - matrix[:, 3]) for place in places]
    return [own, *indices]


def _no_place(organ: Mask, ct: Image) -> Finding:
    lost = name_ct(ct) if organ.grid.placed else organ.source
    message = (
        f"{organ.source} on {name_ct(ct)}: {lost} does not say where in the patient it lies, so "
        "the CT cannot be asked about the mask; export both from one program"
    )
    return Finding("ct.no_place", Severity.WARNING, message, ct.file)


def _find_beyond(organ: Mask, ct: Image, percent: float) -> Findings:
    if percent <= BEYOND_PERCENT:
        return ()
    told = f"{as_ml(percent / 100 * organ.volume_ml)} ({percent:.0f} %) of the liver"
    where = f"{organ.source} on {name_ct(ct)}: {told} lie outside the CT"
    if percent > ELSEWHERE_PERCENT:
        message = f"{where}: they are not of one scan; check which file is the wrong one"
        return (Finding("ct.elsewhere", Severity.ERROR, message, ct.file, percent, "%"),)
    message = f"{where}: give the CT that the mask was drawn on, uncropped"
    return (Finding("ct.not_covering", Severity.WARNING, message, ct.file, percent, "%"),)


def _misplaced(organ: Mask, ct: Image, given: Fit, better: tuple[Pose, Fit]) -> Finding:
    pose, fit = better
    pair = f"{organ.source} on {name_ct(ct)}"
    told = (
        f"{100 * fit.inside_share:.0f} % of the places just inside its border and "
        f"{100 * fit.outside_share:.0f} % just outside then look like liver, as given "
        f"{100 * given.inside_share:.0f} and {100 * given.outside_share:.0f} %"
    )
    if pose.upright:
        way_mm = organ.grid.matrix()[:, :3] @ pose.offset
        message = (
            f"{pair}: the mask fits the CT better moved by {_say_way(way_mm, organ.grid)}: {told}; "
            "check whether both are of one scan, and export them again"
        )
        far_mm = float(np.linalg.norm(way_mm))
        return Finding("ct.mask_shifted", Severity.WARNING, message, organ.file, far_mm, "mm")
    message = (
        f"{pair}: the mask fits the CT better {_say_turn(pose, organ.grid)}: {told}; find out "
        "which of both is wrong, and export it again"
    )
    points = 100 * (fit.fit - given.fit)
    return Finding("ct.mask_mirrored", Severity.ERROR, message, organ.file, points, "points")


def _fits(organ: Mask, ct: Image, given: Fit) -> Finding:
    inside, outside = 100 * given.inside_share, 100 * given.outside_share
    message = (
        f"{organ.source} on {name_ct(ct)}: the CT shows the liver where the mask has it: "
        f"{inside:.0f} % of the places just inside its border and {outside:.0f} % just outside "
        "look like liver"
    )
    return Finding(CT_FITS, Severity.INFO, message, organ.file, inside, "%")


def _find_no_border(organ: Mask, ct: Image, given: Fit) -> Findings:
    """Find a mask whose border lies elsewhere, or a CT on which none is to be seen."""
    pair = f"{organ.source} on {name_ct(ct)}"
    inside, outside = 100 * given.inside_share, 100 * given.outside_share
    if given.inside_share < LEAST_INSIDE:
        message = (
            f"{pair}: only {inside:.0f} % of the places just inside the mask's border look like "
            f"liver ({100 * LEAST_INSIDE:.0f} % expected): check whether both are of one scan"
        )
        code = "ct.no_border"
        return (Finding(code, Severity.WARNING, message, organ.file, inside, "%"),)
    if given.fit < LEAST_FIT:
        message = (
            f"{pair}: {outside:.0f} % of the places just outside the mask's border look like "
            "liver too: on this CT a mask that lies wrong cannot be told from one that does not"
        )
        return (Finding("ct.border_unseen", Severity.INFO, message, organ.file, outside, "%"),)
    return ()


def _find_out_of_body(organ: Mask, ct: Image, body: Body, at: Floats) -> Findings:
    """Find a liver outside the body, or on the body's left."""
    pair = f"{organ.source} on {name_ct(ct)}"
    percent = 100 * (1 - float(np.mean(body.holds(at))))
    if percent > OUTSIDE_PERCENT:
        told = as_ml(percent / 100 * organ.volume_ml)
        message = (
            f"{pair}: {told} ({percent:.0f} %) of the liver lie outside the body: check "
            "whether both are of one scan"
        )
        code = "ct.outside_body"
        return (Finding(code, Severity.WARNING, message, organ.file, percent, "%"),)
    middle_mm = body.middle_mm(at) if ct.grid.placed else None
    if middle_mm is None:
        return ()
    left_mm = middle_mm - float(measure_centre_mm(organ)[0])  # RAS+: x grows to the right
    if left_mm <= LEFT_MM:
        return ()
    message = (
        f"{pair}: the liver's centre lies {left_mm:.0f} mm to the left of the body's middle: "
        "are mask and CT both mirrored, or is the heart on the right too (situs inversus)?"
    )
    return (Finding("ct.liver_left", Severity.WARNING, message, organ.file, left_mm, "mm"),)


def _say_way(way_mm: Floats, grid: Grid) -> str:
    """Say a way in the patient; along axes of the file where they have no names."""
    parts = []
    for axis, mm in enumerate(way_mm.tolist()):
        told = STEP_TOLD_MM * round(abs(mm) / STEP_TOLD_MM)
        if told:
            ends = FACES[axis] if grid.placed else [f"{e} of axis {axis + 1}" for e in ENDS]
            side = ends[mm > 0]
            parts.append(f"{told} mm to the {side}")
    return ", ".join(parts) or f"less than {STEP_TOLD_MM} mm"


def _say_turn(pose: Pose, grid: Grid) -> str:
    columns = np.abs(grid.matrix()[:, :3])
    pairs = []
    for axis in (axis for axis in range(3) if pose.signs[axis] < 0):
        world = int(np.argmax(columns[:, axis]))
        pairs.append(" and ".join(FACES[world]) if grid.placed else f"both ends of axis {axis + 1}")
    words = [f"mirrored ({', '.join(pairs)} changed)"] if pairs else []
    return ", ".join([*words, *(["with rows and columns swapped"] if pose.swapped else [])])
