"""What every picture file bears, so that none goes its way without its case and its doubts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fl_planner.basis.glossary import LOOK_FIRST, TYPED_HERE
from fl_planner.basis.version import __version__
from fl_planner.record.head import RESEARCH_USE
from fl_planner.record.withdrawal_words import mark, warn
from fl_planner.report.findings import gather_alike
from fl_planner.report.picture.draw.font import Font, wrap
from fl_planner.report.vessel_words import kept
from fl_planner.report.words import clearing, joined, share

if TYPE_CHECKING:
    from fl_planner.record.head import FindingRecord
    from fl_planner.record.plan import PlanRecord
    from fl_planner.report.picture.draw.sheet import Sheet

RESEARCH = f"{RESEARCH_USE}. fl_planner {__version__}".capitalize()
NOTHING = "No error and no warning."
NAME, QUIET = Font(9.0, True), Font(8.0, colour="#4a4a4a")
LOUD = Font(8.5, True, "#a00020")
GAP_PX = 8


@dataclass(frozen=True, slots=True)
class Stamp:
    """Case and plan, FLR, and what must be looked at first, in words.

    - `case`: the user's own names for the case and the plan.
    - `flr`: the remnant, what of it keeps inflow and outflow, and what is left after clearing
      lesions that stay in it; or why it is not told.
    - `first`: the gravest finding, or that there is none.
    """

    case: str
    flr: str
    first: str = NOTHING

    def put(self, sheet: Sheet, width: float) -> float:
        """Write it above all else; give where the next thing goes."""
        y = sheet.put(wrap(f"{self.case} · {self.flr}", NAME, width), 0, 0, NAME)
        font = QUIET if self.first == NOTHING else LOUD
        y = sheet.put(wrap(self.first, font, width), 0, y, font)
        return sheet.put(wrap(RESEARCH, QUIET, width), 0, y, QUIET) + GAP_PX


def as_stamp(record: PlanRecord) -> Stamp:
    """Tell what a picture of a plan bears."""
    case, typed = record.case, record.judged.typed_flr
    told = share(record, "flr"), kept(record), clearing(record.clearing, record)
    flr = joined(*told, mark(record, "flr"))
    if typed is not None:
        flr = f"{typed.shown} of the non-tumorous liver, {TYPED_HERE}"
    first = warn(record) or say_first(record.findings)
    return Stamp(name_case(case.id, case.plan.name), f"FLR {flr}", first)


def name_case(case: str | None, plan: str | None) -> str:
    """Name a case and its plan, or say that they have no name.

    Examples
    --------
    >>> name_case("case-001", None)
    'case-001 · plan without a name'
    """
    return f"{case or 'case without an id'} · {plan or 'plan without a name'}"


def say_first(findings: Iterable[FindingRecord]) -> str:
    """Say the gravest finding, and how many more there are; mere information is left out."""
    grave = [one for one in gather_alike(findings) if one.severity != "info"]
    if not grave:
        return NOTHING
    first, more = grave[0], len(grave) - 1
    seen = f" (accepted by {first.accepted.by}: {first.accepted.why})" if first.accepted else ""
    others = f" And {more} more." if more else ""
    return f"{LOOK_FIRST}: {first.severity}: {first.message}{seen}.{others}"
