"""Tumour that a treated area misses: what it spares says nothing while tumour lies outside."""

from dataclasses import dataclass

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.shown import as_ml
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.lesions.lesion_parts import list_lesions

MOST_OUTSIDE_PERCENT = 1  # of the tumour; exactly so much is covered [clinical.md 10.3]


@dataclass(frozen=True, slots=True)
class UntreatedTumour:
    """What of the tumour lies outside the treated area.

    - `outside_ml`, `tumour_ml`: volume outside, and of all tumour.
    - `covered`: whether at most 1 % of the tumour, and no whole lesion, lies outside.
    - `lesions`: by number, those of which no voxel is inside.
    - `file`: of the treated area.
    """

    outside_ml: float
    tumour_ml: float
    covered: bool
    lesions: tuple[int, ...]
    file: str | None


def measure_untreated_tumour(anatomy: Anatomy) -> UntreatedTumour | None:
    """Measure the tumour outside the treated area; None without an area or a tumour mask."""
    tumour, treated = anatomy.tumour, anatomy.treated
    if tumour is None or treated is None:
        return None
    outside = tumour - treated
    missed = tuple(
        number
        for number, lesion in enumerate(list_lesions(anatomy), start=1)
        if not (lesion & treated).voxel_count
    )
    much = 100 * outside.voxel_count > MOST_OUTSIDE_PERCENT * tumour.voxel_count
    covered = not (much or missed)
    return UntreatedTumour(outside.volume_ml, tumour.volume_ml, covered, missed, treated.file)


def find_untreated_tumour(found: UntreatedTumour) -> tuple[Finding, ...]:
    """Find an area that does not cover the tumour: drawn too small, it spares too much."""
    if found.covered:
        return ()
    whole = ""
    if found.lesions:
        named = ", ".join(map(str, found.lesions))
        whole = f", lesion{'s' if len(found.lesions) > 1 else ''} {named} whole"
    message = (
        f"the treated area leaves {as_ml(found.outside_ml)} of {as_ml(found.tumour_ml)} tumour "
        f"outside{whole}: what it spares answers no limit"
    )
    code = "treated.tumour_outside"
    return (Finding(code, Severity.ERROR, message, found.file, found.outside_ml, "mL"),)
