"""The pictures of a report, as files, and what each of them says in words."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from fl_planner.basis.steps import begin_step
from fl_planner.planning.assessment.function import find_parts
from fl_planner.planning.plan import Plan
from fl_planner.record.growth.growth import GrowthRecord
from fl_planner.record.plan import PlanRecord
from fl_planner.record.withdrawal_words import find_why
from fl_planner.report import words as say
from fl_planner.report.page.blocks import Shown, SideBySide
from fl_planner.report.page.prose import Charts
from fl_planner.report.picture.charts.function import draw_function
from fl_planner.report.picture.charts.growth import draw_growth
from fl_planner.report.picture.charts.interval import draw_interval
from fl_planner.report.picture.draw.picture_files import Print
from fl_planner.report.picture.slices.captions import Note, find_notes
from fl_planner.report.picture.slices.contact_sheet import draw_contact_sheet
from fl_planner.report.picture.slices.plan import as_picture
from fl_planner.report.picture.slices.three_cuts import draw_cuts
from fl_planner.report.picture.stamp import name_case
from fl_planner.report.picture.surfaces.picture import draw_surface

CUTS = "Three cuts through the liver, axial, coronal and sagittal, with the outlines of the masks."
SURFACE = "The liver in three dimensions, from the front and from below."
SURFACE_NOTE = (
    "Surfaces are smoothed and made of few triangles: to look at, not to measure on. Parts are "
    "drawn transparent"
)
CHARTS = {
    "growth": "The remnant's share of one fixed liver, scan by scan.",
    "function": "Curves of the scintigraphy with their window, and masks on its counts.",
}
SHEET = "Axial slices from head to foot with the outlines of the masks and lesion numbers."
SHARES = ("flr", "untreated")


@dataclass(frozen=True, slots=True)
class Pictures:
    """Pictures by file name; those of the first page, the contact sheet, charts by their name."""

    files: Mapping[str, bytes]
    first: tuple[Shown | SideBySide, ...]
    sheet: tuple[Shown, ...]
    charts: Charts = field(default_factory=dict)


def draw_pictures(
    plan: Plan,
    record: PlanRecord,
    form: Print,
    growth: GrowthRecord | None = None,
    *,
    on_page: bool = False,
) -> Pictures:
    """Draw all pictures of a plan's report; the intervals always as SVG.

    Each bears its case and its doubts; `on_page` leaves that to a page that tells them above. The
    contact sheet always does: it is signed by itself.
    """
    stamped = as_picture(plan, record)
    picture = replace(stamped, stamp=None) if on_page else stamped
    begin_step("pictures: cuts")
    cuts, sections = draw_cuts(picture, form)
    begin_step("pictures: contact sheet")
    sheet, notes = draw_contact_sheet(stamped, form)
    kind = form.kind
    intervals = {
        name: draw_interval(record, name, Print("svg"), picture.stamp) for name in _shares(record)
    }
    files = {f"interval_{name}.svg": content for name, content in intervals.items()}
    files |= {f"cuts.{kind}": cuts, f"contact_sheet.{kind}": sheet}
    begin_step("pictures: surfaces")
    files[f"surface.{kind}"] = draw_surface(picture, form)
    first = (
        Shown(f"cuts.{kind}", CUTS, *_split(find_notes(picture, sections))),
        SideBySide(
            tuple(_interval(record, name) for name in intervals),
            Shown(f"surface.{kind}", SURFACE, (_surface_note(record),)),
        ),
    )
    quiet, loud = _split(notes)
    contact = Shown(f"contact_sheet.{kind}", SHEET, quiet, loud)
    charts = draw_charts(plan, record, growth)
    files |= {f"{name}.png": content for name, content in charts.items()}
    shown = {name: Shown(f"{name}.png", CHARTS[name]) for name in charts}
    return Pictures(files, first, (contact,), shown)


def draw_charts(plan: Plan, record: PlanRecord, growth: GrowthRecord | None) -> Mapping[str, bytes]:
    """Draw growth and function, where they were measured, by their names."""
    charts, function = {}, plan.measured.function
    if growth is not None:
        charts["growth"] = draw_growth(growth)
    told = None if record.function is None else record.function.measured
    if function is not None and told is not None:
        remnant = plan.measured.remnant
        parts = None if remnant is None else find_parts(plan.case.anatomy, remnant.mask)
        case = name_case(record.case.id, record.case.plan.name)
        charts["function"] = draw_function(function, parts, told, case, record.findings)
    return charts


def _surface_note(record: PlanRecord) -> str:
    """Say how surfaces are drawn; of a tumour only where one is."""
    tumour = bool(record.volumes.volumes_ml.tumour)
    return f"{SURFACE_NOTE}{', the tumour is not' if tumour else ''}."


def _shares(record: PlanRecord) -> Iterator[str]:
    """Name the shares that are drawn against limits: those that may be used."""
    for name in SHARES:
        if name in record.ratios.by_part and find_why(record, name) is None:
            yield name


def _interval(record: PlanRecord, name: str) -> Shown:
    limits = [
        f"{say.limit_name(one.name)}: {say.against(one)}"
        for one in record.thresholds
        if one.is_on(name)
    ]
    says = f"{say.sentence(say.SIDES[name])}: {say.share(record, name)}; " + "; ".join(
        [say.interval(record, name), *limits]
    )
    whole = record.volumes.whole
    beside = f"{say.sentence(say.SIDES[name])} in % of the {whole}: interval, and limits."
    return Shown(f"interval_{name}.svg", says, (beside,))


def _split(notes: Iterable[Note]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    notes = tuple(notes)
    quiet = tuple(note.text for note in notes if not note.loud)
    return quiet, tuple(note.text for note in notes if note.loud)
