"""Whether a study was made with MAA: no other tracer tells where spheres would go."""

from collections.abc import Iterable

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.tracer_names import ALBUMIN, MAA, find_tracers


def judge_maa(words: Iterable[str], source: str) -> tuple[Finding, ...]:
    """Refuse a tracer that is known to be another one; tell where it is not known.

    - `words`: what a header or the user says of the tracer; shown nowhere.
    - `source`: what messages call the study.

    Raises `InputRefused`: `dose.tracer`.

    Examples
    --------
    >>> judge_maa(["Technetium Tc^99m^ albumin aggregated"], "maa.dcm")
    ()
    """
    met = find_tracers(words)
    other = next((tracer for tracer in met if tracer not in (MAA, ALBUMIN)), None)
    if other is not None:
        reason = f"is a study with {other}, which does not show where spheres go"
        raise InputRefused("dose.tracer", source, reason, "give the study with 99mTc-MAA")
    if MAA in met:
        return ()
    message = f"{source}: nothing says that the tracer was MAA"
    return (Finding("dose.tracer_unknown", Severity.WARNING, message, source),)
