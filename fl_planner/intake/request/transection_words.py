"""Planes and wedges as people write them."""

from collections.abc import Sequence

from fl_planner.basis.errors import InputRefused
from fl_planner.intake.request.vessel_words import numbers_in
from fl_planner.liver.cut_plane import CutPlane
from fl_planner.liver.transection import Wedges
from fl_planner.space.grid import Frame, Place

ALL = "all"
WRITE = 'write a point and a normal, "x,y,z;a,b,c", or three points, "x,y,z;x,y,z;x,y,z", in mm'


def parse_plane(text: str, frame: Frame) -> CutPlane:
    """Read a point and a normal, or three points that run anticlockwise seen from what stays.

    Raises `InputRefused`: `usage.wrong`, and as `CutPlane`.

    Examples
    --------
    >>> parse_plane("25,0,0; 1,0,0", "RAS").normal
    (1.0, 0.0, 0.0)
    >>> parse_plane("0,0,5;1,0,5;0,1,5", "RAS").normal
    (0.0, 0.0, 1.0)
    """
    places = [numbers_in(part) for part in text.split(";")]
    told = [(place[0], place[1], place[2]) for place in places if place is not None]
    if len(told) != len(places) or len(told) not in (2, 3):
        raise InputRefused("usage.wrong", "--plane", f"{text!r} is no plane", WRITE)
    return lay_plane(told, frame)


def lay_plane(places: Sequence[Place], frame: Frame) -> CutPlane:
    """Lay a plane by a point and its normal, or through three points."""
    if len(places) == 2:
        return CutPlane(places[0], places[1], frame)
    return CutPlane.through(places, frame)


def parse_wedges(text: str, margin_mm: float | None) -> Wedges:
    """Read the numbers of lesions that go, or `all`.

    Raises `InputRefused`: `usage.wrong`, and as `Wedges`.

    Examples
    --------
    >>> parse_wedges("1, 3", None).lesions, parse_wedges("all", 5.0)
    ((1, 3), Wedges(lesions=(), margin_mm=5.0))
    """
    if text.strip().casefold() == ALL:
        return Wedges((), margin_mm)
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdigit() for part in parts):
        reason = f"{text!r} names no lesions"
        raise InputRefused("usage.wrong", "--wedge", reason, f"write 1,3, or {ALL}")
    return Wedges(tuple(map(int, parts)), margin_mm)
