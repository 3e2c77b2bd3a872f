"""What a coarser grid costs at the liver's capsule, where masks were brought onto another one.

Large voxels stand out beyond a finer capsule at some places and fall short of it at others. The
one is cut off and the other is not filled, so a part loses there; its own volume before and
after resampling says nothing of that [safety.md G1a].
"""

from collections.abc import Iterator

from fl_planner.basis.findings import Finding
from fl_planner.basis.shown import as_ml, as_number
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.mask_finding import warn
from fl_planner.liver.remnant.remnant import Remnant
from fl_planner.planning.given.case import Case
from fl_planner.space.mask import Mask

MOST_PERCENT = 1  # of the part [safety.md G1a]
MEANS = {  # what the loss of a part means
    "flr": "the share told is too small by about as much",
    "resected": "about as much liver to be removed counts as remnant",
    "treated": "about as much liver to be treated counts as untreated",
}


def find_cut_off(case: Case, anatomy: Anatomy, remnant: Remnant | None) -> Iterator[Finding]:
    """Find parts of which more than 1 % is cut off at the capsule after resampling.

    The remnant is `remnant` where it is drawn or made of segments, else the drawn resection
    decides it.
    """
    files = {one.file for one in case.resampled}
    parts = {"resected": anatomy.resected, "treated": anatomy.treated}
    if remnant is not None and anatomy.resected is None:
        parts["flr"] = remnant.mask
    for name, part in parts.items():
        if part is not None and files & {anatomy.liver.file, part.file}:
            yield from _find(name, part, anatomy.organ)


def _find(name: str, part: Mask, organ: Mask) -> Iterator[Finding]:
    lost = part - organ
    if 100 * lost.voxel_count <= MOST_PERCENT * part.voxel_count:
        return
    percent = as_number(100 * lost.voxel_count / part.voxel_count, (MOST_PERCENT,), 1)
    kept_ml = part.volume_ml - lost.volume_ml
    message = (
        f"{as_ml(lost.volume_ml)} of {as_ml(part.volume_ml)} ({percent} %) lie "
        "beyond the liver after resampling and are cut off at its capsule, where a coarser grid "
        f"is not filled either: {as_ml(kept_ml)} count, and {MEANS[name]}. Draw it on the "
        "liver's grid"
    )
    yield warn("grid.cut_off", part, message, lost.volume_ml, "mL")
