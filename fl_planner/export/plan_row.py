"""A plan as one flat row for a study's data base, and the codebook of its columns.

Nothing is computed here, and no column is described: each is declared with the key of the record
that it shows. Here stands what of their order is another than that of the keys, and what is no key:
codes that tables bring, and counts.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from operator import attrgetter

from fl_planner.basis.diagnoses import DIAGNOSES
from fl_planner.basis.findings import Severity
from fl_planner.export.columns import Column, Read, list_columns
from fl_planner.export.csv import as_csv
from fl_planner.intake.documents.bundled_trials import (
    read_bundled_trials,
    read_protocols,
    read_route_rows,
)
from fl_planner.planning.assessment.thresholds import SPOKEN, list_share_limits, name_limit
from fl_planner.planning.pathway.table import ROWS
from fl_planner.record.plan import PlanRecord
from fl_planner.record.volumes import DENOMINATORS

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
    "pathway": attrgetter("judged.pathway.headline"),
    "route": attrgetter("judged.route.headline"),
}
IN_WORDS = "_word"  # what the column of a code's words ends in
OWN_STEM = "[a-z][a-z0-9_]{0,14}"  # with the longest ending it is as long as a name may be


def find_own(ids: Iterable[str]) -> list[str]:
    """Find those trials that are a hospital's own."""
    bundled = {trial.id for trial in read_bundled_trials()}
    return [id_ for id_ in ids if id_ not in bundled]


def as_row(record: PlanRecord) -> str:
    """Write a plan as CSV: one header, one row."""
    columns = list_plan_columns()
    return as_csv([one.name for one in columns], [[one.of(record) for one in columns]])


def as_codebook(own: Sequence[str] = ()) -> str:
    """Write what each column means, as CSV; `own` are the ids of a hospital's trials."""
    rows = (
        (one.name, one.meaning, one.unit, one.kind, one.coded, one.source)
        for one in list_plan_columns(own)
    )
    return as_csv(CODEBOOK, rows)


def list_plan_columns(own: Sequence[str] = ()) -> tuple[Column, ...]:
    """List every column, in order: each code with its words behind it."""
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
    """List the columns of a hospital's trials by names that a table may hold, each its own."""
    stems: set[str] = set()
    for place, trial in enumerate(own, len(read_bundled_trials()) + 1):
        declared = list_columns(PlanRecord, {"trials": (trial,)})
        columns = [one for one in declared if one.source.startswith("trials.")]
        stem = re.sub(r"[^a-z0-9]+", "_", trial.lower())
        if stem in stems or not re.fullmatch(OWN_STEM, stem):
            stem = f"trial_{place}"
        stems.add(stem)
        for one in columns:
            yield replace(one, name=stem + one.name[len(trial) :])


def _in_words(column: Column) -> Iterator[Column]:
    """Give the words of a code as a column of their own; a verdict's are `shown` beside it."""
    if not column.choices or column.name.endswith("_verdict"):
        return
    words, name = WORDS.get(column.name, {}), f"{column.name}{IN_WORDS}"
    told = replace(column, name=name, meaning=f"{column.meaning}, in words", kind="text")
    if column.name in HEADLINES:
        part = replace(told, source=f"{column.name}.headline", choices=())
        yield replace(part, read=HEADLINES[column.name])
    else:
        yield replace(told, choices=(), read=partial(_say, column.read, words))


def _say(read: Read, words: Mapping[str, str], record: PlanRecord) -> str | None:
    code = read(record)
    return None if code is None else words.get(code, code)


def list_limits() -> Iterator[str]:
    """Name every limit that a protocol of the pathway sets on a share."""
    protocols = read_protocols()
    for trial in (protocols.crlm, protocols.hcc, protocols.radioembolisation):
        for fact in SPOKEN:
            yield from map(name_limit, list_share_limits(trial, fact))


def _with_codes(column: Column) -> Column:
    """Give pathway and route the codes of their tables, to which files of trials add."""
    coded = {
        "pathway": [(row.csv, row.pathway) for row in ROWS],
        "route": [(row.csv, row.route) for row in read_route_rows()],
    }
    if column.name not in coded:
        return column
    choices = tuple(word for _, word in sorted(set(coded[column.name])))
    return replace(column, kind="choice", choices=choices)


def _list_more() -> Iterator[Column]:
    """List the columns that are no key of the record."""
    yield Column(
        "flr_counts_pct",
        "the FLR's share of the liver's counts; blank where it is not to be used",
        "function.measured",
        _find_counts_share,
        unit="%",
    )
    for severity in Severity:
        name, means = f"findings_{severity.value}", f"findings of severity {severity.value}"
        yield Column(
            name, means, "findings", partial(count_findings, severity.value), kind="integer"
        )
    codes = "their codes; docs/codes.md says what each means"
    yield Column("findings_codes", codes, "findings", _list_codes, kind="text")


def _find_counts_share(record: PlanRecord) -> float | None:
    measured = None if record.function is None else record.function.measured
    share = None if measured is None or not measured.usable else measured.share
    return None if share is None else share.percent


def count_findings(severity: str, record: PlanRecord) -> int:
    """Count the findings of a severity."""
    return len([one for one in record.findings if one.severity == severity])


def _list_codes(record: PlanRecord) -> str:
    return " ".join(dict.fromkeys(one.code for one in record.findings))
