"""Whether segments that are embolised are those that remain: what is to grow is then embolised.

By the segments of a map, where there is one; else by the side of the liver [H-04].
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fl_planner.basis.findings import Finding, Severity
from fl_planner.liver.anatomy import Anatomy
from fl_planner.planning.assessment.operations import Planned
from fl_planner.planning.given.case import Embolisation
from fl_planner.space.distance import measure_centre_mm
from fl_planner.space.mask import Mask

MUCH = 0.5  # of the embolised segments in the remnant: it is what was embolised
MIDDLE_MM = 10.0  # from the liver's middle, before a remnant lies on a side [project's choice]
RIGHT, LEFT = frozenset("5678"), frozenset(("2", "3", "4", "4a", "4b"))


@dataclass(frozen=True, slots=True)
class EmbolisedPart:
    """Embolised segments that remain.

    - `share`: how much of them is in the remnant, by a map; None where only the side is known.
    """

    segments: tuple[str, ...]
    share: float | None

    def say(self, called: str) -> str:
        """Say it of what the segments are called.

        Examples
        --------
        >>> EmbolisedPart(("2", "3"), 0.98).say("embolised segments")
        'the embolised segments 2 3 lie in the remnant (98 % of them)'
        """
        names = " ".join(self.segments)
        if self.share is None:
            return f"the remnant lies on the side of the {called} {names}"
        return f"the {called} {names} lie in the remnant ({100 * self.share:.0f} % of them)"


def find_embolised_part(
    anatomy: Anatomy, remnant: Mask, segments: tuple[str, ...]
) -> EmbolisedPart | None:
    """Find that embolised segments remain; None where they do not, or where nothing tells.

    - `remnant`: with the tumour that lies in it.
    - `segments`: those whose portal branches are closed; may be empty.
    """
    shares = measure_segment_shares(anatomy, remnant)
    inside = [shares[name] for name in segments if name in shares]
    if inside:
        share = sum(inside) / len(inside)
        return EmbolisedPart(segments, share) if share > MUCH else None
    if segments and _find_side(anatomy, remnant) == _side_of(segments):
        return EmbolisedPart(segments, None)
    return None


def find_embolised_plans(
    anatomy: Anatomy, planned: Sequence[Planned], done: Embolisation | None
) -> Iterator[Finding]:
    """Find plans of which the segments that are, or were, embolised remain."""
    for number, one in enumerate(planned, start=1):
        names = one.operation.embolised_segments
        called, where = "segments that are to be embolised", "embolised_segments"
        if not names and done is not None:
            names, called, where = done.segments, "embolised segments", "segments of [embolisation]"
        part = None
        if one.remnant is not None:
            part = find_embolised_part(anatomy, one.remnant.holds, names)
        if part is not None:
            plan = f"plan {one.operation.name or number}: " if len(planned) > 1 else ""
            message = (
                f"{plan}{part.say(called)}: what is to grow would be what is embolised. "
                f"Are the {where} right?"
            )
            yield Finding("plan.embolised_remnant", Severity.WARNING, message)


def measure_segment_shares(anatomy: Anatomy, remnant: Mask) -> dict[str, float]:
    """Measure the part of each segment that is in the remnant; empty without a map."""
    segments = {**anatomy.segments, **anatomy.segment_parts}
    return {
        name: (mask & remnant).voxel_count / mask.voxel_count for name, mask in segments.items()
    }


def _find_side(anatomy: Anatomy, remnant: Mask) -> str | None:
    """Tell on which side of the liver's middle the remnant lies; None in the middle."""
    if not anatomy.liver.grid.placed:
        return None
    away = float(measure_centre_mm(remnant)[0] - measure_centre_mm(anatomy.organ)[0])
    if abs(away) < MIDDLE_MM:
        return None
    return "right" if away > 0 else "left"


def _side_of(names: Sequence[str]) -> str:
    """Tell on which side segments lie, where all lie on one."""
    if RIGHT.issuperset(names):
        return "right"
    return "left" if LEFT.issuperset(names) else "both"
