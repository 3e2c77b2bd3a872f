"""The appendix of a report: everything that its numbers rest on, with formulas and sources.

The formulas behind a report's numbers, each with its constants and where it is printed.

Only those of parts that the record has are told. Limits of trials stand in their own tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import NamedTuple

from fl_planner.basis.constants import TRIAL_DOSE_GY, Z_95
from fl_planner.basis.glossary import INTERVAL, OTHER_OPTIONS
from fl_planner.basis.shown import as_ml, as_number
from fl_planner.intake.documents.protocols import read_protocol
from fl_planner.liver.lesions.tissues import LEAST_ML
from fl_planner.liver.names.structures import as_roman
from fl_planner.patient.body_size import AT_RISK_PERCENT, DEFAULT_TLV, TLV_FORMULAS
from fl_planner.patient.scores import (
    ALBI_FORMULA,
    MELD_LARGEST,
    MELD_LEAST,
    SODIUM_HIGH,
    SODIUM_LOW,
)
from fl_planner.record.anatomy import LesionKeys
from fl_planner.record.context import DenominatorRecord
from fl_planner.record.declaration.part import as_dict, as_percent
from fl_planner.record.growth import GrowthKeys
from fl_planner.record.head import mark
from fl_planner.record.judgement import JudgementKeys
from fl_planner.record.plan import PlanRecord
from fl_planner.record.volumes import LabelMapRecord, ResampledRecord
from fl_planner.report import words as say
from fl_planner.report.findings import gather_alike
from fl_planner.report.page.blocks import Block, Chapter, RowTable, Sentences, Shown, filled
from fl_planner.report.page.operations import bare_ml, lesion_table, resection_tables, trial_blocks
from fl_planner.report.page.prose import context_table
from fl_planner.report.page.vessels import vessel_blocks
from fl_planner.report.vessel_words import LOSES
from fl_planner.trials.criterion import Role, Trial

SFLR = TLV_FORMULAS[DEFAULT_TLV]
OWN = "this project's choice"
CITED: tuple[Role, ...] = ("crlm", "radioembolisation")  # in braces: a protocol, by its role
Path = tuple[str, ...]


class Rested(NamedTuple):
    """A number: where it stands in a record, its formula, and the source of that."""

    path: Path
    name: str
    formula: str
    source: str


RESTED = (
    Rested(
        ("volumes_ml", "liver"),
        "Volume of a mask",
        "voxels x |determinant of the voxel's edges in mm| / 1000 mL",
        "definition",
    ),
    Rested(
        ("flr_percent",),
        "FLR %",
        "100 x voxels of the FLR without tumour / voxels of the liver that is named beside it",
        "{crlm}: metastases are not counted",
    ),
    Rested(
        ("ratios", "flr", "interval_percent"),
        INTERVAL,
        f"share x (1 -/+ {float(Z_95)} x relative SD); chance of crossing: normal distribution "
        "around it",
        OWN,
    ),
    Rested(
        ("lesion_summary", "count"),
        "Lesions",
        "parts of the tumour mask that touch by face, edge or corner, "
        f"{float(LEAST_ML)} mL or more",
        OWN,
    ),
    Rested(
        ("lesion_summary", "largest_axial_cm"),
        "Diameter",
        "longest straight line in one axial slice, between outer corners of voxels",
        "RECIST practice; trials do not say which",
    ),
    Rested(
        ("body", "bsa_m2"),
        "Body surface",
        "square root of height cm x weight kg / 3600, m2",
        "Mosteller 1987",
    ),
    Rested(
        ("body", "sflr_percent"),
        "sFLR %",
        f"100 x FLR mL / ({SFLR.text}), BSA: body surface",
        SFLR.source,
    ),
    Rested(
        ("body", "flr_bw_percent"),
        "FLR to body weight",
        f"FLR mL x 1.0 g/mL / body weight; at risk at or below {float(AT_RISK_PERCENT)} %",
        "Truant 2007",
    ),
    Rested(
        ("growth", "growth"),
        "DH in points",
        "FLR % after less FLR % before, both of the liver without tumour at the start",
        "Shindoh 2013, PMC3632508",
    ),
    Rested(
        ("growth", "growth"),
        "KGR",
        "DH in points / (days since the embolisation / 7), of the first scan after it",
        "Shindoh 2013, PMC3632508",
    ),
    Rested(
        ("function", "measured", "clearance"),
        "Clearance of the liver",
        "uptake in the window / (tracer outside the liver at its begin x mean of the blood curve "
        "over its begin x minutes), by body surface",
        "Ekman 1996, Bennink 2004, de Graaf 2010",
    ),
    Rested(
        ("function", "measured", "share"),
        "Share of the remnant",
        "counts of the remnant / counts of the liver without tumour and bile",
        "de Graaf 2010",
    ),
    Rested(
        ("function", "measured", "flr_pct_per_min_per_m2"),
        "FLR function",
        "clearance by body surface x share of the remnant",
        "de Graaf 2010, PMC2809979",
    ),
    Rested(
        ("dose", "computed"),
        f"Lung dose at {TRIAL_DOSE_GY} Gy",
        f"{TRIAL_DOSE_GY} x (tumour kg + treated liver kg / ratio) / lungs kg x shunt / "
        "(1 - shunt)",
        "partition model, Ho 1996; {radioembolisation}",
    ),
    Rested(
        ("scores", "albi", "albi"),
        "ALBI",
        ALBI_FORMULA,
        "Johnson 2015",
    ),
    Rested(
        ("scores", "child_pugh", "points"),
        "Child-Pugh",
        "points of bilirubin, albumin, INR, ascites, encephalopathy",
        "MSD Manual",
    ),
    Rested(
        ("scores", "meld", "meld"),
        "MELD",
        f"OPTN; each value at least 1, {MELD_LEAST} to {MELD_LARGEST}",
        "OPTN",
    ),
    Rested(
        ("scores", "meld_na_optn2016", "meld_na"),
        "MELD-Na",
        f"MELD and sodium, {SODIUM_LOW} to {SODIUM_HIGH} mmol/L",
        "OPTN 2016",
    ),
    Rested(("scores", "meld_3", "meld_3"), "MELD 3.0", "with sex, sodium and albumin", "Kim 2021"),
    Rested(
        ("scores", "kidney", "ckd_epi_2021_ml_per_min_per_1_73m2"),
        "CKD-EPI",
        "by creatinine, age and sex, without race",
        "Inker 2021",
    ),
)


def formula_rows(record: PlanRecord, growth: GrowthKeys | None = None) -> RowTable:
    """List the formulas behind what this record holds."""
    named = {str(role): _cite(read_protocol(role)) for role in CITED}
    told = as_dict(record) | ({} if growth is None else {"growth": as_dict(growth)})
    held = (one for one in RESTED if _holds(told, one.path))
    rows = tuple((one.name, one.formula, one.source.format_map(named)) for one in held)
    return RowTable("Formulas", ("Number", "Formula", "Source"), rows)


def _cite(trial: Trial) -> str:
    return f"{trial.name}, {trial.id}"


def _holds(told: object, path: Path) -> bool:
    for key in path:
        told = told.get(key) if isinstance(told, dict) else None
    return told is not None


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
