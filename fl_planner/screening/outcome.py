"""What became of a patient and a trial, as a person says: added to the log, never changed.

What was recorded wrongly is taken back by a further entry, which names the first one; both stay,
and the chain of hashes goes over both.
"""

from collections.abc import Iterable
from pathlib import Path

from fl_planner.basis.errors import InputRefused
from fl_planner.intake.documents.protocols import read_trials
from fl_planner.record.declaration.part import as_part
from fl_planner.record.over_time.outcome import (
    OUTCOME,
    SCREEN_FAILURE,
    WITHDRAWAL,
    OutcomeRecord,
    RecordedOutcomeRecord,
    WithdrawalRecord,
    WithdrawnOutcomeRecord,
)
from fl_planner.screening.entry import Entry
from fl_planner.screening.log import require_whole
from fl_planner.trials.trial_names import find_trial


def make_outcome(
    case: str, trial: str, became: str, criterion: str | None, trials: Path | None = None
) -> RecordedOutcomeRecord:
    """Make an outcome of words that a person typed; `trials` is a folder of further trials.

    Raises `InputRefused`: `outcome.case`, `trial.unknown`, `outcome.criterion`, each saying what
    would be right.
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
    told = OutcomeRecord(trial=meant.id, became=became, criterion=criterion)
    return RecordedOutcomeRecord(refusal=None, id=case, outcome=told)


def make_withdrawal(
    case: str, number: int, entries: tuple[Entry, ...], name: str
) -> WithdrawalRecord:
    """Make a withdrawal of what entry `number` of a log recorded of a patient.

    Raises `InputRefused`: `log.entry_changed`, `log.no_entry`; `outcome.no_outcome`,
    `outcome.other_case` and `outcome.withdrawn_already`, each saying what the entry is.
    """
    require_whole(entries, name)
    entry = next((one for one in entries if one.sequence == number), None)
    listing = "list the log to see its entries: fl-planner log"
    if entry is None:
        raise InputRefused("log.no_entry", name, f"has no entry {number}", listing)
    recorded = entry.told.outcome
    if entry.schema != OUTCOME or recorded is None:
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
    taken_back = as_part(WithdrawnOutcomeRecord, recorded, entry=number)
    return WithdrawalRecord(refusal=None, id=case, withdraws=taken_back)


def find_withdrawn(entries: Iterable[Entry]) -> dict[int, int]:
    """Find which entries were taken back, and the number of the entry that first did so."""
    found: dict[int, int] = {}
    for entry in entries:
        if entry.schema == WITHDRAWAL and (taken_back := entry.told.withdraws):
            found.setdefault(taken_back.entry, entry.sequence)
    return found


def find_outcomes(entries: tuple[Entry, ...], name: str) -> dict[str, list[OutcomeRecord]]:
    """Find the outcomes in a log that were not taken back, by patient, in their order.

    Raises `InputRefused`: `log.entry_changed` where an entry is not what was logged: nobody could
    trust the counts.
    """
    require_whole(entries, name)
    withdrawn = find_withdrawn(entries)
    found: dict[str, list[OutcomeRecord]] = {}
    for entry in entries:
        if entry.schema != OUTCOME or entry.sequence in withdrawn:
            continue
        if outcome := entry.told.outcome:
            found.setdefault(entry.case_id or "", []).append(outcome)
    return found
