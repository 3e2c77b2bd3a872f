"""The dossier of a hospital: acceptance run, hazards, libraries and changes, in one folder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from msgspec import Struct

from fl_planner.basis.extras import require_dossier
from fl_planner.basis.run import each_counted
from fl_planner.dossier.acceptance import AcceptanceRun, Group, summarise
from fl_planner.dossier.book import as_book_record, make_book
from fl_planner.dossier.changes import compare_earlier, read_earlier
from fl_planner.dossier.expected import ExpectedCase, list_bundled, read_cases
from fl_planner.dossier.libraries import find_build, list_libraries, write_sbom
from fl_planner.dossier.page import (
    ACCEPTANCE,
    CHANGE_COLUMNS,
    CHANGES,
    FILES,
    HAZARDS_JSON,
    INDEX,
    SBOM,
    TRACE,
    describe_outcome,
    make_index,
)
from fl_planner.dossier.register import read_register, write_register, write_trace
from fl_planner.export.save import check_folder, save_folder
from fl_planner.export.table_writing import as_csv
from fl_planner.intake.documents.protocols import read_grounds
from fl_planner.planning.given.case import InputFile
from fl_planner.planning.judgement import Grounds
from fl_planner.record.declaration.part import as_json
from fl_planner.record.files.dossier import (
    OUTCOMES,
    PASSED,
    AcceptanceCountRecord,
    AcceptedCaseRecord,
    AnswerChangeRecord,
    BookPatientRecord,
    BuildRecord,
    DossierRecord,
    EarlierDossierRecord,
    SignatureRecord,
)
from fl_planner.record.head import as_inputs
from fl_planner.record.json_schema import RECORDS
from fl_planner.record.trials import as_rules
from fl_planner.trials.criterion import Trial

OWN_REQUIRED = 10  # cases of different patients [project's choice]
ROLES = ("carried out by", "checked by", "released for use by")
GROUPS: tuple[Group, ...] = ("bundled", "own")


@dataclass(frozen=True, slots=True)
class DossierQuestion:
    """Inputs and output of a dossier.

    - `out`: new folder.
    - `cases`: table of the hospital's cases with their expected values.
    - `before`: acceptance record of an earlier dossier.
    - `as_of`: assessment date.
    - `size_limit`: in GiB, of the files of the cases.
    - `force`: whether an earlier dossier in this folder is replaced.
    """

    out: Path
    cases: Path | None = None
    before: Path | None = None
    as_of: date | None = None
    size_limit: int = 1
    force: bool = False


def make_dossier(asked: DossierQuestion) -> DossierRecord:
    """Plan the cases, compare, and write all files of the dossier, or none.

    Raises `InputRefused`: `extra.missing`; see also `check_folder`, `read_cases`, `read_earlier`.
    """
    require_dossier()
    check_folder(asked.out, FILES, force=asked.force)
    own, tables = ((), ()) if asked.cases is None else _read_own(asked.cases)
    before = None if asked.before is None else read_earlier(asked.before, _as_day(asked))
    grounds, _ = read_grounds(None, None, asked.as_of)
    done = _run(asked, own, grounds)
    if before is None:
        record = as_dossier(asked, done, tables)
    else:
        earlier, file = before
        found = compare_earlier(earlier, done.cases, done.book, grounds)
        compared = found.as_record(earlier, file)
        record = as_dossier(asked, done, (*tables, file), compared, found.changes)
    save_folder(asked.out, write_files(record), force=asked.force, instead_of=FILES)
    return record


def _read_own(path: Path) -> tuple[tuple[ExpectedCase, ...], tuple[InputFile, ...]]:
    cases, file = read_cases(path)
    return cases, (file,)


def _as_day(asked: DossierQuestion) -> str | None:
    return None if asked.as_of is None else asked.as_of.isoformat()


class FinishedRun(Struct, frozen=True):
    """Results of a run.

    - `book`: fictitious patients.
    - `different`: number of different own patients.
    - `rules`: protocols used.
    """

    cases: tuple[AcceptedCaseRecord, ...]
    book: tuple[BookPatientRecord, ...]
    different: int
    rules: tuple[Trial, ...] = ()


def _run(asked: DossierQuestion, own: Sequence[ExpectedCase], grounds: Grounds) -> FinishedRun:
    run = AcceptanceRun(as_of=asked.as_of, size_limit=asked.size_limit)
    bundled: list[tuple[ExpectedCase, Group]] = [(case, "bundled") for case in list_bundled()]
    every = [*bundled, *((case, GROUPS[1]) for case in own)]
    cases = tuple(run.accept(case, group) for case, group in each_counted(every, "case"))
    patients = each_counted(make_book(grounds.rules), "fictitious patient")
    book = tuple(as_book_record(patient, grounds) for patient in patients)
    return FinishedRun(cases, book, run.different, grounds.rules)


def as_dossier(
    asked: DossierQuestion,
    done: FinishedRun,
    inputs: Sequence[InputFile] = (),
    earlier: EarlierDossierRecord | None = None,
    changes: tuple[AnswerChangeRecord, ...] = (),
) -> DossierRecord:
    """Return the record of a run."""
    build = find_build()
    tags = (record.__struct_config__.tag for record in RECORDS.values())
    return DossierRecord(
        refusal=None,
        build=build,
        as_of=_as_day(asked),
        outcome=summarise(case.outcome for case in done.cases),
        counts=tuple(_count(group, done.cases) for group in GROUPS),
        own_required=OWN_REQUIRED,
        own_different=done.different,
        enough_own=done.different >= OWN_REQUIRED,
        reservations=tuple(_list_reservations(done, build)),
        cases=done.cases,
        book=done.book,
        rules=as_rules(done.rules),
        inputs=as_inputs(inputs),
        earlier=earlier,
        changes=changes,
        schemas=tuple(str(tag) for tag in tags),
        signatures=tuple(SignatureRecord(role=role) for role in ROLES),
    )


def _count(group: Group, cases: Sequence[AcceptedCaseRecord]) -> AcceptanceCountRecord:
    each = [case.outcome for case in cases if case.group == group]
    passed, differs, refused = (each.count(outcome) for outcome in OUTCOMES)
    return AcceptanceCountRecord(group=group, passed=passed, differs=differs, refused=refused)


def _list_reservations(done: FinishedRun, build: BuildRecord) -> Iterator[str]:
    own = sum(case.group == "own" for case in done.cases)
    planned = sum(case.group == "own" and bool(case.answers) for case in done.cases)
    if done.different < OWN_REQUIRED:
        yield (
            f"{OWN_REQUIRED} hospital cases from different patients are required, but the number "
            f"counted is {done.different}: acceptance at this site is not complete"
        )
    if planned > done.different:
        copies = planned - done.different
        yield (
            f"hospital cases with the same masks as another case, which are not counted: {copies} "
            f"of {own}"
        )
    if build.commit is None:
        yield "the program commit is unknown"
    if build.changed:
        yield "program files were changed after the commit"


def write_files(record: DossierRecord) -> dict[str, bytes]:
    """Write all files of a dossier, by name."""
    register, libraries = read_register(), list_libraries()
    acceptance = f"{as_json(record)}\n".encode()
    files = {
        ACCEPTANCE: acceptance,
        HAZARDS_JSON: write_register(register, record.build),
        TRACE: write_trace(register, record.build),
        SBOM: write_sbom(libraries),
    }
    if record.earlier is not None:
        rows = [tuple(getattr(one, name) for name in CHANGE_COLUMNS) for one in record.changes]
        files[CHANGES] = as_csv(CHANGE_COLUMNS, rows).encode()
    return {INDEX: make_index(record, libraries, register, acceptance), **files}


def format_dossier(record: DossierRecord) -> Iterator[str]:
    """Format the outcome as a few lines."""
    yield describe_outcome(record)
    for case in record.cases:
        yield f"  {case.id} ({case.group}): {case.outcome}"
        yield from (
            f"    {one.name}: {one.answer or 'no answer'}, expected {one.expected}"
            for one in case.compared
            if one.outcome != PASSED
        )
        if case.reason is not None:
            yield f"    {case.reason}; {case.remedy}"
    yield from (f"  reservation: {one}" for one in record.reservations)
    if (earlier := record.earlier) is not None:
        yield f"  answers changed since version {earlier.version}: {len(record.changes)}"
