"""What became of a patient and a trial, as a person says: added to the log, never changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.version import __version__
from fl_planner.report.record import Record, given
from fl_planner.screening.entry import Entry
from fl_planner.screening.log import find_broken
from fl_planner.trials.criterion import Trial

APPROACHED, DECLINED, CONSENTED = "approached", "declined", "consented"
SCREEN_FAILURE = "screen_failure"
OUTCOMES = (APPROACHED, DECLINED, CONSENTED, SCREEN_FAILURE)
SCHEMA = "fl-planner/outcome/1"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one patient and one trial; `criterion` is why screening failed."""

    case: str
    trial: str
    became: str
    criterion: str | None = None


def make_outcome(
    case: str, trial: str, became: str, criterion: str | None, trials: Iterable[Trial]
) -> Outcome:
    """Make an outcome of words that a person typed.

    Raises
    ------
    InputRefused
        `outcome.case`, `trial.unknown`, `outcome.criterion`, each saying what would be right.
    """
    known = {one.id: one for one in trials}
    if not case.strip():
        raise InputRefused("outcome.case", "case", "is empty", "give the patient's pseudonym")
    if trial not in known:
        remedy = f"give one of {', '.join(known)}"
        raise InputRefused("trial.unknown", trial, "no such trial here", remedy)
    ids = [one.id for one in known[trial].criteria]
    if (became == SCREEN_FAILURE) is (criterion is None):
        reason = "a failed screening names its criterion, and no other outcome does"
        raise InputRefused("outcome.criterion", became, reason, f"give one of {', '.join(ids)}")
    if criterion is not None and criterion not in ids:
        reason = f"no such criterion in {known[trial].name}"
        raise InputRefused("outcome.criterion", criterion, reason, f"give one of {', '.join(ids)}")
    return Outcome(case, trial, became, criterion)


def as_outcome(outcome: Outcome) -> Record:
    """Tell an outcome, as it is logged."""
    return {
        "schema": SCHEMA,
        "version": __version__,
        "status": "ok",
        "refusal": None,
        "id": outcome.case,
        "outcome": {
            "trial": outcome.trial,
            "became": outcome.became,
            **given(criterion=outcome.criterion),
        },
    }


def find_outcomes(entries: tuple[Entry, ...], name: str) -> tuple[Outcome, ...]:
    """Find the outcomes in a log, in their order.

    Raises
    ------
    InputRefused
        `log.entry_changed` where an entry is not what was logged: nobody could trust the counts.
    """
    broken = sorted(find_broken(entries))
    if broken:
        reason = f"entry {broken[0]} is not what was logged: its hashes do not hold"
        remedy = "compare the log with a backup of it"
        raise InputRefused("log.entry_changed", name, reason, remedy)
    return tuple(
        _as_noun(entry.told, entry.case_id or "") for entry in entries if entry.schema == SCHEMA
    )


def _as_noun(record: Mapping[str, Record], case: str) -> Outcome:
    told = record["outcome"]
    return Outcome(case, told["trial"], told["became"], told.get("criterion"))
