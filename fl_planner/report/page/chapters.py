"""The appendix of a report: everything that its numbers rest on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

from fl_planner.basis.glossary import OTHER_OPTIONS
from fl_planner.basis.shown import as_ml, as_number
from fl_planner.liver.names.numerals import as_roman
from fl_planner.record.anatomy import LesionKeys
from fl_planner.record.declaration.quantity import as_percent
from fl_planner.record.estimates import DenominatorRecord
from fl_planner.record.growth.growth import GrowthKeys
from fl_planner.record.masks import LabelMapRecord, ResampledRecord
from fl_planner.record.plan import PlanRecord
from fl_planner.record.trials.judgement import JudgementKeys
from fl_planner.record.withdrawal_words import mark
from fl_planner.report import words as say
from fl_planner.report.findings import gather_alike
from fl_planner.report.page.blocks import Block, Chapter, RowTable, Sentences, Shown, filled
from fl_planner.report.page.context import context_table
from fl_planner.report.page.operations import bare_ml, lesion_table, resection_tables
from fl_planner.report.page.sources import formula_rows
from fl_planner.report.page.trials import trial_blocks
from fl_planner.report.page.vessels import vessel_blocks
from fl_planner.report.vessel_words import LOSES


def appendix_of(
    record: PlanRecord, sheet: tuple[Shown, ...], growth: GrowthKeys | None = None
) -> tuple[Chapter, ...]:
    """Make its chapters; those without content are left out."""
    chapters = (
        Chapter("Resections and plans", filled(resection_tables(record))),
        Chapter("Lesions and segments", filled(_lesions(record))),
        Chapter("Vessels", filled(vessel_blocks(record))),
        Chapter("Beside the FLR", filled((context_table(record), *_wholes_of(record)))),
        Chapter("Criteria of the trials", filled(trial_blocks(record.judged))),
        Chapter("Why, and what would change it", filled(_reasons(record.judged))),
        Chapter("Findings", filled(_findings(record))),
        Chapter("Contact sheet", sheet),
        Chapter("Sources", filled(_provenance(record, growth))),
    )
    return tuple(chapter for chapter in chapters if chapter.blocks)


def _lesions(record: PlanRecord) -> Iterator[Block]:
    yield lesion_table(record)
    yield _earlier(record.tumour)
    segments = [
        (as_roman(one.name), bare_ml(one.volume_ml), bare_ml(one.nontumorous_ml),
         as_number(one.nontumorous_percent))
        for one in record.segments or ()
    ]  # fmt: skip
    of_segment = ("Segment", "mL", "mL without tumour", "% of the non-tumorous liver")
    yield RowTable("Segments", of_segment, tuple(segments))


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
            bare_ml(one.ml),
            "-" if one.flr_percent is None else as_percent(one.flr_percent, limits),
            one.formula or "measured",
            one.population or "-",
            one.source or "-",
        )
        for one in denominators
    )
    head = ("Reference volume", "mL", "FLR %", "formula", "population", "source")
    beside = (reason,) if reason else ()
    return RowTable("The FLR by other reference volumes", head, tuple(rows), beside)


def _reasons(judged: JudgementKeys) -> Iterator[Block]:
    pathway, route = judged.pathway, judged.route
    yield Sentences("Why this pathway", pathway.reasons)
    yield Sentences("What would change it", pathway.would_change)
    yield Sentences("Still to be asked for the pathway", tuple(map(say.asked, pathway.to_ask)))
    yield Sentences("Why this route", route.reasons)
    others = (other.why for other in route.alternatives)
    yield Sentences(OTHER_OPTIONS, tuple(others))
    yield Sentences("Next steps", route.next_steps)


def _findings(record: PlanRecord) -> Iterator[Block]:
    every = gather_alike(record.findings)
    accepted = [one for one in every if one.accepted]
    others = [one for one in every if not one.accepted]
    yield Sentences("Findings to review", tuple(say.told(one) for one in others))
    yield Sentences("Reviewed and accepted", tuple(say.told(one) for one in accepted))


def _provenance(record: PlanRecord, growth: GrowthKeys | None) -> Iterator[Block]:
    files = [(one.role, one.file, one.format, one.sha256) for one in record.inputs]
    files += _earlier_files(record, growth)
    yield RowTable("Files", ("Role", "File", "Format", "SHA-256"), tuple(files))
    rules = [(one.id, one.name, one.sha256 or "-") for one in record.judged.rules]
    yield RowTable("Protocols", ("Registry", "Name", "SHA-256"), tuple(rules))
    yield RowTable("What numbers rest on", ("What", "Source"), tuple(_sources(record)))
    yield formula_rows(record, growth)
    if record.volumes.label_map is not None:
        yield _labels(record.volumes.label_map)
    yield Sentences("Brought onto another grid", tuple(map(_resampled, record.volumes.resampled)))
    facts = tuple(map(say.fact, record.judged.facts, record.judged.facts.values()))
    yield RowTable("Facts as judged", ("Fact", "Value"), facts)
    yield Sentences("Limits of this report", (*LIMITS[:2], _say_supply(record), *LIMITS[2:]))


def _labels(told: LabelMapRecord) -> RowTable:
    scheme = say.joined(told.scheme, told.source)
    rows = tuple(sorted((label, name.replace("_", " ")) for label, name in told.labels.items()))
    return RowTable(f"Label map {told.file}", ("Label", "Structure"), rows, (scheme,))


def _resampled(one: ResampledRecord) -> str:
    return (
        f"{one.file}: {as_ml(one.before_ml)} before, {as_ml(one.after_ml)} after, up to "
        f"{as_ml(one.error_ml)} off."
    )


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
    "Pathway and route are for discussion at the tumour board; whom a trial takes is for its own "
    "team to say.",
)


def _say_supply(record: PlanRecord) -> str:
    """Say how far inflow and outflow of the remnant are told."""
    supplied = None if record.vessels is None else record.vessels.supplied
    if supplied is None:
        return "Inflow, outflow and bile ducts of a remnant are not assessed."
    left = [words for tree, words in LOSES.items() if tree not in supplied.flr_supplied_by]
    told = " and ".join(words for words in LOSES.values() if words not in left)
    return (
        f"{told.capitalize()} of a remnant: by the nearest vessel that was drawn, which is an "
        f"estimate. {say.sentence(', '.join([*left, 'bile ducts']))} and the hepatic artery are "
        "not assessed."
    )


def _sources(record: PlanRecord) -> Iterator[tuple[str, str]]:
    yield "fl_planner", record.version
    for name, ratio in record.ratios.by_part.items():
        whole = f"{ratio.numerator_voxels} of {ratio.denominator_voxels} voxels"
        yield f"{say.SIDES[name]}: share", whole
        yield f"{say.SIDES[name]}: interval", ratio.cv.rests_on
    for one in record.thresholds:
        yield say.limit_name(one.name), one.source
