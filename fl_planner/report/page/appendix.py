"""The appendix of a report: the basis of all numbers, with formulas and sources.

Formulas are listed for numbers of the record; limits of trials are in the tables of trials.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

from fl_planner.basis.formula import PrintedFormula, list_formulas
from fl_planner.basis.shown import as_ml, as_number
from fl_planner.function import mebrofenin, share
from fl_planner.intake.documents.protocols import read_protocol
from fl_planner.liver import growth as growth_between_scans
from fl_planner.liver import volumetry
from fl_planner.liver.lesions import count, lesions
from fl_planner.liver.names.structures import as_roman
from fl_planner.liver.scatter import crossing_chance
from fl_planner.patient import body_size, kidney, scores
from fl_planner.patient.body_size import SFLR_CONTEXT, WEIGHT_CONTEXT
from fl_planner.record.context import DenominatorRecord
from fl_planner.record.declaration.part import as_dict, as_percent
from fl_planner.record.growth import GrowthKeys
from fl_planner.record.head import mark
from fl_planner.record.judgement import JudgementKeys
from fl_planner.record.plan import PlanRecord
from fl_planner.record.volumes import LabelMapRecord, ResampledRecord
from fl_planner.report import words as phrases
from fl_planner.report.document.blocks import Block, Chapter, RowTable, Sentences, Shown, filled
from fl_planner.report.document.operations import (
    NEAREST_VESSEL,
    lesion_table,
    mark_previous,
    plan_table,
    resection_table,
)
from fl_planner.report.page.board import (
    basis_rows,
    file_rows,
    finding_rows,
    limit_sentences,
    trial_blocks,
)
from fl_planner.report.page.prose import ASSESSMENT, context_table
from fl_planner.report.page.vessels import vessel_blocks
from fl_planner.report.questions import pathway_reasons, route_reasons
from fl_planner.report.vessel_words import OF_MAP
from fl_planner.space import grid
from fl_planner.trials.criterion import Role
from fl_planner.trials.facts.quantities import describe_fact, name_code
from fl_planner.y90 import partition

if TYPE_CHECKING:
    from fl_planner.planning.pathway_questions import PathwayQuestions

CITED: tuple[Role, ...] = ("crlm", "radioembolisation")  # in braces: a protocol, by its role
CHANGE_ALONE = "Missing answers that could change the pathway"
CHANGE_WITH_OTHERS = f"{CHANGE_ALONE} only together with others"
CALCULATORS = (  # of one line in the order of the record's keys
    (grid, volumetry, crossing_chance, count, lesions),
    (body_size,),
    (growth_between_scans,),
    (mebrofenin, share),
    (partition,),
    (scores, kidney),
)


def list_printed(record: object) -> Iterator[PrintedFormula]:
    """List the formulas of the numbers in a record."""
    for modules in CALCULATORS:
        placed = ((_find_place(record, one.key.split(".")), one) for one in list_formulas(*modules))
        held = [(place, one) for place, one in placed if place is not None]
        yield from (one for _, one in sorted(held, key=lambda pair: pair[0]))


def _find_place(tree: object, keys: Iterable[str]) -> list[int] | None:
    """Return the paths of nested keys; None if a number is absent."""
    places = []
    for key in keys:
        if not isinstance(tree, dict) or tree.get(key) is None:
            return None
        places.append([*tree].index(key))
        tree = tree[key]
    return places


def formula_rows(record: PlanRecord, growth: GrowthKeys | None = None) -> RowTable:
    """Build the table of formulas used in this record."""
    keys = as_dict(record) | ({} if growth is None else {"growth": as_dict(growth)})
    rows = ((one.name, one.text, format_source(one)) for one in list_printed(keys))
    return RowTable("Formulas", ("Number", "Formula", "Source"), tuple(rows))


def format_source(formula: PrintedFormula) -> str:
    """Name the source of a formula; a protocol by its name and registry number."""
    trials = ((role, read_protocol(role)) for role in CITED)
    named = {str(role): f"{trial.name}, {trial.id}" for role, trial in trials}
    return formula.source.format_map(named)


def appendix_of(
    record: PlanRecord,
    sheet: tuple[Shown, ...],
    growth: GrowthKeys | None = None,
    asked: PathwayQuestions | None = None,
) -> tuple[Chapter, ...]:
    """Build the chapters; empty ones are omitted.

    - `asked`: missing answers that could change the pathway; they are listed if given.
    """
    chapters = (
        Chapter("Resections and plans", filled((plan_table(record), resection_table(record)))),
        Chapter("Lesions and segments", filled(_lesions(record))),
        Chapter("Vessels", filled(vessel_blocks(record))),
        Chapter(ASSESSMENT, filled((context_table(record), *_wholes_of(record)))),
        Chapter("Trial criteria", filled(trial_blocks(record.judged))),
        Chapter(
            "Reasons, and what would change the result", filled(_reasons(record.judged, asked))
        ),
        Chapter("Findings", filled((finding_rows(record, every=True),))),
        Chapter("Contact sheet", sheet),
        Chapter("Sources", filled(_provenance(record, growth))),
    )
    return tuple(chapter for chapter in chapters if chapter.blocks)


def _lesions(record: PlanRecord) -> Iterator[Block]:
    yield lesion_table(record).without(NEAREST_VESSEL)
    yield _previous(record)
    segments = [
        (as_roman(one.name), phrases.bare_ml(one.volume_ml), phrases.bare_ml(one.nontumorous_ml),
         as_number(one.nontumorous_percent))
        for one in record.segments or ()
    ]  # fmt: skip
    of_segment = ("Segment", "mL", "non-tumorous mL", f"% of the {record.volumes.whole}")
    reason = mark(record, *OF_MAP) if segments else ""
    yield RowTable("Segments", of_segment, tuple(segments), (reason,) if reason else ())


def _previous(record: PlanRecord) -> RowTable:
    lines = [
        (
            str(one.number),
            "yes" if one.seen_now else "NO",
            phrases.numbered(map(as_roman, one.clears_with), "no segment"),
            "-" if one.volume_ml is None else as_ml(one.volume_ml),
        )
        for one in record.tumour.baseline_lesions or ()
    ]
    head = ("Lesion on the previous scan", "visible now", "segment", "previous volume")
    return RowTable("Lesions on the previous scan", head, tuple(lines), mark_previous(record))


def _wholes_of(record: PlanRecord) -> Iterator[Block]:
    if record.estimates is not None:
        limits = record.volumes.share_limits
        yield _wholes(record.estimates.denominators, limits, mark(record, "flr"))


def _wholes(
    denominators: Iterable[DenominatorRecord], limits: list[Fraction], reason: str
) -> RowTable:
    rows = (
        (
            one.name,
            phrases.bare_ml(one.ml),
            "-" if one.flr_percent is None else as_percent(one.flr_percent, limits),
            one.formula or "measured",
            one.population or "-",
            one.source or "-",
        )
        for one in denominators
    )
    head = ("Reference volume", "mL", "FLR %", "formula", "population", "source")
    lines = (SFLR_CONTEXT, f"FLR-to-body-weight ratio: {WEIGHT_CONTEXT}")
    beside = [f"{phrases.sentence(line)}; not a criterion of the trials." for line in lines]
    title = "FLR relative to other reference volumes"
    return RowTable(title, head, tuple(rows), (*([reason] if reason else []), *beside))


def _reasons(judged: JudgementKeys, asked: PathwayQuestions | None) -> Iterator[Block]:
    yield from pathway_reasons(judged.pathway)
    if asked is not None:
        yield Sentences(CHANGE_ALONE, tuple(map(describe_fact, asked.alone)))
        yield Sentences(CHANGE_WITH_OTHERS, tuple(map(describe_fact, asked.with_others)))
    yield from route_reasons(judged.route)


def _provenance(record: PlanRecord, growth: GrowthKeys | None) -> Iterator[Block]:
    yield file_rows(record, growth)
    yield RowTable("Origin of the masks", ("Structure", "Method"), record.volumes.masks.shown)
    rules = [(one.id, one.name, one.sha256 or "-") for one in record.judged.rules]
    yield RowTable("Protocols", ("Registry", "Name", "SHA-256"), tuple(rules))
    yield basis_rows(record)
    yield formula_rows(record, growth)
    if record.volumes.label_map is not None:
        yield _labels(record.volumes.label_map)
    yield Sentences("Resampled masks", tuple(map(_resampled, record.volumes.resampled)))
    limits = record.volumes.share_limits
    facts = tuple(phrases.fact(*one, limits) for one in record.judged.facts.items())
    reason = mark(record, "untreated")  # other numbers not to be used are no facts
    doubt = (f"{phrases.sentence(phrases.SIDES['untreated'])}: {reason}",) if reason else ()
    yield RowTable("Facts used", ("Fact", "Value"), facts, doubt)
    yield limit_sentences(record)


def _labels(label_map: LabelMapRecord) -> RowTable:
    scheme = phrases.joined(label_map.scheme, label_map.source)
    rows = tuple(sorted((label, name_code(name)) for label, name in label_map.labels.items()))
    return RowTable(f"Label map {label_map.file}", ("Label", "Structure"), rows, (scheme,))


def _resampled(one: ResampledRecord) -> str:
    return (
        f"{one.file}: {as_ml(one.before_ml)} before and {as_ml(one.after_ml)} after resampling; "
        f"error up to {as_ml(one.error_ml)}."
    )
