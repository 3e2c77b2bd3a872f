"""Check the reliability of vessel trees and of their cuts: sides, overlap and orientation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.plain_text import format_count
from fl_planner.basis.shown import Share, as_ml, as_number
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.mask_faults import warn
from fl_planner.liver.names.structures import TREES, TreeName
from fl_planner.liver.vessels.limits import DOUBT
from fl_planner.liver.vessels.supply.loss import TreeQuality
from fl_planner.liver.vessels.supply.nearest_branch import LiverCells, Nearest
from fl_planner.liver.vessels.supply.supply_tree import AskedCut, SupplyTree
from fl_planner.liver.vessels.tree.cut import MOVED_MM
from fl_planner.liver.vessels.tree.entry import (
    LiverEntry,
    find_entry,
    find_stopped_parts,
    measure_neck_mm,
)
from fl_planner.liver.vessels.tree.roots import WORDS, Roots, list_ends
from fl_planner.liver.vessels.tree.tree import (
    AS_FAR_MM,
    BRIDGE_MM,
    MOST_LOST,
    VesselTree,
    format_place,
)
from fl_planner.space.components import find_near
from fl_planner.space.distance import measure_centre_mm
from fl_planner.space.grid import Grid
from fl_planner.space.mask import Mask, unite

REACH_MM = 30.0  # from the vessels, within which liver counts as reached [project's choice]
LEAST_REACH = Share(80, 100)  # of the non-tumorous liver [project's choice]
# A portal trunk of 6 mm radius has 1 mL in 9 mm of length. Masks clipped to the liver, as automatic
# segmentation gives them, have hardly any of it; their cuts were wrong by 16 to 58 points of the
# liver in 7 of 9 cases on people.
LEAST_OUTSIDE_ML = 1.0  # of a tree outside the liver [project's choice]
LEAST_NECK_MM = 3.0  # radius at which it leaves the liver [project's choice]
LEAST_PART = Share(5, 100)  # of the voxels of a tree, in a part that is named [project's choice]
LARGE_PARTS = 10  # that may be joined, whatever their size [project's choice]
MOST_SCATTERED = Share(20, 100)  # of the voxels, in other joined parts [project's choice]
MOST_OF_LIVER = Fraction(20, 100)  # largest size of a tree [project's choice]


def find_too_large(masks: Iterable[Mask], trees: Sequence[TreeName], liver: int) -> Finding | None:
    """Find vessels of one tree, or of both, that are implausibly large.

    This is checked before a tree is grown, which takes 0.7 KiB per voxel; an inverted mask has as
    many voxels as the image.

    - `liver`: voxels of the non-tumorous liver.
    """
    drawn = [*masks]
    most = MOST_OF_LIVER * len(trees)
    if sum(one.voxel_count for one in drawn) <= most * liver:
        return None
    vessel = unite(drawn)
    size = Fraction(vessel.voxel_count, liver)  # above 1 for an inverted mask
    if size <= most:
        return None
    names, percent = " and ".join(trees), float(100 * size)
    message = (
        f"the {names} veins occupy {as_number(100 * size, (100 * most,), 0)} % of the liver (at "
        f"most {float(100 * most):.0f} % accepted): territories of the {names} tree are not given"
    )
    return warn("vessels.too_large", vessel, message, percent, "%")


def judge_tree(
    tree: VesselTree, roots: Roots, nearest: Nearest, cells: LiverCells, organ: Mask
) -> tuple[TreeQuality, tuple[Finding, ...]]:
    """Assess whether a tree is suitable for territories: complete, and near all of the liver.

    - `organ`: the liver with its lesions; a complete tree continues outside it.
    """
    voxels, entry = cells.voxels, find_entry(tree, organ)
    vessel, lost = tree.drawn.vessel, tree.lost_voxels
    reached = int(voxels[nearest.distance_mm <= REACH_MM + AS_FAR_MM].sum())
    reach = Share(reached, int(voxels.sum()))
    if (refused := _refuse(tree, vessel, lost, reach)) is None:
        refused = _refuse_clipped(tree, vessel, entry)
    quality = TreeQuality(
        tree.name,
        tree.sources,
        vessel.voxel_count,
        tree.pieces,
        int(np.count_nonzero(tree.bridged)),
        lost,
        reach,
        tree.roots_mm(),
        roots.given,
        None if refused is None else refused.message,
        entry.mean_mm,
    )
    notes: tuple[Finding, ...] = () if refused is None else (refused,)
    if refused is None:
        notes = (*_report_parts(tree, vessel, lost), *_find_clipped_parts(tree, organ))
    return quality, (*roots.findings, *notes)


def _refuse(tree: VesselTree, vessel: Mask, lost: int, reach: Share) -> Finding | None:
    none = f"territories of the {tree.name} tree are not given"
    if (parts := _refuse_parts(tree, vessel, lost)) is not None:
        return parts
    if reach.fraction < LEAST_REACH.fraction:
        message = (
            f"{_round(reach, LEAST_REACH)} % of the liver is within {REACH_MM:g} mm of the "
            f"{tree.name} veins (at least {LEAST_REACH.percent:.0f} % required): {none}"
        )
        return warn("vessels.sparse", vessel, message, reach.percent, "%")
    return None


def _refuse_parts(tree: VesselTree, vessel: Mask, lost: int) -> Finding | None:
    none = f"territories of the {tree.name} tree are not given"
    share = Share(lost, vessel.voxel_count)
    if share.fraction > MOST_LOST.fraction:
        message = (
            f"{_round(share, MOST_LOST)} % of the {tree.name} veins is in parts more than "
            f"{BRIDGE_MM:g} mm from their tree (at most {MOST_LOST.percent:.0f} % accepted): {none}"
        )
        return warn("vessels.in_pieces", vessel, message, share.percent, "%")
    # the connection over each gap is a guess; a few large parts can be checked one by one
    sizes = np.sort(np.bincount(tree.parts[tree.bridged]))
    share = Share(int(sizes[:-LARGE_PARTS].sum()), vessel.voxel_count)
    if share.fraction > MOST_SCATTERED.fraction:
        message = (
            f"{_round(share, MOST_SCATTERED)} % of the {tree.name} veins is in small parts joined "
            f"across gaps, not counting the {LARGE_PARTS} largest of these parts (at most "
            f"{MOST_SCATTERED.percent:.0f} % accepted): {none}"
        )
        return warn("vessels.scattered", vessel, message, share.percent, "%")
    return None


def _round(share: Share, limit: Share) -> str:
    """Round a share to whole percent, with more decimals if it would reach the limit."""
    return as_number(100 * share.fraction, (100 * limit.fraction,), 0)


def _refuse_clipped(tree: VesselTree, vessel: Mask, entry: LiverEntry) -> Finding | None:
    """Refuse a tree that ends at the surface of the liver, without its trunk or vena cava."""
    if not tree.own.all():  # a drawn end touches it
        return None
    neck_mm = measure_neck_mm(tree, entry)
    if entry.outside_ml >= LEAST_OUTSIDE_ML and neck_mm >= LEAST_NECK_MM:
        return None
    _, end = WORDS[tree.name]
    ml, radius = as_ml(entry.outside_ml), as_number(neck_mm, (Fraction(LEAST_NECK_MM),))
    seen = f"{ml} of the tree continues outside the liver"
    if entry.outside_ml >= LEAST_OUTSIDE_ML:
        seen = f"the tree leaves the liver with a radius of {radius} mm"
    message = (
        f"the {tree.name} veins end at the liver surface ({seen}; at least "
        f"{LEAST_OUTSIDE_ML:g} mL and {LEAST_NECK_MM:g} mm required), and no {end} that touches "
        "them was drawn. Their first-order branches may be missing, and territories of the "
        f"{tree.name} tree are not given"
    )
    return warn("vessels.clipped", vessel, message, entry.outside_ml, "mL")


def _find_clipped_parts(tree: VesselTree, organ: Mask) -> Iterator[Finding]:
    """Find large parts that end at the surface of the liver, as clipped veins do."""
    vessel, graph = tree.drawn.vessel, tree.graph
    for part in find_stopped_parts(tree, organ):
        if part.voxels * LEAST_PART.denominator_voxels < (
            LEAST_PART.numerator_voxels * vessel.voxel_count
        ):
            continue
        x, y, z = (round(one) + 0.0 for one in graph.places_mm[part.node].tolist())
        ml = part.voxels * graph.grid.voxel_ml
        message = (
            f"a part of the {tree.name} veins ({as_ml(ml)}) ends at the liver surface, at "
            f"{format_place((x, y, z))}. It was connected over a gap of {part.gap_mm:.1f} mm and "
            "may belong to another branch"
        )
        yield warn("vessels.part_clipped", vessel, message, ml, "mL")


def _report_parts(tree: VesselTree, vessel: Mask, lost: int) -> tuple[Finding, ...]:
    """Report the parts joined over gaps, and those left out."""
    bridged, pieces = int(np.count_nonzero(tree.bridged)), tree.pieces
    if not (bridged or lost):
        return ()
    joined, left_out = (100 * voxels / vessel.voxel_count for voxels in (bridged, lost))
    message = (
        f"{vessel.source}: the {tree.name} veins were drawn in {format_count(pieces, 'part')}; "
        f"{joined:.1f} % was joined across gaps of at most {BRIDGE_MM:g} mm, and {left_out:.1f} % "
        "was omitted"
    )
    many = bridged > MOST_LOST.fraction * vessel.voxel_count
    level = Severity.WARNING if many else Severity.INFO
    return (Finding("vessels.joined", level, message, vessel.file, float(pieces), "parts"),)


ALL = Fraction(95, 100)  # of the liver, beyond a cut of the whole tree [project's choice]


def find_odd_places(asked: AskedCut, supply: SupplyTree, anatomy: Anatomy) -> Iterator[Finding]:
    """Find a cut in a lesion, before all branches of a tree, or at a fork."""
    loss, tumour, tree = asked.loss, anatomy.tumour, supply.tree
    cut = f"cut {asked.number} ({tree.name} veins)"
    if tumour is not None and loss.node is not None and tree.graph.held_by(tumour)[loss.node]:
        message = f"{cut} is in the tumour: it passes through a lesion"
        yield Finding("vessels.cut_in_lesion", Severity.WARNING, message)
    lost, alone = (
        int(supply.cells.voxels[supply.nearest.cells_of(nodes)].sum())
        for nodes in (loss.beyond, loss.farther)
    )
    whole = int(supply.cells.voxels.sum())
    if loss.beyond[tree.supplies].all() or lost > ALL * whole:
        message = (
            f"{cut} removes the whole tree: it is at the root or before all branches, or the "
            "mask of the branch includes the root"
        )
        yield Finding("vessels.cut_at_root", Severity.WARNING, message)
    if loss.forks and lost - alone > DOUBT * whole:
        both, one = (as_ml(voxels * anatomy.liver.grid.voxel_ml) for voxels in (lost, alone))
        message = (
            f"{cut} is at a fork or less than {MOVED_MM:g} mm before it: {both} of liver is beyond "
            f"the cut, but only {one} belongs to the branch nearest to the point. Move the point "
            "into this branch if only this branch is intended"
        )
        yield Finding("vessels.cut_at_fork", Severity.WARNING, message)


def find_needless(asked: Sequence[AskedCut]) -> Iterator[Finding]:
    """Find cuts that remove nothing in addition to others; of two identical cuts, the later."""
    for one in asked:
        left = one.loss.beyond.copy()
        for other in asked:
            if other.cut.tree != one.cut.tree or other is one:
                continue
            alike = np.array_equal(other.loss.beyond, one.loss.beyond)
            if not alike or other.number < one.number:
                left &= ~other.loss.beyond
        if left.any():
            continue
        joined = one.loss.beyond.any()
        why = (
            "other cuts already remove this part of the liver"
            if joined
            else "this branch is not connected to the root"
        )
        message = f"cut {one.number} ({one.cut.tree} veins) removes no additional liver: {why}"
        yield Finding("vessels.cut_needless", Severity.WARNING, message)


HALF = 2  # more than 1 in 2 voxels are not merely a common rim or stem [project's choice]


def find_mistaken(
    anatomy: Anatomy, trees: Mapping[TreeName, Mapping[str, Mask]]
) -> dict[TreeName, Finding]:
    """Find trees of unclear identity, for which territories are not given.

    More than half of such a tree is also trunk or vena cava, or more than half of the smaller of
    two trees is also the other one.
    """
    drawn = {name: unite(masks.values()) for name, masks in trees.items()}
    found: dict[TreeName, Finding] = {}
    if len(drawn) == len(TREES):
        for shared in _find_shared(*(drawn[name] for name in TREES)):
            found = {
                name: replace(
                    shared, file=vessel.file, message=f"{vessel.source}: {shared.message}"
                )
                for name, vessel in drawn.items()
            }
    for name, vessel in drawn.items():
        for within in _find_within(name, vessel, anatomy):
            found[name] = within
    return found


def _find_shared(portal: Mask, hepatic: Mask) -> Iterator[Finding]:
    shared = portal & hepatic
    smaller = min(portal, hepatic, key=lambda mask: mask.voxel_count)
    if HALF * shared.voxel_count > smaller.voxel_count:
        message = (
            f"{as_ml(shared.volume_ml)} of the {as_ml(smaller.volume_ml)} of the smaller tree is "
            f"in both portal and hepatic veins ({portal.source}, {hepatic.source}): territories of "
            "neither tree are given"
        )
        yield Finding("vessels.shared", Severity.WARNING, message, None, shared.volume_ml, "mL")


def _find_within(name: TreeName, vessel: Mask, anatomy: Anatomy) -> Iterator[Finding]:
    """Find the trunk or vena cava, of either tree, that contains most of a tree."""
    for end in (end for tree in TREES for end in list_ends(tree, anatomy)):
        shared = vessel & end
        if HALF * shared.voxel_count > vessel.voxel_count:
            message = (
                f"{as_ml(shared.volume_ml)} of {as_ml(vessel.volume_ml)} of the {name} veins is "
                f"also drawn as {end.name.replace('_', ' ')} ({end.source}), although only the "
                "start of a tree is in the trunk or vena cava: territories of the "
                f"{name} tree are not given"
            )
            yield warn("vessels.within_root", vessel, message, shared.volume_ml, "mL")
            return


RIGHT_TO_LEFT = (  # the first of each pair is to the right of the second in every patient
    ("right_hepatic_vein", "middle_hepatic_vein"),
    ("right_hepatic_vein", "left_hepatic_vein"),
    ("middle_hepatic_vein", "left_hepatic_vein"),
    ("right_portal_vein", "left_portal_vein"),
    ("right_anterior_portal_vein", "left_portal_vein"),
    ("right_posterior_portal_vein", "left_portal_vein"),
)
SHARED = 5  # of the smaller, up to 1 in 5 voxels are a common stem [project's choice]


def find_misplaced_branches(vessels: Mapping[str, Mask]) -> Iterator[Finding]:
    """Find branches on the wrong side of another: mirrored, or with swapped names.

    The centres of both are compared along the patient's left-right axis, if the masks give it.
    """
    for right, left in _list_pairs(vessels):
        if not right.grid.placed:
            continue
        beyond_mm = float(measure_centre_mm(left)[0] - measure_centre_mm(right)[0])
        if beyond_mm > 0:
            message = (
                f"the {_name(right)} is {beyond_mm:.0f} mm to the left of the {_name(left)} "
                f"({left.source}): check whether a file is mirrored, or names were swapped. A cut "
                "specified by a vessel name uses the veins as drawn"
            )
            yield warn("vessels.side", right, message, beyond_mm, "mm")


def find_shared_branches(vessels: Mapping[str, Mask]) -> Iterator[Finding]:
    """Find right, middle and left branches that overlap considerably."""
    for one, other in _list_pairs(vessels):
        shared = one & other
        if SHARED * shared.voxel_count > min(one.voxel_count, other.voxel_count):
            message = (
                f"{as_ml(shared.volume_ml)} of the {_name(other)} ({other.source}) is also drawn "
                f"as {_name(one)}: check which file is correct"
            )
            yield warn("overlap.veins", one, message, shared.volume_ml, "mL")


def find_exchanged_trees(quality: Iterable[TreeQuality], grid: Grid) -> Iterator[Finding]:
    """Find trees that enter the liver in the wrong order, due to swapped masks or a wrong root.

    Hepatic veins leave the liver under the diaphragm, cranial to the hilum in every patient. The
    mean points of entry are compared along the patient's axis; a trunk or vena cava may be drawn
    far in either direction.
    """
    begin = {one.tree: one.entry_mm[2] for one in quality if one.entry_mm is not None}
    if grid.placed and len(begin) == len(TREES) and begin["hepatic"] < begin["portal"]:
        below_mm = begin["portal"] - begin["hepatic"]
        message = (
            f"the hepatic veins leave the liver {below_mm:.0f} mm below the entry of the portal "
            "vein; in every patient, their exit is above this entry: check whether masks or roots "
            "were swapped"
        )
        yield Finding("vessels.exchanged", Severity.WARNING, message, None, below_mm, "mm")


def find_trees_at_other_ends(
    masks: Mapping[TreeName, Mapping[str, Mask]], anatomy: Anatomy
) -> Iterator[Finding]:
    """Find trees each of which touches the trunk or vena cava of the other more than its own.

    The order in which they enter the liver does not show this, as each tree is joined to its own
    trunk or vena cava.
    """
    ends = {tree: list_ends(tree, anatomy) for tree in TREES}
    if not all(tree in masks and ends[tree] for tree in TREES):
        return
    veins = {tree: unite(masks[tree].values()) for tree in TREES}
    touching = {
        (tree, of): find_near(veins[tree], unite(ends[of])).voxel_count
        for tree in TREES
        for of in TREES
    }
    if all(touching[one, other] > touching[one, one] for one, other in (TREES, TREES[::-1])):
        message = (
            "the portal veins touch the drawn vena cava more than the trunk, and the hepatic veins "
            "the trunk more than the vena cava: check whether the masks were swapped"
        )
        yield Finding("vessels.exchanged", Severity.WARNING, message)


def _list_pairs(vessels: Mapping[str, Mask]) -> list[tuple[Mask, Mask]]:
    pairs = [(vessels[a], vessels[b]) for a, b in RIGHT_TO_LEFT if a in vessels and b in vessels]
    return [(a, b) for a, b in pairs if a.voxel_count and b.voxel_count]


def _name(vessel: Mask) -> str:
    return vessel.name.replace("_", " ")
