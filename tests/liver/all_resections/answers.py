"""Every set of segments that a liver's resections answer, by the segments that go."""

from fl_planner.liver.all_resections import Resection, compute_resections
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.lesions.lesions import measure_lesions
from fl_planner.liver.lesions.locations import LesionSite, locate_lesions
from fl_planner.liver.segments.territories import map_territories
from tests.cases import sure


def answer(anatomy: Anatomy) -> tuple[tuple[LesionSite, ...], dict[str, Resection]]:
    """Answer every set of whole segments: `found["5678"]` is the right hepatectomy."""
    lesions, territories = measure_lesions(anatomy), sure(map_territories(anatomy))
    sites = () if lesions is None else locate_lesions(anatomy, lesions, territories)
    found = compute_resections(anatomy, lesions, sites, territories)
    return sites, {"".join(one.removed): one for one in found}
