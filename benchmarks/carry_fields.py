"""Ten ways to bend a liver, as formulas: places of the bent one to those of the one at rest."""

from collections.abc import Callable
from functools import partial

import numpy as np
import numpy.typing as npt

Places = npt.NDArray[np.float64]  # (N, 3), RAS mm
Field = Callable[[Places, Places, Places], Places]  # places, the liver's middle, the remnant's


def _turned(degrees: float, axis: int) -> Places:
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    a, b = [(1, 2), (2, 0), (0, 1)][axis]
    turn = np.eye(3)
    turn[a, a] = turn[b, b] = c
    turn[a, b], turn[b, a] = -s, s
    return turn


def shift_turn(
    at: Places, middle: Places, _: Places, *, shift: Places, degrees: tuple[float, float, float]
) -> Places:
    """Shift, and turn about each axis through the liver's middle."""
    turn = np.eye(3)
    for axis, angle in enumerate(degrees):
        turn = turn @ _turned(angle, axis)
    there: Places = (at - middle - shift) @ turn + middle
    return there


def wave(at: Places, middle: Places, _: Places, *, mm: float, length_mm: float) -> Places:
    """Bend by a sine along each axis, that runs along another."""
    along = (at - middle)[:, (1, 2, 0)]
    there: Places = at + mm * np.sin(2 * np.pi * along / length_mm + (0.4, 1.3, 2.1))
    return there


def breath(at: Places, middle: Places, _: Places, *, mm: float) -> Places:
    """Push the dome down more than the rest, as breathing does: most 60 mm above the middle."""
    down = mm / (1 + np.exp(-(at[:, 2] - middle[2]) / 30.0))
    there: Places = at + np.stack([0.2 * down, 0.3 * down, down], axis=1)
    return there


def growth(at: Places, middle: Places, remnant: Places, *, grow: float, shrink: float) -> Places:
    """Let the remnant grow about its middle, and the rest shrink about a place in it."""
    rest = 2 * middle - remnant
    away, other = at - remnant, at - rest
    near = np.exp(-(away**2).sum(axis=1) / (2 * 70.0**2))[:, None]
    far = np.exp(-(other**2).sum(axis=1) / (2 * 60.0**2))[:, None]
    there: Places = at - grow * near * away + shrink * far * other
    return there


def both(at: Places, middle: Places, remnant: Places, *, first: Field, then: Field) -> Places:
    """Take places through one field and then through another."""
    return then(first(at, middle, remnant), middle, remnant)


_SHIFT = np.array((18.2, -11.9, 14.9))
_STILL = np.zeros(3)
_MOVED: Field = partial(shift_turn, shift=_SHIFT, degrees=(4.0, -3.0, 7.0))
_GROWN: Field = partial(growth, grow=0.16, shrink=0.1)
FIELDS: dict[str, Field] = {
    "shift 26 mm": partial(shift_turn, shift=_SHIFT, degrees=(0.0, 0.0, 0.0)),
    "turn 10 degrees": partial(shift_turn, shift=_STILL, degrees=(0.0, 0.0, 10.0)),
    "shift and turn": _MOVED,
    "wave 4 mm": partial(wave, mm=4.0, length_mm=140.0),
    "wave 7 mm": partial(wave, mm=7.0, length_mm=160.0),
    "breath 15 mm": partial(breath, mm=15.0),
    "FLR grows a little": partial(growth, grow=0.08, shrink=0.05),
    "FLR grows much": _GROWN,
    "FLR grows, shift": partial(both, first=_MOVED, then=_GROWN),
    "FLR grows, breath": partial(both, first=partial(breath, mm=10.0), then=_GROWN),
}
