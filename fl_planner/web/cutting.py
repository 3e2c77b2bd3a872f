"""Draft cuts by segments, planes, surfaces and wedges: requests and exports of one case."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from operator import mul
from typing import Any

from msgspec import structs

from fl_planner.basis.findings import InputRefused
from fl_planner.basis.shown import as_mm
from fl_planner.formats.segments.content import ConvertedFile, Structure
from fl_planner.formats.voxels.carried import keep_of_masks
from fl_planner.formats.write import as_nifti, as_nrrd, format_of, numbered_for, read_back
from fl_planner.given.places import write_plane, write_surface
from fl_planner.given.toml import as_toml
from fl_planner.liver.anatomy import SEGMENTS
from fl_planner.liver.cut_plane import CutPlane, require_place
from fl_planner.liver.cut_surface import MOST_POINTS, CutSurface
from fl_planner.liver.names.structures import HEPATIC, WHOLE_HEPATIC
from fl_planner.liver.remnant import Remnant
from fl_planner.liver.transection import Wedges
from fl_planner.liver.vessels.scissura import follow_vein
from fl_planner.planning.draft_cut import DRAFT_FILE, DraftCut, DraftCuts
from fl_planner.planning.given.case import Operation
from fl_planner.record.head import SEE
from fl_planner.record.plan import DRAFT_CUT, DraftCutRecord, as_draft_cut
from fl_planner.record.resections import as_named_resections
from fl_planner.report.plain_words import as_plain_words
from fl_planner.space.grid import Place
from fl_planner.space.mask import Mask
from fl_planner.web.dossier.exports import pack_files
from fl_planner.web.dossier.planned import CaseText, PlannedCase
from fl_planner.web.dossier.plans import add_plan, put_first
from fl_planner.web.dossier.sign_off import FRAME, read_json, read_place, refuse_draft
from fl_planner.workup.files.result_set import make_draft

ANGLES, TURN = ("turn", "tilt"), math.radians(2)


def turn_normal(normal: Place, angle: str, by: float) -> Place:
    """Return a normal turned about the head-foot axis (`turn`), or towards the head (`tilt`).

    - `by`: the angle in radians; both angles are those of the sliders of the page.

    Examples
    --------
    >>> [round(one, 2) for one in turn_normal((1.0, 0.0, 0.0), "turn", math.pi / 2)]
    [0.0, 1.0, 0.0]
    >>> [round(one, 2) for one in turn_normal((0.0, 1.0, 0.0), "tilt", math.pi / 6)]
    [0.0, 0.87, 0.5]
    """
    x, y, z = normal
    turn, tilt = math.atan2(y, x), math.atan2(z, math.hypot(x, y))
    turn, tilt = (turn + by, tilt) if angle == "turn" else (turn, tilt + by)
    return math.cos(tilt) * math.cos(turn), math.cos(tilt) * math.sin(turn), math.sin(tilt)


def turn_plane(
    plane: tuple[Place, Place], middle: Place, angle: str, by: float
) -> tuple[list[float], list[float]]:
    """Return point and normal of a turned plane, at the same distance from the middle of the liver.

    - `plane`: its point and normal, in mm. - `angle`, `by`: see `turn_normal`.

    Examples
    --------
    >>> plane = turn_plane(((5, 0, 0), (1, 0, 0)), (0, 0, 0), "turn", math.pi / 2)
    >>> [[round(one, 2) for one in place] for place in plane]
    [[5.0, 5.0, 0.0], [0.0, 1.0, 0.0]]
    """
    point, normal = plane
    turned = turn_normal(normal, angle, by)
    away = [one - other for one, other in zip(point, middle, strict=True)]
    before, after = (sum(map(mul, away, way)) for way in (normal, turned))
    shift = before / math.hypot(*normal) - after
    return [one + shift * way for one, way in zip(point, turned, strict=True)], [*turned]


FRONT, BACK = "front", "back"
ALL, PART, NONE = "all", "part", "none"  # of a segment
CUTS = "cuts"
PLANE_KEYS, SURFACE_KEYS = {"point_mm", "normal", "keeps"}, {"points_mm", "towards"}
WEDGE_KEYS, CUT_KEYS = {"lesions", "margin_mm"}, {"segments", "planes", "surfaces", "wedges"}
DIGITS = 2  # of points in mm, as of those set by a click
LEFT = (-1.0, 0.0, 0.0)  # in RAS+
MOST_CUTS = 6  # planes or surfaces of a draft


@dataclass(frozen=True, slots=True)
class CutWish:
    """A requested draft: a plane alone, which is counted fastest, or all cuts of an operation.

    - `plane`: points to the side that remains; None for any other draft.
    - `operation`: operation with only segments, planes, surfaces and wedges.
    """

    operation: Operation
    plane: CutPlane | None = None

    @property
    def segments(self) -> tuple[str, ...]:
        """Segments that remain in a draft composed only of segments; otherwise empty."""
        return () if self.operation.transection else self.operation.remnant_segments

    def entries(self) -> dict[str, str]:
        """Write the cuts as entries of a plan in a case file."""
        operation, written = self.operation, dict[str, str]()
        if operation.remnant_segments:
            written["remnant_segments"] = json.dumps([*operation.remnant_segments])
        if operation.planes:
            written["plane"] = f"[{', '.join(map(write_plane, operation.planes))}]"
        if operation.surfaces:
            written["surface"] = f"[{', '.join(map(write_surface, operation.surfaces))}]"
        if operation.wedges is not None:
            lesions, margin_mm = operation.wedges.lesions, operation.wedges.margin_mm
            margin = "" if margin_mm is None else f", margin_mm = {margin_mm!r}"
            written["wedges"] = f"{{ lesions = {json.dumps([*lesions])}{margin} }}"
        return written


def read_wish(text: str) -> CutWish:
    """Parse a draft, in RAS+ mm.

    It is a plane `{"point_mm", "normal", "keeps"}`, `{"segments"}` that remain, or several
    `{"cuts": {"segments", "planes", "surfaces", "wedges"}}` together.

    Raises `InputRefused`: `page.draft`; `cut.no_plane`, `cut.no_surface`, `cut.no_wedge`.
    """
    parsed = read_json(text)
    if not isinstance(parsed, dict):
        raise refuse_draft("the draft cannot be read")
    if parsed.keys() == {"segments"}:
        return CutWish(Operation(remnant_segments=_segments(parsed["segments"])))
    if parsed.keys() == {CUTS}:
        return CutWish(_read_cuts(parsed[CUTS]))
    if parsed.keys() != PLANE_KEYS:
        raise refuse_draft("the draft is neither a plane nor a set of segments")
    plane = _read_plane(parsed)
    return CutWish(Operation(planes=(plane,)), plane)


def _read_cuts(parsed: Any) -> Operation:
    if not isinstance(parsed, dict) or not parsed or not parsed.keys() <= CUT_KEYS:
        raise refuse_draft("the cuts cannot be read")
    planes, surfaces = (parsed.get(name, []) for name in ("planes", "surfaces"))
    for each in (planes, surfaces):
        if not isinstance(each, list) or len(each) > MOST_CUTS:
            raise refuse_draft(f"the cuts are not a list of at most {MOST_CUTS} entries")
    wedges = parsed.get("wedges")
    return Operation(
        remnant_segments=_segments(parsed.get("segments", [])),
        planes=tuple(map(_read_plane, planes)),
        surfaces=tuple(map(_read_surface, surfaces)),
        wedges=None if wedges is None else _read_wedges(wedges),
    )


def _read_plane(parsed: Any) -> CutPlane:
    """Parse a plane; the returned normal points to the side that remains."""
    if not isinstance(parsed, dict) or parsed.keys() != PLANE_KEYS:
        raise refuse_draft("a plane cannot be read")
    if parsed["keeps"] not in (FRONT, BACK):
        raise refuse_draft("the remaining side is not stated")
    x, y, z = read_place(parsed["normal"])
    towards = (x, y, z) if parsed["keeps"] == FRONT else (-x, -y, -z)
    return CutPlane(read_place(parsed["point_mm"]), towards, FRAME)


def _read_surface(parsed: Any) -> CutSurface:
    if not isinstance(parsed, dict) or parsed.keys() != SURFACE_KEYS:
        raise refuse_draft("a surface cannot be read")
    if not isinstance(parsed["points_mm"], list) or len(parsed["points_mm"]) > MOST_POINTS:
        raise refuse_draft(f"the points are not a list of at most {MOST_POINTS} entries")
    points = [read_place(place) for place in parsed["points_mm"]]
    return CutSurface.through(points, read_place(parsed["towards"]), FRAME)


def _read_wedges(parsed: Any) -> Wedges:
    if not isinstance(parsed, dict) or parsed.keys() != WEDGE_KEYS:
        raise refuse_draft("a wedge cannot be read")
    lesions, (margin_mm, *_) = parsed["lesions"], read_place([parsed["margin_mm"], 0, 0])
    whole = isinstance(lesions, list) and all(type(one) is int for one in lesions)
    if not whole or not lesions:
        raise refuse_draft("the lesions of a wedge are not listed")
    return Wedges(tuple(lesions), margin_mm)


def _segments(parsed: Any) -> tuple[str, ...]:
    if not isinstance(parsed, list) or not all(name in SEGMENTS for name in parsed):
        raise refuse_draft("a segment does not exist")
    return tuple(sorted({*parsed}))


ZIP, DCM, CASE_FILE = ".zip", ".dcm", "case.toml"


@dataclass(frozen=True, slots=True)
class DraftFiles:
    """Export files for the draft cuts of one case."""

    case: PlannedCase

    def make(self, name: str, mask: Mask, wish: CutWish) -> bytes:
        """Write a draft in the format given by the file name; a zip contains case file and mask.

        - `mask`: the remnant, named `flr`; a zip contains it only for a plane, for use by other
        programs.

        Raises `InputRefused`: `dicom.no_ct`, `convert.carried`, `page.case_file_form`.
        """
        case = self.case
        if name.endswith(DCM):
            return make_draft(case.request, case.plan, mask, name)
        if not name.endswith(ZIP):
            return self._write(name, mask)
        beside = {DRAFT_FILE: self._write(DRAFT_FILE, mask)} if wish.plane else {}
        entries = {"flr": as_toml(DRAFT_FILE)} if beside else wish.entries()
        return pack_files({CASE_FILE: add_plan(case.text, entries).content, **beside})

    def _write(self, name: str, mask: Mask) -> bytes:
        written = format_of(name)
        structures = (Structure.of(1, mask, mask.name, mask.name),)
        findings = keep_of_masks(self.case.plan.case.findings)
        made = numbered_for(ConvertedFile(name, mask.grid, (), findings, structures), written)
        content = (as_nifti if written == "nifti1" else as_nrrd)(made, name).content
        read_back(content, name, made, self.case.request.limits)
        return content


KEPT = 16  # drafts whose results and masks are cached


class Cutter:
    """Draft cuts of the liver of a case; `case` is the case at its creation."""

    def __init__(self, case: PlannedCase) -> None:
        """Determine the trials whose limits apply to the drafts."""
        self.case, self._plan = case, case.plan
        self._drafts, self._files = DraftCuts(case.plan, case.plan.asked), DraftFiles(case)
        self._cuts: dict[CutWish, DraftCut] = {}
        self._drawn: dict[str, Remnant] = {}

    def describe(self) -> dict[str, Any]:
        """Describe segments, resections and the initial plane, or why they cannot be used."""
        anatomy = self._plan.case.anatomy
        parsed: dict[str, Any] = {"segments": sorted(anatomy.segments), "notes": [DRAFT_CUT]}
        lesions = self._plan.measured.lesions
        parsed["lesions"] = 0 if lesions is None else lesions.count
        parsed["margin_mm"] = self._plan.case.operations[0].clearing_margin_mm
        parsed["rows"] = [*self._rows()]
        planned = self._plan.measured.remnant
        parsed["kept"] = self._list_kept(None if planned is None else planned.mask)
        try:
            require_place(anatomy)
        except InputRefused as refused:
            parsed["no_plane"] = as_plain_words(f"{refused.reason}; {refused.remedy}")
            return parsed
        middle, parsed["reach_mm"] = self._find_box()
        parsed["plane"] = {"point_mm": middle, "normal": [1.0, 0.0, 0.0], "keeps": BACK}
        parsed["veins"] = [*self._veins()]
        return parsed

    def _find_box(self) -> tuple[list[float], float]:
        """Return the middle of the liver, and its half length along the longest axis, in mm."""
        organ = self._plan.case.anatomy.organ
        part = organ.grid.part(organ.box)
        corners = part.places_mm(part.corners())
        low, high = corners.min(axis=0), corners.max(axis=0)
        return ((low + high) / 2).tolist(), float(max(high - low)) / 2

    def _veins(self) -> dict[str, Mask]:
        """Return the hepatic veins that were drawn individually."""
        drawn = self._plan.case.anatomy.vessels
        return {one: drawn[one] for one in HEPATIC if one != WHOLE_HEPATIC and one in drawn}

    def follow_vein(self, text: str) -> dict[str, Any]:
        """Return points and direction of a curved surface along a hepatic vein, given by its name.

        The left side remains.

        Raises `InputRefused`: `page.draft`; see also `follow_vein`.
        """
        name, veins = read_json(text), self._veins()
        anatomy = self._plan.case.anatomy
        require_place(anatomy)
        if not isinstance(name, str) or name not in veins:
            raise refuse_draft("the vein was not drawn")
        points = follow_vein(veins[name], anatomy.organ)
        _, towards = CutSurface.through(points, LEFT, FRAME).in_ras()
        parsed = [[round(one, DIGITS) for one in place] for place in points]
        return {"points_mm": parsed, "towards": towards}

    def record(self, text: str) -> DraftCutRecord:
        """Return the results of a draft.

        Raises `InputRefused`: see `read_wish`, `DraftCuts.cut` and `DraftCuts.keep`.
        """
        return as_draft_cut(self._cut(read_wish(text)), self._plan.share_limits)

    def detail(self, text: str) -> dict[str, Any]:
        """Describe which segments a draft leaves, and which way its plane keeps more.

        - `kept`: all of a segment, a part of it, or none.
        - `more`: for a plane alone, 1 if a larger angle `turn` or `tilt` keeps more, -1 if less.

        Raises `InputRefused`: see `record`.
        """
        more = {}
        if read_wish(text).plane is not None:
            more = {angle: self._compare_turned(read_json(text), angle) for angle in ANGLES}
        return {"kept": self._list_kept(self.draw(text).mask), "more": more}

    def _compare_turned(self, parsed: Any, angle: str) -> int:
        """Compare the FLR of a plane turned by a few degrees each way, at the same distance."""
        middle = read_place(self._find_box()[0])
        less, more = (self._count_turned(parsed, middle, angle, by) for by in (-TURN, TURN))
        return 0 if less is None or more is None else (more > less) - (more < less)

    def _count_turned(self, parsed: Any, middle: Place, angle: str, by: float) -> int | None:
        """Count the FLR of a turned plane, in voxels; None if it does not cut the liver."""
        here = read_place(parsed["point_mm"]), read_place(parsed["normal"])
        point, normal = turn_plane(here, middle, angle, by)
        try:
            plane = _read_plane({**parsed, "point_mm": point, "normal": normal})
            return self._drafts.cut(plane, keep_front=True).planned.volumes.flr_voxels
        except InputRefused:
            return None

    def _list_kept(self, remnant: Mask | None) -> dict[str, str]:
        """Compare the non-tumorous liver of each segment with a remnant; all remain without one."""
        anatomy = self._plan.case.anatomy
        kept = dict[str, str]()
        for name, segment in sorted(anatomy.segments.items()):
            whole = segment & anatomy.nontumorous
            inside = whole if remnant is None else whole & remnant
            part = PART if inside.voxel_count else NONE
            kept[name] = ALL if inside.voxel_count == whole.voxel_count else part
        return kept

    def export(self, name: str, text: str) -> bytes:
        """Create an export file of a draft.

        Raises `InputRefused`: see `record`; see also `DraftFiles`.
        """
        return self._files.make(name, self.draw(text).mask, read_wish(text))

    def adopt(self, text: str) -> CaseText:
        """Return the case file with a draft as its first plan.

        Raises `InputRefused`: see `record`; see also `put_first`.
        """
        wish = read_wish(text)
        self._cut(wish)  # what cannot be measured is refused before the case changes
        return put_first(self.case.text, wish.entries())

    def draw(self, text: str) -> Remnant:
        """Return the remnant mask of a draft; for a plane, it equals the saved mask.

        Raises `InputRefused`: see `record`.
        """
        if text not in self._drawn:
            self._drawn = dict([*self._drawn.items(), (text, self._draw(read_wish(text)))][-KEPT:])
        return self._drawn[text]

    def _draw(self, wish: CutWish) -> Remnant:
        if wish.plane is not None:
            return Remnant(self._drafts.draw(wish.plane, keep_front=True), "drawn")
        remnant = self._cut(wish).planned.remnant
        assert remnant is not None  # otherwise refused
        return structs.replace(remnant, mask=replace(remnant.mask, name="flr"))

    def _cut(self, wish: CutWish) -> DraftCut:
        if wish.plane is not None:
            return self._drafts.cut(wish.plane, keep_front=True)
        if wish not in self._cuts:
            made = (
                self._drafts.operate(wish.operation)
                if wish.operation.transection
                else self._drafts.keep(wish.segments)
            )
            self._cuts = dict([*self._cuts.items(), (wish, made)][-KEPT:])
        return self._cuts[wish]

    def _rows(self) -> Any:
        """List the resections by whole segments."""
        if not self._plan.resections:
            return
        unusable = "resections" in {one.number for one in self._plan.withdrawn}
        for resection in as_named_resections(self._plan).resections:
            if resection.name is None:  # it keeps half of IV; the page has whole segments only
                continue
            fates = resection.fates.lesions
            near = resection.fates.margin_mm
            margin = None if near is None else f"{as_mm(near)} mm"
            yield {
                "code": resection.code,
                "name": resection.name,
                "kept": resection.kept,
                "percent": resection.share.flr_percent.shown,
                "margin": margin,
                "clears": None if fates is None else not (fates.cut or fates.left),
                "not_to_use": SEE if unusable else "",
            }
