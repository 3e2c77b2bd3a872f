"""Shares of liver function: of the remnant, and before and after a treatment.

The remnant's share of SPECT counts refers to parenchyma only, without tumour and bile. It differs
from the share by volume; this difference is the purpose of the test [clinical.md 6].

Untreated function = whole-liver function per body surface area x untreated share; the remainder is
that of the treated liver [clinical.md 16].
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from msgspec import Struct

from fl_planner.basis.findings import InputRefused
from fl_planner.basis.follow_up import FollowUp, Period
from fl_planner.basis.formula import computes
from fl_planner.basis.plain_text import format_count

Tissue = Literal["parenchyma", "tumour", "bile"]  # bile: gallbladder, ducts, overlying bowel


class Region(Struct, frozen=True):
    """Voxels of one tissue on one side of the transection; `in_flr` is None if not stated.

    voxels >= 0 and mean_counts >= 0.
    """

    tissue: Tissue
    in_flr: bool | None
    voxels: int
    mean_counts: Fraction

    def __post_init__(self) -> None:
        """Refuse negative voxels or counts."""
        if self.voxels < 0 or not self.mean_counts >= 0:
            voxels = format_count(self.voxels, "voxel")
            reason = f"{voxels} with mean_counts of {float(self.mean_counts):g}"
            remedy = "give voxels and counts of 0 or more"
            raise InputRefused("function.region", "regions", reason, remedy)

    @property
    def counts(self) -> Fraction:
        """Total counts."""
        return self.voxels * self.mean_counts


@dataclass(frozen=True, slots=True)
class CountShare:
    """Share of a remnant, by counts and by voxels of parenchyma; None if a side is unknown."""

    by_counts: Fraction | None
    by_volume: Fraction | None

    @property
    def ratio(self) -> Fraction | None:
        """Share by counts divided by share by volume; above 1 if function exceeds volume."""
        if self.by_counts is None or not self.by_volume:
            return None
        return self.by_counts / self.by_volume


@computes(
    "counts in the FLR / counts in the non-tumorous liver, excluding bile",
    "de Graaf 2010",
    name="FLR share of counts",
    key="function.measured.share",
)
def measure_share(regions: Iterable[Region]) -> CountShare:
    """Measure the remnant's share of the parenchyma.

    Examples
    --------
    >>> flr = Region("parenchyma", True, 10, Fraction(3))
    >>> rest = Region("parenchyma", False, 10, Fraction(2))
    >>> bile = Region("bile", True, 5, Fraction(900))
    >>> measure_share([flr, rest, bile]).by_counts
    Fraction(3, 5)
    """
    parenchyma = [region for region in regions if region.tissue == "parenchyma"]
    counts = sum((region.counts for region in parenchyma), Fraction(0))
    if counts <= 0:
        reason = "the parenchymal regions contain no counts"
        raise InputRefused("function.no_counts", "regions", reason, "check the liver region")
    if any(region.in_flr is None for region in parenchyma):
        return CountShare(None, None)
    kept = [region for region in parenchyma if region.in_flr]
    voxels = sum(region.voxels for region in parenchyma)
    return CountShare(
        sum((region.counts for region in kept), Fraction(0)) / counts,
        Fraction(sum(region.voxels for region in kept), voxels),
    )


class RegionalScan(Struct, frozen=True):
    """One mebrofenin study.

    - `day`: days since the treatment.
    - `total`: function of the whole liver, %/min/m2.
    - `untreated_percent`: share of total function in the untreated liver.
    - `treated_percent`: share of it in the treated liver, if part of the liver is in neither.
    """

    day: int
    total: Fraction
    untreated_percent: Fraction
    treated_percent: Fraction | None = None

    @property
    def untreated(self) -> Fraction:
        """Function of the untreated liver, %/min/m2."""
        return self.total * self.untreated_percent / 100

    @property
    def treated(self) -> Fraction:
        """Function of the treated liver, %/min/m2."""
        if self.treated_percent is None:
            return self.total - self.untreated
        return self.total * self.treated_percent / 100


class FunctionChange(Struct, frozen=True):
    """Function of one side of the liver before and after; None if not measured."""

    before: Fraction | None
    after: Fraction | None

    @property
    def gain(self) -> Fraction | None:
        """Gain of function, %/min/m2; negative for a loss."""
        if self.before is None or self.after is None:
            return None
        return self.after - self.before

    @property
    def percent(self) -> Fraction | None:
        """Gain as a percentage of the value before; None if that value is 0."""
        return None if self.gain is None or not self.before else 100 * self.gain / self.before


class RegionalChange(Struct, frozen=True):
    """Change of both sides of the liver, from the baseline to the last included study."""

    follow_up: FollowUp[RegionalScan]

    @property
    def untreated(self) -> FunctionChange:
        """Untreated side."""
        return self._change(lambda scan: scan.untreated)

    @property
    def treated(self) -> FunctionChange:
        """Treated side."""
        return self._change(lambda scan: scan.treated)

    def _change(self, side: Callable[[RegionalScan], Fraction]) -> FunctionChange:
        scans = (self.follow_up.baseline, self.follow_up.last)
        return FunctionChange(*(None if scan is None else side(scan) for scan in scans))


def measure_regional_change(scans: Sequence[RegionalScan], period: Period) -> RegionalChange:
    """Measure the change of function of both sides.

    Raises `InputRefused`: `endpoint.days`.
    """
    return RegionalChange(period.split(scans, "scans"))
