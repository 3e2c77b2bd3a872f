"""How the day of a scintigraphy lies to that of the CT, and to an embolisation between them.

No source states how many days may lie between both, so none is a limit here: the days are told.
"""

from collections.abc import Iterator
from datetime import date

from fl_planner.basis.findings import Finding, Severity


def count_days(scanned_on: date | None, studied_on: date | None) -> int | None:
    """Count the days from the CT to the scintigraphy; None where one day was not given.

    - `scanned_on`, `studied_on`: days of the CT and of the scintigraphy, as the case file says.

    Returns
    -------
    int or None
        Whole days; negative where the scintigraphy came first.

    Examples
    --------
    >>> count_days(date(2026, 2, 27), date(2026, 3, 2)), count_days(None, date(2026, 3, 2))
    (3, None)
    """
    if scanned_on is None or studied_on is None:
        return None
    return (studied_on - scanned_on).days


def find_embolised_between(
    scanned_on: date | None, studied_on: date | None, embolised_on: date | None
) -> Iterator[Finding]:
    """Find an embolisation between CT and scintigraphy: they show two livers [safety.md, H-04].

    What was done on the day of the embolisation counts as before it, as a scan does in `growth`.
    """
    if scanned_on is None or studied_on is None or embolised_on is None:
        return
    if (scanned_on > embolised_on) is (studied_on > embolised_on):
        return
    days = abs((studied_on - scanned_on).days)
    message = (
        f"the embolisation lies between CT and scintigraphy, which are {days} days apart: "
        "volume and function are of two states of this liver"
    )
    code = "function.embolised_between"
    yield Finding(code, Severity.WARNING, message, value=float(days), unit="d")
