"""What is seen of a case: linked cuts, outlines, and surfaces."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from fl_planner.basis.findings import InputRefused
from fl_planner.liver.remnant import Remnant
from fl_planner.planning.given.case import Case
from fl_planner.planning.plan import Plan
from fl_planner.record.plan import PlanRecord
from fl_planner.report.picture.draw.colours import STROKES
from fl_planner.report.picture.draw.outlines import Places, find_spot, trace_outline
from fl_planner.report.picture.slices.captions import (
    AWAY,
    CT_ENDS,
    NAMES,
    find_entries,
    find_notes,
)
from fl_planner.report.picture.slices.cuts import (
    CONTACT,
    CT_WINDOWS,
    CUT,
    VIEWS,
    LayerView,
    View,
    find_indices,
)
from fl_planner.report.picture.slices.panels import Panel, view_image
from fl_planner.report.picture.slices.plan import as_picture
from fl_planner.report.picture.slices.sections import (
    PARTS,
    Picture,
    Section,
    find_sections,
    make_section,
    say_lesion,
    shows_image,
)
from fl_planner.report.picture.surfaces import ShownPart, as_buffer, find_shown, list_shown
from fl_planner.space.coarse import Frame
from fl_planner.space.grid import Voxels
from fl_planner.space.mask import Mask

ROW_PX, MOST_PX = 900, 600  # of the cuts that tell what the legend has to say
OF_A_SHEET = (
    "CT window",
    "Not in these cuts",
    CT_ENDS,
    AWAY,
)  # how notes begin that hold for no page
CUTS = "cuts of branches"  # all of them: each is named beside its mark
Lines = list[list[int]]


@dataclass(frozen=True, slots=True, eq=False)
class Viewer:
    """A plan's masks and CT, to be cut at any layer.

    - `picture`: what the picture of the plan shows.
    - `organ`: that of its anatomy.
    - `frame`: its grid turned to the patient.
    """

    picture: Picture
    organ: Mask
    frame: Frame

    @classmethod
    def of(cls, picture: Picture) -> Viewer:
        """Turn a picture's grid to the patient."""
        organ = picture.anatomy.organ
        return cls(picture, organ, Frame.of(organ.grid))

    def describe(self) -> dict[str, Any]:
        """Tell what can be seen, where it begins, and what must be said of it."""
        grid, sections = self.frame.upright, find_sections(self.picture, ROW_PX, MOST_PX)
        return {
            "image": shows_image(self.picture),
            "lesions": [*self._lesions()],
            "marks": [*self._marks()],
            "matrix": grid.matrix().tolist(),
            "notes": [
                one._asdict()
                for one in find_notes(self.picture, sections)
                if not one.text.startswith(OF_A_SHEET)
            ],
            "parts": [*self._parts(sections)],
            "placed": grid.placed,
            "segments": [*self._segments()],
            "shape": grid.shape,
            "views": [_describe(one.panel.cut) for one in sections],
            "windows": [
                {"name": name, "level": level, "width": width} for name, level, width in CT_WINDOWS
            ],
        }

    def cut(self, view: str, layer: int) -> bytes:
        """Give a layer: the length of its lines, these as JSON, and float32 values, row by row.

        The length is a little-endian 32-bit number, and JSON is filled up to whole fours. Values
        are those of the CT at each voxel of the masks' grid, NaN where it does not reach; there
        are none without a CT.
        """
        cut = LayerView(self.frame, _find_view(view), layer)
        if not 0 <= layer < self.frame.upright.shape[cut.view.across]:
            raise InputRefused("page.no_layer", view, f"has no layer {layer + 1}", "scroll back")
        panel = _whole(cut)
        section = make_section(replace(self.picture, image=None), self.organ, panel)
        told = json.dumps(_lines(section), separators=(",", ":")).encode()
        told += b" " * (-len(told) % 4)
        return len(told).to_bytes(4, "little") + told + self._values(panel)

    def _values(self, panel: Panel) -> bytes:
        image = self.picture.image
        if image is None or not shows_image(self.picture):
            return b""
        values, reached = view_image(panel, image)
        shown: npt.NDArray[np.float32] = np.where(reached, values, np.nan).astype("<f4")
        return shown.tobytes()

    def _lesions(self) -> Iterator[dict[str, Any]]:
        for number, mask in enumerate(self.picture.lesions, start=1):
            yield from self._place(say_lesion(number), mask)

    def _marks(self) -> Iterator[dict[str, Any]]:
        """Tell where vessels are cut and lesions come near one, and the voxel to go to."""
        for one in self.picture.marks:
            middle = find_indices(self.frame, one.places_mm).mean(axis=0)
            yield {
                "part": one.part,
                "name": one.name,
                "places_mm": one.places_mm.tolist(),
                "at": np.rint(middle).astype(int).tolist(),
            }

    def _segments(self) -> Iterator[dict[str, Any]]:
        for name, mask in self.picture.anatomy.segments.items():
            yield from self._place(f"segment {name}", mask)

    def _place(self, name: str, mask: Mask) -> Iterator[dict[str, Any]]:
        """Name a structure, and a place in it where its widest axial layer is deepest."""
        axial = VIEWS[0]
        layer = int(np.argmax(self.frame.counts(mask, axial.across)))
        cut = LayerView(self.frame, axial, layer)
        spot = find_spot(cut.plane(mask), cut.spacing_mm, 0.0)
        if spot is not None:
            level, upright = np.rint(spot).astype(int).tolist()
            yield {"name": name, "at": [level, upright, layer]}

    def _parts(self, sections: tuple[Section, ...]) -> Iterator[dict[str, Any]]:
        labels = dict(find_entries(self.picture, sections)) | {CUT: CUTS}
        given = {*sections[0].parts, *(mark.part for mark in self.picture.marks)}
        for part in ("segments", *PARTS, CONTACT, CUT):  # as they are drawn, the last one on top
            if part in given or (part == "segments" and self.picture.anatomy.drawn_segments):
                stroke = STROKES[part]
                yield {
                    "key": part,
                    "label": labels.get(part, NAMES[part]),
                    "on_ct": stroke.on_ct,
                    "on_paper": stroke.on_paper,
                    "points": stroke.points,
                    "dashes": stroke.dashes,
                }


def _find_view(name: str) -> View:
    for view in VIEWS:
        if view.name == name:
            return view
    raise InputRefused("page.no_layer", name, "is no view", "go back to the page")


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
    """Lay a pixel on each voxel of a layer."""
    shape = cut.frame.upright.shape
    size = shape[cut.view.level], shape[cut.view.upright]
    level, upright = (
        (-0.5 * mm, (n - 0.5) * mm) for n, mm in zip(size, cut.spacing_mm, strict=True)
    )
    return Panel(cut, level, upright, size)


def _lines(section: Section) -> dict[str, Any]:
    parts = {part: section.parts[part] for part in PARTS if part in section.parts}
    return {
        "parts": _trace(parts),
        "segments": _trace(section.segments),
        "lesions": _trace(section.lesions),
    }


def _trace(planes: Mapping[str, Voxels]) -> dict[str, Lines]:
    """Outline planes as the page has its pixels: from the upper left, corners alone."""
    return {
        name: [_corners(loop, plane.shape) for loop in trace_outline(plane)]
        for name, plane in planes.items()
        if plane.any()
    }


def _corners(loop: Places, shape: tuple[int, ...]) -> list[int]:
    """Keep the places of a closed loop where it turns, as x and y in turn."""
    steps = np.diff(loop, axis=0)
    turns = (steps != np.roll(steps, 1, axis=0)).any(axis=1)
    places = np.array(shape) - 0.5 - loop[:-1][turns]
    told: list[int] = np.rint(places).astype(int).ravel().tolist()
    return told


@dataclass(frozen=True, slots=True, eq=False)
class Surfaces:
    """What is shown of a case: listed once, and each surface made when it is asked for."""

    parts: tuple[ShownPart, ...]
    organ: Mask

    @classmethod
    def of(cls, picture: Picture) -> Surfaces:
        """List the parts of a picture."""
        return cls(list_shown(picture), picture.anatomy.organ)

    def describe(self) -> dict[str, Any]:
        """Tell which parts there are, how they look, and where they lie."""
        grid = self.organ.grid
        places = grid.part(self.organ.box)
        corners = places.places_mm(places.corners())
        return {
            "parts": [_describe_surface(one) for one in self.parts],
            "bounds": [corners.min(axis=0).tolist(), corners.max(axis=0).tolist()],
            "placed": grid.placed,
        }

    def make(self, number: int) -> bytes:
        """Make the surface of a part, by its number in that list, as `liver3d.js` reads it.

        Raises `InputRefused`: `usage.wrong` where there is none of that number.
        """
        return as_buffer(find_shown(self.parts, number).make_mesh())


def _describe_surface(shown: ShownPart) -> dict[str, Any]:
    return {
        "name": shown.name,
        "label": shown.look.label,
        "kind": shown.kind,
        "colour": shown.colour,
        "opacity": shown.look.opacity,
        "visible": shown.visible,
    }


@dataclass(frozen=True, slots=True, eq=False)
class SeenCase:
    """A case to be looked at: `viewer` cuts it, `surfaces` are none before it is planned."""

    viewer: Viewer
    surfaces: Surfaces

    @classmethod
    def of(cls, plan: Plan, record: PlanRecord) -> SeenCase:
        """Show what the picture of a plan shows."""
        picture = as_picture(plan, record)
        return cls(Viewer.of(picture), Surfaces.of(picture))

    @classmethod
    def before(cls, case: Case) -> SeenCase:
        """Show the masks as they were read: nothing is measured, and no lesion is told apart.

        Raises `InputRefused`: where masks lie on several grids.
        """
        anatomy = case.anatomy
        drawn = None if anatomy.flr is None else Remnant(anatomy.flr, "drawn")
        picture = Picture(anatomy, remnant=drawn, image=case.ct)
        return cls(Viewer.of(picture), Surfaces((), anatomy.organ))

    def describe(self) -> dict[str, Any]:
        """Tell what can be seen."""
        return {**self.viewer.describe(), "surfaces": self.surfaces.describe()}
