"""An entered FLR on the page: as a percentage, or as a volume of the measured liver."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from fl_planner.basis.shown import as_chance, as_ml, as_plain
from fl_planner.liver.scatter.crossing_chance import default_scatter
from fl_planner.planning.assessment.near_limits import FLR
from fl_planner.report import words as phrases
from fl_planner.trials.convert import FLR_VOLUME, format_entered
from fl_planner.web.dossier.limit_lines import ShownLimit

if TYPE_CHECKING:
    from fl_planner.planning.assessment.near_limits import EnteredLimit
    from fl_planner.web.dossier.planned import PlannedCase

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
    scatter = _state_scatter() if of_flr else ""
    return ShownEnteredFlr(
        percent, as_ml(float(volume_ml)), tuple(map(_word_limit, of_flr)), scatter
    )


def _word_limit(one: EnteredLimit) -> ShownLimit:
    """Word a limit of an entered volume as that of a measured one."""
    says = phrases.place_against(one.answer, one.distance_ml)
    percent, chance = float(100 * one.limit.value), as_chance(one.crossing_chance)
    return ShownLimit(one.name, percent, one.answer, says, chance, one.is_borderline, one.source)


def _state_scatter() -> str:
    """State the variation of an entered volume, and that of a draft from segments."""
    drawn, segments = (
        f"{as_plain(100 * default_scatter(origin).cv_remnant)} %"
        for origin in ("drawn", "segments")
    )
    return (
        "The crossing chance of an entered volume assumes the variation between readers for a "
        f"hand-drawn remnant ({drawn}). For a remnant of whole segments, this variation is "
        f"{segments}."
    )
