"""The voxels of a plan: edges along the patient, however the file stores its axes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fl_planner.liver.anatomy import Anatomy
from fl_planner.planning.measured import Measured
from fl_planner.report.voxel_record import as_voxel
from tests.report.phantoms import LIVER, WAYS, Way, block, stored_otherwise
from tests.report.planned import made


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_the_last_edge_is_the_spacing_of_axial_slices(way: Way) -> None:
    plan = made(Anatomy(stored_otherwise(block("liver", LIVER), way)))
    assert as_voxel(plan) == {"voxel_mm": [3.0, 4.0, 5.0]}  # right, front, head


def test_without_volumes_there_is_none() -> None:
    plan = made(Anatomy(block("liver", LIVER)))
    assert as_voxel(replace(plan, measured=Measured())) == {}
