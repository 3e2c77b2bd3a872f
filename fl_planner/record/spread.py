"""How far readings of a share lie apart, and a second reading of it, as plain dicts."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from fl_planner.basis.shown import as_number
from fl_planner.liver.scatter.second_reader import Agreement, SecondReading
from fl_planner.liver.scatter.spread import Spread
from fl_planner.record.base import Record, as_float, given


def as_spread(spread: Spread) -> Record:
    """Tell each source of spread over the share, and which of them decides.

    `remnant`, `liver` and `rho` are the readers' in print; `readers_sd` is what they come to.
    `geometry_sd` is the least that the masks allow. `contour_widening` moves each end of the
    interval out by so much of the share; `relative_sd` holds it as a standard deviation.
    """
    scatter = spread.scatter
    return {
        "remnant": float(scatter.cv_remnant),
        "liver": float(scatter.cv_liver),
        "rho": float(scatter.rho),
        "readers_sd": scatter.relative_sd,
        "geometry_sd": spread.geometry,
        **given(second_reader_sd=spread.second_reader),
        **given(contour_widening=spread.widening or None),
        "decided_by": spread.decided_by,
        "relative_sd": spread.relative_sd,
        "source": scatter.source,
    }


def as_second_reading(second: SecondReading, limits: Iterable[Fraction]) -> Record:
    """Tell the second reader's share, and how the structures agree.

    `limits` are fractions that the shown percentage must stay on its side of.
    """
    percents = [100 * limit for limit in limits]
    return {
        "numerator_voxels": second.second.numerator_voxels,
        "denominator_voxels": second.second.denominator_voxels,
        "percent": second.second.percent,
        "percent_shown": as_number(100 * second.second.fraction, percents),
        "difference_points": second.second.percent - second.first.percent,
        "sd_points": 100 * second.sd,
        "structures": [_agreement(one) for one in second.structures],
    }


def _agreement(one: Agreement) -> Record:
    return given(
        name=one.name,
        dice=as_float(one.dice),
        first_ml=one.first_voxels * one.voxel_ml,
        second_ml=one.second_voxels * one.voxel_ml,
        mean_surface_mm=one.mean_mm,
        surface_95_mm=one.far_mm,
    )
