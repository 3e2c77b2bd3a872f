"""Views of a case: linked sections, outlines and surfaces."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from typing import Any

import numpy as np
import numpy.typing as npt

from fl_planner.basis.findings import InputRefused
from fl_planner.liver.remnant import Remnant
from fl_planner.planning.given.case import Case
from fl_planner.planning.plan import Plan
from fl_planner.record.plan import PlanRecord
from fl_planner.report.picture.draw.colours import LOOKS, STROKES
from fl_planner.report.picture.draw.outlines import Places, find_spot, trace_outline
from fl_planner.report.picture.slices.captions import AWAY, CT_ENDS, list_notes, name_parts
from fl_planner.report.picture.slices.cuts import (
    CONTACT,
    CT_WINDOWS,
    CUT,
    VIEWS,
    LayerView,
    View,
    compute_indices,
)
from fl_planner.report.picture.slices.panels import Panel, view_image
from fl_planner.report.picture.slices.plan import as_picture
from fl_planner.report.picture.slices.sections import (
    PARTS,
    Picture,
    Section,
    cut_sections,
    make_section,
    name_lesion,
    shows_image,
)
from fl_planner.report.picture.surfaces import ShownPart, as_buffer, find_shown, list_shown
from fl_planner.space.coarse import Frame
from fl_planner.space.distance import find_rim
from fl_planner.space.grid import Voxels
from fl_planner.space.mask import Mask, unite
from fl_planner.web.fields import FieldGrid, make_draft_fields, make_fields

ROW_PX, MOST_PX = 900, 600  # of the sections from which the legend is derived
OF_A_SHEET = (
    "CT window",
    "Not in these sections",
    CT_ENDS,
    AWAY,
)  # beginnings of notes that do not apply to the page
MOST_SHELL_MM = 10
WARM = "#f6d5b8"  # of liver on the dark ground of the page
PAGE_LOOKS = {"remnant": ("#57a0e6", 0.9), "rest": (WARM, 0.65), "liver": (WARM, 0.6)}  # initially
ORGAN, KEPT, GONE = "organ", "kept", "gone"  # surfaces that are not listed
CUTS = "cut branches"  # all of them: each is labelled at its mark
Lines = list[list[int]]


@dataclass(frozen=True, eq=False)
class Viewer:
    """Masks and CT of a plan, sliced at any position.

    - `picture`: contents of the picture of the plan.
    - `organ`: organ of its anatomy.
    - `frame`: its grid in patient orientation.
    """

    picture: Picture
    organ: Mask
    frame: Frame

    @classmethod
    def of(cls, picture: Picture) -> Viewer:
        """Orient the grid of a picture to the patient."""
        organ = picture.anatomy.organ
        return cls(picture, organ, Frame.of(organ.grid))

    def describe(self) -> dict[str, Any]:
        """Describe structures, views, initial positions and notes."""
        grid, sections = self.frame.upright, cut_sections(self.picture, ROW_PX, MOST_PX)
        return {
            "image": shows_image(self.picture),
            "lesions": [*self._lesions()],
            "marks": [*self._marks()],
            "matrix": grid.matrix().tolist(),
            "notes": [
                note._asdict()
                for note in list_notes(self.picture, sections)
                if not note.text.startswith(OF_A_SHEET)
            ],
            "oblique": self.frame.oblique,
            "parts": [*self._parts(sections)],
            "placed": grid.placed,
            "segments": [*self._segments()],
            "shape": grid.shape,
            "views": [
                {**_describe(section.panel.cut), "liver": self._span(section.panel.cut)}
                for section in sections
            ],
            "windows": [
                {"name": name, "level": level, "width": width} for name, level, width in CT_WINDOWS
            ],
        }

    def cut(self, view: str, layer: int) -> bytes:
        """Return a slice: length of the outlines, outlines as JSON, and float32 values by rows.

        The length is a little-endian 32-bit number, and the JSON is padded to a multiple of 4
        bytes. Values are those of the CT at each voxel of the mask grid, NaN outside the CT, and
        are omitted without a CT.
        """
        panel = _whole(self._find(view, layer))
        lines = json.dumps(self.lines(panel), separators=(",", ":")).encode()
        lines += b" " * (-len(lines) % 4)
        return len(lines).to_bytes(4, "little") + lines + self._values(panel)

    def lines(self, panel: Panel) -> dict[str, Any]:
        """Outline all structures in a slice."""
        return _lines(make_section(replace(self.picture, image=None), self.organ, panel))

    def outline(self, masks: Mapping[str, Mask], view: str, layer: int) -> dict[str, Lines]:
        """Outline the masks of a draft in a slice, in pixels of the panel from `cut`.

        Raises `InputRefused`: see `cut`.
        """
        cut = self._find(view, layer)
        return trace_planes({name: cut.plane(mask) for name, mask in masks.items()})

    def _find(self, view: str, layer: int) -> LayerView:
        cut = LayerView(self.frame, _find_view(view), layer)
        if not 0 <= layer < self.frame.upright.shape[cut.view.across]:
            raise InputRefused(
                "page.no_layer", view, f"slice {layer + 1} does not exist", "scroll back"
            )
        return cut

    def _values(self, panel: Panel) -> bytes:
        image = self.picture.image
        if image is None or not shows_image(self.picture):
            return b""
        values, reached = view_image(panel, image)
        shown: npt.NDArray[np.float32] = np.where(reached, values, np.nan).astype("<f4")
        return shown.tobytes()

    def _span(self, cut: LayerView) -> list[list[int]]:
        """Return first and last index of the organ along both axes of a view."""
        axes = (cut.view.level, cut.view.upright)
        spans = (cut.frame.span(self.organ, axis) for axis in axes)
        return [[start, stop - 1] for start, stop in spans]

    def _lesions(self) -> Iterator[dict[str, Any]]:
        for number, mask in enumerate(self.picture.lesions, start=1):
            for placed in self._place(name_lesion(number), mask):
                yield {**placed, "size_mm": self._extent_mm(mask)}

    def _extent_mm(self, mask: Mask) -> float:
        """Return the largest extent of a mask along the axes of its grid."""
        spans = (self.frame.span(mask, axis) for axis in range(3))
        spacing = self.frame.upright.spacing_mm
        return max((stop - start) * mm for (start, stop), mm in zip(spans, spacing, strict=True))

    def _marks(self) -> Iterator[dict[str, Any]]:
        """List the positions of cut vessels and nearest lesions, with the voxel to display."""
        for mark in self.picture.marks:
            middle = compute_indices(self.frame, mark.places_mm).mean(axis=0)
            yield {
                "part": mark.part,
                "name": mark.name,
                "places_mm": mark.places_mm.tolist(),
                "at": np.rint(middle).astype(int).tolist(),
            }

    def _segments(self) -> Iterator[dict[str, Any]]:
        for name, mask in self.picture.anatomy.segments.items():
            yield from self._place(f"segment {name}", mask)

    def _place(self, name: str, mask: Mask) -> Iterator[dict[str, Any]]:
        """Return a structure's name and its deepest place in its largest axial slice."""
        axial = VIEWS[0]
        layer = int(np.argmax(self.frame.counts(mask, axial.across)))
        cut = LayerView(self.frame, axial, layer)
        if (spot := find_spot(cut.plane(mask), cut.spacing_mm, 0.0)) is not None:
            level, upright = np.rint(spot).astype(int).tolist()
            yield {"name": name, "at": [level, upright, layer]}

    def _parts(self, sections: tuple[Section, ...]) -> Iterator[dict[str, Any]]:
        labels = name_parts(self.picture) | {CUT: CUTS}
        given = {*sections[0].parts, *(mark.part for mark in self.picture.marks)}
        for part in ("segments", *PARTS, CONTACT, CUT):  # in drawing order, the last on top
            if part in given or (part == "segments" and self.picture.anatomy.drawn_segments):
                stroke = STROKES[part]
                yield {
                    "key": part,
                    "label": labels[part],
                    "on_ct": stroke.on_ct,
                    "on_paper": stroke.on_paper,
                    "points": stroke.points,
                    "dashes": stroke.dashes,
                }


def _find_view(name: str) -> View:
    for view in VIEWS:
        if view.name == name:
            return view
    raise InputRefused("page.no_layer", name, "the view does not exist", "go back to the page")


def _describe(cut: LayerView) -> dict[str, Any]:
    shape, view = cut.frame.upright.shape, cut.view
    return {
        "name": view.name,
        "axes": [view.level, view.upright, view.across],
        "layer": cut.layer,
        "layers": shape[view.across],
        "letters": cut.letters,
        "size": [shape[view.level], shape[view.upright]],
        "spacing": cut.spacing_mm,
    }


def _whole(cut: LayerView) -> Panel:
    """Return a panel with one pixel per voxel of a slice."""
    shape = cut.frame.upright.shape
    size = shape[cut.view.level], shape[cut.view.upright]
    level, upright = (
        (-0.5 * mm, (n - 0.5) * mm) for n, mm in zip(size, cut.spacing_mm, strict=True)
    )
    return Panel(cut, level, upright, size)


def _lines(section: Section) -> dict[str, Any]:
    parts = {part: section.parts[part] for part in PARTS if part in section.parts}
    return {
        "parts": trace_planes(parts),
        "segments": trace_planes(section.segments),
        "lesions": trace_planes(section.lesions),
    }


def trace_planes(planes: Mapping[str, Voxels]) -> dict[str, Lines]:
    """Outline planes in pixels from the upper left, by their corners."""
    return {
        name: [_corners(loop, plane.shape) for loop in trace_outline(plane)]
        for name, plane in planes.items()
        if plane.any()
    }


def _corners(loop: Places, shape: tuple[int, ...]) -> list[int]:
    """Keep only the corners of a closed loop, as alternating x and y."""
    steps = np.diff(loop, axis=0)
    turns = (steps != np.roll(steps, 1, axis=0)).any(axis=1)
    places = np.array(shape) - 0.5 - loop[:-1][turns]
    corners: list[int] = np.rint(places).astype(int).ravel().tolist()
    return corners


@dataclass(frozen=True, eq=False)
class PartSurfaces:
    """Surfaces of a case: listed once, each computed on request."""

    parts: tuple[ShownPart, ...]
    picture: Picture

    @classmethod
    def of(cls, picture: Picture) -> PartSurfaces:
        """List the parts of a picture, and the organ, on which drafts are displayed."""
        organ = ShownPart(ORGAN, "part", LOOKS["liver"], picture.anatomy.organ)
        return cls((*list_shown(picture), organ), picture)

    @property
    def organ(self) -> Mask:
        """The organ of the picture's anatomy."""
        return self.picture.anatomy.organ

    @cached_property
    def grid(self) -> FieldGrid:
        """Cells of the fields used to colour surfaces."""
        return FieldGrid.of(self.organ)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of all that is displayed in 3D: the surfaces, and what they are coloured by.

        Surfaces of the same digest are the same, however often the case was planned meanwhile.
        """
        remnant, grid = self.picture.remnant, self.organ.grid
        lost = {name: part.mask for name, part in self.picture.lost.items()}
        masks = {f"part {part.name}": part.mask for part in self.parts} | lost
        if remnant is not None:
            masks["planned remnant"] = remnant.mask
        content = sha256(json.dumps(self._describe()).encode())
        content.update(repr((grid.shape, grid.matrix().tolist())).encode())
        for name, mask in masks.items():
            content.update(f"{name}: {mask.box}".encode())
            content.update(np.packbits(mask.voxels).tobytes())
        return content.hexdigest()

    def describe(self) -> dict[str, Any]:
        """Describe the parts, their appearance, their bounds and their digest."""
        return {**self._describe(), "of": self.digest}

    def _describe(self) -> dict[str, Any]:
        grid = self.organ.grid
        places = grid.part(self.organ.box)
        corners = places.places_mm(places.corners())
        return {
            "parts": [_describe_surface(part) for part in self.parts if part.name != ORGAN],
            "organ": len(self.parts) - 1,
            "bounds": [corners.min(axis=0).tolist(), corners.max(axis=0).tolist()],
            "placed": grid.placed,
        }

    def make(self, number: int) -> bytes:
        """Compute the surface of a part by its number in the list, in the format of `liver3d.js`.

        Raises `InputRefused`: `usage.wrong` for an unknown number.
        """
        return as_buffer(find_shown(self.parts, number).make_mesh())

    def paint(self) -> bytes:
        """Write the fields used to colour surfaces, as `make_fields` does."""
        return make_fields(self.grid, self._lesions)

    @property
    def _lesions(self) -> Mask | None:
        found = [one for one in self.picture.lesions if one.voxel_count]
        return unite(found) if found else None

    def paint_plan(self) -> bytes:
        """Write the fields of the plan's remnant, as `make_draft_fields` does.

        Raises `InputRefused`: `page.draft` if no remnant is planned.
        """
        if (remnant := self.picture.remnant) is None:
            reason = "the plan has no remnant"
            raise InputRefused("page.draft", "plan", reason, "draft a cut, or add a remnant mask")
        lost = {name: part.mask for name, part in self.picture.lost.items()}
        return make_draft_fields(self.grid, remnant.mask, lost, self._lesions)

    def paint_branches(self, affected: Mapping[str, Mask]) -> bytes:
        """Write the fields of cut branches, as `make_draft_fields` does.

        The plan's remnant is kept. Without one, the whole liver is kept, and distances from a cut
        are omitted.
        """
        if (remnant := self.picture.remnant) is None:
            return make_draft_fields(self.grid, self.organ, affected, None)
        return make_draft_fields(self.grid, remnant.mask, affected, self._lesions)

    def paint_draft(self, kept: Mask, lost: Mapping[str, Mask]) -> bytes:
        """Write the fields of a draft, as `make_draft_fields` does."""
        return make_draft_fields(self.grid, kept, lost, self._lesions)

    def shell(self, margin_mm: int) -> bytes:
        """Compute the surface of all lesions with a margin of liver, centre to centre.

        Raises `InputRefused`: `usage.wrong` for a margin outside 0 to 10 mm; `mask.empty`
        without lesions.
        """
        if not 0 <= margin_mm <= MOST_SHELL_MM:
            reason = f"a margin of {margin_mm} mm is outside the range of 0 to {MOST_SHELL_MM} mm"
            raise InputRefused("usage.wrong", "shell", reason, "give another margin")
        if (lesions := self._lesions) is None:
            raise InputRefused("mask.empty", "lesions", "there is no lesion", "omit the margin")
        gone = [lesions]
        for lesion in self.picture.lesions:  # one by one, as a box around all is the whole liver
            near = self.organ.cropped(self.organ.grid.around(lesion.box, margin_mm)) - lesion
            if margin_mm and near.voxel_count:
                gone.append(find_rim(lesion, near, (float(margin_mm),))[0])
        return as_buffer(ShownPart("shell", "part", LOOKS["tumour"], unite(gone)).make_mesh())

    def split(self, kept: Mask, side: str) -> bytes:
        """Compute the surface of the liver that a draft keeps (`kept`) or removes (`gone`).

        Raises `InputRefused`: `usage.wrong` for an unknown side; `mask.empty`.
        """
        if side not in (KEPT, GONE):
            reason, remedy = f"{side} is not a side of a cut", f"use {KEPT} or {GONE}"
            raise InputRefused("usage.wrong", "surface", reason, remedy)
        remains = self.organ & kept
        part = remains if side == KEPT else self.organ - remains
        return as_buffer(ShownPart(side, "part", LOOKS["liver"], part).make_mesh())


def _describe_surface(shown: ShownPart) -> dict[str, Any]:
    colour, opacity = PAGE_LOOKS.get(shown.name, (shown.colour, shown.look.opacity))
    return {
        "name": shown.name,
        "label": shown.look.label,
        "kind": shown.kind,
        "colour": colour,
        "opacity": opacity,
        "visible": shown.visible,
    }


@dataclass(frozen=True, slots=True, eq=False)
class SeenCase:
    """Sections (`viewer`) and surfaces of a case; surfaces exist only after planning."""

    viewer: Viewer
    surfaces: PartSurfaces

    @classmethod
    def of(cls, plan: Plan, record: PlanRecord) -> SeenCase:
        """Show the contents of the picture of a plan."""
        picture = as_picture(plan, record)
        return cls(Viewer.of(picture), PartSurfaces.of(picture))

    @classmethod
    def before(cls, case: Case) -> SeenCase:
        """Show the masks as read, without measurements and without separate lesions.

        Raises `InputRefused` if masks have different grids.
        """
        anatomy = case.anatomy
        drawn = None if anatomy.flr is None else Remnant(anatomy.flr, "drawn")
        picture = Picture(anatomy, remnant=drawn, image=case.ct)
        return cls(Viewer.of(picture), PartSurfaces((), picture))

    def outline(self, masks: Mapping[str, Mask], view: str, layer: int) -> bytes:
        """Write the outlines of a draft's masks in a slice, as JSON.

        Raises `InputRefused`: as `Viewer.cut`.
        """
        return json.dumps(self.viewer.outline(masks, view, layer), separators=(",", ":")).encode()

    def describe(self) -> dict[str, Any]:
        """Describe sections and surfaces."""
        return {**self.viewer.describe(), "surfaces": self.surfaces.describe()}
