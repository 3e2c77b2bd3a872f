"""What the six public vessel masks tell: `python -m benchmarks.public_vessels [../shared/data]`.

Each is one label of portal and hepatic veins, so it is read as one tree that begins at its thickest
place: its parts, what was joined and left out, and whether it would tell territories. Forty voxels
of each are cut, to see how often two readings differ. Where a map of Couinaud segments lies beside
it, the liver nearest to vessels in V to VIII is set against these segments, whatever the tree's
quality: that needs no root. Given as one label for all veins, each is divided from the thickest
voxels of its two largest parts. Prints the tables of `docs/vessels.md`.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fl_planner.formats.read import read_image
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.segments.territories import map_territories
from fl_planner.liver.vessels.branch_cut import BranchCut
from fl_planner.liver.vessels.quality import LEAST_REACH
from fl_planner.liver.vessels.supply.nearest_branch import cut_in_cells
from fl_planner.liver.vessels.supply.territories import find_node_bits, list_segment_cells
from fl_planner.liver.vessels.tree.entry import find_entry, measure_neck_mm
from fl_planner.liver.vessels.tree.roots import determine_roots
from fl_planner.liver.vessels.tree.tree import DrawnTree, grow_tree
from fl_planner.liver.vessels.trees import build_trees
from fl_planner.space.mask import Mask

CASES = {
    "MSD-022": ("couinaud_msd08", "vessel"),
    "MSD-066": ("couinaud_msd08", "vessel"),
    "MSD-133": ("couinaud_msd08", "vessel"),
    "hepaticvessel_002": ("hpb_msd08", "vessel_tumour"),
    "hepaticvessel_008": ("hpb_msd08", "vessel_tumour"),
    "hepaticvessel_010": ("hpb_msd08", "vessel_tumour"),
}
CLICKS = 40
RIGHT = frozenset("5678")


@dataclass(frozen=True, slots=True)
class Half:
    """The right half by a map and by its nearest vessels, in mL; `left_on_right`: of the rest."""

    dice: float
    right_ml: float
    nearest_ml: float
    left_ml: float
    left_on_right_ml: float


def main() -> None:
    """Print one row per mask, and one per map."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=Path("../shared/data"))
    folder = parser.parse_args().folder
    halves, divided = [], []
    print(
        "| mask | mL | outside the liver | radius at the surface | parts | joined | left out "
        "| liver within 30 mm | territories | doubtful |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    for name, (source, kind) in CASES.items():
        vessel = _read(folder / source / f"{name}_{kind}.nii.gz", 1, "portal_veins")
        liver = _read(folder / source / f"{name}_liver.nii.gz", None, "liver")
        print(_as_row(name, Anatomy(liver, vessels={"portal_veins": vessel})))
        divided.append(_divide(name, Anatomy(liver, vessels={"liver_vessels": vessel})))
        drawn = folder / source / f"{name}_couinaud.nii.gz"
        if drawn.exists():
            segments = {
                number: _read(drawn, int(number), f"segment_{number}") for number in "12345678"
            }
            present = {number: mask for number, mask in segments.items() if mask.voxel_count}
            halves.append((name, _compare(Anatomy(liver, segments=present), vessel)))
    print()
    print(
        "| map | V to VIII | nearest to vessels in V to VIII | Dice "
        "| part of I to IV nearest to vessels in V to VIII |"
    )
    print("|---|---|---|---|---|")
    for name, half in halves:
        share = 100 * half.left_on_right_ml / half.left_ml
        print(
            f"| {name} | {half.right_ml:.0f} mL | {half.nearest_ml:.0f} mL | {half.dice:.2f} | "
            f"{half.left_on_right_ml:.0f} of {half.left_ml:.0f} mL, {share:.0f} % |"
        )
    print("\n| mask | largest parts | roots | findings |\n|---|---|---|---|")
    print("\n".join(divided))


def _read(path: Path, label: int | None, name: str) -> Mask:
    image, _, _ = read_image(path, name, Limits())
    voxels = image.voxels > 0 if label is None else image.voxels == label
    return Mask.of(name, np.asarray(voxels), image.grid, path.name)


def _as_row(name: str, anatomy: Anatomy) -> str:
    trees = build_trees(anatomy, {})
    (quality,) = trees.quality
    assert quality.reach is not None  # none is too large
    assert quality.bridged_voxels is not None
    assert quality.lost_voxels is not None
    ml = anatomy.vessels["portal_veins"].volume_ml
    joined, left_out = (
        100 * voxels / quality.voxels for voxels in (quality.bridged_voxels, quality.lost_voxels)
    )
    drawn = DrawnTree.of("portal", anatomy.vessels)
    grown = grow_tree(drawn, determine_roots(drawn, anatomy, None).nodes)
    entry = find_entry(grown, anatomy.organ)
    neck_mm = measure_neck_mm(grown, entry)
    verdict, doubtful = "given", ""
    if quality.refused is None:
        tree = trees.trees["portal"].tree
        nodes = np.random.default_rng(0).choice(np.flatnonzero(tree.joined), CLICKS)
        places = tree.graph.places_mm[nodes].tolist()
        cuts = tuple(BranchCut("portal", (x, y, z)) for x, y, z in places)
        found = trees.lose(cuts, None)[0].cuts
        doubtful = f"{sum(cut.is_doubtful for cut in found)} of {CLICKS}"
    else:
        sparse = quality.reach.fraction < LEAST_REACH.fraction
        verdict = "refused: in pieces" + (", sparse" if sparse else "")
    return (
        f"| {name} | {ml:.1f} | {entry.outside_ml:.1f} mL | {neck_mm:.1f} mm "
        f"| {quality.pieces} | {joined:.0f} % | {left_out:.0f} % | "
        f"{quality.reach.percent:.0f} % | {verdict} | {doubtful} |"
    )


def _divide(name: str, anatomy: Anatomy) -> str:
    """Give all veins as one label with two roots, and list what is found."""
    graph = DrawnTree.of("portal", anatomy.vessels).graph
    parts = graph.find_parts()
    sizes = np.bincount(parts)
    largest = np.argsort(-sizes, kind="stable")[:2].tolist()
    places = []
    for part in largest:
        nodes = np.flatnonzero(parts == part)
        x, y, z = graph.places_mm[nodes[graph.depth_mm[nodes].argmax()]].tolist()
        places.append((x, y, z))
    trees = build_trees(anatomy, {"portal": places[0], "hepatic": places[1]})
    shares = " and ".join(f"{100 * sizes[part] / graph.size:.0f} %" for part in largest)
    at = "; ".join(",".join(f"{one:.0f}" for one in place) for place in places)
    found = "; ".join(
        finding.code if finding.value is None else f"{finding.code} {finding.value:.1f}"
        for finding in trees.findings
    )
    return f"| {name} | {shares} | {at} | {found} |"


def _compare(anatomy: Anatomy, vessel: Mask) -> Half:
    """Set V to VIII against the liver nearest to vessel voxels in them."""
    mapped = map_territories(anatomy)
    assert mapped is not None
    cells = cut_in_cells(anatomy.nontumorous)
    drawn = DrawnTree.of("portal", {"portal_veins": vessel})
    tree = grow_tree(drawn, np.arange(drawn.graph.size))  # every voxel counts, joined or not
    nearest = cells.find_nearest(tree, tree.joined)
    right = mapped.bit_of(tuple(RIGHT))
    of_nodes = find_node_bits(tree.graph, cells, mapped, anatomy.organ)
    on_right = (of_nodes & right != 0)[nearest.nodes]
    ml = anatomy.liver.grid.voxel_ml
    inside = outside = shared = strays = 0
    for bits, voxels in list_segment_cells(cells, mapped, anatomy.nontumorous):
        total, there = int(voxels.sum()), int(voxels[on_right].sum())
        if bits & right:
            inside, shared = inside + total, shared + there
        else:
            outside, strays = outside + total, strays + there
    dice = 2 * shared / (inside + shared + strays)
    return Half(dice, inside * ml, (shared + strays) * ml, outside * ml, strays * ml)


if __name__ == "__main__":
    main()
