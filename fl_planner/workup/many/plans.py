"""Many case files, planned one after the other: one that is refused stops none of the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.run.bounds import within_bounds
from fl_planner.basis.run.ledger import find_ledger
from fl_planner.basis.steps import each_counted
from fl_planner.export.plan_row import find_own
from fl_planner.export.release import require_trusted
from fl_planner.formats.stored.text import read_text
from fl_planner.intake.documents.protocols import read_grounds, read_trials
from fl_planner.intake.patients.case_outline import find_id
from fl_planner.record.head import Profile
from fl_planner.record.plan import PlanRecord, as_plan_record
from fl_planner.workup.growth import name_cases
from fl_planner.workup.plan import make_plan
from fl_planner.workup.request import read_request

if TYPE_CHECKING:
    from fl_planner.intake.request.request import Request
    from fl_planner.planning.plan import Plan

ID_TWICE = "is the id of another of these cases too: one row would replace the other"


@dataclass(frozen=True, slots=True)
class ForAll:
    """What is said of all cases alike; of each by itself its case file speaks."""

    as_of: date | None = None
    centre: Path | None = None
    trials: Path | None = None
    size_limit: int = 1
    profile: Profile = "shareable"


def list_own(trials: Path | None) -> list[str]:
    """List the ids of a hospital's trials, which a folder holds."""
    return find_own(trial.id for trial in read_trials(trials)[0])


def plan_each(
    cases: Sequence[Path], said: ForAll
) -> Iterator[tuple[Plan, PlanRecord] | InputRefused]:
    """Plan case after case; of one that is refused give the refusal, which names the case.

    A plan whose numbers are not to be used is refused: a data base keeps the numbers, and not what
    was found. So is each of several cases of one id.

    Raises `InputRefused`: what is wrong with the trials or the centre file, before any case.
    """
    read_grounds(said.trials, said.centre, said.as_of)
    ids = [_find_id(case) for case in cases]
    require_all_apart(cases)
    times = Counter(ids)
    named = [*zip(cases, name_cases(cases), ids, strict=True)]
    for case, name, id_ in each_counted(named, "case"):
        try:
            if id_ is not None and times[id_] > 1:
                remedy = "give each case an id of its own"
                raise InputRefused("screen.id_twice", id_, ID_TWICE, remedy)
            yield within_bounds(case.name, partial(_plan_one, case, said))
        except InputRefused as wrong:
            own = wrong.source == case.name
            yield wrong.within(name if own else f"{wrong.source} of {name}")


def require_all_apart(cases: Sequence[Path]) -> None:
    """Refuse outputs over a file of any case, before the first is planned.

    Raises `InputRefused`: `output.is_input`.
    """
    ledger = find_ledger()
    if ledger is None or not ledger.has_outputs:
        return
    for case in cases:
        with suppress(InputRefused):  # its plan will tell, and the ledger keeps a conflict
            read_request(case)
    ledger.require_no_conflict()


def _find_id(case: Path) -> str | None:
    """Find the id of a case; None also where the file cannot be read, as its plan will tell."""
    try:
        return find_id(read_text(case, "case.unreadable", "a case file")[0])
    except InputRefused:
        return None


def _plan_one(case: Path, said: ForAll) -> tuple[Plan, PlanRecord]:
    request = read_request(case, as_of=said.as_of, centre=said.centre, size_limit=said.size_limit)
    return plan_trusted(request, said, case.name)


def plan_trusted(request: Request, said: ForAll, name: str) -> tuple[Plan, PlanRecord]:
    """Plan a case into a table; `name` is what the refusal of a doubtful one calls it.

    Raises `InputRefused`: as `make_plan`, and `output.doubtful`.
    """
    made = make_plan(request, said.trials)
    record = as_plan_record(made, said.profile)
    require_trusted(record, name)
    return made, record
