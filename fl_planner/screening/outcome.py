"""What became of a patient and a trial, as a person says: added to the log, never changed.

What was recorded wrongly is taken back by a further entry, which names the first one; both stay,
and the chain of hashes goes over both.
"""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from msgspec.structs import replace

from fl_planner.basis.errors import InputRefused
from fl_planner.intake.documents.bundled_trials import in_order, read_bundled_trials
from fl_planner.intake.documents.protocols import read_trials
from fl_planner.record.declaration.part import as_part
from fl_planner.record.over_time.outcome import (
    OUTCOME,
    WITHDRAWAL,
    OutcomeRecord,
    RecordedOutcomeRecord,
    WithdrawalRecord,
    WithdrawnOutcomeRecord,
)
from fl_planner.screening.entry import Entry
from fl_planner.screening.log import read_log, require_whole
from fl_planner.trials.criterion import Trial
from fl_planner.trials.outcomes import (
    BEGUN,
    CONSENTED,
    SCREEN_FAILURE,
    WITH_ARM,
    OutcomeCounts,
    TrialStep,
    require_step,
    say_state,
    settle,
    tally,
)
from fl_planner.trials.trial_names import find_trial


def make_outcome(
    case: str, told: OutcomeRecord, log: Path, trials: Path | None = None
) -> RecordedOutcomeRecord:
    """Make an outcome of words that a person typed.

    - `told`: of a trial as people call it.
    - `log`: where it is to be recorded; what stands there of the patient must lead to it.
    - `trials`: a folder of further trials.

    Raises `InputRefused`: `outcome.case`, `trial.unknown`, `outcome.criterion`, `outcome.arm`,
    `outcome.step`, each saying what would be right, and as `find_outcomes`.
    """
    known, _ = read_trials(trials)
    if not case.strip():
        raise InputRefused("outcome.case", "case", "is empty", "give the patient's pseudonym")
    meant = find_trial(told.trial, known)
    _check_words(told, meant)
    before = find_outcomes(read_log(log), log.name).get(case, []) if log.exists() else []
    states = [one.became for one in before if one.trial == meant.id]
    if {told.became, *states} & {*BEGUN}:  # before that, words may be changed by later ones
        require_step(meant, settle(states), told.became, case)
    return RecordedOutcomeRecord(refusal=None, id=case, outcome=replace(told, trial=meant.id))


def _check_words(told: OutcomeRecord, trial: Trial) -> None:
    """Refuse a criterion or an arm where none belongs, and an unknown criterion."""
    ids = [one.id for one in trial.criteria]
    if (told.became == SCREEN_FAILURE) is (told.criterion is None):
        reason = "a failed screening names its criterion, and no other outcome does"
        remedy = f"give one of {', '.join(ids)}"
        raise InputRefused("outcome.criterion", told.became, reason, remedy)
    if told.criterion is not None and told.criterion not in ids:
        reason = f"no such criterion in {trial.name}"
        remedy = f"give one of {', '.join(ids)}"
        raise InputRefused("outcome.criterion", told.criterion, reason, remedy)
    if told.arm is not None and (told.became not in WITH_ARM or not told.arm.strip()):
        reason = f"an arm is told with {' or '.join(WITH_ARM)}"
        raise InputRefused("outcome.arm", told.became, reason, "leave --arm out")


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
    _require_nothing_rests(entry, recorded, entries, name)
    taken_back = as_part(WithdrawnOutcomeRecord, recorded, entry=number)
    return WithdrawalRecord(refusal=None, id=case, withdraws=taken_back)


def _require_nothing_rests(
    entry: Entry, recorded: OutcomeRecord, entries: tuple[Entry, ...], name: str
) -> None:
    """Refuse to take back a state on which a later one rests, that would stand alone then."""
    gone = find_withdrawn(entries)
    for later in entries[entry.sequence :]:
        told = later.told.outcome
        if later.case_id != entry.case_id or told is None or later.sequence in gone:
            continue
        rests = told.trial == recorded.trial and told.became in BEGUN
        if rests and recorded.became in (CONSENTED, *BEGUN):
            reason = f"entry {later.sequence}, {say_state(told.became)}, rests on it"
            raise InputRefused("outcome.rests_on_it", name, reason, "take that one back first")


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


def count_by_trial(outcomes: Iterable[list[OutcomeRecord]]) -> list[tuple[str, OutcomeCounts]]:
    """Count patients by trial, of each what was recorded; a hospital's own trials come last."""
    by_trial: dict[str, list[list[TrialStep]]] = defaultdict(list)
    for number, told in enumerate(outcomes):
        for trial in dict.fromkeys(one.trial for one in told):
            mine = [one for one in told if one.trial == trial]
            by_trial[trial].append([TrialStep(str(number), one.became, one.arm) for one in mine])
    randomised = {one.id: one.randomised for one in read_bundled_trials()}
    return [
        (trial, tally(randomised.get(trial, "where_told"), by_trial[trial]))
        for trial in in_order(by_trial)
    ]
