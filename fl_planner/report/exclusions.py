"""Which excluded parts left the liver, and which are counted in it: one line under its volume."""

from collections.abc import Iterable

from fl_planner.basis.shown import as_ml
from fl_planner.liver.names.exclusions import IN_LIVER, NOT_WORKING, OUTSIDE
from fl_planner.record.masks import ExcludedRecord


def say_excluded(parts: Iterable[ExcludedRecord]) -> str:
    """Say which parts the liver's volume is without, and which are in it; "" where none was drawn.

    The millilitres are those in the liver mask as it was drawn.

    Examples
    --------
    >>> parts = [("gallbladder", 26.8, "outside"), ("cyst", 5.0, "liver")]
    >>> say_excluded(
    ...     ExcludedRecord(name=name, volume_ml=ml, in_liver_ml=ml, counted=counted)
    ...     for name, ml, counted in parts
    ... )
    'without gallbladder (26.8 mL); cyst (5.0 mL) counted as liver'
    """
    every = [*parts]
    out, cut, held = (
        _listed(one for one in every if one.counted == counted)
        for counted in (OUTSIDE, NOT_WORKING, IN_LIVER)
    )
    told = (
        f"without {out}" if out else "",
        f"{held} counted as liver" if held else "",
        f"{cut} counted as liver, not as remnant" if cut else "",
    )
    return "; ".join(words for words in told if words)


def _listed(parts: Iterable[ExcludedRecord]) -> str:
    told = [f"{one.name.replace('_', ' ')} ({as_ml(one.in_liver_ml)})" for one in parts]
    *others, last = told or [""]
    return f"{', '.join(others)} and {last}" if others else last
