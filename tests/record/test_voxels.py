"""The voxels of a plan: edges along the patient, however the file stores its axes."""

from dataclasses import replace

from fl_planner.liver.anatomy import Anatomy
from fl_planner.planning.assessment.assess import Measured
from fl_planner.record.voxels import as_voxel
from tests.cases import each_case
from tests.masks import TURNS, Turn, turned
from tests.record.planned import made
from tests.report.phantoms import LIVER, block


@each_case("way", TURNS)
def test_the_last_edge_is_the_spacing_of_axial_slices(way: Turn) -> None:
    plan = made(Anatomy(turned(block("liver", LIVER), *way)))
    assert as_voxel(plan) == {"voxel_mm": [3.0, 4.0, 5.0]}  # right, front, head


def test_without_volumes_there_is_none() -> None:
    plan = made(Anatomy(block("liver", LIVER)))
    assert as_voxel(replace(plan, measured=Measured())) == {}
