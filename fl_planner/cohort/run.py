"""Planning of a cohort into a folder, for the command line and Python."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Unpack

from rich.text import Text

from fl_planner.basis.extras import OF_PAGE, OF_SURFACE, require_cluster, require_report
from fl_planner.basis.findings import InputRefused
from fl_planner.basis.run import begin_step
from fl_planner.basis.version import __version__
from fl_planner.cohort.case import (
    Asked,
    CaseAnswer,
    CohortCase,
    describe_changes,
    find_valid,
    make_shared_key,
    plan_case,
)
from fl_planner.cohort.engine.engine import (
    Engine,
    Means,
    Task,
    connecting,
    find_dashboard,
    require_guarded,
)
from fl_planner.cohort.fetch import PREFIX
from fl_planner.cohort.page.page import write_results
from fl_planner.cohort.result import CaseResult, Cohort, find_folder, is_shard, read_results
from fl_planner.cohort.run_folder import (
    begin_run,
    keep,
    lock_alone,
    lock_shard,
    log_case,
    read_stored_key,
)
from fl_planner.cohort.shards.shard import (
    OfWhole,
    Shard,
    hash_ids,
    list_shards,
    parse_shard,
    withdraw_manifest,
    withdraw_manifests,
    write_shard,
)
from fl_planner.cohort.source.case_table import CohortSource, Layout
from fl_planner.cohort.source.draft import Alike
from fl_planner.cohort.tally import CohortTally
from fl_planner.formats.stored.source import note_input, note_output
from fl_planner.formats.stored.temporary import remove_stale
from fl_planner.given.kinds import parse_decimal, parse_segment_list
from fl_planner.given.table import Words, fill
from fl_planner.intake.documents.protocols import read_grounds
from fl_planner.record.over_time.worklist import CohortRecord, format_cohort
from fl_planner.screening.screen import map_columns
from fl_planner.workup.exports import TableBook
from fl_planner.workup.many import ForAll
from fl_planner.workup.python.options import ForceOptions, JudgeOptions, ProfileOptions, SizeOptions
from fl_planner.workup.python.result import NotebookView, Result
from fl_planner.workup.python.types import Amount, AnyPath, Segments
from fl_planner.workup.python.words import as_path, as_paths, as_words, taking

if TYPE_CHECKING:
    from fl_planner.workup.python.typed_records import KeyedCohort
else:  # a type checker reads the type of each key
    KeyedCohort = Result


@dataclass(frozen=True, slots=True)
class Run:
    """A run of a cohort into its folder.

    - `source`: kind of source of the cases.
    - `force`: whether a folder of other cases may be used.
    - `notify`: receives messages during the run.
    - `of`: the whole cohort, if this run is a shard; `out` is then the folder of the shard.
    - `book`: workbook of the cases, if requested.
    - `divisions`: numbers of shards into which the cohort in the folder was divided.
    """

    cases: Sequence[CohortCase]
    source: str
    out: Path
    asked: Asked
    means: Means
    force: bool = False
    notify: Callable[[str], None] = lambda _: None
    of: OfWhole | None = None
    book: TableBook | None = None
    divisions: frozenset[int] = frozenset()

    @property
    def whole(self) -> Path:
        """The folder of the whole cohort."""
        return self.out if self.of is None else self.out.parent.parent


def run_cohort(run: Run) -> CohortRecord:
    """Plan every case without a valid result, save each result, and write tables and page.

    Raises `InputRefused`: for the folder or the scheduler, `output.temporary`, and
    `output.unwritable` if the disk is full; cases planned before are kept.
    """
    remove_stale(PREFIX)
    with lock_alone(run.out) if run.of is None else lock_shard(run.out):
        if run.of is not None:
            withdraw_manifest(run.out)
        run = replace(run, divisions=frozenset(one.of for one in list_shards(run.whole)))
        ids = tuple(case.id for case in run.cases)
        cohort = Cohort(version=__version__, source=run.source, ids=ids)
        tally = CohortTally(len(ids), begin_run(run.out, cohort, force=run.force))
        for case in run.cases:
            if case.row is not None:
                tally.faults.add(case.row)
            if case.refusal is not None:
                held = read_stored_key(run.out, case.id)
                _keep(run, tally, (case, held), plan_case(case, run.asked, held))
        if rest := [case for case in run.cases if case.refusal is None]:
            _plan_all(run, tally, rest)
        remove_stale(PREFIX)
        begin_step("tables")
        for remark in _write_results(run):
            run.notify(remark)
        return tally.as_record()


def _write_results(run: Run) -> tuple[str, ...]:
    clinical = run.asked.for_all.profile == "clinical"
    if run.of is None:
        return write_results(run.out, clinical=clinical, book=run.book)
    numbers = {case.id: case.number for case in run.cases}
    return write_shard(run.out, run.of, run.asked.key, numbers, clinical=clinical)


def _plan_all(run: Run, tally: CohortTally, cases: Sequence[CohortCase]) -> None:
    tasks = _list_tasks(run, tally, cases)
    first = next(tasks, None)
    if first is None:  # all results are valid: no worker is required
        return
    with connecting(run.means) as client:
        if (link := find_dashboard(client, run.means)) is not None:
            run.notify(f"dashboard: {link}")
        engine = Engine(client, run.asked, run.means.bounds)
        for task, answer in engine.answer_each(chain((first,), tasks)):
            _keep(run, tally, task, answer)


def _list_tasks(run: Run, tally: CohortTally, cases: Sequence[CohortCase]) -> Iterator[Task]:
    """List the cases for the workers; cases with unchanged files need no worker."""
    for case in cases:
        held = read_stored_key(run.out, case.id)
        answer = find_valid(case, run.asked, held, find_folder(run.out, case.id))
        if answer is None:
            yield case, held
        else:
            _keep(run, tally, (case, held), answer)


def _keep(run: Run, tally: CohortTally, task: Task, answer: CaseAnswer) -> None:
    case, held = task
    if answer.status is not None and answer.key != held:
        withdraw_manifests(run.whole, case.id, run.divisions)
    state = keep(run.out, case, answer)
    why = () if held is None or answer.status is None else describe_changes(held, answer.key)
    log_case(run.out, case, answer, why)
    tally.add(case, state, answer, why)


LEAST_GIB = Decimal("0.25")  # the program itself uses about 0.15
MOST_MINUTES = 24 * 60


def plan_cohort(
    sources: Sequence[Path], words: Words, notify: Callable[[str], None] = lambda _: None
) -> CohortRecord:
    """Plan the cases of a source into a folder; return the record of the run.

    - `words`: options of `fl-planner cohort`, `_` for `-`.
    - `notify`: receives messages during the run.

    Raises `InputRefused`: for the source, the options, the trials or the folder; a refused case is
    a row.
    """
    require_guarded()
    require_cluster()
    means = _read_means(words)
    shard = parse_shard(words["shard"])
    for_all = _read_for_all(words)
    if words["report"]:
        require_report(OF_PAGE, OF_SURFACE)
    # refused before any case is planned
    read_grounds(for_all.trials, for_all.centre, for_all.as_of)
    wanted = {name: bool(words[name]) for name in ("report", "pictures")}
    key = make_shared_key(for_all, **wanted)
    rehash, private = words["rehash"], words["private_addresses"]
    asked = Asked(for_all, key, **wanted, private_addresses=private, rehash=rehash)
    out = words["out"].absolute()
    note_output(out)
    for source in sources:
        note_input(source)
    if is_shard(out):
        reason = "is the folder of a shard"
        remedy = "give the whole cohort's folder as --out, and keep --shard"
        raise InputRefused("usage.wrong", "--out", reason, remedy)
    kind, cases = _read_source(sources, words).read()
    book = _check_workbook(words, len(cases), shard)
    run = Run(cases, kind, out, asked, means, words["force"], notify, book=book)
    if shard is None:
        return run_cohort(run)
    of = OfWhole(kind, len(cases), hash_ids(case.id for case in cases))
    mine = [case for case in cases if shard.holds(case.id)]
    return run_cohort(replace(run, cases=mine, out=shard.folder(out), of=of))


def _check_workbook(words: Words, cases: int, shard: Shard | None) -> TableBook | None:
    """Return the workbook to write, if requested.

    Raises `InputRefused`: see `TableBook.check`, and `usage.wrong` for a shard.
    """
    if words["xlsx"] is None:
        return None
    if shard is not None:
        reason = "cannot be combined with --shard, which processes only some of the cases"
        remedy = "give --xlsx to fl-planner cohort merge"
        raise InputRefused("usage.wrong", "--xlsx", reason, remedy)
    book = TableBook(words["xlsx"].absolute(), "cases", words["force"])
    book.check(cases)
    return book


def _read_for_all(words: Words) -> ForAll:
    """Read the common options; make paths absolute, because workers may start in another folder."""
    paths = {name: words[name] and words[name].absolute() for name in ("centre", "trials")}
    return fill(ForAll, words, **paths)


def _read_source(sources: Sequence[Path], words: Words) -> CohortSource:
    segments = parse_segment_list("--remnant-segments", words["remnant_segments"])
    alike = fill(Alike, words, remnant_segments=segments)
    mapping = map_columns(words)
    return CohortSource(tuple(sources), words["layout"], tuple(words["pattern"]), alike, mapping)


def _read_means(words: Words) -> Means:
    jobs = [setting.partition("=") for setting in words["slurm"]]
    if wrong := [name for name, equals, value in jobs if not (name and equals and value)]:
        reason = f"{wrong[0]!r} is not of the form name=value"
        raise InputRefused(
            "usage.wrong", "--slurm", reason, "write, for example, --slurm queue=normal"
        )
    if jobs and words["scheduler"] is not None:
        reason = "cannot be combined with --slurm"
        raise InputRefused("usage.wrong", "--scheduler", reason, "omit one of them")
    if words["workers"] is not None and words["scheduler"] is not None:
        reason = "cannot be combined with --scheduler, whose workers are started separately"
        raise InputRefused("usage.wrong", "--workers", reason, "omit one of them")
    return fill(
        Means,
        words,
        memory_limit=_read_number(words, "memory_limit", LEAST_GIB, Decimal(1024)),
        time_limit=_read_number(words, "time_limit", Decimal("0.01"), Decimal(MOST_MINUTES)),
        slurm=tuple((name, value) for name, _, value in jobs) or None,
    )


def _read_number(words: Words, option: str, least: Decimal, most: Decimal) -> float:
    number = parse_decimal(option, words[option])
    if not least <= number <= most:
        name = f"--{option.replace('_', '-')}"
        reason = f"{number} is not between {least} and {most}"
        raise InputRefused("usage.wrong", name, reason, "give a number in this range")
    return float(number)


class CohortOptions(JudgeOptions, SizeOptions, ProfileOptions, ForceOptions, total=False):
    """Options of `cohort`, other than source and folder."""

    layout: Layout
    pattern: Iterable[str]
    diagnosis: Literal["crlm", "hcc", "other"]
    scheme: str
    remnant_segments: Segments
    columns: AnyPath
    column: Iterable[str]
    ignore_column: Iterable[str]
    cell_unknown: bool
    no_tumour: bool
    private_addresses: bool
    report: bool
    pictures: bool
    rehash: bool
    xlsx: AnyPath
    workers: int
    memory_limit: Amount
    time_limit: Amount
    scheduler: str
    slurm: Iterable[str]
    dashboard: int
    shard: str


@dataclass(frozen=True, slots=True, repr=False, eq=False, kw_only=True)
class CohortOutcome(KeyedCohort):
    """Result of a cohort run; tables and cases are in the folder `out`."""

    out: Path

    def __repr__(self) -> str:
        """Summarise the result in one line."""
        return f"<fl_planner.cohort: {next(format_cohort(self.record))}>"

    def cases(self) -> Iterator[CaseResult]:
        """Read the cases from the folder, in the order of the source."""
        return read_results(self.out)


@taking(CohortOptions)
def cohort(
    source: AnyPath | Iterable[AnyPath], out: AnyPath, **options: Unpack[CohortOptions]
) -> CohortOutcome:
    """Plan many cases into a folder, on all processors or a cluster.

    A case with a valid result in the folder is not planned again.

    A script must call it below `if __name__ == "__main__":`, because each worker imports the
    script.

    Parameters
    ----------
    source : path, or list of paths
        Case files, a table of cases (.csv, .xlsx), or a folder of case files or with a layout.
    out : path
        A new folder, or the folder of a previous run.
    options
        As for `fl-planner cohort`.

    Raises
    ------
    InputRefused
        For an option, source or folder that cannot be used. A refused case is a row of the
        tables, with its reason.
    """
    words = as_words("cohort", CohortOptions, options)
    folder = as_path("out", out)
    record = plan_cohort(as_paths("source", source), {**words, "out": folder})
    return CohortOutcome(call="cohort", record=record, shown=NotebookView(_show), out=folder)


def _show(record: CohortRecord) -> Text:
    return Text("\n".join(format_cohort(record)))
