"""What is doubtful about a patient of a list, in words that repeat no text of the patient's file.

Lists hold names where nobody expects them: a unit or a drug is told by its key, and by what it
may be; a number out of its range with both. Who may see the file gets the whole message.
"""

from collections.abc import Iterable

from fl_planner.basis.findings import Finding, Severity
from fl_planner.record.over_time.worklist import DoubtRecord
from fl_planner.trials.facts.quantities import INPUT_NAMES

# topics whose messages are about facts alone; those about masks name files, plans and labels
OF_FACTS = frozenset(
    {"implausible", "unknown_unit", "unknown_drug", "contradiction", "date", "fhir"}
    | {"borderline", "discordance", "centre", "risk", "prior", "treated", "resectability", "lab"}
)
NOT_LISTED = " is not one of "
OF_THE_CASE = "a doubt about its masks or files: plan the case by itself to see it"


def tell_doubts(
    findings: Iterable[Finding], *, of_case: bool, clinical: bool = False
) -> tuple[DoubtRecord, ...]:
    """Tell each finding above info, once; `of_case` is whether masks were measured."""
    told = {
        (one.code, one.message if clinical else _say(one, of_case=of_case)): one.severity.value
        for one in findings
        if one.severity is not Severity.INFO
    }
    return tuple(
        DoubtRecord(code=code, severity=severity, message=message)
        for (code, message), severity in told.items()
    )


def _say(finding: Finding, *, of_case: bool) -> str:
    topic, message = finding.code.partition(".")[0], finding.message
    if of_case and topic not in OF_FACTS:
        return OF_THE_CASE
    key = message.partition(":")[0]
    if key not in INPUT_NAMES or topic not in ("unknown_unit", "unknown_drug"):
        return message
    what, may_be = topic.partition("_")[2], message.rpartition(NOT_LISTED)[2]
    return f"{key}: its {what}{NOT_LISTED}{may_be}"  # what the file says stands before
