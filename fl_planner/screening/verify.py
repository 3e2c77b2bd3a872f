"""Verification of an output: whether it is still valid, and what has changed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from msgspec import structs

from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.run import begin_step
from fl_planner.basis.version import __version__
from fl_planner.given.table import Words
from fl_planner.intake.reading.files import list_named
from fl_planner.record.declaration.part import DIGITS
from fl_planner.record.head import Record, as_findings
from fl_planner.record.over_time.log import (
    DifferenceRecord,
    Kind,
    VerificationRecord,
    VerifiedOutputRecord,
)
from fl_planner.trials.criterion import PASSED
from fl_planner.trials.facts.facts import FACTS
from fl_planner.trials.facts.quantities import DATES, name_fact
from fl_planner.trials.judge import AGE
from fl_planner.workup.remake import (
    HASHED_ONLY,
    REMEDY,
    StoredOutput,
    hash_files,
    list_entered_ages,
    locate_sources,
    read_output,
    read_rules,
    remake,
)

# keys compared entry by entry, or on how a record was made
_BY_ENTRY = frozenset(
    {
        *("facts", "trials", "pathway", "route", "findings", "inputs", "rules", "case"),
        *("schema", "version", "status", "refusal", "notice", "id", "sources", "unmapped"),
    }
)
_OF_ANSWERS = frozenset({"case", "trials", "pathway", "route", "findings", "notice", "refusal"})
_OF_NO_DATE = frozenset({"date.as_of_missing"})  # without an assessment date
_OF_DATE = frozenset({"centre.stale"})  # at some assessment dates, whatever the ages
# words of findings that differ with the assessment date: days since, and whether it has passed
_COUNTED = re.compile(r"\d+ days?(?= (after|before) the assessment date)")
_TO_COME = re.compile(
    r"(was performed|is dated)(?= \d+ days? after this scan)|, and after the assessment date"
)
NOTHING = "nothing"


def compare_rules(before: Record, after: Record) -> Iterator[DifferenceRecord]:
    """Compare the protocols: changed texts, missing and added ones."""
    if "rules" not in before:  # volumes and resections use none
        return
    now = {rule["id"]: rule.get("sha256") for rule in after.get("rules", ())}
    for rule in before["rules"]:
        id_, was = rule["id"], rule.get("sha256")
        if now.get(id_) != was:
            what = "now has a different text" if id_ in now else "is no longer assessed"
            message = f"the protocol {rule['name']} ({id_}) {what}"
            yield DifferenceRecord(kind="rule", name=id_, message=message)
    known = {rule["id"] for rule in before["rules"]}
    for rule in after.get("rules", ()):
        if rule["id"] not in known:
            message = f"the protocol {rule['name']} ({rule['id']}) was not assessed previously"
            yield DifferenceRecord(kind="rule", name=rule["id"], message=message)


def compare_facts(before: Record, after: Record) -> Iterator[DifferenceRecord]:
    """Compare the facts, without ages, which increase with time."""
    was, now = before.get("facts", {}), after.get("facts", {})
    for name in sorted({*was, *now}):
        if not name.endswith(AGE) and was.get(name) != now.get(name):
            yield _changed("fact", name, was.get(name), now.get(name))


def compare_measured(before: Record, after: Record) -> Iterator[DifferenceRecord]:
    """Compare measurements on the masks and body size."""
    for key in sorted({*before, *after} - _BY_ENTRY):
        was, now = before.get(key), after.get(key)
        if was == now or key.endswith("_shown"):
            continue
        if any(isinstance(value, Mapping | list) for value in (was, now)):
            message = f"{key}: the numbers have changed"
            yield DifferenceRecord(kind="answer", name=key, message=message)
        else:
            yield _changed("answer", key, was, now)


_AGES = tuple(name_fact(name) for name in FACTS if name.endswith(AGE))  # as named in evidence


def compare_criteria(before: Record, after: Record) -> Iterator[DifferenceRecord]:
    """Compare the answers of criteria; those on an age change with time."""
    for was, now in _same_trials(before, after):
        others = {criterion["id"]: criterion for criterion in now["criteria"]}
        for criterion in was["criteria"]:
            other = others.get(criterion["id"], {})
            if other.get("answer") == criterion["answer"]:
                continue
            aged = any(
                age in each.get("evidence", "") for each in (criterion, other) for age in _AGES
            )
            name = f"{_name(was)} {criterion['id']}"
            kind: Kind = "time" if aged else "answer"
            yield _changed(kind, name, criterion["answer"], other.get("answer"))


def compare_outcomes(before: Record, after: Record) -> Iterator[DifferenceRecord]:
    """Compare verdicts, pathway, route and findings."""
    for trial, now in _same_trials(before, after):
        if trial["verdict"] != now["verdict"]:
            yield _changed("answer", f"{_name(trial)} verdict", trial["verdict"], now["verdict"])
    for part in ("pathway", "route"):
        was, is_ = (record.get(part, {}).get("name") for record in (before, after))
        if was != is_:
            yield _changed("answer", part, was, is_)
    codes, now_codes = (
        {finding["code"] for finding in each["findings"]} for each in (before, after)
    )
    for code in sorted((codes ^ now_codes) - _OF_NO_DATE):
        gone = code in codes
        message = f"the finding {code} {'no longer occurs' if gone else 'now occurs'}"
        was, is_ = (code, None) if gone else (None, code)
        yield DifferenceRecord(kind="answer", name=code, message=message, before=was, after=is_)


def compare_headlines(before: Record, after: Record) -> Iterator[DifferenceRecord]:
    """Compare what people read of pathway and route: it differs only if an answer does."""
    for part in ("pathway", "route"):
        was, is_ = (record.get(part, {}).get("headline") for record in (before, after))
        if was != is_:
            yield _changed("answer", f"{part} headline", was, is_)


def compare_rest(before: Record, after: Record) -> Iterator[DifferenceRecord]:
    """Compare the parts that differ only if a file, a protocol, the version or an age does.

    Notes on registry dates that have passed also differ with the assessment date.
    """
    shown = {key for key in (*before, *after) if key.endswith("_shown")}
    for key in sorted({*shown, *_OF_ANSWERS}):
        was, now = before.get(key), after.get(key)
        if key == "trials":
            was, now = _without_passed(was), _without_passed(now)
        if key == "findings":
            was, now = [*_without_dates(was)], [*_without_dates(now)]
        if was != now:
            message = f"{key}: the content has changed"
            yield DifferenceRecord(kind="answer", name=key, message=message)


def _without_passed(trials: Any) -> list[Record]:
    """Return trials without the notes on dates that have passed."""
    return [
        {**trial, "notes": [one for one in trial["notes"] if not one.startswith(PASSED)]}
        for trial in trials or ()
    ]


def _without_dates(findings: Any) -> Iterator[Record]:
    """Yield findings without those, and without the words, that depend on the assessment date."""
    for one in findings:
        if one["code"] in _OF_NO_DATE | _OF_DATE:
            continue
        message, counted = _COUNTED.subn("", one["message"])
        value = None if counted else one.get("value")
        yield {**one, "message": _TO_COME.sub("", message), "value": value}


def _same_trials(before: Record, after: Record) -> Iterator[tuple[Record, Record]]:
    now = {trial["id"]: trial for trial in after.get("trials", ())}
    for trial in before.get("trials", ()):
        if trial["id"] in now:
            yield trial, now[trial["id"]]


def _name(trial: Record) -> str:
    return f"{trial['name']} ({trial['id']})"


def list_ages(record: Record) -> Record:
    """Return the ages in days at the assessment date."""
    return {name: days for name, days in record.get("facts", {}).items() if name.endswith(AGE)}


def _without_ages(value: Any) -> Any:
    """Remove ages at the assessment date at any depth: of an embolisation, of blood tests."""
    match value:
        case Mapping():
            kept = {key: each for key, each in value.items() if not f"_{key}".endswith(AGE)}
            return {key: _without_ages(each) for key, each in kept.items()}
        case list():
            return [_without_ages(each) for each in value]
    return value


def _is_another_day(before: Record, again: Record) -> bool:
    """Whether the ages at any depth differ, all of them by the same number of days."""
    was, now = dict(_ages_within(before)), dict(_ages_within(again))
    return was != now and len({now[at] - days for at, days in was.items() if at in now}) <= 1


def _ages_within(value: Any, at: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, list):
        value = dict(enumerate(value))
    for key, each in value.items() if isinstance(value, Mapping) else ():
        if f"_{key}".endswith(AGE):
            yield f"{at}.{key}", each
        else:
            yield from _ages_within(each, f"{at}.{key}")


def _changed(kind: Kind, name: str, was: object, now: object) -> DifferenceRecord:
    before, after = (NOTHING if value is None else _format(value) for value in (was, now))
    message = f"{name}: was {before}, now {after}"
    return DifferenceRecord(kind=kind, name=name, message=message, before=before, after=after)


def _format(value: object) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.{DIGITS}g}"
        case list():
            return ", ".join(map(str, value)) or "none"
    return str(value)


MOST_NAMED = 6  # unexplained differences
USAGE = "usage.wrong"  # wrong options


@dataclass(frozen=True, slots=True)
class Verified:
    """Result of a verification.

    - `output`: the verified output.
    - `changes`: all differences; the output is still valid if there are none.
    - `not_found`: files that were not found.
    - `recomputed`: whether it was computed again; otherwise only hashes of files were compared.
    - `findings`: findings on this verification.
    """

    output: StoredOutput
    changes: tuple[DifferenceRecord, ...]
    not_found: tuple[str, ...] = ()
    recomputed: bool = False
    findings: tuple[Finding, ...] = ()


def verify_file(path: Path, named: tuple[Path, ...], given: Words) -> Verified:
    """Compute an output again from the named or neighbouring files, and compare the two.

    `given`: options of the output.

    Raises `InputRefused`: see `read_output` and `verify`.
    """
    made = read_output(path)
    if given["trials"] is None and any(file["role"] == "trial" for file in made.inputs):
        reason, remedy = "was produced with trials from a folder", "give that folder with --trials"
        raise InputRefused("verify.files_missing", made.name, reason, remedy)
    places = (*named, *(source.parent for source in named), path.parent)
    again, doubts, sources = _remake(made, named, places, given)
    begin_step("comparing files")
    on_disk = hash_files(made.inputs, (*sources, *places), given["size_limit"])
    dated = given["as_of"] is not None
    verified = verify(made, again, read_rules(given["trials"]), on_disk, dated=dated)
    return replace(verified, findings=(*doubts, *verified.findings))


def _remake(
    made: StoredOutput, named: tuple[Path, ...], places: tuple[Path, ...], given: Words
) -> tuple[Record | None, tuple[Finding, ...], tuple[Path, ...]]:
    """Compute an output again; if this is refused, return the reason as a finding.

    Also returns the files named by its sources.
    """
    files: tuple[Path, ...] = ()
    try:
        sources = locate_sources(made, named, places, given)
        files = tuple(path for path in list_named(sources.request) if isinstance(path, Path))
        return (
            remake(made, sources),
            (*_find_entered_ages(made, list_entered_ages(sources)),),
            files,
        )
    except InputRefused as refused:
        if refused.code == USAGE:
            raise
        message = f"{made.name} could not be computed again: {refused}"
        return None, (Finding("verify.not_remade", Severity.WARNING, message, made.name),), files


def _find_entered_ages(made: StoredOutput, dates: tuple[str, ...]) -> Iterator[Finding]:
    """Report ages without dates: at any assessment date, they are as old as entered."""
    if not dates:
        return
    ages = " and ".join(DATES[day] for day in dates)
    verb = "was entered as an age" if len(dates) == 1 else "were entered as ages"
    message = (
        f"{made.name}: {ages} {verb}, so the time since then was not considered; give "
        f"{' and '.join(dates)}"
    )
    yield Finding("verify.ages_entered", Severity.WARNING, message, made.name)


def verify(
    output: StoredOutput,
    again: Record | None,
    rules: Record,
    on_disk: Mapping[str, Collection[str]],
    *,
    dated: bool,
) -> Verified:
    """Compare an output with the current result of its files.

    - `output`: the output to be verified.
    - `again`: its recomputed record; None if this was not possible.
    - `rules`: current `rules` of a record.
    - `on_disk`: SHA-256 of files by base name, for those not in `again`.
    - `dated`: whether an assessment date was given.

    Raises `InputRefused`: `verify.files_missing`, `verify.other_options`, `verify.as_of_missing`,
    `verify.no_case` if no change was found but not everything could be checked;
    `verify.other_case` if `again` belongs to another case.
    """
    before = output.record
    _refuse_other_case(output, again)
    try:
        files, missing = _compare_files(output.inputs, again, on_disk)
        grounds = (*_find_version(before), *files, *compare_rules(before, again or rules))
        found = Verified(output, grounds, missing, again is not None, _report_hashed(output, again))
        if again is None:
            return _settle(found, bool(list_ages(before)))
        return _settle(*_compare(found, again, dated=dated))
    except (AttributeError, KeyError, TypeError) as error:  # a list instead of a table ...
        reason = f"does not conform to {before['schema']}: it was edited"
        raise InputRefused("verify.not_an_output", output.name, reason, REMEDY) from error


def _compare(found: Verified, again: Record, *, dated: bool) -> tuple[Verified, bool]:
    """Add the differences from the new record; also return whether time was not considered."""
    before = found.output.record
    ages = list_ages(before) != list_ages(again)
    later = ages or _is_another_day(before, again)  # the scan may be dated, and no fact
    unclear = later and not dated
    measured = (_without_ages(before), _without_ages(again)) if later else (before, again)
    made = (*compare_facts(before, again), *compare_measured(*measured))
    criteria = () if unclear else tuple(compare_criteria(before, again))
    outcomes = () if unclear else tuple(compare_outcomes(before, again))
    of_answers = tuple(change for change in outcomes if change.name not in _OF_DATE)
    outcomes = outcomes if dated else of_answers
    if not found.changes:  # then only time can have changed an answer
        unexplained = [change for change in criteria if change.kind != "time"]
        aged = ages or unclear or (later and of_answers)
        answers = () if aged else (*of_answers, *compare_headlines(before, again))
        rest = () if aged else tuple(compare_rest(*measured))
        _refuse_unexplained(found.output, (*made, *unexplained, *answers) or rest)
        outcomes = tuple(structs.replace(change, kind="time") for change in outcomes)
    return replace(found, changes=(*found.changes, *made, *criteria, *outcomes)), unclear


def as_verified(verified: Verified) -> VerificationRecord:
    """Return the record of a verification."""
    output = verified.output
    return VerificationRecord(
        refusal=None,
        output=VerifiedOutputRecord(
            file=output.name, sha256=output.sha256, schema=output.record["schema"]
        ),
        holds=not verified.changes,
        recomputed=verified.recomputed,
        changes=verified.changes,
        not_found=verified.not_found,
        findings=as_findings(verified.findings),
    )


def _refuse_other_case(output: StoredOutput, again: Record | None) -> None:
    """Refuse files of another patient."""
    if again is None:
        return
    was, now = (record.get("case", record).get("id") for record in (output.record, again))
    if None not in (was, now) and was != now:
        reason = f"belongs to case {was}, but the case file belongs to {now}"
        raise InputRefused(
            "verify.other_case", output.name, reason, "give the case file of this output"
        )


def _find_version(before: Record) -> Iterator[DifferenceRecord]:
    was = before["version"]
    if was != __version__:
        message = f"fl_planner: was version {was}, now version {__version__}"
        yield DifferenceRecord(
            kind="version", name="fl_planner", message=message, before=was, after=__version__
        )


def _compare_files(
    inputs: Iterable[Record], again: Record | None, on_disk: Mapping[str, Collection[str]]
) -> tuple[tuple[DifferenceRecord, ...], tuple[str, ...]]:
    """Compare the files by role if the record was computed again, otherwise by name.

    If several files have the same name, a missing one is not counted as changed.
    """
    inputs = tuple(inputs)
    changes, missing = [], []
    of_role: dict[str, set[str]] = {}
    for file in again["inputs"] if again else ():
        of_role.setdefault(file["role"], set()).add(file["sha256"])
    roles = Counter(file["role"] for file in inputs)
    for file in inputs:
        role, name, was = file["role"], file["file"], file["sha256"]
        now = of_role.get(role) or {*on_disk.get(name, ())}
        twins = {twin["sha256"] for twin in inputs if twin["file"] == name}
        lost = role not in of_role and was not in now and len(now) < len(twins)
        if not now or lost:
            missing.append(name)
        elif was not in now:
            gone = len(of_role.get(role, now)) < roles[role]
            what = "is no longer given" if gone else "has changed"
            changes.append(_changed_file(role, name, what))
    changes += _find_added(inputs, again["inputs"] if again else ())
    return tuple(changes), tuple(dict.fromkeys(missing))


def _find_added(before: Sequence[Record], now: Sequence[Record]) -> Iterator[DifferenceRecord]:
    """Find added files: files with a new role, or further files of a role."""
    roles = Counter(file["role"] for file in before)
    counts = Counter(file["role"] for file in now)
    held = {(file["role"], file["sha256"]) for file in before}
    for file in now:
        role, name = file["role"], file["file"]
        if counts[role] > roles[role] and (role, file["sha256"]) not in held:
            yield _changed_file(role, name, "was added")


def _changed_file(role: str, name: str, what: str) -> DifferenceRecord:
    return DifferenceRecord(kind="file", name=role, message=f"{role}: {name} {what}", file=name)


def _refuse_unexplained(output: StoredOutput, unexplained: Sequence[DifferenceRecord]) -> None:
    """Refuse if the same files, rules and version give a different result."""
    if unexplained:
        names = ", ".join(change.name for change in unexplained[:MOST_NAMED])
        reason = (
            f"files, rules and version are unchanged, but there are differences ({names}): the "
            "output was produced with other options, or edited"
        )
        remedy = "give the case file and the options with which the output was produced"
        raise InputRefused("verify.other_options", output.name, reason, remedy)


def _settle(found: Verified, unclear: bool) -> Verified:
    """Return the result, or refuse if something that was not checked could change it."""
    name = found.output.name
    if found.changes:
        return replace(found, findings=(*found.findings, *_find_unclear(found, unclear)))
    if found.not_found:
        reason = f"cannot be verified, because files were not found: {', '.join(found.not_found)}"
        remedy = "give the case file, the missing files, or their folder"
        raise InputRefused("verify.files_missing", name, reason, remedy)
    if unclear and found.recomputed:
        reason = "depends on the age of data at an assessment date, but no date was given"
        raise InputRefused("verify.as_of_missing", name, reason, "give --as-of")
    if unclear:
        reason = "depends on the age of data at an assessment date, and could not be computed again"
        remedy = "give its case file or facts file, and --as-of"
        raise InputRefused("verify.no_case", name, reason, remedy)
    return found


def _report_hashed(output: StoredOutput, again: Record | None) -> tuple[Finding, ...]:
    """Report why only hashes were compared, for a record that is never recomputed."""
    why = HASHED_ONLY.get(output.kind)
    if again is not None or why is None:
        return ()
    return (Finding("verify.hashes_only", Severity.INFO, f"{output.name}: {why}", output.name),)


def _find_unclear(found: Verified, unclear: bool) -> Iterator[Finding]:
    if unclear:
        message = (
            f"{found.output.name}: changes over time were not checked; give the case file and "
            "--as-of"
        )
        yield Finding("verify.time_not_checked", Severity.WARNING, message, found.output.name)
