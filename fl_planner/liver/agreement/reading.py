"""One reader's masks of one case, what two have in common, and what they give to doubt."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import combinations

import numpy as np

from fl_planner.basis.findings import Finding, Severity
from fl_planner.liver.agreement.second_reader import LEAST_DICE, Agreement, agree
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.remnant import Origin, Remnant
from fl_planner.liver.volumetry import LiverVolumes
from fl_planner.space.mask import Mask

LIVER, TUMOUR, FLR = "liver", "tumour", "flr"
FLR_PERCENT = "flr_percent"
OF_SEGMENT = "segment_"

BringTogether = Callable[[Sequence[Mask]], Sequence[Mask]]


@dataclass(frozen=True, slots=True, eq=False)
class CaseReading:
    """What one reader, or tool, has of one case.

    - `case`, `reader`: pseudonyms, as given.
    - `volumes`: counts on the reader's own grid, as `volume` has them.
    - `masks`: by structure: the liver with its tumours, the tumour, the remnant without tumour,
      segments. A tumour without a voxel says that there is none.
    - `drawn`: the liver as it was drawn, with or without tumour in it.
    - `origin`: where the remnant comes from; None without one.
    """

    case: str
    reader: str
    volumes: LiverVolumes
    masks: Mapping[str, Mask]
    drawn: Mask
    origin: Origin | None = None

    @classmethod
    def of(
        cls, names: tuple[str, str], anatomy: Anatomy, remnant: Remnant | None, counts: LiverVolumes
    ) -> CaseReading:
        """Gather the masks of a case; `names` are the case's and the reader's."""
        masks = {LIVER: anatomy.organ}
        if anatomy.tumour is not None:
            masks[TUMOUR] = anatomy.tumour & anatomy.organ
        if remnant is not None:
            masks[FLR] = anatomy.working(remnant.mask) & anatomy.nontumorous
        masks |= {f"{OF_SEGMENT}{name}": one for name, one in anatomy.segments.items()}
        case, reader = names
        told = {
            name: replace(one.renamed(name), file=one.file or name).told_apart(f"{case}, {reader}")
            for name, one in masks.items()
        }
        drawn = anatomy.liver.told_apart(f"{case}, {reader}")
        return cls(case, reader, counts, told, drawn, remnant.origin if remnant else None)

    def amount(self, quantity: str) -> float | None:
        """Tell a quantity of `list_quantities`: mL of a structure, or the FLR in percent."""
        if quantity == FLR_PERCENT:
            share = self.volumes.flr_share
            return None if share is None else share.percent
        mask = self.masks.get(quantity.removesuffix("_ml"))
        return None if mask is None else mask.volume_ml


def list_quantities(readings: Sequence[CaseReading]) -> tuple[str, ...]:
    """List what these readings have, in the order in which it is told."""
    known = {name for one in readings for name in one.masks}
    order = (LIVER, TUMOUR, FLR)
    segments = sorted(known - {*order})
    amounts = [f"{name}_ml" for name in (*order, *segments) if name in known]
    return (*amounts, FLR_PERCENT) if FLR in known else (*amounts,)


def structure_of_quantity(quantity: str) -> str:
    """Name the structure whose drawing decides a quantity: of the FLR in percent, the remnant.

    Examples
    --------
    >>> structure_of_quantity("liver_ml"), structure_of_quantity("flr_percent")
    ('liver', 'flr')
    """
    return FLR if quantity == FLR_PERCENT else quantity.removesuffix("_ml")


@dataclass(frozen=True, slots=True, eq=False)
class ReadPair:
    """Two readings of one case, and how each structure that both have agrees."""

    first: CaseReading
    second: CaseReading
    structures: tuple[Agreement, ...]

    @property
    def names(self) -> str:
        """Say whose they are: "case-01, R1 and R2"."""
        return f"{self.first.case}, {self.first.reader} and {self.second.reader}"

    def dice(self, structure: str) -> Fraction | None:
        """Twice what is common of a structure over both; None where either has none."""
        return next((one.dice for one in self.structures if one.name == structure), None)

    @property
    def same(self) -> frozenset[str]:
        """Structures that are the same to the voxel: full agreement, or a copied file."""
        return frozenset(one.name for one in self.structures if one.dice == 1)


def pair_readings(
    readings: Sequence[CaseReading], together: BringTogether
) -> tuple[tuple[ReadPair, ...], dict[str, tuple[Mask, ...]]]:
    """Compare every two readings of one case; gives the masks by structure on one grid, too.

    - `together`: brings masks onto one grid, or refuses them.
    """
    keys = [(number, name) for number, one in enumerate(readings) for name in one.masks]
    laid = dict(
        zip(keys, together([readings[number].masks[name] for number, name in keys]), strict=True)
    )
    pairs = tuple(
        ReadPair(
            readings[one],
            readings[other],
            tuple(
                agree(name, laid[one, name], laid[other, name])
                for name in readings[one].masks
                if (other, name) in laid
            ),
        )
        for one, other in combinations(range(len(readings)), 2)
    )
    names = dict.fromkeys(name for _, name in keys)
    each = {name: tuple(laid[key] for key in keys if key[1] == name) for name in names}
    return pairs, each


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
