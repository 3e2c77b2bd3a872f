"""Whether an output is still true, and what two records of one case differ in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from msgspec import structs

from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.run import begin_step
from fl_planner.basis.version import __version__
from fl_planner.formats.stored.limits import Limits
from fl_planner.given.table import Words
from fl_planner.intake.reading.files import find_named
from fl_planner.record.declaration.part import DIGITS
from fl_planner.record.head import Record, as_findings
from fl_planner.record.over_time.log import (
    DifferenceRecord,
    Kind,
    VerificationRecord,
    VerifiedOutputRecord,
)
from fl_planner.trials.facts.facts import FACTS
from fl_planner.trials.facts.quantities import say_fact
from fl_planner.trials.judge import AGE
from fl_planner.workup.remake import (
    HASHED_ONLY,
    REMEDY,
    StoredOutput,
    hash_files,
    locate_sources,
    read_output,
    read_rules,
    remake,
)

# keys that are compared entry by entry, or say how a record was made
_BY_ENTRY = frozenset(
    {
        *("facts", "trials", "pathway", "route", "findings", "inputs", "rules", "case"),
        *("schema", "version", "status", "refusal", "notice", "id"),
    }
)
_OF_NO_DATE = frozenset({"date.as_of_missing"})  # said where no assessment date was given
NOTHING = "nothing"


def find_rules(before: Record, after: Record) -> Iterator[DifferenceRecord]:
    """Find protocols whose text is another one now, or that are there no more."""
    if "rules" not in before:  # volumes and resections rest on none
        return
    now = {rule["id"]: rule.get("sha256") for rule in after.get("rules", ())}
    for rule in before["rules"]:
        id_, was = rule["id"], rule.get("sha256")
        if now.get(id_) != was:
            what = "has another text now" if id_ in now else "is not judged now"
            message = f"the protocol {rule['name']} ({id_}) {what}"
            yield DifferenceRecord(kind="rule", name=id_, message=message)
    known = {rule["id"] for rule in before["rules"]}
    for rule in after.get("rules", ()):
        if rule["id"] not in known:
            message = f"the protocol {rule['name']} ({rule['id']}) was not judged then"
            yield DifferenceRecord(kind="rule", name=rule["id"], message=message)


def find_facts(before: Record, after: Record) -> Iterator[DifferenceRecord]:
    """Find facts that are others now; ages, which grow by themselves, are left out."""
    was, now = before.get("facts", {}), after.get("facts", {})
    for name in sorted({*was, *now}):
        if not name.endswith(AGE) and was.get(name) != now.get(name):
            yield _changed("fact", name, was.get(name), now.get(name))


def find_measured(before: Record, after: Record) -> Iterator[DifferenceRecord]:
    """Find what the masks and the patient's size gave, and give otherwise now."""
    for key in sorted({*before, *after} - _BY_ENTRY):
        was, now = before.get(key), after.get(key)
        if was == now or key.endswith("_shown"):
            continue
        if any(isinstance(one, Mapping | list) for one in (was, now)):
            message = f"{key}: not the same numbers as then"
            yield DifferenceRecord(kind="answer", name=key, message=message)
        else:
            yield _changed("answer", key, was, now)


_AGES = tuple(say_fact(name) for name in FACTS if name.endswith(AGE))  # as evidence names them


def find_criteria(before: Record, after: Record) -> Iterator[DifferenceRecord]:
    """Find criteria that answer otherwise; one that looks at an age does so by time."""
    for was, now in _same_trials(before, after):
        others = {one["id"]: one for one in now["criteria"]}
        for one in was["criteria"]:
            other = others.get(one["id"], {})
            if other.get("answer") == one["answer"]:
                continue
            aged = any(age in each.get("evidence", "") for each in (one, other) for age in _AGES)
            name = f"{_name(was)} {one['id']}"
            kind: Kind = "time" if aged else "answer"
            yield _changed(kind, name, one["answer"], other.get("answer"))


def find_outcomes(before: Record, after: Record) -> Iterator[DifferenceRecord]:
    """Find verdicts, pathway, route and findings that are others now."""
    for trial, now in _same_trials(before, after):
        if trial["verdict"] != now["verdict"]:
            yield _changed("answer", f"{_name(trial)} verdict", trial["verdict"], now["verdict"])
    for part in ("pathway", "route"):
        was, is_ = (record.get(part, {}).get("name") for record in (before, after))
        if was != is_:
            yield _changed("answer", part, was, is_)
    codes, now_codes = ({one["code"] for one in each["findings"]} for each in (before, after))
    for code in sorted((codes ^ now_codes) - _OF_NO_DATE):
        gone = code in codes
        message = f"the finding {code} {'does not come' if gone else 'comes'} up now"
        was, is_ = (code, None) if gone else (None, code)
        yield DifferenceRecord(kind="answer", name=code, message=message, before=was, after=is_)


def _same_trials(before: Record, after: Record) -> Iterator[tuple[Record, Record]]:
    now = {trial["id"]: trial for trial in after.get("trials", ())}
    for trial in before.get("trials", ()):
        if trial["id"] in now:
            yield trial, now[trial["id"]]


def _name(trial: Record) -> str:
    return f"{trial['name']} ({trial['id']})"


def find_ages(record: Record) -> Record:
    """Find the facts that grow by themselves: ages in days at the assessment date."""
    return {name: days for name, days in record.get("facts", {}).items() if name.endswith(AGE)}


def _changed(kind: Kind, name: str, was: object, now: object) -> DifferenceRecord:
    before, after = (NOTHING if one is None else _told(one) for one in (was, now))
    message = f"{name}: {before} then, {after} now"
    return DifferenceRecord(kind=kind, name=name, message=message, before=before, after=after)


def _told(value: object) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.{DIGITS}g}"
        case list():
            return ", ".join(map(str, value)) or "none"
    return str(value)


MOST_NAMED = 6  # of what is strange
USAGE = "usage.wrong"  # of the words themselves


@dataclass(frozen=True, slots=True)
class Verified:
    """What became of an output.

    - `output`: what was asked about.
    - `changes`: what is not as it was; it holds where there is none.
    - `not_found`: files that could not be looked at.
    - `recomputed`: whether it was made again; else the hashes of its files were compared.
    - `findings`: what to know of this answer.
    """

    output: StoredOutput
    changes: tuple[DifferenceRecord, ...]
    not_found: tuple[str, ...] = ()
    recomputed: bool = False
    findings: tuple[Finding, ...] = ()


def verify_file(path: Path, named: tuple[Path, ...], given: Words) -> Verified:
    """Make an output again from what was named, or lies beside it, and compare the two.

    `given` are the words that it was made with.

    Raises `InputRefused`: as `read_output` and `verify`.
    """
    made = read_output(path)
    if given["trials"] is None and any(one["role"] == "trial" for one in made.inputs):
        reason, remedy = "judged trials of a folder", "give that folder by --trials"
        raise InputRefused("verify.files_missing", made.name, reason, remedy)
    places = (*named, *(source.parent for source in named), path.parent)
    again, doubts, sources = _remake(made, named, places, given)
    begin_step("comparing files")
    limits = Limits.of_gib(given["size_limit"])
    on_disk = hash_files(made.inputs, (*sources, *places), limits)
    dated = given["as_of"] is not None
    verified = verify(made, again, read_rules(given["trials"]), on_disk, dated=dated)
    return replace(verified, findings=(*doubts, *verified.findings))


def _remake(
    made: StoredOutput, named: tuple[Path, ...], places: tuple[Path, ...], given: Words
) -> tuple[Record | None, tuple[Finding, ...], tuple[Path, ...]]:
    """Make an output again; where that is refused, say why, and compare hashes alone.

    Gives the files that its sources name, too.
    """
    files: tuple[Path, ...] = ()
    try:
        sources = locate_sources(made, named, places, given)
        files = tuple(one for one in find_named(sources.request) if isinstance(one, Path))
        return remake(made, sources), (), files
    except InputRefused as refused:
        if refused.code == USAGE:
            raise
        message = f"{made.name} could not be made again: {refused}"
        return None, (Finding("verify.not_remade", Severity.WARNING, message, made.name),), files


def verify(
    output: StoredOutput,
    again: Record | None,
    rules: Record,
    on_disk: Mapping[str, Collection[str]],
    *,
    dated: bool,
) -> Verified:
    """Compare an output with what its files give now.

    - `output`: what is asked about.
    - `again`: the same record made again; None where it could not be.
    - `rules`: a record's `rules` as they are now.
    - `on_disk`: SHA-256 of the files of a base name, for those that `again` does not name.
    - `dated`: whether an assessment date was given.

    Raises `InputRefused`: where nothing changed that was looked at, and not all could be:
    `verify.files_missing`, `verify.other_options`, `verify.as_of_missing`, `verify.no_case`. Where
    `again` is of another case: `verify.other_case`.
    """
    before = output.record
    _refuse_other_case(output, again)
    try:
        files, missing = _compare_files(output.inputs, again, on_disk)
        grounds = (*_find_version(before), *files, *find_rules(before, again or rules))
        told = Verified(output, grounds, missing, again is not None, _find_hashed(output, again))
        if again is None:
            return _settle(told, bool(find_ages(before)))
        return _settle(*_compare(told, again, dated=dated))
    except (AttributeError, KeyError, TypeError) as error:  # a list where a table is wanted ...
        reason = f"is not what {before['schema']} must be: it was edited"
        raise InputRefused("verify.not_an_output", output.name, reason, REMEDY) from error


def _compare(told: Verified, again: Record, *, dated: bool) -> tuple[Verified, bool]:
    """Add what the record made again says otherwise, and whether time was left out of that."""
    before = told.output.record
    ages = find_ages(before) != find_ages(again)
    unclear = ages and not dated
    made = (*find_facts(before, again), *find_measured(before, again))
    criteria = () if unclear else tuple(find_criteria(before, again))
    outcomes = () if unclear else tuple(find_outcomes(before, again))
    if not told.changes:  # then time alone can have changed anything
        strange = [change for change in criteria if change.kind != "time"]
        _refuse_strange(told.output, (*made, *strange, *(() if ages else outcomes)))
        outcomes = tuple(structs.replace(change, kind="time") for change in outcomes)
    changes = (*told.changes, *made, *criteria, *outcomes)
    return replace(told, changes=changes), unclear


def as_verified(verified: Verified) -> VerificationRecord:
    """Tell whether an output holds, and every change."""
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
    """Refuse the files of another patient."""
    if again is None:
        return
    was, now = (record.get("case", record).get("id") for record in (output.record, again))
    if None not in (was, now) and was != now:
        reason = f"is of {was}, and the case file of {now}"
        raise InputRefused("verify.other_case", output.name, reason, "give its own case file")


def _find_version(before: Record) -> Iterator[DifferenceRecord]:
    was = before["version"]
    if was != __version__:
        message = f"fl_planner: version {was} then, {__version__} now"
        yield DifferenceRecord(
            kind="version", name="fl_planner", message=message, before=was, after=__version__
        )


def _compare_files(
    inputs: Iterable[Record], again: Record | None, on_disk: Mapping[str, Collection[str]]
) -> tuple[tuple[DifferenceRecord, ...], tuple[str, ...]]:
    """Compare the files by role where the record was made again, else by name.

    Of files that share a name, one that was not found is not taken for one that changed.
    """
    inputs = tuple(inputs)
    changes, missing = [], []
    of_role: dict[str, set[str]] = {}
    for one in again["inputs"] if again else ():
        of_role.setdefault(one["role"], set()).add(one["sha256"])
    roles = Counter(one["role"] for one in inputs)
    for one in inputs:
        role, name, was = one["role"], one["file"], one["sha256"]
        now = of_role.get(role) or {*on_disk.get(name, ())}
        twins = {one["sha256"] for one in inputs if one["file"] == name}
        lost = role not in of_role and was not in now and len(now) < len(twins)
        if not now or lost:
            missing.append(name)
        elif was not in now:
            gone = len(of_role.get(role, now)) < roles[role]
            what = "was given then, and is not now" if gone else "has other content than then"
            changes.append(_changed_file(role, name, what))
    changes += _find_added(inputs, again["inputs"] if again else ())
    return tuple(changes), tuple(dict.fromkeys(missing))


def _find_added(before: Sequence[Record], now: Sequence[Record]) -> Iterator[DifferenceRecord]:
    """Find files that were not given then: of a role without any, or one more of a role."""
    roles = Counter(one["role"] for one in before)
    counts = Counter(one["role"] for one in now)
    held = {(one["role"], one["sha256"]) for one in before}
    for one in now:
        role, name = one["role"], one["file"]
        if counts[role] > roles[role] and (role, one["sha256"]) not in held:
            yield _changed_file(role, name, "was not given then")


def _changed_file(role: str, name: str, what: str) -> DifferenceRecord:
    return DifferenceRecord(kind="file", name=role, message=f"{role}: {name} {what}", file=name)


def _refuse_strange(output: StoredOutput, strange: Sequence[DifferenceRecord]) -> None:
    """Refuse where same files, rules and version give something else."""
    if strange:
        names = ", ".join(change.name for change in strange[:MOST_NAMED])
        reason = (
            f"its files, rules and version are the same, and yet they give other {names}: it was "
            "made with options that are not given here, or edited"
        )
        remedy = "give the options that it was made with, beside the case file"
        raise InputRefused("verify.other_options", output.name, reason, remedy)


def _settle(told: Verified, unclear: bool) -> Verified:
    """Give the answer, or refuse where what could not be looked at would decide it."""
    name = told.output.name
    if told.changes:
        return replace(told, findings=(*told.findings, *_find_unclear(told, unclear)))
    if told.not_found:
        reason = f"not found, so nobody can say: {', '.join(told.not_found)}"
        remedy = "give the case file, the files, or their folder"
        raise InputRefused("verify.files_missing", name, reason, remedy)
    if unclear and told.recomputed:
        reason = "rests on ages counted from an assessment date, and none was given"
        raise InputRefused("verify.as_of_missing", name, reason, "give --as-of")
    if unclear:
        reason = "rests on ages counted from an assessment date, and could not be made again"
        remedy = "give its case file or file of facts, and --as-of"
        raise InputRefused("verify.no_case", name, reason, remedy)
    return told


def _find_hashed(output: StoredOutput, again: Record | None) -> tuple[Finding, ...]:
    """Say why only hashes were compared of a record that is never made again."""
    why = HASHED_ONLY.get(output.kind)
    if again is not None or why is None:
        return ()
    return (Finding("verify.hashes_only", Severity.INFO, f"{output.name}: {why}", output.name),)


def _find_unclear(told: Verified, unclear: bool) -> Iterator[Finding]:
    if unclear:
        message = (
            f"{told.output.name}: whether time has changed an answer was not looked at: give "
            "the case file and --as-of"
        )
        yield Finding("verify.time_not_checked", Severity.WARNING, message, told.output.name)
