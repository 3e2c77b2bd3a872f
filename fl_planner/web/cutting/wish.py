"""What the page asks of a draft cut: a plane and the side that stays, or segments that stay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fl_planner.liver.anatomy import SEGMENTS
from fl_planner.liver.cut_plane import CutPlane
from fl_planner.web.dossier.entries import FRAME, read_place, read_told, refuse_draft

FRONT, BACK = "front", "back"


@dataclass(frozen=True, slots=True)
class CutWish:
    """A draft that is asked for.

    - `plane`: None where segments stay.
    - `keep_front`: whether the side that the plane points to stays.
    - `segments`: those that stay, in order.
    """

    plane: CutPlane | None = None
    keep_front: bool = False
    segments: tuple[str, ...] = ()


def read_wish(text: str) -> CutWish:
    """Read a draft: `{"point_mm", "normal", "keeps"}` in RAS+ mm, or `{"segments"}`.

    Raises `InputRefused`: `page.draft`; `cut.no_plane`.
    """
    told = read_told(text)
    if not isinstance(told, dict):
        raise refuse_draft("cannot be read")
    if told.keys() == {"segments"}:
        return CutWish(segments=_segments(told["segments"]))
    if told.keys() != {"point_mm", "normal", "keeps"}:
        raise refuse_draft("is neither a plane nor a set of segments")
    if told["keeps"] not in (FRONT, BACK):
        raise refuse_draft("does not say which side stays")
    plane = CutPlane(read_place(told["point_mm"]), read_place(told["normal"]), FRAME)
    return CutWish(plane, told["keeps"] == FRONT)


def _segments(told: Any) -> tuple[str, ...]:
    if not isinstance(told, list) or not all(one in SEGMENTS for one in told):
        raise refuse_draft("names a segment that there is not")
    return tuple(sorted({*told}))
