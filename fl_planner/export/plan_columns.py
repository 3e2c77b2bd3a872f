"""Rows of tables: plans, lesions, resections, scans and readers; the codebook of a plan's columns.

Nothing is computed here, and no column is described: each is declared with the key of the record
that it shows. This module declares only deviations from the order of the keys, and columns without
a key: codes from tables, and counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count
from operator import attrgetter

from fl_planner.basis.constants import DIAGNOSES
from fl_planner.basis.findings import Severity
from fl_planner.export.columns_from_keys import Column, Read, list_columns
from fl_planner.export.table_writing import Cell, FlatTable, as_csv
from fl_planner.intake.documents.protocols import (
    read_bundled_trials,
    read_protocols,
    read_route_rows,
)
from fl_planner.liver.all_resections import CLEARING_MM
from fl_planner.planning.assessment.near_limits import LIMIT_NAMES, list_share_limits, name_limit
from fl_planner.planning.volume_pathway.pathway_rows import NOT_ANSWERED, ROWS
from fl_planner.record.agreement import AgreedCaseRecord, AgreementAnswer, CaseReadingRecord
from fl_planner.record.declaration.part import DENOMINATORS, RecordPart
from fl_planner.record.growth import GrowthRecord
from fl_planner.record.growth_scan import ChangeRecord, ScanRecord
from fl_planner.record.head import MeasuredRecord
from fl_planner.record.plan import PlanRecord, state_pathway
from fl_planner.record.resections import ResectionKeys, ResectionRecord, ResectionsRecord
from fl_planner.record.vessels import SegmentSupplyKeys
from fl_planner.record.volumes import VolumeKeys

SEGMENTS = ("1", "2", "3", "4", "4a", "4b", "5", "6", "7", "8")
CODEBOOK = ("column", "meaning", "unit", "type", "choices", "source")
PLACES = (  # in order, of the first limit and the first trial; others stand as they are declared
    "record_id", "diagnosis", "reading_status", "flr_ml", "excluded_ml", "voxel_ml", "flr_pct",
    "flr_vox", "untreated_pct", "untreated_vox", "denominator", "flr2_pct", "flr_w_impaired_pct",
    "flr_typed_pct", "{limit}", "remnant_origin", "remnant_seg___1", "seg1_ml", "lesion_count",
    "margin_mm", "lesions_in_remnant", "flr_function_pct_min_m2", "flr_counts_pct", "ct_to_hbs_d",
    "height_cm", "weight_kg", "bsa_m2", "pathway", "{trial}_verdict", "findings_info",
)  # fmt: skip


WORDS: dict[str, Mapping[str, str]] = {"diagnosis": DIAGNOSES, "denominator": DENOMINATORS}
HEADLINES: dict[str, Read] = {  # codes whose words are what the record says of the patient
    "pathway": state_pathway,
    "route": attrgetter("judged.route.headline"),
}
FINDINGS = "findings_codes"
IN_WORDS = "_word"  # what the column of a code's words ends in
OWN_STEM = "[a-z][a-z0-9_]{0,14}"  # with the longest ending it is as long as a name may be


def list_local_trials(ids: Iterable[str]) -> list[str]:
    """List the trials that are a hospital's own."""
    bundled = {trial.id for trial in read_bundled_trials()}
    return [id_ for id_ in ids if id_ not in bundled]


def as_row(record: PlanRecord) -> str:
    """Write a plan as CSV: one header, one row."""
    columns = list_plan_columns()
    return as_csv([one.name for one in columns], [_read_exact(columns, record)])


def read_cells(columns: Iterable[Column], record: PlanRecord) -> list[Cell]:
    """Read the cells of a plan for other programs."""
    return [one.of(record) for one in columns]


def _read_exact(columns: Iterable[Column], record: PlanRecord) -> list[Cell]:
    """Read the cells of a plan for a file: a share of its volumes is that of the voxel counts."""
    columns = tuple(columns)
    exact = record.volumes.as_exact_ml
    cells = zip(columns, read_cells(columns, record), strict=True)
    return [
        exact(cell) if one.unit == "mL" and isinstance(cell, float) else cell for one, cell in cells
    ]


def as_codebook(own: Sequence[str] = ()) -> str:
    """Write the meaning of each column, as CSV; `own` are the ids of a hospital's trials."""
    rows = (
        (one.name, one.meaning, one.unit, one.kind, one.coded, one.source)
        for one in list_plan_columns(own)
    )
    return as_csv(CODEBOOK, rows)


def list_plan_columns(own: Sequence[str] = ()) -> tuple[Column, ...]:
    """List every column in order, each code followed by its words."""
    limits, trials = [*list_limits()], [trial.id for trial in read_bundled_trials()]
    entries = {
        "body.bsa_m2": ("mosteller",),
        "case.plan.remnant_segments": SEGMENTS,
        "ratios.flr_after_clearing": (),  # its share has a column
        "segments": SEGMENTS,
        "thresholds": limits,
        "trials": trials,
        "voxels": (),  # those in mL have columns
    }
    declared = (*list_columns(PlanRecord, entries), *_list_more())
    found = {one.name: one for one in map(_with_codes, declared)}
    limit, trial = limits[0].replace(".", "_"), trials[0].lower()
    names = [name.format(limit=limit, trial=trial) for name in PLACES]
    before = names[0]
    for name in found:  # one without a place stands behind the one that is declared before it
        if name not in names:
            names.insert(names.index(before) + 1, name)
        before = name
    columns = [found[name] for name in names]
    last = max(place for place, one in enumerate(columns) if one.source.startswith("trials."))
    columns[last + 1 : last + 1] = _list_own(own)
    return tuple(one for column in columns for one in (column, *_in_words(column)))


def _list_own(own: Sequence[str]) -> Iterator[Column]:
    """List the columns of a hospital's trials by unique, permitted names."""
    stems: set[str] = set()
    of_ids = [re.sub(r"[^a-z0-9]+", "_", trial.lower()) for trial in own]
    first = len(read_bundled_trials()) + 1
    for place, (trial, stem) in enumerate(zip(own, of_ids, strict=True), first):
        declared = list_columns(PlanRecord, {"trials": (trial,)})
        columns = [one for one in declared if one.source.startswith("trials.")]
        if stem in stems or not re.fullmatch(OWN_STEM, stem):
            numbered = (f"trial_{number}" for number in count(place))
            stem = next(one for one in numbered if one not in {*stems, *of_ids})
        stems.add(stem)
        for one in columns:
            yield replace(one, name=stem + one.name[len(trial) :])


def _in_words(column: Column) -> Iterator[Column]:
    """Return the column with the words of a code; for a verdict, it is `shown`."""
    if not column.choices or column.name.endswith("_verdict"):
        return
    words, name = WORDS.get(column.name, {}), f"{column.name}{IN_WORDS}"
    in_words = replace(column, name=name, meaning=f"{column.meaning}, in words", kind="text")
    if column.name in HEADLINES:
        part = replace(in_words, source=f"{column.name}.headline", choices=())
        yield replace(part, read=HEADLINES[column.name])
    else:
        yield replace(in_words, choices=(), read=partial(read_word, column.read, words))


def read_word(read: Read, words: Mapping[str, str], part: RecordPart) -> str | None:
    """Read a code, and return it in words; a code without words is unchanged."""
    code = read(part)
    return None if code is None else words.get(code, code)


def list_limits() -> Iterator[str]:
    """List every limit on a share by a protocol of the pathway."""
    protocols = read_protocols()
    for trial in (protocols.crlm, protocols.hcc, protocols.radioembolisation):
        for fact in LIMIT_NAMES:
            yield from map(name_limit, list_share_limits(trial, fact))


def _with_codes(column: Column) -> Column:
    """Add the codes of their tables, and of trial files, to pathway and route."""
    coded = {
        "pathway": [(row.csv, row.pathway) for row in ROWS],
        "route": [(row.csv, row.route) for row in read_route_rows()],
    }
    if column.name not in coded:
        return column
    choices = tuple(word for _, word in sorted(set(coded[column.name])))
    return replace(column, kind="choice", choices=choices)


def _list_more() -> Iterator[Column]:
    """List the columns that are not keys of the record."""
    yield Column(
        "flr_counts_pct",
        "Share of the hepatic counts in the FLR; blank if this share must not be used",
        "function.measured",
        _find_counts_share,
        unit="%",
    )
    for severity in Severity:
        name, means = f"findings_{severity.value}", f"number of {severity.value}-level findings"
        yield Column(
            name, means, "findings", partial(count_findings, severity.value), kind="integer"
        )
    codes = "codes of the findings; see docs/codes.md for their meaning"
    yield Column(FINDINGS, codes, "findings", _list_codes, kind="text")


def _find_counts_share(record: PlanRecord) -> float | None:
    measured = None if record.function is None else record.function.measured
    share = None if measured is None or not measured.usable else measured.share
    return None if share is None else share.percent


def count_findings(severity: str, record: PlanRecord) -> int:
    """Count the findings of a severity."""
    return sum(one.severity == severity for one in record.findings)


def _list_codes(record: MeasuredRecord) -> str:
    return " ".join(dict.fromkeys(one.code for one in record.findings))


LESION_COLUMNS = (
    "record_id", "lesion", "volume_ml", "axial_diameter_mm", "longest_diameter_mm", "surface_mm",
    "segments", "in_no_segment_ml", "clears_with", "bilobar", "in_remnant", "sphere_diameter_mm",
)  # fmt: skip


def list_lesion_rows(record: PlanRecord) -> Iterator[list[Cell]]:
    """List the rows of a plan's lesions; none without a tumour mask or lesion."""
    staying = None if record.clearing is None else record.clearing.lesions_in_remnant
    exact = record.volumes.as_exact_ml
    for one in record.tumour.lesions or ():
        yield [
            record.case.id,
            one.number,
            exact(one.volume_ml),
            one.axial_diameter_mm,
            one.longest_diameter_mm,
            one.surface_mm,
            None if one.segments is None else " ".join(part.name for part in one.segments),
            None if one.in_no_segment_ml is None else exact(one.in_no_segment_ml),
            None if one.clears_with is None else " ".join(one.clears_with),
            one.bilobar,
            None if staying is None else one.number in staying,
            one.sphere_diameter_mm,
        ]


RESECTION_COLUMNS = (
    "record_id", "code", "name", "removed", "kept", "lesions_cleared", "lesions_cut",
    "lesions_left", "slivers", "margin_mm", "flr_voxels", "nontumorous_voxels", "flr_ml", "flr_pct",
    *(f"flr_pct_clearing_{mm}mm" for mm in CLEARING_MM), "flr_supplied_pct",
    "flr_supplied_by", "sflr_pct", "flr_bw_pct", "function_pct_min_m2", "shown",
)  # fmt: skip


def as_resection_table(record: ResectionsRecord) -> FlatTable:
    """List a row for each resection of a record, those shown first, with the findings' codes."""
    limits = [limit.name for limit in record.by_segments.resections[0].thresholds]
    rows = list_resection_rows(record.id, record.volumes, record.by_segments, limits)
    codes = _list_codes(record)
    return FlatTable((*name_columns(limits), FINDINGS), [[*row, codes] for row in rows])


def name_columns(limits: Sequence[str]) -> tuple[str, ...]:
    """List the columns of a table of resections with these limits."""
    return (*RESECTION_COLUMNS, *(name.replace(".", "_") for name in limits))


def list_resection_rows(
    case_id: str | None, volumes: VolumeKeys, keys: ResectionKeys, limits: Sequence[str]
) -> Iterator[list[Cell]]:
    """List the rows of one case; a limit that does not apply is blank."""
    for row in keys.resections:
        answers = {limit.name: limit.answer for limit in row.thresholds}
        yield [case_id, *_cells(row, volumes), *map(answers.get, limits)]


def _cells(row: ResectionRecord, volumes: VolumeKeys) -> list[Cell]:
    fates, after = row.fates.lesions, {one.margin_mm: one.share for one in row.flr_after_clearing}
    known = ((), (), ()) if fates is None else (fates.cleared, fates.cut, fates.left)
    return [
        row.code,
        row.name,
        *(" ".join(map(str, each)) for each in (row.removed, row.kept, *known)),
        row.fates.format_slivers() or None,
        row.fates.margin_mm,
        row.share.flr_voxels,
        volumes.voxels.nontumorous_liver,
        volumes.as_exact_ml(row.flr_ml),
        row.share.flr_percent.value,
        *(after[mm].flr_percent.value if mm in after else None for mm in CLEARING_MM),
        *_list_supplied(row.supply),
        row.sflr_percent,
        row.flr_bw_percent,
        row.function_pct_per_min_per_m2,
        row.shown,
    ]


def _list_supplied(supply: SegmentSupplyKeys | None) -> tuple[Cell, Cell]:
    """List the share that keeps its supply, and by which trees it was determined."""
    if supply is None:
        return None, None
    return supply.flr_supplied_percent.value, " ".join(supply.flr_supplied_by)


Rows = list[Sequence[Cell]]


@dataclass(slots=True)
class PlanTables:
    """Three tables to which plans are added; of each record, only the rows are kept.

    `own` are the ids of a hospital's trials.
    """

    own: Sequence[str] = ()
    _plans: Rows = field(default_factory=list)
    _lesions: Rows = field(default_factory=list)
    _resections: Rows = field(default_factory=list)

    @classmethod
    def of(cls, record: PlanRecord) -> PlanTables:
        """Return the tables of one plan, with the columns of its trials."""
        tables = cls(list_local_trials(one.trial.id for one in record.judged.trials))
        tables.add([record])
        return tables

    def add(self, records: Iterable[PlanRecord]) -> None:
        """Add plans to all three."""
        columns, limits = list_plan_columns(self.own), [*list_limits()]
        for record in records:
            self._plans.append(_read_exact(columns, record))
            self._lesions += list_lesion_rows(record)
            if (by_segments := record.by_segments) is not None:
                rows = list_resection_rows(record.case.id, record.volumes, by_segments, limits)
                self._resections += rows

    @property
    def plans(self) -> FlatTable:
        """One row per plan."""
        return FlatTable([one.name for one in list_plan_columns(self.own)], self._plans)

    @property
    def lesions(self) -> FlatTable:
        """One row per lesion."""
        return FlatTable(LESION_COLUMNS, self._lesions)

    @property
    def resections(self) -> FlatTable:
        """One row per named resection, if segments were given."""
        return FlatTable(name_columns([*list_limits()]), self._resections)


SCAN_COLUMNS = (
    "scan", "record_id", "days", "origin", "flr_ml", "flr_sd_ml", "nontumorous_ml",
    "flr_pct_fixed", "flr_pct_anew", "gain_ml", "gain_pct", "gain_points", "kgr_points_per_week",
    "kgr_of_standard_points_per_week", "within_reading_error", "stale", "volume_reached",
    "function_reached", "limit_reached",
    "recist_sum_mm", "recist_category", FINDINGS,
)  # fmt: skip


def as_growth_table(record: GrowthRecord) -> FlatTable:
    """List a row for each scan, with the codes of the findings on all scans.

    A response that an error withholds is "not_answered", as a pathway is.
    """
    story, codes = record.story, _list_codes(record)
    gains = {one.to_scan: one for one in story.growth}
    ends = story.endpoints
    by_masks = [one for one in ends.responses if one.by == "masks"]
    responses: dict[int, tuple[Cell, Cell]] = {
        **{one.to_scan: (one.followup_sum_mm, one.category) for one in by_masks},
        **{one.to_scan: (None, NOT_ANSWERED.pathway) for one in ends.withheld_responses or ()},
    }
    rows = (
        [*_row(one, gains.get(one.number)), *responses.get(one.number, (None, None)), codes]
        for one in story.time_points
    )
    return FlatTable(SCAN_COLUMNS, rows)


def _row(scan: ScanRecord, gain: ChangeRecord | None) -> list[Cell]:
    return [
        scan.number,
        scan.id,
        scan.days,
        scan.origin,
        scan.flr_ml,
        scan.flr_sd_ml,
        scan.nontumorous_ml,
        scan.flr_percent_fixed,
        scan.flr_percent_anew,
        *(_gained(gain) if gain is not None else [None] * 6),
        scan.stale,
        scan.volume_reached,
        scan.function_reached,
        scan.limit_reached,
    ]


def _gained(gain: ChangeRecord) -> list[Cell]:
    standard = gain.kinetic_of_standard
    return [
        gain.gain_ml,
        gain.relative_percent,
        gain.points,
        None if gain.kinetic is None else gain.kinetic.kgr_points_per_week,
        None if standard is None else standard.kgr_of_standard_points_per_week,
        gain.within_reading_error,
    ]


READER_COLUMNS = (
    "record_id", "reader_1", "reader_2", "structure", "ml_1", "ml_2", "dice", "surface_mm",
    "surface_95_mm", "flr_pct_1", "flr_pct_2", "flr_pct_2_less_1", "counts",
)  # fmt: skip


def as_agreement_table(record: AgreementAnswer) -> FlatTable:
    """List a row for each structure of a case drawn by two readers."""
    return FlatTable(READER_COLUMNS, [row for one in record.cases for row in _rows(one)])


def _rows(case: AgreedCaseRecord) -> Iterator[list[Cell]]:
    by_reader = {one.reader: one for one in case.readings}
    for pair in case.pairs:
        shares = [_percent(by_reader[name]) for name in (pair.first, pair.second)]
        one, other = shares
        apart = None if one is None or other is None else other - one
        for each in pair.structures:
            yield [
                case.case,
                pair.first,
                pair.second,
                each.name,
                each.first_ml,
                each.second_ml,
                each.dice,
                each.mean_surface_mm,
                each.surface_95_mm,
                *((one, other, apart) if each.name == "flr" else (None, None, None)),
                case.counts,
            ]


def _percent(one: CaseReadingRecord) -> float | None:
    return None if one.flr_percent is None else one.flr_percent.value
