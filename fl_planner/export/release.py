"""Whether a plan may go to another system: a number that is not to be used must not travel."""

from fl_planner.basis.errors import InputRefused
from fl_planner.record.withdrawal import MeasuredRecord


def require_trusted(record: MeasuredRecord, name: str) -> None:
    """Refuse to export a plan with an error that no reader has accepted.

    Such a number is shown to the person who asked, beside the reason not to use it; a receiving
    system would keep the number and lose the reason. `name` is that of the output.

    Raises `InputRefused`: `output.doubtful`, naming the findings.
    """
    errors = [one.code for one in record.findings if one.severity == "error" and not one.accepted]
    if errors:
        reason = f"the plan has numbers that are not to be used: {', '.join(dict.fromkeys(errors))}"
        remedy = "correct what was found; or let a reader accept it in the case file ([[accepted]])"
        raise InputRefused("output.doubtful", name, reason, remedy)
