"""Limits of trials next to a share on the page, and an entered FLR with its limits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from fl_planner.basis.plain_text import join_words
from fl_planner.basis.shown import as_ml, as_plain
from fl_planner.basis.standing_words import mark_applied
from fl_planner.intake.documents.protocols import find_trial_name
from fl_planner.liver.scatter.crossing_chance import as_crossing_chance, default_scatter
from fl_planner.planning.assessment.near_limits import FLR, EnteredLimit, is_larger_error
from fl_planner.report import words as phrases
from fl_planner.trials.convert import FLR_VOLUME, format_entered

if TYPE_CHECKING:
    from fl_planner.liver.scatter.reading_error import ReadingError
    from fl_planner.record.ratios import ThresholdRecord
    from fl_planner.web.dossier.planned import PlannedCase


CLEARED = "clear"  # the part of a share after clearing, in the name of a limit
AFTER = "after clearing"


@dataclass(frozen=True, slots=True)
class ShownLimit:
    """A share against one limit, in words.

    - `name`: stable name, "dragon2.flr_30".
    - `side`, `says`: side of the limit, also with the distance.
    - `chance`: that another reading crosses it; "" if unknown. - `borderline`: whether it is high.
    - `source`: passage in the protocol; "" if not shown.
    """

    name: str
    percent: float
    side: str
    says: str
    chance: str = ""
    borderline: bool = False
    source: str = ""

    @classmethod
    def of(cls, one: ThresholdRecord) -> ShownLimit:
        """Word a limit of a measured share."""
        limit, chance = one.limit_percent, as_crossing_chance(one.crossing_chance)
        says = mark_applied(phrases.against(one), applies=one.applies)
        return cls(one.name, limit, one.answer, says, chance, one.is_close, one.source)

    @property
    def trial(self) -> str:
        """Name of the trial."""
        return find_trial_name(self.name.partition(".")[0])

    @property
    def is_cleared(self) -> bool:
        """Whether it is a limit on the share after clearing."""
        return f".{CLEARED}_" in self.name

    def agrees(self, other: ShownLimit) -> bool:
        """Check whether two shares are on the same side, both or neither of them borderline."""
        return (self.side, self.borderline) == (other.side, other.borderline)

    def describe_chance(self) -> str:
        """Describe the chance of crossing; "" if it is unknown."""
        near = phrases.borderline(self.borderline)
        return f"crossing chance {self.chance}{near}" if self.chance else ""

    def describe(self) -> str:
        """Describe the side, the distance and the chance in one line."""
        return ", ".join(filter(None, (self.says, self.describe_chance())))


def fold_limits(limits: Iterable[ShownLimit]) -> list[dict[str, Any]]:
    """Fold equal limits of several trials, and those after clearing, into one line each.

    - `name`: "30 %". - `trials`, `sources`: of this limit.
    - `says`, `chance`, `line`: of the share itself; `line` also of the share after clearing.
    - `after`: of the share after clearing, if that is on another side of the limit or only one of
      both is borderline; otherwise "".
    """
    every = sorted(limits, key=lambda one: one.percent)
    return [
        _fold([one for one in every if one.percent == percent])
        for percent in dict.fromkeys(one.percent for one in every)
    ]


def _fold(same: list[ShownLimit]) -> dict[str, Any]:
    main = [one for one in same if not one.is_cleared]
    cleared = [one for one in same if one.is_cleared][:1]
    after = [f"{AFTER}: {one.describe()}" for one in cleared]
    lead = main[0] if main else None  # a protocol may limit only the share after clearing
    agrees = [lead is not None and one.agrees(lead) for one in cleared]
    return {
        "name": f"{same[0].percent:g} %",
        "percent": same[0].percent,
        "trials": [*dict.fromkeys(one.trial for one in same)],
        "sources": [*dict.fromkeys(one.source for one in main or same)],
        "says": lead.says if lead else "",
        "chance": lead.chance if lead else "",
        "line": "; ".join([*([lead.describe()] if lead else []), *after]),
        "after": "" if all(agrees) else after[0],
    }


def name_trials(lines: Iterable[dict[str, Any]]) -> str:
    """Name the trials of limits, with the percentages if not all trials have the same.

    Examples
    --------
    >>> lines = [{"name": "30 %", "trials": ["A", "B"]}, {"name": "50 %", "trials": ["B"]}]
    >>> name_trials(lines), name_trials(lines[:1])
    ('Limits: 30 % of A, B; 50 % of B', 'Limits of A, B')
    """
    by_trials = dict[str, list[str]]()
    for one in lines:
        by_trials.setdefault(", ".join(one["trials"]), []).append(one["name"])
    if len(by_trials) < 2:
        return "".join(f"Limits of {trials}" for trials in by_trials)
    parts = (f"{join_words(names)} of {trials}" for trials, names in by_trials.items())
    return f"Limits: {'; '.join(parts)}"


def list_fates(cut: Iterable[int], left: Iterable[int]) -> Iterator[str]:
    """List what a cut does to lesions that it should remove: "crosses L5", "leaves L4".

    Examples
    --------
    >>> [*list_fates([5], [1, 4])]
    ['crosses L5', 'leaves L1, L4']
    """
    for verb, numbers in (("crosses", cut), ("leaves", left)):
        if named := ", ".join(f"L{number}" for number in numbers):
            yield f"{verb} {named}"


ENTERED = "as entered"


@dataclass(frozen=True, slots=True)
class ShownEnteredFlr:
    """An FLR that was entered, and is used because no remnant was measured.

    - `percent`: of the non-tumorous liver, in words. - `ml`: the entered volume; "" for a
      percentage.
    - `scatter`: the variation on which the crossing chance is based; "" without a chance.
    """

    percent: str
    ml: str
    limits: tuple[ShownLimit, ...]
    scatter: str

    @property
    def banner(self) -> str:
        """The FLR in one line: "FLR 477 mL = 31.9 %, as entered"."""
        return f"FLR {f'{self.ml} = ' if self.ml else ''}{self.percent}, {ENTERED}"


def find_entered(case: PlannedCase) -> ShownEnteredFlr | None:
    """Find the entered FLR of a case; None if none is used."""
    judged, typed = case.plan.judged, case.record.judged.typed_flr
    if typed is not None:
        limits = (
            ShownLimit(one.name, one.limit_percent, one.answer, phrases.against_entered(one))
            for one in typed.limits
        )
        return ShownEnteredFlr(typed.shown, "", tuple(limits), "")
    share, volume_ml = judged.facts.get(FLR), judged.facts.get(FLR_VOLUME)
    drawn = case.record.volumes.volumes_ml.flr is not None
    if drawn or not isinstance(share, Fraction) or not isinstance(volume_ml, Fraction):
        return None
    of_flr = [one for one in judged.entered if one.limit.fact == FLR]
    percent = format_entered(share, judged.limits.get(FLR, ()))
    scatter = _state_scatter(case.plan.grounds.reading_error) if of_flr else ""
    return ShownEnteredFlr(
        percent, as_ml(float(volume_ml)), tuple(map(_word_limit, of_flr)), scatter
    )


def _word_limit(one: EnteredLimit) -> ShownLimit:
    """Word a limit of an entered volume as that of a measured one."""
    says = mark_applied(phrases.place_against(one.answer, one.distance_ml), applies=one.applies)
    percent, chance = float(100 * one.limit.value), as_crossing_chance(one.crossing_chance)
    return ShownLimit(one.name, percent, one.answer, says, chance, one.is_close, one.source)


def _state_scatter(error: ReadingError | None) -> str:
    """State the variation of an entered volume, and that of a draft from segments."""
    drawn, segments = (
        f"{as_plain(100 * default_scatter(origin).cv_remnant)} %"
        for origin in ("drawn", "segments")
    )
    of_drawn = f"the variation between readers for a hand-drawn remnant ({drawn})"
    if error is not None and is_larger_error(error):
        of_drawn = (
            f"the reading error of this centre ({as_plain(100 * error.cv)} %), which is larger "
            f"than the published variation for a hand-drawn remnant ({drawn})"
        )
    return (
        f"The crossing chance of an entered volume assumes {of_drawn}. For a remnant of whole "
        f"segments, this variation is {segments}."
    )
