"""The page of a cohort as HTML, chapter by chapter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

from fl_planner.basis.extras import OF_PAGE, describe_install
from fl_planner.basis.standing_words import FOR_ANOTHER, INTERVAL, MEETS_ALL, RESEARCH_USE
from fl_planner.basis.version import __version__
from fl_planner.cohort.page.overview import CaseLine, Distribution, Overview, Reason, lay_out
from fl_planner.cohort.result import read_cohort
from fl_planner.cohort.run_folder import read_shown
from fl_planner.cohort.table_files import (
    CODEBOOK_FILE,
    CSV,
    NO_ANSWER,
    WORKLIST,
    ListedPatient,
    read_worklist,
    write_tables,
)
from fl_planner.cohort.tables import ROWS
from fl_planner.export.save import save
from fl_planner.intake.documents.protocols import in_order
from fl_planner.record.over_time.worklist import say_cases
from fl_planner.report import words as say
from fl_planner.report.page.render import fill_template
from fl_planner.report.questions import say_route
from fl_planner.report.terminal.worklist import say_until
from fl_planner.trials.judge import VERDICTS

MOST = 500  # rows of a table, pictures of the wall: a page is read, a table is searched
FIRST = 25  # rows of what is listed by how much it matters
SHOWN = (MEETS_ALL, *VERDICTS.values(), FOR_ANOTHER)  # answers of trials, as people read them
MOST_IDS = 20  # named in one cell
Entry = str | Sequence[CaseLine]


@dataclass(frozen=True, slots=True)
class LinkedTable:
    """A table whose entries are texts, or cases that lead to their reports."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[Entry, ...], ...]
    beside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CohortChapter:
    """What stands under one heading of the page."""

    anchor: str
    title: str
    sentences: tuple[str, ...] = ()
    tables: tuple[LinkedTable, ...] = ()
    wall: tuple[CaseLine, ...] = ()
    files: tuple[tuple[str, str], ...] = ()


def list_chapters(
    seen: Overview, chart: Distribution | None, patients: Sequence[ListedPatient]
) -> tuple[CohortChapter, ...]:
    """List the chapters; those without content are left out."""
    chapters = (
        _tell_without(seen),
        _tell_flr(seen, chart),
        _tell_near(seen),
        _tell_trials(seen),
        _tell_missing(seen),
        _tell_worklist(patients, {one.id: one for one in seen.cases}),
        _tell_cases(seen.cases),
        _tell_pictures(seen.cases),
        _tell_files(),
    )
    return tuple(one for one in chapters if one.tables or one.wall or one.files)


def _tell_flr(seen: Overview, chart: Distribution | None) -> CohortChapter:
    without = len([one for one in seen.cases if one.flr is None])
    sentences = (f"Without an FLR: {say_cases(without)} that are planned.",) if without else ()
    counts = () if chart is None else tuple((row, f"{count:,}") for row, count in chart.rows)
    table = LinkedTable("FLR by cases", ("FLR", "cases"), counts)
    return CohortChapter("flr", "FLR", sentences, (table,) if counts else ())


def _tell_near(seen: Overview) -> CohortChapter:
    rows = [
        (
            (one.case,),
            one.case.flr or "",
            one.case.interval,
            one.limit,
            one.side,
            say.chance(one.chance),
        )
        for one in sorted(seen.near, key=lambda one: -one.chance)
    ]
    head = ("Case", "FLR %", INTERVAL, "limit", "share", "another reading on the other side")
    title = f"Cases whose {INTERVAL} holds a limit"
    return CohortChapter("near", "Near a limit", tables=_as_tables(title, head, rows))


def _tell_trials(seen: Overview) -> CohortChapter:
    trials = in_order(seen.verdicts)
    told = {word for one in seen.verdicts.values() for word in one}
    shown = [word for word in SHOWN if word in told]
    counts = [
        (seen.names[one], *(f"{seen.verdicts[one][word]:,}" for word in shown)) for one in trials
    ]
    every = _as_tables("Answers by trial", ("Trial", *shown), counts)
    listed = (table for one in trials for table in _list_candidates(seen, one))
    return CohortChapter("trials", "Trials", tables=(*every, *listed))


def _list_candidates(seen: Overview, trial: str) -> tuple[LinkedTable, ...]:
    """List the cases that a trial does not rule out, those of whom least is missing first."""
    asked = [one for one in seen.candidates if one.trial == trial]
    rows = [
        (
            (one.case,),
            one.shown,
            f"{one.missing}" + (", a person's word alone" if one.human_only else ""),
        )
        for one in sorted(asked, key=lambda one: one.order)
    ]
    head = ("Case", "answer", "criteria not answered")
    return _as_tables(f"{seen.names[trial]}: not ruled out", head, rows, most=FIRST)


def _tell_missing(seen: Overview) -> CohortChapter:
    rows = [
        (one.says, f"{one.cases:,}", f"{one.settles:,}")
        for one in sorted(
            seen.missing.values(), key=lambda one: (-one.settles, -one.cases, one.says)
        )
    ]
    head = ("What is missing, and who can tell", "cases", "trials it could settle, over all cases")
    tables = _as_tables("The most informative first", head, rows, most=FIRST)
    return CohortChapter("missing", "Missing facts", tables=tables)


def _tell_worklist(
    patients: Sequence[ListedPatient], cases: Mapping[str, CaseLine]
) -> CohortChapter:
    rows = [_list_patient(one, cases) for one in patients]
    head = ("Case", "until", "route", "next question")
    most = max(FIRST, sum(one.unanswered is not None for one in patients))
    title = "First those without an answer on the FLR, then in order of need"
    tables = _as_tables(title, head, rows, WORKLIST, min(most, MOST))
    return CohortChapter("worklist", "Worklist", tables=tables)


def _list_patient(one: ListedPatient, cases: Mapping[str, CaseLine]) -> tuple[Entry, ...]:
    row, question = one.row, one.row.next_question
    days = [deadline.days for deadline in row.deadlines if deadline.days is not None]
    asked = "" if question is None else say.question(question)
    case = (cases[one.case_id],)
    if one.unanswered is not None:
        return (case, NO_ANSWER, one.unanswered, asked)
    return (case, say_until(row.urgency, days), say_route(row.route), asked)


def _tell_without(seen: Overview) -> CohortChapter:
    refused = [(one.reason, *_say_reason(one)) for one in seen.refused.values()]
    head = ("Reason, as of the first", "cases", "which", "remedy")
    failed = [(why, *_say_reason(one)[:2]) for why, one in seen.failed.items()]
    return CohortChapter(
        "without",
        "Cases without a plan",
        tables=(
            *_as_tables("Refused, by reason", head, refused),
            *_as_tables("Not ended", ("Why", "cases", "which"), failed),
        ),
    )


def _say_reason(one: Reason) -> tuple[str, str, str]:
    more = len(one.ids) - MOST_IDS
    named = ", ".join(one.ids[:MOST_IDS]) + (f" and {more:,} more" if more > 0 else "")
    return f"{len(one.ids):,}", named, one.remedy


def _tell_cases(cases: Sequence[CaseLine]) -> CohortChapter:
    rows = [((one,), one.flr or "", one.interval, one.pathway) for one in cases]
    head = ("Case", "FLR %", INTERVAL, "pathway")
    return CohortChapter(
        "cases", "All planned cases", tables=_as_tables("In the order of the source", head, rows)
    )


def _tell_pictures(cases: Sequence[CaseLine]) -> CohortChapter:
    drawn = [one for one in cases if one.picture]
    beside = _say_rest(len(drawn), "lie in the folders of their cases", MOST)
    return CohortChapter("pictures", "Pictures", beside, wall=tuple(drawn[:MOST]))


def _tell_files() -> CohortChapter:
    told = [(f"{name}{CSV}", f"one row a {row}") for name, row in ROWS.items()]
    told += [
        (WORKLIST, "patients in order of need, for the screening office"),
        (CODEBOOK_FILE, "what each column of each table means"),
    ]
    return CohortChapter("files", "Tables", files=tuple(told))


def _as_tables(
    title: str,
    head: tuple[str, ...],
    rows: Sequence[tuple[Entry, ...]],
    file: str = f"cases{CSV}",
    most: int = MOST,
) -> tuple[LinkedTable, ...]:
    """Make a table of the first rows, or none where there is no row."""
    if not rows:
        return ()
    return (LinkedTable(title, head, tuple(rows[:most]), _say_rest(len(rows), f"in {file}", most)),)


def _say_rest(count: int, where: str, most: int) -> tuple[str, ...]:
    return (f"{count - most:,} more {where}.",) if count > most else ()


INDEX, TEMPLATE = "index.html", "index.html.j2"
NO_PAGE = (
    "no page was written, as jinja2 is not installed: the tables hold the same; "
    f"to have it, {describe_install('report')}"
)


@dataclass(frozen=True, slots=True)
class CohortPage:
    """The page, from its first line to its last.

    - `says`: what the drawing shows, in words; `beneath`: what stands below it.
    """

    title: str
    counts: str
    notice: str
    chapters: tuple[CohortChapter, ...]
    chart: Distribution | None
    says: str
    beneath: tuple[str, ...]


def tell_run(out: Path, *, clinical: bool = False) -> tuple[str, ...]:
    """Write the tables, the worklist and the page of a run; give what a person should know of them.

    - `clinical`: whether they may name files.

    Its results are read once. The same results give the same bytes.

    Raises `InputRefused`: as `read_results`; `output.unwritable` where the disk is full.
    """
    seen = Overview()
    told = write_tables(out, seen.add, clinical=clinical)
    return (*told, *write_page(out, seen))


def write_page(out: Path, seen: Overview | None = None) -> tuple[str, ...]:
    """Write the page of a run into its folder; give what a person should know of it.

    - `seen`: the results of the run, where they were read already.

    The same results give the same bytes. It asks nothing of any network.

    Raises `InputRefused`: as `read_results`; `output.unwritable` where the disk is full.
    """
    if find_spec(OF_PAGE) is None:
        (out / INDEX).unlink(missing_ok=True)  # that of an earlier run is not of these results
        return (NO_PAGE,)
    template = files("fl_planner.cohort.page").joinpath("templates", TEMPLATE).read_text("utf-8")
    page = make_cohort_page(
        out, Overview.of(read_shown(out, clinical=False)) if seen is None else seen
    )
    save(out / INDEX, fill_template(template, page=page), force=True)
    return ()


def make_cohort_page(out: Path, seen: Overview) -> CohortPage:
    """Make the page of a run of what was seen of it.

    Raises `InputRefused`: as `read_cohort`.
    """
    every = len(read_cohort(out).ids)
    chart = lay_out(seen.cases, sorted(seen.limits))
    return CohortPage(
        f"Cohort: {say_cases(every)}",
        _say_counts(seen, every),
        f"{say.sentence(RESEARCH_USE)}. fl_planner {__version__}",
        list_chapters(seen, chart, read_worklist(out)[0]),
        chart,
        "FLR in percent, one mark a case",
        tuple(_say_beneath(seen, chart)),
    )


def _say_counts(seen: Overview, every: int) -> str:
    counts = {name: seen.states[name] for name in ("planned", "refused", "failed")}
    counts["not yet tried"] = every - sum(counts.values())
    return ", ".join(f"{n:,} {name}" for name, n in counts.items() if n or name == "planned") + "."


def _say_beneath(seen: Overview, chart: Distribution | None) -> Iterator[str]:
    wholes = sorted({one.whole for one in seen.cases if one.flr is not None})
    yield f"FLR in % of the {' or of the '.join(wholes)}."
    if chart is not None and chart.marks:
        yield (
            "Each mark is a case, and leads to its report or plan; a hollow mark is one whose "
            f"{INTERVAL} holds a limit."
        )
    elif chart is not None:
        yield f"A bar is of 1 point of percent; the highest is of {say_cases(chart.highest)}."
    for limit, names in sorted(seen.limits.items()):
        yield f"Dashed at {limit:g} %: {', '.join(names)}."
