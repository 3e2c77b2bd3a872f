"""The page of a cohort as HTML, chapter by chapter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

from fl_planner.basis.extras import OF_PAGE, describe_install
from fl_planner.basis.plain_text import list_first
from fl_planner.basis.standing_words import FOR_ANOTHER, INTERVAL, MEETS_ALL, RESEARCH_USE
from fl_planner.basis.version import __version__
from fl_planner.cohort.in_words import NO_FLR
from fl_planner.cohort.page.overview import CaseLine, Distribution, Overview, Reason, lay_out
from fl_planner.cohort.result import read_cohort
from fl_planner.cohort.table_files import (
    CODEBOOK_FILE,
    PAGE_FILE,
    WORKLIST,
    ListedPatient,
    read_worklist,
    write_tables,
)
from fl_planner.cohort.tables import ROWS
from fl_planner.cohort.typed_tables import CSV
from fl_planner.export.save import save
from fl_planner.intake.documents.protocols import in_order
from fl_planner.liver.scatter.crossing_chance import as_crossing_chance
from fl_planner.record.over_time.worklist import format_cases
from fl_planner.report import words as phrases
from fl_planner.report.page.render import fill_template
from fl_planner.report.questions import name_route
from fl_planner.report.terminal.worklist import describe_deadline, describe_ending
from fl_planner.trials.judge import VERDICTS
from fl_planner.workup.exports import TableBook

MOST = 500  # rows of a table, and pictures; the CSV files contain all
FIRST = 25  # rows of lists in order of importance
SHOWN = (MEETS_ALL, *VERDICTS.values(), FOR_ANOTHER)  # verdicts in words
MOST_IDS = 20  # in one cell
Entry = str | Sequence[CaseLine]


@dataclass(frozen=True, slots=True)
class LinkedTable:
    """A table of texts, and of cases linked to their reports."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[Entry, ...], ...]
    beside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CohortChapter:
    """A section of the page with its heading."""

    anchor: str
    title: str
    sentences: tuple[str, ...] = ()
    tables: tuple[LinkedTable, ...] = ()
    wall: tuple[CaseLine, ...] = ()
    files: tuple[tuple[str, str], ...] = ()


def list_chapters(
    seen: Overview, chart: Distribution | None, patients: Sequence[ListedPatient]
) -> tuple[CohortChapter, ...]:
    """List the sections with content."""
    chapters = (
        _make_without(seen),
        _make_flr(seen, chart),
        _make_near(seen),
        _make_trials(seen),
        _make_missing(seen),
        _make_worklist(patients, {case.id: case for case in seen.cases}),
        _make_cases(seen.cases),
        _make_pictures(seen.cases),
        _make_files(),
    )
    return tuple(chapter for chapter in chapters if chapter.tables or chapter.wall or chapter.files)


def _make_flr(seen: Overview, chart: Distribution | None) -> CohortChapter:
    without = len([case for case in seen.cases if case.flr is None])
    sentences = (f"No FLR result in {format_cases(without)} with a plan.",) if without else ()
    counts = () if chart is None else tuple((row, f"{count:,}") for row, count in chart.rows)
    table = LinkedTable("Cases by FLR", ("FLR", "cases"), counts)
    return CohortChapter("flr", "FLR", sentences, (table,) if counts else ())


def _make_near(seen: Overview) -> CohortChapter:
    rows = [
        ((one.case,), one.share, one.interval, one.limit, one.side, as_crossing_chance(one.chance))
        for one in sorted(seen.near, key=lambda one: -one.chance)
    ]
    head = ("Case", "share %", INTERVAL, "limit", "share and limit", "crossing chance")
    title = f"Cases whose {INTERVAL} includes a limit"
    return CohortChapter("near", "Near a limit", tables=_as_tables(title, head, rows))


def _make_trials(seen: Overview) -> CohortChapter:
    trials = in_order(seen.verdicts)
    given = {word for counts in seen.verdicts.values() for word in counts}
    shown = [word for word in SHOWN if word in given]
    counts = [
        (seen.names[trial], *(f"{seen.verdicts[trial][word]:,}" for word in shown))
        for trial in trials
    ]
    every = _as_tables("Verdicts by trial", ("Trial", *shown), counts)
    listed = (table for trial in trials for table in _list_candidates(seen, trial))
    return CohortChapter("trials", "Trials", tables=(*every, *listed))


def _list_candidates(seen: Overview, trial: str) -> tuple[LinkedTable, ...]:
    """List the cases not excluded by a trial, fewest missing answers first."""
    asked = [candidate for candidate in seen.candidates if candidate.trial == trial]
    rows = [
        (
            (one.case,),
            one.shown,
            f"{one.missing}" + (", all requiring clinical judgement" if one.human_only else ""),
        )
        for one in sorted(asked, key=lambda one: one.order)
    ]
    head = ("Case", "verdict", "criteria not yet answered")
    return _as_tables(f"{seen.names[trial]}: not excluded", head, rows, most=FIRST)


def _make_missing(seen: Overview) -> CohortChapter:
    rows = [
        (one.says, f"{one.cases:,}", f"{one.settles:,}")
        for one in sorted(
            seen.missing.values(), key=lambda one: (-one.settles, -one.cases, one.says)
        )
    ]
    head = (
        "Missing information, and who can supply it",
        "cases",
        "trial verdicts that this information could decide, summed over all cases",
    )
    tables = _as_tables("Most informative first", head, rows, most=FIRST)
    return CohortChapter("missing", "Missing information", tables=tables)


def _make_worklist(
    patients: Sequence[ListedPatient], cases: Mapping[str, CaseLine]
) -> CohortChapter:
    rows = [_list_patient(patient, cases) for patient in patients]
    head = ("Case", "time left", "expiring items", "route", "next question")
    most = max(FIRST, sum(one.unanswered is not None for one in patients))
    title = "Cases without an FLR result first, then by urgency"
    tables = _as_tables(title, head, rows, WORKLIST, min(most, MOST))
    return CohortChapter("worklist", "Worklist", tables=tables)


def _list_patient(one: ListedPatient, cases: Mapping[str, CaseLine]) -> tuple[Entry, ...]:
    row, question = one.row, one.row.next_question
    days = [deadline.days for deadline in row.deadlines if deadline.days is not None]
    asked = "" if question is None else phrases.question(question)
    case = (cases[one.case_id],)
    if one.unanswered is not None:
        return (case, NO_FLR, "", one.unanswered, asked)
    until, ending = describe_deadline(row.urgency, days), describe_ending(row.deadlines)
    return (case, until, ending, name_route(row.route), asked)


def _make_without(seen: Overview) -> CohortChapter:
    refused = [(reason.reason, *_format_reason(reason)) for reason in seen.refused.values()]
    head = ("Reason (as worded for the first case)", "cases", "ids", "remedy")
    failed = [(why, *_format_reason(failure)[:2]) for why, failure in seen.failed.items()]
    return CohortChapter(
        "without",
        "Cases without a plan",
        tables=(
            *_as_tables("Refused, by reason", head, refused),
            *_as_tables("Not completed", ("Reason", "cases", "ids"), failed),
        ),
    )


def _format_reason(one: Reason) -> tuple[str, str, str]:
    return f"{len(one.ids):,}", list_first(one.ids, MOST_IDS), one.remedy


def _make_cases(cases: Sequence[CaseLine]) -> CohortChapter:
    rows = [((case,), case.share, case.interval, case.pathway) for case in cases]
    head = ("Case", "FLR %", INTERVAL, "pathway")
    return CohortChapter(
        "cases", "All planned cases", tables=_as_tables("In the order of the source", head, rows)
    )


def _make_pictures(cases: Sequence[CaseLine]) -> CohortChapter:
    drawn = [case for case in cases if case.picture]
    beside = _format_rest(len(drawn), "are in the folders of their cases", MOST)
    return CohortChapter("pictures", "Pictures", beside, wall=tuple(drawn[:MOST]))


def _make_files() -> CohortChapter:
    tables = [(f"{name}{CSV}", f"one row per {row}") for name, row in ROWS.items()]
    tables += [
        (WORKLIST, "patients by urgency, for the screening office"),
        (CODEBOOK_FILE, "meaning of each table column"),
    ]
    return CohortChapter("files", "Tables", files=tuple(tables))


def _as_tables(
    title: str,
    head: tuple[str, ...],
    rows: Sequence[tuple[Entry, ...]],
    file: str = f"cases{CSV}",
    most: int = MOST,
) -> tuple[LinkedTable, ...]:
    """Return a table of the first rows, or none if there are no rows."""
    if not rows:
        return ()
    return (
        LinkedTable(title, head, tuple(rows[:most]), _format_rest(len(rows), f"in {file}", most)),
    )


def _format_rest(count: int, where: str, most: int) -> tuple[str, ...]:
    return (f"{count - most:,} more {where}.",) if count > most else ()


TEMPLATE = "index.html.j2"
NO_PAGE = (
    "no page was written, because jinja2 is not installed; the tables contain the same data; "
    f"to write the page, {describe_install('report')}"
)


@dataclass(frozen=True, slots=True)
class CohortPage:
    """The page of a cohort.

    - `says`: description of the drawing; `beneath`: its caption.
    """

    title: str
    counts: str
    notice: str
    chapters: tuple[CohortChapter, ...]
    chart: Distribution | None
    says: str
    beneath: tuple[str, ...]


def write_results(
    out: Path, *, clinical: bool = False, book: TableBook | None = None
) -> tuple[str, ...]:
    """Write the tables, the worklist and the page of a run; return remarks on them.

    - `clinical`: whether they may contain names of files.
    - `book`: workbook of the cases, if requested.

    The results are read once. The same results give the same bytes.

    Raises `InputRefused`: see `read_results`; `output.unwritable` if the disk is full.
    """
    seen = Overview()
    remarks = write_tables(out, lambda result, _: seen.add(result), clinical=clinical, book=book)
    return (*remarks, *write_page(out, seen))


def write_page(out: Path, seen: Overview) -> tuple[str, ...]:
    """Write the page of a run into its folder; return remarks on it.

    The same results give the same bytes. No network is used.

    Raises `InputRefused`: see `read_results`; `output.unwritable` if the disk is full.
    """
    if find_spec(OF_PAGE) is None:
        return (NO_PAGE,)
    template = files("fl_planner.cohort.page").joinpath("templates", TEMPLATE).read_text("utf-8")
    save(out / PAGE_FILE, fill_template(template, page=make_cohort_page(out, seen)), force=True)
    return ()


def make_cohort_page(out: Path, seen: Overview) -> CohortPage:
    """Return the page of a run.

    Raises `InputRefused`: see `read_cohort`.
    """
    every = len(read_cohort(out).ids)
    chart = lay_out(seen.cases, sorted(seen.limits))
    counts = {name: seen.states[name] for name in ("planned", "refused", "failed")}
    counts["not yet processed"] = every - sum(counts.values())
    shown = (f"{n:,} {name}" for name, n in counts.items() if n or name == "planned")
    return CohortPage(
        f"Cohort: {format_cases(every)}",
        f"{', '.join(shown)}.",
        f"{phrases.sentence(RESEARCH_USE)}. fl_planner {__version__}",
        list_chapters(seen, chart, read_worklist(out)[0]),
        chart,
        "Distribution of the FLR (%) over the cases",
        tuple(_format_caption(seen, chart)),
    )


def _format_caption(seen: Overview, chart: Distribution | None) -> Iterator[str]:
    wholes = sorted({case.whole for case in seen.cases if case.flr is not None})
    yield f"FLR as % of the {' or of the '.join(wholes)}."
    if chart is not None and chart.marks:
        yield (
            "Each mark represents a case, and links to its report or plan. The marks of each "
            "percentage point are stacked in its middle. Hollow marks represent cases whose "
            f"{INTERVAL} includes a limit with which the FLR is compared."
        )
    elif chart is not None:
        highest = format_cases(chart.highest)
        yield f"Each bar covers 1 percentage point; the highest bar represents {highest}."
    for limit, names in sorted(seen.limits.items()):
        yield f"Dashed line at {limit:g} %: {', '.join(names)}."
