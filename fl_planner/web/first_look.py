"""Dropped files before their roles are confirmed: sections with every mask, and thumbnails."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from fl_planner.basis.findings import InputRefused
from fl_planner.formats.read import read_image, read_labels
from fl_planner.formats.segments.by_role import CHECK
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.formats.voxels.values import Holds, KnownGrids
from fl_planner.liver.anatomy import Anatomy
from fl_planner.record.files.check import CheckRecord, ReadFileRecord
from fl_planner.report.picture.slices.cuts import VIEWS, LayerView
from fl_planner.report.picture.slices.panels import Panel, as_grey, view_image
from fl_planner.report.picture.slices.sections import Picture
from fl_planner.space.coarse import Frame
from fl_planner.space.grid import Image
from fl_planner.space.mask import Mask, unite
from fl_planner.web.cuts import PartSurfaces, SeenCase, Viewer, trace_planes
from fl_planner.web.form import within

MOST_MASKS = 12  # shown before their roles are known [project's choice]
COLOURS = ("#8fd6ff", "#ffa521", "#4fd6a8", "#d9bdff", "#f0e442", "#ffa0a0")
THUMB_PX, THUMB_ROOM_MM = 112, 12.0  # longer edge of a thumbnail, and room around all masks
SOFT_HU = -300.0  # tissue is above, air below [project's choice]
THIN = 0.25  # part of the fullest layer; layers with fewer voxels are outside [project's choice]
NO_MASK = "No mask was added: only the CT is shown."
UNCONFIRMED = "Masks as added: their roles have not been confirmed."
LEFT_OUT = "Masks that are not shown before the roles are confirmed: {}."


@dataclass(frozen=True, slots=True)
class DroppedMask:
    """All labels of a dropped file."""

    file: str
    mask: Mask


@dataclass(frozen=True, eq=False)
class FirstViewer(Viewer):
    """Sections of dropped masks, each named by its file.

    - `left_out`: number of files with masks that are not among them.
    """

    dropped: tuple[DroppedMask, ...] = ()
    left_out: int = 0

    def describe(self) -> dict[str, Any]:
        """Describe sections as `Viewer` does, with one part per file instead of structures."""
        parts = [
            {
                "key": f"mask {number}",
                "label": one.file,
                "on_ct": COLOURS[number % len(COLOURS)],
                "on_paper": COLOURS[number % len(COLOURS)],
                "points": 1.3,
                "dashes": (),
            }
            for number, one in enumerate(self.dropped)
        ]
        texts = [UNCONFIRMED] if self.dropped else []
        if self.left_out:
            texts.append(LEFT_OUT.format(self.left_out))
        notes = [{"text": one, "loud": False} for one in texts or [NO_MASK]]
        return {**super().describe(), "parts": parts, "notes": notes}

    def lines(self, panel: Panel) -> dict[str, Any]:
        """Outline every file in a slice."""
        planes = {f"mask {n}": panel.cut.plane(one.mask) for n, one in enumerate(self.dropped)}
        return {"parts": trace_planes(planes), "segments": {}, "lesions": {}}


@dataclass(frozen=True, slots=True, eq=False)
class FirstLook:
    """Dropped masks on the grid of the largest one, and the first CT; or the CT alone.

    - `left_out`: number of files with masks that are not shown: beyond `MOST_MASKS`, of which those
      without a suggested role come last; on other grids; or empty.
    """

    dropped: tuple[DroppedMask, ...]
    image: Image | None
    left_out: int = 0

    @classmethod
    def of(cls, paths: Sequence[Path], checked: CheckRecord, limits: Limits) -> FirstLook:
        """Read the files that `check` could read.

        Raises `InputRefused`: `page.not_planned` if none of them contains a mask or an image.
        """
        inside = {file.name: file for path in paths for file in within(path)}
        by_name = {**inside, **{path.name: path for path in paths}}
        rows = [one for one in checked.files if isinstance(one, ReadFileRecord)]
        images = [by_name[one.file] for one in rows if one.kind == "image" and one.file in by_name]
        masks = [one.file for one in rows if one.kind != "image" and one.file in by_name]
        named = {one.file for one in checked.assessment.read_as} if checked.assessment else ()
        masks.sort(key=lambda name: name not in named)
        image = _read_first(images, limits, tuple(by_name.values()))
        known = KnownGrids(None if image is None else image.grid)
        read = [*_read_masks([by_name[name] for name in masks[:MOST_MASKS]], limits, known)]
        if not read:
            if image is not None:
                return cls((), image, len(masks))
            reason = "no mask can be shown before the roles are confirmed"
            raise InputRefused("page.not_planned", "files", reason, "confirm the roles")
        largest = max(read, key=lambda one: one.mask.voxel_count).mask
        shown = tuple(one for one in read if one.mask.grid.matches(largest.grid))
        placed = tuple(replace(one, mask=replace(one.mask, grid=largest.grid)) for one in shown)
        return cls(placed, image, len(masks) - len(placed))

    def see(self) -> SeenCase:
        """Show sections of all files, without surfaces."""
        whole = self._whole().renamed("liver")
        picture = Picture(Anatomy(whole), image=self.image)
        viewer = FirstViewer(picture, whole, Frame.of(whole.grid), self.dropped, self.left_out)
        return SeenCase(viewer, PartSurfaces((), picture))

    def _whole(self) -> Mask:
        """Return all masks together; without any, the part of the CT that contains the body."""
        if self.dropped:
            return unite(one.mask for one in self.dropped)
        assert self.image is not None  # otherwise refused
        filled = np.zeros(self.image.grid.shape, dtype=bool)
        filled[find_body(self.image)] = True
        return Mask.of("field", filled, self.image.grid)

    def thumbnail(self, file: str) -> bytes:
        """Return a thumbnail of a file: a JSON header, then one grey and one mask byte per pixel.

        The header is preceded by its length as a little-endian 32-bit number. The thumbnail is the
        axial slice with the largest mask area, in radiological orientation, framed to include all
        masks.

        Raises `InputRefused`: `file.missing` if the file has no mask to show.
        """
        if (found := next((one for one in self.dropped if one.file == file), None)) is None:
            reason, remedy = "the file has no mask to show", "drop the file onto the page again"
            raise InputRefused("file.missing", file, reason, remedy)
        panel = self._panel(found.mask)
        shown = panel.as_pixels(panel.cut.plane(found.mask))
        grey = np.zeros(shown.shape)
        if self.image is not None:
            grey = as_grey(*view_image(panel, self.image))
        head = {"size": [shown.shape[1], shown.shape[0]], "ct": self.image is not None}
        header = json.dumps(head).encode()
        pixels = np.stack([np.rint(255 * grey), 255 * shown], axis=-1).astype(np.uint8)
        return len(header).to_bytes(4, "little") + header + pixels.tobytes()

    def _panel(self, mask: Mask) -> Panel:
        whole, frame, axial = unite(one.mask for one in self.dropped), Frame.of(mask.grid), VIEWS[0]
        cut = LayerView(frame, axial, int(np.argmax(frame.counts(mask, axial.across))))
        spans = []
        for axis, step in zip((axial.level, axial.upright), cut.spacing_mm, strict=True):
            start, stop = frame.span(whole, axis)
            low, high = (start - 0.5) * step - THUMB_ROOM_MM, (stop - 0.5) * step + THUMB_ROOM_MM
            spans.append((low, high))
        level, upright = spans
        wide, tall = (high - low for low, high in spans)
        px = THUMB_PX / max(wide, tall)
        return Panel(cut, level, upright, (max(1, round(wide * px)), max(1, round(tall * px))))


def find_body(image: Image) -> tuple[slice, ...]:
    """Find the layers of a CT that contain the body, along each axis, for the first zoom only.

    The couch has few voxels in each layer; without tissue, all layers are returned.
    """
    least = (SOFT_HU - image.inter) / image.slope
    tissue = image.voxels > least if image.slope > 0 else image.voxels < least
    found = []
    for axis, layers in enumerate(tissue.shape):
        counts = tissue.sum(axis=tuple(one for one in range(3) if one != axis))
        inside = np.flatnonzero(counts >= THIN * counts.max()) if counts.any() else [0, layers - 1]
        found.append(slice(int(inside[0]), int(inside[-1]) + 1))
    return tuple(found)


def _read_masks(paths: Sequence[Path], limits: Limits, known: KnownGrids) -> Iterator[DroppedMask]:
    """Read all labels or named segments of each file; a refused file has no picture.

    - `known`: grid of the CT, on which contours are drawn.
    """
    for path in paths:
        try:
            mask = read_labels(path, CHECK, Holds.LABEL_MAP, limits, known).whole(path.name)
        except InputRefused:
            continue  # `check` reports the reason in its row
        if mask.voxel_count:
            yield DroppedMask(path.name, mask)


def _read_first(paths: Sequence[Path], limits: Limits, drawn: tuple[Path, ...]) -> Image | None:
    """Read the first image; of several series, the one named by files among `drawn`."""
    for path in paths:
        try:
            return read_image(path, "ct", limits, drawn).given
        except InputRefused:
            continue  # `check` reports the reason in its row
    return None
