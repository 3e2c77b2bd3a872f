"""Which tracer a study was made with: only mebrofenin tells the function that 2.67 is of."""

from __future__ import annotations

import re
from collections.abc import Iterable

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.findings import Finding, Severity

MEBROFENIN = ("mebrofenin", "choletec", "bromida", "brida", "bridatec")
# Words of the header by which another tracer is known; no other word of it is shown.
OTHERS = {
    "maa": "macroaggregated albumin (MAA)",
    "macroaggregated": "macroaggregated albumin (MAA)",
    "macrosalb": "macroaggregated albumin (MAA)",
    "albumin": "albumin",
    "colloid": "a colloid",
    "phytate": "a colloid",
    "sulphur": "a colloid",
    "sulfur": "a colloid",
    "gsa": "galactosyl albumin (GSA)",
    "galactosyl": "galactosyl albumin (GSA)",
    "disofenin": "disofenin",
    "disida": "disofenin",
    "lidofenin": "lidofenin",
    "etifenin": "etifenin",
    "ehida": "etifenin",
    "iodida": "iodida",
    "mibi": "sestamibi",
    "sestamibi": "sestamibi",
    "tetrofosmin": "tetrofosmin",
    "pertechnetate": "pertechnetate",
    "dtpa": "DTPA",
    "mag3": "MAG3",
    "mertiatide": "MAG3",
    "dmsa": "DMSA",
    "mdp": "a bone tracer",
    "hdp": "a bone tracer",
    "dpd": "a bone tracer",
    "medronate": "a bone tracer",
    "oxidronate": "a bone tracer",
    "erythrocytes": "red cells",
    "microspheres": "microspheres",
    "octreotide": "octreotide",
    "fdg": "FDG",
}
_WORD = re.compile(r"[a-z]+\d?")


def judge_tracer(words: Iterable[str], source: str) -> tuple[Finding, ...]:
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
        `function.tracer`.

    Examples
    --------
    >>> judge_tracer(["Tc-99m Mebrofenin"], "dyn.dcm")
    ()
    """
    met = [word for text in words for word in _WORD.findall(text.casefold())]
    other = next((OTHERS[word] for word in met if word in OTHERS), None)
    if other is not None:
        reason = f"is a study with {other}, which does not show the function of the liver"
        remedy = "give the study with mebrofenin"
        raise InputRefused("function.tracer", source, reason, remedy)
    if any(word in MEBROFENIN for word in met):
        return ()
    message = f"{source}: nothing says that the tracer was mebrofenin; 2.67 belongs to no other"
    return (Finding("function.tracer_unknown", Severity.WARNING, message, source),)
