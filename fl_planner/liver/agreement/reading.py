"""One reader's masks of one case, and what two of them have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import combinations

from fl_planner.liver.agreement.second_reader import Agreement, agree
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.remnant.remnant import Origin, Remnant
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
