"""Where vessel trees begin and where branches are cut, as people write it."""

from collections.abc import Iterable, Mapping
from math import isfinite

from fl_planner.basis.errors import InputRefused
from fl_planner.liver.names.vessel_trees import TREES, VEINS, TreeName
from fl_planner.liver.names.vessels import OF_LABEL, read_vessel
from fl_planner.liver.vessels.branch_cut import BranchCut
from fl_planner.space.grid import TO_RAS, Frame, Place

BRANCHES: Mapping[TreeName, tuple[str, ...]] = {tree: of[1:] for tree, of in VEINS.items()}
WRITE = "write portal=x,y,z or hepatic=x,y,z in mm, or portal=right_portal_vein"


def as_ras(place: Iterable[float], frame: Frame) -> Place:
    """Turn a place in mm to RAS+.

    Examples
    --------
    >>> as_ras((12.5, -30.0, 44.0), "LPS")
    (-12.5, 30.0, 44.0)
    """
    x, y, z = (sign * number + 0.0 for sign, number in zip(TO_RAS[frame], place, strict=True))
    return x, y, z


def parse_place(option: str, text: str, frame: Frame) -> Place:
    """Read x,y,z in mm.

    Raises `InputRefused`: `usage.wrong` naming the option.

    Examples
    --------
    >>> parse_place("--portal-root", "12.5, -30, 44", "RAS")
    (12.5, -30.0, 44.0)
    """
    place = numbers_in(text)
    if place is None:
        reason = f"{text!r} is no place of three numbers"
        raise InputRefused("usage.wrong", option, reason, "write x,y,z in mm, such as 12.5,-30,44")
    return as_ras(place, frame)


def parse_cut(text: str, frame: Frame) -> BranchCut:
    """Read a cut: TREE=x,y,z or TREE=NAME of a branch that is drawn by itself.

    Raises `InputRefused`: `usage.wrong`.

    Examples
    --------
    >>> parse_cut("hepatic=MHV", "RAS").branch, parse_cut("portal=1,2,3", "LPS").at_mm
    ('middle_hepatic_vein', (-1.0, -2.0, 3.0))
    """
    tree, _, where = text.partition("=")
    for known in TREES:
        if tree.strip() == known and where.strip():
            place = numbers_in(where)
            if place is not None:
                return BranchCut(known, as_ras(place, frame))
            if (branch := read_branch(known, where)) is not None:
                return BranchCut(known, branch=branch)
            reason = f"{text!r} names no place and no branch of the {known} veins"
            remedy = f"{WRITE}; branches are {', '.join(BRANCHES[known])}"
            raise InputRefused("usage.wrong", "--cut", reason, remedy)
    raise InputRefused("usage.wrong", "--cut", f"{text!r} names no tree and place", WRITE)


def read_branch(tree: TreeName, name: str) -> str | None:
    """Read the name of a branch of a tree; None where it is that of none, or with a label.

    Examples
    --------
    >>> read_branch("portal", "RPV"), read_branch("portal", "RHV"), read_branch("portal", "RPV#2")
    ('right_portal_vein', None, None)
    """
    branch = None if OF_LABEL in name else read_vessel(name)
    return branch if branch in BRANCHES[tree] else None


def numbers_in(text: str) -> tuple[float, ...] | None:
    """Read three finite numbers; None where a text is something else."""
    try:
        numbers = tuple(float(part) for part in text.split(","))
    except ValueError:
        return None
    return numbers if len(numbers) == 3 and all(map(isfinite, numbers)) else None
