"""The page of a cohort as HTML: where its FLRs lie, whom a limit is near, what is missing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

from fl_planner.basis.extras import OF_PAGE, say_install
from fl_planner.basis.glossary import INTERVAL
from fl_planner.basis.version import __version__
from fl_planner.cohort.file_roles import read_shown
from fl_planner.cohort.page.chapters import CohortChapter, list_chapters
from fl_planner.cohort.page.distribution import Distribution, lay_out
from fl_planner.cohort.page.overview import Overview
from fl_planner.cohort.result import read_cohort
from fl_planner.cohort.tables.files import write_tables
from fl_planner.cohort.tables.worklist import read_worklist
from fl_planner.export.save import save
from fl_planner.record.head import RESEARCH_USE
from fl_planner.record.over_time.cohort import say_cases
from fl_planner.report import words as say
from fl_planner.report.page.render import fill_template

INDEX, TEMPLATE = "index.html", "index.html.j2"
NO_PAGE = (
    "no page was written, as jinja2 is not installed: the tables hold the same; "
    f"to have it, {say_install('report')}"
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
