"""What would change a pathway: another reading, more remnant, an answer that is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import TYPE_CHECKING

from fl_planner.basis.shown import as_ml, as_number, as_plain
from fl_planner.planning.assessment.thresholds import AFTER_CLEARING, FLR, Threshold
from fl_planner.planning.pathway.open_facts import TurningAnswer
from fl_planner.planning.pathway.states import Protocols
from fl_planner.planning.pathway.table import PathwayRow
from fl_planner.planning.pathway.words import say_row
from fl_planner.trials.facts.facts import FACTS, FactKind

if TYPE_CHECKING:  # loaded where an FLR was typed
    from fl_planner.planning.assessment.typed_limits import TypedLimit

Side = tuple["Threshold | TypedLimit", PathwayRow]
Name = Callable[[PathwayRow], str]
_PARTS = {FLR: "remnant", AFTER_CLEARING: "remnant after clearing"}  # others are untreated liver
_SPOKEN = {
    "flr_fraction": "the FLR's share of the non-tumorous liver",
    "untreated_nontumorous_fraction": "the share of liver outside the area to be treated",
    "flr_function_pct_per_min_per_m2": "the FLR's function",
    "lung_dose_gy_at_150gy_tumour": "the lung dose",
    AFTER_CLEARING: "the FLR after clearing",
    "lesions_in_remnant_count": "the number of lesions left in the remnant",
    "prior_pve_hve": "an embolisation (PVE, HVE or both) before this scan",
    "lesion_count": "the number of liver lesions",
    "largest_lesion_cm": "the largest liver lesion's diameter",
    "extrahepatic_status": "whether there is disease outside the liver",
}


def say_changes(
    sides: tuple[Side, ...], turns: tuple[TurningAnswer, ...], protocols: Protocols
) -> tuple[str, ...]:
    """Say what would lead to another pathway, and to which.

    - `sides`: thresholds that the pathway turns on, each with the row on its other side.
    - `turns`: answers to open facts, each with the row that it leads to.
    - `protocols`: by which rows name their trials.
    """

    def name(row: PathwayRow) -> str:
        return say_row(row, protocols)

    return (*_other_readings(sides, name), *_distances(sides, name), *_answers(turns, name))


def _other_readings(sides: Iterable[Side], name: Name) -> Iterator[str]:
    for threshold, row in sides:
        if not isinstance(threshold, Threshold):
            if threshold.is_borderline:
                yield f"The typed FLR is {threshold.distance}; on the other side: {name(row)}."
        elif threshold.is_borderline:
            chance = as_number(100 * threshold.crossing_chance, (), 0)
            after = " after clearing" if threshold.limit.fact == AFTER_CLEARING else ""
            yield (
                f"Borderline: another reading would fall on the other side of {_percent(threshold)}"
                f"{after} with a chance of {chance} %, then: {name(row)}."
            )


def _distances(sides: Iterable[Side], name: Name) -> Iterator[str]:
    for threshold, row in sides:
        if not isinstance(threshold, Threshold):
            continue  # a percentage alone has no mL
        part = _PARTS.get(threshold.limit.fact, "untreated liver")
        ml, limit = as_ml(abs(threshold.distance_ml)), _percent(threshold)
        yield {
            "below": f"With {ml} more, the {part} would reach {limit}: {name(row)}.",
            "at": f"With any less, the {part} would fall below {limit}: {name(row)}.",
            "above": f"With over {ml} less, the {part} would fall below {limit}: {name(row)}.",
        }[threshold.answer]


def _answers(turns: Iterable[TurningAnswer], name: Name) -> Iterator[str]:
    for fact, tried in groupby(turns, key=lambda turn: turn.fact):
        known, rows = FACTS[fact], {turn.answer: turn.row for turn in tried}
        meaning = _SPOKEN.get(fact, known.meaning)
        asked = meaning[0].upper() + meaning[1:]
        if known.kind is FactKind.YES_NO:
            yield f"{asked}: if yes, {name(rows[True])}; if no, {name(rows[False])}."
        else:
            names = dict.fromkeys(name(row) for row in rows.values())
            yield f"{asked} is not known; depending on it: {'; or '.join(names)}."


def _percent(threshold: Threshold) -> str:
    return f"{as_plain(100 * threshold.limit.value)} %"
