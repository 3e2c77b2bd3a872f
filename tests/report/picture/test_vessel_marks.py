"""What a plan takes from the vessels: parts, cuts and distances, each where it lies."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

import numpy as np
import numpy.typing as npt
import pytest
from msgspec import structs
from msgspec.structs import replace as replace_record
from PIL import Image

from fl_planner.basis.findings import InputRefused
from fl_planner.liver.names.structures import TreeName
from fl_planner.liver.vessels.branch_cut import BranchCut
from fl_planner.planning.given.case import Operation
from fl_planner.planning.plan import Plan
from fl_planner.record.plan import PlanRecord, as_plan_record
from fl_planner.record.vessel_territory import LiverRangeRecord
from fl_planner.report.picture.draw.picture_files import PNG, Print
from fl_planner.report.picture.slices import plan as told
from fl_planner.report.picture.slices import strokes
from fl_planner.report.picture.slices.captions import AWAY, NEAREST, find_entries, list_notes
from fl_planner.report.picture.slices.cuts import (
    CONTACT,
    CUT,
    VIEWS,
    LayerView,
    VesselMark,
    place_marks,
)
from fl_planner.report.picture.slices.figure import draw_contact_sheet, draw_figure
from fl_planner.report.picture.slices.plan import as_picture
from fl_planner.report.picture.slices.sections import LostPart, Picture, Section, cut_sections
from fl_planner.report.picture.slices.strokes import draw_section
from fl_planner.space.coarse import Frame
from fl_planner.space.grid import Place
from fl_planner.space.mask import Mask
from tests.liver.vessels.drawn import drawn, liver_with, tee
from tests.masks import TURNS, Turn, turned
from tests.record.planned import made
from tests.report.phantoms import GRID as PLACED
from tests.report.phantoms import draw_scene

AT = (60.0, 20.0, 20.0)  # column 30 of the tee's branch, from which all beyond it hangs
CUTS = (BranchCut("portal", AT), BranchCut("portal", (20.0, 20.0, 20.0)))


def planned(*cuts: BranchCut) -> tuple[Plan, PlanRecord]:
    """Keep all of the tee's liver; a lesion lies 2 voxels of 2 mm above column 10 of its branch."""
    lesion = drawn("tumour", ((10, 13), (12, 15), (10, 13)))
    trunk = drawn("portal_vein_trunk", ((20, 21), (10, 11), (0, 4)))
    drawn_veins = {"portal_veins": tee() - trunk, "portal_vein_trunk": trunk}
    anatomy = replace(liver_with(**drawn_veins), tumour=lesion)
    remnant = (anatomy.liver - drawn("x", ((37, 39), (0, 21), (0, 21)))).renamed("flr")
    plan = made(
        replace(anatomy, flr=remnant),
        operations=(Operation(cuts=cuts),),
        vessel_roots_mm={"portal": (40.0, 20.0, 0.0)},
    )
    return plan, as_plan_record(plan)


def picture(*cuts: BranchCut) -> Picture:
    return as_picture(*planned(*cuts))


def test_the_part_that_loses_its_inflow_is_drawn_as_it_is_counted() -> None:
    plan, record = planned(*CUTS[:1])
    shown = as_picture(plan, record)
    (part,) = shown.lost
    assert part == "inflow_lost"
    assert plan.measured.vessels is not None
    loss = plan.measured.vessels.plans[0].loss
    assert loss.flr_inflow is not None
    assert shown.lost[part].mask.voxel_count == loss.flr_inflow.voxels == 7 * 17 * 9
    # 7 columns of 30 to 36; 0.008 mL a voxel; cut 5 mm nearer or farther, the border by one more;
    # 3 columns to 11, which is too wide for a number
    assert shown.lost[part].says == "between 3.6 and 13.5 mL"
    axial = cut_sections(shown, 1400, 600)[0]
    expected = np.zeros((41, 21), np.bool_)
    expected[30:37, 2:19] = True
    assert np.array_equal(axial.parts[part], expected)


def test_legend_and_note_state_what_is_hatched_and_cut() -> None:
    shown = picture(*CUTS)
    sections = cut_sections(shown, 1400, 600)
    entries = find_entries(shown, sections)
    assert dict(entries)["inflow_lost"].startswith("FLR without portal inflow (devascularised), ")
    told = [label for part, label in entries if part == CUT]
    assert told[0].startswith("C1: portal veins cut, territory between ")  # 30 to 38
    assert [label.partition(":")[0] for label in told] == ["C1", "C2"]
    notes = {note.text for note in list_notes(shown, sections)}
    assert NEAREST in notes


def test_the_legend_states_the_range_of_a_cut_and_whether_it_is_doubtful() -> None:
    """The newcomer's case: a doubtful cut stood in the legend with one number alone."""
    plan, record = planned(*CUTS[:1])
    vessels = record.vessels
    assert vessels is not None
    (one,) = vessels.plans
    ml = LiverRangeRecord(low_ml=18.0, high_ml=31.0)
    cut = replace_record(one.cuts[0], lost=ml, course_ml=20.0, other_ml=99.0, doubtful=True)
    vessels = replace_record(vessels, plans=(replace_record(one, cuts=(cut,)),))
    (mark,) = (
        mark for mark in told.list_marks(plan, replace_record(record, vessels=vessels))
        if mark.part == CUT
    )  # fmt: skip
    assert mark.says == (
        "C1: portal veins cut, territory between 18.0 and 31.0 mL; uncertain: 20.0 mL from "
        "the course of the branch, 99.0 mL from the cross-section at the cut"
    )


def test_many_cuts_are_named_in_part() -> None:
    marks = tuple(VesselMark(CUT, np.array([AT]), f"C{n}", f"C{n}: cut") for n in range(1, 12))
    shown = replace(picture(*CUTS), marks=marks)
    entries = find_entries(shown, cut_sections(shown, 1400, 600))
    assert [label for part, label in entries if part == CUT][7:] == ["C8: cut", "further cuts: 3"]


def test_a_named_branch_is_named_and_one_that_hangs_nowhere_is_not_marked() -> None:
    right = drawn("right_portal_vein", ((25, 37), (10, 11), (10, 11)))
    trunk = drawn("portal_vein_trunk", ((20, 21), (10, 11), (0, 4)))
    stem = drawn("portal_veins", ((20, 21), (10, 11), (4, 11)), ((4, 25), (10, 11), (10, 11)))
    anatomy = liver_with(portal_veins=stem, right_portal_vein=right, portal_vein_trunk=trunk)
    plan = made(
        replace(anatomy, flr=anatomy.liver.renamed("flr")),
        operations=(Operation(cuts=(BranchCut("portal", branch="right_portal_vein"),)),),
        vessel_roots_mm={"portal": (40.0, 20.0, 0.0)},
    )
    record, vessels = as_plan_record(plan), plan.measured.vessels
    (mark,) = as_picture(plan, record).marks
    assert mark.places_mm.tolist() == [[50.0, 20.0, 20.0]]
    assert mark.says.startswith("C1: right portal vein cut, territory ")
    assert vessels is not None
    (planned_one,) = vessels.plans
    nowhere = replace(planned_one.loss.cuts[0], place_mm=None)
    loss = replace(planned_one.loss, cuts=(nowhere,))
    vessels = replace(vessels, plans=(replace(planned_one, loss=loss),))
    plan = replace(plan, measured=structs.replace(plan.measured, vessels=vessels))
    assert as_picture(plan, record).marks == ()


def test_numbers_that_are_not_to_be_used_state_this(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(told, "mark", lambda *_: "not to be used")
    shown = picture(*CUTS[:1])
    assert shown.lost["inflow_lost"].says == "between 3.6 and 13.5 mL; not to be used"
    assert shown.marks[0].says.endswith("; not to be used")


def test_a_lesion_has_a_line_to_the_vessel_nearest_to_it() -> None:
    """From row 12 to row 10 of the branch: 4 mm; in the axial layer of the branch."""
    shown = picture()
    (mark,) = shown.marks
    assert (mark.part, mark.name) == (CONTACT, "L1 4.0 mm")
    (i, j, k), other = mark.places_mm.tolist()
    assert (j, k) == (24.0, 20.0)
    assert other == [i, 20.0, 20.0]
    assert 20 <= i <= 24


def test_no_vessel_or_none_that_is_near_has_no_mark() -> None:
    far = drawn("portal_veins", ((30, 37), (4, 5), (7, 8)))
    lesion = drawn("tumour", ((4, 7), (12, 15), (10, 13)))
    for vessels in ({}, {"portal_veins": far}):
        anatomy = replace(liver_with(**vessels), tumour=lesion)
        plan = made(replace(anatomy, flr=anatomy.liver.renamed("flr")))
        shown = as_picture(plan, as_plan_record(plan))
        assert (shown.lost, shown.marks) == ({}, ())


def cuts_at(*layers: int) -> list[LayerView]:
    frame = Frame.of(PLACED)
    return [LayerView(frame, view, n) for view, n in zip(VIEWS, layers, strict=True)]


def place_of(*index: int) -> npt.NDArray[np.float64]:
    return PLACED.places_mm(np.array([index], np.intp))


def test_a_cut_is_marked_in_its_layers_and_else_in_the_nearest() -> None:
    """Voxels of 3, 4 and 5 mm: 2 layers of 5, 4 of 4, 5 of 3 mm away."""
    mark = VesselMark(CUT, place_of(20, 12, 8), "C1")
    axial, coronal, sagittal = place_marks([mark], cuts_at(8, 12, 3))
    assert [one.distance_mm for one in (*axial, *coronal)] == [0.0, 0.0]
    assert sagittal == ()
    assert axial[0].places.tolist() == [pytest.approx([20, 12])]
    assert coronal[0].places.tolist() == [pytest.approx([20, 8])]
    axial, coronal, sagittal = place_marks([mark], cuts_at(10, 16, 25))
    assert [one.distance_mm for one in axial] == [10.0]
    assert coronal == sagittal == ()


def test_a_line_is_shown_by_the_layers_between_its_ends_or_near_them() -> None:
    ends = np.concatenate([place_of(20, 12, 8), place_of(20, 12, 10)])
    mark = VesselMark(CONTACT, ends, "L1 10 mm")
    for layer, shown in ((8, 1), (9, 1), (10, 1), (12, 1), (13, 0)):
        axial = place_marks([mark], cuts_at(layer, 20, 30))[0]
        assert len(axial) == shown, layer
        assert [one.distance_mm for one in axial] == ([10.0] if layer == 12 else [0.0] * shown)


@pytest.mark.parametrize("way", TURNS[::7], ids=str)
def test_how_masks_are_stored_moves_no_mark(way: Turn) -> None:
    mark = VesselMark(CUT, place_of(20, 12, 8), "C1")
    found = []
    for grid in (PLACED, turned(Mask.of("x", np.ones(PLACED.shape, np.bool_), PLACED), *way).grid):
        frame = Frame.of(grid)
        (one,) = place_marks([mark], [LayerView(frame, VIEWS[0], 8)])[0]
        found.append((one.distance_mm, np.round(one.places, 6).tolist()))
    assert found[0] == found[1]


def pixels(picture: Picture) -> tuple[Section, npt.NDArray[np.int64]]:
    """Draw the axial section alone, [row, column, colour]."""
    section = cut_sections(picture, 1400, 600)[0]
    content = PNG.draw(section.panel.size_px, lambda on: draw_section(on, section))
    return section, np.asarray(Image.open(BytesIO(content)), np.int64)


@pytest.mark.parametrize(("part", "columns"), [(CUT, (22,)), (CONTACT, (18, 22))])
def test_a_mark_is_drawn_at_its_pixels(part: str, columns: tuple[int, ...]) -> None:
    """Around the middle of its voxels, counted from the upper left: the patient's right front."""
    scene = draw_scene()
    bare, before = pixels(scene)
    ends = np.concatenate([place_of(column, 9, bare.panel.cut.layer) for column in columns])
    section, after = pixels(replace(scene, marks=(VesselMark(part, ends, ""),)))
    x, y = np.nonzero((before != after).any(axis=2).T)
    (_, right), (_, front) = section.panel.level_mm, section.panel.upright_mm
    scale = section.panel.px_per_mm
    middle = (right - np.mean(columns) * 3) * scale, (front - 9 * 4) * scale
    assert ((x.min() + x.max() + 1) / 2, (y.min() + y.max() + 1) / 2) == pytest.approx(
        middle, abs=1
    )


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["png", pytest.param("svg", marks=pytest.mark.essential), "pdf"])
def test_all_of_it_is_drawn_alike_each_time(kind: str) -> None:
    shown = picture(*CUTS)
    away = VesselMark(CUT, np.array([(50.0, 22.0, 22.0)]), "C3", "C3: cut")
    shown = replace(shown, marks=(*shown.marks, away, replace(away, name="C4")))
    form = Print(kind, 100)  # type: ignore[arg-type]
    first = draw_figure(shown, form)
    assert first == draw_figure(shown, form)
    assert first != draw_figure(replace(shown, lost={}), form)
    assert first != draw_figure(replace(shown, marks=()), form)


def test_the_contact_sheet_shows_every_cut() -> None:
    _, notes = draw_contact_sheet(picture(*CUTS), Print("png"))
    assert NEAREST in {note.text for note in notes}
    assert AWAY not in {note.text for note in notes}


def test_a_mark_in_another_layer_is_reported() -> None:
    shown = replace(
        picture(), marks=(VesselMark(CUT, np.array([(60.0, 8.0, 16.0)]), "C1", "C1: cut"),)
    )
    sections = cut_sections(shown, 1400, 600)
    assert AWAY in {note.text for note in list_notes(shown, sections)}


def test_names_of_marks_are_apart_and_in_the_panel() -> None:
    ends = np.array([[380.0, 200.0]])
    half, size = (30.0, 8.0), (400, 400)
    first = strokes._find_free(ends, half, size, [])
    assert first[0] < 380  # at the right there is no room
    second = strokes._find_free(ends, half, size, [(*first, *half)])
    assert abs(second[1] - first[1]) >= 16
    full = [(x, y, 400.0, 400.0) for x, y in ((200.0, 200.0),)]
    assert strokes._find_free(ends, half, size, full)[0] > 380


def test_no_mask_of_another_grid_is_drawn_as_lost() -> None:
    lost = {"inflow_lost": LostPart(drawn("x", ((1, 2), (1, 2), (1, 2))), "1 mL")}
    with pytest.raises(InputRefused, match="not on the grid"):
        replace(draw_scene(), lost=lost)


def test_both_halves_of_a_divided_label_are_drawn_and_the_rest_keeps_its_name() -> None:
    low, high = ((10, 31), (3, 8), (10, 12)), ((10, 31), (13, 18), (10, 12))
    loose = ((34, 36), (10, 11), (10, 11))  # equally far from both trees
    label = drawn("liver_vessels", low, high, loose)
    roots: dict[TreeName, Place] = {"portal": (40.0, 10.0, 20.0), "hepatic": (40.0, 30.0, 20.0)}
    anatomy = told.with_halves(made(liver_with(liver_vessels=label), vessel_roots_mm=roots))
    assert {name: mask.voxel_count for name, mask in anatomy.vessels.items()} == {
        "liver_vessels": 2, "portal_veins": 21 * 5 * 2, "hepatic_veins": 21 * 5 * 2,
    }  # fmt: skip
    whole = made(liver_with(liver_vessels=label))  # without roots it is not divided
    assert told.with_halves(whole) is whole.case.anatomy
