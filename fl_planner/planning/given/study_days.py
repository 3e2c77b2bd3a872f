"""How the days of two studies lie to each other, and to an embolisation: CT, scintigraphy, CT.

No source states how many days may lie between both, so none is a limit here: the days are told.
What was done on the day of an embolisation counts as before it, as a scan does in `growth`.
"""

from collections.abc import Iterable, Iterator
from datetime import date

from fl_planner.basis.errors import InputRefused
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
    """Find an embolisation between CT and scintigraphy: they show two livers [safety.md, H-04]."""
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


def find_rigid_doubts(
    days: tuple[date | None, date | None], embolised_on: Iterable[date], names: Iterable[str]
) -> Iterator[Finding]:
    """Find an embolisation that masks which are shifted and turned alone do not follow.

    - `days`: of the scan that the masks were drawn on, and of that which they are carried onto.
    - `names`: of the masks.

    Two scans of one day after it show one state of the liver.

    Raises `InputRefused`: `carry.embolised_between` where it lies between both scans.
    """
    before, after = days
    told = f"{', '.join(names)}: shifted and turned alone"
    for on in embolised_on:
        if before is None or after is None:
            message = f"{told}, and an embolisation may lie between the scans: not both are dated"
            yield Finding("carry.embolised", Severity.WARNING, message)
        elif (before > on) is not (after > on):
            reason = "an embolisation lies between the scans, after which liver grows and shrinks"
            remedy = "leave out --rigid, so that the masks are bent with the liver"
            raise InputRefused("carry.embolised_between", "--rigid", reason, remedy)
        elif after > on and before != after:
            message = (
                f"{told}, onto a scan {(after - on).days} days after an embolisation and "
                f"{abs((after - before).days)} days from their own: what grew is not followed"
            )
            yield Finding("carry.embolised", Severity.WARNING, message)
