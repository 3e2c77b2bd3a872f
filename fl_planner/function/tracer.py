"""Which tracer a study was made with: only mebrofenin tells the function that 2.67 is of."""

from collections.abc import Iterable

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.tracer_names import MEBROFENIN, find_tracers


def judge_tracer(words: Iterable[str], source: str) -> tuple[Finding, ...]:
    """Refuse a tracer that is known to be another one; tell where it is not known.

    - `words`: what a header or the user says of the tracer; shown nowhere.
    - `source`: what messages call the study.

    Raises `InputRefused`: `function.tracer`.

    Examples
    --------
    >>> judge_tracer(["Tc-99m Mebrofenin"], "dyn.dcm")
    ()
    """
    met = find_tracers(words)
    other = next((tracer for tracer in met if tracer != MEBROFENIN), None)
    if other is not None:
        reason = f"is a study with {other}, which does not show the function of the liver"
        remedy = "give the study with mebrofenin"
        raise InputRefused("function.tracer", source, reason, remedy)
    if met:
        return ()
    message = f"{source}: nothing says that the tracer was mebrofenin; 2.67 belongs to no other"
    return (Finding("function.tracer_unknown", Severity.WARNING, message, source),)
