"""Where a vessel tree enters the liver, and how much of it is drawn outside."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fl_planner.liver.vessels.tree.channels import find_nodes_in_liver
from fl_planner.liver.vessels.tree.graph import Numbers
from fl_planner.liver.vessels.tree.tree import VesselTree
from fl_planner.space.frame import Place
from fl_planner.space.mask import Mask


@dataclass(frozen=True, slots=True, eq=False)
class LiverEntry:
    """Passage of a tree through the surface of the liver.

    - `outside_ml`: volume of the tree outside the liver, in the parts that continue into it.
    - `crossing` (int array (K,)): nodes outside that are linked to nodes in the liver.
    - `mean_mm`: mean place of entry along the ways from the root, weighted by the number of voxels
      beyond, RAS+; the root counts if it is in the liver. None if no vessel is in the liver.
    """

    outside_ml: float
    crossing: Numbers
    mean_mm: Place | None


def find_entry(tree: VesselTree, organ: Mask) -> LiverEntry:
    """Find where a tree enters the liver; a channel in the liver mask counts as liver."""
    graph, before = tree.graph, tree.before
    inside = find_nodes_in_liver(graph, organ)
    outside = np.flatnonzero(tree.joined & ~inside)
    groups = graph.group(outside)
    rows = graph.links[outside]
    crossing = np.repeat(np.arange(len(outside)), np.diff(rows.indptr))[inside[rows.indices]]
    continues = np.isin(groups, groups[crossing])
    first = tree.joined & inside & ((before < 0) | ~inside[np.maximum(before, 0)])
    weights = (tree.order.last - tree.order.first)[first]
    mean_mm = None
    if len(weights):
        x, y, z = np.average(graph.places_mm[first], axis=0, weights=weights).tolist()
        mean_mm = (x, y, z)
    voxels = int(np.count_nonzero(continues)) + (tree.drawn.far_voxels if len(crossing) else 0)
    outside_ml = voxels * graph.grid.voxel_ml
    return LiverEntry(outside_ml, outside[np.unique(crossing)], mean_mm)


def measure_neck_mm(tree: VesselTree, entry: LiverEntry) -> float:
    """Measure the largest vessel radius where parts outside the liver enter; 0 without such parts.

    The radius is the distance to the nearest voxel outside the vessel, in mm.
    """
    if not len(entry.crossing):
        return 0.0
    return float(tree.graph.depth_mm[entry.crossing].max())
