"""Cuts of the page against nibabel's voxels: values, outlines, sides."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nibabel as nib
import numpy as np
import pytest
from scipy.ndimage import find_objects, label

import fl_planner
from docs.site.axe import find_browser
from fl_planner.basis.findings import InputRefused
from fl_planner.report.picture.slices.cuts import CONTACT, CUT, VesselMark
from fl_planner.report.picture.slices.plan import as_picture
from fl_planner.space.grid import Box
from fl_planner.space.mask import Mask
from fl_planner.web.case import OpenCase
from fl_planner.web.cases import Worker, WorkerLostError
from fl_planner.web.cuts import Viewer
from tests.browsers import run_apart
from tests.cases import each_case
from tests.web.served import CRLM
from tests.web.test_browser import barriers, head, wait_for_cuts, wide
from tests.web.viewed import ANSWERED, MS, choose_theme

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.slow

AXES = {"axial": (0, 1, 2), "coronal": (0, 2, 1), "sagittal": (1, 2, 0)}  # level, upright, across


@pytest.fixture(scope="module")
def viewer() -> Viewer:
    made = fl_planner.plan(CRLM)
    return Viewer.of(as_picture(made.plan, made.record))


def read_cut(content: bytes) -> tuple[dict[str, Any], Any]:
    length = int.from_bytes(content[:4], "little")
    return json.loads(content[4 : 4 + length]), np.frombuffer(content[4 + length :], "<f4")


def voxels(name: str) -> Any:
    """Give an image with its indices growing to right, front and head, by nibabel."""
    return np.asanyarray(upright(name).dataobj)


def upright(name: str) -> Any:
    turn: Any = nib.funcs.as_closest_canonical
    return turn(nib.loadsave.load(CRLM.parent / name))


def area(loops: list[list[int]]) -> float:
    """Area within outlines, by the shoelace: holes run the other way."""
    total = 0.0
    for loop in loops:
        x, y = np.array(loop[::2]), np.array(loop[1::2])
        total += float((x * np.roll(y, -1) - y * np.roll(x, -1)).sum()) / 2
    return abs(total)


@pytest.mark.essential
@each_case("view", {name: name for name in AXES})
def test_h02_a_cut_shows_the_ct_with_the_patients_right_or_front_on_its_left(
    view: str, viewer: Viewer
) -> None:
    ct, (level, upright, across) = voxels("ct.nii.gz"), AXES[view]
    layer = ct.shape[across] // 3
    _, values = read_cut(viewer.cut(view, layer))
    plane = np.moveaxis(ct, (level, upright, across), (0, 1, 2))[:, :, layer]
    shown = values.reshape(plane.shape[1], plane.shape[0])
    assert np.array_equal(shown, plane[::-1, ::-1].T.astype(np.float32))


@each_case("view", {name: name for name in AXES})
def test_outlines_hold_as_many_voxels_as_the_mask_has_there(view: str, viewer: Viewer) -> None:
    level, upright, across = AXES[view]
    for name, part in (("liver", "liver"), ("tumour", "tumour")):
        mask = voxels(f"{name}.nii.gz") > 0
        for layer in range(0, mask.shape[across], 7):
            lines, _ = read_cut(viewer.cut(view, layer))
            plane = np.moveaxis(mask, (level, upright, across), (0, 1, 2))[:, :, layer]
            assert area(lines["parts"].get(part, [])) == np.count_nonzero(plane)


def test_an_outline_is_where_its_voxels_are(viewer: Viewer) -> None:
    mask = voxels("flr.nii.gz") > 0
    layer = int(mask.sum(axis=(0, 1)).argmax())
    lines, _ = read_cut(viewer.cut("axial", layer))
    right, front = np.nonzero(mask[:, :, layer])
    xs = [x for loop in lines["parts"]["remnant"] for x in loop[::2]]
    ys = [y for loop in lines["parts"]["remnant"] for y in loop[1::2]]
    wide, tall, _ = mask.shape
    assert (min(xs), max(xs)) == (wide - 1 - right.max(), wide - right.min())
    assert (min(ys), max(ys)) == (tall - 1 - front.max(), tall - front.min())


@pytest.mark.essential
def test_h02_sides_are_lettered_and_none_where_they_are_unknown(viewer: Viewer) -> None:
    told = {one["name"]: one["letters"] for one in viewer.describe()["views"]}
    assert told == {
        "axial": ("R", "L", "A", "P"),
        "coronal": ("R", "L", "H", "F"),
        "sagittal": ("A", "P", "H", "F"),
    }
    unplaced = replace(viewer.organ, grid=replace(viewer.organ.grid, placed=False))
    anatomy = replace(viewer.picture.anatomy, liver=unplaced)
    for name in ("tumour", "flr"):
        mask = getattr(viewer.picture.anatomy, name)
        anatomy = replace(anatomy, **{name: replace(mask, grid=unplaced.grid)})
    anatomy = replace(anatomy, segments={}, segment_parts={}, mapped=None, lesions=())
    picture = replace(
        viewer.picture, anatomy=anatomy, remnant=None, lesion=None, lesions=(), calliper=None
    )
    told = Viewer.of(picture).describe()
    assert not told["placed"]
    assert [one["letters"] for one in told["views"]] == [None] * 3
    assert not told["image"]  # how the CT lies on it is unknown
    assert any("Do not infer left or right" in one["text"] and one["loud"] for one in told["notes"])


def test_a_lesion_is_gone_to_within_it(viewer: Viewer) -> None:
    tumour, told = voxels("tumour.nii.gz") > 0, viewer.describe()["lesions"]
    assert [one["name"] for one in told] == [f"L{n}" for n in range(1, 6)]  # five [truth.json]
    assert all(tumour[tuple(one["at"])] for one in told)
    lesions, _ = label(tumour)
    boxes, mm = find_objects(lesions), upright("tumour.nii.gz").header.get_zooms()
    for one in told:  # its largest extent along an axis, by scipy's own parts
        box = boxes[lesions[tuple(one["at"])] - 1]
        extents = [(s.stop - s.start) * size for s, size in zip(box, mm, strict=True)]
        assert one["size_mm"] == pytest.approx(max(extents))


def test_places_are_those_of_the_header(viewer: Viewer) -> None:
    image = upright("liver.nii.gz")
    assert np.allclose(viewer.describe()["matrix"], image.affine[:3])


def test_marks_are_reported_with_the_voxel_to_go_to(viewer: Viewer) -> None:
    assert viewer.describe()["marks"] == []
    voxel, affine = np.array([30, 41, 52]), upright("liver.nii.gz").affine
    place, end = (affine[:3] @ [*(voxel + move), 1.0] for move in ([0.3, 0, 0], [4, 2, 0]))
    marks = (
        VesselMark(CUT, place[None], "C1"),
        VesselMark(CONTACT, np.array([place, end]), "L1 9 mm"),
    )
    told = Viewer.of(replace(viewer.picture, marks=marks)).describe()
    assert [(one["part"], one["name"]) for one in told["marks"]] == [
        ("cut", "C1"),
        ("contact", "L1 9 mm"),
    ]
    assert [one["at"] for one in told["marks"]] == [[30, 41, 52], [32, 42, 52]]
    assert np.allclose(told["marks"][0]["places_mm"], [place])
    assert [one["label"] for one in told["parts"]][-2:] == [
        "shortest distance from lesion to vessel",
        "cut branches",
    ]


def test_structures_outside_the_first_sections_are_named_too(viewer: Viewer) -> None:
    grid = viewer.picture.anatomy.liver.grid
    corner = Mask("cyst", np.ones((1, 1, 1), np.bool_), Box((0, 0, 0), (1, 1, 1)), grid)
    anatomy = replace(viewer.picture.anatomy, excluded=(corner,))
    parts = Viewer.of(replace(viewer.picture, anatomy=anatomy)).describe()["parts"]
    assert "excluded: cyst" in [one["label"] for one in parts]


@each_case(
    "view, layer", {"below": ("axial", -1), "above": ("axial", 96), "no view": ("oblique", 1)}
)
def test_a_layer_that_there_is_not_is_refused(view: str, layer: int, viewer: Viewer) -> None:
    with pytest.raises(InputRefused, match="does not exist"):
        viewer.cut(view, layer)


def test_the_wire_is_filled_to_whole_fours(viewer: Viewer) -> None:
    for layer in range(40, 60):
        assert int.from_bytes(viewer.cut("axial", layer)[:4], "little") % 4 == 0


# ---- cuts are shown before the answer, and during all other work


LAYER, WITHIN_S = 50, 120.0


@pytest.mark.essential
def test_masks_are_seen_as_they_are_before_anything_is_measured() -> None:
    seen: list[tuple[dict[str, Any], bytes]] = []

    def look() -> None:
        seen.append((case.scan(), case.cut("axial", LAYER)))
        with pytest.raises(InputRefused, match="the case has not been planned"):
            case.answer()

    case = OpenCase(look)
    with pytest.raises(InputRefused, match="the case has not been read yet"):
        case.scan()
    case.open_case(CRLM, {})
    ((scan, early),) = seen
    assert scan["surfaces"]["parts"] == scan["lesions"] == []
    planned = case.scan()
    assert [one["name"] for one in planned["lesions"]] == ["L1", "L2", "L3", "L4", "L5"]
    for key in ("matrix", "shape", "placed", "segments"):
        assert scan[key] == planned[key]
    first, last = (read_cut(one) for one in (early, case.cut("axial", LAYER)))
    assert np.array_equal(first[1], last[1], equal_nan=True)
    assert {*first[0]["parts"]} >= {"liver", "tumour", "remnant"}
    for key in ("parts", "segments"):
        assert first[0][key] == last[0][key]
    assert (first[0]["lesions"], [*last[0]["lesions"]]) == ({}, ["L2", "L4"])


def test_a_cut_waits_for_no_other_work_and_what_waits_ends_with_the_case(tmp_path: Path) -> None:
    async def ask_all() -> None:
        worker = Worker(tmp_path)
        before = worker.seen
        await worker.ask("open_case", CRLM, {}, within_s=WITHIN_S)
        assert (before, worker.seen) == (False, True)
        work = asyncio.create_task(worker.ask("export", "report.html", within_s=WITHIN_S))
        waiting = asyncio.create_task(worker.ask("dossier", within_s=WITHIN_S))
        for layer in range(3):
            await worker.ask("cut", "axial", LAYER + layer, within_s=WITHIN_S)
        assert not work.done()
        worker.end()
        for one in (work, waiting):
            with pytest.raises(WorkerLostError):
                await one

    run_apart(ask_all)


def test_what_is_no_question_ends_the_case_and_states_nothing(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    async def ask_wrong(what: str) -> None:
        worker = Worker(tmp_path)
        with pytest.raises(WorkerLostError):
            await worker.ask(what, within_s=WITHIN_S)
        with pytest.raises(WorkerLostError):  # neither way answers any more
            await worker.ask("checked", within_s=WITHIN_S)
        worker.end()

    for what in ("_planned", "cut"):  # no question, and one with too little
        run_apart(partial(ask_wrong, what))
    assert capfd.readouterr().err == ""


@pytest.mark.skipif(find_browser() is None or find_spec("playwright") is None, reason="no Chromium")
def test_cuts_are_and_are_used_while_the_answer_is_worked_out(page: Page) -> None:
    still = {"state": "working", "seen": True, "step": "check_ct", "counted": None}

    def hold(route: Any) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json={**answer.json(), **still})

    page.route(re.compile(r"/cases/[0-9a-f]{32}$"), hold)
    page.reload()
    page.wait_for_selector("#case[data-answered=false]:not([hidden])", timeout=MS)
    wait_for_cuts(page)
    page.locator("#said").filter(has_text="being calculated").wait_for(timeout=MS)
    for section in ("#answer", "#ask", "#cutter", "#sign", "#away", "#scene", "#drop"):
        assert page.locator(section).is_hidden(), section
    assert page.get_by_role("button", name="Cancel").is_visible()
    page.locator("#step").filter(has_text="check CT").wait_for(timeout=MS)
    before = head(page, 0)
    page.locator("#views canvas").first.press("PageUp")
    wait_for_cuts(page)
    moved = head(page, 0)
    assert moved != before
    page.select_option("#window", "Lung")
    for scheme in ("light", "dark"):
        choose_theme(page, scheme)
        assert [*barriers(page), *wide(page)] == []
    still.clear()
    page.wait_for_selector(ANSWERED, timeout=MS)
    wait_for_cuts(page)
    assert page.locator("#share-percent").is_visible()
    assert page.locator("#work").is_hidden()
    assert head(page, 0) == moved  # what the reader chose stays
    assert page.locator("#window").input_value() == "Lung"
