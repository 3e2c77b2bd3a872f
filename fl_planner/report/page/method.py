"""Basis of the numbers of a report: findings, sources, files, and its limits."""

from __future__ import annotations

from collections.abc import Iterator

from fl_planner.record.growth import GrowthKeys
from fl_planner.record.plan import PlanRecord
from fl_planner.report import words as phrases
from fl_planner.report.answer import list_grave
from fl_planner.report.document.blocks import Block, RowTable, Sentences
from fl_planner.report.findings import group_findings
from fl_planner.report.vessel_words import LOSES


def method_blocks(record: PlanRecord, growth: GrowthKeys | None = None) -> Iterator[Block]:
    """List sources of the numbers, limits of the report, and the files."""
    yield basis_rows(record)
    yield limit_sentences(record)
    yield file_rows(record, growth)


def finding_rows(record: PlanRecord, *, every: bool = False) -> RowTable:
    """List findings with their codes, accepted ones last; `every`: also for information."""
    found = group_findings(record.findings) if every else list_grave(record)
    rows = tuple((one.severity, phrases.format_accepted_finding(one), one.code) for one in found)
    return RowTable("Findings", ("Level", "Finding", "Code"), rows)


def file_rows(record: PlanRecord, growth: GrowthKeys | None = None) -> RowTable:
    """List the files with their hashes."""
    files = [(one.role, one.file, one.format, one.sha256) for one in record.inputs]
    files += _previous_files(record, growth)
    return RowTable("Files", ("Role", "File", "Format", "SHA-256"), tuple(files))


def _previous_files(
    record: PlanRecord, growth: GrowthKeys | None
) -> Iterator[tuple[str, str, str, str]]:
    """List the files of previous scans that are not files of the plan."""
    own = {one.sha256 for one in record.inputs}
    for scan in growth.time_points if growth else ():
        for one in scan.files:
            if one.sha256 not in own:
                yield f"scan {scan.number}: {one.role}", one.file, "-", one.sha256


def basis_rows(record: PlanRecord) -> RowTable:
    """List each number with its source."""
    return RowTable("Basis of the numbers", ("Number", "Source"), tuple(_list_sources(record)))


def limit_sentences(record: PlanRecord) -> Sentences:
    """State what the report does not cover."""
    return Sentences(
        "Limitations of this report", (*LIMITS[:2], _describe_supply(record), *LIMITS[2:])
    )


LIMITS = (
    "Each volume is the number of voxels multiplied by the voxel volume; its accuracy depends "
    "on the accuracy of the masks.",
    "The interval reflects variation between readers; it does not show whether a mask is "
    "incorrect.",
    "Not covered: PVE/HVE outside a trial, biliary drainage, cholangiocarcinoma, liver stiffness. "
    "Consensus on preoperative preparation: Innsbruck guidelines (E-AHPBA, ESSO, ESSR), Br J Surg "
    "2023, doi 10.1093/bjs/znad233.",
    "Pathway and route are for discussion at the tumour board; enrolment is decided by the trial "
    "team.",
)


def _describe_supply(record: PlanRecord) -> str:
    """Describe how far inflow and outflow of the remnant are assessed."""
    supplied = None if record.vessels is None else record.vessels.supplied
    if supplied is None:
        return "Inflow, outflow and bile ducts of the remnant are not assessed."
    left = [words for tree, words in LOSES.items() if tree not in supplied.flr_supplied_by]
    known = " and ".join(words for words in LOSES.values() if words not in left)
    verb = "is" if left else "are"
    return (
        f"{known.capitalize()} of the remnant {verb} estimated from the nearest drawn vessel. "
        f"{phrases.sentence(', '.join([*left, 'bile ducts']))} and the hepatic artery are "
        "not assessed."
    )


def _list_sources(record: PlanRecord) -> Iterator[tuple[str, str]]:
    yield "fl_planner", record.version
    for name, ratio in record.ratios.by_part.items():
        whole = f"{ratio.numerator_voxels} of {ratio.denominator_voxels} voxels"
        yield f"{phrases.SIDES[name]}: share", whole
        yield f"{phrases.SIDES[name]}: interval", ratio.cv.rests_on
    for one in record.thresholds:
        yield phrases.limit_name(one.name), one.source
