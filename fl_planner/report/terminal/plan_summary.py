"""A plan on one screen: what to look at first, the answer, and what it rests on in short."""

from collections.abc import Iterable

from rich.console import Group, RenderableType
from rich.text import Text

from fl_planner.basis.glossary import QUESTIONS
from fl_planner.basis.shown import as_ml
from fl_planner.planning.route.words import join_words
from fl_planner.record.plan import PlanRecord
from fl_planner.record.trials.judgement import JudgementKeys
from fl_planner.record.volumes import VolumeKeys
from fl_planner.record.withdrawal_words import mark
from fl_planner.report import words as say
from fl_planner.report.exclusions import say_excluded
from fl_planner.report.questions import MOST, list_questions, say_question
from fl_planner.report.terminal.anatomy import (
    baseline_rows,
    lesion_rows,
    plan_rows,
    resection_rows,
)
from fl_planner.report.terminal.context import context_rows
from fl_planner.report.terminal.plan_parts import answer_rows, case_row, limit_rows
from fl_planner.report.terminal.table import (
    STYLES,
    all_by,
    finding_rows,
    inset,
    notice,
    share_rows,
    with_rest,
)
from fl_planner.report.terminal.vessels import supplied_rows

MOST_FINDINGS, MOST_NAMED = 6, 3
GIVEN = "as given"
DOUBT = " (do not use it)"


def summary(record: PlanRecord) -> RenderableType:
    """Show a plan on one screen."""
    return Group(
        *case_row(record),
        *finding_rows(record.findings, most=MOST_FINDINGS),
        *answer_rows(record),
        *_trials(record.judged),
        *question_rows(record.judged),
        *_volumes(record),
        *supplied_rows(record),
        *plan_rows(record),
        *lesion_rows(record, record.clearing, brief=True),
        *baseline_rows(record.tumour),
        *resection_rows(record, brief=True),
        *limit_rows(record),
        *_stated(record),
        *(() if record.context is None else context_rows(record.context, verbose=False)),
        notice(with_rest(record.notice)),
    )


def question_rows(judged: JudgementKeys) -> Iterable[RenderableType]:
    """Show the most informative questions, and how many more there are."""
    every = list_questions(judged)
    more = f", and {len(every) - MOST} more ({all_by()})" if len(every) > MOST else ""
    if every:
        yield Text(f"{QUESTIONS}{more}", style="bold")
    for one in every[:MOST]:
        yield inset(f"- {say_question(one, brief=True)}")


def _volumes(record: PlanRecord) -> Iterable[RenderableType]:
    """Show the volumes on a line, and each share with its interval."""
    volumes = record.volumes
    yield Text(f"\n{_in_words(volumes)}")
    if excluded := say_excluded(volumes.excluded_structures):
        yield inset(excluded, STYLES["info"])
    if reason := mark(record, "volumes"):
        yield Text(reason, style=STYLES["error"])
    intervals = {f"{name}_percent": say.interval(record, name) for name in record.ratios.by_part}
    yield from share_rows(volumes, record, intervals)


def _in_words(volumes: VolumeKeys) -> str:
    ml = volumes.volumes_ml
    told = {"whole liver": ml.liver, "tumour": ml.tumour}
    if ml.tumour is not None:
        told["non-tumorous liver"] = ml.nontumorous_liver
    told["FLR"] = ml.flr
    return say.sentence(
        ", ".join(f"{name} {as_ml(x)}" for name, x in told.items() if x is not None)
    )


def _stated(record: PlanRecord) -> Iterable[RenderableType]:
    """Show function and dose, each on a line: the number, and whether it may be used."""
    function, dose = record.function, record.dose
    told = []
    if function is not None and function.known is not None:
        doubt = DOUBT if function.unusable and function.origin != "given" else ""
        origin = GIVEN if function.origin == "given" else "measured"
        told.append(f"FLR function {function.known} %/min/m2, {origin}{doubt}")
    if dose is not None and dose.shown is not None:
        unusable = dose.computed is not None and not dose.computed.usable
        origin = GIVEN if dose.origin == "given" else f"computed{DOUBT if unusable else ''}"
        told.append(f"Lung dose {dose.shown} Gy at 150 Gy to the tumour, {origin}")
    if told:
        yield Text("\n".join(told))


def _trials(judged: JudgementKeys) -> Iterable[RenderableType]:
    """Show on one line what each trial's answer is: those of one answer together."""
    names: dict[str, list[str]] = {}
    for one in sorted(judged.trials, key=lambda one: not one.applies):
        names.setdefault(one.shown, []).append(one.trial.name)
    first = next(iter(names), None)
    told = (f"{_name(these, first=shown == first)} {shown}" for shown, these in names.items())
    yield Text(f"Trials: {'; '.join(told)}")


def _name(trials: list[str], *, first: bool) -> str:
    """Name trials that are answered alike; of many behind others only how many they are."""
    named = first or len(trials) <= MOST_NAMED
    return join_words(trials) if named else f"{len(trials)} others"
