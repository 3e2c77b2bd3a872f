"""Counts of 99mTc-MAA: lung shunt and tumour-to-normal ratio.

A planar shunt has a 95 % counting interval from the Poisson error of its counts. Errors of
regions, attenuation and scatter are not included. SPECT values are reconstructed, and not counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from math import exp, log, sqrt
from typing import Literal

from msgspec import Struct

from fl_planner.basis.clinical_codes import (
    ALBUMIN,
    MAA,
    MICROSPHERES,
    describe_unknown_tracer,
    list_tracers,
)
from fl_planner.basis.constants import Z_95
from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.plain_text import format_count

Method = Literal["planar", "spect_ct"]  # of measuring a lung shunt
Interval = tuple[float, float]
MOST_REACH = 1e9  # of an interval: counts that hardly exceed their background [project's choice]


class HeadCounts(Struct, frozen=True):
    """Counts of a region on one head, and of a background region if one was drawn.

    counts, background >= 0; pixels > 0, and background_pixels > 0 if there is a background.

    Examples
    --------
    >>> head = HeadCounts(Fraction(900), 100, Fraction(40), 20)
    >>> head.net, head.variance  # 900 - 5·40, and 900 + 25·40
    (Fraction(700, 1), Fraction(1900, 1))
    """

    counts: Fraction
    pixels: int
    background: Fraction | None = None
    background_pixels: int = 0

    def __post_init__(self) -> None:
        """Refuse invalid counts or pixels."""
        behind = self.background is not None
        fits = self.background_pixels > 0 if behind else self.background_pixels == 0
        if not (self.counts >= 0 and self.pixels > 0 and (self.background or 0) >= 0 and fits):
            reason = f"{float(self.counts):g} counts in {format_count(self.pixels, 'pixel')}"
            remedy = "give counts of 0 or more, and the number of pixels in each region"
            raise InputRefused("y90.region", "counts", reason, remedy)

    @property
    def net(self) -> Fraction:
        """Counts minus background for the same number of pixels; may be below 0."""
        return self.counts - self._weight * (self.background or 0)

    @property
    def variance(self) -> Fraction:
        """Counting variance of `net`: n + w²·b, with w pixels divided by background pixels."""
        return self.counts + self._weight**2 * (self.background or 0)

    @property
    def _weight(self) -> Fraction:
        if self.background is None:
            return Fraction(0)
        return Fraction(self.pixels, self.background_pixels)


class Tally(Struct, frozen=True):
    """Counts of one tissue, > 0, and their relative variance; None if not known.

    Examples
    --------
    >>> Tally.of_heads((HeadCounts(Fraction(400), 10),)).relative_variance
    0.0025
    """

    counts: Fraction
    relative_variance: float | None

    @classmethod
    def of_heads(cls, heads: tuple[HeadCounts, ...], *, counted: bool = True) -> Tally:
        """Compute the geometric mean of the heads' net counts, > 0; for one head, its net counts.

        The relative variance of √(A·P) is a quarter of the sum of those of A and P; of scaled
        values it is not known.
        """
        parts = [float(head.variance / head.net**2) for head in heads]
        variance = sum(parts) / len(heads) ** 2 if counted else None
        if len(heads) == 1:
            return cls(heads[0].net, variance)
        first, second = heads
        return cls(Fraction(sqrt(float(first.net * second.net))), variance)

    @classmethod
    def of_volume(cls, counts: Fraction) -> Tally:
        """Return the counts of SPECT voxels, > 0; a reconstruction does not show their variance."""
        return cls(counts, None)


class CountedShunt(Struct, frozen=True):
    """Lung shunt by counts, LSF = C_lung / (C_lung + C_liver).

    Examples
    --------
    >>> lung, liver = (Tally(Fraction(n), 1 / n) for n in (80_000, 920_000))
    >>> shunt = CountedShunt("planar", lung, liver)
    >>> shunt.fraction, [round(end, 4) for end in shunt.interval or ()]
    (Fraction(2, 25), [0.0795, 0.0805])
    """

    method: Method
    lung: Tally
    liver: Tally

    @property
    def fraction(self) -> Fraction:
        """Lung shunt fraction."""
        return self.lung.counts / (self.lung.counts + self.liver.counts)

    @property
    def relative_variance(self) -> float | None:
        """Relative variance of LSF/(1 - LSF), to which the lung dose is proportional."""
        return add_variances(self.lung.relative_variance, self.liver.relative_variance)

    @property
    def interval(self) -> Interval | None:
        """95 % counting interval of the shunt, by the logarithm of LSF/(1 - LSF)."""
        if self.relative_variance is None:
            return None
        odds = float(self.lung.counts / self.liver.counts)
        low, high = widen(odds, self.relative_variance)
        return low / (1 + low), high / (1 + high)


class CountedRatio(Struct, frozen=True):
    """Concentration in the tumour divided by that in the treated liver (TNR), from SPECT.

    `voxels` are voxels of the SPECT, > 0.

    Examples
    --------
    >>> tumour, normal = (Tally.of_volume(Fraction(n)) for n in (6400, 3200))
    >>> CountedRatio(tumour, 100, normal, 200).ratio
    Fraction(4, 1)
    """

    tumour: Tally
    tumour_voxels: int
    normal: Tally
    normal_voxels: int

    @property
    def ratio(self) -> Fraction:
        """Mean count of a tumour voxel divided by that of a voxel of treated non-tumorous liver."""
        dense = self.tumour.counts / self.tumour_voxels
        return dense / (self.normal.counts / self.normal_voxels)


def add_variances(*variances: float | None) -> float | None:
    """Add relative variances; None if one is not known.

    Examples
    --------
    >>> add_variances(0.25, 0.5), add_variances(0.25, None)
    (0.75, None)
    """
    known = [variance for variance in variances if variance is not None]
    return sum(known) if len(known) == len(variances) else None


def widen(value: float, relative_variance: float) -> Interval:
    """Compute a 95 % interval, value·exp(±1.96·√relative_variance), up to `MOST_REACH`."""
    reach = exp(min(Z_95 * sqrt(relative_variance), log(MOST_REACH)))
    return value / reach, value * reach


def judge_maa(words: Iterable[str], source: str) -> tuple[Finding, ...]:
    """Check that the tracer is 99mTc-MAA: refuse another one, report an unknown one.

    Microspheres that are named together with MAA may be those of the planned treatment.

    - `words`: description of the tracer in the header or by the user; not shown.
    - `source`: name of the study in messages.

    Raises `InputRefused`: `dose.tracer`.

    Examples
    --------
    >>> judge_maa(["Technetium Tc^99m^ albumin aggregated"], "maa.dcm")
    ()
    """
    named = tuple(words)
    met = [list_tracers([text]) for text in named]
    for each in met:
        known = (MAA, ALBUMIN, MICROSPHERES) if MAA in each else (MAA, ALBUMIN)
        for other in (tracer for tracer in each if tracer not in known):
            reason = f"the tracer is {other}, not 99mTc-MAA"
            raise InputRefused("dose.tracer", source, reason, "give the 99mTc-MAA study")
    if any(MAA in each and MICROSPHERES not in each for each in met):
        return ()
    why = describe_unknown_tracer(named)
    if any(MAA in each for each in met):
        why = "both MAA and microspheres are named"
    message = f"{source}: the tracer is unknown ({why}); 99mTc-MAA is assumed"
    return (Finding("dose.tracer_unknown", Severity.WARNING, message, source),)
