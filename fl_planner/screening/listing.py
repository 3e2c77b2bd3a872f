"""A screening log as a record and as CSV, and recorded outcomes of patients in trials.

An incorrect record is withdrawn by a further entry that names it; both remain, and both are part
of the chain of hashes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from msgspec.structs import replace

from fl_planner.basis.defaults import Profile
from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.plain_text import as_compared, list_alike, list_first
from fl_planner.export.table_writing import Cell, FlatTable
from fl_planner.intake.documents.protocols import in_order, read_bundled_trials, read_trials
from fl_planner.intake.patients.rows import MOST_TWINS, doubt_alike
from fl_planner.record.declaration.part import as_float, as_part
from fl_planner.record.head import as_findings, as_refusal
from fl_planner.record.over_time.log import (
    OUTCOME,
    WITHDRAWAL,
    AnyEntryRecord,
    BrokenEntryRecord,
    ChangedLogRecord,
    EntryRecord,
    LogKeys,
    LogRecord,
    OutcomeCountsRecord,
    OutcomeRecord,
    RecordedOutcomeRecord,
    WithdrawalRecord,
    WithdrawnOutcomeRecord,
)
from fl_planner.record.trials import RuleRecord
from fl_planner.screening.log import Entry, changed, find_changes, read_log, require_whole
from fl_planner.trials.criterion import Trial, find_trial
from fl_planner.trials.patient_steps import (
    BEGUN,
    CONSENTED,
    SCREEN_FAILURE,
    STATES,
    WITH_ARM,
    OutcomeCounts,
    TrialStep,
    name_state,
    require_step,
    settle,
    tally,
)

LISTING = "run fl-planner log to see its entries"


def make_outcome(
    case: str, outcome: OutcomeRecord, log: Path, trials: Path | None
) -> RecordedOutcomeRecord:
    """Return a checked outcome.

    - `outcome`: the outcome, with the trial as named by the user.
    - `log`: log in which it will be recorded; earlier outcomes of the patient must allow it.
    - `trials`: a folder of further trials.

    Raises `InputRefused`: `outcome.case`, `trial.unknown`, `outcome.criterion`, `outcome.arm`,
    `outcome.step`; see also `read_outcomes`.
    """
    known, _ = read_trials(trials)
    if not case.strip():
        raise InputRefused("outcome.case", "case", "is empty", "give the patient's pseudonym")
    meant = find_trial(outcome.trial, known)
    _check_outcome(outcome, meant)
    entries = read_log(log) if log.exists() else ()
    before = read_outcomes(entries, log.name).get(as_compared(case), [])
    states = [past.became for past in before if past.trial == meant.id]
    if {outcome.became, *states} & {*BEGUN}:  # earlier states may be replaced by later ones
        require_step(meant, settle(states), outcome.became, case)
    return RecordedOutcomeRecord(
        refusal=None,
        id=case,
        outcome=replace(outcome, trial=meant.id),
        findings=as_findings(_find_other_ids(case, entries)),
    )


def _check_outcome(outcome: OutcomeRecord, trial: Trial) -> None:
    """Refuse an unknown criterion, and a criterion or an arm unsuitable for the outcome."""
    ids = [criterion.id for criterion in trial.criteria]
    if (outcome.became == SCREEN_FAILURE) is (outcome.criterion is None):
        reason = (
            "a criterion is required for a screen failure, and is not allowed for any other outcome"
        )
        needed = outcome.became == SCREEN_FAILURE
        remedy = f"give one of {', '.join(ids)}" if needed else "omit --criterion"
        raise InputRefused("outcome.criterion", outcome.became, reason, remedy)
    if outcome.criterion is not None and outcome.criterion not in ids:
        reason = f"is not a criterion of {trial.name}"
        remedy = f"give one of {', '.join(ids)}"
        raise InputRefused("outcome.criterion", outcome.criterion, reason, remedy)
    if outcome.arm is None:
        return
    if outcome.became not in WITH_ARM:
        reason = f"an arm can be recorded only with {' or '.join(WITH_ARM)}"
        raise InputRefused("outcome.arm", outcome.became, reason, "omit --arm")
    if not outcome.arm.strip():
        remedy = "give the name of the arm, or omit --arm"
        raise InputRefused("outcome.arm", outcome.became, "the arm is empty", remedy)


def make_withdrawal(
    case: str, number: int, entries: tuple[Entry, ...], name: str
) -> WithdrawalRecord:
    """Return a withdrawal of the outcome in entry `number` of a log.

    Raises `InputRefused`: `log.entry_changed`, `log.no_entry`, `outcome.no_outcome`,
    `outcome.other_case`, `outcome.withdrawn_already`, `outcome.rests_on_it`.
    """
    require_whole(entries, name)
    entry = find_entry(entries, number, name)
    recorded = entry.listed.outcome
    if entry.schema != OUTCOME or recorded is None:
        reason = (
            f"entry {number} was made by the command {entry.command} and does not record an outcome"
        )
        raise InputRefused("outcome.no_outcome", name, reason, LISTING)
    if not _is_of(entry, case):
        reason = f"entry {number} belongs to another patient"
        raise InputRefused("outcome.other_case", name, reason, LISTING)
    if (by := find_withdrawn(entries).get(number)) is not None:
        reason = f"entry {number} has already been withdrawn by entry {by}"
        remedy = "if the outcome is correct, record it again"
        raise InputRefused("outcome.withdrawn_already", name, reason, remedy)
    _require_nothing_rests(entry, recorded, entries, name)
    withdrawn = as_part(WithdrawnOutcomeRecord, recorded, entry=number)
    return WithdrawalRecord(refusal=None, id=case, withdraws=withdrawn)


def _require_nothing_rests(
    entry: Entry, recorded: OutcomeRecord, entries: tuple[Entry, ...], name: str
) -> None:
    """Refuse to withdraw a status that a later one requires."""
    gone = find_withdrawn(entries)
    for later in entries[entry.sequence :]:
        outcome = later.listed.outcome
        if outcome is None or later.sequence in gone or not _is_of(later, entry.case_id):
            continue
        rests = outcome.trial == recorded.trial and outcome.became in BEGUN
        if rests and recorded.became in (CONSENTED, *BEGUN):
            state = name_state(outcome.became)
            reason = f"entry {later.sequence} ({state}) depends on entry {entry.sequence}"
            raise InputRefused(
                "outcome.rests_on_it", name, reason, f"withdraw entry {later.sequence} first"
            )


def find_withdrawn(entries: Iterable[Entry]) -> dict[int, int]:
    """Return the withdrawn entries, with the number of the entry that first withdrew each."""
    found: dict[int, int] = {}
    for entry in entries:
        if entry.schema == WITHDRAWAL and (withdrawn := entry.listed.withdraws):
            found.setdefault(withdrawn.entry, entry.sequence)
    return found


def read_outcomes(entries: tuple[Entry, ...], name: str) -> dict[str, list[OutcomeRecord]]:
    """Return the outcomes of a log that were not withdrawn, by patient, in order.

    The keys are ids as compared: of ids that look the same, only one may be in the list to which
    they are joined.

    Raises `InputRefused`: `log.entry_changed`, because counts of a changed log are not reliable.
    """
    require_whole(entries, name)
    withdrawn = find_withdrawn(entries)
    found: dict[str, list[OutcomeRecord]] = {}
    for entry in entries:
        if entry.schema != OUTCOME or entry.sequence in withdrawn:
            continue
        if outcome := entry.listed.outcome:
            found.setdefault(as_compared(entry.case_id or ""), []).append(outcome)
    return found


def _is_of(entry: Entry, case: str | None) -> bool:
    return as_compared(entry.case_id or "") == as_compared(case or "")


def count_by_trial(outcomes: Iterable[list[OutcomeRecord]]) -> list[tuple[str, OutcomeCounts]]:
    """Count patients by trial and outcome; a hospital's own trials come last."""
    by_trial: dict[str, list[list[TrialStep]]] = defaultdict(list)
    for number, of_patient in enumerate(outcomes):
        for trial in dict.fromkeys(outcome.trial for outcome in of_patient):
            mine = [outcome for outcome in of_patient if outcome.trial == trial]
            by_trial[trial].append([TrialStep(str(number), o.became, o.arm) for o in mine])
    randomised = {trial.id: trial.randomised for trial in read_bundled_trials()}
    return [
        (trial, tally(randomised.get(trial, "where_told"), by_trial[trial]))
        for trial in in_order(by_trial)
    ]


COLUMNS = (  # then one for each trial's verdict
    "record_id", "sequence", "day", "command", "schema", "version", "sha256", "flr_pct",
    "denominator", "pathway", "route", "outcome", "outcome_trial", "outcome_criterion",
    "outcome_arm", "withdraws", "withdrawn_by",
)  # fmt: skip
LAST_COLUMNS = ("findings_codes", "inputs_sha256", "rules_sha256", "chain", "intact")
SAME = (  # columns that are keys of an entry
    "sequence", "day", "command", "schema", "version", "sha256", "denominator", "pathway", "route",
    "withdrawn_by", "chain", "intact",
)  # fmt: skip


def as_log(
    entries: tuple[Entry, ...], *, name: str, case_id: str | None, profile: Profile
) -> LogRecord | ChangedLogRecord:
    """Return the record of a log, or of one case; the integrity of all entries is checked.

    Each entry has the days since the first, if that is intact; `clinical` adds the times.
    """
    broken = find_changes(entries)
    first = entries[0] if entries and entries[0].sequence not in broken else None
    whole = [entry for entry in entries if entry.sequence not in broken]
    withdrawn = find_withdrawn(whole)
    chosen = [entry for entry in entries if case_id is None or _is_of(entry, case_id)]
    keys = LogKeys(
        intact=not broken,
        head=entries[-1].chain,
        entries=tuple(
            BrokenEntryRecord(sequence=entry.sequence)
            if entry.sequence in broken
            else _as_entry_record(entry, first, profile, withdrawn)
            for entry in chosen
        ),
        findings=as_findings(
            (
                *_find_broken(name, broken),
                *_find_alike(whole, withdrawn, case_id),
                *(() if chosen else _find_none(name, len(entries))),
            )
        ),
    )
    if not broken:
        outcomes = read_outcomes(entries, name)
        wanted = None if case_id is None else as_compared(case_id)
        mine = [outcome for case, outcome in outcomes.items() if wanted in (None, case)]
        return LogRecord(refusal=None, told=keys, outcomes=_count(mine))
    refused = as_refusal(changed(name, "; ".join(broken.values())), "log")
    return ChangedLogRecord(schema=refused.schema, refusal=refused.refusal, told=keys)


def _count(outcomes: Iterable[list[OutcomeRecord]]) -> tuple[OutcomeCountsRecord, ...]:
    return tuple(
        OutcomeCountsRecord(
            trial=trial,
            **{state: counts.patients[state] for state in STATES},
            resected_of=counts.resected_of,
            resected_percent=as_float(counts.resected_percent),
            arms=dict(counts.arms) or None,
        )
        for trial, counts in count_by_trial(outcomes)
    )


def as_log_table(log: LogKeys) -> FlatTable:
    """Format a log as a table, one row per entry; only the number of a changed entry."""
    whole = [entry for entry in log.entries if isinstance(entry, EntryRecord)]
    trials = in_order(trial for entry in whole for trial in entry.verdicts)
    verdicts = {f"verdict_{trial.lower()}": trial for trial in trials}
    dated = ["logged_at_utc"] if any(entry.logged_at is not None for entry in whole) else []
    columns = (*COLUMNS, *verdicts, *LAST_COLUMNS, *dated)
    rows = (_cells(entry, verdicts) for entry in log.entries)
    return FlatTable(columns, ([row.get(name) for name in columns] for row in rows))


def find_entry(entries: tuple[Entry, ...], sequence: int, name: str) -> Entry:
    """Return an entry by its number.

    Raises `InputRefused`: `log.no_entry`; `log.entry_changed` if it was changed.
    """
    for entry in entries:
        if entry.sequence == sequence:
            if sequence in (changes := find_changes(entries)):
                raise changed(name, changes[sequence])
            return entry
    raise InputRefused("log.no_entry", name, f"has no entry {sequence}", LISTING)


def _find_broken(name: str, broken: Mapping[int, str]) -> tuple[Finding, ...]:
    return tuple(
        Finding("log.tampered", Severity.ERROR, f"{name}: {what}; the log was changed", name)
        for what in broken.values()
    )


def _find_none(name: str, others: int) -> tuple[Finding, ...]:
    """Report that the case has no entry: its id may be mistyped."""
    message = f"{name}: none of its {others:,} entries is for this case"
    if others == 1:
        message = f"{name}: its only entry is for another case"
    return (Finding("log.none_of_case", Severity.WARNING, message, name),)


def _find_alike(
    entries: Iterable[Entry], withdrawn: Collection[int], case_id: str | None
) -> Iterator[Finding]:
    """Find outcomes whose ids may be those of one patient: of one case, or all.

    They are counted as two patients. Plans are not counted, and a withdrawn outcome is corrected.
    """
    first = _number_ids(entries, withdrawn)
    for alike in list_alike(first):
        if case_id is None or as_compared(case_id) in alike:
            numbers = list_first([str(first[id_]) for id_ in alike], MOST_TWINS)
            yield doubt_alike(f"entries {numbers}")


def _find_other_ids(case: str, entries: Sequence[Entry]) -> Iterator[Finding]:
    """Find earlier outcomes whose id may be that of the same patient as a new outcome's."""
    first = _number_ids(entries, find_withdrawn(entries))
    new = as_compared(case)
    for alike in list_alike({**first, new: 0}):
        if new in alike:
            numbers = [str(first[id_]) for id_ in alike if id_ != new]
            noun = "entry" if len(numbers) == 1 else "entries"
            yield doubt_alike(f"this outcome and {noun} {list_first(numbers, MOST_TWINS)}")


def _number_ids(entries: Iterable[Entry], withdrawn: Collection[int]) -> dict[str, int]:
    """Return the ids of outcomes that were not withdrawn, with the first entry of each."""
    first: dict[str, int] = {}
    for entry in entries:
        if entry.schema == OUTCOME and entry.sequence not in withdrawn and entry.case_id:
            first.setdefault(as_compared(entry.case_id), entry.sequence)
    return first


def _as_entry_record(
    entry: Entry, first: Entry | None, profile: Profile, withdrawn: Mapping[int, int]
) -> EntryRecord:
    listed = entry.listed
    return as_part(
        EntryRecord,
        entry,
        case=entry.case_id,
        day=_days(entry, first),
        logged_at=entry.logged_at if profile == "clinical" else None,
        sha256=entry.digest,
        inputs=listed.inputs,
        rules=tuple(
            RuleRecord(id=rule.id, name=rule.name or rule.id, sha256=rule.sha256)
            for rule in listed.rules
        ),
        verdicts={trial.id: trial.verdict.value for trial in listed.trials},
        findings=tuple(finding.code for finding in listed.findings if finding.severity != "info"),
        flr_percent=listed.flr_percent,
        flr_percent_shown=listed.flr_percent_shown,
        denominator=None if listed.flr_percent is None else listed.denominator,
        pathway=None if listed.pathway is None else listed.pathway.name,
        route=None if listed.route is None else listed.route.name,
        outcome=listed.outcome,
        withdraws=listed.withdraws,
        withdrawn_by=withdrawn.get(entry.sequence),
        intact=True,
    )


def _days(entry: Entry, first: Entry | None) -> int | None:
    if first is None:
        return None
    since, now = (datetime.fromisoformat(each.logged_at).date() for each in (first, entry))
    return (now - since).days


def _cells(entry: AnyEntryRecord, verdicts: Mapping[str, str]) -> dict[str, Cell]:
    """Return the cells of an entry; `verdicts`: trials by column."""
    if not isinstance(entry, EntryRecord):
        return {"sequence": entry.sequence, "intact": False}
    cells: dict[str, Cell] = {
        **{name: getattr(entry, name) for name in SAME},
        "record_id": entry.case,
        "flr_pct": entry.flr_percent,
        "withdraws": None if entry.withdraws is None else entry.withdraws.entry,
        "findings_codes": " ".join(entry.findings),
        "inputs_sha256": " ".join(
            f"{file.role.replace(' ', '_')}:{file.sha256}" for file in entry.inputs
        ),
        "rules_sha256": " ".join(f"{rule.id}:{rule.sha256 or ''}" for rule in entry.rules),
        "logged_at_utc": entry.logged_at,
    }
    if (outcome := entry.outcome) is not None:
        cells |= {"outcome": outcome.became, "outcome_trial": outcome.trial}
        cells |= {"outcome_criterion": outcome.criterion, "outcome_arm": outcome.arm}
    return cells | {name: entry.verdicts.get(trial) for name, trial in verdicts.items()}
