"""What --resample cuts off: parts of the liver that lie beyond it on the common grid."""

from collections.abc import Mapping
from dataclasses import replace

from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.names.structures import EXCLUDE, PARTS
from fl_planner.space.common_grid.resample import Resampled
from fl_planner.space.mask import Mask

WITHIN = frozenset({"flr", "resected", "treated", *PARTS})  # what counts inside the liver alone


def add_cut_off(
    resampled: Mapping[str, Resampled], placed: Mapping[str, Mask], anatomy: Anatomy
) -> tuple[Resampled, ...]:
    """Add to what resampling cost the volume that lies beyond the liver, and so does not count.

    `resampled` and `placed` have the keys of the masks: a role, "plan 2 flr", "map segment_4".
    """
    organ = anatomy.organ
    return tuple(
        replace(one, cut_off_ml=(placed[key] - organ).volume_ml) if _is_within(key) else one
        for key, one in resampled.items()
    )


def _is_within(key: str) -> bool:
    return not key.startswith(EXCLUDE) and key.split()[-1] in WITHIN
