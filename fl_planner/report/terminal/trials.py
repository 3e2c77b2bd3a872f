"""Trials and a patient's answers as tables that fit 80 columns."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from fl_planner.record.base import Record
from fl_planner.report import words as say
from fl_planner.report.terminal.table import finding_rows, notice
from fl_planner.trials.centre import REACH

STYLES = {"eligible": "bold green", "indeterminate": "yellow", "not_eligible": ""}
FEW = 2  # failures of a trial that are shown one by one


def judged_table(record: Record, *, verbose: bool = False) -> RenderableType:
    """Show a patient's route, pathway and trials; every criterion when asked for."""
    return Group(
        *route_rows(record["route"]),
        *finding_rows(record["findings"], verbose=verbose),
        *_pathway(record["pathway"]),
        *(row for trial in record["trials"] for row in _trial(trial, verbose=verbose)),
        *question_rows(record["route"]["questions"]),
        notice(record["notice"]),
    )


def route_rows(route: Record) -> Iterable[RenderableType]:
    """Show a route: its headline, why, what else there is, what to do."""
    yield Text(say.sentence(route["headline"]), style="bold")
    yield Text(f"route {route['name']} ({route['row']})", style="dim")
    yield from listed("Why this route", route["reasons"])
    others = [f"{other['name']}: {other['why']}" for other in route["alternatives"]]
    yield from listed("What else there is", others)
    yield from listed("Next", route["next_steps"])
    yield Text(f"\n{say.PROPOSAL}\n", style="dim")


def question_rows(questions: list[Record]) -> Iterable[RenderableType]:
    """Show what to find out, who can tell it, and what it settles; most verdicts first."""
    lines = (
        f"{say.question(question)} ({question['asked_of']})"
        + (f": {say.settled(question)}" if question["criteria"] else "")
        for question in questions
    )
    yield from listed("What would settle most", [*lines])


def criteria_table(record: Record) -> RenderableType:
    """Show the criteria of one trial."""
    (trial,) = record["trials"]
    rows: list[RenderableType] = [Text(f"{trial['name']} ({trial['id']})", style="bold")]
    rows += [Padding(Text(say.sentence(note)), (0, 0, 0, 2)) for note in trial["notes"]]
    for criterion in record["criteria"]:
        rows.append(_hanging(f"{criterion['id']:5} ", Text(criterion["says"])))
        rows += _marks(criterion)
    return Group(*rows)


def listed(heading: str, sentences: list[str]) -> Iterable[RenderableType]:
    """Show sentences under a heading; nothing where there are none."""
    if sentences:
        yield Text(f"\n{heading}", style="bold")
    for sentence in sentences:
        yield _hanging("- ", Text(sentence), indent=2)


def _pathway(pathway: Record) -> Iterable[RenderableType]:
    name = f"{pathway['name']} ({pathway['row']}{say.borderline(pathway['borderline'])})"
    yield Text.assemble(
        "By volume alone: ", say.sentence(pathway["headline"]), (f"  {name}", "dim")
    )


def _trial(trial: Record, *, verbose: bool) -> Iterable[RenderableType]:
    """Show a verdict, and what decides it: failures where they are few, else what is missing."""
    failed, unknown = trial["failed"], trial["unknown"]
    reach = f", {REACH[trial['reach']]}" if "reach" in trial else ""
    many = f": {', '.join(failed)}" if len(failed) > FEW else ""
    yield Text.assemble(
        "\n",
        (f"{trial['name']} ({trial['id']})", "bold"),
        ": ",
        (trial["verdict_shown"], STYLES[trial["verdict"]]),
        f"{many}{reach}{_missing(trial)}",
    )
    shown = unknown if not failed else () if many else failed
    for criterion in trial["criteria"]:
        if verbose or criterion["id"] in shown:
            yield from _criterion(criterion)


def _missing(trial: Record) -> str:
    number = len(trial["unknown"])
    if not number:
        return ""
    person = "from a person" if trial["only_human_open"] else "missing"
    return f"; {number} answer{'' if number == 1 else 's'} {person}"


def _criterion(criterion: Record) -> Iterable[RenderableType]:
    """Show one answer: what is asked, what is known, how far, whether it may change."""
    kind = "" if criterion["kind"] == "inclusion" else "exclusion "
    said = Text.assemble(
        (f"{kind}{say.ANSWERS[criterion['answer']]}", "bold"), f": {criterion['says']}"
    )
    yield _hanging(f"{criterion['id']:5} ", said, indent=2)
    rests = [criterion.get("evidence"), criterion.get("distance")]
    if "crossing_chance" in criterion:
        rests.append(
            f"chance of another reading crossing it {say.crossing(criterion['crossing_chance'])}"
        )
    rests.append(
        f"asked of: {criterion['asked_of']}"
        if criterion["answer"] == "unknown"
        else say.CHANGES[criterion["changes"]]
    )
    if "holds_days" in criterion:
        rests.append(f"holds for {criterion['holds_days']:g} days")
    line = "; ".join(part for part in rests if part)
    yield Padding(Text(line, style="dim"), (0, 0, 0, 8))
    yield from _marks(criterion)


def _marks(criterion: Record) -> Iterable[RenderableType]:
    """Show the reading that was chosen, and what to know of a criterion."""
    for mark in ("reading", "note"):
        if mark in criterion:
            yield Padding(Text(f"{mark}: {criterion[mark]}", style="dim italic"), (0, 0, 0, 8))


def _hanging(start: str, text: Text, indent: int = 0) -> RenderableType:
    """Put text behind its start, and its further lines under its first."""
    grid = Table.grid(padding=0)
    grid.add_column(width=len(start), no_wrap=True)
    grid.add_column(ratio=1)
    grid.add_row(start, text)
    return Padding(grid, (0, 0, 0, indent))
