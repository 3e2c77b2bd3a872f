"""Tumour in a remnant: lesions that stay, tumour that was drawn over, the wrong part given."""

from collections.abc import Sequence
from dataclasses import dataclass

from fl_planner.basis.constants import CLEARING_MARGIN_MM
from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.share import Share
from fl_planner.basis.shown import as_ml
from fl_planner.basis.text.brevity import list_first
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.lesions.fates import stays
from fl_planner.liver.lesions.lesion_parts import LEAST_ML, list_lesions
from fl_planner.liver.mask_finding import warn
from fl_planner.liver.names.numerals import say_segments
from fl_planner.liver.remnant.remnant import Remnant
from fl_planner.space.mask import Mask, unite
from fl_planner.space.rim import find_rim

MOST_NAMED = 8  # lesions in one message


@dataclass(frozen=True, slots=True)
class Clearing:
    """Lesions that a remnant holds, and what it comes to once they are taken out of it.

    - `numbers`: lesions of which more than half lies in the remnant, or in a hole left for them.
    - `volume_ml`: of these lesions.
    - `margin_mm`: of the liver around them that is cleared with them, centre to centre.
    - `kept`: working remnant without what lies so near to them; None where it was counted alone.
    - `after`: its share of the non-tumorous liver.
    """

    numbers: tuple[int, ...]
    volume_ml: float
    margin_mm: float
    kept: Mask | None
    after: Share


def find_staying(remnant: Remnant, anatomy: Anatomy) -> dict[int, Mask]:
    """Find the lesions that stay: more than half in the remnant, or in a hole left for them."""
    held = remnant.holds
    return {
        number: lesion
        for number, lesion in enumerate(list_lesions(anatomy), start=1)
        if stays((lesion & held).voxel_count, lesion)
    }


def measure_clearing(
    remnant: Remnant, anatomy: Anatomy, margin_mm: float = CLEARING_MARGIN_MM
) -> Clearing:
    """Measure what clearing the lesions that stay leaves of a working remnant."""
    staying = find_staying(remnant, anatomy)
    volume_ml = sum(lesion.volume_ml for lesion in staying.values())
    working = anatomy.working(remnant.mask & anatomy.nontumorous)
    kept = working
    if staying:
        lost, _ = find_rim(unite(staying.values()), working, (margin_mm,))
        kept = working - lost
    after = Share(kept.voxel_count, anatomy.nontumorous.voxel_count)
    return Clearing(tuple(staying), volume_ml, margin_mm, kept, after)


def find_remnant_tumour(remnant: Remnant, anatomy: Anatomy) -> tuple[Finding, ...]:
    """Find tumour in a remnant: most of it, whole lesions, or what was drawn over.

    Most of the tumour belongs to what is removed. A lesion that stays is no drawing fault.
    """
    tumour = anatomy.tumour
    if tumour is None or not tumour.voxel_count:
        return ()
    mask, held = remnant.mask, remnant.holds & tumour
    cut = remnant.transection
    by_wedges = remnant.is_cut and cut is not None and not cut.planes  # which have no wrong side
    if 2 * held.voxel_count > tumour.voxel_count and not by_wedges:
        return (_ask(remnant, anatomy, held),)
    staying = find_staying(remnant, anatomy)
    told = (_tell_staying(mask, staying),) if staying else ()
    over = mask & tumour
    if staying:
        over = over - unite(staying.values())
    return (*told, *_find_drawn_over(mask, over, tumour))


def _ask(remnant: Remnant, anatomy: Anatomy, held: Mask) -> Finding:
    """Ask whether the part to be removed was given as the remnant, or the other way round."""
    mask, tumour = remnant.mask, anatomy.tumour or held
    what, question = "the FLR", "is this the part to be removed? Then give it as --resected"
    if anatomy.flr is None and anatomy.resected is not None:
        what, question = "the liver outside it", "is this the remnant? Then give it as --flr"
    elif remnant.is_cut:
        what = "what the plane leaves"
        question = "is this the side to be removed? Then turn the plane's normal round"
    elif remnant.origin == "segments":
        what = f"the remnant of {say_segments(remnant.segments)}"
        question = "are these the segments to be removed? Then name those that remain"
    message = (
        f"{what} holds or encloses {as_ml(held.volume_ml)} of {as_ml(tumour.volume_ml)} tumour: "
        f"{question}"
    )
    return warn("flr.holds_most_tumour", mask, message, held.volume_ml, "mL")


def _tell_staying(remnant: Mask, staying: dict[int, Mask]) -> Finding:
    volume_ml = sum(lesion.volume_ml for lesion in staying.values())
    named = [f"{number} ({as_ml(one.volume_ml)})" for number, one in staying.items()]
    message = f"{remnant.source}: {_count(named)} in the remnant, and is not counted as remnant"
    if len(named) > 1:
        message = (
            f"{remnant.source}: {_count(named)} in the remnant, {as_ml(volume_ml)} in all, and "
            "are not counted as remnant"
        )
    return Finding("flr.lesions_stay", Severity.INFO, message, remnant.file, volume_ml, "mL")


def _count(named: Sequence[str]) -> str:
    if len(named) == 1:
        return f"lesion {named[0]} stays"
    return f"lesions {list_first(named, MOST_NAMED)} stay"


def _find_drawn_over(remnant: Mask, over: Mask, tumour: Mask) -> tuple[Finding, ...]:
    """Find tumour that a remnant was drawn over: it is taken out; clear it, or redraw."""
    if not over.voxel_count:
        return ()
    message = (
        f"{remnant.source}: the FLR overlaps {over.volume_ml:.3g} of {tumour.volume_ml:.4g} mL "
        "tumour, which is not counted as remnant"
    )
    severity = Severity.WARNING if over.exact_ml >= LEAST_ML else Severity.INFO
    return (Finding("overlap.flr_tumour", severity, message, remnant.file, over.volume_ml, "mL"),)
