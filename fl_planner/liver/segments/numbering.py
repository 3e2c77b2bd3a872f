"""Which numberings a label map may follow: those whose liver has the size of one.

Asked where nobody says what the numbers of a map mean; a scheme is named by a person, never
chosen here [safety.md S4].
"""

from collections.abc import Mapping

from fl_planner.liver.names.structures import PARTS
from fl_planner.liver.plausibility import LARGEST_LIVER_ML, LEAST_LIVER_ML
from fl_planner.space.labels import LabelScheme

MOST_MISSING = 2  # segments that a map of all of them may lack [project's choice]


def find_fitting(
    schemes: Mapping[str, LabelScheme], volumes_ml: Mapping[int, float]
) -> tuple[str, ...]:
    """Name the schemes that the labels of a map fit, by their numbers and their volumes.

    - `schemes` (mapping of str to LabelScheme): by name.
    - `volumes_ml` (mapping of int to float): volume of each label of the map.
    """
    return tuple(name for name, scheme in schemes.items() if _fits(scheme, volumes_ml))


def _fits(scheme: LabelScheme, volumes_ml: Mapping[int, float]) -> bool:
    known = scheme.structures
    lacks = len(known.keys() - volumes_ml.keys())
    if scheme.complete and not volumes_ml.keys() <= known.keys():
        return False
    if not scheme.complete and lacks:
        return False
    of_segments = bool({*known.values()} & {*PARTS})
    if of_segments and lacks > MOST_MISSING:
        return False
    liver = {label for label, name in known.items() if name == "liver" or name in PARTS}
    if not liver:
        return not lacks and sum(volumes_ml.values()) < LEAST_LIVER_ML
    tumour = {label for label, name in known.items() if name == "tumour"}
    liver_ml = sum(volumes_ml.get(label, 0.0) for label in liver | tumour)
    return bool(liver & volumes_ml.keys()) and LEAST_LIVER_ML <= liver_ml <= LARGEST_LIVER_ML
