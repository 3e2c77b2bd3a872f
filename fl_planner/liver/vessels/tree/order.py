"""The order of a tree's nodes in which all that hangs on one stands in a row behind it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fl_planner.liver.vessels.tree.graph import Flags, Numbers


@dataclass(frozen=True, slots=True, eq=False)
class TreeOrder:
    """Each node's place in a walk that goes down every branch before the next one.

    What hangs on a node by the shortest ways to the root are the nodes whose place lies in
    [first, last): so what hangs on any of a set is one running sum.

    - `first`, `last` (int array (N,)).
    """

    first: Numbers
    last: Numbers

    def find_below(self, nodes: Flags) -> Flags:
        """Tell which nodes are among some, or hang on one of them."""
        turns = np.zeros(len(self.first) + 1, dtype=np.intp)
        np.add.at(turns, self.first[nodes], 1)
        np.subtract.at(turns, self.last[nodes], 1)
        covered: Flags = (np.cumsum(turns) > 0)[self.first]
        return covered


def order_nodes(before: Numbers) -> TreeOrder:
    """Order nodes by the next one on the way to the root, negative where there is none."""
    size = len(before)
    above = np.where(before < 0, size, before)  # one node more, on which every root hangs
    steps = _count_steps(above)
    levels = np.split(np.argsort(steps, kind="stable"), np.cumsum(np.bincount(steps))[:-1])
    sizes = np.ones(size + 1, dtype=np.intp)
    for level in reversed(levels):
        np.add.at(sizes, above[level], sizes[level])
    by_parent = np.argsort(above, kind="stable")
    running = np.cumsum(sizes[by_parent]) - sizes[by_parent]
    heads = np.searchsorted(above[by_parent], above[by_parent])
    first = np.zeros(size + 1, dtype=np.intp)
    first[-1] = -1
    first[by_parent] = running - running[heads] + 1  # behind the node above
    for level in levels:
        first[level] += first[above[level]]
    return TreeOrder(first[:-1], first[:-1] + sizes[:-1])


def _count_steps(above: Numbers) -> Numbers:
    """Count the steps from each node to a root, doubling the jumps."""
    size = len(above)
    jump = np.append(above, size)
    steps = (jump != size).astype(np.intp)
    while (jump != size).any():
        steps += steps[jump]
        jump = jump[jump]
    counted: Numbers = steps[:-1]
    return counted
