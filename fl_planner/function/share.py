"""The remnant's share of the counts on SPECT: parenchyma only, tumour and bile in neither sum.

Share by counts differs from share by volume; that difference is the point of the test
[clinical.md 6].
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from fl_planner.basis.errors import InputRefused

Tissue = Literal["parenchyma", "tumour", "bile"]  # bile: gallbladder, ducts, bowel in front


@dataclass(frozen=True, slots=True)
class Region:
    """Voxels of one tissue on one side of the cut; `in_flr` None: nobody said on which.

    voxels >= 0 and mean_counts >= 0.
    """

    tissue: Tissue
    in_flr: bool | None
    voxels: int
    mean_counts: Fraction

    def __post_init__(self) -> None:
        """Refuse counts that no camera gives."""
        if self.voxels < 0 or not self.mean_counts >= 0:
            reason = f"{self.voxels} voxels with {float(self.mean_counts):g} mean_counts"
            raise InputRefused("function.region", "regions", reason, "give voxels and counts >= 0")

    @property
    def counts(self) -> Fraction:
        """All its counts."""
        return self.voxels * self.mean_counts


@dataclass(frozen=True, slots=True)
class CountShare:
    """Share of a remnant, by counts and by voxels of parenchyma; None where a side is unknown."""

    by_counts: Fraction | None
    by_volume: Fraction | None

    @property
    def ratio(self) -> Fraction | None:
        """By counts over by volume: above 1, the remnant works better than its size."""
        return self.by_counts / self.by_volume if self.by_counts and self.by_volume else None


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
        reason = "regions hold no count of parenchyma"
        raise InputRefused("function.no_counts", "regions", reason, "check the liver's region")
    if any(region.in_flr is None for region in parenchyma):
        return CountShare(None, None)
    kept = [region for region in parenchyma if region.in_flr]
    voxels = sum(region.voxels for region in parenchyma)
    return CountShare(
        sum((region.counts for region in kept), Fraction(0)) / counts,
        Fraction(sum(region.voxels for region in kept), voxels),
    )
