"""What became of a patient and a trial, as a person says: added to the log, never changed.

What was recorded wrongly is taken back by a further entry, which names the first one; both stay,
and the chain of hashes goes over both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.version import __version__
from fl_planner.intake.documents.protocols import read_trials
from fl_planner.record.base import Record, given
from fl_planner.screening.entry import Entry
from fl_planner.screening.log import WITHDRAWAL, require_whole
from fl_planner.trials.trial_names import find_trial

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
    case: str, trial: str, became: str, criterion: str | None, trials: Path | None = None
) -> Outcome:
    """Make an outcome of words that a person typed; `trials` is a folder of further trials.

    Raises
    ------
    InputRefused
        `outcome.case`, `trial.unknown`, `outcome.criterion`, each saying what would be right.
    """
    known, _ = read_trials(trials)
    if not case.strip():
        raise InputRefused("outcome.case", "case", "is empty", "give the patient's pseudonym")
    meant = find_trial(trial, known)
    ids = [one.id for one in meant.criteria]
    if (became == SCREEN_FAILURE) is (criterion is None):
        reason = "a failed screening names its criterion, and no other outcome does"
        raise InputRefused("outcome.criterion", became, reason, f"give one of {', '.join(ids)}")
    if criterion is not None and criterion not in ids:
        reason = f"no such criterion in {meant.name}"
        raise InputRefused("outcome.criterion", criterion, reason, f"give one of {', '.join(ids)}")
    return Outcome(case, meant.id, became, criterion)


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


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """An outcome that is taken back, and the number of the entry that recorded it."""

    entry: int
    outcome: Outcome


def make_withdrawal(case: str, number: int, entries: tuple[Entry, ...], name: str) -> Withdrawal:
    """Make a withdrawal of what entry `number` of a log recorded of a patient.

    Raises
    ------
    InputRefused
        `log.entry_changed`, `log.no_entry`; `outcome.no_outcome`, `outcome.other_case` and
        `outcome.withdrawn_already`, each saying what the entry is.
    """
    require_whole(entries, name)
    entry = next((one for one in entries if one.sequence == number), None)
    listing = "list the log to see its entries: fl-planner log"
    if entry is None:
        raise InputRefused("log.no_entry", name, f"has no entry {number}", listing)
    if entry.schema != SCHEMA:
        reason = f"entry {number} is of the command {entry.command}, and records no outcome"
        raise InputRefused("outcome.no_outcome", name, reason, listing)
    if entry.case_id != case:
        reason = f"entry {number} is of another patient"
        raise InputRefused("outcome.other_case", name, reason, listing)
    by = find_withdrawn(entries).get(number)
    if by is not None:
        reason = f"entry {number} was taken back by entry {by}"
        remedy = "record the outcome anew if it holds after all"
        raise InputRefused("outcome.withdrawn_already", name, reason, remedy)
    return Withdrawal(number, _as_noun(entry.told, case))


def as_withdrawal(withdrawal: Withdrawal) -> Record:
    """Tell a withdrawal, as it is logged."""
    told = as_outcome(withdrawal.outcome)
    return {
        **{key: told[key] for key in ("version", "status", "refusal", "id")},
        "schema": WITHDRAWAL,
        "withdraws": {"entry": withdrawal.entry, **told["outcome"]},
    }


def find_withdrawn(entries: Iterable[Entry]) -> dict[int, int]:
    """Find which entries were taken back, and the number of the entry that first did so."""
    found: dict[int, int] = {}
    for entry in entries:
        if entry.schema == WITHDRAWAL:
            found.setdefault(entry.told["withdraws"]["entry"], entry.sequence)
    return found


def find_outcomes(entries: tuple[Entry, ...], name: str) -> tuple[Outcome, ...]:
    """Find the outcomes in a log that were not taken back, in their order.

    Raises
    ------
    InputRefused
        `log.entry_changed` where an entry is not what was logged: nobody could trust the counts.
    """
    require_whole(entries, name)
    withdrawn = find_withdrawn(entries)
    return tuple(
        _as_noun(entry.told, entry.case_id or "")
        for entry in entries
        if entry.schema == SCHEMA and entry.sequence not in withdrawn
    )


def _as_noun(record: Mapping[str, Record], case: str) -> Outcome:
    told = record["outcome"]
    return Outcome(case, told["trial"], told["became"], told.get("criterion"))
