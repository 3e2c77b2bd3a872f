"""Render the report of a plan as HTML or PDF, and its answer as blocks for the local page."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unicodedata import normalize

from fl_planner.basis.defaults import Paper
from fl_planner.basis.run import begin_step
from fl_planner.basis.shown import typeset
from fl_planner.basis.version import __version__
from fl_planner.formats.stored.temporary import temporary_folder
from fl_planner.planning.assessment.function import select_parts
from fl_planner.planning.plan import Plan
from fl_planner.record.declaration.part import as_written, printable
from fl_planner.record.growth import GrowthKeys, GrowthRecord
from fl_planner.record.head import find_why
from fl_planner.record.plan import PlanRecord
from fl_planner.report import words as phrases
from fl_planner.report.document.blocks import Page, Shown, SideBySide, as_tree, filled
from fl_planner.report.page.appendix import appendix_of
from fl_planner.report.page.board import answer_blocks, plan_tables, trial_page
from fl_planner.report.page.prose import Charts, measurements
from fl_planner.report.page.summary import summary_page
from fl_planner.report.page.values import known_cards, reason_sentences, value_blocks
from fl_planner.report.picture.charts.function import plan_function
from fl_planner.report.picture.charts.growth import draw_growth
from fl_planner.report.picture.charts.heading import draw_interval
from fl_planner.report.picture.draw.canvas import escape_missing, name_case
from fl_planner.report.picture.draw.colours import LOOKS
from fl_planner.report.picture.draw.picture_files import PNG, Print
from fl_planner.report.picture.slices.captions import (
    Note,
    describe_layer_choice,
    find_entries,
    list_notes,
    name_layer,
)
from fl_planner.report.picture.slices.figure import (
    BEST_PX,
    draw_best,
    draw_contact_sheet,
    draw_cuts,
)
from fl_planner.report.picture.slices.plan import as_picture
from fl_planner.report.picture.slices.sections import Picture, Section
from fl_planner.report.picture.surfaces import find_parts
from fl_planner.report.picture.three_d import FRONT_PX, Solid, draw_front, draw_surface
from fl_planner.report.plain_words import as_plain_blocks
from fl_planner.report.words import sentence

if TYPE_CHECKING:
    from fl_planner.planning.pathway_questions import PathwayQuestions


CUTS = "Three sections through the liver (axial, coronal, sagittal) with mask outlines."
SURFACE = "The liver in three dimensions, from the front and from below."
SURFACE_NOTE = "Surfaces are smoothed and simplified: for orientation, not for measurement."
FRONT = "View from the front, with the patient's right on the left."
FRONT_UNPLACED = "View along an image axis; the side is unknown."
CHARTS = {
    "growth": "FLR as a share of the baseline liver, by scan.",
    "function": "Scintigraphy curves with the time window, and masks on the count image.",
}
SHEET = "Axial slices from head to foot with mask outlines and lesion numbers."
SHARES = ("flr", "untreated")


@dataclass(frozen=True, slots=True)
class Pictures:
    """Pictures by file name.

    - `summary`: the best section and the view from the front, for the first page.
    - `values`: sections and surfaces, for the third page.
    - `sheet`: the contact sheet.
    - `charts`: charts by their subject.
    """

    files: Mapping[str, bytes]
    summary: tuple[SideBySide, ...] = ()
    values: tuple[Shown, ...] = ()
    sheet: tuple[Shown, ...] = ()
    charts: Charts = field(default_factory=dict)


def draw_pictures(plan: Plan, record: PlanRecord, form: Print) -> Mapping[str, bytes]:
    """Draw all pictures of a plan by file name; intervals are always drawn as SVG.

    Each shows its case and findings.
    """
    picture, kind = as_picture(plan, record), form.kind
    begin_step("pictures: sections")
    files = {f"cuts.{kind}": draw_cuts(picture, form)[0]}
    begin_step("pictures: contact sheet")
    files[f"contact_sheet.{kind}"] = draw_contact_sheet(picture, form)[0]
    for name in _shares(record):
        drawn = draw_interval(record, name, Print("svg"), picture.stamp)
        files[f"interval_{name}.svg"] = drawn
    begin_step("pictures: surfaces")
    files[f"surface.{kind}"] = draw_surface(Solid.of(picture), form, picture.stamp)
    return files | {
        f"{name}.png": content for name, content in draw_charts(plan, record, None).items()
    }


def draw_report(
    plan: Plan,
    record: PlanRecord,
    form: Print,
    growth: GrowthRecord | None = None,
    *,
    appendix: bool = False,
) -> Pictures:
    """Draw the pictures of a report, which shows case and findings itself.

    The contact sheet in the `appendix` shows them as well, because it is signed separately.
    """
    stamped = as_picture(plan, record)
    picture, kind = replace(stamped, stamp=None), form.kind
    begin_step("pictures: sections")
    best, section = draw_best(picture, form)
    cuts, sections = draw_cuts(picture, form)
    begin_step("pictures: surfaces")
    solid = Solid.of(picture)
    files = {
        f"best.{kind}": best,
        f"front.{kind}": draw_front(solid, form),
        f"cuts.{kind}": cuts,
        f"surface.{kind}": draw_surface(solid, form),
    }
    summary = SideBySide(
        (_best(picture, section, f"best.{kind}"), _front(picture, f"front.{kind}")),
        (BEST_PX[0], FRONT_PX[0]),
    )
    values = (
        Shown(f"cuts.{kind}", CUTS, *_split(list_notes(picture, sections))),
        Shown(f"surface.{kind}", SURFACE, (_surface_note(record),)),
    )
    contact: tuple[Shown, ...] = ()
    if appendix:
        begin_step("pictures: contact sheet")
        sheet, notes = draw_contact_sheet(stamped, form)
        files[f"contact_sheet.{kind}"] = sheet
        contact = (Shown(f"contact_sheet.{kind}", SHEET, *_split(notes)),)
    charts = draw_charts(plan, record, growth)
    files |= {f"{name}.png": content for name, content in charts.items()}
    shown = {name: Shown(f"{name}.png", CHARTS[name]) for name in charts}
    return Pictures(files, (summary,), values, contact, shown)


def _best(picture: Picture, section: Section, file: str) -> Shown:
    """Describe the best section: its position, the reason for it, and its content."""
    cut = section.panel.cut
    place = f"{name_layer(cut)}, {describe_layer_choice(cut, picture)}."
    drawn = "; ".join(label for _, label in find_entries(picture, [section]))
    lesions = f" Lesions in this section: {', '.join(section.lesions)}." if section.lesions else ""
    quiet, loud = _split(list_notes(picture, (section,)))
    return Shown(file, f"{place} Shown: {drawn}.{lesions}", (place, *quiet), loud)


def _front(picture: Picture, file: str) -> Shown:
    """Describe the view from the front."""
    side = FRONT if picture.anatomy.liver.grid.placed else FRONT_UNPLACED
    parts = ", ".join(LOOKS[part].label for part, _ in find_parts(picture))
    lesions = f"; lesions L1 to L{len(picture.lesions)}" if picture.lesions else ""
    loud = (f"{picture.not_to_use}.",) if picture.not_to_use else ()
    says = f"The liver in three dimensions. {side} {sentence(parts)}{lesions}."
    return Shown(file, says, (side, SURFACE_NOTE), loud)


def draw_charts(plan: Plan, record: PlanRecord, growth: GrowthRecord | None) -> Mapping[str, bytes]:
    """Draw growth and function by name, if measured."""
    charts, function = {}, plan.measured.function
    if growth is not None:
        charts["growth"] = draw_growth(growth)
    measured = None if record.function is None else record.function.measured
    if function is not None and measured is not None:
        remnant = plan.measured.remnant
        parts = None if remnant is None else select_parts(plan.case.anatomy, remnant.mask)
        case = name_case(record.case.id, record.case.plan.name)
        figure = plan_function(function, parts, measured, case, record.findings)
        charts["function"] = PNG.write(figure)
    return charts


def _surface_note(record: PlanRecord) -> str:
    """Describe how surfaces are drawn."""
    others = "other than tumour " if record.volumes.volumes_ml.tumour else ""
    return f"{SURFACE_NOTE} Structures {others}are transparent."


def _shares(record: PlanRecord) -> Iterator[str]:
    """List the shares that may be used, which are drawn with their limits."""
    for name in SHARES:
        if name in record.ratios.by_part and find_why(record, name) is None:
            yield name


def _split(notes: Iterable[Note]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    notes = tuple(notes)
    quiet = tuple(note.text for note in notes if not note.loud)
    return quiet, tuple(note.text for note in notes if note.loud)


EMBEDDED = "data:"  # beginning of the address of an embedded picture
TYPES = {".png": "image/png", ".svg": "image/svg+xml"}
TYPST_PAPERS: Mapping[Paper, str] = {"a4": "a4", "letter": "us-letter"}
HTML, PDF, STYLE = "page.html.j2", "page.pdf.typ", "page.css"


def make_page(
    record: PlanRecord,
    pictures: Pictures,
    growth: GrowthKeys | None = None,
    *,
    asked: PathwayQuestions | None = None,
    appendix: bool = False,
) -> Page:
    """Build a report with the numbers of the record's JSON, without options, keys and codes.

    Criteria, formulas and contact sheet are in the `appendix`. It lists the missing answers that
    could change the pathway, `asked`.
    """
    written, grown = printable(as_written(record)), printable(as_written(growth))
    measured = tuple(filled(measurements(written, grown, pictures.charts)))
    values = filled(
        (
            known_cards(written, grown),
            *pictures.values,
            *plan_tables(written),
            *(measured if grown is None else ()),
            reason_sentences(written.judged),
        )
    )
    codes = {one.code for one in written.findings}
    page = Page(
        format_title(written),
        f"fl_planner {__version__}",
        format_notice(written),
        " · ".join(_known_case(written)),
        STATUS[written.case.reading.status],
        summary_page(written, grown, pictures.summary),
        trial_page(written, grown),
        values,
        measured if grown is not None else (),
        appendix_of(written, pictures.sheet, grown, asked) if appendix else (),
    )
    plain: Page = as_plain_blocks(page, codes)
    return plain


def format_title(record: PlanRecord) -> str:
    """Name the report by the case, its label and the plan."""
    named = [record.case.id, record.case.label, record.case.plan.name]
    title = " · ".join(name for name in named if name)
    return f"Liver plan: {title}" if title else "Liver plan"


def format_notice(record: PlanRecord) -> str:
    """Return the notice of every output as a sentence."""
    return f"{sentence(record.notice)}."


STATUS = {
    "draft": "DRAFT, masks not verified",
    "verified": "masks verified",
    None: "masks: status not given",
}


def _known_case(record: PlanRecord) -> Iterator[str]:
    """List the known details of the case: diagnosis, scan, phase and reader."""
    reading = record.case.reading
    cancer = phrases.diagnosis(record)
    if cancer != phrases.NOT_GIVEN:
        yield cancer
    if when := phrases.scanned_on(reading):
        yield f"scan {when}"
    if reading.phase:
        yield reading.phase
    if reading.reader:
        yield f"reader {reading.reader}"


def as_html(page: Page, pictures: Mapping[str, bytes]) -> bytes:
    """Write a page with embedded pictures; it loads nothing from a network."""
    inside = {name: _inside(name, content) for name, content in pictures.items()}
    use = typeset(f"{page.notice} {page.subtitle}")
    case = typeset(page.title)
    sheet = {"use": _as_css_string(use), "case": _as_css_string(case)}
    return fill_template(_template(HTML), page=as_tree(page), pictures=inside, sheet=sheet)


def _as_css_string(text: str) -> str:
    """Quote a text for a style; all except letters and digits is escaped, so it cannot end it."""
    plain = (one if one.isascii() and one.isalnum() else f"\\{ord(one):x} " for one in text)
    return f'"{"".join(plain)}"'


def fill_template(template: str, **values: object) -> bytes:
    """Fill the template of a page with the common `style`; values are typeset and escaped."""
    from jinja2 import BaseLoader, Environment, StrictUndefined

    environment = Environment(
        loader=BaseLoader(), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, keep_trailing_newline=True, finalize=_typeset,
    )  # fmt: skip
    text = environment.from_string(template).render(style=_template(STYLE), **values)
    return text.encode("utf-8", "backslashreplace")


def _typeset(value: object) -> object:
    """Typeset a text; numbers, styles and embedded pictures are unchanged."""
    if not isinstance(value, str) or hasattr(value, "__html__") or value.startswith(EMBEDDED):
        return value
    return typeset(value)


def as_pdf(page: Page, pictures: Mapping[str, bytes], paper: Paper = "a4") -> bytes:
    """Typeset a page as PDF in the fonts of matplotlib; same input, same bytes.

    Texts are passed as data, so they cannot contain commands.
    """
    import matplotlib
    import typst

    fonts = Path(matplotlib.get_data_path(), "fonts", "ttf")
    with temporary_folder() as place:
        for name, content in pictures.items():
            place.joinpath(name).write_bytes(content)
        data = json.dumps(_as_set(as_tree(page)), ensure_ascii=False)
        place.joinpath("page.json").write_text(data, "utf-8")
        place.joinpath("page.typ").write_text(_template(PDF), "utf-8")
        written: bytes = typst.compile(
            place / "page.typ",
            root=place,
            font_paths=[fonts],
            ignore_system_fonts=True,
            sys_inputs={"paper": TYPST_PAPERS[paper]},
        )
    return written


def _as_set(part: Any) -> Any:
    """Typeset all texts, and escape characters that the fonts of the PDF lack."""
    if isinstance(part, str):
        return escape_missing(escape_missing(normalize("NFC", typeset(part))), bold=True)
    if isinstance(part, dict):
        return {key: _as_set(value) for key, value in part.items()}
    return [_as_set(one) for one in part] if isinstance(part, list | tuple) else part


def _inside(name: str, content: bytes) -> str:
    return f"{EMBEDDED}{TYPES[Path(name).suffix]};base64,{b64encode(content).decode()}"


def _template(name: str) -> str:
    return files("fl_planner.report.page").joinpath("templates", name).read_text("utf-8")


def make_answer_tree(
    record: PlanRecord, asked: PathwayQuestions, growth: GrowthKeys | None
) -> dict[str, Any]:
    """Return values, trials with plans, and the appendix of a record, without pictures.

    - `asked`: missing answers that could change the pathway.
    """
    written, grown = printable(as_written(record)), printable(as_written(growth))
    return {
        "title": format_title(written),
        "subtitle": f"fl_planner {__version__}",
        "notice": format_notice(written),
        "first": as_tree(value_blocks(written, grown)),
        "second": as_tree(answer_blocks(written, grown)),
        "chapters": as_tree(appendix_of(written, (), grown, asked)),
    }
