"""The voxels of a plan: edges along the patient, however the file stores its axes."""

import pytest

from fl_planner.liver.anatomy import Anatomy
from fl_planner.record.anatomy import find_voxel_edges
from tests.cases import each_case
from tests.masks import TURNS, Turn, turned
from tests.record.planned import made
from tests.report.phantoms import LIVER, block

pytestmark = pytest.mark.slow


@each_case("way", TURNS)
def test_the_last_edge_is_the_spacing_of_axial_slices(way: Turn) -> None:
    plan = made(Anatomy(turned(block("liver", LIVER), *way)))
    assert find_voxel_edges(plan) == (3.0, 4.0, 5.0)  # right, front, head
