"""Which radioactive tracer a header's or a user's words mean; no other word of them is shown."""

import re
from collections.abc import Iterable

MEBROFENIN = "mebrofenin"
MAA = "macroaggregated albumin (MAA)"
ALBUMIN = "albumin"  # which MAA is made of: "albumin aggregated"
_COLLOID, _BONE = "a colloid", "a bone tracer"
WORDS = {
    **dict.fromkeys(("mebrofenin", "choletec", "bromida", "brida", "bridatec"), MEBROFENIN),
    **dict.fromkeys(("maa", "macroaggregated", "macroaggregate", "aggregated", "macrosalb"), MAA),
    "albumin": ALBUMIN,
    **dict.fromkeys(("colloid", "phytate", "sulphur", "sulfur"), _COLLOID),
    **dict.fromkeys(("gsa", "galactosyl"), "galactosyl albumin (GSA)"),
    **dict.fromkeys(("disofenin", "disida"), "disofenin"),
    "lidofenin": "lidofenin",
    **dict.fromkeys(("etifenin", "ehida"), "etifenin"),
    "iodida": "iodida",
    **dict.fromkeys(("mibi", "sestamibi"), "sestamibi"),
    "tetrofosmin": "tetrofosmin",
    "pertechnetate": "pertechnetate",
    "dtpa": "DTPA",
    **dict.fromkeys(("mag", "mertiatide"), "MAG3"),
    "dmsa": "DMSA",
    **dict.fromkeys(("mdp", "hdp", "dpd", "medronate", "oxidronate"), _BONE),
    "erythrocytes": "red cells",
    "microspheres": "microspheres",
    "octreotide": "octreotide",
    "fdg": "FDG",
}
_WORD = re.compile("[a-z]+")


def find_tracers(words: Iterable[str]) -> tuple[str, ...]:
    """Find the tracers that are named, each once, in the order of the words.

    Examples
    --------
    >>> find_tracers(["Technetium Tc^99m^ albumin aggregated"])
    ('albumin', 'macroaggregated albumin (MAA)')
    """
    met = (WORDS.get(word) for text in words for word in _WORD.findall(text.casefold()))
    return tuple(dict.fromkeys(tracer for tracer in met if tracer is not None))
