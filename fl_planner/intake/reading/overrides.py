"""Structures of a label map that files of their own give too: the file counts, and how they differ.

Where the map draws something else it is said: a lesion that the map alone shows counts as liver.
"""

from collections.abc import Mapping, Sequence

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.shown import as_ml
from fl_planner.liver.names.structures import EXCLUDE
from fl_planner.liver.names.vessel_trees import VESSEL
from fl_planner.space.common_grid.lattice import bring_together, find_turn
from fl_planner.space.components import find_apart
from fl_planner.space.mask import Mask, unite

REMNANT = frozenset({"flr", "resected"})
APART_ML = 0.1  # of lesions that the map alone has; smaller specks are none [project's choice]
OTHER_ML, OTHER_PART = 1.0, 0.1  # what outlines of one thing may differ by [project's choice]


def settle(
    of_map: Mapping[str, Mask], files: Mapping[str, Sequence[Mask]]
) -> tuple[dict[str, Mask], tuple[Finding, ...]]:
    """Leave out what a file of its own gives too; the file wins, and a remnant over a resection.

    A remnant and a part to be removed are two words on one thing: a file with either leaves out
    both. `files` are the masks of the files by role. The liver is left: the two are compared.
    """
    kept, findings = dict(of_map), []
    for place, mask in of_map.items():
        own = REMNANT if place in REMNANT else {place, f"{VESSEL}{place.removeprefix(EXCLUDE)}"}
        by = own & files.keys()
        if not by or place == "liver":
            continue
        if place != "tumour":  # which is needed to fill the hole it leaves in the map's liver
            del kept[place]
        findings.append(_tell(place, mask, min(by), files[min(by)]))
    if kept.keys() >= REMNANT:
        mask = kept.pop("resected")
        message = (
            f"{mask.source}: holds a remnant (flr) and a part to be removed (resected); the "
            "remnant is used"
        )
        findings.append(Finding("labels.two_remnants", Severity.WARNING, message, mask.file))
    return kept, tuple(findings)


def _tell(place: str, mask: Mask, role: str, files: Sequence[Mask]) -> Finding:
    """Tell which of the two is used, and what the other has otherwise where that is no trifle."""
    message = f"{mask.source}: holds {place} too; the file given as {role} is used"
    other_ml = _measure_other(place, mask, role, files)
    if not other_ml:
        return Finding("labels.file_wins", Severity.INFO, message, mask.file)
    if place == "tumour":
        message += f", and {as_ml(other_ml)} that the map alone has as tumour count as liver"
        remedy = "give every file of the tumour (--tumour again), or take it out of the map"
    elif place in REMNANT:
        message += f", and the map has it otherwise by {as_ml(other_ml)}"
        remedy = "check which one is meant, and take the other out"
    else:
        message += f", and {as_ml(other_ml)} of the map's are left out"
        option = "--vessel" if role.startswith(VESSEL) else "--exclude"
        remedy = f"give it as a file too ({option} {place.removeprefix(EXCLUDE)}=FILE)"
    message = f"{message}: {remedy}"
    return Finding("labels.file_wins", Severity.WARNING, message, mask.file, other_ml, "mL")


def _measure_other(place: str, mask: Mask, role: str, files: Sequence[Mask]) -> float:
    """Measure in mL what a map draws and the files do not; 0 is a trifle.

    On two lattices volumes alone are held against each other, and a remnant against a part to be
    removed not at all.
    """
    if not all(_lies_on(mask, one) for one in files):
        if role != place:
            return 0.0
        difference_ml = mask.volume_ml - sum(one.volume_ml for one in files)
        return _unless_small(abs(difference_ml) if place in REMNANT else difference_ml, mask)
    ours, *theirs = bring_together((mask, *files))
    drawn = unite(theirs)
    if role != place:
        return _unless_small((ours & drawn).volume_ml, mask)
    missed = ours - drawn
    if place in REMNANT:
        return _unless_small(missed.volume_ml + (drawn - ours).volume_ml, mask)
    apart_ml = find_apart(ours, drawn).volume_ml if place == "tumour" else 0.0
    return missed.volume_ml if apart_ml > APART_ML else _unless_small(missed.volume_ml, mask)


def _unless_small(other_ml: float, mask: Mask) -> float:
    return other_ml if other_ml > max(OTHER_ML, OTHER_PART * mask.volume_ml) else 0.0


def _lies_on(mask: Mask, other: Mask) -> bool:
    """Whether two masks can be held against each other voxel by voxel."""
    ours, theirs = mask.grid, other.grid
    if ours.placed and theirs.placed:
        return find_turn(ours, theirs) is not None
    return ours == theirs
