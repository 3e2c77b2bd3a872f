"""Axial slices from head to foot with the outlines of the masks: what a radiologist signs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from fl_planner.report.picture.draw.canvas import Canvas
from fl_planner.report.picture.draw.font import Font, wrap
from fl_planner.report.picture.draw.picture_files import Print, plain_style
from fl_planner.report.picture.draw.sheet import Sheet
from fl_planner.report.picture.slices.captions import (
    CONVENTION,
    Note,
    find_entries,
    find_notes,
    say_place,
)
from fl_planner.report.picture.slices.cuts import SHOWN_PART, VIEWS, LayerView
from fl_planner.report.picture.slices.panels import lay_out
from fl_planner.report.picture.slices.sections import (
    Picture,
    Section,
    make_sections,
    say_lesion,
)
from fl_planner.report.picture.slices.strokes import draw_section
from fl_planner.report.picture.slices.three_cuts import draw_legend, lay_legend, put_head
from fl_planner.space.frame import Frame
from fl_planner.space.mask import Mask

MOST_SLICES, COLUMNS = 20, 4
WIDTH_PX, GAP_PX = 1500, 8
HEAD = Font(8.5, True)
ROW_PX, SKIP_PX = 30, 10
AXIAL = VIEWS[0]
SIGN = "Reviewed and approved by: ______________________   Date: ______________"
AS_AXIAL = Note("Radiological convention: patient's right on the left of each slice.")


@dataclass(frozen=True, slots=True)
class SheetLayers:
    """The layers of a contact sheet, from the head down, and lesions that none of them shows."""

    cuts: tuple[LayerView, ...]
    missed: tuple[int, ...] = ()


def choose_slices(organ: Mask, lesions: Mapping[int, Mask], most: int = MOST_SLICES) -> SheetLayers:
    """Choose layers evenly over the organ, and move one to each lesion that they miss.

    A layer shows a lesion where it cuts half of the lesion's largest section; one that was moved
    for a lesion, or shows one alone, stays. An organ of few layers is shown whole.
    """
    frame = Frame.of(organ.grid)
    first, last = frame.span(organ, AXIAL.across)
    count = min(most, last - first)
    places = (first + (np.arange(count) + 0.5) * (last - first) / count).astype(np.intp)
    chosen = [int(place) for place in places]
    shows = {number: _layers(frame, mask) for number, mask in lesions.items()}
    kept: set[int] = set()
    for layers in shows.values():
        if layers & {*chosen}:
            continue
        middle = sorted(layers)[len(layers) // 2]
        free = [
            place
            for place in chosen
            if place not in kept and not _only_here(place, chosen, shows.values())
        ]
        if free:
            moved = min(free, key=lambda place: (abs(place - middle), place))
            chosen[chosen.index(moved)] = middle
            kept.add(middle)
    missed = tuple(number for number, layers in shows.items() if not layers & {*chosen})
    return SheetLayers(
        tuple(LayerView(frame, AXIAL, layer) for layer in sorted(chosen, reverse=True)), missed
    )


def draw_contact_sheet(picture: Picture, form: Print) -> tuple[bytes, tuple[Note, ...]]:
    """Draw the sheet; what must be said of it comes too.

    Borders of segments are left out: numbers stand for lesions alone.
    """
    anatomy = replace(picture.anatomy, segments={}, segment_parts={}, mapped=None)
    picture = replace(picture, anatomy=anatomy)
    organ = picture.anatomy.organ
    slices = choose_slices(organ, dict(enumerate(picture.lesions, start=1)))
    wide = (WIDTH_PX - (COLUMNS - 1) * GAP_PX) // COLUMNS
    panels = [lay_out([cut], organ, wide, wide)[0] for cut in slices.cuts]
    sections = make_sections(picture, organ, panels)
    notes = [
        AS_AXIAL if note.text == CONVENTION else note for note in find_notes(picture, sections)
    ]
    if slices.missed:
        named = ", ".join(map(say_lesion, slices.missed))
        notes.append(Note(f"Lesions that no slice here shows: {named}.", loud=True))
    return _draw(picture, sections, form), tuple(notes)


def _layers(frame: Frame, mask: Mask) -> set[int]:
    seen = frame.counts(mask, AXIAL.across)
    return {*np.flatnonzero(SHOWN_PART * seen >= max(int(seen.max()), 1)).tolist()}


def _only_here(place: int, chosen: list[int], lesions: Iterable[set[int]]) -> bool:
    """Whether a lesion is shown by this layer and by no other one that was chosen."""
    return any(layers & {*chosen} == {place} for layers in lesions)


@plain_style()
def _draw(picture: Picture, sections: tuple[Section, ...], form: Print) -> bytes:
    sheet, (wide, tall) = Sheet(), sections[0].panel.size_px
    places: list[tuple[float, float]] = []
    begin = put_head(sheet, picture, WIDTH_PX)
    for number, section in enumerate(sections):
        row, column = divmod(number, COLUMNS)
        x, top = column * (wide + GAP_PX), begin + row * (tall + HEAD.line_px + SKIP_PX)
        head = f"{number + 1}. {say_place(section.panel.cut)}"
        places.append((x, sheet.put(wrap(head, HEAD, wide, 1), x, top, HEAD)))
    below = places[-1][1] + tall + SKIP_PX
    rows = lay_legend(sheet, find_entries(picture, sections), WIDTH_PX, below)
    below_legend = below + ROW_PX * (1 + max((row for _, _, row in rows), default=0))
    height = round(sheet.put([SIGN], 0, below_legend + SKIP_PX, HEAD) + SKIP_PX)

    def draw(canvas: Canvas) -> None:
        draw_legend(canvas, rows, below, sections[0])
        for section, place in zip(sections, places, strict=True):
            draw_section(canvas.within(place, section.panel.size_px), section)
        sheet.draw(canvas)

    return form.draw((WIDTH_PX, height), draw)
