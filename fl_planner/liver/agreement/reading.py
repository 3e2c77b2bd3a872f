"""Masks of one reader in one case, agreement of two readers, and doubts about their masks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction
from itertools import combinations

import numpy as np
from msgspec import Struct

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.plain_text import format_count
from fl_planner.liver.agreement.second_reader import LEAST_DICE, Agreement, agree
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.remnant import ReadingOrigin, Remnant, find_reading_origin
from fl_planner.liver.volumetry import LiverVolumes
from fl_planner.space.mask import Mask

LIVER, TUMOUR, FLR = "liver", "tumour", "flr"
FLR_PERCENT = "flr_percent"
OF_SEGMENT = "segment_"

BringTogether = Callable[[Sequence[Mask]], Sequence[Mask]]


class CaseReading(Struct, frozen=True, eq=False):
    """Masks of one reader, or tool, in one case.

    - `case`, `reader`: pseudonyms, as given.
    - `volumes`: voxel counts on the reader's grid.
    - `masks`: masks by structure: liver with its tumours, tumour, tumour-free remnant, segments. An
      empty tumour mask means that there is no tumour.
    - `drawn`: the liver as drawn, with or without the tumour.
    - `origin`: origin of the remnant; None if there is none.
    - `scanned_on`: day of the scan, from a case file; None if not stated.
    """

    case: str
    reader: str
    volumes: LiverVolumes
    masks: Mapping[str, Mask]
    drawn: Mask
    origin: ReadingOrigin | None = None
    scanned_on: date | None = None

    @classmethod
    def of(
        cls, names: tuple[str, str], anatomy: Anatomy, remnant: Remnant | None, counts: LiverVolumes
    ) -> CaseReading:
        """Collect the masks of a case; `names` are the names of the case and the reader."""
        masks = {LIVER: anatomy.organ}
        if anatomy.tumour is not None:
            masks[TUMOUR] = anatomy.tumour & anatomy.organ
        if remnant is not None:
            masks[FLR] = anatomy.working(remnant.mask) & anatomy.nontumorous
        masks |= {f"{OF_SEGMENT}{name}": mask for name, mask in anatomy.segments.items()}
        case, reader = names
        owner = f"{case}, {reader}"
        named = {
            name: replace(mask.renamed(name), file=mask.file or name).owned_by(owner)
            for name, mask in masks.items()
        }
        drawn = anatomy.liver.owned_by(owner)
        origin = None if remnant is None else find_reading_origin(remnant)
        return cls(case, reader, counts, named, drawn, origin)

    def amount(self, quantity: str) -> float | None:
        """Return a quantity of `list_quantities`: mL of a structure, or the FLR in percent."""
        if quantity == FLR_PERCENT:
            share = self.volumes.flr_share
            return None if share is None else share.percent
        mask = self.masks.get(quantity.removesuffix("_ml"))
        return None if mask is None else mask.volume_ml


def list_quantities(readings: Sequence[CaseReading]) -> tuple[str, ...]:
    """List the quantities of readings, in the order of output."""
    known = {name for reading in readings for name in reading.masks}
    order = (LIVER, TUMOUR, FLR)
    segments = sorted(known - {*order})
    amounts = [f"{name}_ml" for name in (*order, *segments) if name in known]
    return (*amounts, FLR_PERCENT) if FLR in known else (*amounts,)


def structure_of_quantity(quantity: str) -> str:
    """Return the structure whose drawing determines a quantity: the remnant for the FLR percent.

    Examples
    --------
    >>> structure_of_quantity("liver_ml"), structure_of_quantity("flr_percent")
    ('liver', 'flr')
    """
    return FLR if quantity == FLR_PERCENT else quantity.removesuffix("_ml")


class ReadPair(Struct, frozen=True, eq=False):
    """Two readings of one case, and their agreement in each structure drawn in both."""

    first: CaseReading
    second: CaseReading
    structures: tuple[Agreement, ...]

    @property
    def names(self) -> str:
        """Names for messages: "case-01, R1 and R2"."""
        return f"{self.first.case}, {self.first.reader} and {self.second.reader}"

    def dice(self, structure: str) -> Fraction | None:
        """Return the Dice coefficient of a structure; None if a reading lacks it."""
        return next((found.dice for found in self.structures if found.name == structure), None)

    @property
    def same(self) -> frozenset[str]:
        """Structures identical in every voxel: full agreement, or a copied file."""
        return frozenset(found.name for found in self.structures if found.dice == 1)


def pair_readings(
    readings: Sequence[CaseReading], together: BringTogether
) -> tuple[tuple[ReadPair, ...], dict[str, tuple[Mask, ...]]]:
    """Compare every two readings of one case; also return the masks by structure on one grid.

    - `together`: function that resamples masks to one grid, or refuses them.
    """
    keys = [(number, name) for number, one in enumerate(readings) for name in one.masks]
    on_one_grid = dict(
        zip(keys, together([readings[number].masks[name] for number, name in keys]), strict=True)
    )
    pairs = tuple(
        ReadPair(
            readings[one],
            readings[other],
            tuple(
                agree(name, on_one_grid[one, name], on_one_grid[other, name])
                for name in readings[one].masks
                if (other, name) in on_one_grid
            ),
        )
        for one, other in combinations(range(len(readings)), 2)
    )
    names = dict.fromkeys(name for _, name in keys)
    each = {name: tuple(on_one_grid[key] for key in keys if key[1] == name) for name in names}
    return pairs, each


NOTHING = Fraction(1, 10)  # Dice below which masks are of different objects [project's choice]
MIRRORED = Fraction(8, 10)  # Dice from which a mirrored mask fits [project's choice]
HALF = Fraction(1, 2)  # of a tumour


def find_pair_doubts(pair: ReadPair, together: BringTogether) -> tuple[Finding, ...]:
    """Find doubts about two readings of one case.

    - `together`: function that resamples masks to one grid.
    """
    return (
        *_find_other_day(pair),
        *_find_apart(pair, together),
        *_find_tumour_in_one(pair, together),
        *_find_same(pair),
    )


def _find_other_day(pair: ReadPair) -> Iterator[Finding]:
    """Find readings of scans of two days: a changed liver does not count as an error."""
    one, other = pair.first.scanned_on, pair.second.scanned_on
    if one is None or other is None or one == other:
        return
    days = abs((other - one).days)
    apart = format_count(days, "day")
    message = (
        f"{pair.names}: the case files state scans {apart} apart, so the two readings do not "
        "belong to one scan; excluded from summaries across cases"
    )
    yield Finding("agree.other_day", Severity.ERROR, message, None, days, "d")


def _find_apart(pair: ReadPair, together: BringTogether) -> Iterator[Finding]:
    for structure in (LIVER, FLR):
        dice = pair.dice(structure)
        if dice is None or dice >= LEAST_DICE:
            continue
        if structure == LIVER and _fits_mirrored(pair, together):
            what = (
                "the two liver masks agree only if one of them is mirrored: one of the files is "
                "mirrored left to right"
            )
            yield _error("agree.mirrored", pair, what, float(dice))
            return
        if dice < NOTHING:
            what = (
                f"the drawn {_WORDS[structure]} hardly overlap: the scans differ, or cases or "
                "files were swapped"
            )
            yield _error("agree.nothing_common", pair, what, float(dice))
            return
        what = (
            f"the drawn {_WORDS[structure]} overlap only slightly (Dice {float(dice):.2f}): check "
            "that both readers used the same scan and the same resection"
        )
        yield _warn("agree.apart", pair, what, float(dice))


_WORDS = {LIVER: "livers", FLR: "remnants"}


def _fits_mirrored(pair: ReadPair, together: BringTogether) -> bool:
    """Whether the second liver fits the first when mirrored left to right."""
    one, other = together((pair.first.masks[LIVER], _turn_over(pair.second.masks[LIVER])))
    return Fraction(2 * (one & other).voxel_count, one.voxel_count + other.voxel_count) >= MIRRORED


def _turn_over(mask: Mask) -> Mask:
    """Return a mask mirrored along the file axis that is nearest to left-right."""
    whole = np.flip(mask.as_array(), mask.grid.lateral_axis)
    return replace(mask, voxels=whole, box=mask.grid.whole)


def _find_tumour_in_one(pair: ReadPair, together: BringTogether) -> Iterator[Finding]:
    """Find a tumour of one reader outside the liver of the other, who gives no tumour."""
    for one, other in ((pair.first, pair.second), (pair.second, pair.first)):
        tumour = one.masks.get(TUMOUR)
        if tumour is None or not tumour.voxel_count or TUMOUR in other.masks:
            continue
        drawn, organ = together((tumour, other.drawn))
        if 2 * (drawn & organ).voxel_count < drawn.voxel_count:
            what = (
                f"the tumour drawn by {one.reader} is outside the liver drawn by {other.reader}, "
                "for whom no tumour mask was given; the liver masks therefore differ by this tumour"
            )
            yield _warn("agree.tumour_left_out", pair, what, tumour.volume_ml, "mL")


def _find_same(pair: ReadPair) -> Iterator[Finding]:
    if pair.same:
        names = ", ".join(found.name for found in pair.structures if found.name in pair.same)
        what = f"identical in every voxel, counted as full agreement ({names}); omit any copy"
        yield _warn("agree.same", pair, what)


def _warn(
    code: str, pair: ReadPair, what: str, value: float | None = None, unit: str = "Dice"
) -> Finding:
    unit_or_none = None if value is None else unit
    return Finding(code, Severity.WARNING, f"{pair.names}: {what}", None, value, unit_or_none)


def _error(code: str, pair: ReadPair, what: str, dice: float) -> Finding:
    message = f"{pair.names}: {what} (Dice {dice:.2f}); excluded from summaries across cases"
    return Finding(code, Severity.ERROR, message, None, dice, "Dice")
