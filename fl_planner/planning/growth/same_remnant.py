"""Whether two scans have one and the same remnant, and whether it is the part that was to grow.

By the segments of both scans' maps, where there are maps; else by the place of the remnant in its
liver, which growth moves little and another segment moves far [H-03, H-04].
"""

from collections.abc import Iterator, Mapping, Sequence
from math import dist

import numpy as np
import numpy.typing as npt

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.shown import as_ml
from fl_planner.liver.anatomy import Anatomy
from fl_planner.planning.assessment.embolised_part import (
    find_embolised_part,
    measure_segment_shares,
)
from fl_planner.planning.given.case import Embolisation
from fl_planner.planning.growth.change import RemnantChange, TimePoint
from fl_planner.space.distance import find_surface, measure_centre_mm
from fl_planner.space.mask import Mask

Place = npt.NDArray[np.float64]  # (3,), RAS+ mm
# of a segment in the remnant: so much is in it, so little is not. Borders of segments are rough,
# and those of a drawn remnant are others [project's choice]
WHOLLY_IN, WHOLLY_OUT, APART = 0.75, 0.25, 0.5
# how far the centre of a remnant moves in the box around its liver, of the box's edges: 0.03 to
# 0.05 of remnants that grew by a half, 0.16 where segment 4 came to 2 and 3, and more where the
# other side was drawn [phantoms; project's choice]
FAR, OTHER_SIDE = 0.12, 0.3


def find_other_remnant(change: RemnantChange, numbers: tuple[int, int]) -> Iterator[Finding]:
    """Find that another remnant was drawn after than before; `numbers` are those of the scans."""
    before, after = (_shares(one) for one in (change.before, change.after))
    if before.keys() & after.keys():
        yield from _find_other_segments(before, after, numbers)
        return
    moved = _measure_move(change.before, change.after)
    if moved is not None and moved > FAR:
        where = "on the other side of the liver" if moved > OTHER_SIDE else "elsewhere in the liver"
        message = (
            f"the remnant of scan {numbers[1]} lies {where} than that of scan {numbers[0]}: its "
            f"centre moved by {100 * moved:.0f} % of the liver's extent. Is it the same remnant, "
            "of the same segments?"
        )
        yield Finding("growth.other_place", Severity.WARNING, message, None, 100 * moved, "%")


def _find_other_segments(
    before: Mapping[str, float], after: Mapping[str, float], numbers: tuple[int, int]
) -> Iterator[Finding]:
    """Find segments of which much is in one remnant and little in the other."""
    common = sorted(before.keys() & after.keys())
    apart = [name for name in common if abs(before[name] - after[name]) > APART]
    if not apart:
        return
    told = ", ".join(
        f"segment {name}: {100 * before[name]:.0f} % at scan {numbers[0]}, "
        f"{100 * after[name]:.0f} % at scan {numbers[1]}"
        for name in apart
    )
    message = (
        f"the remnants of the two scans are not the same ({told}): this is not the growth of one "
        "remnant"
    )
    pairs = [sorted((before[name], after[name])) for name in apart]
    sure = any(low <= WHOLLY_OUT and high >= WHOLLY_IN for low, high in pairs)
    yield Finding("growth.other_segments", Severity.ERROR if sure else Severity.WARNING, message)


def find_embolised_remnant(
    points: Sequence[TimePoint], embolisation: Embolisation | None
) -> Iterator[Finding]:
    """Find that the embolised segments are those that remain: what grows was not embolised."""
    if embolisation is None:
        return
    for number, point in enumerate(points, start=1):
        part = find_embolised_part(point.plan.case.anatomy, _remnant(point), embolisation.segments)
        if part is not None:
            message = (
                f"scan {number}: {part.say('embolised segments')}: "
                "are the segments of [embolisation] those that were embolised?"
            )
            if part.share is not None:
                yield Finding("growth.embolised_remnant", Severity.ERROR, message)
            else:
                yield Finding("growth.embolised_side", Severity.WARNING, message)
            return


def find_other_tumour(change: RemnantChange, numbers: tuple[int, int]) -> Iterator[Finding]:
    """Find tumour at one scan where the other says that there is none."""
    whole = [_tumour_ml(one) for one in (change.before, change.after)]
    if None in whole or (whole[0] == 0) is (whole[1] == 0):
        return
    with_, without = numbers if whole[0] else numbers[::-1]
    message = (
        f"scan {with_} has {as_ml(max(one or 0.0 for one in whole))} of tumour, and scan {without} "
        "says that there is none: their livers without tumour are not alike. Is a mask of the "
        "tumour missing, or are the lesions new?"
    )
    yield Finding("growth.tumour_differs", Severity.WARNING, message)


def _tumour_ml(point: TimePoint) -> float | None:
    tumour = point.plan.case.anatomy.tumour
    return None if tumour is None else tumour.volume_ml


def _remnant(point: TimePoint) -> Mask:
    """Give the remnant with the tumour that lies in it; every scan of a growth has one."""
    remnant = point.plan.measured.remnant
    assert remnant is not None
    return remnant.holds


def _shares(point: TimePoint) -> dict[str, float]:
    return measure_segment_shares(point.plan.case.anatomy, _remnant(point))


def _measure_move(before: TimePoint, after: TimePoint) -> float | None:
    """Measure how far the remnant's centre moved in its liver, of the liver's edges."""
    places = [_place(one) for one in (before, after)]
    return None if places[0] is None or places[1] is None else dist(places[0], places[1])


def _place(point: TimePoint) -> list[float] | None:
    """Give the remnant's centre in the box around its liver, 0 to 1 along each axis, RAS+."""
    remnant, anatomy = _remnant(point), point.plan.case.anatomy
    if not anatomy.liver.grid.placed:
        return None
    low, high = _measure_box_mm(anatomy)
    return [*((measure_centre_mm(remnant) - low) / (high - low))]


def _measure_box_mm(anatomy: Anatomy) -> tuple[Place, Place]:
    """Measure the ends of the liver along the patient's axes, mm."""
    organ = anatomy.organ
    matrix = organ.grid.matrix()
    places = find_surface(organ).indices() @ matrix[:, :3].T + matrix[:, 3]
    return places.min(axis=0), places.max(axis=0)
