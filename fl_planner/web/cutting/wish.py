"""What the page asks of a draft cut: a plane and the side that stays, or segments that stay."""

from __future__ import annotations

import json
from dataclasses import dataclass
from sys import float_info
from typing import Any

from fl_planner.basis.errors import InputRefused
from fl_planner.liver.anatomy import SEGMENTS
from fl_planner.liver.cut_plane import CutPlane
from fl_planner.space.cut.half_space import Place
from fl_planner.space.grid import Frame

FRAME: Frame = "RAS"  # of the page: as its cuts are lettered
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


def read_told(text: str) -> Any:
    """Read what the page sent as JSON; None where it cannot be read, as from no page of ours."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def read_wish(text: str) -> CutWish:
    """Read a draft: `{"point_mm", "normal", "keeps"}` in RAS+ mm, or `{"segments"}`.

    Raises `InputRefused`: `page.draft`; `cut.no_plane`.
    """
    told = read_told(text)
    if not isinstance(told, dict):
        raise _refuse("cannot be read")
    if told.keys() == {"segments"}:
        return CutWish(segments=_segments(told["segments"]))
    if told.keys() != {"point_mm", "normal", "keeps"}:
        raise _refuse("is neither a plane nor a set of segments")
    if told["keeps"] not in (FRONT, BACK):
        raise _refuse("does not say which side stays")
    plane = CutPlane(read_place(told["point_mm"]), read_place(told["normal"]), FRAME)
    return CutWish(plane, told["keeps"] == FRONT)


def _segments(told: Any) -> tuple[str, ...]:
    if not isinstance(told, list) or not all(one in SEGMENTS for one in told):
        raise _refuse("names a segment that there is not")
    return tuple(sorted({*told}))


def read_place(told: Any) -> Place:
    """Read a place or a direction: three finite numbers; true and false are none."""
    if not isinstance(told, list) or len(told) != 3 or not all(map(_is_number, told)):
        raise _refuse("has a place that is not three numbers")
    x, y, z = map(float, told)
    return x, y, z


def _is_number(one: Any) -> bool:
    counts = isinstance(one, int | float) and not isinstance(one, bool)
    return counts and abs(one) <= float_info.max  # a whole number may be beyond any float


def _refuse(reason: str) -> InputRefused:
    return InputRefused("page.draft", "draft cut", reason, "reload the page, and cut again")
