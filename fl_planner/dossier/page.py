"""The page of a dossier, with the result, the statements, and links to all files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from hashlib import sha256
from importlib.resources import files

from fl_planner.basis.plain_text import format_count
from fl_planner.basis.standing_words import RESEARCH_USE
from fl_planner.basis.version import __version__
from fl_planner.cohort.page.page import TEMPLATE, CohortChapter, CohortPage, LinkedTable
from fl_planner.dossier.libraries import NO_LICENCE, InstalledLibrary
from fl_planner.dossier.register import HazardRegister, name_commit, read_statements
from fl_planner.record.files.dossier import DIFFERS, PASSED, AcceptedCaseRecord, DossierRecord
from fl_planner.report import words as phrases
from fl_planner.report.page.render import fill_template

INDEX, ACCEPTANCE, CHANGES = "index.html", "acceptance.json", "changes.csv"
HAZARDS_JSON, TRACE, SBOM = "hazards.json", "hazards.csv", "sbom.cdx.json"
SAYS = {
    ACCEPTANCE: "every expected value and every answer, machine-readable, for a later comparison",
    CHANGES: "every answer that differs from the earlier record",
    HAZARDS_JSON: "hazards with their controls and tests",
    TRACE: "one row per combination of hazard, control and test, with version and commit",
    SBOM: "installed libraries with versions and licences (CycloneDX 1.6)",
}
FILES = (INDEX, *SAYS)
CHANGE_COLUMNS = ("group", "id", "name", "before", "after", "files_changed")
MOST = 500  # rows of a table; the files contain all
NO_RISKS = (
    "The register states neither probability nor severity: both depend on how the program is "
    "used at the hospital and must be assessed there. The tests are run by the project, not at "
    "this site."
)
SIGNED = "Signatures refer to acceptance.json with this SHA-256"
LINE = "____________________"


def describe_outcome(record: DossierRecord) -> str:
    """Describe the outcome: passed only if all cases passed and there are enough own cases."""
    counts = Counter(case.outcome for case in record.cases)
    each = ", ".join(f"{counts[outcome]} {outcome}" for outcome in sorted(counts))
    many = f"{format_count(len(record.cases), 'case')} ({each})"
    if record.outcome == PASSED and record.enough_own:
        return f"Passed: every answer for {many} is within its tolerance."
    if record.outcome == PASSED:
        own = f"{record.own_different} of {record.own_required} hospital cases"
        return f"Incomplete ({own}), although every answer for {many} is within its tolerance."
    if record.outcome == DIFFERS:
        return f"Not passed: {many}. At least one answer differs from its expected value."
    return f"Not passed: {many}. At least one case was refused or has no answer."


def make_index(
    record: DossierRecord,
    libraries: Sequence[InstalledLibrary],
    register: HazardRegister,
    acceptance: bytes,
) -> bytes:
    """Render the page; no network is used, and the same contents give the same bytes."""
    template = files("fl_planner.cohort.page").joinpath("templates", TEMPLATE).read_text("utf-8")
    chapters = (
        _make_acceptance(record),
        _make_signatures(record, sha256(acceptance).hexdigest()),
        *(
            CohortChapter(f"statement-{number}", one.title, (*one.sentences, f"From {one.source}."))
            for number, one in enumerate(read_statements(), 1)
        ),
        _make_program(record),
        _make_hazards(register),
        _make_libraries(libraries),
        _make_changes(record),
        _make_files(record),
    )
    page = CohortPage(
        "Dossier for in-house use",
        describe_outcome(record),
        f"{phrases.sentence(RESEARCH_USE)}. fl_planner {__version__}",
        chapters,
        None,
        "",
        (),
    )
    return fill_template(template, page=page)


def _make_acceptance(record: DossierRecord) -> CohortChapter:
    counts = [
        (f"{one.group} cases", f"{one.passed}", f"{one.differs}", f"{one.refused}")
        for one in record.counts
    ]
    tables = [
        LinkedTable("Cases by outcome", ("Cases", "passed", "differs", "refused"), tuple(counts)),
        _cut_table("Cases", ("Case", "group", "outcome", "reason"), [*_list_cases(record.cases)]),
        _cut_table(
            "Comparisons",
            ("Case", "quantity", "expected", "tolerance", "answer", "outcome"),
            [*_list_compared(record.cases)],
        ),
    ]
    reservations = tuple(f"{phrases.sentence(one)}." for one in record.reservations)
    sentences = (describe_outcome(record), *reservations)
    return CohortChapter("acceptance", "Acceptance run at this site", sentences, tuple(tables))


def _list_cases(cases: Sequence[AcceptedCaseRecord]) -> Iterator[tuple[str, ...]]:
    for case in cases:
        why = "" if case.reason is None else f"{case.reason}; {case.remedy}"
        yield case.id, case.group, case.outcome, why


def _list_compared(cases: Sequence[AcceptedCaseRecord]) -> Iterator[tuple[str, ...]]:
    for case in sorted(cases, key=lambda one: one.outcome == PASSED):
        for one in case.compared:
            answer = "none" if one.answer is None else one.answer
            yield case.id, one.name, one.expected, one.tolerance or "", answer, one.outcome


def _make_signatures(record: DossierRecord, digest: str) -> CohortChapter:
    rows = [(one.role, LINE, LINE, LINE) for one in record.signatures]
    head = ("Role", "name", "date", "signature")
    made = f"Assessment date: {record.as_of or 'none given'}."
    table = LinkedTable("To be signed on paper", head, tuple(rows))
    return CohortChapter("signatures", "Signatures", (f"{SIGNED}: {digest}.", made), (table,))


def _make_program(record: DossierRecord) -> CohortChapter:
    rows = (
        ("version", record.version),
        ("commit", name_commit(record.build)),
        ("commit found in", record.build.source),
        ("schemas", ", ".join(record.schemas)),
    )
    table = LinkedTable("Program version", ("Item", "value"), rows)
    rules = tuple((one.id, one.name, one.sha256 or "") for one in record.rules)
    protocols = LinkedTable("Protocols", ("Registry number", "name", "SHA-256 of the file"), rules)
    return CohortChapter("program", "Program, schemas and protocols", (), (table, protocols))


def _make_hazards(register: HazardRegister) -> CohortChapter:
    rows = [
        (one.id, one.cause, one.held, f"{len(controls)}", f"{len(tests)}")
        for one in register.hazards
        for controls in [register.controls_of(one.id)]
        for tests in [{test for control in controls for test in control.tests}]
    ]
    head = (
        "Hazard",
        "cause",
        "controls in brief",
        "controls",
        "tests that fail if a control is removed",
    )
    table = LinkedTable("Hazards", head, tuple(rows))
    return CohortChapter("hazards", "Hazards, controls and tests", (NO_RISKS,), (table,))


def _make_libraries(libraries: Sequence[InstalledLibrary]) -> CohortChapter:
    silent = [one.name for one in libraries if one.licence == NO_LICENCE]
    rows = [(one.name, one.version, one.licence) for one in libraries]
    sentences = [f"{len(libraries)} libraries are installed in this environment."]
    if silent:
        sentences.append(f"Libraries that state no licence: {', '.join(silent)}.")
    table = _cut_table("Installed libraries", ("Library", "version", "licence"), rows)
    return CohortChapter("libraries", "Libraries and licences", tuple(sentences), (table,))


def _make_changes(record: DossierRecord) -> CohortChapter:
    title = "Changes since an earlier version"
    if (earlier := record.earlier) is None:
        without = (
            "No earlier record was given, so answers were not compared with an earlier version."
        )
        return CohortChapter("changes", title, (without,))
    sentences = [
        f"Compared with version {earlier.version} ({earlier.commit or 'commit unknown'}), "
        f"{earlier.file}: {earlier.compared} cases and fictitious patients in total.",
        f"Answers that differ: {len(record.changes)}. Cases and patients that are not in the "
        f"earlier record: {earlier.added}.",
    ]
    if earlier.not_compared:
        sentences.append(f"In the earlier record only: {', '.join(earlier.not_compared)}.")
    rows = [
        (one.id, one.name, one.before or "", one.after or "", "yes" if one.files_changed else "")
        for one in record.changes
    ]
    head = ("Case or patient", "answer", "before", "now", "input files differ")
    tables = (_cut_table("Changed answers", head, rows),) if rows else ()
    return CohortChapter("changes", title, tuple(sentences), tables)


def _make_files(record: DossierRecord) -> CohortChapter:
    shown = tuple(one for one in SAYS.items() if one[0] != CHANGES or record.earlier is not None)
    return CohortChapter("files", "Files", files=shown)


def _cut_table(title: str, head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> LinkedTable:
    more = len(rows) - MOST
    beside = (f"Number of further rows in the files: {more:,}.",) if more > 0 else ()
    return LinkedTable(title, head, tuple(rows[:MOST]), beside)
