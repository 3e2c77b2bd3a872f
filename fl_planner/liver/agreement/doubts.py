"""What two readings of a case give to doubt: another scan, a mirrored file, a tumour left out."""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

import numpy as np

from fl_planner.basis.findings import Finding, Severity
from fl_planner.liver.agreement.reading import FLR, LIVER, TUMOUR, BringTogether, ReadPair
from fl_planner.liver.agreement.second_reader import LEAST_DICE
from fl_planner.space.mask import Mask

NOTHING = Fraction(1, 10)  # Dice, below which two masks are not of one thing [project's choice]
MIRRORED = Fraction(8, 10)  # Dice, from which a mask that is turned over fits [project's choice]
HALF = Fraction(1, 2)  # of a tumour


def find_pair_doubts(pair: ReadPair, together: BringTogether) -> tuple[Finding, ...]:
    """Find what is to be doubted of two readings of one case.

    - `together`: brings masks onto one grid.
    """
    return (*_find_apart(pair, together), *_find_tumour_in_one(pair, together), *_find_same(pair))


def _find_apart(pair: ReadPair, together: BringTogether) -> Iterator[Finding]:
    for structure in (LIVER, FLR):
        dice = pair.dice(structure)
        if dice is None or dice >= LEAST_DICE:
            continue
        if structure == LIVER and _fits_mirrored(pair, together):
            what = "one lies on the other turned over: one file is mirrored left to right"
            yield _error("agree.mirrored", pair, what, float(dice))
            return
        shares = f"their {_WORDS[structure]} share"
        if dice < NOTHING:
            what = f"{shares} next to nothing: not one scan, or cases or files were swapped"
            yield _error("agree.nothing_common", pair, what, float(dice))
            return
        what = f"{shares} little: is it the same scan, and the same resection?"
        yield _warn("agree.apart", pair, f"{what} (Dice {float(dice):.2f})", float(dice))


_WORDS = {LIVER: "livers", FLR: "remnants"}


def _fits_mirrored(pair: ReadPair, together: BringTogether) -> bool:
    """Whether the second liver, turned over along the patient's left and right, is the first."""
    one, other = together((pair.first.masks[LIVER], _turn_over(pair.second.masks[LIVER])))
    both = one.voxel_count + other.voxel_count
    return Fraction(2 * (one & other).voxel_count, both) >= MIRRORED


def _turn_over(mask: Mask) -> Mask:
    """Give a mask as a program has it that lost or added a turn of one axis of its file."""
    axis = int(np.argmax(np.abs(mask.grid.matrix()[0, :3])))
    whole = np.flip(mask.as_array(), axis)
    return replace(mask, voxels=whole, box=mask.grid.whole)


def _find_tumour_in_one(pair: ReadPair, together: BringTogether) -> Iterator[Finding]:
    """Find a tumour that one reader drew and the other's liver leaves out, unsaid."""
    for one, other in ((pair.first, pair.second), (pair.second, pair.first)):
        tumour = one.masks.get(TUMOUR)
        if tumour is None or not tumour.voxel_count or TUMOUR in other.masks:
            continue
        drawn, organ = together((tumour, other.drawn))
        if 2 * (drawn & organ).voxel_count < drawn.voxel_count:
            what = (
                f"the tumour that {one.reader} drew is left out of the liver of {other.reader}, "
                "who gives no tumour: the livers differ by it"
            )
            yield _warn("agree.tumour_left_out", pair, what, tumour.volume_ml, "mL")


def _find_same(pair: ReadPair) -> Iterator[Finding]:
    if pair.same:
        names = ", ".join(one.name for one in pair.structures if one.name in pair.same)
        what = f"the same to the voxel, counted as full agreement; leave a copy out: {names}"
        yield _warn("agree.same", pair, what)


def _warn(
    code: str, pair: ReadPair, what: str, value: float | None = None, unit: str = "Dice"
) -> Finding:
    told = None if value is None else unit
    return Finding(code, Severity.WARNING, f"{pair.names}: {what}", None, value, told)


def _error(code: str, pair: ReadPair, what: str, dice: float) -> Finding:
    says = f"{pair.names}: {what} (Dice {dice:.2f}); left out of what is told over cases"
    return Finding(code, Severity.ERROR, says, None, dice, "Dice")
