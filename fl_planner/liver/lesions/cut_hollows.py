"""Tumour beyond a plane that what the plane leaves of a liver surrounds: found near it alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fl_planner.liver.anatomy import fill_hollows
from fl_planner.space.components import split_parts
from fl_planner.space.cut import HalfSpace
from fl_planner.space.grid import NOWHERE, Box
from fl_planner.space.mask import Mask

BESIDE = 3  # steps around tumour beyond which nothing decides: a notch lies within one of it


@dataclass(frozen=True, slots=True, eq=False)
class _Near:
    """Tumour and what lies around it; `alone` is what is filled where nothing of it is kept."""

    organ: Mask
    tumour: Mask
    box: Box
    alone: Mask


class CuttableHollows:
    """Fills the hollows of what planes leave of an organ, as `fill_hollows` does."""

    def __init__(self, organ: Mask, tumour: Mask | None) -> None:
        """Look at the tumour's surroundings, each apart."""
        self._organ, self._tumour = organ, tumour
        # tumour beside the organ may lie in a hole anywhere: then all is looked at
        self._apart = tumour is not None and bool((tumour - organ).voxel_count)
        nothing = Mask(organ.name, np.zeros((0, 0, 0), dtype=np.bool_), NOWHERE, organ.grid)
        self._near: list[_Near] = []
        if tumour is None or self._apart:
            return
        for box in _surround(tumour):
            around, core = organ.cropped(box), tumour.cropped(box)
            self._near.append(_Near(around, core, box, fill_hollows(nothing, around, core)))

    def beyond(self, side: HalfSpace) -> tuple[Mask, ...]:
        """Find the tumour beyond the plane that belongs to the organ on the side.

        A hole cannot lie beyond a plane: from each voxel there, the line along which the plane
        falls away leads out.
        """
        if self._apart:
            part = side.draw(self._organ)
            return (fill_hollows(part, self._organ, self._tumour) - part,)
        found = []
        for one in self._near:
            kept, gone = side.passes(one.box & side.box)
            if kept and gone:
                part = side.draw(one.organ)
                found.append(fill_hollows(part, one.organ, one.tumour) - part)
            elif gone:
                found.append(one.alone)
        return tuple(each for each in found if each.voxel_count)


def _surround(tumour: Mask) -> list[Box]:
    """List boxes around the tumour's parts; those that meet become one."""
    boxes: list[Box] = []
    for part in split_parts(tumour, 26):
        box = part.box.grown(BESIDE)
        while met := [one for one in boxes if one & box != NOWHERE]:
            boxes = [one for one in boxes if one not in met]
            for one in met:
                box |= one
        boxes.append(box)
    return [box & tumour.grid.whole for box in boxes]
