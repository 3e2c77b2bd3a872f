"""The lungs in radioembolisation: shunt of a planar 99mTc-MAA study, mass by CT.

The geometric mean of both heads is taken by region. Planar shunts are too large rather than too
small, by attenuation and scatter (PMC9793490; AJR 2022;218:728) [clinical.md 7.3].
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from fl_planner.basis.constants import AIR_HU
from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.units import G_IN_KG
from fl_planner.space.common_grid.resample import move_onto
from fl_planner.space.grid import Image
from fl_planner.space.mask import Mask
from fl_planner.y90.counts import CountedShunt, HeadCounts, Tally
from fl_planner.y90.partition import LUNG_MASS

View = Literal["anterior", "posterior"]
Plane = npt.NDArray[np.bool_]  # (rows, columns), as the anterior head sees them
VIEWS: tuple[View, ...] = ("anterior", "posterior")
LUNG_SESSION_GY = Fraction(30)  # in one treatment (Radiopaedia) [clinical.md 7.2]
CLEARLY = 1.1  # times as many counts, to call the other side the better one [project's choice]


@dataclass(frozen=True, slots=True, eq=False)
class PlanarRegions:
    """Pixels of liver and lungs, and of a background off both; None: nothing is subtracted."""

    liver: Plane
    lungs: Plane
    background: Plane | None = None

    def __post_init__(self) -> None:
        """Refuse regions that are empty, of several matrices, or share pixels."""
        given = {name: region for name, region in self.named() if region is not None}
        for name, region in given.items():
            if not region.any():
                reason, remedy = f"the {name} region is empty", "draw it again"
                raise InputRefused("region.empty", name, reason, remedy)
            if region.shape != self.liver.shape:
                reason = f"the {name} region has another matrix than that of the liver"
                raise InputRefused("region.matrix", name, reason, "draw both on one study")
        often = np.sum([*given.values()], axis=0, dtype=np.int64)
        if np.any(often > 1):
            reason = f"{np.count_nonzero(often > 1)} pixels are in two of the regions"
            remedy = "draw them apart; the shunt would count these pixels as either"
            raise InputRefused("y90.regions_overlap", "lungs", reason, remedy)

    def named(self) -> tuple[tuple[str, Plane | None], ...]:
        """Give each region by its name."""
        return ("liver", self.liver), ("lungs", self.lungs), ("background", self.background)


@dataclass(frozen=True, slots=True, eq=False)
class PlanarStudy:
    """Counts of each head, (rows, columns), as that head saw the patient, and the regions.

    - `heads` (mapping of "anterior" and "posterior" to array): the posterior head sees left and
      right the other way round.
    - `regions`: as the anterior head sees them.
    - `file`: base name of the study.
    - `counted`: whether the numbers are counts as they came, not scaled.
    """

    heads: Mapping[View, npt.NDArray[Any]]
    regions: PlanarRegions
    file: str
    counted: bool = True

    def __post_init__(self) -> None:
        """Refuse regions of another matrix."""
        if any(head.shape != self.regions.liver.shape for head in self.heads.values()):
            reason = f"the regions have another matrix than {self.file}"
            raise InputRefused("region.matrix", "liver", reason, "draw them on this study")

    def seen(self, view: View) -> npt.NDArray[Any]:
        """Give a head's counts from the front: the posterior ones mirrored."""
        head = self.heads[view]
        return head[:, ::-1] if view == "posterior" else head

    @property
    def shunt(self) -> CountedShunt:
        """LSF = C_lungs / (C_lungs + C_liver) of the net counts.

        Raises `InputRefused`: `y90.no_counts` where a region holds no more than the background.
        """
        lungs, liver = (
            Tally.of_heads(name, self._count(region), counted=self.counted)
            for name, region in (("lungs", self.regions.lungs), ("liver", self.regions.liver))
        )
        return CountedShunt("planar", lungs, liver)

    def _count(self, region: Plane) -> tuple[HeadCounts, ...]:
        behind = self.regions.background
        return tuple(
            HeadCounts(
                _sum(self.seen(view), region),
                int(np.count_nonzero(region)),
                None if behind is None else _sum(self.seen(view), behind),
                0 if behind is None else int(np.count_nonzero(behind)),
            )
            for view in VIEWS
            if view in self.heads
        )


def find_planar_doubts(study: PlanarStudy) -> tuple[Finding, ...]:
    """Find one head, a head mirrored twice, regions taken for one another, no background."""
    found = []
    if len(study.heads) < 2:
        (view,) = study.heads
        message = f"{study.file}: only the {view} head: no geometric mean, the shunt may be off"
        found.append(Finding("y90.one_head", Severity.WARNING, message, study.file))
    if _is_mirrored(study):
        message = f"{study.file}: the liver lies on the wrong side of the posterior view: it was "
        message += "mirrored already"
        found.append(Finding("y90.posterior_mirrored", Severity.ERROR, message, study.file))
    shunt = study.shunt.fraction
    if shunt > Fraction(1, 2):
        message = (
            f"{study.file}: {float(100 * shunt):.0f} % of the counts are in the lungs: are the "
            "regions of lungs and liver the right way round?"
        )
        value = float(shunt)
        found.append(
            Finding("y90.regions_swapped", Severity.ERROR, message, study.file, value, "1")
        )
    if study.regions.background is None:
        message = f"{study.file}: no background region: nothing is subtracted, and counts from "
        message += "elsewhere make the shunt larger"
        found.append(Finding("y90.no_background", Severity.INFO, message, study.file))
    return tuple(found)


def _is_mirrored(study: PlanarStudy) -> bool:
    """Whether liver and lungs hold clearly more when the posterior view is not mirrored."""
    if "posterior" not in study.heads:
        return False
    head, liver = study.heads["posterior"], study.regions.liver
    here, other = _sum(study.seen("posterior"), liver), _sum(head, liver)
    return float(other) > CLEARLY * float(here)


def _sum(counts: npt.NDArray[Any], region: Plane) -> Fraction:
    return Fraction(float(counts[region].sum(dtype=np.float64)))


HU_OF_LUNG = (-1000.0, -300.0)  # mean of lungs in any state of breath [project's choice]


def weigh_lungs(ct: Image, lungs: Mask) -> tuple[Fraction, tuple[Finding, ...]]:
    """Weigh the lungs, Σ voxel volume·(HU + 1000)/1000, in kg [clinical.md 7.4].

    Below -1000 HU there is no mass, and none less than none.

    Raises `InputRefused`: `y90.no_lungs` where the CT shows no lungs there, `grid.differs` where
    the mask lies on another lattice, `value.implausible` for a mass that no lungs have.
    """
    here = move_onto(lungs, ct.grid, ct.file or "ct")
    stored = ct.voxels[here.box.slices()][here.voxels]
    values = stored.astype(np.float64) * ct.slope + ct.inter
    low, high = HU_OF_LUNG
    mean = float(values.mean()) if values.size else 0.0
    if not (values.size and low <= mean <= high):
        reason = f"the mean there is {mean:.0f} HU, lungs have {low:.0f} to {high:.0f}"
        raise InputRefused("y90.no_lungs", lungs.source, reason, "check mask and CT")
    litres_dense = np.clip(values - AIR_HU, 0.0, None).sum() / -AIR_HU
    kg = Fraction(float(litres_dense)) * Fraction(str(ct.grid.voxel_ml)) / G_IN_KG
    if not LUNG_MASS.range.holds(kg):
        reason = f"the lungs weigh {float(kg):.3g} kg there, lungs have {LUNG_MASS.range} kg"
        remedy = "check that the mask holds both lungs whole"
        raise InputRefused("value.implausible", lungs.source, reason, remedy)
    return kg, tuple(_find_cut(here, ct))


def _find_cut(lungs: Mask, ct: Image) -> list[Finding]:
    shape = ct.grid.shape
    ends = zip(lungs.box.start, lungs.box.stop, shape, strict=True)
    if not any(start == 0 or stop == length for start, stop, length in ends):
        return []
    message = f"{lungs.source}: the lungs reach the end of the CT: they may be cut, and too light"
    return [Finding("y90.lungs_cut", Severity.WARNING, message, lungs.file)]
