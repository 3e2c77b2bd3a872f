"""The front door for Python to a cohort."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Unpack

from fl_planner.cohort.result import CaseResult, read_results
from fl_planner.cohort.source.source import Layout
from fl_planner.record.over_time.cohort import CohortRecord, say_cohort
from fl_planner.workup.python.options import (
    Amount,
    AnyPath,
    ForceOptions,
    JudgeOptions,
    ProfileOptions,
    Segments,
    SizeOptions,
)
from fl_planner.workup.python.result import NotebookView, Result
from fl_planner.workup.python.words import as_words, taking

if TYPE_CHECKING:
    from rich.text import Text


class CohortOptions(JudgeOptions, SizeOptions, ProfileOptions, ForceOptions, total=False):
    """All that `cohort` takes beside its source and its folder."""

    layout: Layout
    pattern: Iterable[str]
    diagnosis: Literal["crlm", "hcc", "other"]
    scheme: str
    remnant_segments: Segments
    no_tumour: bool
    private_addresses: bool
    report: bool
    pictures: bool
    workers: int
    memory_limit: Amount
    time_limit: Amount
    scheduler: str
    slurm: Iterable[str]
    dashboard: int


@dataclass(frozen=True, slots=True, repr=False, eq=False, kw_only=True)
class CohortOutcome(Result[CohortRecord]):
    """What became of a cohort; its tables and each case lie in the folder `out`."""

    out: Path

    def __repr__(self) -> str:
        """Tell it on one line."""
        return f"<fl_planner.cohort: {next(say_cohort(self.record))}>"

    def cases(self) -> Iterator[CaseResult]:
        """Read case after case from the folder, in the order of the source."""
        return read_results(self.out)


@taking(CohortOptions)
def cohort(
    source: AnyPath | Iterable[AnyPath], out: AnyPath, **options: Unpack[CohortOptions]
) -> CohortOutcome:
    """Plan many cases into a folder, on all processors or a cluster.

    A case whose earlier result in the folder holds is not planned again.

    A script calls it below `if __name__ == "__main__":`, for each worker begins the script anew.

    Parameters
    ----------
    source : path, or list of paths
        Case files; or a table of cases (.csv, .xlsx); or a folder of case files, or of a layout.
    out : path
        A new folder, or that of an earlier run.
    options
        As of `fl-planner cohort`.

    Raises
    ------
    InputRefused
        Naming the option, the source or the folder that cannot be used. A case that is refused is
        a row of the tables, with its reason.
    """
    from fl_planner.cohort.wanted import plan_cohort

    words = as_words("cohort", CohortOptions, options)
    folder = Path(out)
    record = plan_cohort(_list_sources(source), {**words, "out": folder})
    return CohortOutcome(call="cohort", record=record, shown=NotebookView(_show), out=folder)


def _show(record: CohortRecord) -> Text:
    from rich.text import Text

    return Text("\n".join(say_cohort(record)))


def _list_sources(source: AnyPath | Iterable[AnyPath]) -> list[Path]:
    if isinstance(source, str) or not isinstance(source, Iterable):
        return [Path(source)]
    return [Path(one) for one in source]
