"""The one order of trials, wherever they are listed, signed or told: that of trials.md."""

from __future__ import annotations

from collections.abc import Iterable

IN_ORDER = ("NCT05428735", "NCT06449937", "NCT04562727", "NCT06857773", "NCT06178198")


def in_order(ids: Iterable[str]) -> tuple[str, ...]:
    """Put trials in their order, each once; a hospital's own come last, as they came.

    Examples
    --------
    >>> in_order(["HARBOUR-1", "NCT06178198", "NCT05428735", "NCT06178198"])
    ('NCT05428735', 'NCT06178198', 'HARBOUR-1')
    """
    found = dict.fromkeys(ids)
    known = [id_ for id_ in IN_ORDER if id_ in found]
    return (*known, *(id_ for id_ in found if id_ not in IN_ORDER))
