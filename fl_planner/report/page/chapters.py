"""The chapters of a report after its first page: everything that its numbers rest on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

from fl_planner.basis.shown import as_ml, as_number
from fl_planner.patient.body_size import AT_RISK_PERCENT
from fl_planner.record.anatomy import LesionKeys, LesionSegmentRecord, LesionSummaryRecord
from fl_planner.record.context import NOTE, NoteRecord
from fl_planner.record.declaration.keys import list_values
from fl_planner.record.declaration.part import as_dict, as_plain
from fl_planner.record.declaration.quantity import as_percent
from fl_planner.record.estimates import DenominatorRecord
from fl_planner.record.growth.growth import GrowthKeys
from fl_planner.record.plan import PlanRecord
from fl_planner.record.resections import ResectionKeys, ResectionRecord, list_slivers
from fl_planner.record.trials.judgement import JudgementKeys
from fl_planner.record.withdrawal_words import mark
from fl_planner.report import words as say
from fl_planner.report.findings import gather_alike
from fl_planner.report.page.blocks import Block, Chapter, RowTable, Sentences, Shown, filled
from fl_planner.report.page.parts import list_rows, part_rows, part_tables
from fl_planner.report.page.sources import formula_rows
from fl_planner.report.page.trials import trial_blocks

LIMITS_MM = (30, 40, 80)


def rest(
    record: PlanRecord, sheet: tuple[Shown, ...], growth: GrowthKeys | None = None
) -> tuple[Chapter, ...]:
    """Make the chapters; those without content are left out."""
    chapters = (
        Chapter("Resections and plans", filled(_resections(record))),
        Chapter("Lesions and segments", filled(_lesions(record))),
        Chapter("Growth, function, dose and body", filled(_parts(record, growth))),
        Chapter("Trials", filled(trial_blocks(record.judged))),
        Chapter("Why, and what would change it", filled(_reasons(record.judged))),
        Chapter("Findings", filled(_findings(record))),
        Chapter("Contact sheet", sheet),
        Chapter("Provenance", filled(_provenance(record, growth))),
    )
    return tuple(chapter for chapter in chapters if chapter.blocks)


def _resections(record: PlanRecord) -> Iterator[Block]:
    yield _plans(record)
    told = record.by_segments
    if told is None:
        return
    rows = told.shown
    with_size = any(row.sflr_percent is not None for row in rows)
    with_function = any(row.function_shown is not None for row in rows)
    total, margin_mm = record.tumour.count, told.clearing_margin_mm
    head = ["Resection", "removes", "clears", "margin mm", "FLR mL", "FLR %"]
    head += [f"% + {margin_mm:g} mm", *(["sFLR %"] if with_size else [])]
    head += ["%/min/m2"] if with_function else []
    size_limits = record.volumes.share_limits if with_size else None
    lines = [
        (*_resection(row, total, margin_mm), *_beside_share(row, size_limits, with_function))
        for row in rows
    ]
    beside = _beside(told, mark(record, "resections"))
    yield RowTable("Resections by whole segments", tuple(head), tuple(lines), beside)


def _resection(row: ResectionRecord, total: int, margin_mm: float) -> tuple[str, ...]:
    return (
        f"{row.code} {row.name or ''}".strip(),
        say.numbered(row.removed),
        row.fates.say_cleared(total) if total else "-",
        _or_dash(row.fates.margin_mm),
        _bare_ml(row.flr_ml),
        row.share.flr_percent.shown,
        row.say_after_clearing(margin_mm),
    )


def _beside_share(
    row: ResectionRecord, size_limits: list[Fraction] | None, with_function: bool
) -> tuple[str, ...]:
    """Tell a resection's sFLR, where limits are given to keep it on its side of, and function."""
    sflr = row.sflr_percent
    return (
        *(["-" if sflr is None else as_percent(sflr, size_limits)] if size_limits else []),
        *([row.function_shown or "-"] if with_function else []),
    )


def _beside(told: ResectionKeys, reason: str) -> tuple[str, ...]:
    if not told.shown:
        return ()
    margin = f"{told.clearing_margin_mm:g} mm"
    return (
        *(f"{line}." for line in list_slivers(told.shown)),
        *([reason] if reason else []),
        f"{say.sentence(told.shown[0].not_assessed)}; borders of segments are known to about 1 cm.",
        f"+ {margin}: after clearing the lesions that stay, with {margin} around them.",
        *(f"{say.sentence(line)}." for line in say.discussed(told.resections_for_discussion)),
    )


def _plans(record: PlanRecord) -> RowTable:
    lines = tuple(
        (
            one.name or f"plan {number}",
            say.numbered(one.remnant_segments or (), one.origin or "-"),
            _bare_ml(one.flr_ml),
            one.share.flr_percent.shown,
            say.lesions_left(one.fates),
            _or_dash(one.fates.margin_mm),
        )
        for number, one in enumerate(record.case.operations, start=1)
        if one.flr_ml is not None and one.share is not None
    )
    head = ("Plan", "keeps", "FLR mL", "FLR %", "lesions left", "margin mm")
    reason = mark(record, "plans", "flr")
    return RowTable("Plans side by side", head, lines, (reason,) if reason else ())


def _lesions(record: PlanRecord) -> Iterator[Block]:
    tumour = record.tumour
    lines = [
        (
            str(one.number),
            _bare_ml(one.volume_ml),
            as_number(one.axial_diameter_mm, LIMITS_MM),
            as_number(one.longest_diameter_mm, LIMITS_MM),
            _or_dash(one.surface_mm),
            say.numbered(map(_place, one.segments or ()), "not mapped"),
        )
        for one in tumour.lesions or ()
    ]
    head = ("Lesion", "mL", "axial mm", "longest mm", "depth mm", "segments")
    beside = _counting(tumour.lesion_summary, mark(record, "lesions"))
    yield RowTable("Lesions", head, tuple(lines), beside)
    yield _earlier(tumour)
    segments = [
        (one.name, _bare_ml(one.volume_ml), _bare_ml(one.nontumorous_ml),
         as_number(one.nontumorous_percent))
        for one in record.segments or ()
    ]  # fmt: skip
    of_segment = ("Segment", "mL", "mL without tumour", "% of the non-tumorous liver")
    yield RowTable("Segments", of_segment, tuple(segments))


def _counting(summary: LesionSummaryRecord | None, reason: str) -> tuple[str, ...]:
    if summary is None:
        return ()
    return (
        *([reason] if reason else []),
        f"{summary.count} counted, parts of at least {as_ml(summary.least_ml)} that touch by "
        f"face, edge or corner ({summary.connectivity}); {summary.count_by_faces} where "
        f"faces alone connect; {summary.dropped} smaller left out.",
        f"Diameter: {summary.diameter}.",
    )


def _earlier(tumour: LesionKeys) -> RowTable:
    lines = [
        (
            str(one.number),
            "yes" if one.seen_now else "NO",
            say.numbered(one.clears_with, "no segment"),
            "-" if one.volume_ml is None else as_ml(one.volume_ml),
        )
        for one in tumour.baseline_lesions or ()
    ]
    head = ("Lesion of the earlier scan", "seen now", "segment", "then")
    return RowTable("Lesions of the earlier scan", head, tuple(lines))


def _parts(record: PlanRecord, growth: GrowthKeys | None) -> Iterator[Block]:
    told = {
        "Growth": growth,
        "Function": record.function,
        "Dose": record.dose,
        "Body size": record.estimates and record.estimates.body,
    }
    for title, part in told.items():
        if part is not None:
            yield from part_tables(title, as_plain(part))
    scores = {} if record.scores is None else as_dict(record.scores)
    yield list_rows("Scores", [{"name": name, **one} for name, one in sorted(scores.items())])
    yield _context(record)
    if record.estimates is not None:
        limits = record.volumes.share_limits
        yield _wholes(record.estimates.denominators, limits, mark(record, "flr"))


def _context(record: PlanRecord) -> RowTable:
    """Tell what is shown beside the FLR, its share of the body weight first."""
    notes = [] if record.context is None else [*list_values(record.context, "row", NoteRecord)]
    body = None if record.estimates is None else record.estimates.body
    share = None if body is None or mark(record, "flr") else body.flr_bw_percent
    weighed = as_number(share, (AT_RISK_PERCENT,), 2) if share is not None else None
    first = ("FLR to body weight", f"{weighed} %", "FLR mL x 1.0 g/mL / body weight; Truant 2007")
    rows = [(told["row"], one.say(), one.say_origin()) for _, told, one in notes]
    head = ("Beside the FLR", "value", "formula, range and source")
    lines = (*([first] if weighed and rows else []), *rows)
    return RowTable("Beside the FLR", head, tuple(lines), (f"Each is {NOTE}.",))


def _wholes(
    denominators: Iterable[DenominatorRecord], limits: list[Fraction], reason: str
) -> RowTable:
    rows = (
        (
            one.name,
            _bare_ml(one.ml),
            "-" if one.flr_percent is None else as_percent(one.flr_percent, limits),
            one.formula or "measured",
            one.population or "-",
            one.source or "-",
        )
        for one in denominators
    )
    head = ("Whole liver by", "mL", "FLR %", "formula", "of whom", "source")
    beside = (reason,) if reason else ()
    return RowTable("The FLR against other wholes", head, tuple(rows), beside)


def _reasons(judged: JudgementKeys) -> Iterator[Block]:
    pathway, route = judged.pathway, judged.route
    yield Sentences("Why this pathway", pathway.reasons)
    yield Sentences("What would change it", pathway.would_change)
    yield Sentences("Still to be asked for the pathway", tuple(map(say.asked, pathway.to_ask)))
    yield Sentences("Why this route", route.reasons)
    others = (f"{other.name}: {other.why}" for other in route.alternatives)
    yield Sentences("What else there is", tuple(others))
    yield Sentences("Next steps", route.next_steps)


def _findings(record: PlanRecord) -> Iterator[Block]:
    every = gather_alike(record.findings)
    accepted = [one for one in every if one.accepted]
    others = [one for one in every if not one.accepted]
    yield Sentences("To look at", tuple(say.told(one) for one in others))
    yield Sentences("Seen and accepted", tuple(say.told(one) for one in accepted))


def _provenance(record: PlanRecord, growth: GrowthKeys | None) -> Iterator[Block]:
    files = [(one.role, one.file, one.format, one.sha256) for one in record.inputs]
    files += _earlier_files(record, growth)
    yield RowTable("Files", ("Role", "File", "Format", "SHA-256"), tuple(files))
    rules = [(one.id, one.name, one.sha256 or "-") for one in record.judged.rules]
    yield RowTable("Protocols", ("Registry", "Name", "SHA-256"), tuple(rules))
    yield RowTable("What numbers rest on", ("What", "Source"), tuple(_sources(record)))
    yield formula_rows(record, growth)
    if record.volumes.label_map is not None:
        yield part_rows("Label map", as_dict(record.volumes.label_map))
    for one in record.volumes.resampled:
        yield part_rows(f"Resampled: {one.name}", as_dict(one))
    yield part_rows("Facts as judged", as_plain(record.judged.facts))
    yield Sentences("Limits of this report", LIMITS)


def _earlier_files(
    record: PlanRecord, growth: GrowthKeys | None
) -> Iterator[tuple[str, str, str, str]]:
    """List the files of earlier scans, which are not among the plan's own."""
    own = {one.sha256 for one in record.inputs}
    for scan in growth.time_points if growth else ():
        for one in scan.files:
            if one.sha256 not in own:
                yield f"scan {scan.number}: {one.role}", one.file, "-", one.sha256


LIMITS = (
    "Volumes are counts of voxels times the size of a voxel; how exactly the masks were drawn "
    "decides how exact they are.",
    "The interval tells how other readers would lie; it does not tell a mask that is wrong.",
    "Inflow, outflow and bile ducts of a remnant are not assessed.",
    "Pathway and route are proposals for the tumour board. Whom a trial takes is for its own team "
    "to say.",
)


def _sources(record: PlanRecord) -> Iterator[tuple[str, str]]:
    yield "fl_planner", record.version
    for name, ratio in record.ratios.by_part.items():
        whole = f"{ratio.numerator_voxels} of {ratio.denominator_voxels} voxels"
        yield f"{say.SIDES[name]}: share", whole
        yield f"{say.SIDES[name]}: interval", ratio.cv.source
    for one in record.thresholds:
        yield say.limit_name(one.name), one.source


def _place(part: LesionSegmentRecord) -> str:
    return f"{part.name} ({as_number(part.percent, (), 0)} %)"


def _or_dash(number: float | None) -> str:
    return "-" if number is None else as_number(number)


def _bare_ml(ml: float) -> str:
    return as_ml(ml).removesuffix(" mL")
