"""The values of a plane on the page: its distance from the middle of the liver, and two angles."""

from __future__ import annotations

import math
from operator import mul
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fl_planner.space.frame import Place

ANGLES, TURN = ("turn", "tilt"), math.radians(2)


def turn_normal(normal: Place, angle: str, by: float) -> Place:
    """Return a normal turned about the head-foot axis (`turn`), or towards the head (`tilt`).

    - `by`: the angle in radians; both angles are those of the sliders of the page.

    Examples
    --------
    >>> [round(one, 2) for one in turn_normal((1.0, 0.0, 0.0), "turn", math.pi / 2)]
    [0.0, 1.0, 0.0]
    >>> [round(one, 2) for one in turn_normal((0.0, 1.0, 0.0), "tilt", math.pi / 6)]
    [0.0, 0.87, 0.5]
    """
    x, y, z = normal
    turn, tilt = math.atan2(y, x), math.atan2(z, math.hypot(x, y))
    turn, tilt = (turn + by, tilt) if angle == "turn" else (turn, tilt + by)
    return math.cos(tilt) * math.cos(turn), math.cos(tilt) * math.sin(turn), math.sin(tilt)


def turn_plane(
    plane: tuple[Place, Place], middle: Place, angle: str, by: float
) -> tuple[list[float], list[float]]:
    """Return point and normal of a turned plane, at the same distance from the middle of the liver.

    - `plane`: its point and normal, in mm. - `angle`, `by`: see `turn_normal`.

    Examples
    --------
    >>> plane = turn_plane(((5, 0, 0), (1, 0, 0)), (0, 0, 0), "turn", math.pi / 2)
    >>> [[round(one, 2) for one in place] for place in plane]
    [[5.0, 5.0, 0.0], [0.0, 1.0, 0.0]]
    """
    point, normal = plane
    turned = turn_normal(normal, angle, by)
    away = [one - other for one, other in zip(point, middle, strict=True)]
    before, after = (sum(map(mul, away, way)) for way in (normal, turned))
    shift = before / math.hypot(*normal) - after
    return [one + shift * way for one, way in zip(point, turned, strict=True)], [*turned]
