"""Where a trial can be had: what one centre says on it, on one day [trials.md 9.4].

Verdicts and criteria do not change with it; only the headline route does.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.glossary import BY_REFERRAL, CLOSED_HERE, RECRUITING_HERE
from fl_planner.trials.criterion import Trial

Reach = Literal["open", "referral", "closed"]
REACH: dict[Reach, str] = {  # as people read it
    "open": RECRUITING_HERE,
    "referral": BY_REFERRAL,
    "closed": CLOSED_HERE,
}
STALE_DAYS = 90  # between a centre's list and the judging date [trials.md 9.4, project's choice]


@dataclass(frozen=True, slots=True)
class Offer:
    """How one trial is reached from here, through which office, and where."""

    status: Reach
    contact: str | None = None
    where: str | None = None

    def __str__(self) -> str:
        """Say it to a person: "by referral (HPB trial office, regional centre)"."""
        at = ", ".join(part for part in (self.contact, self.where) if part)
        return REACH[self.status] + (f" ({at})" if at else "")


@dataclass(frozen=True, slots=True)
class Centre:
    """One centre's list of trials by id; `as_of` is when it was last checked."""

    name: str
    as_of: date
    offers: Mapping[str, Offer] = field(default_factory=dict)


def find_offer(centre: Centre | None, trial: Trial) -> Offer:
    """Find how a trial is reached: by referral where the list leaves it out.

    Without a centre every trial is taken to be recruiting.
    """
    if centre is None:
        return Offer("open")
    return centre.offers.get(trial.id, Offer("referral"))


def find_centre_doubts(
    centre: Centre | None, trials: Iterable[Trial], as_of: date | None
) -> tuple[Finding, ...]:
    """Find the trials that a centre's list leaves out, and whether the list is old."""
    if centre is None:
        return ()
    left_out = [trial for trial in trials if trial.id not in centre.offers]
    doubts = [
        Finding(
            "centre.trial_not_listed",
            Severity.WARNING,
            f"{trial.name} ({trial.id}) is not on the list of {centre.name}: {BY_REFERRAL}",
        )
        for trial in left_out
    ]
    days = 0 if as_of is None else abs((as_of - centre.as_of).days)
    if days > STALE_DAYS:
        message = (
            f"the list of {centre.name} and the judging date are {days} days apart, more than "
            f"{STALE_DAYS}: what recruits there may have changed"
        )
        doubts.append(Finding("centre.stale", Severity.WARNING, message, None, days, "d"))
    return tuple(doubts)
