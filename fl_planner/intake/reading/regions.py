"""Regions of interest in: masks on the matrix of a dynamic study, one slice each.

Columns of the matrix are the first axis of the mask, rows the second, from the upper left; the
anterior head's view. Where that is the other way round, the counts tell (`region.turned`).
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from fl_planner.basis.errors import InputRefused
from fl_planner.formats.read import read_labels
from fl_planner.formats.stored.file import Limits
from fl_planner.formats.stored.source import Source
from fl_planner.formats.voxels.label_file import LabelFile, SegmentFile
from fl_planner.formats.voxels.values import Holds
from fl_planner.function.regions import Plane, Regions
from fl_planner.planning.given.case import InputFile

ROLES = ("liver", "heart", "field")
ONE_SLICE = "save it as a mask of one slice on the study's matrix"


def read_regions(
    given: Mapping[str, Source | int], labels: Path | None, limits: Limits
) -> tuple[Regions, tuple[InputFile, ...]]:
    """Read regions, each from a file of its own or as a label of one image.

    - `given` (mapping of "liver", "heart" and "field" to a path or a label): the field may be left
      out: then all of the matrix counts.
    - `labels`: the image that labels are of.
    - `limits`: how large a file may be.

    Raises `InputRefused`: `region.*` naming the region, and whatever reading a mask refuses.
    """
    for role in ("liver", "heart"):
        if role not in given:
            reason, remedy = f"no region of the {role} was given", "draw liver and heart"
            raise InputRefused("region.missing", role, reason, remedy)
    planes, inputs = read_planes(given, labels, limits)
    return Regions(planes["liver"], planes["heart"], planes.get("field")), inputs


def read_planes(
    given: Mapping[str, Source | int], labels: Path | None, limits: Limits, whose: str = ""
) -> tuple[dict[str, Plane], tuple[InputFile, ...]]:
    """Read regions by role; `whose` begins the roles of their files."""
    image = None if labels is None else _read(labels, f"{whose}regions", Holds.LABEL_MAP, limits)
    planes: dict[str, Plane] = {}
    inputs = () if image is None else image.inputs
    for role, entry in given.items():
        if isinstance(entry, int):
            planes[role] = _of_label(image, role, entry)
            continue
        file = _read(entry, f"{whose}region {role}", Holds.ONE_LABEL, limits)
        planes[role] = _as_plane(file.whole(role).as_array())
        inputs = (*inputs, *file.inputs)
    return planes, inputs


def _read(path: Source, role: str, holds: Holds, limits: Limits) -> LabelFile | SegmentFile:
    try:
        file = read_labels(path, role, holds, limits)
    except InputRefused as refused:
        if refused.code != "dims.not_3d":
            raise
        reason = "has two axes"
        raise InputRefused("region.not_flat", refused.source, reason, ONE_SLICE) from refused
    if file.grid.shape[2] != 1:
        reason = f"has {file.grid.shape[2]} slices, a region has one"
        raise InputRefused("region.not_flat", file.name, reason, ONE_SLICE)
    return file


def _of_label(image: LabelFile | SegmentFile | None, role: str, label: int) -> Plane:
    if not isinstance(image, LabelFile):
        reason = f"the {role} region is label {label}, and no image of labels was given"
        raise InputRefused("region.missing", role, reason, "name it: labels = the file")
    return _as_plane(image.mask(role, label).as_array())


def _as_plane(voxels: Plane) -> Plane:
    """Turn (columns, rows, 1) to (rows, columns)."""
    return np.ascontiguousarray(voxels[:, :, 0].T)
