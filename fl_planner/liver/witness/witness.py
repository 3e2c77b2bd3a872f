"""Check a liver mask against its CT: values in HU, coverage, and attenuation inside the mask.

This finds a mask that is mirrored or shifted on its scan although its header is valid [safety.md
H-02, H-04, H-06]. All limits are the project's choice, wide enough for every phase and tube
voltage: a false warning costs more than a delayed one, and no number depends on them.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from operator import sub

import numpy as np
import numpy.typing as npt

from fl_planner.basis.clinical_codes import HU
from fl_planner.basis.constants import CT_FITS, SD_OF_MAD
from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.shown import as_ml, as_number
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.mask_faults import FACES
from fl_planner.liver.witness.other_tissue import find_other_tissue
from fl_planner.liver.witness.pose import STEP_MM, Fit, Pose, Scene, holds, search_better_pose
from fl_planner.space.coarse import Coarse, thin_image, thin_mask
from fl_planner.space.common_grid.same_grid import (
    LEAST_VOXELS,
    OFF_VOXELS,
    describe_difference,
    index_steps,
)
from fl_planner.space.distance import measure_centre_mm
from fl_planner.space.grid import Grid, Image
from fl_planner.space.mask import Mask

# project's choices
EVERY = 2  # cells, sufficient for an outline
SKIN_HU = -300.0  # between air or foam and fat
LEAST_CELLS = 1000  # of a body
CUT_LAYERS = (1, 5)  # of the layers that may end at a side of the scan


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """The largest solid object on a CT, its hollows filled layer by layer.

    - `inside` (bool array): for every second cell of the CT along each axis, whether it is inside.
    - `axial`, `side`: axis across the axial layers, and the one nearest to left-right.
    - `x_mm` (array of the same shape): position of each cell along the patient's x, RAS+.
    """

    inside: npt.NDArray[np.bool_]
    axial: int
    side: int
    x_mm: Floats

    def holds(self, cells: Floats) -> npt.NDArray[np.bool_]:
        """Whether these cells of the CT, (N, 3), are in the body; those beyond it count as in."""
        nearest = np.rint(cells / EVERY).astype(np.intp)
        inside = (nearest >= 0) & (nearest < self.inside.shape)
        seen: npt.NDArray[np.bool_] = np.all(inside, axis=1)
        i, j, k = (nearest * seen[:, None]).T
        held: npt.NDArray[np.bool_] = self.inside[i, j, k] | ~seen
        return held

    def middle_mm(self, cells: Floats) -> float | None:
        """Measure the midline of the body along x, in the layers of these cells.

        The median over the layers of the centre between both ends; None if the scan cuts the body
        off at its sides.
        """
        middles, cut = [], 0
        layers = np.unique(np.rint(cells[:, self.axial] / EVERY).astype(np.intp))
        for layer in layers[(layers >= 0) & (layers < self.inside.shape[self.axial])]:
            inside = self.inside.take(layer, self.axial)
            if inside.any():
                x_mm = self.x_mm.take(layer, self.axial)[inside]
                middles.append((x_mm.min() + x_mm.max()) / 2)
                across = self.side - int(self.side > self.axial)
                ends = inside.any(axis=1 - across)
                cut += bool(ends[0] or ends[-1])
        part, whole = CUT_LAYERS
        if not middles or whole * cut > part * len(middles):
            return None
        return float(np.median(middles))


def detect_body(ct: Coarse, grid: Grid) -> Body | None:
    """Detect the body on a CT with this grid; None if no object is large enough.

    Hollows, such as lungs, are filled in axial layers; opening by one cell then removes the shell
    of the table.
    """
    from scipy.ndimage import binary_fill_holes, binary_opening, generate_binary_structure, label

    axial = grid.axial_axis
    solid = ct.cells[::EVERY, ::EVERY, ::EVERY] > SKIN_HU
    cross = np.expand_dims(generate_binary_structure(2, 1), axial)  # no cell of another layer
    parts, _ = label(binary_opening(binary_fill_holes(solid, cross), cross))
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0  # background
    if sizes.max() < LEAST_CELLS:
        return None
    inside = parts == np.argmax(sizes)
    along, place = grid.matrix()[0, :3], grid.matrix()[0, 3]
    cells = np.indices(inside.shape, sparse=True)
    first = along @ ct.index_of(np.zeros(3)) + place
    step = along * ct.factors * EVERY
    x_mm = first + sum(float(s) * n for s, n in zip(step, cells, strict=True))
    return Body(inside, axial, int(np.argmax(np.abs(along) / grid.spacing_mm)), x_mm)


FAT_SEEN_HU = -50.0  # an abdominal CT contains lower values: fat, and air
AIR_SEEN_HU = -500.0  # unless cropped; if many voxels share a higher least value ...
CUT_OFF_PERCENT = 1  # ... values were clipped there
RANGE_HU = (-2048.0, 4095.0)  # of a scanner; padding is below, metal above
BEYOND_RANGE_PERCENT = 5  # of the cells
PICTURE = 255.0  # largest value of 8 bits

LIVER_HU = (20.0, 180.0)  # median in any phase; lower in steatosis
NO_LIVER_HU = (-30.0, 300.0)  # explained neither by fat nor by contrast beyond
UNEVEN_HU = 60.0  # spread, as 1.4826 times the median distance from the median
# (code, above, up to, % of the liver, what)
STRANGE = (
    ("ct.air_in_liver", -np.inf, -200.0, 5, "air or lung"),
    ("ct.fat_in_liver", -200.0, -30.0, 15, "fat"),
    ("ct.bone_in_liver", 300.0, np.inf, 5, "bone, metal or lipiodol"),
)


def name_ct(ct: Image) -> str:
    """Return the name of a CT in a message."""
    return ct.file or "CT"


def find_odd_values(ct: Image, cells: Coarse) -> Findings:
    """Find an image whose values cannot be Hounsfield units of an abdomen."""
    values = cells.cells[np.isfinite(cells.cells)]
    if (reason := _why_odd(values)) is None:
        return ()
    message = (
        f"{name_ct(ct)}: {reason}, so the mask cannot be checked against it; give the original CT "
        "in Hounsfield units"
    )
    least = float(values.min()) if values.size else None
    return (Finding("ct.not_hounsfield", Severity.WARNING, message, ct.file, least, HU.code),)


def _why_odd(values: npt.NDArray[np.float32]) -> str | None:
    if not values.size:
        return "contains no finite values"
    least, most = float(values.min()), float(values.max())
    shown = f"its values are {least:.6g} to {most:.6g}"
    if least == most:
        return f"every voxel is {least:.6g}"
    if least > FAT_SEEN_HU:
        eight = least >= 0 and most <= PICTURE
        kind = "an 8-bit image" if eight else "not a CT, or its rescale intercept was lost"
        return f"{shown}, without fat or air ({kind})"
    at_least = float(np.mean(values == values.min()))
    if least > AIR_SEEN_HU and 100 * at_least > CUT_OFF_PERCENT:
        return f"{shown}, with {100 * at_least:.0f} % at the lower end, where they were clipped"
    low, high = RANGE_HU
    beyond = float(np.mean((values > high) | ((values < low) & (values > values.min()))))
    if 100 * beyond > BEYOND_RANGE_PERCENT:
        return f"{shown}, with {100 * beyond:.0f} % beyond the range of a scanner"
    return None


def find_odd_liver(organ: Mask, ct: Image, values: Floats) -> Findings:
    """Find implausible CT values in a liver mask; NaN is beyond the CT."""
    values = values[~np.isnan(values)]
    if not values.size:
        return ()
    level = float(np.median(values))
    if not LIVER_HU[0] <= level <= LIVER_HU[1]:
        return (_odd_level(organ, ct, level),)  # other findings follow from it
    spread = SD_OF_MAD * float(np.median(np.abs(values - level)))
    found = []
    if spread > UNEVEN_HU:
        shown = as_number(spread, (Fraction(UNEVEN_HU),), 0)
        what = f"varies by {shown} HU about its median (up to {UNEVEN_HU:.0f} expected)"
        message = _describe(organ, ct, what)
        found.append(
            Finding("ct.liver_uneven", Severity.WARNING, message, organ.file, spread, HU.code)
        )
    for code, above, up_to, limit, name in STRANGE:
        percent = 100 * float(np.mean((values > above) & (values <= up_to)))
        if percent > limit:
            shown = as_number(percent, [limit], 0)
            what = f"has values of {name} in {shown} % of its voxels (up to {limit} % expected)"
            message = _describe(organ, ct, what)
            found.append(Finding(code, Severity.WARNING, message, organ.file, percent, "%"))
    return tuple(found)


def _odd_level(organ: Mask, ct: Image, level: float) -> Finding:
    low, high = LIVER_HU
    sure = not NO_LIVER_HU[0] <= level <= NO_LIVER_HU[1]
    fatty = "" if sure or level > high else "; possibly steatosis"
    shown = as_number(level, map(Fraction, LIVER_HU), 0)
    what = f"has a median of {shown} HU ({low:.0f} to {high:.0f} expected{fatty})"
    severity = Severity.ERROR if sure else Severity.WARNING
    message = _describe(organ, ct, what)
    return Finding("ct.liver_hu", severity, message, organ.file, level, HU.code)


def _describe(organ: Mask, ct: Image, what: str) -> str:
    where = "check whether the mask is in the right place"
    return f"{organ.source} on {name_ct(ct)}: the liver {what}: {where}"


Floats = npt.NDArray[np.float64]
Findings = tuple[Finding, ...]

HALF = 0.5  # of a cell that the mask fills
BEYOND_PERCENT, ELSEWHERE_PERCENT = 1, 50  # of the liver beyond the CT: reported; another place
OTHER_SIZE = 2e-3  # relative, of an edge; a smaller difference does not change the shown volumes
OUTSIDE_PERCENT = 5  # of the liver outside the body
LEFT_MM = 20.0  # of the midline; after a right hepatectomy a liver is in the midline
LEAST_INSIDE = 0.6  # of the points just inside the border that must resemble liver
LEAST_FIT = 0.2  # below, the border of the liver is not visible on the CT
ENDS = ("start", "end")  # of an axis without orientation
TOWARDS = {"left": "patient's left", "right": "patient's right", "foot": "feet"}  # in a sentence
STEP_SHOWN_MM = 5  # of a displacement; it is searched in no finer steps


def check_on_ct(anatomy: Anatomy, ct: Image, *, drawn_on: bool = False) -> Findings:
    """Check on a CT whether the liver is at the position of its mask; agreement is also reported.

    Tumour, cysts and cavities may have any attenuation, so only the rest is compared with liver.
    The CT may be on any grid; without a position in the patient, both must have the same shape.
    `drawn_on`: whether the file of the mask refers to the series of the CT.
    """
    organ = anatomy.organ
    if not _comparable(organ.grid, ct.grid):
        return (_no_place(organ, ct),)
    cells = thin_image(ct, STEP_MM)
    onto = cells.from_grid(organ.grid, ct.grid)
    places = _fill(organ)
    at = places @ onto[:, :3].T + onto[:, 3]
    percent = 100 * float(np.isnan(cells.at(at)).mean())
    size = _find_other_size(organ, ct, drawn_on=drawn_on)
    beyond = (*size, *_find_beyond(organ, ct, percent))
    if odd := find_odd_values(ct, cells):
        return (*beyond, *odd)
    body = detect_body(cells, ct.grid)
    sound = reduce(sub, anatomy.within, anatomy.nontumorous)  # without known lesions
    scene = Scene.of(organ, sound, cells, ct.grid)
    mirrors = _mirrors(organ, ct.grid, body, at)
    given, better = search_better_pose(scene, mirrors, [mirrors[-1] - mirrors[0]])
    if better is not None:
        return (*size, _misplaced(organ, ct, given, better))
    if percent > ELSEWHERE_PERCENT:
        return beyond
    odd_liver = find_odd_liver(organ, ct, cells.at(at[holds(sound, places)]))
    pair = f"{organ.source} on {name_ct(ct)}"
    known = anatomy.working(sound)  # devascularised liver may enhance less
    doubts = (
        *beyond,
        *(odd_liver or find_other_tissue(organ, known, cells, onto, pair)),
        *(_find_no_border(organ, ct, given) if scene.tells else ()),
        *(_find_out_of_body(organ, ct, body, at) if body is not None else ()),
    )
    return doubts if doubts or not scene.tells else (_fits(organ, ct, given),)


def _comparable(grid: Grid, ct: Grid) -> bool:
    if grid.placed and ct.placed:
        return True
    return grid.placed is ct.placed and grid.matches(ct)


def _fill(organ: Mask) -> Floats:
    """List a point in each cell at least half filled by the mask, as voxel indices."""
    share = thin_mask(organ, STEP_MM)
    least = min(HALF, float(share.cells.max()))  # a mask may be thinner than a cell
    return share.index_of(np.argwhere(share.cells >= least).astype(np.float64))


def _mirrors(organ: Mask, ct: Grid, body: Body | None, at: Floats) -> list[Floats]:
    """List possible centres of mirroring of a mask, as indices of its grid.

    These are, in order, the centre of its file; the origin of the patient's axes, about which
    reading LPS as RAS mirrors; the midline of the body; and the centre of the CT.
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
        f"{organ.source} on {name_ct(ct)}: {lost} does not state its position in the patient, so "
        "the mask cannot be checked against the CT; export both from the same program"
    )
    return Finding("ct.no_place", Severity.WARNING, message, ct.file)


def _find_other_size(organ: Mask, ct: Image, *, drawn_on: bool) -> Findings:
    """Find a file with the rows and columns of the CT from the same corner, in another voxel size.

    Another reconstruction has another corner or, along its slices, is another series; a resampled
    mask has other rows and columns.
    """
    steps, field = index_steps(organ.grid, ct.grid), organ.field
    first = np.minimum(*(steps @ [*end, 1] for end in (field.start, np.subtract(field.stop, 1))))
    along = np.abs(steps[:, :3]).argmax(axis=1)  # axis of the mask nearest to each axis of the CT
    edges = np.take(organ.grid.spacing_mm, along) / ct.grid.spacing_mm
    count, gaps = np.array(ct.grid.shape), np.take(field.shape, along) - 1
    alike = (gaps + 1 == count) & (count >= LEAST_VOXELS)
    ends = np.abs([first, first + edges * gaps - (count - 1)]).min(axis=0)
    fine = np.minimum(edges, 1)  # every second slice may be missing, of the mask or the CT
    ratio = np.maximum(edges, 1) / fine
    off = np.abs([first / fine - np.rint(first / fine), (ratio - np.rint(ratio)) * gaps]).max(
        axis=0
    )
    other = (np.abs(edges - 1) > OTHER_SIZE) & (alike | ((off > OFF_VOXELS) & drawn_on))
    if not other.any() or np.count_nonzero(alike) < 2 or ends[alike].max() > OFF_VOXELS:
        return ()
    percent = 100 * (ct.grid.voxel_ml / organ.grid.voxel_ml - 1)
    sizes, unless = describe_difference(ct.grid, organ.grid), ""
    what = f"both have the same numbers of rows and columns from the same corner, but {sizes}"
    if not (other & alike).any():  # such a mask may have been resampled along its slices
        what = f"the mask has slices that the series to which it refers does not have ({sizes})"
        unless = "unless it was resampled, "
    message = (
        f"{organ.source} on {name_ct(ct)}: {what}; {unless}with the voxel size of the CT, the "
        f"volumes would change by {percent:+.3g} %"
    )
    return (Finding("ct.voxel_size", Severity.WARNING, message, organ.file, percent, "%"),)


def _find_beyond(organ: Mask, ct: Image, percent: float) -> Findings:
    if percent <= BEYOND_PERCENT:
        return ()
    shown = f"{as_ml(percent / 100 * organ.volume_ml)} ({percent:.0f} %) of the liver"
    where = f"{organ.source} on {name_ct(ct)}: {shown} is outside the CT"
    if percent > ELSEWHERE_PERCENT:
        message = f"{where}: the files are not from the same scan; check which file is wrong"
        return (Finding("ct.elsewhere", Severity.ERROR, message, ct.file, percent, "%"),)
    message = f"{where}: give the uncropped CT on which the mask was drawn"
    return (Finding("ct.not_covering", Severity.WARNING, message, ct.file, percent, "%"),)


def _misplaced(organ: Mask, ct: Image, given: Fit, better: tuple[Pose, Fit]) -> Finding:
    pose, fit = better
    pair = f"{organ.source} on {name_ct(ct)}"
    shown = (
        f"{100 * fit.inside_share:.0f} % of the points just inside its border and "
        f"{100 * fit.outside_share:.0f} % just outside then resemble liver, compared with "
        f"{100 * given.inside_share:.0f} % and {100 * given.outside_share:.0f} %, respectively, "
        "as given"
    )
    if pose.upright:
        path_mm = organ.grid.matrix()[:, :3] @ pose.offset
        message = (
            f"{pair}: the mask fits the CT better if moved {_describe_way(path_mm, organ.grid)}: "
            f"{shown}; check whether both belong to the same scan, and export them again"
        )
        far_mm = float(np.linalg.norm(path_mm))
        return Finding("ct.mask_shifted", Severity.WARNING, message, organ.file, far_mm, "mm")
    message = (
        f"{pair}: the mask fits the CT better if {_describe_turn(pose, organ.grid)}: {shown}; "
        "determine which file is wrong, and export it again"
    )
    points = 100 * (fit.fit - given.fit)
    return Finding("ct.mask_mirrored", Severity.ERROR, message, organ.file, points, "points")


def _fits(organ: Mask, ct: Image, given: Fit) -> Finding:
    inside, outside = 100 * given.inside_share, 100 * given.outside_share
    message = (
        f"{organ.source} on {name_ct(ct)}: the mask agrees with the liver on the CT: "
        f"{inside:.0f} % of the points just inside its border and {outside:.0f} % just outside "
        "resemble liver"
    )
    return Finding(CT_FITS, Severity.INFO, message, organ.file, inside, "%")


def _find_no_border(organ: Mask, ct: Image, given: Fit) -> Findings:
    """Find a mask without a liver border on the CT, or a CT with no visible border."""
    pair = f"{organ.source} on {name_ct(ct)}"
    inside, outside = 100 * given.inside_share, 100 * given.outside_share
    if given.inside_share < LEAST_INSIDE:
        shown = as_number(inside, (Fraction(str(100 * LEAST_INSIDE)),), 0)
        message = (
            f"{pair}: only {shown} % of the points just inside the mask's border resemble "
            f"liver (at least {100 * LEAST_INSIDE:.0f} % expected): check whether both belong to "
            "the same scan"
        )
        code = "ct.no_border"
        return (Finding(code, Severity.WARNING, message, organ.file, inside, "%"),)
    if given.fit < LEAST_FIT:
        message = (
            f"{pair}: {outside:.0f} % of the points just outside the mask's border also resemble "
            "liver: on this CT a misplaced mask cannot be detected"
        )
        return (Finding("ct.border_unseen", Severity.INFO, message, organ.file, outside, "%"),)
    return ()


def _find_out_of_body(organ: Mask, ct: Image, body: Body, at: Floats) -> Findings:
    """Find a liver outside the body, or on the left side of the body."""
    pair = f"{organ.source} on {name_ct(ct)}"
    percent = 100 * (1 - float(np.mean(body.holds(at))))
    if percent > OUTSIDE_PERCENT:
        shown = as_ml(percent / 100 * organ.volume_ml)
        message = (
            f"{pair}: {shown} ({percent:.0f} %) of the liver is outside the body: check whether "
            "both belong to the same scan"
        )
        code = "ct.outside_body"
        return (Finding(code, Severity.WARNING, message, organ.file, percent, "%"),)
    middle_mm = body.middle_mm(at) if ct.grid.placed else None
    if middle_mm is None:
        return ()
    left_mm = middle_mm - float(measure_centre_mm(organ)[0])  # RAS+: x increases to the right
    if left_mm <= LEFT_MM:
        return ()
    message = (
        f"{pair}: the centre of the liver is {left_mm:.0f} mm to the left of the midline: check "
        "whether the mask and the CT are both mirrored, or whether this is situs inversus"
    )
    return (Finding("ct.liver_left", Severity.WARNING, message, organ.file, left_mm, "mm"),)


def _describe_way(path_mm: Floats, grid: Grid) -> str:
    """Describe a displacement in the patient, or along axes of the file without orientation."""
    parts = []
    for axis, mm in enumerate(path_mm.tolist()):
        if shown := STEP_SHOWN_MM * round(abs(mm) / STEP_SHOWN_MM):
            ends = FACES[axis] if grid.placed else [f"{e} of axis {axis + 1}" for e in ENDS]
            side = ends[mm > 0]
            parts.append(f"{shown} mm towards the {TOWARDS.get(side, side)}")
    return ", ".join(parts) or f"less than {STEP_SHOWN_MM} mm"


def _describe_turn(pose: Pose, grid: Grid) -> str:
    columns = np.abs(grid.matrix()[:, :3])
    pairs = []
    for axis in (axis for axis in range(3) if pose.signs[axis] < 0):
        world = int(np.argmax(columns[:, axis]))
        pairs.append(" and ".join(FACES[world]) if grid.placed else f"both ends of axis {axis + 1}")
    words = [f"mirrored ({', '.join(pairs)} swapped)"] if pairs else []
    turned = ["transposed (rows and columns swapped)"] if pose.swapped else []
    return " and ".join([*words, *turned])
