"""What two records of one case differ in, and whether that is the passing of time."""

from collections.abc import Iterator, Mapping

from fl_planner.record.base import Record
from fl_planner.record.declaration.part import DIGITS
from fl_planner.record.over_time.verification import DifferenceRecord, Kind
from fl_planner.trials.facts.facts import FACTS
from fl_planner.trials.facts.meaning import say_fact
from fl_planner.trials.judge import AGE

# keys that are compared entry by entry, or say how a record was made
_BY_ENTRY = frozenset(
    {
        *("facts", "trials", "pathway", "route", "findings", "inputs", "rules", "case"),
        *("schema", "version", "status", "refusal", "notice", "id"),
    }
)
_OF_NO_DATE = frozenset({"date.as_of_missing"})  # said where no judging date was given
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
    """Find the facts that grow by themselves: ages in days at the judging date."""
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
