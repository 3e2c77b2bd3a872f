"""Measured functions for tests of reports: the small liver of `tests.masks` with curves."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from fl_planner.function.clearance import Scintigraphy
from fl_planner.liver.anatomy import Anatomy
from fl_planner.patient.body_size import BodySize
from fl_planner.planning.assessment.function import (
    Answered,
    LiverFunction,
    measure_function,
    select_parts,
)
from fl_planner.space.grid import Image
from fl_planner.trials.statements import Stated
from tests.function.studies import REFERENCE
from tests.masks import LIVER_GRID, SEGMENT_BOXES, liver_part, small_segments

LIVER = liver_part([[1, 16, 1, 11, 1, 11]], "liver")
FLR = liver_part([*SEGMENT_BOXES["2"], *SEGMENT_BOXES["3"]], "flr")
WHOLE = Anatomy(LIVER, flr=FLR, segments=small_segments())
LIMITS = (Fraction("2.67"), Fraction("2.7"))


def spect(hot: int = 40) -> Image:
    """Give a SPECT of the small liver; one voxel of segment 5 as hot as is asked for."""
    found = np.ones(LIVER_GRID.shape, np.uint16)
    found[LIVER.as_array()] = 40
    found[FLR.as_array()] = 80
    found[9, 7, 3] = hot
    return Image(found, 1.0, 0.0, LIVER_GRID, "spect.nii.gz")


def measured(**changed: Any) -> LiverFunction:
    """Measure curves of MEB-01 and the SPECT."""
    usual: dict[str, Any] = {"activity": REFERENCE, "spect": spect(), "basis": "stated"}
    given = Scintigraphy("curves.csv", **{**usual, **changed})
    return measure_function(given, Stated(), BodySize(180, 80), WHOLE, FLR)


def answered(**changed: Any) -> Answered:
    """Answer it."""
    found = measured(**changed)
    parts = None if found.spect is None else select_parts(WHOLE, FLR)
    return Answered(found, LIMITS, True, LIMITS[0], (), found.findings, parts)


def by_region() -> Answered:
    """Answer with all that can be told."""
    found = answered(spect=spect(4000), fasting_h=Fraction(6), bilirubin_umol_per_l=Fraction(12))
    assert found.function.clearance is not None
    clearance = replace(found.function.clearance, by_region=(0.9, 1.1))
    return replace(found, function=replace(found.function, clearance=clearance))
