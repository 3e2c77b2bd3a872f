"""The trials in a report: every criterion, what is missing, and misses by little."""

from __future__ import annotations

from collections.abc import Iterator

from fl_planner.basis.shown import as_number
from fl_planner.record.base import Record
from fl_planner.record.plan import PlanRecord
from fl_planner.report import words as say
from fl_planner.report.page.blocks import Block, RowTable, Sentences
from fl_planner.trials.centre import REACH

FEW = 2  # criteria that a trial is lost by, and is called near
HEAD = ("Criterion", "Answer", "What it asks", "What is known", "Asked of; may it change")


def trial_blocks(record: PlanRecord) -> Iterator[Block]:
    """Tell verdicts, near misses, what to find out, and each trial by criterion."""
    yield RowTable(
        "Verdicts",
        ("Trial", "Registry", "Verdict", "Here", "Fails", "Not answered"),
        tuple(_verdict(trial) for trial in record.trials),
    )
    yield Sentences("Near misses", tuple(_near(record)))
    yield Sentences("What would settle most", tuple(_questions(record)))
    for trial in record.trials:
        rows = tuple(_criterion(one) for one in trial["criteria"])
        beside = (*map(say.sentence, trial["notes"]), f"Source: {trial['source']}.")
        yield RowTable(
            f"{trial['name']} ({trial['id']}): {trial['verdict_shown']}", HEAD, rows, beside
        )


def _verdict(trial: Record) -> tuple[str, ...]:
    return (
        trial["name"],
        trial["id"],
        trial["verdict_shown"],
        REACH.get(trial.get("reach", ""), "not checked"),
        say.numbered(trial["failed"]),
        say.numbered(trial["unknown"]),
    )


def _near(record: PlanRecord) -> Iterator[str]:
    """Tell trials that are lost by one or two criteria, and whether these may change."""
    for trial in record.trials:
        if not 0 < len(trial["failed"]) <= FEW:
            continue
        for one in trial["criteria"]:
            if one["id"] in trial["failed"]:
                parts = (one.get("evidence"), one.get("distance"), say.CHANGES[one["changes"]])
                known = "; ".join(part for part in parts if part)
                yield f"{trial['name']} {one['id']}: {one['says']} ({known})"


def _questions(record: PlanRecord) -> Iterator[str]:
    for question in record.route["questions"]:
        settles, key = say.settled(question), question.get("key")
        what = say.WHICH_READING if key is None else say.asked(key)
        yield f"{what} (ask: {question['asked_of']})" + (f": {settles}" if settles else "")


def _criterion(one: Record) -> tuple[str, ...]:
    kind = "exclusion: " if one["kind"] == "exclusion" else ""
    known = [one.get("evidence"), one.get("distance")]
    if "crossing_chance" in one:
        known.append(
            f"chance that another reading crosses it: {say.chance(one['crossing_chance'])}"
        )
    marks = [f"{mark}: {one[mark]}" for mark in ("reading", "note") if mark in one]
    holds = f"; holds for {as_number(one['holds_days'], (), 0)} days" if "holds_days" in one else ""
    return (
        one["id"],
        f"{kind}{say.ANSWERS[one['answer']]}",
        ". ".join([one["says"], *map(say.sentence, marks)]),
        "; ".join(part for part in known if part),
        f"{one['asked_of']}; {say.CHANGES[one['changes']]}{holds}",
    )
