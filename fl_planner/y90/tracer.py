"""Whether a study was made with MAA: no other tracer tells where spheres would go."""

from __future__ import annotations

import re
from collections.abc import Iterable

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.findings import Finding, Severity

MAA = frozenset({"maa", "macroaggregated", "macroaggregate", "aggregated", "macrosalb"})
OTHERS = {  # words of a header by which another tracer is known; no other word of it is shown
    "mebrofenin": "mebrofenin",
    "choletec": "mebrofenin",
    "brida": "mebrofenin",
    "bromida": "mebrofenin",
    "disofenin": "a hepatobiliary tracer",
    "disida": "a hepatobiliary tracer",
    "etifenin": "a hepatobiliary tracer",
    "gsa": "galactosyl albumin (GSA)",
    "galactosyl": "galactosyl albumin (GSA)",
    "colloid": "a colloid",
    "phytate": "a colloid",
    "pertechnetate": "pertechnetate",
    "mdp": "a bone tracer",
    "dpd": "a bone tracer",
    "hdp": "a bone tracer",
    "fdg": "FDG",
}
_WORD = re.compile(r"[a-z]+")


def judge_maa(words: Iterable[str], source: str) -> tuple[Finding, ...]:
    """Refuse a tracer that is known to be another one; tell where it is not known.

    Parameters
    ----------
    words : iterable of str
        What a header or the user says of the tracer; shown nowhere.
    source : str
        What messages call the study.

    Raises
    ------
    InputRefused
        `dose.tracer`.

    Examples
    --------
    >>> judge_maa(["Technetium Tc^99m^ albumin aggregated"], "maa.dcm")
    ()
    """
    met = [word for text in words for word in _WORD.findall(text.casefold())]
    other = next((OTHERS[word] for word in met if word in OTHERS), None)
    if other is not None:
        reason = f"is a study with {other}, which does not show where spheres go"
        raise InputRefused("dose.tracer", source, reason, "give the study with 99mTc-MAA")
    if MAA & set(met):
        return ()
    message = f"{source}: nothing says that the tracer was MAA"
    return (Finding("dose.tracer_unknown", Severity.WARNING, message, source),)
