"""Parse planes, wedges, roots and cuts given as options, and write them as TOML."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import isfinite

from fl_planner.basis.exact_text import NUMBER
from fl_planner.basis.findings import InputRefused
from fl_planner.given.toml import as_toml
from fl_planner.liver.cut_plane import CutPlane
from fl_planner.liver.cut_surface import CutSurface
from fl_planner.liver.names.exclusions import OF_LABEL, read_vessel
from fl_planner.liver.names.structures import TREES, VEINS, TreeName
from fl_planner.liver.vessels.branch_cut import BranchCut
from fl_planner.space.grid import TO_RAS, Frame, Place

BRANCHES: Mapping[TreeName, tuple[str, ...]] = {tree: of[1:] for tree, of in VEINS.items()}
WRITE_VESSELS = "write portal=x,y,z or hepatic=x,y,z in mm, or portal=right_portal_vein"


def as_ras(place: Iterable[float], frame: Frame) -> Place:
    """Convert a point in mm to RAS+.

    Examples
    --------
    >>> as_ras((12.5, -30.0, 44.0), "LPS")
    (-12.5, 30.0, 44.0)
    """
    x, y, z = (sign * number + 0.0 for sign, number in zip(TO_RAS[frame], place, strict=True))
    return x, y, z


def parse_place(option: str, text: str, frame: Frame) -> Place:
    """Parse x,y,z in mm.

    Raises `InputRefused`: `usage.wrong` naming the option.

    Examples
    --------
    >>> parse_place("--portal-root", "12.5, -30, 44", "RAS")
    (12.5, -30.0, 44.0)
    """
    if (place := numbers_in(text)) is None:
        reason = f"{text!r} does not give a point as three numbers"
        raise InputRefused("usage.wrong", option, reason, "write x,y,z in mm, such as 12.5,-30,44")
    return as_ras(place, frame)


def parse_cut(text: str, frame: Frame) -> BranchCut:
    """Parse a cut: TREE=x,y,z, or TREE=NAME of a branch with a mask.

    Raises `InputRefused`: `usage.wrong`.

    Examples
    --------
    >>> parse_cut("hepatic=MHV", "RAS").branch, parse_cut("portal=1,2,3", "LPS").at_mm
    ('middle_hepatic_vein', (-1.0, -2.0, 3.0))
    """
    tree, _, where = text.partition("=")
    for known in TREES:
        if tree.strip() == known and where.strip():
            if (place := numbers_in(where)) is not None:
                return BranchCut(known, as_ras(place, frame))
            if (branch := read_branch(known, where)) is not None:
                return BranchCut(known, branch=branch)
            reason = f"{text!r} is neither a point nor a branch of the {known} veins"
            remedy = f"{WRITE_VESSELS}; branches are {', '.join(BRANCHES[known])}"
            raise InputRefused("usage.wrong", "--cut", reason, remedy)
    raise InputRefused("usage.wrong", "--cut", f"{text!r} is not TREE=POINT", WRITE_VESSELS)


def read_branch(tree: TreeName, name: str) -> str | None:
    """Read the name of a branch of a tree; None for any other name, and for one with a label.

    Examples
    --------
    >>> read_branch("portal", "RPV"), read_branch("portal", "RHV"), read_branch("portal", "RPV#2")
    ('right_portal_vein', None, None)
    """
    branch = None if OF_LABEL in name else read_vessel(name)
    return branch if branch in BRANCHES[tree] else None


def numbers_in(text: str) -> tuple[float, ...] | None:
    """Parse three finite numbers; None for any other text."""
    parts = [part.strip() for part in text.split(",")]
    if not all(map(NUMBER.fullmatch, parts)):
        return None
    numbers = tuple(map(float, parts))
    return numbers if len(numbers) == 3 and all(map(isfinite, numbers)) else None


ALL = "all"
WRITE_PLANES = (
    'write a point and a normal, "x,y,z;a,b,c", or three points, "x,y,z;x,y,z;x,y,z", in mm'
)


def parse_plane(text: str, frame: Frame) -> CutPlane:
    """Parse a point and a normal, or three points, anticlockwise as seen from the remnant.

    Raises `InputRefused`: `usage.wrong`; see also `CutPlane`.

    Examples
    --------
    >>> parse_plane("25,0,0; 1,0,0", "RAS").normal
    (1.0, 0.0, 0.0)
    >>> parse_plane("0,0,5;1,0,5;0,1,5", "RAS").normal
    (0.0, 0.0, 1.0)
    """
    places = [numbers_in(part) for part in text.split(";")]
    parsed = [(place[0], place[1], place[2]) for place in places if place is not None]
    if len(parsed) != len(places) or len(parsed) not in (2, 3):
        raise InputRefused("usage.wrong", "--plane", f"{text!r} is not a plane", WRITE_PLANES)
    return build_plane(parsed, frame)


def build_plane(places: Sequence[Place], frame: Frame) -> CutPlane:
    """Return the plane of a point and a normal, or through three points."""
    if len(places) == 2:
        return CutPlane(places[0], places[1], frame)
    return CutPlane.through(places, frame)


def parse_lesions(text: str) -> tuple[int, ...]:
    """Parse the numbers of removed lesions; empty for `all`.

    Raises `InputRefused`: `usage.wrong`.

    Examples
    --------
    >>> parse_lesions("1, 3"), parse_lesions("all")
    ((1, 3), ())
    """
    if text.strip().casefold() == ALL:
        return ()
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdigit() for part in parts):
        reason = f"{text!r} is not a list of lesion numbers"
        raise InputRefused("usage.wrong", "--wedge", reason, f"write 1,3 or {ALL}")
    return tuple(map(int, parts))


def write_cut(cut: BranchCut) -> str:
    """Write a divided branch as TOML, its point exact and in RAS+.

    Examples
    --------
    >>> write_cut(BranchCut("portal", (84.0, 30.0625, -22.1)))
    '{ tree = "portal", at_mm = [84.0, 30.0625, -22.1], frame = "RAS" }'
    """
    if cut.at_mm is None:
        return f"{{ tree = {as_toml(cut.tree)}, branch = {as_toml(cut.branch or '')} }}"
    return f'{{ tree = {as_toml(cut.tree)}, at_mm = {write_place(cut.at_mm)}, frame = "RAS" }}'


def write_plane(plane: CutPlane) -> str:
    """Write a cutting plane as TOML, in RAS+."""
    point, normal = map(write_place, plane.in_ras())
    return f'{{ point_mm = {point}, normal = {normal}, frame = "RAS" }}'


def write_surface(surface: CutSurface) -> str:
    """Write a curved surface as TOML, in RAS+."""
    places, normal = surface.in_ras()
    points = ", ".join(map(write_place, places))
    return f'{{ points_mm = [{points}], normal = {write_place(normal)}, frame = "RAS" }}'


def write_place(place: Place) -> str:
    """Write a point as TOML, exact."""
    return f"[{', '.join(map(repr, place))}]"
